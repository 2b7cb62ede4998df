// The messages that every kind of exchange has in common, on a study.

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/consent.pb.h"
#include "passerelle/v1/exchange.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "passerelle/v1/plan.pb.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace options = ::passerelle::options::v1;
namespace pb = ::passerelle::v1;
using Study = pb::FeasibilityStudy;

class Administrative : public ::testing::Test {
 protected:
  Reply Try(absl::string_view who, absl::string_view method,
            absl::string_view rest = "") {
    return Send(server_, who, method, absl::StrCat(Named(study_.name), rest));
  }
  pb::ExchangeView Do(absl::string_view who, absl::string_view method,
                      absl::string_view rest = "") {
    const Reply reply = Try(who, method, rest);
    EXPECT_THAT(reply, IsOk()) << method;
    return reply.ok() ? reply.as<pb::ExchangeView>() : pb::ExchangeView();
  }
  Study SeenBy(absl::string_view who) {
    return Try(who, "GetFeasibilityStudy").as<Study>();
  }
  void Start(absl::string_view state) {
    study_ = Bring(server_, absl::StrCat("study:", state));
  }

  TestServer server_;
  Target study_;
};

TEST_F(Administrative, OneReminderADay) {
  Start("REQUESTED");
  EXPECT_EQ(Do("iom-tn/cm", "RemindExchange").exchange().reminder_count(), 1u);
  EXPECT_THAT(Try("iom-tn/cm", "RemindExchange"),
              HasReason("REMINDER_TOO_SOON"));
  server_.clock().Advance(absl::Hours(24) - absl::Seconds(1));
  EXPECT_THAT(Try("iom-tn/fp", "RemindExchange"),
              HasReason("REMINDER_TOO_SOON"));
  server_.clock().Advance(absl::Seconds(1));
  EXPECT_EQ(Do("iom-tn/cm", "RemindExchange").exchange().reminder_count(), 2u);
  // Nobody reminds itself.
  EXPECT_THAT(Try("iom-ma/ro", "RemindExchange"), HasReason("STATE_FORBIDS"));
}

TEST_F(Administrative, CloseIsAskedForOnceAndDone) {
  Start("ACKNOWLEDGED");
  EXPECT_EQ(
      Do("iom-ma/ro", "RequestCloseExchange").exchange().close_requester(),
      "missions/iom-ma");
  EXPECT_THAT(Try("iom-ma/fp", "RequestCloseExchange"),
              HasReason("CLOSE_ALREADY_REQUESTED"));
  EXPECT_THAT(Try("iom-tn/cm", "RequestCloseExchange"),
              HasReason("CLOSE_ALREADY_REQUESTED"));
  EXPECT_THAT(Try("iom-tn/cm", "CloseExchange"),
              HasReason("OFFICER_NOT_AUTHORIZED"));
  EXPECT_THAT(Try("iom-ma/fp", "CloseExchange"), HasReason("NOT_VISIBLE"));
  const pb::ExchangeView closed = Do("iom-tn/fp", "CloseExchange");
  EXPECT_EQ(closed.state(), "CLOSED");
  EXPECT_EQ(closed.exchange().close_requester(), "");
  EXPECT_EQ(closed.exchange().end_reason(), pb::COMPLETED);
  EXPECT_EQ(closed.etag(), SeenBy("iom-tn/fp").etag());
}

TEST_F(Administrative, ReopenedWithinNinetyDays) {
  Start("CLOSED");
  server_.clock().Advance(absl::Hours(24 * 90));
  const pb::ExchangeView open =
      Do("iom-tn/fp", "ReopenExchange", "reason: 'A new site.'");
  EXPECT_EQ(open.state(), "REQUESTED");
  EXPECT_EQ(open.exchange().phase(), options::OPEN);
  EXPECT_EQ(open.exchange().awaited_mission(), "missions/iom-ma");
  EXPECT_FALSE(open.exchange().has_end_time());
  EXPECT_FALSE(open.exchange().has_expire_time());
  EXPECT_EQ(open.exchange().reopen_reason(), "A new site.");
  // The origin mission works on it as on any request.
  EXPECT_THAT(Try("iom-ma/ro", "AssignFeasibilityStudy"), IsOk());
}

TEST_F(Administrative, NotReopenedWithoutAConsentInForce) {
  Start("CLOSED");
  MustSend(server_, "iom-tn/cm", "WithdrawConsent", Named(study_.file.consent));
  EXPECT_THAT(Try("iom-tn/fp", "ReopenExchange", "reason: 'x'"),
              HasReason("CONSENT_WITHDRAWN"));
  const auto given = Must<pb::Consent>(
      server_, "iom-tn/cm", "CreateConsent",
      absl::StrCat("parent: '", study_.file.name,
                   "' consent { scope: SHARE_WITH_ORIGIN_MISSION recipient: "
                   "'missions/iom-ma' language: 'ar' form: WRITTEN }"));
  EXPECT_THAT(
      Do("iom-tn/fp", "ReopenExchange", "reason: 'x'").exchange().consents(),
      ::testing::ElementsAre(study_.file.consent, given.name()));
}

