#include "protoc/check.h"

#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/api/resource.pb.h"
#include "re2/re2.h"

namespace passerelle::plugin {
namespace {

class Checker {
 public:
  std::vector<std::string> Run(const Files& files) {
    for (const ServiceDescriptor* service : ServicesOf(files)) {
      for (int i = 0; i < service->method_count(); ++i) {
        CheckMethod(service->method(i));
      }
    }
    for (const FileDescriptor* file : files) {
      for (int i = 0; i < file->message_type_count(); ++i) {
        CheckMessage(file->message_type(i));
      }
    }
    return errors_;
  }

 private:
  template <typename... Parts>
  void Fail(const std::string& where, const Parts&... parts) {
    errors_.push_back(absl::StrCat(where, ": ", parts...));
  }

  void CheckMethod(const MethodDescriptor* method) {
    const std::string where =
        absl::StrCat(method->file()->name(), ": ", method->full_name());
    if (!method->options().HasExtension(options::access)) {
      return Fail(where, "has no access option: say who may call it");
    }
    const auto& access = method->options().GetExtension(options::access);
    if (access.effect() == options::EFFECT_UNSPECIFIED ||
        access.purpose() == options::PURPOSE_UNSPECIFIED) {
      Fail(where, "access needs effect and purpose");
    }
    const FieldDescriptor* request_id =
        method->input_type()->FindFieldByName("request_id");
    if ((access.effect() == options::CHANGE) != (request_id != nullptr)) {
      Fail(where, "a request has a request_id exactly when it changes data");
    }
    const auto shape =
        method->service()->options().GetExtension(options::shape);
    if (shape == options::RESOURCE && access.effect() == options::READ &&
        !IsGeneric(method)) {
      Fail(where, "reading methods of resources are named Get… or List…");
    }
    if (method->options().HasExtension(options::transition)) {
      const auto& transition =
          method->options().GetExtension(options::transition);
      const Descriptor* resource = method->output_type();
      for (const std::string& state : transition.from()) {
        if (state != "*") CheckState(where, resource, state);
      }
      if (transition.to().empty() && transition.from().empty()) {
        Fail(where, "transition neither starts nor leads anywhere");
      }
      for (const std::string& state : transition.to()) {
        CheckState(where, resource, state);
      }
      CheckVariants(where, resource, transition);
    }
    if (access.effect() == options::CHANGE) CheckBeginning(where, method);
    CheckList(where, method->output_type());
    CheckPrivacy(method->output_type(), false, method->output_type()->name());
    CheckRules(method->input_type());
  }

  // A method is of life cycles that there are, and leads in one of them from
  // each of its states to one that the same life cycle knows.
  void CheckVariants(const std::string& where, const Descriptor* resource,
                     const options::Transition& transition) {
    const EnumDescriptor* variants = VariantEnum(resource);
    for (const std::string& variant : transition.variants()) {
      if (variants == nullptr ||
          variants->FindValueByName(variant) == nullptr) {
        Fail(where, variant, " is not a life cycle of ", resource->name());
      }
    }
    const EnumDescriptor* states = StateEnum(resource);
    if (variants == nullptr || states == nullptr) return;
    const auto known = [&](const std::string& state,
                           const std::string& variant) {
      const auto* value = states->FindValueByName(state);
      return value == nullptr || Knows(value, variant);
    };
    for (const std::string& from : transition.from()) {
      bool leads = false;
      for (int i = 1; i < variants->value_count() && !leads; ++i) {
        const std::string& variant = variants->value(i)->name();
        if (!ExistsIn(transition, variant) || !known(from, variant)) continue;
        leads = transition.to().empty();
        for (const std::string& to : transition.to()) {
          leads |= known(to, variant);
        }
      }
      if (!leads) Fail(where, "leads nowhere from ", from);
    }
  }

