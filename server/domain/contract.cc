#include "server/domain/contract.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/resource_name.h"
#include "google/api/resource.pb.h"
#include "server/domain/change.h"
#include "server/domain/enum_set.h"

namespace passerelle::domain {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;

// `*` stands for every state that is not ENDED.
template <typename List>
uint64_t StateBits(const KindSpec& kind, const List& names) {
  uint64_t bits = 0;
  for (const std::string& name : names) {
    for (int i = 0; i < kind.states->value_count(); ++i) {
      const auto* value = kind.states->value(i);
      if (value->number() == 0) continue;
      if (name == value->name() ||
          (name == "*" && kind.PhaseOf(value->number()) != options::ENDED)) {
        bits |= uint64_t{1} << value->number();
      }
    }
  }
  return bits;
}

options::AdministrativeVerb AdministrativeOf(const std::string& method) {
  using options::AdministrativeVerb;
  static const std::map<std::string, AdministrativeVerb> kVerbs = {
      {"RemindExchange", options::REMIND},
      {"AskClarification", options::ASK_CLARIFICATION},
      {"AnswerClarification", options::ANSWER_CLARIFICATION},
      {"InvalidateExchange", options::INVALIDATE},
      {"WithdrawExchange", options::WITHDRAW},
      {"RequestCloseExchange", options::REQUEST_CLOSE},
      {"CloseExchange", options::CLOSE},
      {"ReopenExchange", options::REOPEN}};
  const auto it = kVerbs.find(method);
  return it == kVerbs.end() ? options::ADMINISTRATIVE_VERB_UNSPECIFIED
                            : it->second;
}

// The resource of which the message is a part; null when it is none.
const Descriptor* WholeOf(const Descriptor* part) {
  if (!part->options().HasExtension(options::part)) return nullptr;
  const std::string& type = part->options().GetExtension(options::part).of();
  for (int i = 0; i < part->file()->message_type_count(); ++i) {
    const Descriptor* message = part->file()->message_type(i);
    if (message->options().GetExtension(google::api::resource).type() == type) {
      return message;
    }
  }
  return nullptr;
}

std::unique_ptr<PartSpec> MakePart(const KindSpec& kind,
                                   const Descriptor* message) {
  const auto& option = message->options().GetExtension(options::part);
  auto part = std::make_unique<PartSpec>();
  part->message = message;
  part->name = message->FindFieldByName("name");
  part->index = message->FindFieldByName("index");
  part->data = message->FindFieldByName("data");
  part->kept_in = StateBits(kind, option.kept_in());
  return part;
}

// The resource a method acts on: the message it returns, or lists, or returns a
// part of.
const Descriptor* ResourceOf(const MethodDescriptor* method) {
  const Descriptor* output = method->output_type();
  if (output->options().HasExtension(options::resource)) return output;
  if (const Descriptor* whole = WholeOf(output)) return whole;
  for (int i = 0; i < output->field_count(); ++i) {
    const Descriptor* item = output->field(i)->message_type();
    if (output->field(i)->is_repeated() && item != nullptr &&
        item->options().HasExtension(options::resource)) {
      return item;
    }
  }
  return nullptr;
}

}  // namespace

options::Phase KindSpec::PhaseOf(int state_number) const {
  const auto index = static_cast<size_t>(state_number);
  return index < phases.size() ? phases[index] : options::PHASE_UNSPECIFIED;
}

std::string KindSpec::StateName(int state_number) const {
  if (states == nullptr) return "";
  const auto* value = states->FindValueByNumber(state_number);
  return value == nullptr || state_number == 0 ? "" : value->name();
}

const AdministrativeMove* KindSpec::Find(
    options::AdministrativeVerb verb) const {
  for (const AdministrativeMove& move : administrative) {
    if (move.option->verb() == verb) return &move;
  }
  return nullptr;
}

Contract::Contract(const std::vector<Service>& services) {
  for (const Service& service : services) AddService(service);
  LinkAdministrative();
}

Contract::~Contract() = default;

