// Every private text of every resource, put in through the contract in a run
// with errors, exchanges, mail and refusals, stands nowhere in clear: not in
// the database, its log, the keys, the key file, a backup, nor in the server's
// log at its most talkative.

#include <filesystem>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/log.h"
#include "gmock/gmock.h"
#include "google/api/field_behavior.pb.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "passerelle/options/v1/options.pb.h"
#include "server/storage/sqlite/backup.h"
#include "server/storage/sqlite/connection.h"
#include "tests/access/expected.h"
#include "tests/access/files.h"
#include "tests/rpc/rows.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace fs = std::filesystem;
namespace options = ::passerelle::options::v1;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::string_view kCanary = "Kanari-";

// What the rows leave out and the contract can carry.
const std::map<std::string, std::string>& More() {
  static const auto* const more = new std::map<std::string, std::string>{
      {"CreateCase", "case { principal { return_region: 'x' } }"},
      {"CreatePerson",
       "person { names { kind: DOCUMENTED given: 'x' father: 'x' grandfather: "
       "'x' family: 'x' full: 'x' } identity_documents { type: PASSPORT "
       "number: "
       "'x' country: 'MA' } contacts { type: ADDRESS text: 'x' } "
       "return_region: "
       "'x' vulnerabilities { code: SINGLE_PARENT note: 'x' } "
       "external_identifiers { system: 'agency' value: 'x' } }"},
      {"CreateConsent",
       "consent { witness_name: 'x' interpreter_name: 'x' guardian { "
       "display_name: 'x' authority: 'x' } }"},
      {"ConfirmRecall", "comment: 'x'"},
      {"CreatePlan",
       "plan { location: 'x' skills: 'x' lines { category: HOUSING "
       "description: "
       "'x' amount { currency: 'MAD' } } }"},
      {"CreateFeasibilityStudy", "feasibility_study { question: 'x' }"},
      {"SubmitFeasibilityOpinion",
       "opinion { conditions: 'x' reasons: 'x' proposed_changes: 'x' "
       "cost_estimate { currency: 'MAD' hundredths: 7654321098 } }"},
      {"SubmitVisitReport", "report { findings: 'x' follow_ups: 'x' }"},
  };
  return *more;
}

bool IsOutputOnly(const FieldDescriptor* field) {
  const auto& set = field->options();
  for (int i = 0; i < set.ExtensionSize(google::api::field_behavior); ++i) {
    const auto behavior = set.GetExtension(google::api::field_behavior, i);
    if (behavior == google::api::OUTPUT_ONLY ||
        behavior == google::api::IDENTIFIER) {
      return true;
    }
  }
  return false;
}

// A text that can say anything: no name, no code, no format.
bool IsFree(const FieldDescriptor* field) {
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return false;
  const auto& rules = field->options().GetExtension(options::rules);
  return rules.max_length() >= 20 && rules.pattern().empty() &&
         field->name() != "page_token";
}

class Sower {
 public:
  // Puts a canary of its own into every free text that is there.
  void Sow(Message* message) {
    const auto* reflection = message->GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection->ListFields(*message, &fields);
    for (const FieldDescriptor* field : fields) {
      const bool repeated = field->is_repeated();
      const int size = repeated ? reflection->FieldSize(*message, field) : 1;
      for (int i = 0; i < size; ++i) {
        if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
          Sow(repeated ? reflection->MutableRepeatedMessage(message, field, i)
                       : reflection->MutableMessage(message, field));
        } else if (IsFree(field)) {
          const std::string text = absl::StrCat(kCanary, ++count_, "-end");
          if (repeated) {
            reflection->SetRepeatedString(message, field, i, text);
          } else {
            reflection->SetString(message, field, text);
          }
        }
      }
    }
  }
  int count() const { return count_; }

 private:
  int count_ = 0;
};

