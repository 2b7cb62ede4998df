#include "protoc/contract_view.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "google/api/resource.pb.h"

namespace passerelle::plugin {

std::vector<const ServiceDescriptor*> ServicesOf(const Files& files) {
  std::vector<const ServiceDescriptor*> services;
  for (const FileDescriptor* file : files) {
    for (int i = 0; i < file->service_count(); ++i) {
      services.push_back(file->service(i));
    }
  }
  return services;
}

std::vector<const Descriptor*> ExchangeKindsOf(const Files& files) {
  std::vector<const Descriptor*> kinds;
  for (const FileDescriptor* file : files) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      const Descriptor* message = file->message_type(i);
      if (message->options().HasExtension(options::exchange_kind)) {
        kinds.push_back(message);
      }
    }
  }
  return kinds;
}

const EnumDescriptor* StateEnum(const Descriptor* resource) {
  const std::string& name =
      resource->options().GetExtension(options::resource).state_field();
  if (name.empty()) return nullptr;
  const FieldDescriptor* field = resource->FindFieldByName(name);
  return field == nullptr ? nullptr : field->enum_type();
}

const Descriptor* WholeOf(const Descriptor* part) {
  const std::string& type = part->options().GetExtension(options::part).of();
  for (int i = 0; i < part->file()->message_type_count(); ++i) {
    const Descriptor* message = part->file()->message_type(i);
    if (message->options().HasExtension(options::resource) &&
        message->options().GetExtension(google::api::resource).type() == type) {
      return message;
    }
  }
  return nullptr;
}

const EnumDescriptor* VariantEnum(const Descriptor* resource) {
  const auto& name =
      resource->options().GetExtension(options::resource).variant_field();
  const FieldDescriptor* field = resource->FindFieldByName(name);
  return field == nullptr ? nullptr : field->enum_type();
}

bool Knows(const google::protobuf::EnumValueDescriptor* state,
           const std::string& variant) {
  const auto& set = state->options();
  const int count = set.ExtensionSize(options::state_variants);
  for (int i = 0; i < count; ++i) {
    if (set.GetExtension(options::state_variants, i) == variant) return true;
  }
  return count == 0;
}

bool ExistsIn(const options::Transition& transition,
              const std::string& variant) {
  const auto& variants = transition.variants();
  return variants.empty() ||
         std::find(variants.begin(), variants.end(), variant) != variants.end();
}

const Descriptor* ReopenedKindOf(const ServiceDescriptor* service) {
  for (int i = 0; i < service->method_count(); ++i) {
    const Descriptor* kind = service->method(i)->output_type();
    const auto& process = kind->options().GetExtension(options::exchange_kind);
    for (const auto& move : process.administrative()) {
      if (move.verb() == options::REOPEN) return kind;
    }
  }
  return nullptr;
}

bool Creates(const MethodDescriptor* method) {
  const Descriptor* request = method->input_type();
  bool carries = false;
  for (int i = 0; i < request->field_count(); ++i) {
    carries |= request->field(i)->message_type() == method->output_type();
  }
  return carries && request->FindFieldByName("update_mask") == nullptr;
}

bool IsGeneric(const MethodDescriptor* method) {
  const auto& access = method->options().GetExtension(options::access);
  return access.effect() == options::READ &&
         (absl::StartsWith(method->name(), "Get") ||
          absl::StartsWith(method->name(), "List"));
}

bool IsGuarded(const ServiceDescriptor* service) {
  const auto shape = service->options().GetExtension(options::shape);
  return shape != options::MAILBOX && shape != options::EVIDENCE;
}

std::string Stem(const FileDescriptor* file) {
  absl::string_view name = file->name();
  name.remove_prefix(name.rfind('/') + 1);
  name.remove_suffix(name.size() - name.rfind('.'));
  return std::string(name);
}

std::string CppName(const Descriptor* message) {
  return absl::StrCat("::",
                      absl::StrReplaceAll(message->full_name(), {{".", "::"}}));
}

std::string VerbRpc(options::AdministrativeVerb verb) {
  switch (verb) {
    case options::REMIND:
      return "RemindExchange";
    case options::ASK_CLARIFICATION:
      return "AskClarification";
    case options::ANSWER_CLARIFICATION:
      return "AnswerClarification";
    case options::INVALIDATE:
      return "InvalidateExchange";
    case options::WITHDRAW:
      return "WithdrawExchange";
    case options::REQUEST_CLOSE:
      return "RequestCloseExchange";
    case options::CLOSE:
      return "CloseExchange";
    case options::REOPEN:
      return "ReopenExchange";
    default:
      return "";
  }
}

}  // namespace passerelle::plugin
