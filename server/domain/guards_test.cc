// What guards add to the table of states. Journeys through whole exchanges are
// in tests/scenario.

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/consent.pb.h"
#include "passerelle/v1/error_reason.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "passerelle/v1/monitoring_visit.pb.h"
#include "passerelle/v1/plan.pb.h"
#include "server/domain/change.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"
#include "server/domain/testing/test_contract.h"

namespace passerelle::domain {
namespace {

using google::protobuf::Message;
using Study = pb::FeasibilityStudy;
using Visit = pb::MonitoringVisit;

constexpr int kOk = 0;

class FakeSurroundings final : public Surroundings {
 public:
  const pb::Mission* FindMission(absl::string_view name) const override {
    const auto it = missions.find(std::string(name));
    return it == missions.end() ? nullptr : &it->second;
  }
  absl::Status Find(absl::string_view name, Message* message) const override {
    const auto it = resources.find(std::string(name));
    if (it == resources.end()) return absl::NotFoundError("");
    message->CopyFrom(*it->second);
    return absl::OkStatus();
  }
  absl::Status RequireNoOpenExchange() const override {
    return open_exchange ? Failure(pb::EXCHANGE_OPEN, "") : absl::OkStatus();
  }
  absl::Status ForEach(
      const Message& prototype,
      const std::function<bool(const Message&)>& visit) const override {
    for (const auto& [name, message] : resources) {
      if (message->GetDescriptor() == prototype.GetDescriptor() &&
          !visit(*message)) {
        break;
      }
    }
    return absl::OkStatus();
  }

  template <typename Resource>
  Resource* Add(const std::string& name) {
    auto resource = std::make_unique<Resource>();
    resource->set_name(name);
    Resource* raw = resource.get();
    resources[name] = std::move(resource);
    return raw;
  }

  std::map<std::string, pb::Mission> missions;
  std::map<std::string, std::unique_ptr<Message>> resources;
  bool open_exchange = false;
};

class GuardsTest : public ::testing::Test {
 protected:
  GuardsTest() {
    for (const char* name : {"missions/be", "missions/ma", "missions/tn"}) {
      pb::Mission& mission = around_.missions[name];
      mission.set_kind(options::IOM_MISSION);
      mission.set_accredited(true);
    }
    file_.set_name("cases/c1");
    file_.set_stage(pb::Case::ACCEPTED);
    file_.set_host_mission("missions/be");
    file_.set_origin_mission("missions/ma");
    actor_.mission = "missions/be";
    actor_.officer = "missions/be/officers/an";
  }

  // Runs the guard behind `method`. Returns the number of its reason.
  int Run(const std::string& method, const Message& request,
          Message* resource) {
    for (const MethodSpec* spec : TestContract().AllMethods()) {
      if (spec->descriptor->name() != method) continue;
      AnyChange change(actor_, now_, around_, resource);
      change.file = &file_;
      change.file_facts = &file_facts_;
      change.file_facts_now = &file_facts_;
      change.exchange_facts = &facts_;
      change.kind = spec->kind;
      if (change.kind == nullptr) {
        change.kind = TestContract().KindOf("cases", "feasibilityStudies");
      }
      change.header = MutableHeader(*change.kind, resource);
      change.state_before = StateOf(*change.kind, *resource);
      const absl::Status status =
          spec->verbs->Apply(spec->descriptor->index(), request, change);
      chosen_state_ = change.chosen_state.value_or(0);
      counterpart_ = change.counterpart;
      return status.ok() ? kOk : ReasonNumber(status);
    }
    ADD_FAILURE() << "no method " << method;
    return -1;
  }

  void Consent(const std::string& id) {
    auto* fact = file_facts_.add_consents();
    fact->set_id(id);
    fact->set_scope(pb::Consent::SHARE_WITH_ORIGIN_MISSION);
    fact->set_recipient("missions/ma");
  }

