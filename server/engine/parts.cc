#include "server/engine/parts.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/log.h"
#include "common/status_macros.h"
#include "passerelle/v1/error_reason.pb.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"
#include "server/engine/fields.h"
#include "server/engine/file.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;

constexpr char kParts[] = "parts";

storage::RecordKey KeyOfPart(const storage::RecordKey& resource,
                             int32_t index) {
  return {absl::StrCat(resource.scope, "/", resource.id),
          absl::StrFormat("%04d", index)};
}

bool Keeps(const domain::KindSpec& kind, int state) {
  return (kind.part->kept_in & (uint64_t{1} << state)) != 0;
}

// Removes parts as far as the batch has room for it. False: some may be left.
absl::Status DropParts(const WriterContext& context,
                       const storage::RecordKey& resource, bool* all) {
  for (int32_t index = 0; index < kMaxParts; ++index) {
    if (context.batch.part_drops_left() == 0) {
      *all = false;
      return absl::OkStatus();
    }
    const absl::Status dropped = context.tx.Delete(KeyOfPart(resource, index));
    if (absl::IsNotFound(dropped)) continue;
    PASSERELLE_RETURN_IF_ERROR(dropped);
    context.batch.CountPartDrop();
  }
  *all = true;
  return absl::OkStatus();
}

// Gives up what was never completed; its missions are not told, because none
// but its sender knew of it.
void Lapse(const WriterContext& context, const domain::KindSpec& kind,
           Loaded* loaded, Effects* effects) {
  google::protobuf::Message* message = loaded->message.get();
  const auto* reflection = message->GetReflection();
  reflection->SetEnumValue(message, kind.state, kind.part->lapses_to);
  SetTimestamp(message, kind.update_time, context.now);
  loaded->record.state = kind.part->lapses_to;
  ++loaded->record.version;
  message->SerializeToString(&loaded->record.message);
  internal::Leaf leaf;
  *leaf.mutable_time() = domain::ToTimestamp(context.now);
  leaf.set_method("Lapse");
  leaf.set_resource(reflection->GetString(*message, kind.name));
  effects->leaves.push_back(std::move(leaf));
}

}  // namespace

absl::Status PutPart(storage::WriteTransaction* tx,
                     const storage::RecordKey& resource, int32_t index,
                     absl::string_view data, int64_t data_key) {
  storage::Record record;
  record.key = KeyOfPart(resource, index);
  record.kind = kParts;
  record.version = 1;
  record.message.assign(data.data(), data.size());
  record.data_key = data_key;
  const absl::Status inserted = tx->Insert(record);
  return absl::IsAlreadyExists(inserted) ? absl::OkStatus() : inserted;
}

absl::Status GetPart(storage::ReadTransaction* tx,
                     const storage::RecordKey& resource, int32_t index,
                     std::string* data) {
  storage::Record record;
  const absl::Status found = tx->Get(KeyOfPart(resource, index), &record);
  if (absl::IsNotFound(found)) {
    return domain::Failure(pb::CHUNK_MISSING,
                           "The document does not have that chunk, or not "
                           "yet.");
  }
  PASSERELLE_RETURN_IF_ERROR(found);
  if (WasErased(record)) {
    return domain::Failure(pb::RESOURCE_ERASED, "The resource was erased.");
  }
  if (!IsReadable(record)) {
    Log(LogLevel::kError, "storage_damaged", {{"kind", kParts}});
    return domain::Failure(pb::STORAGE_DAMAGED, "Stored data is damaged.");
  }
  *data = std::move(record.message);
  return absl::OkStatus();
}

absl::Time WakeForParts(const domain::KindSpec& kind, int state, absl::Time now,
                        absl::Time otherwise) {
  return kind.part == nullptr || Keeps(kind, state) ? otherwise : now;
}

absl::Status RunPartsTimer(const WriterContext& context,
                           const domain::KindSpec& kind, storage::Record record,
                           Effects* effects) {
  Loaded loaded;
  loaded.record = std::move(record);
  const bool readable = ParseRecord(kind, &loaded).ok();
  if (readable && loaded.record.state == kind.part->lapses_from) {
    Lapse(context, kind, &loaded, effects);
  }
  // What cannot be read any more is kept for whoever can repair it, unless it
  // was erased.
  const bool drops = WasErased(loaded.record) ||
                     (readable && !Keeps(kind, loaded.record.state));
  bool done = true;
  if (drops)
    PASSERELLE_RETURN_IF_ERROR(DropParts(context, loaded.record.key, &done));
  if (done) loaded.record.wake_time = absl::InfiniteFuture();
  effects->wake_time = loaded.record.wake_time;
  return context.tx.Update(loaded.record);
}

}  // namespace passerelle::engine
