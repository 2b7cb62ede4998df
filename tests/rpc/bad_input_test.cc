// What people and programs get wrong: each mistake its code and documented
// reason, nothing changed, one line of evidence.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/directory.pb.h"
#include "passerelle/v1/plan.pb.h"
#include "tests/rpc/evidence.h"
#include "tests/rpc/rows.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;

constexpr char kPerson[] =
    "given_name: 'Salma' family_name: 'Essai' sex: FEMALE nationality: 'MA' ";

class BadInput : public ::testing::Test {
 protected:
  void Refused(absl::string_view who, absl::string_view method,
               const std::string& text, const std::string& reason,
               const std::map<std::string, std::string>& words = {}) {
    SCOPED_TRACE(absl::StrCat(method, " ", text));
    evidence_.Refused(
        method, Send(server_, who, method, *MakeRequest(method, text, words)),
        reason);
  }
  std::string NewCase(const std::string& rest,
                      const std::string& birth = "year: 1994 month: 3 day: 9",
                      const std::string& person = kPerson) {
    return absl::StrCat("case { direction: INBOUND ", rest, " principal { ",
                        person, " birth_date { ", birth, " } } }");
  }
  size_t FilesOf(const std::string& who) {
    return static_cast<size_t>(
        Must<pb::ListCasesResponse>(server_, who, "ListCases", "")
            .cases_size());
  }
  void Suspend(const std::string& mission, bool suspended) {
    const auto present = Must<pb::Mission>(server_, "platform", "GetMission",
                                           Named("missions/" + mission));
    MustSend(server_, "platform/operator", "UpdateMission",
             absl::StrCat("mission { name: 'missions/", mission,
                          "' suspended: ", suspended ? "true" : "false",
                          " } update_mask { paths: 'suspended' } etag: '",
                          present.etag(), "'"));
  }

  TestServer server_;
  Evidence evidence_{server_};
};

TEST_F(BadInput, CallersWhoMayNot) {
  const Target file = Bring(server_, "case:ACCEPTED");
  const std::string name = Named(file.name);
  const std::string before = Look(server_, "iom-tn/cm", file.name).bytes;
  // Missions that nobody registered, that are suspended, of another kind.
  Refused("iom-xx/cm", "GetCase", name, "IDENTITY_UNKNOWN");
  Suspend("iom-ma", true);
  Refused("iom-ma/fp", "GetCase", name, "IDENTITY_UNKNOWN");
  Refused("iom-ma/fp", "WithdrawCase", name, "IDENTITY_UNKNOWN");
  Refused("iom-ma", "FetchMailbox", "", "IDENTITY_UNKNOWN");
  Refused("iom-ma", "AcknowledgeMailbox", "up_to_sequence: 1",
          "IDENTITY_UNKNOWN");
  Suspend("iom-ma", false);
  EXPECT_THAT(Look(server_, "iom-ma/fp", file.name), IsOk());
  MustSend(server_, "platform/operator", "CreateMission",
           "mission_id: 'ngo' mission { display_name: 'N' kind: NGO country: "
           "'TN' }");
  server_.AddOfficer("ngo", "cm", "roles: CASE_MANAGER");
  Refused("ngo/cm", "CreateCase", NewCase("origin_mission: 'missions/iom-ma'"),
          "MISSION_KIND_NOT_AUTHORIZED");
  Refused("ngo/cm", "GetCase", name, "NOT_VISIBLE");
  // Officers without the role, of another mission, unknown; the operator of
  // the platform sees no file.
  Refused("iom-tn/po", "UpdateCase",
          absl::StrCat("case { name: '", file.name,
                       "' external_reference: 'x' } etag: 'x'"),
          "OFFICER_NOT_AUTHORIZED");
  Refused("platform/operator", "GetCase", name, "OFFICER_NOT_AUTHORIZED");
  Refused("iom-tn/cm", "CreateOfficer",
          "parent: 'missions/iom-tn' officer_id: 'me2' officer { "
          "display_name: 'x' roles: FOCAL_POINT }",
          "OFFICER_NOT_AUTHORIZED");
  Refused("iom-tn/fp", "CreateOfficer",
          "parent: 'missions/iom-tn' officer_id: 'op' officer { "
          "display_name: 'x' roles: OPERATOR }",
          "FIELD_INVALID");
  EXPECT_EQ(Look(server_, "iom-tn/cm", file.name).bytes, before);
  evidence_.Compare();
}

