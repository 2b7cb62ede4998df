// From options to a request, and from an answer to text.

#include <string>
#include <vector>

#include "clients/cli/errors.h"
#include "clients/cli/flags.h"
#include "clients/cli/naming.h"
#include "clients/cli/output.h"
#include "common/status_details.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "passerelle/v1/mailbox.pb.h"

namespace passerelle::cli {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Values = std::vector<std::pair<std::string, std::vector<std::string>>>;

const google::protobuf::Descriptor* RequestOf(const std::string& method) {
  for (const Command& command : CommandsOf(Contract::Embedded())) {
    if (command.method->name() == method) return command.method->input_type();
  }
  return nullptr;
}

// Builds the request of `method` and returns it as a generated message.
template <typename Request>
absl::StatusOr<Request> Build(const std::string& method, const Values& values,
                              const std::optional<std::string>& json = {}) {
  const std::vector<Flag> flags = FlagsOf(RequestOf(method));
  std::vector<GivenFlag> given;
  for (const auto& [name, texts] : values) {
    for (const Flag& flag : flags) {
      const bool named = flag.positional == name ||
                         std::find(flag.names.begin(), flag.names.end(),
                                   name) != flag.names.end();
      if (named) given.push_back({&flag, texts});
    }
  }
  EXPECT_EQ(given.size(), values.size()) << "a flag does not exist";
  auto built =
      BuildRequest(Contract::Embedded(), RequestOf(method), json, given);
  if (!built.ok()) return built.status();
  Request request;
  EXPECT_TRUE(request.ParseFromString((*built)->SerializeAsString()));
  return request;
}

TEST(BuildRequestTest, ValuesOfEveryKindAreUnderstood) {
  const auto request = Build<pb::CreateCaseRequest>(
      "CreateCase", {{"direction", {"inbound"}},
                     {"transit-missions", {"missions/a", "missions/b"}},
                     {"case.principal.given-name", {"Amal"}},
                     {"principal.birth-date", {"1990-02-03"}}});
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->case_().direction(), pb::Case::INBOUND);
  EXPECT_EQ(request->case_().transit_missions_size(), 2);
  EXPECT_EQ(request->case_().principal().given_name(), "Amal");
  EXPECT_EQ(request->case_().principal().birth_date().month(), 2);
  const auto fetch = Build<pb::FetchMailboxRequest>(
      "FetchMailbox",
      {{"after-sequence", {"9007199254740993"}}, {"wait", {"1m30s"}}});
  ASSERT_TRUE(fetch.ok()) << fetch.status();
  EXPECT_EQ(fetch->after_sequence(), 9007199254740993);
  EXPECT_EQ(fetch->wait().seconds(), 90);
}

TEST(BuildRequestTest, EnumsAreTakenInAnyCaseWithHyphens) {
  const auto request = Build<pb::SubmitFeasibilityOpinionRequest>(
      "SubmitFeasibilityOpinion",
      {{"outcome", {"feasible-with-conditions"}},
       {"conditions", {"one", "two"}},
       {"cost-estimate", {R"({"currency": "MAD", "hundredths": "5000"})"}}});
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->opinion().outcome(),
            pb::Opinion::FEASIBLE_WITH_CONDITIONS);
  EXPECT_EQ(request->opinion().conditions(1), "two");
  EXPECT_EQ(request->opinion().cost_estimate().hundredths(), 5000);
}

TEST(BuildRequestTest, EveryBadValueIsNamed) {
  const absl::Status status =
      Build<pb::CreateCaseRequest>("CreateCase",
                                   {{"direction", {"sideways"}},
                                    {"principal.birth-date", {"3.2.1990"}},
                                    {"principal.sex", {"FEMALE"}}})
          .status();
  EXPECT_EQ(ExitCodeOf(status), kUsage);
  const auto violations = DetailsOf(status).violations;
  ASSERT_EQ(violations.size(), 2);
  EXPECT_EQ(violations[0].field, "--direction");
  EXPECT_THAT(violations[0].description, HasSubstr("INBOUND, OUTBOUND"));
  EXPECT_EQ(violations[1].field, "--principal.birth-date");
  EXPECT_THAT(violations[1].description, HasSubstr("YYYY-MM-DD"));
}