TEST_F(Administrative, NotReopenedBesideAnotherStudyOfTheRevision) {
  Start("CLOSED");
  server_.RequestedStudy(study_.file);
  EXPECT_THAT(Try("iom-tn/fp", "ReopenExchange", "reason: 'x'"),
              HasReason("STUDY_ALREADY_REQUESTED"));
  // Of the next revision there is none.
  MustSend(server_, "iom-tn/cm", "UpdatePlan",
           absl::StrCat("plan { name: '", study_.file.plan,
                        "' location: 'Fez' } etag: '",
                        Must<pb::Plan>(server_, "iom-tn/cm", "GetPlan",
                                       Named(study_.file.plan))
                            .etag(),
                        "'"));
  EXPECT_EQ(Do("iom-tn/fp", "ReopenExchange", "reason: 'x'").state(),
            "REQUESTED");
  EXPECT_EQ(SeenBy("iom-tn/fp").plan_revision(), 2);
}

TEST_F(Administrative, AReopenedStudyCanBeContestedAgain) {
  Start("CONTESTED");
  MustSend(server_, "iom-ma/fp", "ResolveFeasibilityContest",
           Named(study_.name));
  MustSend(server_, "iom-tn/cm", "AcknowledgeFeasibilityOpinion",
           Named(study_.name));
  Do("iom-tn/fp", "CloseExchange");
  Do("iom-tn/fp", "ReopenExchange", "reason: 'A new site.'");
  const Study reopened = SeenBy("iom-tn/fp");
  EXPECT_EQ(reopened.contest_reason(), "");
  EXPECT_EQ(reopened.assignee(), "");
  MustSend(server_, "iom-ma/ro", "AssignFeasibilityStudy", Named(study_.name));
  MustSend(server_, "iom-ma/ro", "SubmitFeasibilityOpinion",
           Named(study_.name) + "opinion { outcome: FEASIBLE }");
  MustSend(server_, "iom-ma/fp", "ValidateFeasibilityOpinion",
           Named(study_.name));
  EXPECT_THAT(Try("iom-tn/fp", "ContestFeasibilityOpinion", "reason: 'No.'"),
              IsOk());
}

TEST_F(Administrative, ADeclinedStudyIsReopenedWithoutItsRefusal) {
  Start("DECLINED");
  Do("iom-tn/fp", "CloseExchange");
  Do("iom-tn/fp", "ReopenExchange", "reason: 'The papers came.'");
  EXPECT_EQ(SeenBy("iom-tn/fp").decline_reason(),
            Study::DECLINE_REASON_UNSPECIFIED);
}

TEST_F(Administrative, AContestEndsTheRequestToClose) {
  Start("OPINION");
  Do("iom-ma/fp", "RequestCloseExchange");
  const Study contested =
      Must<Study>(server_, "iom-tn/fp", "ContestFeasibilityOpinion",
                  Named(study_.name) + "reason: 'The oven is paid.'");
  EXPECT_EQ(contested.exchange().close_requester(), "");
  MustSend(server_, "iom-ma/fp", "ResolveFeasibilityContest",
           Named(study_.name));
  EXPECT_THAT(Try("iom-ma/fp", "RequestCloseExchange"), IsOk());
}

TEST_F(Administrative, NobodyJudgesTheContestOfHisOwnOpinion) {
  server_.AddOfficer("iom-ma", "both",
                     "roles: FOCAL_POINT roles: REINTEGRATION_OFFICER");
  Start("ASSIGNED");
  MustSend(server_, "iom-ma/both", "SubmitFeasibilityOpinion",
           Named(study_.name) + "opinion { outcome: FEASIBLE }");
  MustSend(server_, "iom-ma/fp", "ValidateFeasibilityOpinion",
           Named(study_.name));
  MustSend(server_, "iom-tn/fp", "ContestFeasibilityOpinion",
           Named(study_.name) + "reason: 'The oven is paid.'");
  EXPECT_THAT(Try("iom-ma/both", "ResolveFeasibilityContest"),
              HasReason("SECOND_OFFICER_REQUIRED"));
  EXPECT_THAT(Try("iom-ma/fp", "ResolveFeasibilityContest"), IsOk());
}

