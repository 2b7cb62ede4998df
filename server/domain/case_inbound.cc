// A return to the origin mission's country, proposed to it by the host mission;
// or, after the return, by the origin mission to the host mission.

#include "passerelle/v1/feasibility_study.pb.h"
#include "passerelle/v1/plan.pb.h"
#include "server/domain/case_verbs.h"
#include "server/domain/consents.h"
#include "server/domain/dates.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"
#include "server/domain/stages.h"

namespace passerelle::domain {
namespace {

constexpr int kMaxAttempts = 3;

absl::Status RequirePlan(const Change<pb::Case>& change,
                         const std::string& name) {
  pb::Plan plan;
  const absl::Status found = change->around().Find(name, &plan);
  if (!absl::IsNotFound(found)) return found;
  return Failure(pb::PLAN_UNKNOWN, "The plan is not one of this file.");
}

// A study of the plan was answered, whatever the answer.
absl::Status RequireOpinion(const Change<pb::Case>& change,
                            const std::string& plan) {
  bool answered = false;
  const auto visit = [&](const google::protobuf::Message& message) {
    const auto& study = static_cast<const pb::FeasibilityStudy&>(message);
    answered = study.plan() == plan && study.has_opinion() &&
               study.state() != pb::FeasibilityStudy::EXPIRED;
    return !answered;
  };
  if (auto s = change->around().ForEach(pb::FeasibilityStudy(), visit);
      !s.ok()) {
    return s;
  }
  if (answered) return absl::OkStatus();
  return Failure(pb::FEASIBILITY_UNANSWERED,
                 "No study of the plan has an opinion in force.");
}

}  // namespace

absl::Status Cases::OpenRetroactiveCase(
    const pb::OpenRetroactiveCaseRequest& request, Change<pb::Case> change) {
  pb::Case& file = change.resource();
  if (file.direction() != pb::Case::INBOUND ||
      file.origin_mission() != change->actor().mission) {
    return Failure(pb::PARTIES_INVALID,
                   "A file after return is INBOUND, and its origin mission is "
                   "the one that opens it.",
                   {{"mission", file.origin_mission()}});
  }
  if (!file.has_principal()) {
    return FieldsInvalid({{"case.principal", "is required"}});
  }
  file.set_host_mission(request.host_mission());
  file.set_owner_mission(file.origin_mission());
  file.set_retroactive(true);
  file.clear_travel_date();
  *file.mutable_arrival_date() = request.arrival_date();
  return CheckParties(change.any(), file);
}

absl::Status Cases::ProposeCase(const pb::ProposeCaseRequest& request,
                                Change<pb::Case> change) {
  pb::Case& file = change.resource();
  if (auto s = RequireAccredited(change.any(), ShareRecipient(file)); !s.ok()) {
    return s;
  }
  if (auto s = RequireNotBarred(change.any(), ShareRecipient(file)); !s.ok()) {
    return s;
  }
  file.clear_decline_reason();
  if (!file.has_sent_time()) {
    *file.mutable_sent_time() = ToTimestamp(change->now());
  }
  return RequireShareConsent(change.any(), request.consent());
}

absl::Status Cases::AcceptCase(const pb::AcceptCaseRequest&,
                               Change<pb::Case> change) {
  if (change.resource().retroactive()) change->chosen_state = pb::Case::ARRIVED;
  return absl::OkStatus();
}

absl::Status Cases::DeclineCase(const pb::DeclineCaseRequest& request,
                                Change<pb::Case> change) {
  if (request.reason() == pb::Case::NO_REACTION) {
    return FieldsInvalid({{"reason", "is for the server to say"}});
  }
  change.resource().set_decline_reason(request.reason());
  return absl::OkStatus();
}

absl::Status Cases::RecordPreliminaryPlan(
    const pb::RecordPreliminaryPlanRequest& request, Change<pb::Case> change) {
  if (auto s = RequirePlan(change, request.plan()); !s.ok()) return s;
  change.resource().set_plan(request.plan());
  return RequireOpinion(change, request.plan());
}

absl::Status Cases::NotifyTravel(const pb::NotifyTravelRequest& request,
                                 Change<pb::Case> change) {
  if (FromTimestamp(request.scheduled_arrival_time()) <= change->now()) {
    return Failure(pb::TRAVEL_DATE_INVALID, "The arrival is past.");
  }
  *change.resource().mutable_scheduled_arrival_time() =
      request.scheduled_arrival_time();
  return absl::OkStatus();
}

absl::Status Cases::RecordContact(const pb::RecordContactRequest& request,
                                  Change<pb::Case> change) {
  pb::Case& file = change.resource();
  if (DayOf(request.contact_date()) < DayOf(file.arrival_date())) {
    return Failure(pb::VISIT_DATE_INVALID,
                   "The contact lies before the arrival.");
  }
  *file.mutable_contact_date() = request.contact_date();
  file.clear_contact_attempt_count();
  return absl::OkStatus();
}

absl::Status Cases::RecordContactAttempt(const pb::RecordContactAttemptRequest&,
                                         Change<pb::Case> change) {
  pb::Case& file = change.resource();
  file.set_contact_attempt_count(file.contact_attempt_count() + 1);
  change->chosen_state = file.contact_attempt_count() < kMaxAttempts
                             ? change->state_before
                             : int{pb::Case::UNREACHABLE};
  return absl::OkStatus();
}

absl::Status Cases::AgreePlan(const pb::AgreePlanRequest& request,
                              Change<pb::Case> change) {
  change.resource().set_plan(request.plan());
  *change.resource().mutable_plan_sign_date() = request.sign_date();
  return RequirePlan(change, request.plan());
}

absl::Status Cases::StartImplementation(const pb::StartImplementationRequest&,
                                        Change<pb::Case>) {
  return absl::OkStatus();
}

}  // namespace passerelle::domain