KindSpec* Contract::AddKind(const Descriptor* message) {
  for (const auto& kind : kinds_) {
    if (kind->message == message) return kind.get();
  }
  auto kind = std::make_unique<KindSpec>();
  kind->message = message;
  const auto& resource = message->options().GetExtension(google::api::resource);
  kind->type = resource.type();
  const std::vector<std::string> pattern =
      absl::StrSplit(resource.pattern(0), '/');
  kind->root_collection = pattern.front();
  kind->collection = pattern[pattern.size() - 2];
  const auto& ours = message->options().GetExtension(options::resource);
  kind->letter = ours.letter();
  kind->name = message->FindFieldByName("name");
  kind->etag = message->FindFieldByName("etag");
  kind->create_time = message->FindFieldByName("create_time");
  kind->update_time = message->FindFieldByName("update_time");
  kind->class_updates = message->FindFieldByName("class_updates");
  kind->allowed_actions = message->FindFieldByName("allowed_actions");
  kind->due_time = message->FindFieldByName("due_time");
  kind->exchange = message->FindFieldByName("exchange");
  const std::string& decides =
      message->options().GetExtension(options::class_field);
  if (!decides.empty()) kind->class_field = message->FindFieldByName(decides);
  if (!ours.state_field().empty()) {
    kind->state = message->FindFieldByName(ours.state_field());
    kind->states = kind->state->enum_type();
    for (int i = 0; i < kind->states->value_count(); ++i) {
      const auto* value = kind->states->value(i);
      const auto index = static_cast<size_t>(value->number());
      if (kind->phases.size() <= index) kind->phases.resize(index + 1);
      kind->phases[index] = value->options().GetExtension(options::phase);
    }
  }
  if (!ours.variant_field().empty()) {
    kind->variant = message->FindFieldByName(ours.variant_field());
  }
  if (!ours.cover_field().empty()) {
    kind->cover = message->FindFieldByName(ours.cover_field());
    kind->covered_state =
        kind->states->FindValueByName(ours.covered_state())->number();
  }
  for (const auto& option : ours.timed()) {
    kind->timers.push_back(
        {StateBits(*kind, option.from()),
         kind->states->FindValueByName(option.to())->number(),
         option.calendar_days(),
         message->FindFieldByName(option.time_field())});
  }
  for (const auto& option : ours.automatic()) {
    kind->automatic.push_back(
        {StateBits(*kind, option.from()),
         kind->states->FindValueByName(option.to())->number()});
  }
  if (message->options().HasExtension(options::exchange_kind)) {
    kind->process = &message->options().GetExtension(options::exchange_kind);
  }
  kinds_.push_back(std::move(kind));
  return kinds_.back().get();
}

void Contract::AddService(const Service& service) {
  Verbs* verbs = nullptr;
  if (service.make_verbs != nullptr) {
    verbs_.push_back(service.make_verbs());
    verbs = verbs_.back().get();
  }
  const auto shape = service.descriptor->options().GetExtension(options::shape);
  std::vector<MethodSpec>& methods = services_[service.descriptor->full_name()];
  methods.resize(static_cast<size_t>(service.descriptor->method_count()));
  for (int i = 0; i < service.descriptor->method_count(); ++i) {
    MethodSpec& spec = methods[static_cast<size_t>(i)];
    const MethodDescriptor* method = service.descriptor->method(i);
    const auto& access = method->options().GetExtension(options::access);
    spec.descriptor = method;
    spec.full_name =
        absl::StrCat(service.descriptor->full_name(), "/", method->name());
    spec.effect = access.effect();
    spec.purpose = access.purpose();
    spec.case_roles = ToSet(access.case_roles());
    spec.except_case_roles = ToSet(access.except_case_roles());
    spec.mission_kinds = ToSet(access.mission_kinds());
    spec.officer_roles = ToSet(access.officer_roles());
    spec.verbs = verbs;
    const Descriptor* request = method->input_type();
    spec.name = request->FindFieldByName("name");
    spec.parent = request->FindFieldByName("parent");
    spec.etag = request->FindFieldByName("etag");
    spec.request_id = request->FindFieldByName("request_id");
    spec.update_mask = request->FindFieldByName("update_mask");
    spec.page_size = request->FindFieldByName("page_size");
    spec.page_token = request->FindFieldByName("page_token");
    spec.index = request->FindFieldByName("index");
    for (int f = 0; f < request->field_count(); ++f) {
      const FieldDescriptor* field = request->field(f);
      if (field->type() != FieldDescriptor::TYPE_BYTES) continue;
      spec.bulk_bytes +=
          field->options().GetExtension(options::rules).max_bytes();
    }

    if (shape == options::MAILBOX) {
      spec.shape = MethodSpec::Shape::kMail;
      continue;
    }
    if (shape == options::EVIDENCE) {
      spec.shape = MethodSpec::Shape::kEvidence;
      continue;
    }
    if (shape == options::ANY_EXCHANGE) {
      spec.shape = MethodSpec::Shape::kExchangeVerb;
      spec.administrative = AdministrativeOf(method->name());
      continue;
    }
    KindSpec* kind = AddKind(ResourceOf(method));
    kind->guards = verbs;
    spec.kind = kind;
    if (kind->states != nullptr) {
      const auto* state = request->FindFieldByName(kind->state->name());
      if (state != nullptr && state->enum_type() == kind->states) {
        spec.state_filter = state;
      }
    }
    for (int f = 0; f < request->field_count(); ++f) {
      if (request->field(f)->message_type() == kind->message) {
        spec.resource = request->field(f);
        spec.resource_id =
            request->FindFieldByName(spec.resource->name() + "_id");
      }
    }
    if (method->output_type()->options().HasExtension(options::part)) {
      kind->part = MakePart(*kind, method->output_type());
      spec.shape = MethodSpec::Shape::kGetPart;
    } else if (access.effect() == options::READ) {
      spec.shape = absl::StartsWith(method->name(), "List")
                       ? MethodSpec::Shape::kList
                       : MethodSpec::Shape::kGet;
    } else if (spec.resource == nullptr) {
      spec.shape = MethodSpec::Shape::kVerb;
    } else {
      spec.shape = spec.update_mask != nullptr ? MethodSpec::Shape::kUpdate
                                               : MethodSpec::Shape::kCreate;
    }
    if (spec.shape == MethodSpec::Shape::kGet) kind->get = &spec;
    if (spec.shape == MethodSpec::Shape::kCreate && kind->create == nullptr) {
      kind->create = &spec;  // others are ways to make the same
    }
    if (method->options().HasExtension(options::transition)) {
      spec.transition = &method->options().GetExtension(options::transition);
      spec.from_states = StateBits(*kind, spec.transition->from());
      for (const std::string& state : spec.transition->to()) {
        spec.to_states.push_back(
            kind->states->FindValueByName(state)->number());
      }
      for (const std::string& variant : spec.transition->variants()) {
        spec.variants |=
            Bit(kind->variant->enum_type()->FindValueByName(variant)->number());
      }
    }
    if (spec.shape == MethodSpec::Shape::kVerb ||
        spec.shape == MethodSpec::Shape::kUpdate) {
      kind->verbs.push_back(&spec);
    }
  }
}

