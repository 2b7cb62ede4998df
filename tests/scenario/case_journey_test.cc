// Both lives of a file from beginning to end, and what their verbs refuse.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "tests/scenario/file_fixture.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

using Journey = FileFixture;

TEST_F(Journey, OutboundToItsEnd) {
  const Target target = Bring(server_, "outbound:CLOSED");
  const pb::Case file = Seen(target, "iom-ma/fp");
  EXPECT_EQ(file.stage(), pb::Case::CLOSED);
  EXPECT_EQ(file.owner_mission(), "missions/iom-ma");
  EXPECT_EQ(file.host_mission(), "missions/iom-tn");
  EXPECT_TRUE(file.has_departure_date());
  EXPECT_TRUE(file.has_arrival_date());
  // The origin mission learns of the file with the declaration.
  EXPECT_THAT(Events(server_, "iom-ma", target.name),
              ElementsAre("SignDeclaration", "RecordMedicalGate",
                          "RecordTravelDocumentGate", "BookTravel",
                          "RecordPreEmbarkationCheck", "RecordDeparture"));
  EXPECT_THAT(Events(server_, "iom-tn", target.name),
              ElementsAre("RecordOriginGate", "ConfirmArrival", "TakeOverCase",
                          "StartMonitoring", "CloseCase"));
}

TEST_F(Journey, AContactIsPseudonymousUntilThePrivacyNotice) {
  const std::string open =
      "case { direction: OUTBOUND origin_mission: 'missions/iom-ma' ";
  const std::string person =
      "principal { given_name: 'Salma' family_name: 'Essai' sex: FEMALE "
      "nationality: 'MA' birth_date { year: 1994 month: 3 day: 9 } } ";
  EXPECT_THAT(Send(server_, "iom-tn/cm", "CreateCase", open + person + "}"),
              HasReason("FIELD_INVALID"));
  EXPECT_THAT(Send(server_, "iom-tn/cm", "CreateCase",
                   "case { direction: INBOUND origin_mission: "
                   "'missions/iom-ma' }"),
              HasReason("FIELD_INVALID"));
  const Target target = Bring(server_, "outbound:CONTACTED");
  const auto update = [&](const std::string& rest) {
    return Send(
        server_, "iom-tn/cm", "UpdateCase",
        absl::StrCat("case { name: '", target.name, "' ", rest, " etag: '",
                     Seen(target, "iom-tn/cm").etag(), "'"));
  };
  EXPECT_THAT(update(person + "}"), HasReason("FIELD_INVALID"));
  EXPECT_THAT(update("external_reference: 'TN-1' }"), IsOk());
  EXPECT_FALSE(Seen(target, "iom-tn/cm").has_principal());
  // Nobody else is recorded before the notice either.
  for (const char* relation : {"PRINCIPAL", "SPOUSE"}) {
    EXPECT_THAT(Send(server_, "iom-tn/cm", "CreatePerson",
                     absl::StrCat("parent: '", target.name,
                                  "' person { relation: ", relation,
                                  " sex: FEMALE names { kind: USUAL given: "
                                  "'Salma' } }")),
                HasReason("STATE_FORBIDS"));
  }
  const std::string notice =
      person + "privacy_notice { notice_date { $today } language: 'ar' } ";
  EXPECT_THAT(Try("iom-tn/cm", "RegisterCase", target, notice),
              HasReason("FIELD_INVALID"));
  // A consent to share is none to keep.
  EXPECT_THAT(
      Try("iom-tn/cm", "RegisterCase", target, notice + "consent: '$consent'"),
      HasReason("CONSENT_MISSING"));
  Do("iom-tn/cm", "RegisterCase", target, notice + "consent: '$keep'");
  // A person who is recorded is not taken out again.
  EXPECT_THAT(update("} update_mask { paths: 'principal' }"),
              HasReason("FIELD_INVALID"));
  EXPECT_TRUE(Seen(target, "iom-tn/cm").has_principal());
}

TEST_F(Journey, CounsellingExplainsAlternatives) {
  const Target target = Bring(server_, "outbound:REGISTERED");
  EXPECT_THAT(Try("iom-tn/cm", "RecordCounselling", target,
                  "counselling_date { $today }"),
              HasReason("FIELD_INVALID"));
}

TEST_F(Journey, EligibilityNeedsAFundingLineOrAReason) {
  const Target target = Bring(server_, "outbound:COUNSELLED");
  for (const char* rest :
       {"decision: CAN_ASSIST", "decision: CANNOT_ASSIST",
        "decision: CAN_ASSIST funding_line: 'EU-1' ground: NO_FUNDING",
        "decision: CANNOT_ASSIST funding_line: 'EU-1' ground: NO_FUNDING"}) {
    EXPECT_THAT(Try("iom-tn/fp", "DecideEligibility", target,
                    absl::StrCat("eligibility { ", rest, " }")),
                HasReason("FIELD_INVALID"))
        << rest;
  }
}