  FakeSurroundings around_;
  pb::Case file_;
  internal::CaseFacts file_facts_;
  internal::ExchangeFacts facts_;
  Actor actor_;
  absl::Time now_ =
      absl::FromCivil(absl::CivilSecond(2025, 8, 31, 12), absl::UTCTimeZone());
  int chosen_state_ = 0;
  std::string counterpart_;
};

TEST_F(GuardsTest, AFileHasEachMissionInOnePlaceAndAllAccredited) {
  const pb::CreateCaseRequest request;
  pb::Case file;
  EXPECT_EQ(Run("CreateCase", request, &file), pb::FIELD_INVALID);
  file.mutable_principal();
  file.set_origin_mission("missions/ma");
  file.add_transit_missions("missions/tn");
  EXPECT_EQ(Run("CreateCase", request, &file), kOk);
  EXPECT_EQ(file.host_mission(), "missions/be");
  EXPECT_EQ(file.owner_mission(), "missions/be");

  file.add_transit_missions("missions/tn");
  EXPECT_EQ(Run("CreateCase", request, &file), pb::PARTIES_INVALID);
  file.set_transit_missions(1, "missions/be");
  EXPECT_EQ(Run("CreateCase", request, &file), pb::PARTIES_INVALID);
  file.clear_transit_missions();
  file.set_origin_mission("missions/be");
  EXPECT_EQ(Run("CreateCase", request, &file), pb::PARTIES_INVALID);
  file.set_origin_mission("missions/none");
  EXPECT_EQ(Run("CreateCase", request, &file), pb::COUNTERPART_NOT_ACCREDITED);
  file.set_origin_mission("missions/ma");
  around_.missions["missions/ma"].set_suspended(true);
  EXPECT_EQ(Run("CreateCase", request, &file), pb::COUNTERPART_NOT_ACCREDITED);
}

TEST_F(GuardsTest, AFileIsProposedOnAConsentInForce) {
  pb::ProposeCaseRequest request;
  request.set_consent("cases/c1/consents/k1");
  pb::Case file = file_;
  EXPECT_EQ(Run("ProposeCase", request, &file), pb::CONSENT_MISSING);
  around_.Add<pb::Consent>("cases/c1/consents/k1")
      ->set_state(pb::Consent::WITHDRAWN);
  EXPECT_EQ(Run("ProposeCase", request, &file), pb::CONSENT_WITHDRAWN);
  Consent("k2");
  EXPECT_EQ(Run("ProposeCase", request, &file), pb::CONSENT_WITHDRAWN);
  request.set_consent("cases/c1/consents/k2");
  EXPECT_EQ(Run("ProposeCase", request, &file), kOk);
  request.set_consent("cases/c2/consents/k2");
  EXPECT_EQ(Run("ProposeCase", request, &file), pb::CONSENT_MISSING);
}

TEST_F(GuardsTest, AnEndedFileTakesNoPlan) {
  file_.set_stage(pb::Case::WITHDRAWN);
  pb::Plan plan;
  EXPECT_EQ(Run("CreatePlan", pb::CreatePlanRequest(), &plan),
            pb::STATE_FORBIDS);
}

TEST_F(GuardsTest, AFileClosesWithoutOpenExchange) {
  pb::CloseCaseRequest request;
  request.set_outcome(pb::Case::COMPLETED);
  pb::Case file = file_;
  file.set_stage(pb::Case::MONITORING);
  around_.open_exchange = true;
  EXPECT_EQ(Run("CloseCase", request, &file), pb::EXCHANGE_OPEN);
  around_.open_exchange = false;
  EXPECT_EQ(Run("CloseCase", request, &file), kOk);
  EXPECT_EQ(file.outcome(), pb::Case::COMPLETED);
}

TEST_F(GuardsTest, EveryChangeOfConsentsRaisesTheEpoch) {
  pb::Consent consent;
  consent.set_name("cases/c1/consents/k1");
  consent.set_scope(pb::Consent::SHARE_WITH_ORIGIN_MISSION);
  consent.set_recipient("missions/tn");
  EXPECT_EQ(Run("CreateConsent", pb::CreateConsentRequest(), &consent),
            pb::CONSENT_RECIPIENT_INVALID);
  EXPECT_EQ(file_facts_.consent_epoch(), 0);
  consent.set_recipient("missions/ma");
  EXPECT_EQ(Run("CreateConsent", pb::CreateConsentRequest(), &consent), kOk);
  EXPECT_EQ(file_facts_.consent_epoch(), 1);
  ASSERT_EQ(file_facts_.consents_size(), 1);
  EXPECT_EQ(file_facts_.consents(0).id(), "k1");
  Consent("k2");
  EXPECT_EQ(Run("WithdrawConsent", pb::WithdrawConsentRequest(), &consent),
            kOk);
  EXPECT_EQ(file_facts_.consent_epoch(), 2);
  ASSERT_EQ(file_facts_.consents_size(), 1);
  EXPECT_EQ(file_facts_.consents(0).id(), "k2");
}

TEST_F(GuardsTest, APlanStaysBelowItsCeilingInOneCurrency) {
  pb::Plan plan;
  plan.mutable_ceiling()->set_currency("EUR");
  plan.mutable_ceiling()->set_hundredths(100);
  for (const int hundredths : {60, 40}) {
    pb::Amount* amount = plan.add_lines()->mutable_amount();
    amount->set_currency("EUR");
    amount->set_hundredths(hundredths);
  }
  EXPECT_EQ(Run("CreatePlan", pb::CreatePlanRequest(), &plan), kOk);
  EXPECT_EQ(plan.revision(), 1);
  EXPECT_EQ(plan.total().hundredths(), 100);
  EXPECT_EQ(plan.total().currency(), "EUR");
  EXPECT_EQ(Run("UpdatePlan", pb::UpdatePlanRequest(), &plan), kOk);
  EXPECT_EQ(plan.revision(), 2);
  plan.mutable_lines(1)->mutable_amount()->set_hundredths(41);
  EXPECT_EQ(Run("UpdatePlan", pb::UpdatePlanRequest(), &plan),
            pb::PLAN_OVER_CEILING);
  plan.mutable_lines(1)->mutable_amount()->set_currency("MAD");
  EXPECT_EQ(Run("UpdatePlan", pb::UpdatePlanRequest(), &plan),
            pb::CURRENCY_MIXED);
}

class StudyGuardsTest : public GuardsTest {
 protected:
  StudyGuardsTest() {
    study_.set_name("cases/c1/feasibilityStudies/f1");
    study_.set_plan("cases/c1/plans/p1");
    around_.Add<pb::Plan>("cases/c1/plans/p1")->set_revision(3);
    Consent("k1");
    request_.set_consent("cases/c1/consents/k1");
  }