TEST_F(BadInput, OfficerAssertedInUnusualWays) {
  const Target file = Bring(server_, "case:ACCEPTED");
  const std::string request =
      MakeRequest("GetCase", Named(file.name))->SerializeAsString();
  const auto channel = server_.As("iom-tn", "").channel();
  const std::string good = "missions/iom-tn/officers/cm";
  const std::vector<Metadata> wrong = {
      {{"passerelle-officer", "missions/iom-ma/officers/fp"}},
      {{"passerelle-officer", "cm"}},
      {{"passerelle-officer", good + "/"}},
      {{"passerelle-officer", " "}},
      {{"passerelle-officer", good}, {"passerelle-officer", good}},
      {{"passerelle-officer", good},
       {"passerelle-officer", "missions/iom-tn/officers/fp"}},
      {{"passerelle-officer", std::string(4000, 'o')}},
      {{"passerelle-officer-x", good}}};
  for (const Metadata& metadata : wrong) {
    SCOPED_TRACE(metadata.front().second.substr(0, 40));
    const RawReply raw =
        RawCall(channel, FullName("GetCase"), request, metadata);
    evidence_.Refused("GetCase", {raw.status, "", "", nullptr},
                      "OFFICER_NOT_AUTHORIZED");
  }
  // An officer that is asserted is checked even where none is needed.
  for (size_t i = 0; i + 1 < wrong.size(); ++i) {
    SCOPED_TRACE(i);
    const RawReply raw =
        RawCall(channel, FullName("FetchMailbox"), "", wrong[i]);
    evidence_.Refused("FetchMailbox", {raw.status, "", "", nullptr},
                      "OFFICER_NOT_AUTHORIZED");
  }
  const RawReply more = RawCall(
      channel, FullName("GetCase"), request,
      {{"passerelle-officer", good}, {"x-other", "y"}, {"a-bin", "\1"}});
  EXPECT_THAT(more.status, IsOk());
  evidence_.Compare();
}

