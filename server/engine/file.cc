#include "server/engine/file.h"

#include "common/log.h"
#include "common/resource_name.h"
#include "common/status_macros.h"
#include "passerelle/v1/error_reason.pb.h"
#include "server/domain/errors.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;

// A refusal of this call alone: a store error would fail, with the whole batch,
// calls that have nothing to do with the record.
absl::Status Unreadable(const storage::Record& record, absl::string_view kind) {
  if (WasErased(record)) {
    return domain::Failure(pb::RESOURCE_ERASED, "The resource was erased.");
  }
  Log(LogLevel::kError, "storage_damaged", {{"kind", kind}});
  return domain::Failure(pb::STORAGE_DAMAGED, "Stored data is damaged.");
}

}  // namespace

bool IsReadable(const storage::Record& record) {
  return record.condition == storage::Record::Condition::kWhole;
}

bool WasErased(const storage::Record& record) {
  return record.condition == storage::Record::Condition::kErased;
}

bool KeyOf(absl::string_view name, storage::RecordKey* key) {
  const auto parsed = ParseResourceName(name);
  if (!parsed) return false;
  key->id = parsed->id;
  if (parsed->root_collection == "cases") {
    key->scope = parsed->root;
  } else if (parsed->is_root()) {
    key->scope = parsed->root_collection;
  } else {
    key->scope = RootName(parsed->root_collection, parsed->root);
  }
  return true;
}

absl::Status LoadFile(storage::ReadTransaction* tx, absl::string_view case_id,
                      File* file) {
  const std::string id(case_id);
  PASSERELLE_RETURN_IF_ERROR(tx->Get({id, id}, &file->record));
  return ParseFile(file);
}

absl::Status ParseFile(File* file) {
  if (!IsReadable(file->record) ||
      !file->message.ParseFromString(file->record.message) ||
      !file->facts.ParseFromString(file->record.internal)) {
    return Unreadable(file->record, "cases");
  }
  return absl::OkStatus();
}

absl::Status LoadResource(storage::ReadTransaction* tx,
                          const domain::KindSpec& kind,
                          const storage::RecordKey& key, Loaded* loaded) {
  PASSERELLE_RETURN_IF_ERROR(tx->Get(key, &loaded->record));
  if (loaded->record.kind != kind.collection) {
    return absl::NotFoundError("another kind");
  }
  return ParseRecord(kind, loaded);
}

absl::Status ParseRecord(const domain::KindSpec& kind, Loaded* loaded) {
  loaded->message = NewMessage(kind.message);
  if (!IsReadable(loaded->record) ||
      !loaded->message->ParseFromString(loaded->record.message) ||
      (kind.is_exchange() &&
       !loaded->facts.ParseFromString(loaded->record.internal))) {
    return Unreadable(loaded->record, kind.collection);
  }
  return absl::OkStatus();
}

std::unique_ptr<google::protobuf::Message> NewMessage(
    const google::protobuf::Descriptor* descriptor) {
  return std::unique_ptr<google::protobuf::Message>(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(descriptor)
          ->New());
}

}  // namespace passerelle::engine