  Study study_;
  pb::RequestFeasibilityStudyRequest request_;
};

TEST_F(StudyGuardsTest, AStudyAsksTheOriginAboutAPlanOfTheFile) {
  EXPECT_EQ(Run("CreateFeasibilityStudy", pb::CreateFeasibilityStudyRequest(),
                &study_),
            kOk);
  EXPECT_EQ(counterpart_, "missions/ma");
  study_.set_plan("cases/c1/plans/p2");
  EXPECT_EQ(Run("CreateFeasibilityStudy", pb::CreateFeasibilityStudyRequest(),
                &study_),
            pb::PLAN_UNKNOWN);
}

TEST_F(StudyGuardsTest, ARequestPinsTheRevisionAndTheConsent) {
  EXPECT_EQ(Run("RequestFeasibilityStudy", request_, &study_), kOk);
  EXPECT_EQ(study_.plan_revision(), 3);
  ASSERT_EQ(study_.exchange().consents_size(), 1);
  EXPECT_EQ(study_.exchange().consents(0), "cases/c1/consents/k1");
  EXPECT_TRUE(study_.has_request_time());
  file_.set_stage(pb::Case::REGISTERED);
  EXPECT_EQ(Run("RequestFeasibilityStudy", request_, &study_),
            pb::STATE_FORBIDS);
}

TEST_F(StudyGuardsTest, ARevisionIsStudiedOnceAtATime) {
  Study* other = around_.Add<Study>("cases/c1/feasibilityStudies/f0");
  other->set_plan(study_.plan());
  other->set_plan_revision(3);
  for (const auto phase : {options::OPEN, options::WAITING}) {
    other->mutable_exchange()->set_phase(phase);
    EXPECT_EQ(Run("RequestFeasibilityStudy", request_, &study_),
              pb::STUDY_ALREADY_REQUESTED);
  }
  for (const auto phase : {options::DRAFT, options::DECIDED, options::ENDED}) {
    other->mutable_exchange()->set_phase(phase);
    EXPECT_EQ(Run("RequestFeasibilityStudy", request_, &study_), kOk);
  }
  other->mutable_exchange()->set_phase(options::OPEN);
  other->set_plan_revision(2);
  EXPECT_EQ(Run("RequestFeasibilityStudy", request_, &study_), kOk);
}

TEST_F(StudyGuardsTest, AnOpinionIsCompleteAndValidatedByASecondOfficer) {
  actor_.officer = "missions/ma/officers/omar";
  pb::SubmitFeasibilityOpinionRequest submit;
  submit.mutable_opinion()->set_outcome(pb::Opinion::FEASIBLE_WITH_CONDITIONS);
  EXPECT_EQ(Run("SubmitFeasibilityOpinion", submit, &study_),
            pb::OPINION_INCOMPLETE);
  submit.mutable_opinion()->set_outcome(pb::Opinion::NOT_FEASIBLE);
  EXPECT_EQ(Run("SubmitFeasibilityOpinion", submit, &study_),
            pb::OPINION_INCOMPLETE);
  submit.mutable_opinion()->set_outcome(pb::Opinion::FEASIBLE);
  submit.mutable_opinion()->set_author("missions/ma/officers/forged");
  EXPECT_EQ(Run("SubmitFeasibilityOpinion", submit, &study_), kOk);
  EXPECT_EQ(study_.draft_opinion().author(), "missions/ma/officers/omar");
  EXPECT_FALSE(study_.has_opinion());

  const pb::ValidateFeasibilityOpinionRequest validate;
  EXPECT_EQ(Run("ValidateFeasibilityOpinion", validate, &study_),
            pb::SECOND_OFFICER_REQUIRED);
  actor_.officer = "missions/ma/officers/leila";
  EXPECT_EQ(Run("ValidateFeasibilityOpinion", validate, &study_), kOk);
  EXPECT_FALSE(study_.has_draft_opinion());
  EXPECT_EQ(study_.opinion().author(), "missions/ma/officers/omar");
  EXPECT_EQ(study_.opinion().validator(), "missions/ma/officers/leila");
  // 31 August and six months: the last day of February.
  EXPECT_EQ(
      FromTimestamp(study_.exchange().expire_time()),
      absl::FromCivil(absl::CivilSecond(2026, 2, 28, 12), absl::UTCTimeZone()));
}

TEST_F(StudyGuardsTest, AnOpinionIsContestedOnce) {
  pb::ContestFeasibilityOpinionRequest request;
  request.set_reason("market");
  file_facts_.clear_consents();
  EXPECT_EQ(Run("ContestFeasibilityOpinion", request, &study_),
            pb::CONSENT_MISSING);
  EXPECT_EQ(study_.contest_reason(), "");
  Consent("k1");
  EXPECT_EQ(Run("ContestFeasibilityOpinion", request, &study_), kOk);
  EXPECT_EQ(Run("ContestFeasibilityOpinion", request, &study_),
            pb::OPINION_FINAL);
}

TEST_F(StudyGuardsTest, AContestIsJudgedByAnotherThanTheAuthor) {
  actor_.officer = "missions/ma/officers/omar";
  study_.mutable_opinion()->set_author(actor_.officer);
  const pb::ResolveFeasibilityContestRequest request;
  EXPECT_EQ(Run("ResolveFeasibilityContest", request, &study_),
            pb::SECOND_OFFICER_REQUIRED);
  actor_.officer = "missions/ma/officers/leila";
  EXPECT_EQ(Run("ResolveFeasibilityContest", request, &study_), kOk);
  EXPECT_EQ(chosen_state_, 0);
  EXPECT_EQ(study_.opinion().validator(), "missions/ma/officers/leila");
}

TEST_F(StudyGuardsTest, AnAmendedOpinionIsItsAmendersAndADraft) {
  actor_.officer = "missions/ma/officers/leila";
  study_.mutable_opinion()->set_author("missions/ma/officers/omar");
  pb::ResolveFeasibilityContestRequest request;
  request.mutable_amended_opinion()->set_outcome(pb::Opinion::FEASIBLE);
  request.mutable_amended_opinion()->set_validator(
      "missions/ma/officers/forged");
  EXPECT_EQ(Run("ResolveFeasibilityContest", request, &study_), kOk);
  EXPECT_EQ(chosen_state_, int{Study::OPINION_DRAFTED});
  EXPECT_EQ(study_.draft_opinion().author(), "missions/ma/officers/leila");
  EXPECT_EQ(study_.draft_opinion().validator(), "");
  EXPECT_EQ(study_.opinion().author(), "missions/ma/officers/omar");
}

class ReopenGuardsTest : public StudyGuardsTest {
 protected:
  ReopenGuardsTest() {
    study_.mutable_exchange()->add_consents("cases/c1/consents/k1");
    *study_.mutable_exchange()->mutable_end_time() = ToTimestamp(now_);
    reopen_.set_reason("a new address");
  }
  int Reopen() { return Run("ReopenExchange", reopen_, &study_); }