TEST(BuildRequestTest, DatesThatDoNotExistAreRefused) {
  EXPECT_FALSE(Build<pb::CreateCaseRequest>(
                   "CreateCase", {{"principal.birth-date", {"1990-02-30"}}})
                   .ok());
}

TEST(BuildRequestTest, FlagsReplaceWhatTheFileSays) {
  const auto request = Build<pb::CreateCaseRequest>(
      "CreateCase", {{"origin-mission", {"missions/new"}}},
      R"({"case": {"originMission": "missions/old", "direction": "INBOUND"}})");
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->case_().origin_mission(), "missions/new");
  EXPECT_EQ(request->case_().direction(), pb::Case::INBOUND);
}

TEST(BuildRequestTest, UnknownFieldsOfTheFileAreRefused) {
  EXPECT_FALSE(
      Build<pb::CreateCaseRequest>("CreateCase", {}, R"({"kase": {}})").ok());
}

TEST(UpdateMaskTest, NamesTheFlagsThatWereGiven) {
  const auto request = Build<pb::UpdateCaseRequest>(
      "UpdateCase", {{"NAME", {"cases/c1"}},
                     {"etag", {"\"7\""}},
                     {"principal.given-name", {""}},
                     {"external-reference", {"MA-1"}}});
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->case_().name(), "cases/c1");
  EXPECT_EQ(request->etag(), "\"7\"");
  EXPECT_THAT(request->update_mask().paths(),
              ElementsAre("external_reference", "principal.given_name"));
}

TEST(UpdateMaskTest, NamesWhatTheFilePopulates) {
  const auto request = Build<pb::UpdateCaseRequest>(
      "UpdateCase", {{"principal.sex", {"other"}}},
      R"({"case": {"name": "cases/c1", "stage": "CLOSED", "etag": "x",
          "principal": {"givenName": "A", "birthDate": {"year": 1990}}}})");
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_THAT(request->update_mask().paths(),
              ElementsAre("principal.birth_date", "principal.given_name",
                          "principal.sex"));
}

TEST(UpdateMaskTest, AGivenMaskIsLeftAlone) {
  const auto request = Build<pb::UpdateCaseRequest>(
      "UpdateCase",
      {{"NAME", {"cases/c1"}},
       {"update-mask", {"external-reference,principal.return_region"}}});
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_THAT(request->update_mask().paths(),
              ElementsAre("external_reference", "principal.return_region"));
}

TEST(UpdateMaskTest, NothingToChangeIsAnError) {
  EXPECT_FALSE(
      Build<pb::UpdateCaseRequest>("UpdateCase", {{"NAME", {"cases/c1"}}})
          .ok());
}

pb::FeasibilityStudy Study(const std::string& name) {
  pb::FeasibilityStudy study;
  study.set_name(name);
  study.set_state(pb::FeasibilityStudy::FIELD_CHECK);
  study.mutable_exchange()->set_phase(passerelle::options::v1::OPEN);
  study.mutable_exchange()->mutable_due_time()->set_seconds(1775000000);
  study.mutable_exchange()->add_allowed_actions("One");
  return study;
}

TEST(OutputTest, AListIsATableWithAlignedColumns) {
  pb::ListFeasibilityStudiesResponse list;
  *list.add_feasibility_studies() = Study("cases/c/feasibilityStudies/long");
  *list.add_feasibility_studies() = Study("f2");
  list.mutable_feasibility_studies(1)->clear_exchange();
  list.mutable_feasibility_studies(1)->mutable_exchange()->set_awaited_mission(
      "missions/iom-ma");
  EXPECT_EQ(ToTable(list),
            "NAME                             STATE        PHASE              "
            "AWAITED MISSION  DUE TIME              UPDATE TIME\n"
            "cases/c/feasibilityStudies/long  FIELD_CHECK  OPEN               "
            "                 2026-03-31T23:33:20Z\n"
            "f2                               FIELD_CHECK  PHASE_UNSPECIFIED  "
            "missions/iom-ma\n");
}