TEST_F(BadInput, FilesThatCannotBe) {
  const size_t before = FilesOf("iom-tn/cm");
  const auto refuse = [&](const std::string& text, const std::string& reason) {
    Refused("iom-tn/cm", "CreateCase", text, reason);
  };
  const std::string origin = "origin_mission: 'missions/iom-ma'";
  refuse(NewCase("origin_mission: 'missions/nowhere'"),
         "COUNTERPART_NOT_ACCREDITED");
  MustSend(server_, "platform/operator", "CreateMission",
           "mission_id: 'iom-new' mission { display_name: 'N' kind: "
           "IOM_MISSION country: 'ML' }");
  refuse(NewCase("origin_mission: 'missions/iom-new'"),
         "COUNTERPART_NOT_ACCREDITED");
  MustSend(server_, "platform/operator", "CreateMission",
           "mission_id: 'ngo' mission { display_name: 'N' kind: NGO country: "
           "'ML' accredited: true }");
  refuse(NewCase(origin + " transit_missions: 'missions/ngo'"),
         "COUNTERPART_NOT_ACCREDITED");
  Suspend("iom-es", true);
  refuse(NewCase(origin + " transit_missions: 'missions/iom-es'"),
         "COUNTERPART_NOT_ACCREDITED");
  refuse(NewCase("origin_mission: 'missions/iom-tn'"), "PARTIES_INVALID");
  refuse(NewCase(origin + " transit_missions: 'missions/iom-ma'"),
         "PARTIES_INVALID");
  refuse(NewCase("origin_mission: 'iom-ma'"), "FIELD_INVALID");
  // Dates out of range or not in the calendar.
  for (const char* birth :
       {"year: 1899 month: 12 day: 31", "year: 2201 month: 1 day: 1",
        "year: 2026 month: 3 day: 3", "year: 2001 month: 2 day: 29",
        "year: 2001 month: 13 day: 1", "year: 2001 month: 4 day: 31",
        "year: 2001 month: 4", "year: 2001", "year: -1 month: 1 day: 1",
        "year: 2001 month: 2147483647 day: 1"}) {
    refuse(NewCase(origin, birth), "FIELD_INVALID");
  }
  // Unknown and unset values, countries that are none, texts too long or with
  // control characters, lists too long.
  const std::string birth = "year: 1994 month: 3 day: 9";
  refuse(NewCase(origin, birth,
                 "given_name: 'S' family_name: 'E' sex: FEMALE nationality: "
                 "'ZZ'"),
         "FIELD_INVALID");
  refuse(NewCase(origin, birth,
                 "given_name: 'S\\001' family_name: 'E' sex: FEMALE "
                 "nationality: 'MA'"),
         "FIELD_INVALID");
  refuse(NewCase(origin, birth,
                 absl::StrCat("given_name: '", std::string(101, 'x'),
                              "' family_name: 'E' sex: FEMALE nationality: "
                              "'MA'")),
         "FIELD_INVALID");
  std::string many = origin;
  for (int i = 0; i < 6; ++i) {
    many += absl::StrCat(" transit_missions: 'missions/m", i, "'");
  }
  refuse(NewCase(many), "FIELD_INVALID");
  const MessagePtr request = MakeRequest("CreateCase", NewCase(origin));
  auto* file =
      static_cast<pb::CreateCaseRequest*>(request.get())->mutable_case_();
  file->set_direction(static_cast<pb::Case::Direction>(77));
  evidence_.Refused("CreateCase",
                    Send(server_, "iom-tn/cm", "CreateCase", *request),
                    "FIELD_INVALID");
  EXPECT_EQ(FilesOf("iom-tn/cm"), before);
  evidence_.Compare();
}

TEST_F(BadInput, RequestIdsThatAreNone) {
  for (const char* id : {"1", "request_id", "00000000-0000-0000-0000-00000000",
                         "{00000000-0000-0000-0000-000000000000}"}) {
    Refused("iom-tn/cm", "CreateCase",
            NewCase("origin_mission: 'missions/iom-ma'") +
                absl::StrCat(" request_id: '", id, "'"),
            "FIELD_INVALID");
  }
  EXPECT_EQ(FilesOf("iom-tn/cm"), 0u);
  evidence_.Compare();
}

TEST_F(BadInput, PlansThatDoNotAddUp) {
  const Target plan = Bring(server_, "plan:");
  const Reply before = Look(server_, "iom-ma/ro", plan.name);
  auto words = plan.words();
  words["etag"] = GetString(*before.answer, "etag");
  const auto update = [&](const std::string& fields,
                          const std::string& reason) {
    Refused("iom-ma/ro", "UpdatePlan",
            absl::StrCat("plan { name: '$name' ", fields, " } etag: '$etag'"),
            reason, words);
  };
  const std::string line =
      "lines { category: CASH amount { currency: '$c' hundredths: $h } } ";
  const auto with = [&](const std::string& currency, const std::string& much) {
    return absl::StrReplaceAll(line, {{"$c", currency}, {"$h", much}});
  };
  update(with("MAD", "3000001"), "PLAN_OVER_CEILING");
  update(with("MAD", "3000000") + with("MAD", "1"), "PLAN_OVER_CEILING");
  update(with("EUR", "1"), "CURRENCY_MIXED");
  update("ceiling { currency: 'EUR' hundredths: 9000000 }", "CURRENCY_MIXED");
  update("ceiling { currency: 'MAD' hundredths: 1 }", "PLAN_OVER_CEILING");
  update(with("mad", "1"), "FIELD_INVALID");
  update(with("MAD", "-1"), "FIELD_INVALID");
  update(with("MAD", "10000000001"), "FIELD_INVALID");
  std::string lines;
  for (int i = 0; i < 51; ++i) lines += with("MAD", "1");
  update(lines, "FIELD_INVALID");
  update("outline: '" + std::string(2001, 'x') + "'", "FIELD_INVALID");
  Refused("iom-ma/ro", "UpdatePlan",
          "plan { name: '$name' } update_mask { paths: 'lines' } etag: "
          "'$etag'",
          "FIELD_INVALID", words);
  Refused("iom-ma/ro", "CreatePlan",
          absl::StrCat("parent: '$file' plan { outline: 'x' ceiling { "
                       "currency: 'MAD' hundredths: 5 } ",
                       with("MAD", "6"), " }"),
          "PLAN_OVER_CEILING", words);
  EXPECT_EQ(Look(server_, "iom-ma/ro", plan.name).bytes, before.bytes);
  evidence_.Compare();
}