  pb::ReopenExchangeRequest reopen_;
};

TEST_F(ReopenGuardsTest, WhatForbidsARequestForbidsReopening) {
  Study* other = around_.Add<Study>("cases/c1/feasibilityStudies/f0");
  other->set_plan(study_.plan());
  other->set_plan_revision(3);
  other->mutable_exchange()->set_phase(options::OPEN);
  EXPECT_EQ(Reopen(), pb::STUDY_ALREADY_REQUESTED);
  other->mutable_exchange()->set_phase(options::ENDED);
  around_.missions["missions/ma"].set_suspended(true);
  EXPECT_EQ(Reopen(), pb::COUNTERPART_NOT_ACCREDITED);
  around_.missions["missions/ma"].set_suspended(false);
  for (const auto stage :
       {pb::Case::REGISTERED, pb::Case::CLOSED, pb::Case::WITHDRAWN}) {
    file_.set_stage(stage);
    EXPECT_EQ(Reopen(), pb::STATE_FORBIDS);
  }
  file_.set_stage(pb::Case::ACCEPTED);
  EXPECT_EQ(Reopen(), kOk);
  EXPECT_EQ(study_.plan_revision(), 3);
}

TEST_F(ReopenGuardsTest, ItRestsOnAConsentInForce) {
  EXPECT_EQ(Reopen(), kOk);
  EXPECT_EQ(study_.exchange().consents_size(), 1);
  file_facts_.clear_consents();
  EXPECT_EQ(Reopen(), pb::CONSENT_MISSING);
  around_.Add<pb::Consent>("cases/c1/consents/k1")
      ->set_state(pb::Consent::WITHDRAWN);
  EXPECT_EQ(Reopen(), pb::CONSENT_WITHDRAWN);
  Consent("k2");
  EXPECT_EQ(Reopen(), kOk);
  ASSERT_EQ(study_.exchange().consents_size(), 2);
  EXPECT_EQ(study_.exchange().consents(1), "cases/c1/consents/k2");
}

TEST_F(ReopenGuardsTest, TheRoundBeforeIsForgotten) {
  study_.set_decline_reason(Study::UNSAFE);
  study_.set_contest_reason("market");
  study_.set_assignee("missions/ma/officers/omar");
  study_.set_return_comment("say more");
  EXPECT_EQ(Reopen(), kOk);
  EXPECT_EQ(study_.decline_reason(), Study::DECLINE_REASON_UNSPECIFIED);
  EXPECT_EQ(study_.contest_reason(), "");
  EXPECT_EQ(study_.assignee(), "");
  EXPECT_EQ(study_.return_comment(), "");
}

TEST_F(StudyGuardsTest, RemindersGoToTheOtherSideOnceADay) {
  const pb::RemindExchangeRequest request;
  EXPECT_EQ(Run("RemindExchange", request, &study_), pb::STATE_FORBIDS);
  study_.mutable_exchange()->set_awaited_mission("missions/be");
  EXPECT_EQ(Run("RemindExchange", request, &study_), pb::STATE_FORBIDS);
  study_.mutable_exchange()->set_awaited_mission("missions/ma");
  EXPECT_EQ(Run("RemindExchange", request, &study_), kOk);
  EXPECT_EQ(Run("RemindExchange", request, &study_), pb::REMINDER_TOO_SOON);
  now_ += absl::Hours(24);
  EXPECT_EQ(Run("RemindExchange", request, &study_), kOk);
  EXPECT_EQ(study_.exchange().reminder_count(), 2u);
}

TEST_F(StudyGuardsTest, QuestionsEnd) {
  pb::AskClarificationRequest ask;
  ask.set_question("where?");
  pb::AnswerClarificationRequest answer;
  answer.set_answer("here");
  EXPECT_EQ(Run("AnswerClarification", answer, &study_), pb::STATE_FORBIDS);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Run("AskClarification", ask, &study_), kOk);
    EXPECT_EQ(Run("AnswerClarification", answer, &study_), kOk);
  }
  EXPECT_EQ(Run("AskClarification", ask, &study_),
            pb::CLARIFICATIONS_EXHAUSTED);
  EXPECT_EQ(study_.exchange().clarifications(19).answer(), "here");
}