TEST_F(Journey, InboundToItsEnd) {
  const Target target = Bring(server_, "case:MONITORING");
  EXPECT_EQ(Do("iom-ma/fp", "CloseCase", target, "outcome: COMPLETED").stage(),
            pb::Case::CLOSED);
}

TEST_F(Journey, APreliminaryPlanHasAnAnsweredStudy) {
  const Target target = Bring(server_, "case:ACCEPTED");
  EXPECT_THAT(
      Try("iom-tn/cm", "RecordPreliminaryPlan", target, "plan: '$plan'"),
      HasReason("FEASIBILITY_UNANSWERED"));
  EXPECT_THAT(Try("iom-tn/cm", "RecordPreliminaryPlan", target,
                  "plan: 'cases/c0/plans/p0'"),
              HasReason("PLAN_UNKNOWN"));
  const Target planned = Bring(server_, "case:PLAN_PRELIMINARY");
  EXPECT_EQ(Seen(planned, "iom-ma/ro").plan(), planned.file.plan);
  EXPECT_THAT(Try("iom-tn/mv", "NotifyTravel", planned,
                  "scheduled_arrival_time { seconds: 1700000000 }"),
              HasReason("TRAVEL_DATE_INVALID"));
  // Today's callers confirm the arrival from every stage before it.
  for (const char* stage :
       {"ACCEPTED", "PLAN_PRELIMINARY", "TRAVEL_NOTIFIED"}) {
    const Target file = Bring(server_, absl::StrCat("case:", stage));
    EXPECT_EQ(Do("iom-ma/ro", "ConfirmArrival", file, "arrival_date { $today }")
                  .stage(),
              pb::Case::ARRIVED);
  }
}

TEST_F(Journey, ThreeAttemptsAndBack) {
  const Target target = Bring(server_, "case:IN_CONTACT");
  const auto attempt = [&] {
    return Do("iom-ma/ro", "RecordContactAttempt", target);
  };
  EXPECT_EQ(attempt().stage(), pb::Case::IN_CONTACT);
  EXPECT_EQ(attempt().contact_attempt_count(), 2);
  EXPECT_EQ(attempt().stage(), pb::Case::UNREACHABLE);
  EXPECT_THAT(Try("iom-ma/ro", "RecordContact", target,
                  "contact_date { year: 2026 month: 2 day: 1 }"),
              HasReason("VISIT_DATE_INVALID"));
  const pb::Case reached =
      Do("iom-ma/ro", "RecordContact", target, "contact_date { $today }");
  EXPECT_EQ(reached.stage(), pb::Case::IN_CONTACT);
  EXPECT_EQ(reached.contact_attempt_count(), 0);
  EXPECT_EQ(attempt().stage(), pb::Case::IN_CONTACT);
  // Before the first contact the file stays ARRIVED.
  const Target arrived = Bring(server_, "case:ATTEMPTED2");
  EXPECT_EQ(Seen(arrived, "iom-ma/ro").stage(), pb::Case::ARRIVED);
}

TEST_F(Journey, OutcomesThatCannotBeYet) {
  for (const char* wanted :
       {"case:IN_CONTACT", "case:UNREACHABLE", "case:PLAN_AGREED",
        "case:IMPLEMENTING", "outbound:ARRIVED", "outbound:REINTEGRATION"}) {
    SCOPED_TRACE(wanted);
    const Target target = Bring(server_, wanted);
    EXPECT_THAT(Try("iom-ma/fp", "CloseCase", target, "outcome: COMPLETED"),
                HasReason("OUTCOME_TOO_EARLY"));
    EXPECT_EQ(
        Do("iom-ma/fp", "CloseCase", target, "outcome: LOST_CONTACT").outcome(),
        pb::Case::LOST_CONTACT);
  }
}

TEST_F(Journey, VisitsAreMadeFromArrivalToTheEnd) {
  const auto visit = [&](const Target& target) {
    return Send(server_, "iom-ma/ro", "CreateMonitoringVisit",
                absl::StrCat("parent: '", target.name,
                             "' monitoring_visit { planned_date { year: 2026 "
                             "month: 6 day: 1 } }"));
  };
  for (const char* wanted : {"case:IN_CONTACT", "case:UNREACHABLE",
                             "case:MONITORING", "outbound:REINTEGRATION"}) {
    EXPECT_THAT(visit(Bring(server_, wanted)), IsOk()) << wanted;
  }
  EXPECT_THAT(visit(Bring(server_, "outbound:DEPARTED")),
              HasReason("NOT_RETURNED"));
}

