#ifndef PASSERELLE_SERVER_ENGINE_WRITER_CONTEXT_H_
#define PASSERELLE_SERVER_ENGINE_WRITER_CONTEXT_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/engine/batch.h"
#include "server/engine/core.h"
#include "server/engine/directory.h"
#include "server/engine/file.h"
#include "server/engine/id_generator.h"
#include "server/engine/record_cache.h"
#include "server/engine/scope_counts.h"
#include "server/storage/store.h"

namespace passerelle::engine {

// What a command may use while the writer runs it.
struct WriterContext {
  const Core& core;
  const Directory& directory;
  Batch& batch;  // requests remembered earlier in the same commit
  IdGenerator& ids;
  storage::WriteTransaction& tx;
  RecordCache& records;
  ScopeCounts& counts;
  absl::Time now;

  // A file, or a resource in one, as the transaction sees it.
  // Returns: as LoadFile and LoadResource.
  absl::Status FindFile(const std::string& case_id,
                        std::shared_ptr<const File>* file) const;
  absl::Status FindResource(const domain::KindSpec& kind,
                            const storage::RecordKey& key,
                            std::shared_ptr<const Loaded>* resource) const;
};

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_WRITER_CONTEXT_H_
