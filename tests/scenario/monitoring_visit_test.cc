// Monitoring visits after return, from planning to a validated report.

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/exchange.pb.h"
#include "passerelle/v1/monitoring_visit.pb.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace options = ::passerelle::options::v1;
namespace pb = ::passerelle::v1;
using Visit = pb::MonitoringVisit;
using ::testing::ElementsAre;

class MonitoringVisit : public ::testing::Test {
 protected:
  Visit Do(absl::string_view who, absl::string_view method,
           absl::string_view rest = "") {
    return Must<Visit>(server_, who, method,
                       absl::StrCat(Named(visit_.name), rest));
  }
  Visit SeenBy(absl::string_view who) { return Do(who, "GetMonitoringVisit"); }

  TestServer server_;
  Target visit_ = Bring(server_, "visit:PLANNED");
};

TEST_F(MonitoringVisit, FromPlanToValidatedReport) {
  EXPECT_EQ(SeenBy("iom-tn/cm").exchange().initiator(), "missions/iom-ma");
  EXPECT_EQ(SeenBy("iom-tn/cm").exchange().counterpart(), "missions/iom-tn");
  EXPECT_EQ(Do("iom-ma/ro", "RecordVisitAttempt").attempt_count(), 1);
  const Visit met =
      Do("iom-ma/ro", "RecordVisit",
         "method: VIDEO visit_date { year: 2026 month: 3 day: 2 }");
  EXPECT_EQ(met.state(), Visit::VISITED);
  EXPECT_EQ(met.interviewer(), "missions/iom-ma/officers/ro");
  Do("iom-ma/ro", "SubmitVisitReport",
     "report { activity_status: RUNNING satisfied_return: YES "
     "satisfied_assistance: NOT_ANSWERED findings: 'Busy.' }");
  // The host mission does not see a draft.
  EXPECT_FALSE(SeenBy("iom-tn/cm").has_draft_report());
  EXPECT_FALSE(SeenBy("iom-tn/cm").has_report());
  EXPECT_TRUE(SeenBy("iom-ma/me").has_draft_report());
  const Visit valid = Do("iom-ma/me", "ValidateVisitReport");
  EXPECT_EQ(valid.exchange().phase(), options::DECIDED);
  EXPECT_EQ(SeenBy("iom-tn/cm").report().findings(), "Busy.");
  EXPECT_FALSE(SeenBy("iom-ma/me").has_draft_report());
  // The host asks to close; the origin closes.
  EXPECT_THAT(
      Send(server_, "iom-ma/ro", "RequestCloseExchange", Named(visit_.name)),
      HasReason("NOT_VISIBLE"));
  EXPECT_EQ(Must<pb::ExchangeView>(server_, "iom-tn/cm", "RequestCloseExchange",
                                   Named(visit_.name))
                .exchange()
                .close_requester(),
            "missions/iom-tn");
  EXPECT_EQ(Must<pb::ExchangeView>(server_, "iom-ma/me", "CloseExchange",
                                   Named(visit_.name))
                .exchange()
                .end_reason(),
            pb::COMPLETED);
  EXPECT_THAT(
      Events(server_, "iom-tn", visit_.name),
      ElementsAre("CreateMonitoringVisit", "RecordVisitAttempt", "RecordVisit",
                  "SubmitVisitReport", "ValidateVisitReport", "CloseExchange"));
}

TEST_F(MonitoringVisit, NobodyValidatesWhatHeMadeOrWrote) {
  for (const char* officer : {"met", "wrote"}) {
    server_.AddOfficer("iom-ma", officer,
                       "roles: REINTEGRATION_OFFICER roles: "
                       "MONITORING_OFFICER");
  }
  Do("iom-ma/met", "RecordVisit",
     "method: PHONE visit_date { year: 2026 month: 3 day: 2 }");
  const Visit submitted =
      Do("iom-ma/wrote", "SubmitVisitReport",
         "report { activity_status: RUNNING author: 'forged' }");
  EXPECT_EQ(submitted.draft_report().author(),
            "missions/iom-ma/officers/wrote");
  for (const char* who : {"iom-ma/met", "iom-ma/wrote"}) {
    EXPECT_THAT(Send(server_, who, "ValidateVisitReport", Named(visit_.name)),
                HasReason("SECOND_OFFICER_REQUIRED"));
  }
  EXPECT_EQ(Do("iom-ma/me", "ValidateVisitReport").state(), Visit::VALIDATED);
}

TEST_F(MonitoringVisit, ThreeAttemptsEndIt) {
  EXPECT_EQ(Do("iom-ma/ro", "RecordVisitAttempt").state(), Visit::ATTEMPTED);
  EXPECT_EQ(Do("iom-ma/ro", "RecordVisitAttempt").state(), Visit::ATTEMPTED);
  const Visit third = Do("iom-ma/ro", "RecordVisitAttempt");
  EXPECT_EQ(third.state(), Visit::UNREACHABLE);
  EXPECT_EQ(third.attempt_count(), 3);
  EXPECT_EQ(third.exchange().phase(), options::ENDED);
  EXPECT_TRUE(third.exchange().has_end_time());
  EXPECT_THAT(
      Send(server_, "iom-ma/ro", "RecordVisitAttempt", Named(visit_.name)),
      HasReason("STATE_FORBIDS"));
}

TEST_F(MonitoringVisit, VoidedLeavesATombstone) {
  visit_ = Bring(server_, "visit:SUBMITTED");
  EXPECT_THAT(Send(server_, "iom-ma/ro", "InvalidateExchange",
                   Named(visit_.name) + "reason: WRONG_FILE"),
              HasReason("OFFICER_NOT_AUTHORIZED"));
  const auto view =
      Must<pb::ExchangeView>(server_, "iom-ma/me", "InvalidateExchange",
                             Named(visit_.name) + "reason: WRONG_FILE");
  EXPECT_EQ(view.state(), "VOIDED");
  for (const char* who : {"iom-ma/me", "iom-tn/cm"}) {
    const Visit left = SeenBy(who);
    EXPECT_EQ(left.state(), Visit::VOIDED);
    EXPECT_EQ(left.exchange().end_reason(), pb::WRONG_FILE);
    EXPECT_FALSE(left.has_draft_report());
    EXPECT_FALSE(left.has_visit_date());
    EXPECT_EQ(left.interviewer(), "");
  }
}

TEST_F(MonitoringVisit, WhoMadeTheVisitDoesNotValidateIt) {
  server_.AddOfficer("iom-ma", "both",
                     "roles: REINTEGRATION_OFFICER roles: MONITORING_OFFICER");
  Do("iom-ma/both", "RecordVisit",
     "method: PHONE visit_date { year: 2026 month: 3 day: 2 }");
  Do("iom-ma/ro", "SubmitVisitReport", "report { activity_status: RUNNING }");
  EXPECT_THAT(
      Send(server_, "iom-ma/both", "ValidateVisitReport", Named(visit_.name)),
      HasReason("SECOND_OFFICER_REQUIRED"));
  EXPECT_EQ(Do("iom-ma/me", "ValidateVisitReport").state(), Visit::VALIDATED);
}

}  // namespace
}  // namespace passerelle::testing