TEST_F(Journey, ARetroactiveFileIsProposedToTheHostUnderAConsent) {
  const Target target = Bring(server_, "retroactive:SELF_PRESENTED");
  EXPECT_EQ(Seen(target, "iom-ma/ro").owner_mission(), "missions/iom-ma");
  EXPECT_THAT(Send(server_, "iom-tn/cm", "GetCase", Named(target.name)),
              HasReason("NOT_VISIBLE"));
  // A consent towards the origin mission says nothing here: it has the file.
  EXPECT_THAT(Send(server_, "iom-ma/fp", "CreateConsent",
                   absl::StrCat("parent: '", target.name,
                                "' consent { scope: SHARE_WITH_ORIGIN_MISSION "
                                "recipient: 'missions/iom-ma' language: 'ar' "
                                "form: WRITTEN }")),
              HasReason("CONSENT_RECIPIENT_INVALID"));
  const std::string consent =
      absl::StrCat("consent: '", target.file.consent, "'");
  EXPECT_THAT(Try("iom-ma/fp", "ProposeCase", target,
                  absl::StrCat("consent: '", target.name, "/consents/a0'")),
              HasReason("CONSENT_MISSING"));
  Do("iom-ma/fp", "ProposeCase", target, consent);
  EXPECT_TRUE(Seen(target, "iom-tn/cm").has_principal());
  // Who sends does not accept.
  EXPECT_THAT(Try("iom-ma/fp", "AcceptCase", target), HasReason("NOT_VISIBLE"));
  EXPECT_EQ(Do("iom-tn/fp", "AcceptCase", target).stage(), pb::Case::ARRIVED);
  MustSend(server_, "iom-ma/fp", "WithdrawConsent", Named(target.file.consent));
  EXPECT_THAT(Send(server_, "iom-tn/cm", "GetCase", Named(target.name)),
              HasReason("NOT_VISIBLE"));
  EXPECT_EQ(Do("iom-ma/ro", "RecordContact", target, "contact_date { $today }")
                .stage(),
            pb::Case::IN_CONTACT);
}

TEST_F(Journey, ARetroactiveFileIsOpenedByItsOriginMission) {
  const std::string rest =
      "principal { given_name: 'Salma' family_name: 'Essai' sex: FEMALE "
      "nationality: 'MA' birth_date { year: 1994 month: 3 day: 9 } } } "
      "arrival_date { year: 2026 month: 2 day: 10 } host_mission: ";
  const auto open = [&](const std::string& file, const std::string& host) {
    return Send(server_, "iom-ma/ro", "OpenRetroactiveCase",
                absl::StrCat("case { ", file, " ", rest, "'", host, "'"));
  };
  const std::string good =
      "direction: INBOUND origin_mission: 'missions/iom-ma'";
  EXPECT_THAT(open("direction: INBOUND origin_mission: 'missions/iom-es'",
                   "missions/iom-tn"),
              HasReason("PARTIES_INVALID"));
  EXPECT_THAT(open("direction: OUTBOUND origin_mission: 'missions/iom-ma'",
                   "missions/iom-tn"),
              HasReason("PARTIES_INVALID"));
  EXPECT_THAT(open(good, "missions/iom-ma"), HasReason("PARTIES_INVALID"));
  EXPECT_THAT(open(good, "missions/iom-xx"),
              HasReason("COUNTERPART_NOT_ACCREDITED"));
  EXPECT_THAT(open(good, "missions/iom-tn"), IsOk());
}

TEST_F(Journey, DeathEndsEveryExchange) {
  const Target study = Bring(server_, "study:ASSIGNED");
  MustSend(
      server_, "iom-ma/fp", "RecordDeath",
      Named(study.file.name) + "death_date { year: 2026 month: 3 day: 1 }");
  const auto ended = Must<pb::FeasibilityStudy>(
      server_, "iom-tn/cm", "GetFeasibilityStudy", Named(study.name));
  EXPECT_EQ(ended.exchange().end_reason(), pb::FILE_ENDED);
  EXPECT_THAT(Send(server_, "iom-tn/cm", "CreateFeasibilityStudy",
                   absl::StrCat("parent: '", study.file.name,
                                "' feasibility_study { plan: '",
                                study.file.plan, "' }")),
              HasReason("STATE_FORBIDS"));
}

}  // namespace
}  // namespace passerelle::testing
