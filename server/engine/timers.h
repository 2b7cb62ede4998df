#ifndef PASSERELLE_SERVER_ENGINE_TIMERS_H_
#define PASSERELLE_SERVER_ENGINE_TIMERS_H_

#include <string>

#include "absl/status/status.h"
#include "server/engine/batch.h"
#include "server/engine/writer_context.h"
#include "server/storage/store.h"

namespace passerelle::engine {

// Lets time act on one exchange or file: announces that it is overdue, or moves
// it. A damaged one is set aside for a day, lest it hold up every other timer;
// then `set_aside` is the collection it is in, else empty.
absl::Status RunTimer(const WriterContext& context,
                      const storage::RecordKey& key, Effects* effects,
                      std::string* set_aside);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_TIMERS_H_
