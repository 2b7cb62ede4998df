#ifndef PASSERELLE_SERVER_JOURNAL_VERIFY_H_
#define PASSERELLE_SERVER_JOURNAL_VERIFY_H_

#include "absl/status/status.h"
#include "common/merkle.h"
#include "server/storage/store.h"

namespace passerelle::journal {

// Reads the whole journal and makes its tree anew: every leaf in its place,
// every stored hash, every leaf of a file in the index. `*tree` is what it
// comes to. Leaves missing at the end show only against a checkpoint.
// Returns: DATA_LOSS when something is missing, changed or out of order.
absl::Status VerifyJournal(storage::ReadTransaction* tx,
                           merkle::CompactRange* tree);

}  // namespace passerelle::journal

#endif  // PASSERELLE_SERVER_JOURNAL_VERIFY_H_