TEST_F(BadInput, MasksThatNameWhatCannotChange) {
  const Target file = Bring(server_, "case:ACCEPTED");
  const Reply before = Look(server_, "iom-tn/cm", file.name);
  auto words = file.words();
  words["etag"] = GetString(*before.answer, "etag");
  for (const char* paths :
       {"paths: 'no_such_field'", "paths: 'principal.no_such_field'",
        "paths: 'origin_mission'", "paths: 'transit_missions'",
        "paths: 'external_reference' paths: 'direction'", "paths: ''",
        "paths: '*' paths: 'external_reference'", "paths: 'principal.*'"}) {
    Refused("iom-tn/cm", "UpdateCase",
            absl::StrCat("case { name: '$name' external_reference: 'x' "
                         "direction: OUTBOUND } etag: '$etag' update_mask { ",
                         paths, " }"),
            "MASK_INVALID", words);
  }
  Refused("iom-tn/cm", "UpdateCase",
          "case { name: '$name' external_reference: 'not allowed!' } etag: "
          "'$etag' update_mask { paths: 'external_reference' }",
          "FIELD_INVALID", words);
  EXPECT_EQ(Look(server_, "iom-tn/cm", file.name).bytes, before.bytes);
  // Output-only fields are ignored, as everywhere.
  const auto after = Must<pb::Case>(
      server_, "iom-tn/cm", "UpdateCase",
      absl::StrCat("case { name: '", file.name,
                   "' stage: CLOSED external_reference: 'TN-9' } etag: '",
                   words["etag"],
                   "' update_mask { paths: 'stage' paths: "
                   "'external_reference' }"));
  EXPECT_EQ(after.stage(), pb::Case::ACCEPTED);
  EXPECT_EQ(after.external_reference(), "TN-9");
  evidence_.Compare();
}

TEST_F(BadInput, ConsentThatIsMissingOrWithdrawn) {
  const Target file = Bring(server_, "case:REGISTERED");
  const Target other = Bring(server_, "study:DRAFT");
  const auto words = file.words();
  const auto propose = [&](const std::string& consent,
                           const std::string& reason) {
    Refused("iom-tn/cm", "ProposeCase",
            absl::StrCat("name: '$name' consent: '", consent, "'"), reason,
            words);
  };
  propose(file.name + "/consents/a0000", "CONSENT_MISSING");
  propose(other.file.consent, "CONSENT_MISSING");
  Refused("iom-tn/cm", "CreateConsent",
          "parent: '$file' consent { scope: SHARE_WITH_ORIGIN_MISSION "
          "recipient: 'missions/iom-es' language: 'ar' form: WRITTEN }",
          "CONSENT_RECIPIENT_INVALID", words);
  MustSend(server_, "iom-tn/cm", "WithdrawConsent", Named(file.file.consent));
  propose(file.file.consent, "CONSENT_WITHDRAWN");
  // The same of a study's request.
  auto study = other.words();
  study["foreign"] = file.file.consent;
  Refused("iom-tn/cm", "RequestFeasibilityStudy",
          "name: '$name' consent: '$foreign'", "CONSENT_MISSING", study);
  Refused("iom-tn/cm", "RequestFeasibilityStudy",
          "name: '$name' consent: '$plan'", "FIELD_INVALID", study);
  MustSend(server_, "iom-tn/cm", "WithdrawConsent", Named(other.file.consent));
  Refused("iom-tn/cm", "RequestFeasibilityStudy",
          "name: '$name' consent: '$consent'", "CONSENT_WITHDRAWN", study);
  EXPECT_EQ(
      Must<pb::Case>(server_, "iom-tn/cm", "GetCase", Named(file.name)).stage(),
      pb::Case::REGISTERED);
  EXPECT_THAT(Events(server_, "iom-ma", file.name), ::testing::IsEmpty());
  evidence_.Compare();
}

