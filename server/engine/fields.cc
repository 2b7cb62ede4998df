#include "server/engine/fields.h"

#include "server/domain/lifecycle.h"

namespace passerelle::engine {

std::string StringField(const google::protobuf::Message& message,
                        const google::protobuf::FieldDescriptor* field) {
  return field == nullptr ? std::string()
                          : message.GetReflection()->GetString(message, field);
}

void SetTimestamp(google::protobuf::Message* message,
                  const google::protobuf::FieldDescriptor* field,
                  absl::Time time) {
  if (field == nullptr) return;
  message->GetReflection()
      ->MutableMessage(message, field)
      ->CopyFrom(domain::ToTimestamp(time));
}

}  // namespace passerelle::engine