// Paths of a resource at which a canary was seen.
void Collect(const Message& message, const std::string& prefix,
             std::set<std::string>* found) {
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int size =
        field->is_repeated() ? reflection->FieldSize(message, field) : 1;
    for (int i = 0; i < size; ++i) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Collect(field->is_repeated()
                    ? reflection->GetRepeatedMessage(message, field, i)
                    : reflection->GetMessage(message, field),
                absl::StrCat(prefix, field->name(), "."), found);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        const std::string value =
            field->is_repeated()
                ? reflection->GetRepeatedString(message, field, i)
                : reflection->GetString(message, field);
        if (absl::StartsWith(value, kCanary)) {
          found->insert(absl::StrCat(prefix, field->name()));
        }
      }
    }
  }
}

// Paths of all private texts that a resource can hold: not of the status, and
// neither a code, nor a format, nor the name of an officer.
void PrivatePaths(const std::string& resource, const Descriptor* type,
                  const std::string& prefix, std::set<std::string>* paths) {
  static const auto* const officers = new std::set<std::string>{
      "author", "validator", "asker", "answerer", "recorder", "holder"};
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    const std::string path = absl::StrCat(prefix, field->name());
    const auto& rules = field->options().GetExtension(options::rules);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      const bool free =
          rules.pattern().empty() &&
          rules.format() == options::FORMAT_UNSPECIFIED &&
          !field->options().HasExtension(google::api::resource_reference) &&
          !officers->contains(field->name()) && field->name() != "e164";
      if (free && Expected::Get().BlockOf(resource, path) != "status") {
        paths->insert(path);
      }
    } else if (field->message_type() != nullptr &&
               absl::StartsWith(field->message_type()->full_name(),
                                "passerelle.")) {
      PrivatePaths(resource, field->message_type(), path + ".", paths);
    }
  }
}

class Canaries : public ::testing::Test {
 protected:
  static void Talk(app::ServerConfig* config) {
    config->log.level = LogLevel::kDebug;
  }

  // Files in the server's folder that hold `bytes`.
  std::vector<std::string> Places(absl::string_view bytes) {
    std::vector<std::string> places;
    for (const auto& entry : fs::recursive_directory_iterator(server_.dir())) {
      if (!entry.is_regular_file()) continue;
      if (absl::StrContains(ReadFileOrDie(entry.path()), bytes)) {
        places.push_back(entry.path());
      }
    }
    return places;
  }

  void Remember(const Reply& reply) {
    if (!reply.ok()) return;
    for (const auto& [collection, type] : CaseResources()) {
      if (type != reply.answer->GetDescriptor()) continue;
      Collect(*reply.answer, "", &seen_[type->name()]);
    }
  }

