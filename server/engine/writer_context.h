#ifndef PASSERELLE_SERVER_ENGINE_WRITER_CONTEXT_H_
#define PASSERELLE_SERVER_ENGINE_WRITER_CONTEXT_H_

#include "absl/time/time.h"
#include "server/engine/batch.h"
#include "server/engine/core.h"
#include "server/engine/directory.h"
#include "server/engine/id_generator.h"
#include "server/storage/store.h"

namespace passerelle::engine {

// What a command may use while the writer runs it.
struct WriterContext {
  const Core& core;
  const Directory& directory;
  const Batch& batch;  // requests remembered earlier in the same commit
  IdGenerator& ids;
  storage::WriteTransaction& tx;
  absl::Time now;
};

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_WRITER_CONTEXT_H_