TEST_F(BadInput, ExchangesThatCannotBe) {
  const Target study = Bring(server_, "study:REQUESTED");
  const Target foreign = Bring(server_, "plan:");
  auto words = study.words();
  words["foreign"] = foreign.name;
  Refused("iom-tn/cm", "CreateFeasibilityStudy",
          "parent: '$file' feasibility_study { plan: '$foreign' }",
          "PLAN_UNKNOWN", words);
  Refused("iom-tn/cm", "CreateFeasibilityStudy",
          "parent: '$file' feasibility_study { plan: '$plan0' }",
          "PLAN_UNKNOWN", words);
  Refused("iom-ma/ro", "CreateMonitoringVisit",
          "parent: '$file' monitoring_visit { planned_date { year: 2026 month: "
          "4 day: 1 } }",
          "NOT_RETURNED", words);
  const Reply draft = MustSend(
      server_, "iom-tn/cm", "CreateFeasibilityStudy",
      absl::StrCat("parent: '", study.file.name,
                   "' feasibility_study { plan: '", study.file.plan, "' }"));
  words["draft"] = GetString(*draft.answer, "name");
  Refused("iom-tn/cm", "RequestFeasibilityStudy",
          "name: '$draft' consent: '$consent'", "STUDY_ALREADY_REQUESTED",
          words);
  Refused("iom-tn/fp", "InvalidateExchange", "name: '$name' reason: COMPLETED",
          "END_REASON_INVALID", words);
  Refused("iom-tn/fp", "InvalidateExchange", "name: '$file' reason: WRONG_FILE",
          "FIELD_INVALID", words);
  // Opinions that lack what their outcome needs; a second pair of eyes.
  const Target assigned = Bring(server_, "study:ASSIGNED");
  for (const char* opinion :
       {"outcome: FEASIBLE_WITH_CONDITIONS", "outcome: NOT_FEASIBLE"}) {
    Refused("iom-ma/ro", "SubmitFeasibilityOpinion",
            absl::StrCat("name: '$name' opinion { ", opinion, " }"),
            "OPINION_INCOMPLETE", assigned.words());
  }
  for (const char* opinion :
       {"outcome: FEASIBLE scores { market: 6 }",
        "outcome: FEASIBLE scores { risk: -1 }",
        "outcome: FEASIBLE cost_estimate { hundredths: 5 }"}) {
    Refused("iom-ma/ro", "SubmitFeasibilityOpinion",
            absl::StrCat("name: '$name' opinion { ", opinion, " }"),
            "FIELD_INVALID", assigned.words());
  }
  server_.AddOfficer("iom-ma", "both",
                     "roles: FOCAL_POINT roles: REINTEGRATION_OFFICER");
  MustSend(server_, "iom-ma/both", "SubmitFeasibilityOpinion",
           absl::StrCat(Named(assigned.name), "opinion { outcome: FEASIBLE }"));
  Refused("iom-ma/both", "ValidateFeasibilityOpinion", "name: '$name'",
          "SECOND_OFFICER_REQUIRED", assigned.words());
  const Target visit = Bring(server_, "visit:PLANNED");
  Refused("iom-ma/ro", "RecordVisit",
          "name: '$name' method: PHONE visit_date { year: 2026 month: 2 day: "
          "28 }",
          "VISIT_DATE_INVALID", visit.words());
  Refused("iom-ma/ro", "RecordVisit",
          "name: '$name' method: PHONE visit_date { year: 2026 month: 3 day: "
          "3 }",
          "FIELD_INVALID", visit.words());
  evidence_.Compare();
}

}  // namespace
}  // namespace passerelle::testing
