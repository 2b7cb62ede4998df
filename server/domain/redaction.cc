#include "server/domain/redaction.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/message_differencer.h"

namespace passerelle::domain {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Roles that a field is for; none when it is for everybody, with a role or
// without.
EnumSet AudienceRoles(options::Audience audience) {
  switch (audience) {
    case options::INITIATOR_ONLY:
      return Bit(options::INITIATOR);
    case options::COUNTERPART_ONLY:
      return Bit(options::COUNTERPART);
    case options::OWNER_ONLY:
      return Bit(options::OWNER);
    default:
      return 0;  // everyone
  }
}

bool Has(const Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(message, field) > 0
                              : reflection->HasField(message, field);
}

// Removes the items of a list for which `drop` holds; the others keep their
// order. True when any was removed.
template <typename Drop>
bool RemoveItems(Message* message, const FieldDescriptor* list,
                 const Drop& drop) {
  const auto* reflection = message->GetReflection();
  const int size = reflection->FieldSize(*message, list);
  int kept = 0;
  for (int i = 0; i < size; ++i) {
    if (drop(reflection->GetRepeatedMessage(*message, list, i))) continue;
    if (kept != i) reflection->SwapElements(message, list, kept, i);
    ++kept;
  }
  for (int i = kept; i < size; ++i) reflection->RemoveLast(message, list);
  return kept != size;
}

bool SameList(const Message& a, const Message& b, const FieldDescriptor* list) {
  const auto* reflection = a.GetReflection();
  const int size = reflection->FieldSize(a, list);
  if (reflection->FieldSize(b, list) != size) return false;
  for (int i = 0; i < size; ++i) {
    if (!google::protobuf::util::MessageDifferencer::Equals(
            reflection->GetRepeatedMessage(a, list, i),
            reflection->GetRepeatedMessage(b, list, i))) {
      return false;
    }
  }
  return true;
}

}  // namespace

EnumSet ClassByValue(const Message& message,
                     const FieldDescriptor* class_field) {
  const auto* value = message.GetReflection()->GetEnum(message, class_field);
  const int privacy = value->options().GetExtension(options::value_privacy);
  return privacy == options::PRIVACY_UNSPECIFIED ? 0 : Bit(privacy);
}

struct Redactor::Field {
  const FieldDescriptor* field;
  EnumSet privacy;   // one bit; none when unlabelled or decided by each item
  EnumSet audience;  // roles that may see it; 0: everyone
  // Field of the item that decides its class; null when `privacy` does.
  const FieldDescriptor* class_field = nullptr;
  std::unique_ptr<Plan> nested;  // null when everything below is alike

  bool Shows(const Viewer& viewer) const {
    if (audience != 0 && (audience & viewer.roles) == 0) return false;
    return class_field != nullptr || (privacy & viewer.classes) != 0;
  }

  EnumSet ClassOf(const Message& item) const {
    return ClassByValue(item, class_field);
  }
  bool HidesItem(const Viewer& viewer, const Message& item) const {
    return (ClassOf(item) & viewer.classes) == 0;
  }
};

struct Redactor::Plan {
  std::vector<Field> fields;
};

Redactor::Redactor(const Descriptor* message)
    : plan_(MakePlan(message, options::PRIVACY_UNSPECIFIED)) {
  const std::string& decides =
      message->options().GetExtension(options::class_field);
  if (!decides.empty()) class_field_ = message->FindFieldByName(decides);
}

Redactor::~Redactor() = default;

