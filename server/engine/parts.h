#ifndef PASSERELLE_SERVER_ENGINE_PARTS_H_
#define PASSERELLE_SERVER_ENGINE_PARTS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/domain/contract.h"
#include "server/engine/batch.h"
#include "server/engine/writer_context.h"
#include "server/storage/store.h"

// What a resource is kept in besides its message: pieces of a document. Each is
// a row in a scope of its own, `{case}/{resource}`, so that lists of the file
// never walk over them; sealed as the resource is.

namespace passerelle::engine {

// Every part has an index below.
inline constexpr int32_t kMaxParts = 256;

// Adds a part; one that is there stays. `data_key` seals it; 0: the file's.
absl::Status PutPart(storage::WriteTransaction* tx,
                     const storage::RecordKey& resource, int32_t index,
                     absl::string_view data, int64_t data_key);

// Returns: CHUNK_MISSING, STORAGE_DAMAGED, RESOURCE_ERASED.
absl::Status GetPart(storage::ReadTransaction* tx,
                     const storage::RecordKey& resource, int32_t index,
                     std::string* data);

// When time must look at a resource that entered `state`: now, when its parts
// are no longer kept; else `otherwise`.
absl::Time WakeForParts(const domain::KindSpec& kind, int state, absl::Time now,
                        absl::Time otherwise);

// Time looks at a resource of a kind with parts: one that was never completed
// is given up, and parts that are no longer kept are removed, some in each
// commit. Also of one that was erased.
absl::Status RunPartsTimer(const WriterContext& context,
                           const domain::KindSpec& kind, storage::Record record,
                           Effects* effects);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_PARTS_H_
