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

bool KeepsParts(const domain::KindSpec& kind, int state) {
  return (kind.part->kept_in & (uint64_t{1} << state)) != 0;
}

absl::Time WakeOf(const domain::KindSpec& kind,
                  const google::protobuf::Message& resource, absl::Time now) {
  if (kind.part != nullptr &&
      !KeepsParts(kind, domain::StateOf(kind, resource))) {
    return now;
  }
  return domain::NextMove(kind, resource);
}

absl::Status DropParts(const WriterContext& context,
                       const storage::RecordKey& resource, bool* all) {
  *all = false;
  for (int32_t index = 0; index < kMaxParts; ++index) {
    if (context.batch.part_drops_left() == 0) return absl::OkStatus();
    const absl::Status dropped = context.tx.Delete(KeyOfPart(resource, index));
    if (absl::IsNotFound(dropped)) continue;
    PASSERELLE_RETURN_IF_ERROR(dropped);
    context.batch.CountPartDrop();
  }
  *all = true;
  return absl::OkStatus();
}

}  // namespace passerelle::engine