  // The call, well and in every wrong way that carries its content.
  void Run(const Row& row) {
    const Target target = Bring(server_, row.target);
    auto words = target.words();
    const Reply before = Look(server_, row.who, target.name);
    if (before.ok()) words["etag"] = GetString(*before.answer, "etag");
    const MessagePtr request = MakeRequest(row.method, row.text, words);
    const MessagePtr more(request->New());
    const auto text = More().find(row.method);
    if (text != More().end()) {
      ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text->second,
                                                                more.get()));
    }
    request->MergeFrom(*more);
    // What a mission signs is public.
    if (row.method != "CosignCheckpoint") sower_.Sow(request.get());
    const MessagePtr wrong(request->New());
    wrong->CopyFrom(*request);
    SetString(wrong.get(), "request_id", NewId());
    Send(server_, "iom-de/cm", row.method, *wrong);
    Send(server_, "iom-de", row.method, *wrong);
    wrong->GetReflection()
        ->MutableUnknownFields(wrong.get())
        ->AddLengthDelimited(999, absl::StrCat(kCanary, "unknown-end"));
    Send(server_, row.who, row.method, *wrong);
    wrong->GetReflection()->MutableUnknownFields(wrong.get())->Clear();
    bool malformed = false;
    for (const char* path : {"name", "parent", "page_token"}) {
      malformed |=
          SetString(wrong.get(), path, absl::StrCat(kCanary, path, "-end"));
    }
    if (malformed) Send(server_, row.who, row.method, *wrong);
    SendBytes(server_, row.who, row.method,
              absl::StrCat("\xff", kCanary, "garbage-end"));
    const Reply reply = Send(server_, row.who, row.method, *request);
    EXPECT_THAT(reply, IsOk())
        << row.method << " " << request->ShortDebugString();
    Remember(reply);
    Send(server_, row.who, row.method, *request);
    // What is written in one field comes out in another.
    if (row.method == "SubmitFeasibilityOpinion") {
      MustSend(server_, "iom-ma/fp", "ValidateFeasibilityOpinion",
               Named(target.name));
    } else if (row.method == "SubmitVisitReport") {
      MustSend(server_, "iom-ma/me", "ValidateVisitReport", Named(target.name));
    }
    for (const char* who :
         {"iom-tn/cm", "iom-tn/po", "iom-tn/mo", "iom-ma/ro", "ngo-tn/fp"}) {
      Remember(Look(server_, who, target.name));
    }
  }

  TestServer server_{&Talk};
  Sower sower_;
  std::map<std::string, std::set<std::string>> seen_;  // by resource
};

TEST_F(Canaries, AreNowhereInClear) {
  ::testing::internal::CaptureStderr();
  for (const Row& row : Rows()) {
    if (!FindMethod(row.method)->server_streaming()) Run(row);
  }
  Row without_consent = RowOf("CreateGrant");
  without_consent.text =
      "parent: '$file' grant { recipient: 'missions/ngo-tn' mode: READ "
      "purpose: "
      "SERVICE_PROVISION basis: VITAL_INTERESTS justification: 'x' expire_time "
      "{ $departure } }";
  Run(without_consent);
  // As the calls of people that Bring makes put them in.
  const std::vector<std::string> secrets = {std::string(kCanary),
                                            "Salma",
                                            "Essai",
                                            "akery",
                                            "Souss",
                                            "Room for",
                                            "Not reachable",
                                            "Heard alone",
                                            "licence",
                                            "new site",
                                            "\xca\xd7\xee\xc1\x1c"};
  for (const std::string& secret : secrets) {
    EXPECT_THAT(Places(secret), IsEmpty()) << secret << ", while it serves";
  }
  ASSERT_THAT(Places("missions/iom-tn"), Not(IsEmpty()));  // the search finds
  server_.WhileStopped([&] {
    auto source =
        storage::sqlite::Connection::Open({.path = server_.store_path()});
    ASSERT_THAT(source, IsOk());
    ASSERT_THAT(
        storage::sqlite::Backup(source->get(), server_.dir() + "/backup.db"),
        IsOk());
    ASSERT_GT(fs::file_size(server_.dir() + "/backup.db"), 100'000);
    for (const std::string& secret : secrets) {
      EXPECT_THAT(Places(secret), IsEmpty()) << secret << ", after it stopped";
    }
  });
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, ::testing::HasSubstr("\"event\""));
  for (const std::string& secret : secrets) {
    EXPECT_FALSE(absl::StrContains(log, secret)) << secret << ", in the log";
  }
  // No free text of any resource was left out.
  int fields = 0;
  for (const auto& [collection, type] : CaseResources()) {
    std::set<std::string> paths;
    PrivatePaths(type->name(), type, "", &paths);
    for (const std::string& path : paths) {
      ++fields;
      EXPECT_TRUE(seen_[type->name()].contains(path))
          << "no canary in " << type->name() << " " << path;
    }
  }
  EXPECT_GT(fields, 20);
  std::cout << sower_.count() << " canaries in " << fields << " fields"
            << std::endl;
}

}  // namespace
}  // namespace passerelle::testing
