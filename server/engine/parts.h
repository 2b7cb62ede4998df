#ifndef PASSERELLE_SERVER_ENGINE_PARTS_H_
#define PASSERELLE_SERVER_ENGINE_PARTS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "server/domain/contract.h"
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

// Whether the resource's parts are kept in its state.
bool KeepsParts(const domain::KindSpec& kind, int state);

// When time must look at a resource that is no exchange: at once when its parts
// are no longer kept.
absl::Time WakeOf(const domain::KindSpec& kind,
                  const google::protobuf::Message& resource, absl::Time now);

// Removes the resource's parts, as far as the commit has room for it; `*all` is
// false when some may be left.
absl::Status DropParts(const WriterContext& context,
                       const storage::RecordKey& resource, bool* all);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_PARTS_H_
