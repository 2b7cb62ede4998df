#include "server/engine/writer_context.h"

#include <utility>

#include "common/status_macros.h"

namespace passerelle::engine {

// What this transaction has changed, the cache knows only as it was before.

absl::Status WriterContext::FindFile(const std::string& case_id,
                                     std::shared_ptr<const File>* file) const {
  const storage::RecordKey key{case_id, case_id};
  const bool changed = tx.changed().contains(key);
  RecordCache::Found found;
  if (!changed) found = records.Find(key);
  *file = std::move(found.file);
  if (*file != nullptr) return absl::OkStatus();
  auto loaded = std::make_shared<File>();
  PASSERELLE_RETURN_IF_ERROR(LoadFile(&tx, case_id, loaded.get()));
  loaded->etag = core.answers.WholeEtag(loaded->record.message);
  *file = std::move(loaded);
  if (!changed) records.Add(found.position, *file);
  return absl::OkStatus();
}

absl::Status WriterContext::FindResource(
    const domain::KindSpec& kind, const storage::RecordKey& key,
    std::shared_ptr<const Loaded>* resource) const {
  const bool changed = tx.changed().contains(key);
  RecordCache::Found found;
  if (!changed) found = records.Find(key);
  *resource = std::move(found.resource);
  if (*resource != nullptr) {
    return (*resource)->record.kind == kind.collection
               ? absl::OkStatus()
               : absl::NotFoundError("another kind");
  }
  auto loaded = std::make_shared<Loaded>();
  PASSERELLE_RETURN_IF_ERROR(LoadResource(&tx, kind, key, loaded.get()));
  loaded->etag = core.answers.WholeEtag(loaded->record.message);
  *resource = std::move(loaded);
  if (!changed) records.Add(found.position, *resource);
  return absl::OkStatus();
}

}  // namespace passerelle::engine
