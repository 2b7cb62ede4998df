#ifndef PASSERELLE_SERVER_JOURNAL_CHECKPOINT_H_
#define PASSERELLE_SERVER_JOURNAL_CHECKPOINT_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/merkle.h"
#include "common/signed_note.h"
#include "server/storage/store.h"

namespace passerelle::journal {

// Signs and stores a checkpoint of the committed `tree`, unless that size has
// one. A log must never sign two trees that are inconsistent, so it is refused
// when the last checkpoint is not of a beginning of this tree.
// Old checkpoints that no mission signed are dropped after 30 days.
// Returns: DATA_LOSS when the journal is not what was signed before.
absl::Status MakeCheckpoint(storage::Store* store,
                            const merkle::CompactRange& tree,
                            const note::SignerKey& key, absl::Time now);

// Recomputes the whole journal (VerifyJournal) and compares it with every
// stored checkpoint, which `key` must have signed.
// Returns: DATA_LOSS.
absl::Status VerifyCheckpoints(storage::ReadTransaction* tx,
                               const note::VerifierKey& key,
                               merkle::CompactRange* tree);

// Name of the log of a platform, and of the key that signs it.
std::string LogName(absl::string_view trust_domain);
// Name of the key with which a mission co-signs; `mission` is its id.
std::string WitnessName(absl::string_view trust_domain,
                        absl::string_view mission);

}  // namespace passerelle::journal

#endif  // PASSERELLE_SERVER_JOURNAL_CHECKPOINT_H_
