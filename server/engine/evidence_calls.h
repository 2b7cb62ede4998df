#ifndef PASSERELLE_SERVER_ENGINE_EVIDENCE_CALLS_H_
#define PASSERELLE_SERVER_ENGINE_EVIDENCE_CALLS_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/engine/core.h"
#include "server/engine/directory.h"
#include "server/engine/reading.h"
#include "server/engine/writer_context.h"
#include "server/storage/store.h"

namespace passerelle::engine {

// Fills the response of a reading call of EvidenceService from one snapshot, as
// ExecuteRead does.
absl::Status ExecuteEvidence(const Core& core, const Directory& directory,
                             const Call& call, absl::Time now,
                             storage::ReadTransaction* tx,
                             std::vector<Disclosure>* disclosures);

// Executes CosignCheckpoint inside a savepoint.
absl::Status CosignCheckpoint(const WriterContext& context, const Call& call);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_EVIDENCE_CALLS_H_
