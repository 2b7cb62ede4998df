// Guards and effects of feasibility studies (the table of states is in the
// contract; here is what a state machine cannot say).

#include <algorithm>
#include <memory>
#include <string>

#include "absl/time/civil_time.h"
#include "generated/feasibility_study.verbs.h"
#include "passerelle/v1/plan.pb.h"
#include "server/domain/consents.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"
#include "server/domain/stages.h"

namespace passerelle::domain {
namespace {

using Study = pb::FeasibilityStudy;

constexpr int kOpinionMonths = 6;  // how long a host may rely on an opinion

class FeasibilityStudies final : public FeasibilityStudyVerbs {
 public:
  absl::Status CreateFeasibilityStudy(const pb::CreateFeasibilityStudyRequest&,
                                      Change<Study> change) override {
    if (auto s = RequireFileOpen(*change->file); !s.ok()) return s;
    change->counterpart = change->file->origin_mission();
    pb::Plan plan;
    return FindPlan(change, &plan);
  }

  absl::Status RequestFeasibilityStudy(
      const pb::RequestFeasibilityStudyRequest& request,
      Change<Study> change) override {
    if (auto s = RequireOriginAddressable(change); !s.ok()) return s;
    if (auto s = RequireShareConsent(change.any(), request.consent());
        !s.ok()) {
      return s;
    }
    if (auto s = PinPlan(change); !s.ok()) return s;
    Study& study = change.resource();
    study.mutable_exchange()->add_consents(request.consent());
    *study.mutable_request_time() = ToTimestamp(change->now());
    return absl::OkStatus();
  }

  // As a request; what the round before led to is no part of this one.
  absl::Status ReopenFeasibilityStudy(Change<Study> change) override {
    if (auto s = RequireOriginAddressable(change); !s.ok()) return s;
    if (auto s = RestOnLiveConsent(change.any()); !s.ok()) return s;
    if (auto s = PinPlan(change); !s.ok()) return s;
    Study& study = change.resource();
    study.clear_assignee();
    study.clear_decline_reason();
    study.clear_contest_reason();
    study.clear_return_comment();
    return absl::OkStatus();
  }

  absl::Status AssignFeasibilityStudy(const pb::AssignFeasibilityStudyRequest&,
                                      Change<Study> change) override {
    change.resource().set_assignee(change->actor().officer);
    return absl::OkStatus();
  }

  absl::Status DeclineFeasibilityStudy(
      const pb::DeclineFeasibilityStudyRequest& request,
      Change<Study> change) override {
    change.resource().set_decline_reason(request.reason());
    return absl::OkStatus();
  }

  absl::Status StartFieldCheck(const pb::StartFieldCheckRequest&,
                               Change<Study>) override {
    return absl::OkStatus();
  }

  absl::Status SubmitFeasibilityOpinion(
      const pb::SubmitFeasibilityOpinionRequest& request,
      Change<Study> change) override {
    if (auto s = RequireComplete(request.opinion()); !s.ok()) return s;
    Draft(change, request.opinion());
    return absl::OkStatus();
  }

  absl::Status ValidateFeasibilityOpinion(
      const pb::ValidateFeasibilityOpinionRequest&,
      Change<Study> change) override {
    Study& study = change.resource();
    if (study.draft_opinion().author() == change->actor().officer) {
      return Failure(pb::SECOND_OFFICER_REQUIRED,
                     "The author of an opinion cannot validate it.");
    }
    study.mutable_opinion()->Swap(study.mutable_draft_opinion());
    study.clear_draft_opinion();
    Publish(change);
    *study.mutable_opinion_time() = ToTimestamp(change->now());
    return absl::OkStatus();
  }

  absl::Status ReturnFeasibilityOpinion(
      const pb::ReturnFeasibilityOpinionRequest& request,
      Change<Study> change) override {
    change.resource().set_return_comment(request.comment());
    return absl::OkStatus();
  }

  absl::Status AcknowledgeFeasibilityOpinion(
      const pb::AcknowledgeFeasibilityOpinionRequest&, Change<Study>) override {
    return absl::OkStatus();
  }

  absl::Status ContestFeasibilityOpinion(
      const pb::ContestFeasibilityOpinionRequest& request,
      Change<Study> change) override {
    if (auto s = RequireFileOpen(*change->file); !s.ok()) return s;
    if (!change.resource().contest_reason().empty()) {
      return Failure(pb::OPINION_FINAL,
                     "The opinion was contested once and is final.");
    }
    // It asks the origin mission anew.
    if (auto s = RestOnLiveConsent(change.any()); !s.ok()) return s;
    change.resource().set_contest_reason(request.reason());
    return absl::OkStatus();
  }

