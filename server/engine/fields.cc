#include "server/engine/fields.h"

#include "absl/strings/ascii.h"
#include "server/domain/lifecycle.h"

namespace passerelle::engine {

std::string StringField(const google::protobuf::Message& message,
                        const google::protobuf::FieldDescriptor* field) {
  return field == nullptr ? std::string()
                          : message.GetReflection()->GetString(message, field);
}

std::string RequestIdOf(const Call& call) {
  return absl::AsciiStrToLower(
      StringField(*call.request, call.method->request_id));
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
