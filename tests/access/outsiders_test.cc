// R15: random requests by those who may not see a block, through every method,
// with masks, tokens, names and fields made up. What is theirs to see is not of
// the block; nothing else that comes back, errors included, holds a canary of
// it.

#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "tests/access/expected.h"
#include "tests/access/files.h"
#include "tests/rpc/rows.h"
#include "tests/support/seed.h"

namespace passerelle::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kRequests = 3000;

// Somebody, and the blocks of which nothing may reach them.
struct Outsider {
  std::string who;
  std::set<std::string> hidden;
};

class Outsiders : public ::testing::Test {
 protected:
  Outsiders() {
    RegisterEveryRole(server_);
    // A file with everybody in it, and two that show that one is not another.
    for (const char* name : {"the host mission that holds the file",
                             "the consulate, for the travel document",
                             "an organisation, to give a service"}) {
      for (const Situation& one : Expected::Get().situations()) {
        if (one.name == name) files_.push_back(BuildFile(server_, one));
      }
    }
    FillFiles(server_, files_);
    for (const std::string& block : Expected::Get().blocks()) {
      if (block != "status") all_.insert(block);
    }
    for (const char* mission :
         {"iom-de", "ngo-es", "un-tn", "ministry-tn", "border-tn", "gov-ca"}) {
      for (const char* role : {"CM", "FP", "PO", "MO", "SP", "MIN", "BRD"}) {
        outsiders_.push_back({Officer(mission, role), all_});
      }
    }
    outsiders_.push_back({"platform/as-op", all_});
    for (const char* role : {"CM", "PO", "MO", "DPO"}) {
      outsiders_.push_back({Officer("iom-es", role), all_});  // transit
    }
    // Insiders, for whom some of it is: 3.2 of the domain.
    const std::set<std::string> restricted = {"protection", "medical",
                                              "gate_medical"};
    for (const char* role : {"CM", "FP", "MV", "RO", "ME", "DPO", "CO", "GU"}) {
      outsiders_.push_back({Officer("iom-tn", role), restricted});
      outsiders_.push_back({Officer("iom-ma", role), restricted});
    }
    outsiders_.push_back({"iom-tn/as-po", {"medical", "gate_medical"}});
    outsiders_.push_back({"iom-ma/as-po", {"medical", "gate_medical"}});
    outsiders_.push_back({"iom-tn/as-mo", {"protection"}});
    outsiders_.push_back({"iom-ma/as-mo", restricted});  // no medical consent
    outsiders_.push_back({"consulate-ma/as-co",
                          {"contact", "vulnerability", "protection", "medical",
                           "gate_medical", "hold", "override", "plan",
                           "study_draft", "visit_report", "visit_draft"}});
    outsiders_.push_back({"ngo-tn/as-sp",
                          {"travel", "vulnerability", "protection", "medical",
                           "gate_medical", "hold", "override", "plan",
                           "study_draft", "visit_report", "visit_draft"}});
  }

  template <typename T>
  const T& AnyOf(const std::vector<T>& list) {
    return list[std::uniform_int_distribution<size_t>(
        0, list.size() - 1)(random_)];
  }
  bool Chance(double p) { return std::bernoulli_distribution(p)(random_); }

  // The request of a row about any resource of any file, and then some of it
  // changed.
  MessagePtr MakeUp(const Row& row) {
    const FileOf& file = AnyOf(files_);
    auto words = file.words;
    const auto name =
        file.names.find(row.target.substr(0, row.target.find(':')));
    words["name"] = name->second;
    if (Chance(0.2)) {
      words["name"] =
          std::next(file.names.begin(), std::uniform_int_distribution<size_t>(
                                            0, file.names.size() - 1)(random_))
              ->second;
    }
    const MessagePtr request = MakeRequest(row.method, row.text, words);
    Bend(request.get());
    return request;
  }

  void Bend(Message* message) {
    const auto* reflection = message->GetReflection();
    const auto* type = message->GetDescriptor();
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      if (field->name() == "update_mask") {
        Message* mask = reflection->MutableMessage(message, field);
        const auto* paths = mask->GetDescriptor()->FindFieldByName("paths");
        mask->GetReflection()->ClearField(mask, paths);
        mask->GetReflection()->AddString(
            mask, paths,
            AnyOf<std::string>({"*", "vulnerabilities", "contacts",
                                "identity_documents", "principal.return_region",
                                "protection_decision.note", "gates", "names",
                                "external_identifiers", "nonsense"}));
      } else if (field->name() == "page_size") {
        reflection->SetInt32(message, field,
                             std::uniform_int_distribution<int>(0, 9)(random_));
      } else if (field->name() == "page_token") {
        if (!tokens_.empty() && Chance(0.5)) {
          reflection->SetString(message, field, AnyOf(tokens_));
        }
      } else if (field->name() == "parent" && Chance(0.1)) {
        reflection->SetString(message, field, "cases/-");
      } else if (field->name() == "etag" && Chance(0.5)) {
        reflection->ClearField(message, field);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM &&
                 !field->is_repeated() && Chance(0.2)) {
        reflection->SetEnumValue(
            message, field, std::uniform_int_distribution<int>(0, 40)(random_));
      } else if (Chance(0.03)) {
        reflection->ClearField(message, field);
      }
    }
  }

  TestServer server_;
  std::vector<FileOf> files_;
  std::set<std::string> all_;  // blocks
  std::vector<Outsider> outsiders_;
  std::vector<std::string> tokens_;
  std::mt19937_64 random_{Seed()};
};

TEST_F(Outsiders, SeeNoCanary) {
  // They are there to be seen.
  const Reply whole = Send(server_, "iom-tn/as-po", "GetPerson",
                           Named(files_[0].names.at("person")));
  ASSERT_TRUE(absl::StrContains(whole.bytes, Canary("protection")));
  ASSERT_TRUE(absl::StrContains(whole.bytes, Canary("identity")));
  std::vector<Row> reads;
  for (const Row& row : Rows()) {
    if (absl::StartsWith(row.method, "Get") ||
        absl::StartsWith(row.method, "List")) {
      reads.push_back(row);
    }
  }
  int answered = 0;
  for (int i = 0; i < kRequests; ++i) {
    // Most is read: what changes ends before long.
    const Row& row = AnyOf(Chance(0.6) ? reads : Rows());
    if (FindMethod(row.method)->server_streaming()) continue;
    // Who erases a file ends the attack on it; who accepts what it was offered,
    // or breaks the glass, may look from then on.
    if (row.method == "EraseCase" || row.method == "AcceptGrant" ||
        row.method == "BreakGlass") {
      continue;
    }
    const Outsider& outsider = AnyOf(outsiders_);
    const MessagePtr request = MakeUp(row);
    const Reply reply = Send(server_, outsider.who, row.method, *request);
    answered += reply.ok() ? 1 : 0;
    if (reply.ok()) {
      const std::string token = GetString(*reply.answer, "next_page_token");
      if (!token.empty()) tokens_.push_back(token);
    }
    for (const std::string& block : outsider.hidden) {
      for (const std::string& text :
           {reply.bytes, reply.details, reply.status.ToString()}) {
        EXPECT_FALSE(absl::StrContains(text, Canary(block)))
            << outsider.who << " " << row.method << " "
            << request->ShortDebugString();
      }
    }
  }
  EXPECT_GT(answered, kRequests / 20);
  std::cout << kRequests << " requests, " << answered << " answered"
            << std::endl;
}

}  // namespace
}  // namespace passerelle::testing