  absl::Status ResolveFeasibilityContest(
      const pb::ResolveFeasibilityContestRequest& request,
      Change<Study> change) override {
    Study& study = change.resource();
    if (study.opinion().author() == change->actor().officer) {
      return Failure(pb::SECOND_OFFICER_REQUIRED,
                     "The author of an opinion cannot judge its contest.");
    }
    if (request.has_amended_opinion()) {
      if (auto s = RequireComplete(request.amended_opinion()); !s.ok()) {
        return s;
      }
      Draft(change, request.amended_opinion());
      change->chosen_state = Study::OPINION_DRAFTED;
      return absl::OkStatus();
    }
    Publish(change);
    return absl::OkStatus();
  }

 private:
  static absl::Status FindPlan(const Change<Study>& change, pb::Plan* plan) {
    const absl::Status found =
        change->around().Find(change.resource().plan(), plan);
    if (!absl::IsNotFound(found)) return found;
    return Failure(pb::PLAN_UNKNOWN, "The plan is not one of this file.");
  }

  static absl::Status RequireOriginAddressable(const Change<Study>& change) {
    if (auto s = RequireFileOpen(*change->file); !s.ok()) return s;
    // Before the file was sent, or while the origin mission declines it.
    if (!IsSent(*change->file) || change->file->stage() == pb::Case::DECLINED) {
      return StateForbids(pb::Case::Stage_Name(change->file->stage()));
    }
    return RequireAccredited(change.any(), change->file->origin_mission());
  }

  // Pins the present revision of the plan, which no other open study has.
  static absl::Status PinPlan(Change<Study>& change) {
    pb::Plan plan;
    if (auto s = FindPlan(change, &plan); !s.ok()) return s;
    change.resource().set_plan_revision(plan.revision());
    return RequireOnlyRequest(change);
  }

  // One open request per revision of a plan.
  static absl::Status RequireOnlyRequest(const Change<Study>& change) {
    const Study& study = change.resource();
    bool taken = false;
    const absl::Status scanned = change->around().ForEach(
        study, [&](const google::protobuf::Message& message) {
          const auto& other = static_cast<const Study&>(message);
          taken = other.name() != study.name() &&
                  other.plan() == study.plan() &&
                  other.plan_revision() == study.plan_revision() &&
                  (other.exchange().phase() == options::OPEN ||
                   other.exchange().phase() == options::WAITING);
          return !taken;
        });
    if (!scanned.ok()) return scanned;
    if (taken) {
      return Failure(pb::STUDY_ALREADY_REQUESTED,
                     "Another study of this revision of the plan is open.");
    }
    return absl::OkStatus();
  }

  static absl::Status RequireComplete(const pb::Opinion& opinion) {
    const bool lacking =
        (opinion.outcome() == pb::Opinion::FEASIBLE_WITH_CONDITIONS &&
         opinion.conditions().empty()) ||
        (opinion.outcome() == pb::Opinion::NOT_FEASIBLE &&
         opinion.reasons().empty());
    if (lacking) {
      return Failure(pb::OPINION_INCOMPLETE,
                     "FEASIBLE_WITH_CONDITIONS needs a condition, "
                     "NOT_FEASIBLE needs reasons.");
    }
    return absl::OkStatus();
  }

  // Leaves an opinion by the calling officer for another one to validate.
  static void Draft(Change<Study>& change, const pb::Opinion& opinion) {
    Study& study = change.resource();
    pb::Opinion* draft = study.mutable_draft_opinion();
    *draft = opinion;
    draft->set_author(change->actor().officer);
    draft->clear_validator();
    study.clear_return_comment();
  }

  static void Publish(Change<Study>& change) {
    Study& study = change.resource();
    study.mutable_opinion()->set_validator(change->actor().officer);
    // The same day six months on, or the last day of a month without it.
    const absl::CivilSecond now =
        absl::ToCivilSecond(change->now(), absl::UTCTimeZone());
    const absl::CivilMonth month = absl::CivilMonth(now) + kOpinionMonths;
    const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
    const absl::CivilSecond expiry(month.year(), month.month(),
                                   std::min(now.day(), last.day()), now.hour(),
                                   now.minute(), now.second());
    *study.mutable_exchange()->mutable_expire_time() =
        ToTimestamp(absl::FromCivil(expiry, absl::UTCTimeZone()));
  }
};

}  // namespace

std::unique_ptr<Verbs> MakeFeasibilityStudyVerbs() {
  return std::make_unique<FeasibilityStudies>();
}

}  // namespace passerelle::domain