TEST_F(Administrative, NotReopenedAfterNinetyDays) {
  Start("CLOSED");
  server_.clock().Advance(absl::Hours(24 * 90) + absl::Seconds(1));
  EXPECT_THAT(Try("iom-tn/fp", "ReopenExchange", "reason: 'x'"),
              HasReason("REOPEN_WINDOW_PASSED"));
  EXPECT_EQ(SeenBy("iom-tn/fp").state(), Study::CLOSED);
}

TEST_F(Administrative, InvalidatedContentIsHiddenFromAll) {
  Start("OPINION");
  EXPECT_THAT(Try("iom-ma/fp", "InvalidateExchange", "reason: WRONG_FILE"),
              HasReason("NOT_VISIBLE"));
  EXPECT_THAT(Try("iom-tn/cm", "InvalidateExchange", "reason: WRONG_FILE"),
              HasReason("OFFICER_NOT_AUTHORIZED"));
  Do("iom-tn/fp", "InvalidateExchange", "reason: SENT_TWICE");
  for (const char* who : {"iom-tn/fp", "iom-tn/cm", "iom-ma/fp"}) {
    const Study left = SeenBy(who);
    EXPECT_EQ(left.state(), Study::INVALIDATED);
    EXPECT_EQ(left.exchange().end_reason(), pb::SENT_TWICE);
    EXPECT_EQ(left.question(), "");
    EXPECT_EQ(left.plan(), "");
    EXPECT_FALSE(left.has_opinion());
    EXPECT_EQ(left.exchange().clarifications_size(), 0);
    EXPECT_EQ(left.exchange().awaited_mission(), "");
  }
}

TEST_F(Administrative, ClarificationsAreBounded) {
  Start("ASSIGNED");
  for (int i = 0; i < 20; ++i) {
    Do("iom-ma/ro", "AskClarification", "question: 'And?'");
    Do("iom-tn/cm", "AnswerClarification", "answer: 'Yes.'");
  }
  EXPECT_THAT(Try("iom-ma/ro", "AskClarification", "question: 'And?'"),
              HasReason("CLARIFICATIONS_EXHAUSTED"));
  const Study study = SeenBy("iom-tn/cm");
  EXPECT_EQ(study.exchange().clarifications_size(), 20);
  EXPECT_EQ(study.exchange().clarifications(19).answerer(),
            "missions/iom-tn/officers/cm");
  EXPECT_EQ(study.state(), Study::ASSIGNED);
}

TEST_F(Administrative, AnswerReturnsToTheStateBefore) {
  Start("FIELD_CHECK");
  Do("iom-ma/ro", "AskClarification", "question: 'Where?'");
  EXPECT_EQ(Do("iom-tn/cm", "AnswerClarification", "answer: 'Fez.'").state(),
            "FIELD_CHECK");
}

TEST_F(Administrative, ContestedOnceThenFinal) {
  Start("OPINION");
  const Study before = SeenBy("iom-tn/fp");
  const Study contested =
      Must<Study>(server_, "iom-tn/fp", "ContestFeasibilityOpinion",
                  Named(study_.name) + "reason: 'The oven is paid.'");
  EXPECT_EQ(contested.exchange().awaited_mission(), "missions/iom-ma");
  EXPECT_THAT(Try("iom-ma/fp", "ResolveFeasibilityContest",
                  "amended_opinion { outcome: NOT_FEASIBLE }"),
              HasReason("OPINION_INCOMPLETE"));
  server_.clock().Advance(absl::Hours(24 * 7));
  const Study final_opinion = Must<Study>(
      server_, "iom-ma/fp", "ResolveFeasibilityContest", Named(study_.name));
  EXPECT_EQ(final_opinion.opinion().author(), before.opinion().author());
  EXPECT_EQ(final_opinion.opinion().validator(), "missions/iom-ma/officers/fp");
  EXPECT_EQ(final_opinion.exchange().awaited_mission(), "missions/iom-tn");
  EXPECT_GT(final_opinion.exchange().expire_time().seconds(),
            before.exchange().expire_time().seconds());
  EXPECT_THAT(Try("iom-tn/fp", "ContestFeasibilityOpinion", "reason: 'Still.'"),
              HasReason("OPINION_FINAL"));
  EXPECT_THAT(Try("iom-tn/cm", "AcknowledgeFeasibilityOpinion"), IsOk());
}

