// Every method of the contract, called well and in every ordinary wrong way.
// What is wrong is derived from the contract, so that a new method is tested
// as soon as it has a row.

#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/api/field_behavior.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "server/rpc/services.h"
#include "tests/rpc/evidence.h"
#include "tests/rpc/rows.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace options = ::passerelle::options::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

bool Required(const FieldDescriptor* field) {
  const auto& set = field->options();
  for (int i = 0; i < set.ExtensionSize(google::api::field_behavior); ++i) {
    if (set.GetExtension(google::api::field_behavior, i) ==
        google::api::REQUIRED) {
      return true;
    }
  }
  return false;
}

// One row at work.
class RowRun {
 public:
  RowRun(TestServer& server, Evidence& evidence, const Row& row)
      : server_(server),
        evidence_(evidence),
        row_(row),
        method_(*FindMethod(row.method)),
        access_(method_.options().GetExtension(options::access)),
        target_(Bring(server, row.target)) {
    auto words = target_.words();
    before_ = Seen();
    if (before_.answer != nullptr) {
      words["etag"] = GetString(*before_.answer, "etag");
    }
    good_ = MakeRequest(row.method, row.text, words);
    name_path_ = NamePath();
  }

  void Run() {
    SCOPED_TRACE(row_.method);
    if (!name_path_.empty()) MalformedName();
    MissingRole();
    MissingFields();
    UnknownField();
    if (!name_path_.empty() && access_.case_roles_size() > 0) NotVisible();
    if (!name_path_.empty() && !InFile() && access_.case_roles_size() == 0 &&
        absl::StartsWith(row_.method, "Get")) {
      NotFound();
    }
    StaleEtag();
    EXPECT_EQ(Seen().bytes, before_.bytes) << "a refusal changed something";
    Happy();
    if (access_.effect() == options::CHANGE) Repeat();
  }

 private:
  // Where the request names its resource or parent; empty when it does not.
  std::string NamePath() const {
    for (const char* path : {"name", "parent"}) {
      if (good_->GetDescriptor()->FindFieldByName(path) != nullptr) {
        return path;
      }
    }
    if (absl::StartsWith(row_.method, "Update")) {
      for (int i = 0; i < method_.input_type()->field_count(); ++i) {
        const FieldDescriptor* field = method_.input_type()->field(i);
        if (field->message_type() == method_.output_type()) {
          return absl::StrCat(field->name(), ".name");
        }
      }
    }
    return "";
  }

  bool InFile() const {
    return absl::StartsWith(GetString(*good_, name_path_), "cases/");
  }

  Reply Seen() {
    if (row_.sight == Row::Sight::kNever) return {};
    const std::string who = absl::StartsWith(target_.name, "missions/iom-tn")
                                ? "iom-tn/cm"
                            : absl::StartsWith(target_.name, "missions/") ||
                                    !absl::StrContains(row_.who, '/')
                                ? "iom-ma/ro"
                                : row_.who;
    return Look(server_, who, target_.name);
  }

  MessagePtr Copy() const {
    MessagePtr copy(good_->New());
    copy->CopyFrom(*good_);
    if (copy->GetDescriptor()->FindFieldByName("request_id") != nullptr) {
      SetString(copy.get(), "request_id", NewId());
    }
    return copy;
  }

  void Refused(const Message& request, absl::string_view who,
               const std::string& reason) {
    SCOPED_TRACE(absl::StrCat(who, " ", request.ShortDebugString()));
    evidence_.Refused(row_.method, Send(server_, who, row_.method, request),
                      reason);
  }

  void MalformedName() {
    const std::string good = GetString(*good_, name_path_);
    for (const std::string& bad :
         {std::string("x"), good + "/", "/" + good, good + "/more",
          std::string("cases/../x"), std::string("cases/a b"),
          good + "/plans/p%41", std::string("plans/p1/cases/c1"),
          "cases/" + std::string(5000, 'c')}) {
      const MessagePtr request = Copy();
      SetString(request.get(), name_path_, bad);
      Refused(*request, row_.who, "FIELD_INVALID");
    }
  }

  void MissingRole() {
    const std::string mission = row_.who.substr(0, row_.who.find('/'));
    std::vector<std::string> wrong = {"nobody", "expired", "not-yet"};
    if (access_.officer_roles_size() > 0) {
      wrong.insert(wrong.end(), {"reader", ""});
    }
    for (const std::string& officer : wrong) {
      Refused(*Copy(), absl::StrCat(mission, "/", officer),
              "OFFICER_NOT_AUTHORIZED");
    }
  }

  void MissingFields() {
    const auto* reflection = good_->GetReflection();
    for (int i = 0; i < method_.input_type()->field_count(); ++i) {
      const FieldDescriptor* field = method_.input_type()->field(i);
      if (!Required(field)) continue;
      const MessagePtr request = Copy();
      reflection->ClearField(request.get(), field);
      const Reply reply = Send(server_, row_.who, row_.method, *request);
      evidence_.Refused(row_.method, reply, "FIELD_INVALID");
      bool named = false;
      for (const auto& violation : DetailsOf(reply.status).violations) {
        named |= absl::StrContains(violation.field, field->name()) ||
                 absl::StartsWith(violation.field, "name");
      }
      EXPECT_TRUE(named) << field->name() << ": " << reply.status.ToString();
    }
  }

  void UnknownField() {
    if (access_.effect() == options::MAIL) return;
    const MessagePtr request = Copy();
    request->GetReflection()
        ->MutableUnknownFields(request.get())
        ->AddVarint(999, 1);
    Refused(*request, row_.who, "UNKNOWN_FIELD");
  }