TEST_F(StudyGuardsTest, InvalidatingLeavesATombstone) {
  study_.set_state(Study::REQUESTED);
  study_.set_question("whose name is in here?");
  study_.mutable_exchange()->set_initiator("missions/be");
  study_.mutable_exchange()->add_clarifications()->set_question("who?");
  pb::InvalidateExchangeRequest request;
  request.set_reason(pb::COMPLETED);
  EXPECT_EQ(Run("InvalidateExchange", request, &study_),
            pb::END_REASON_INVALID);
  request.set_reason(pb::WRONG_FILE);
  EXPECT_EQ(Run("InvalidateExchange", request, &study_), kOk);
  EXPECT_EQ(study_.question(), "");
  EXPECT_EQ(study_.plan(), "");
  EXPECT_TRUE(study_.exchange().clarifications().empty());
  EXPECT_EQ(study_.exchange().end_reason(), pb::WRONG_FILE);
  EXPECT_EQ(study_.exchange().initiator(), "missions/be");
  EXPECT_EQ(study_.name(), "cases/c1/feasibilityStudies/f1");
  Study hidden;
  ASSERT_TRUE(hidden.ParseFromString(facts_.hidden_content()));
  EXPECT_EQ(hidden.question(), "whose name is in here?");
}

TEST_F(StudyGuardsTest, ClosingIsRequestedOnceAndUndoneWithin90Days) {
  EXPECT_EQ(
      Run("RequestCloseExchange", pb::RequestCloseExchangeRequest(), &study_),
      kOk);
  EXPECT_EQ(
      Run("RequestCloseExchange", pb::RequestCloseExchangeRequest(), &study_),
      pb::CLOSE_ALREADY_REQUESTED);
  EXPECT_EQ(Run("CloseExchange", pb::CloseExchangeRequest(), &study_), kOk);
  EXPECT_EQ(study_.exchange().end_reason(), pb::COMPLETED);
  *study_.mutable_exchange()->mutable_end_time() = ToTimestamp(now_);
  pb::ReopenExchangeRequest reopen;
  reopen.set_reason("a new address");
  now_ += absl::Hours(24 * 90);
  EXPECT_EQ(Run("ReopenExchange", reopen, &study_), kOk);
  EXPECT_EQ(study_.exchange().reopen_reason(), "a new address");
  now_ += absl::Microseconds(1);
  EXPECT_EQ(Run("ReopenExchange", reopen, &study_), pb::REOPEN_WINDOW_PASSED);
}

