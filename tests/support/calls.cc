#include "tests/support/calls.h"

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "clients/cpp/request_id.h"
#include "google/protobuf/text_format.h"
#include "server/rpc/services.h"

namespace passerelle::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

[[noreturn]] void Die(absl::string_view what, absl::string_view why) {
  std::fprintf(stderr, "%s: %s\n", std::string(what).c_str(),
               std::string(why).c_str());
  std::abort();
}

MessagePtr NewMessage(const google::protobuf::Descriptor* descriptor) {
  return MessagePtr(google::protobuf::MessageFactory::generated_factory()
                        ->GetPrototype(descriptor)
                        ->New());
}

// The message that holds the last field of a path, and that field.
std::pair<Message*, const FieldDescriptor*> Follow(Message* message,
                                                   absl::string_view path) {
  const std::vector<std::string> parts = absl::StrSplit(path, '.');
  for (size_t i = 0;; ++i) {
    const auto* field = message->GetDescriptor()->FindFieldByName(parts[i]);
    if (field == nullptr || i + 1 == parts.size()) return {message, field};
    message = message->GetReflection()->MutableMessage(message, field);
  }
}

}  // namespace

const MethodDescriptor* FindMethod(absl::string_view name) {
  static const auto* const methods = [] {
    auto* all = new std::map<std::string, const MethodDescriptor*>();
    for (const rpc::ServiceEntry& service : rpc::AllServices()) {
      for (int i = 0; i < service.descriptor->method_count(); ++i) {
        const MethodDescriptor* method = service.descriptor->method(i);
        (*all)[method->name()] = method;
      }
    }
    return all;
  }();
  const auto it = methods->find(std::string(name));
  return it == methods->end() ? nullptr : it->second;
}

std::string FullName(absl::string_view method) {
  const MethodDescriptor* found = FindMethod(method);
  if (found == nullptr) Die(method, "no such method");
  return absl::StrCat(found->service()->full_name(), "/", found->name());
}

MessagePtr MakeRequest(absl::string_view method, absl::string_view text,
                       const std::map<std::string, std::string>& words) {
  const MethodDescriptor* found = FindMethod(method);
  if (found == nullptr) Die(method, "no such method");
  MessagePtr request = NewMessage(found->input_type());
  std::string filled(text);
  // Longer words first: $file_b before $file.
  for (auto it = words.rbegin(); it != words.rend(); ++it) {
    filled = absl::StrReplaceAll(filled, {{"$" + it->first, it->second}});
  }
  if (!google::protobuf::TextFormat::ParseFromString(filled, request.get())) {
    Die(method, filled);
  }
  client::FillRequestId(*request, "");
  return request;
}

Reply SendBytes(TestServer& server, absl::string_view who,
                absl::string_view method, absl::string_view bytes) {
  const std::pair<std::string, std::string> split =
      absl::StrSplit(who, absl::MaxSplits('/', 1));
  Metadata metadata;
  if (!split.second.empty()) {
    metadata.emplace_back(
        "passerelle-officer",
        absl::StrCat("missions/", split.first, "/officers/", split.second));
  }
  const RawReply raw = RawCall(server.As(split.first, "").channel(),
                               FullName(method), bytes, metadata);
  Reply reply{raw.status, raw.bytes, raw.details, nullptr};
  if (raw.status.ok()) {
    reply.answer = NewMessage(FindMethod(method)->output_type());
    if (!reply.answer->ParseFromString(raw.bytes)) Die(method, "bad answer");
  }
  return reply;
}

Reply Send(TestServer& server, absl::string_view who, absl::string_view method,
           const Message& request) {
  return SendBytes(server, who, method, request.SerializeAsString());
}

Reply Send(TestServer& server, absl::string_view who, absl::string_view method,
           absl::string_view text) {
  return Send(server, who, method, *MakeRequest(method, text));
}

Reply MustSend(TestServer& server, absl::string_view who,
               absl::string_view method, absl::string_view text) {
  Reply reply = Send(server, who, method, text);
  if (!reply.ok()) {
    Die(absl::StrCat(who, " ", method, " ", text), reply.status.ToString());
  }
  return reply;
}

std::string Named(absl::string_view name) {
  return absl::StrCat("name: '", name, "' ");
}

bool SetString(Message* message, absl::string_view path,
               const std::string& value) {
  const auto [holder, field] = Follow(message, path);
  if (field == nullptr) return false;
  holder->GetReflection()->SetString(holder, field, value);
  return true;
}

std::string GetString(const Message& message, absl::string_view path) {
  const std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  const auto [holder, field] = Follow(copy.get(), path);
  return field == nullptr ? std::string()
                          : holder->GetReflection()->GetString(*holder, field);
}

}  // namespace passerelle::testing