  // A resource that does not exist and one that is not for the caller give the
  // same bytes.
  void NotVisible() {
    const std::string name = GetString(*good_, name_path_);
    const std::string officer = absl::StrContains(row_.who, '/')
                                    ? row_.who.substr(row_.who.find('/') + 1)
                                    : "";
    const std::string foreign = absl::StrCat("iom-de/", officer);
    const Reply denied = Send(server_, foreign, row_.method, *Copy());
    evidence_.Refused(row_.method, denied, "NOT_VISIBLE");
    std::vector<std::pair<std::string, std::string>> absent;
    if (InFile()) {
      std::string other = name;
      other.back() = other.back() == '0' ? '1' : '0';
      absent = {{foreign, other},
                {row_.who, other},
                {row_.who,
                 "cases/c00000000000000000000000000" +
                     name.substr(std::min(name.size(), name.find('/', 6)))}};
    } else {
      absent = {
          {foreign, "missions/unknown" +
                        name.substr(std::min(name.size(), name.find('/', 9)))}};
    }
    for (const auto& [who, absent_name] : absent) {
      const MessagePtr request = Copy();
      SetString(request.get(), name_path_, absent_name);
      const Reply reply = Send(server_, who, row_.method, *request);
      evidence_.Refused(row_.method, reply, "NOT_VISIBLE");
      EXPECT_EQ(reply.details, denied.details) << absent_name;
      EXPECT_EQ(reply.status.message(), denied.status.message());
    }
  }

  void NotFound() {
    const MessagePtr request = Copy();
    const std::string name = GetString(*good_, name_path_);
    SetString(request.get(), name_path_,
              "missions/unknown" +
                  name.substr(std::min(name.size(), name.find('/', 9))));
    Refused(*request, row_.who, "RESOURCE_NOT_FOUND");
  }

  void StaleEtag() {
    const MessagePtr request = Copy();
    if (!SetString(request.get(), "etag", "\"stale\"")) return;
    Refused(*request, row_.who, "ETAG_MISMATCH");
  }

  void Happy() {
    if (before_.answer != nullptr) {
      const std::string etag = GetString(*before_.answer, "etag");
      SetString(good_.get(), "etag", etag);
    }
    first_ = Send(server_, row_.who, row_.method, *good_);
    ASSERT_THAT(first_, IsOk());
    if (absl::StartsWith(row_.method, "Get") &&
        first_.answer->GetDescriptor()->FindFieldByName("name") != nullptr) {
      EXPECT_EQ(GetString(*first_.answer, "name"), target_.name);
    }
  }

  void Repeat() {
    if (!first_.ok()) return;
    const bool sees = row_.sight != Row::Sight::kLoses;
    const Reply after = sees ? Seen() : Reply{};
    for (int i = 0; i < 2; ++i) {
      const Reply again = Send(server_, row_.who, row_.method, *good_);
      if (!sees) {
        evidence_.Refused(row_.method, again, "RESULT_WITHHELD");
        continue;
      }
      EXPECT_THAT(again, IsOk());
      EXPECT_EQ(again.bytes, first_.bytes);
    }
    if (!sees) return;
    const MessagePtr other = MessagePtr(good_->New());
    other->CopyFrom(*good_);
    if (row_.other.empty()) {
      SetString(other.get(), "etag", "\"other\"");
    } else {
      const MessagePtr patch(good_->New());
      ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(row_.other,
                                                                patch.get()));
      other->MergeFrom(*patch);
    }
    Refused(*other, row_.who, "REQUEST_ID_REUSED");
    EXPECT_EQ(Seen().bytes, after.bytes) << "a repetition changed something";
  }

  TestServer& server_;
  Evidence& evidence_;
  const Row& row_;
  const MethodDescriptor& method_;
  const options::Access& access_;
  const Target target_;
  Reply before_;
  MessagePtr good_;
  std::string name_path_;
  Reply first_;
};

TEST(TableTest, EveryMethodHasARow) {
  std::set<std::string> declared;
  for (const rpc::ServiceEntry& service : rpc::AllServices()) {
    for (int i = 0; i < service.descriptor->method_count(); ++i) {
      declared.insert(service.descriptor->method(i)->name());
    }
  }
  std::set<std::string> rows;
  for (const Row& row : Rows()) rows.insert(row.method);
  EXPECT_EQ(rows, declared);
}

TEST(TableTest, EveryMethodKeepsTheCommonRules) {
  TestServer server;
  for (const char* mission : {"iom-tn", "iom-ma", "ngo-tn", "platform"}) {
    server.AddOfficer(mission, "reader", "roles: STATISTICS_READER");
    const std::string roles =
        "roles: CASE_MANAGER roles: FOCAL_POINT roles: REINTEGRATION_OFFICER "
        "roles: MONITORING_OFFICER roles: DATA_PROTECTION_OFFICER ";
    server.AddOfficer(mission, "expired",
                      roles + "valid_until_time { seconds: 1700000000 }");
    server.AddOfficer(mission, "not-yet",
                      roles + "valid_from_time { seconds: 1900000000 }");
  }
  Evidence evidence(server);
  for (const Row& row : Rows()) {
    if (FindMethod(row.method)->server_streaming()) continue;
    RowRun(server, evidence, row).Run();
  }
  auto done = evidence.Compare();
  for (const Row& row : Rows()) {
    if (FindMethod(row.method)->server_streaming()) continue;
    EXPECT_GT(done[FullName(row.method)], 0) << row.method;
  }
}

}  // namespace
}  // namespace passerelle::testing