TEST_F(GuardsTest, AVisitFollowsTheArrival) {
  Visit visit;
  EXPECT_EQ(
      Run("CreateMonitoringVisit", pb::CreateMonitoringVisitRequest(), &visit),
      pb::NOT_RETURNED);
  file_.set_stage(pb::Case::ARRIVED);
  EXPECT_EQ(
      Run("CreateMonitoringVisit", pb::CreateMonitoringVisitRequest(), &visit),
      kOk);
  EXPECT_EQ(counterpart_, "missions/be");
  file_.mutable_arrival_date()->set_year(2025);
  file_.mutable_arrival_date()->set_month(8);
  file_.mutable_arrival_date()->set_day(10);
  pb::RecordVisitRequest record;
  *record.mutable_visit_date() = file_.arrival_date();
  record.set_method(Visit::PHONE);
  EXPECT_EQ(Run("RecordVisit", record, &visit), kOk);
  EXPECT_EQ(visit.interviewer(), "missions/be/officers/an");
  record.mutable_visit_date()->set_day(9);
  EXPECT_EQ(Run("RecordVisit", record, &visit), pb::VISIT_DATE_INVALID);
}

TEST_F(GuardsTest, TheThirdFailedAttemptEndsTheVisit) {
  Visit visit;
  for (int attempt = 1; attempt <= 3; ++attempt) {
    EXPECT_EQ(
        Run("RecordVisitAttempt", pb::RecordVisitAttemptRequest(), &visit),
        kOk);
    EXPECT_EQ(visit.attempt_count(), attempt);
    EXPECT_EQ(chosen_state_, attempt < 3 ? 0 : int{Visit::UNREACHABLE});
  }
}