  // A method that begins an exchange says in which state; without, it would
  // stand in none, in which no method applies.
  void CheckBeginning(const std::string& where,
                      const MethodDescriptor* method) {
    const Descriptor* kind = method->output_type();
    if (!kind->options().HasExtension(options::exchange_kind)) return;
    const bool creates = Creates(method);
    if (!creates && !absl::StartsWith(method->name(), "Create") &&
        !absl::StartsWith(method->name(), "Request")) {
      return;
    }
    const auto& transition =
        method->options().GetExtension(options::transition);
    if (transition.to().empty()) {
      Fail(where, "has no transition with a to-state: say in which state a ",
           kind->name(), " is from then on");
    }
    if (creates && !transition.from().empty()) {
      Fail(where, "creates a ", kind->name(),
           ", which has no state before: its transition has no from");
    }
  }

  // A list of what is in files says how much of it cannot be read; without,
  // that would look as if it were not there.
  void CheckList(const std::string& where, const Descriptor* answer) {
    for (int i = 0; i < answer->field_count(); ++i) {
      const FieldDescriptor* items = answer->field(i);
      if (!items->is_repeated() || items->message_type() == nullptr) continue;
      const auto& resource =
          items->message_type()->options().GetExtension(google::api::resource);
      if (resource.pattern().empty() ||
          !absl::StartsWith(resource.pattern(0), "cases/")) {
        continue;
      }
      const FieldDescriptor* count =
          answer->FindFieldByName("unreadable_count");
      if (count == nullptr || count->type() != FieldDescriptor::TYPE_INT32) {
        Fail(where, "its answer has no int32 unreadable_count");
      }
    }
  }

  void CheckMessage(const Descriptor* message) {
    const std::string where =
        absl::StrCat(message->file()->name(), ": ", message->full_name());
    CheckPart(where, message);
    if (!message->options().HasExtension(options::resource)) return;
    const auto& resource = message->options().GetExtension(options::resource);
    if (!resource.letter().empty()) {
      const Descriptor*& owner = letters_[resource.letter()];
      if (owner != nullptr) {
        Fail(where, "letter ", resource.letter(), " belongs to ",
             owner->full_name());
      }
      owner = message;
    }
    if (!resource.state_field().empty() && StateEnum(message) == nullptr) {
      Fail(where, "state field ", resource.state_field(), " is not an enum");
    }
    CheckLifeCycle(where, message, resource);
    if (!message->options().HasExtension(options::exchange_kind)) return;
    const FieldDescriptor* header = message->FindFieldByName("exchange");
    if (header == nullptr ||
        header->message_type()->full_name() != "passerelle.v1.Exchange") {
      Fail(where, "an exchange has a field exchange of type Exchange");
    }
    const EnumDescriptor* states = StateEnum(message);
    if (states == nullptr) return Fail(where, "an exchange has states");
    for (int i = 0; i < states->value_count(); ++i) {
      const auto* value = states->value(i);
      if (value->number() != 0 &&
          !value->options().HasExtension(options::phase)) {
        Fail(where, "state ", value->name(), " has no phase");
      }
    }
    const auto& kind = message->options().GetExtension(options::exchange_kind);
    if (kind.version() == 0) Fail(where, "the process has no version");
    for (const auto& move : kind.administrative()) {
      for (const std::string& state : move.from()) {
        if (state != "*") CheckState(where, message, state);
      }
      if (!move.to().empty() && move.to() != "(previous)") {
        CheckState(where, message, move.to());
      }
    }
    for (const auto& move : kind.timed()) {
      for (const std::string& state : move.from()) {
        CheckState(where, message, state);
      }
      CheckState(where, message, move.to());
    }
  }

  // A part says of which resource it is, and in which states it is kept.
  void CheckPart(const std::string& where, const Descriptor* message) {
    if (!message->options().HasExtension(options::part)) return;
    const auto& part = message->options().GetExtension(options::part);
    const Descriptor* whole = WholeOf(message);
    if (whole == nullptr || StateEnum(whole) == nullptr) {
      return Fail(where, "is part of ", part.of(),
                  ", which is no resource with states of the same file");
    }
    for (const std::string& state : part.kept_in()) {
      CheckState(where, whole, state);
    }
    const FieldDescriptor* name = message->FindFieldByName("name");
    const FieldDescriptor* index = message->FindFieldByName("index");
    const FieldDescriptor* data = message->FindFieldByName("data");
    if (name == nullptr || name->type() != FieldDescriptor::TYPE_STRING ||
        index == nullptr || index->type() != FieldDescriptor::TYPE_INT32 ||
        data == nullptr || data->type() != FieldDescriptor::TYPE_BYTES) {
      Fail(where, "a part has string name, int32 index and bytes data");
    }
  }