// `inherited`: class of the field above, which covers what states none.
std::unique_ptr<Redactor::Plan> Redactor::MakePlan(const Descriptor* message,
                                                   int inherited) {
  auto plan = std::make_unique<Plan>();
  int fallback = inherited;
  if (fallback == options::PRIVACY_UNSPECIFIED) {
    fallback = message->options().GetExtension(options::default_privacy);
  }
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* field = message->field(i);
    int privacy = field->options().GetExtension(options::privacy);
    if (privacy == options::PRIVACY_UNSPECIFIED) privacy = fallback;
    Field entry;
    entry.field = field;
    entry.privacy = privacy == options::PRIVACY_UNSPECIFIED ? 0 : Bit(privacy);
    entry.audience =
        AudienceRoles(field->options().GetExtension(options::audience));
    const Descriptor* child = field->message_type();
    if (child != nullptr &&
        absl::StartsWith(child->full_name(), "passerelle.")) {
      const std::string& decides =
          child->options().GetExtension(options::class_field);
      if (!decides.empty() && field->is_repeated()) {
        entry.class_field = child->FindFieldByName(decides);
        entry.privacy = 0;
      } else {
        entry.nested =
            MakePlan(child, field->options().HasExtension(options::privacy) ||
                                    inherited != options::PRIVACY_UNSPECIFIED
                                ? privacy
                                : options::PRIVACY_UNSPECIFIED);
      }
    }
    plan->fields.push_back(std::move(entry));
  }
  return plan;
}

void Redactor::Apply(const Plan& plan, const Viewer& viewer, Message* message,
                     Outcome* outcome) {
  const auto* reflection = message->GetReflection();
  for (const Field& entry : plan.fields) {
    if (!Has(*message, entry.field)) continue;
    if (!entry.Shows(viewer)) {
      reflection->ClearField(message, entry.field);
      outcome->cleared = true;
      continue;
    }
    if (entry.class_field != nullptr) {
      outcome->cleared |=
          RemoveItems(message, entry.field, [&](const Message& item) {
            const bool hidden = entry.HidesItem(viewer, item);
            if (!hidden) outcome->classes |= entry.ClassOf(item);
            return hidden;
          });
      continue;
    }
    outcome->classes |= entry.privacy;
    if (entry.nested == nullptr) continue;
    if (entry.field->is_repeated()) {
      const int size = reflection->FieldSize(*message, entry.field);
      for (int i = 0; i < size; ++i) {
        Apply(*entry.nested, viewer,
              reflection->MutableRepeatedMessage(message, entry.field, i),
              outcome);
      }
    } else {
      Apply(*entry.nested, viewer,
            reflection->MutableMessage(message, entry.field), outcome);
    }
  }
}

Redactor::Outcome Redactor::Redact(const Viewer& viewer,
                                   Message* message) const {
  Outcome outcome;
  if (class_field_ != nullptr) {
    const EnumSet whole = ClassByValue(*message, class_field_);
    if ((whole & viewer.classes) == 0) {
      message->Clear();
      outcome.cleared = true;
      return outcome;
    }
    outcome.classes = whole;
  }
  Apply(*plan_, viewer, message, &outcome);
  return outcome;
}

bool Redactor::AnyHidden(const Plan& plan, const Viewer& viewer,
                         const Message& message) {
  const auto* reflection = message.GetReflection();
  for (const Field& entry : plan.fields) {
    if (!Has(message, entry.field)) continue;
    if (!entry.Shows(viewer)) return true;
    if (entry.class_field == nullptr && entry.nested == nullptr) continue;
    const auto hidden = [&](const Message& below) {
      return entry.class_field != nullptr
                 ? entry.HidesItem(viewer, below)
                 : AnyHidden(*entry.nested, viewer, below);
    };
    if (!entry.field->is_repeated()) {
      if (hidden(reflection->GetMessage(message, entry.field))) return true;
      continue;
    }
    const int size = reflection->FieldSize(message, entry.field);
    for (int i = 0; i < size; ++i) {
      if (hidden(reflection->GetRepeatedMessage(message, entry.field, i))) {
        return true;
      }
    }
  }
  return false;
}

bool Redactor::Hides(const Viewer& viewer, const Message& message) const {
  if (class_field_ != nullptr &&
      (ClassByValue(message, class_field_) & viewer.classes) == 0) {
    return true;
  }
  return AnyHidden(*plan_, viewer, message);
}

