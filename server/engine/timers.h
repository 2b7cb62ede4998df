#ifndef PASSERELLE_SERVER_ENGINE_TIMERS_H_
#define PASSERELLE_SERVER_ENGINE_TIMERS_H_

#include "absl/status/status.h"
#include "server/engine/batch.h"
#include "server/engine/writer_context.h"
#include "server/storage/store.h"

namespace passerelle::engine {

// Lets time act on one exchange: announces that it is overdue, or moves it.
absl::Status RunTimer(const WriterContext& context,
                      const storage::RecordKey& key, Effects* effects);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_TIMERS_H_
