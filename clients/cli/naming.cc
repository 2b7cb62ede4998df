#include "clients/cli/naming.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "clients/cli/text.h"
#include "google/api/resource.pb.h"
#include "passerelle/options/v1/options.pb.h"

namespace passerelle::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;

const Descriptor* ResourceOf(const MethodDescriptor* method) {
  const Descriptor* answer = method->output_type();
  if (const FieldDescriptor* list = ListField(answer)) {
    answer = list->message_type();
  }
  return IsResource(answer) ? answer : nullptr;
}

struct Noun {
  std::vector<std::string> words;
  std::set<std::string> redundant;  // in the verb
};

Noun NounOf(const MethodDescriptor* method) {
  Noun noun;
  if (const Descriptor* resource = ResourceOf(method)) {
    const auto& option =
        resource->options().GetExtension(google::api::resource);
    noun.words = WordsOfCamel(option.singular().empty() ? resource->name()
                                                        : option.singular());
    for (std::string& word : WordsOfCamel(option.plural())) {
      noun.redundant.insert(std::move(word));
    }
  } else {
    absl::string_view service = method->service()->name();
    absl::ConsumeSuffix(&service, "Service");
    noun.words = WordsOfCamel(service);
  }
  noun.redundant.insert(noun.words.begin(), noun.words.end());
  return noun;
}

}  // namespace

bool IsResource(const Descriptor* message) {
  return message->options().HasExtension(passerelle::options::v1::resource);
}

bool IsExchange(const Descriptor* message) {
  return message->options().HasExtension(
      passerelle::options::v1::exchange_kind);
}

const FieldDescriptor* ListField(const Descriptor* response) {
  if (response->FindFieldByName("next_page_token") == nullptr) return nullptr;
  for (int i = 0; i < response->field_count(); ++i) {
    const FieldDescriptor* field = response->field(i);
    if (field->is_repeated() && field->message_type() != nullptr) return field;
  }
  return nullptr;
}

std::vector<Command> CommandsOf(const Contract& contract) {
  std::vector<Command> commands;
  for (const auto* service : contract.services()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor* method = service->method(i);
      if (method->client_streaming()) continue;
      const Noun noun = NounOf(method);
      std::vector<std::string> verb = WordsOfCamel(method->name());
      verb.erase(std::remove_if(verb.begin() + 1, verb.end(),
                                [&](const std::string& word) {
                                  return noun.redundant.contains(word);
                                }),
                 verb.end());
      commands.push_back(
          {absl::StrJoin(noun.words, "-"), absl::StrJoin(verb, "-"), method});
    }
  }
  std::stable_sort(
      commands.begin(), commands.end(),
      [](const Command& a, const Command& b) { return a.noun < b.noun; });
  return commands;
}

std::string NounComment(const MethodDescriptor* method) {
  const Descriptor* resource = ResourceOf(method);
  return resource == nullptr ? CommentOf(method->service())
                             : CommentOf(resource);
}

const std::vector<std::string>& BuiltInNouns() {
  static const auto* const nouns =
      new std::vector<std::string>{"audit", "health", "profile", "version"};
  return *nouns;
}

}  // namespace passerelle::cli