  // Variants, cover, timers and automatic moves of a resource.
  void CheckLifeCycle(const std::string& where, const Descriptor* message,
                      const options::Resource& resource) {
    if (!resource.variant_field().empty() && VariantEnum(message) == nullptr) {
      Fail(where, "variant field ", resource.variant_field(),
           " is not an enum");
    }
    CheckCover(where, message, resource);
    if (!resource.timed().empty() &&
        message->options().HasExtension(options::exchange_kind)) {
      Fail(where, "timers of a resource are not for exchanges");
    }
    std::set<std::string> timed;
    for (const auto& timer : resource.timed()) {
      for (const std::string& state : timer.from()) {
        if (!timed.insert(state).second) {
          Fail(where, "two timers in state ", state);
        }
      }
      if ((timer.calendar_days() == 0) == timer.time_field().empty()) {
        Fail(where, "a timer has either calendar_days or a time_field");
      }
      const std::string field =
          timer.time_field().empty() ? "due_time" : timer.time_field();
      if (!IsTimestamp(message->FindFieldByName(field))) {
        Fail(where, "a timer needs a field ", field, " of type Timestamp");
      }
      for (const std::string& state : timer.from()) {
        CheckState(where, message, state);
      }
      CheckState(where, message, timer.to());
    }
    for (const auto& move : resource.automatic()) {
      for (const std::string& state : move.from()) {
        CheckState(where, message, state);
      }
      CheckState(where, message, move.to());
      if (move.when().empty()) {
        Fail(where, "does not say when it moves to ", move.to());
      }
    }
  }

  void CheckCover(const std::string& where, const Descriptor* message,
                  const options::Resource& resource) {
    if (resource.cover_field().empty() && resource.covered_state().empty()) {
      return;
    }
    const FieldDescriptor* cover =
        message->FindFieldByName(resource.cover_field());
    if (cover == nullptr || cover->is_repeated() ||
        cover->message_type() == nullptr ||
        cover->options().GetExtension(options::audience) !=
            options::OWNER_ONLY) {
      Fail(where, "cover field ", resource.cover_field(),
           " is not a message for the owner alone");
    }
    CheckState(where, message, resource.covered_state());
  }

  void CheckState(const std::string& where, const Descriptor* resource,
                  const std::string& state) {
    const EnumDescriptor* states = StateEnum(resource);
    if (states == nullptr) {
      return Fail(where, resource->name(), " has no states");
    }
    if (states->FindValueByName(state) == nullptr) {
      Fail(where, state, " is not a state of ", resource->name());
    }
  }

  // Every field an answer can carry has a privacy class. `inherited` when a
  // field above states one, which covers everything below it; the default of a
  // message covers its own fields and nothing below them. The server clears
  // what this would let through.
  void CheckPrivacy(const Descriptor* message, bool inherited,
                    const std::string& path) {
    const bool list = absl::EndsWith(message->name(), "Response") &&
                      message->FindFieldByName("next_page_token") != nullptr;
    if (!checked_.insert({message, inherited}).second) return;
    const bool has_default =
        inherited || list ||
        message->options().HasExtension(options::default_privacy);
    for (int i = 0; i < message->field_count(); ++i) {
      const FieldDescriptor* field = message->field(i);
      const std::string below = absl::StrCat(path, ".", field->name());
      const bool labelled =
          has_default || field->options().HasExtension(options::privacy);
      if (!labelled) Fail(below, "has no privacy class");
      const Descriptor* child = field->message_type();
      if (child != nullptr && field->is_repeated() &&
          !child->options().GetExtension(options::class_field).empty()) {
        CheckClassField(child);
      } else if (child != nullptr &&
                 absl::StartsWith(child->full_name(), "passerelle.")) {
        CheckPrivacy(
            child, inherited || field->options().HasExtension(options::privacy),
            below);
      }
    }
  }