// Who amends an opinion wrote it, and another officer stands for it.
TEST_F(Administrative, AnAmendedOpinionIsValidatedByAnotherThanItsAuthor) {
  server_.AddOfficer("iom-ma", "fp2", "roles: FOCAL_POINT");
  Start("CONTESTED");
  const Study contested = SeenBy("iom-tn/fp");
  const Study amended =
      Must<Study>(server_, "iom-ma/fp", "ResolveFeasibilityContest",
                  Named(study_.name) +
                      "amended_opinion { outcome: FEASIBLE_WITH_CONDITIONS "
                      "conditions: 'A licence' author: 'forged' }");
  EXPECT_EQ(amended.state(), Study::OPINION_DRAFTED);
  EXPECT_EQ(amended.draft_opinion().author(), "missions/iom-ma/officers/fp");
  // It is still for the origin mission to act, in the time of the contest.
  EXPECT_EQ(amended.exchange().awaited_mission(), "missions/iom-ma");
  EXPECT_EQ(amended.exchange().due_time().seconds(),
            contested.exchange().due_time().seconds());
  // Until then the host mission sees what it contested.
  const Study meanwhile = SeenBy("iom-tn/fp");
  EXPECT_EQ(meanwhile.opinion().outcome(), contested.opinion().outcome());
  EXPECT_FALSE(meanwhile.has_draft_opinion());
  EXPECT_THAT(Try("iom-ma/fp", "ValidateFeasibilityOpinion"),
              HasReason("SECOND_OFFICER_REQUIRED"));
  const Study valid = Must<Study>(
      server_, "iom-ma/fp2", "ValidateFeasibilityOpinion", Named(study_.name));
  EXPECT_EQ(valid.state(), Study::OPINION);
  EXPECT_EQ(valid.opinion().outcome(), pb::Opinion::FEASIBLE_WITH_CONDITIONS);
  EXPECT_EQ(valid.opinion().author(), "missions/iom-ma/officers/fp");
  EXPECT_EQ(valid.opinion().validator(), "missions/iom-ma/officers/fp2");
  EXPECT_EQ(valid.exchange().awaited_mission(), "missions/iom-tn");
  EXPECT_THAT(Try("iom-tn/fp", "ContestFeasibilityOpinion", "reason: 'Still.'"),
              HasReason("OPINION_FINAL"));
  EXPECT_THAT(Try("iom-tn/cm", "AcknowledgeFeasibilityOpinion"), IsOk());
}

TEST_F(Administrative, AContestRestsOnALiveConsent) {
  Start("OPINION");
  MustSend(server_, "iom-tn/cm", "WithdrawConsent", Named(study_.file.consent));
  EXPECT_THAT(Try("iom-tn/fp", "ContestFeasibilityOpinion", "reason: 'No.'"),
              HasReason("CONSENT_WITHDRAWN"));
  EXPECT_EQ(SeenBy("iom-tn/fp").state(), Study::OPINION);
  const auto given = Must<pb::Consent>(
      server_, "iom-tn/cm", "CreateConsent",
      absl::StrCat("parent: '", study_.file.name,
                   "' consent { scope: SHARE_WITH_ORIGIN_MISSION recipient: "
                   "'missions/iom-ma' language: 'ar' form: WRITTEN }"));
  const Study contested =
      Must<Study>(server_, "iom-tn/fp", "ContestFeasibilityOpinion",
                  Named(study_.name) + "reason: 'No.'");
  EXPECT_THAT(contested.exchange().consents(),
              ::testing::ElementsAre(study_.file.consent, given.name()));
}

TEST_F(Administrative, NothingIsRequestedWhileTheFileIsDeclined) {
  study_ = Bring(server_, "case:DECLINED");
  study_.name = Must<Study>(server_, "iom-tn/cm", "CreateFeasibilityStudy",
                            absl::StrCat("parent: '", study_.file.name,
                                         "' feasibility_study { plan: '",
                                         study_.file.plan, "' }"))
                    .name();
  const std::string consent =
      absl::StrCat("consent: '", study_.file.consent, "'");
  EXPECT_THAT(Try("iom-tn/cm", "RequestFeasibilityStudy", consent),
              HasReason("STATE_FORBIDS"));
  MustSend(server_, "iom-tn/cm", "ProposeCase",
           Named(study_.file.name) + consent);
  EXPECT_THAT(Try("iom-tn/cm", "RequestFeasibilityStudy", consent), IsOk());
}

TEST_F(Administrative, ReturnedOpinionGoesBackToItsAuthor) {
  Start("OPINION_DRAFTED");
  Must<Study>(server_, "iom-ma/fp", "ReturnFeasibilityOpinion",
              Named(study_.name) + "comment: 'Say more.'");
  EXPECT_EQ(SeenBy("iom-ma/ro").return_comment(), "Say more.");
  EXPECT_EQ(SeenBy("iom-ma/ro").state(), Study::ASSIGNED);
  // The host mission sees neither the draft nor what was said about it.
  EXPECT_EQ(SeenBy("iom-tn/cm").return_comment(), "");
  EXPECT_FALSE(SeenBy("iom-tn/cm").has_draft_opinion());
  EXPECT_NE(SeenBy("iom-tn/cm").etag(), SeenBy("iom-ma/ro").etag());
}

}  // namespace
}  // namespace passerelle::testing
