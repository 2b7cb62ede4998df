#include "demo/script.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "clients/cpp/profile.h"
#include "common/status_details.h"
#include "common/status_macros.h"
#include "google/protobuf/text_format.h"

namespace passerelle::demo {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

std::unique_ptr<Message> New(const google::protobuf::Descriptor* type) {
  return std::unique_ptr<Message>(
      MessageFactory::generated_factory()->GetPrototype(type)->New());
}

}  // namespace

absl::StatusOr<Script::Desk*> Script::Open(const std::string& profile) {
  Desk& desk = desks_[profile];
  if (desk.client != nullptr) return &desk;
  PASSERELLE_ASSIGN_OR_RETURN(const client::Profile loaded,
                              client::LoadProfile(profiles_, profile));
  // `missions/iom-tn/officers/cm` is an officer of missions/iom-tn.
  const std::vector<std::string> parts = absl::StrSplit(loaded.officer, '/');
  if (parts.size() != 4) {
    return absl::InvalidArgumentError(
        absl::StrCat("profile ", profile, " names no officer"));
  }
  desk.mission = absl::StrCat(parts[0], "/", parts[1]);
  PASSERELLE_ASSIGN_OR_RETURN(desk.client, client::Client::Open(loaded));
  return &desk;
}

absl::StatusOr<std::unique_ptr<Message>> Script::Call(const std::string& who,
                                                      const std::string& method,
                                                      const std::string& text) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(who, '/');
  PASSERELLE_ASSIGN_OR_RETURN(Desk* const desk, Open(parts.first));
  const auto* descriptor =
      DescriptorPool::generated_pool()->FindMethodByName(absl::StrCat(
          "passerelle.v1.", absl::StrReplaceAll(method, {{"/", "."}})));
  if (descriptor == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("no method ", method));
  }
  std::vector<std::pair<std::string, std::string>> words;
  for (const auto& [word, value] : words_) {
    words.emplace_back(absl::StrCat("$", word), value);
  }
  const std::unique_ptr<Message> request = New(descriptor->input_type());
  if (!google::protobuf::TextFormat::ParseFromString(
          absl::StrReplaceAll(text, words), request.get())) {
    return absl::InvalidArgumentError(
        absl::StrCat(method, ": the request does not parse"));
  }
  client::CallOptions options;
  options.officer = absl::StrCat(desk->mission, "/officers/", parts.second);
  std::unique_ptr<Message> answer = New(descriptor->output_type());
  const absl::Status called =
      desk->client->CallDynamic(descriptor, *request, answer.get(), options);
  if (!called.ok()) return called;
  return answer;
}

absl::Status Script::Make(const std::string& word, const std::string& who,
                          const std::string& method, const std::string& text) {
  auto answer = Call(who, method, text);
  if (!answer.ok()) {
    return absl::Status(
        answer.status().code(),
        absl::StrCat(who, " ", method, ": ", DetailsOf(answer.status()).reason,
                     " ", answer.status().message()));
  }
  const auto* name = (*answer)->GetDescriptor()->FindFieldByName("name");
  if (name != nullptr && !word.empty()) {
    words_[word] = (*answer)->GetReflection()->GetString(**answer, name);
  }
  return absl::OkStatus();
}

}  // namespace passerelle::demo