  // Items that decide their own class do it by an enum of which every value has
  // one, and have no other.
  void CheckClassField(const Descriptor* item) {
    const std::string& name =
        item->options().GetExtension(options::class_field);
    const FieldDescriptor* field = item->FindFieldByName(name);
    if (field == nullptr || field->enum_type() == nullptr ||
        field->is_repeated()) {
      return Fail(item->full_name(), "class_field ", name, " is no enum field");
    }
    for (int i = 0; i < field->enum_type()->value_count(); ++i) {
      const auto* value = field->enum_type()->value(i);
      if (value->number() != 0 &&
          !value->options().HasExtension(options::value_privacy)) {
        Fail(item->full_name(), value->name(), " has no value_privacy");
      }
    }
    for (int i = 0; i < item->field_count(); ++i) {
      if (item->field(i)->options().HasExtension(options::privacy)) {
        Fail(item->full_name(), item->field(i)->name(),
             " has a class although ", name, " decides it");
      }
    }
  }

  // Rules of a request and of everything below it.
  void CheckRules(const Descriptor* message) {
    if (!rules_checked_.insert(message).second) return;
    for (int i = 0; i < message->field_count(); ++i) {
      const FieldDescriptor* field = message->field(i);
      const auto& rules = field->options().GetExtension(options::rules);
      if (!rules.not_before().empty()) {
        const FieldDescriptor* other =
            message->FindFieldByName(rules.not_before());
        if (other == nullptr) {
          Fail(field->full_name(), "not_before names an unknown field ",
               rules.not_before());
        } else if (!IsMoment(field) ||
                   field->message_type() != other->message_type() ||
                   other->is_repeated()) {
          Fail(field->full_name(),
               "not_before is for two dates or two times, and ",
               rules.not_before(), " is not alike");
        }
      }
      const bool text = field->type() == FieldDescriptor::TYPE_STRING;
      if (rules.max_bytes() != 0 &&
          field->type() != FieldDescriptor::TYPE_BYTES) {
        Fail(field->full_name(), "max_bytes is for bytes");
      }
      if (!text && (rules.max_length() != 0 || !rules.pattern().empty())) {
        Fail(field->full_name(), "length and pattern are for strings");
      }
      if (const RE2 pattern(rules.pattern(), RE2::Quiet); !pattern.ok()) {
        Fail(field->full_name(), "pattern is not RE2: ", pattern.error());
      }
      if ((rules.has_min() || rules.has_max()) && !IsWhole(field)) {
        Fail(field->full_name(), "min and max are for whole numbers");
      }
      if (!field->is_repeated() && rules.max_items() != 0) {
        Fail(field->full_name(), "max_items is for lists");
      }
      const Descriptor* child = field->message_type();
      if (child != nullptr &&
          absl::StartsWith(child->full_name(), "passerelle.")) {
        CheckRules(child);
      }
    }
  }

  static bool IsWhole(const FieldDescriptor* field) {
    return field->cpp_type() == FieldDescriptor::CPPTYPE_INT32 ||
           field->cpp_type() == FieldDescriptor::CPPTYPE_INT64 ||
           field->cpp_type() == FieldDescriptor::CPPTYPE_UINT32 ||
           field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64;
  }

  static bool IsTimestamp(const FieldDescriptor* field) {
    return field != nullptr && IsMoment(field) &&
           field->message_type()->name() == "Timestamp";
  }

  static bool IsMoment(const FieldDescriptor* field) {
    if (field->is_repeated() || field->message_type() == nullptr) return false;
    const std::string& type = field->message_type()->full_name();
    return type == "google.protobuf.Timestamp" || type == "google.type.Date";
  }

  std::vector<std::string> errors_;
  std::map<std::string, const Descriptor*> letters_;
  std::set<std::pair<const Descriptor*, bool>> checked_;
  std::set<const Descriptor*> rules_checked_;
};

}  // namespace

std::vector<std::string> CheckContract(const Files& files) {
  return Checker().Run(files);
}

}  // namespace passerelle::plugin
