#ifndef PASSERELLE_SERVER_ENGINE_ERASURE_H_
#define PASSERELLE_SERVER_ENGINE_ERASURE_H_

#include <string>

#include "absl/status/status.h"
#include "server/engine/batch.h"
#include "server/engine/writer_context.h"
#include "server/storage/store.h"
#include "server/vault/vault.h"

namespace passerelle::engine {

// An erasure is decided, carried out and confirmed, in three steps that each
// survive whatever follows:
//
// 1. In the transaction of the decision its order is stored (a record of kind
//    kPendingErasures), the content is overwritten and the keys are suspended.
// 2. After the flush the keys are destroyed (Vault::Erase).
// 3. A command of the server's own makes the order kDoneErasures, with a line
//    of evidence.
//
// What stopped after the first step is found by its kind at the next start,
// before the first call, and by its wake time while the server runs.
inline constexpr char kErasures[] = "erasures";  // scope of the orders
inline constexpr char kPendingErasures[] = "pendingErasures";
inline constexpr char kDoneErasures[] = "erasures";
inline constexpr char kErasureLetter[] = "e";
// When a step that failed is tried again.
inline constexpr absl::Duration kErasureRetry = absl::Minutes(1);

// Reads an order. Returns: DATA_LOSS.
absl::Status ReadErasure(const storage::Record& record,
                         PlannedErasure* erasure);

// The timer of an order: plans the second step again.
absl::Status RetryErasure(const WriterContext& context, storage::Record record,
                          Effects* effects);

// The third step.
absl::Status ConfirmErasure(const WriterContext& context, const std::string& id,
                            Effects* effects);

// Carries out every order that is pending in the store.
absl::Status ResumeErasures(storage::Store* store, vault::Vault* vault,
                            absl::Time now);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_ERASURE_H_