TEST(OutputTest, AResourceIsOneLineAField) {
  pb::FeasibilityStudy study = Study("f1");
  study.mutable_opinion()->add_conditions("line\nbreak\x1b");
  EXPECT_EQ(ToTable(study),
            "name                         f1\n"
            "exchange.phase               OPEN\n"
            "exchange.due_time            2026-03-31T23:33:20Z\n"
            "exchange.allowed_actions[0]  One\n"
            "state                        FIELD_CHECK\n"
            "opinion.conditions[0]        line\\nbreak\\x1b\n");
}

TEST(OutputTest, EntriesWithoutANameShowEveryField) {
  pb::FetchMailboxResponse answer;
  answer.add_entries()->set_sequence(7);
  EXPECT_THAT(ToTable(answer),
              AllOf(HasSubstr("SEQUENCE  EVENT TIME"), HasSubstr("7")));
}

TEST(OutputTest, ValuesOfANewerServerAreNumbers) {
  pb::FeasibilityStudy study;
  study.set_state(static_cast<pb::FeasibilityStudy::State>(99));
  EXPECT_EQ(ToTable(study), "state  99\n");
}

TEST(OutputTest, JsonIsProtoJson) {
  pb::Case file;
  file.set_name("cases/c1");
  file.mutable_principal()->set_given_name("Amal");
  EXPECT_EQ(ToJson(file),
            "{\n \"name\": \"cases/c1\",\n \"principal\": {\n  \"givenName\": "
            "\"Amal\"\n }\n}\n");
}

TEST(ErrorsTest, ExitCodesFollowTheCode) {
  const auto code = [](absl::StatusCode status, const char* reason = "R") {
    return ExitCodeOf(MakeError(status, reason, ""));
  };
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), kOk);
  EXPECT_EQ(code(absl::StatusCode::kInternal), kServerError);
  EXPECT_EQ(code(absl::StatusCode::kInvalidArgument), kUsage);
  EXPECT_EQ(code(absl::StatusCode::kUnavailable), kUnavailable);
  EXPECT_EQ(code(absl::StatusCode::kDeadlineExceeded), kUnavailable);
  EXPECT_EQ(code(absl::StatusCode::kNotFound), kNotFound);
  EXPECT_EQ(code(absl::StatusCode::kPermissionDenied, "NOT_VISIBLE"),
            kNotFound);
  EXPECT_EQ(code(absl::StatusCode::kPermissionDenied), kDenied);
  EXPECT_EQ(code(absl::StatusCode::kUnauthenticated), kDenied);
  EXPECT_EQ(code(absl::StatusCode::kAborted), kConflict);
  EXPECT_EQ(code(absl::StatusCode::kFailedPrecondition), kConflict);
}

TEST(ErrorsTest, AnErrorTellsEverythingAndWhatToDo) {
  std::ostringstream out;
  PrintError(
      out, Contract::Embedded(),
      MakeError(
          absl::StatusCode::kFailedPrecondition, "STATE_FORBIDS", "not now\x1b",
          {.metadata = {{"state", "DRAFT"}}, .violations = {{"name", "odd"}}}),
      "1234");
  EXPECT_EQ(out.str(),
            "passerelle: FAILED_PRECONDITION STATE_FORBIDS\n"
            "  not now\\x1b\n"
            "  state: DRAFT\n"
            "  name: odd\n"
            "  what to do: The state does not admit the method. `state` tells "
            "the state.\n"
            "  request id: 1234\n");
}

TEST(ErrorsTest, AnUndecidedChangeIsToBeRepeatedWithItsId) {
  std::ostringstream out;
  PrintError(out, Contract::Embedded(), absl::DeadlineExceededError("late"),
             "1234");
  EXPECT_THAT(out.str(), HasSubstr("Repeat it with the same content"));
}

}  // namespace
}  // namespace passerelle::cli
