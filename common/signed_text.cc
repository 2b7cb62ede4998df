#include "common/signed_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/timestamp.pb.h"
#include "passerelle/options/v1/options.pb.h"

namespace passerelle {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

// The value of a field, or of item `i` of a list.
std::string ValueText(const Message& message, const FieldDescriptor* field,
                      int i) {
  const auto* reflection = message.GetReflection();
  const bool list = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      const std::string& value =
          list ? reflection->GetRepeatedStringReference(message, field, i,
                                                        &scratch)
               : reflection->GetStringReference(message, field, &scratch);
      return field->type() == FieldDescriptor::TYPE_BYTES
                 ? absl::BytesToHexString(value)
                 : absl::CHexEscape(value);
    }
    case FieldDescriptor::CPPTYPE_ENUM:
      return (list ? reflection->GetRepeatedEnum(message, field, i)
                   : reflection->GetEnum(message, field))
          ->name();
    case FieldDescriptor::CPPTYPE_BOOL:
      return (list ? reflection->GetRepeatedBool(message, field, i)
                   : reflection->GetBool(message, field))
                 ? "true"
                 : "false";
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(list ? reflection->GetRepeatedInt32(message, field, i)
                               : reflection->GetInt32(message, field));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(list ? reflection->GetRepeatedInt64(message, field, i)
                               : reflection->GetInt64(message, field));
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      google::protobuf::Timestamp value;
      value.CopyFrom(list ? reflection->GetRepeatedMessage(message, field, i)
                          : reflection->GetMessage(message, field));
      return TimeText(absl::FromUnixSeconds(value.seconds()) +
                      absl::Nanoseconds(value.nanos()));
    }
    default:
      return "";
  }
}

}  // namespace

std::string SignedText(const Message& resource, absl::string_view parent,
                       absl::Time sign_time) {
  namespace options = ::passerelle::options::v1;
  const auto* descriptor = resource.GetDescriptor();
  const auto* reflection = resource.GetReflection();
  std::string text = absl::StrCat(
      "passerelle signature v1\ntype: ",
      descriptor->options().GetExtension(google::api::resource).type(),
      "\nparent: ", absl::CHexEscape(parent),
      "\nsign_time: ", TimeText(sign_time), "\n");
  std::vector<const FieldDescriptor*> fields;
  for (int i = 0; i < descriptor->field_count(); ++i) {
    if (descriptor->field(i)->options().GetExtension(options::in_signature)) {
      fields.push_back(descriptor->field(i));
    }
  }
  std::sort(fields.begin(), fields.end(), [](const auto* a, const auto* b) {
    return a->number() < b->number();
  });
  for (const FieldDescriptor* field : fields) {
    const int values = field->is_repeated()
                           ? reflection->FieldSize(resource, field)
                           : (reflection->HasField(resource, field) ? 1 : 0);
    for (int i = 0; i < values; ++i) {
      absl::StrAppend(&text, field->name(), ": ", ValueText(resource, field, i),
                      "\n");
    }
  }
  return text;
}

}  // namespace passerelle