void Contract::LinkAdministrative() {
  const MethodSpec* exchange_methods = Methods("passerelle.v1.ExchangeService");
  for (const auto& kind : kinds_) {
    if (kind->process == nullptr) continue;
    for (const auto& option : kind->process->administrative()) {
      AdministrativeMove move;
      move.option = &option;
      move.from_states = StateBits(*kind, option.from());
      move.case_roles = ToSet(option.case_roles());
      move.officer_roles = ToSet(option.officer_roles());
      if (option.to() == "(previous)") {
        move.to_state = kPreviousState;
      } else if (!option.to().empty()) {
        move.to_state = kind->states->FindValueByName(option.to())->number();
      }
      if (exchange_methods != nullptr) {
        const auto* service = exchange_methods->descriptor->service();
        for (int i = 0; i < service->method_count(); ++i) {
          if (exchange_methods[i].administrative == option.verb()) {
            move.method = &exchange_methods[i];
          }
        }
      }
      kind->administrative.push_back(move);
    }
    for (const auto& option : kind->process->timed()) {
      kind->timed.push_back(
          {&option, StateBits(*kind, option.from()),
           kind->states->FindValueByName(option.to())->number()});
    }
  }
}

const MethodSpec* Contract::Methods(absl::string_view service) const {
  const auto it = services_.find(service);
  return it == services_.end() ? nullptr : it->second.data();
}

const KindSpec* Contract::KindOf(absl::string_view root_collection,
                                 absl::string_view collection) const {
  for (const auto& kind : kinds_) {
    if (kind->root_collection == root_collection &&
        kind->collection == collection) {
      return kind.get();
    }
  }
  return nullptr;
}

const KindSpec* Contract::KindOfName(absl::string_view name) const {
  const auto parsed = ParseResourceName(name);
  if (!parsed) return nullptr;
  return KindOf(parsed->root_collection, parsed->collection);
}

const KindSpec* Contract::KindOfType(absl::string_view type) const {
  for (const auto& kind : kinds_) {
    if (kind->type == type) return kind.get();
  }
  return nullptr;
}

std::vector<const MethodSpec*> Contract::AllMethods() const {
  std::vector<const MethodSpec*> all;
  for (const auto& [name, methods] : services_) {
    for (const MethodSpec& method : methods) all.push_back(&method);
  }
  return all;
}

}  // namespace passerelle::domain