TEST_F(GuardsTest, AReportIsValidatedByASecondOfficer) {
  Visit visit;
  visit.set_interviewer(actor_.officer);
  pb::SubmitVisitReportRequest submit;
  submit.mutable_report()->set_findings("well");
  EXPECT_EQ(Run("SubmitVisitReport", submit, &visit), kOk);
  EXPECT_FALSE(visit.has_report());
  const pb::ValidateVisitReportRequest validate;
  EXPECT_EQ(Run("ValidateVisitReport", validate, &visit),
            pb::SECOND_OFFICER_REQUIRED);
  // Neither who made the visit nor who wrote the report.
  visit.set_interviewer("missions/be/officers/cy");
  EXPECT_EQ(Run("ValidateVisitReport", validate, &visit),
            pb::SECOND_OFFICER_REQUIRED);
  actor_.officer = "missions/be/officers/cy";
  EXPECT_EQ(Run("ValidateVisitReport", validate, &visit),
            pb::SECOND_OFFICER_REQUIRED);
  actor_.officer = "missions/be/officers/bo";
  EXPECT_EQ(Run("ValidateVisitReport", validate, &visit), kOk);
  EXPECT_EQ(visit.report().findings(), "well");
  EXPECT_EQ(visit.report().author(), "missions/be/officers/an");
  EXPECT_FALSE(visit.has_draft_report());
  EXPECT_EQ(visit.validator(), "missions/be/officers/bo");
}

TEST_F(GuardsTest, OnlyThePlatformsOfficersOperateIt) {
  pb::CreateOfficerRequest request;
  request.set_parent("missions/be");
  pb::Officer officer;
  officer.add_roles(options::OPERATOR);
  EXPECT_EQ(Run("CreateOfficer", request, &officer), pb::FIELD_INVALID);
  around_.missions["missions/be"].set_kind(options::PLATFORM);
  EXPECT_EQ(Run("CreateOfficer", request, &officer), kOk);
  request.set_parent("missions/none");
  EXPECT_EQ(Run("CreateOfficer", request, &officer), pb::RESOURCE_NOT_FOUND);
}

}  // namespace
}  // namespace passerelle::domain
