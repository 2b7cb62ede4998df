#include "server/engine/file.h"

#include "common/resource_name.h"
#include "common/status_macros.h"

namespace passerelle::engine {

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
  if (!file->message.ParseFromString(file->record.message) ||
      !file->facts.ParseFromString(file->record.internal)) {
    return absl::DataLossError("case record damaged");
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
  if (!loaded->message->ParseFromString(loaded->record.message) ||
      (kind.is_exchange() &&
       !loaded->facts.ParseFromString(loaded->record.internal))) {
    return absl::DataLossError("record damaged");
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
