#include "server/domain/redaction.h"

#include "absl/strings/match.h"

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
    default:
      return 0;  // everyone
  }
}

bool Has(const Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  return field->is_repeated() ? reflection->FieldSize(message, field) > 0
                              : reflection->HasField(message, field);
}

}  // namespace

struct Redactor::Field {
  const FieldDescriptor* field;
  EnumSet privacy;               // one bit; none when unlabelled
  EnumSet audience;              // roles that may see it; 0: everyone
  std::unique_ptr<Plan> nested;  // null when everything below is alike
};

struct Redactor::Plan {
  std::vector<Field> fields;
};

Redactor::Redactor(const Descriptor* message)
    : plan_(MakePlan(message, options::PRIVACY_UNSPECIFIED)) {}

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
      entry.nested =
          MakePlan(child, field->options().HasExtension(options::privacy) ||
                                  inherited != options::PRIVACY_UNSPECIFIED
                              ? privacy
                              : options::PRIVACY_UNSPECIFIED);
    }
    plan->fields.push_back(std::move(entry));
  }
  return plan;
}

void Redactor::Apply(const Plan& plan, EnumSet classes, EnumSet roles,
                     Message* message, Outcome* outcome) {
  const auto* reflection = message->GetReflection();
  for (const Field& entry : plan.fields) {
    if (!Has(*message, entry.field)) continue;
    const bool for_others =
        entry.audience != 0 && (entry.audience & roles) == 0;
    if ((entry.privacy & classes) == 0 || for_others) {
      reflection->ClearField(message, entry.field);
      outcome->cleared = true;
      continue;
    }
    outcome->classes |= entry.privacy;
    if (entry.nested == nullptr) continue;
    if (entry.field->is_repeated()) {
      const int size = reflection->FieldSize(*message, entry.field);
      for (int i = 0; i < size; ++i) {
        Apply(*entry.nested, classes, roles,
              reflection->MutableRepeatedMessage(message, entry.field, i),
              outcome);
      }
    } else {
      Apply(*entry.nested, classes, roles,
            reflection->MutableMessage(message, entry.field), outcome);
    }
  }
}

Redactor::Outcome Redactor::Redact(EnumSet classes, EnumSet roles,
                                   Message* message) const {
  Outcome outcome;
  Apply(*plan_, classes, roles, message, &outcome);
  return outcome;
}

}  // namespace passerelle::domain
