#ifndef PASSERELLE_SERVER_ENGINE_EVIDENCE_H_
#define PASSERELLE_SERVER_ENGINE_EVIDENCE_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/engine/batch.h"
#include "server/engine/core.h"

namespace passerelle::engine {

// The line of evidence of a call, without outcome.
internal::Leaf LeafOf(const Call& call, absl::Time now);

// Adds the outcome of a refusal.
internal::Leaf RefusalLeaf(const Call& call, const absl::Status& status,
                           absl::Time now);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_EVIDENCE_H_