// The class of a change is that of the innermost field that changed.
void Redactor::Differ(const Plan& plan, const Message& a, const Message& b,
                      EnumSet* classes) {
  const auto* reflection = a.GetReflection();
  for (const Field& entry : plan.fields) {
    const FieldDescriptor* field = entry.field;
    if (!Has(a, field) && !Has(b, field)) continue;
    if (entry.class_field != nullptr) {
      std::map<EnumSet, std::string> items[2];
      for (const Message* message : {&a, &b}) {
        for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
          const Message& item =
              reflection->GetRepeatedMessage(*message, field, i);
          absl::StrAppend(&items[message == &b][entry.ClassOf(item)],
                          item.ByteSizeLong(), ":", item.SerializeAsString());
        }
      }
      for (const int side : {0, 1}) {
        for (const auto& [privacy, bytes] : items[side]) {
          if (items[1 - side][privacy] != bytes) *classes |= privacy;
        }
      }
    } else if (entry.nested != nullptr && !field->is_repeated()) {
      if (Has(a, field) != Has(b, field)) *classes |= entry.privacy;
      Differ(*entry.nested, reflection->GetMessage(a, field),
             reflection->GetMessage(b, field), classes);
    } else if (entry.nested != nullptr) {
      const int sizes[] = {reflection->FieldSize(a, field),
                           reflection->FieldSize(b, field)};
      if (sizes[0] != sizes[1]) *classes |= entry.privacy;
      for (int i = 0; i < std::min(sizes[0], sizes[1]); ++i) {
        Differ(*entry.nested, reflection->GetRepeatedMessage(a, field, i),
               reflection->GetRepeatedMessage(b, field, i), classes);
      }
    } else {
      google::protobuf::util::MessageDifferencer differencer;
      if (!differencer.CompareWithFields(a, b, {field}, {field})) {
        *classes |= entry.privacy;
      }
    }
  }
}

EnumSet Redactor::Differing(const Message& a, const Message& b) const {
  EnumSet classes = 0;
  Differ(*plan_, a, b, &classes);
  return classes;
}

bool Redactor::HidesPath(const Viewer& viewer, absl::string_view path) const {
  const Plan* plan = plan_.get();
  for (const absl::string_view name : absl::StrSplit(path, '.')) {
    if (plan == nullptr) return false;
    const Field* found = nullptr;
    for (const Field& entry : plan->fields) {
      if (entry.field->name() == name) found = &entry;
    }
    if (found == nullptr) return false;  // no path of ours
    if (!found->Shows(viewer)) return true;
    plan = found->nested.get();
  }
  return false;
}

bool Redactor::Restore(const Plan& plan, const Viewer& viewer,
                       const Message& stored, Message* merged) {
  const auto* reflection = stored.GetReflection();
  for (const Field& entry : plan.fields) {
    if (!Has(stored, entry.field)) continue;
    const FieldDescriptor* field = entry.field;
    if (!entry.Shows(viewer)) {
      const std::unique_ptr<Message> copy(stored.New());
      copy->CopyFrom(stored);
      reflection->SwapFields(copy.get(), merged, {field});
    } else if (entry.class_field != nullptr) {
      const int size = reflection->FieldSize(stored, field);
      for (int i = 0; i < size; ++i) {
        const Message& item = reflection->GetRepeatedMessage(stored, field, i);
        if (!entry.HidesItem(viewer, item)) continue;
        reflection->AddMessage(merged, field)->CopyFrom(item);
      }
    } else if (entry.nested != nullptr && field->is_repeated()) {
      const std::unique_ptr<Message> seen(stored.New());
      seen->CopyFrom(stored);
      Outcome outcome;
      const int size = reflection->FieldSize(*seen, field);
      for (int i = 0; i < size; ++i) {
        Apply(*entry.nested, viewer,
              reflection->MutableRepeatedMessage(seen.get(), field, i),
              &outcome);
      }
      if (!outcome.cleared) continue;
      if (!SameList(*seen, *merged, field)) return false;
      seen->CopyFrom(stored);
      reflection->SwapFields(seen.get(), merged, {field});
    } else if (entry.nested != nullptr) {
      const Message& below = reflection->GetMessage(stored, field);
      if (!AnyHidden(*entry.nested, viewer, below)) continue;
      if (!Restore(*entry.nested, viewer, below,
                   reflection->MutableMessage(merged, field))) {
        return false;
      }
    }
  }
  return true;
}

bool Redactor::RestoreHidden(const Viewer& viewer, const Message& stored,
                             Message* merged) const {
  return Restore(*plan_, viewer, stored, merged);
}

}  // namespace passerelle::domain
