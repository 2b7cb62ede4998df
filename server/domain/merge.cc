#include "server/domain/merge.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "google/api/field_behavior.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/field_mask_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "passerelle/v1/error_reason.pb.h"
#include "server/domain/errors.h"

namespace passerelle::domain {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldMask;
using google::protobuf::Message;
using google::protobuf::util::FieldMaskUtil;
using google::protobuf::util::MessageDifferencer;

bool Is(const FieldDescriptor* field, google::api::FieldBehavior wanted) {
  const auto& options = field->options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == wanted) {
      return true;
    }
  }
  return false;
}

bool IsOutputOnly(const FieldDescriptor* field) {
  return Is(field, google::api::OUTPUT_ONLY) ||
         Is(field, google::api::IDENTIFIER);
}

bool Ours(const FieldDescriptor* field) {
  return field->message_type() != nullptr &&
         absl::StartsWith(field->message_type()->full_name(), "passerelle.");
}

absl::Status Invalid(const std::string& path) {
  return Failure(::passerelle::v1::MASK_INVALID,
                 "The update mask names a field that is unknown or cannot "
                 "change.",
                 {{"path", path}});
}

// Which field it was is not said: the sender knows, and a mask could otherwise
// be used to ask which fields exist for whom.
absl::Status NotWritable() {
  return Failure(::passerelle::v1::FIELD_NOT_WRITABLE,
                 "The request carries content that its sender may not see, and "
                 "therefore not write.");
}

// Compares one field of two messages.
bool SameField(const Message& a, const Message& b,
               const FieldDescriptor* field) {
  MessageDifferencer differencer;
  const std::vector<const FieldDescriptor*> fields = {field};
  return differencer.CompareWithFields(a, b, fields, fields);
}

// Gives `after` the output-only fields of `before` again, below single messages
// that both have: a message that was replaced keeps what the server set in it.
// Items of lists have no identity and start afresh. Leaves `before` undefined.
void RestoreOutputOnly(Message* before, Message* after) {
  const Descriptor* descriptor = after->GetDescriptor();
  const auto* reflection = after->GetReflection();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (IsOutputOnly(field)) {
      reflection->SwapFields(before, after, {field});
    } else if (Ours(field) && !field->is_repeated() &&
               reflection->HasField(*before, field) &&
               reflection->HasField(*after, field)) {
      RestoreOutputOnly(reflection->MutableMessage(before, field),
                        reflection->MutableMessage(after, field));
    }
  }
}

}  // namespace

void ClearOutputOnly(Message* message) {
  const Descriptor* descriptor = message->GetDescriptor();
  const auto* reflection = message->GetReflection();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (IsOutputOnly(field)) {
      reflection->ClearField(message, field);
    } else if (Ours(field) && field->is_repeated()) {
      const int size = reflection->FieldSize(*message, field);
      for (int j = 0; j < size; ++j) {
        ClearOutputOnly(reflection->MutableRepeatedMessage(message, field, j));
      }
    } else if (Ours(field) && reflection->HasField(*message, field)) {
      ClearOutputOnly(reflection->MutableMessage(message, field));
    }
  }
}

absl::Status MergeUpdate(const FieldMask& mask, const Message& update,
                         Message* resource) {
  const Descriptor* descriptor = resource->GetDescriptor();
  FieldMask paths;
  const bool everything = mask.paths_size() == 1 && mask.paths(0) == "*";
  if (mask.paths().empty() || everything) {
    std::vector<const FieldDescriptor*> populated;
    update.GetReflection()->ListFields(update, &populated);
    for (int i = 0; i < descriptor->field_count(); ++i) {
      const FieldDescriptor* field = descriptor->field(i);
      bool wanted = everything && !Is(field, google::api::IMMUTABLE);
      for (const FieldDescriptor* set : populated) wanted |= set == field;
      if (wanted) paths.add_paths(field->name());
    }
  } else {
    paths = mask;
  }
  FieldMask effective;
  for (const std::string& path : paths.paths()) {
    std::vector<const FieldDescriptor*> fields;
    if (!FieldMaskUtil::GetFieldDescriptors(descriptor, path, &fields) ||
        fields.empty()) {
      return Invalid(path);
    }
    bool taken = true;
    const Message* from = &update;
    const Message* to = resource;
    for (const FieldDescriptor* field : fields) {
      if (IsOutputOnly(field)) taken = false;
      if (Is(field, google::api::IMMUTABLE)) {
        if (!SameField(*from, *to, field)) return Invalid(path);
        taken = false;
      }
      if (!taken) break;
      if (field->message_type() == nullptr || field->is_repeated()) break;
      from = &from->GetReflection()->GetMessage(*from, field);
      to = &to->GetReflection()->GetMessage(*to, field);
    }
    if (!taken) continue;
    effective.add_paths(path);
  }
  const std::unique_ptr<Message> cleaned(update.New());
  cleaned->CopyFrom(update);
  ClearOutputOnly(cleaned.get());
  FieldMaskUtil::MergeOptions options;
  options.set_replace_message_fields(true);
  options.set_replace_repeated_fields(true);
  const std::unique_ptr<Message> before(resource->New());
  before->CopyFrom(*resource);
  FieldMaskUtil::MergeMessageTo(*cleaned, effective, options, resource);
  RestoreOutputOnly(before.get(), resource);
  return absl::OkStatus();
}

absl::Status MergeVisible(const FieldMask& mask, const Message& update,
                          const Redactor& redactor, const Viewer& viewer,
                          Message* resource) {
  for (const std::string& path : mask.paths()) {
    if (redactor.HidesPath(viewer, path)) return NotWritable();
  }
  const std::unique_ptr<Message> sent(update.New());
  sent->CopyFrom(update);
  ClearOutputOnly(sent.get());
  if (auto s = RequireWritable(redactor, viewer, *sent); !s.ok()) return s;
  if (!redactor.Hides(viewer, *resource)) {
    return MergeUpdate(mask, update, resource);
  }
  const std::unique_ptr<Message> stored(resource->New());
  stored->CopyFrom(*resource);
  redactor.Redact(viewer, resource);
  if (auto s = MergeUpdate(mask, update, resource); !s.ok()) return s;
  return redactor.RestoreHidden(viewer, *stored, resource) ? absl::OkStatus()
                                                           : NotWritable();
}

absl::Status RequireWritable(const Redactor& redactor, const Viewer& viewer,
                             const Message& resource) {
  return redactor.Hides(viewer, resource) ? NotWritable() : absl::OkStatus();
}

}  // namespace passerelle::domain
