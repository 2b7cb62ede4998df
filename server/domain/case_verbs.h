#ifndef PASSERELLE_SERVER_DOMAIN_CASE_VERBS_H_
#define PASSERELLE_SERVER_DOMAIN_CASE_VERBS_H_

#include "generated/case.verbs.h"

namespace passerelle::domain {

// Guards and effects of the returnee file, in one file for each part of its
// life. Nothing is kept between calls.
class Cases final : public CaseVerbs {
 public:
  // case.cc: what both lives have in common.
  absl::Status CreateCase(const pb::CreateCaseRequest& request,
                          Change<pb::Case> change) override;
  absl::Status UpdateCase(const pb::UpdateCaseRequest& request,
                          Change<pb::Case> change) override;
  absl::Status WithdrawCase(const pb::WithdrawCaseRequest& request,
                            Change<pb::Case> change) override;
  absl::Status CloseCase(const pb::CloseCaseRequest& request,
                         Change<pb::Case> change) override;
  absl::Status RecordDeath(const pb::RecordDeathRequest& request,
                           Change<pb::Case> change) override;
  absl::Status CloseCaseAdministratively(
      const pb::CloseCaseAdministrativelyRequest& request,
      Change<pb::Case> change) override;
  absl::Status StartMonitoring(const pb::StartMonitoringRequest& request,
                               Change<pb::Case> change) override;
  absl::Status ConfirmArrival(const pb::ConfirmArrivalRequest& request,
                              Change<pb::Case> change) override;
  int AutomaticState(google::protobuf::Message* file) override;
  void TimePassed(google::protobuf::Message* file) override;

  // case_inbound.cc: a return to the origin mission's country, proposed to it.
  absl::Status OpenRetroactiveCase(
      const pb::OpenRetroactiveCaseRequest& request,
      Change<pb::Case> change) override;
  absl::Status ProposeCase(const pb::ProposeCaseRequest& request,
                           Change<pb::Case> change) override;
  absl::Status AcceptCase(const pb::AcceptCaseRequest& request,
                          Change<pb::Case> change) override;
  absl::Status DeclineCase(const pb::DeclineCaseRequest& request,
                           Change<pb::Case> change) override;
  absl::Status RecordPreliminaryPlan(
      const pb::RecordPreliminaryPlanRequest& request,
      Change<pb::Case> change) override;
  absl::Status NotifyTravel(const pb::NotifyTravelRequest& request,
                            Change<pb::Case> change) override;
  absl::Status RecordContact(const pb::RecordContactRequest& request,
                             Change<pb::Case> change) override;
  absl::Status RecordContactAttempt(
      const pb::RecordContactAttemptRequest& request,
      Change<pb::Case> change) override;
  absl::Status AgreePlan(const pb::AgreePlanRequest& request,
                         Change<pb::Case> change) override;
  absl::Status StartImplementation(
      const pb::StartImplementationRequest& request,
      Change<pb::Case> change) override;

  // case_outbound.cc: from first contact to departure and hand-over.
  absl::Status RegisterCase(const pb::RegisterCaseRequest& request,
                            Change<pb::Case> change) override;
  absl::Status RecordCounselling(const pb::RecordCounsellingRequest& request,
                                 Change<pb::Case> change) override;
  absl::Status DecideEligibility(const pb::DecideEligibilityRequest& request,
                                 Change<pb::Case> change) override;
  absl::Status SignDeclaration(const pb::SignDeclarationRequest& request,
                               Change<pb::Case> change) override;
  absl::Status BookTravel(const pb::BookTravelRequest& request,
                          Change<pb::Case> change) override;
  absl::Status RecordPreEmbarkationCheck(
      const pb::RecordPreEmbarkationCheckRequest& request,
      Change<pb::Case> change) override;
  absl::Status PostponeDeparture(const pb::PostponeDepartureRequest& request,
                                 Change<pb::Case> change) override;
  absl::Status RecordDeparture(const pb::RecordDepartureRequest& request,
                               Change<pb::Case> change) override;
  absl::Status TakeOverCase(const pb::TakeOverCaseRequest& request,
                            Change<pb::Case> change) override;
  absl::Status SuspendCase(const pb::SuspendCaseRequest& request,
                           Change<pb::Case> change) override;
  absl::Status ResumeCase(const pb::ResumeCaseRequest& request,
                          Change<pb::Case> change) override;

  // case_erasure.cc: the end of all that it holds.
  absl::Status EraseCase(const pb::EraseCaseRequest& request,
                         Change<pb::Case> change) override;
  absl::Status ConfirmErasure(const pb::ConfirmErasureRequest& request,
                              Change<pb::Case> change) override;

  // case_gates.cc: what must hold before departure.
  absl::Status HoldForProtection(const pb::HoldForProtectionRequest& request,
                                 Change<pb::Case> change) override;
  absl::Status ClearProtectionHold(
      const pb::ClearProtectionHoldRequest& request,
      Change<pb::Case> change) override;
  absl::Status RecordMedicalGate(const pb::RecordMedicalGateRequest& request,
                                 Change<pb::Case> change) override;
  absl::Status RecordTravelDocumentGate(
      const pb::RecordTravelDocumentGateRequest& request,
      Change<pb::Case> change) override;
  absl::Status RecordProtectionGate(
      const pb::RecordProtectionGateRequest& request,
      Change<pb::Case> change) override;
  absl::Status RecordOriginGate(const pb::RecordOriginGateRequest& request,
                                Change<pb::Case> change) override;
};

// Every mission of the file stands in one place, and all can be addressed.
// Returns: PARTIES_INVALID, COUNTERPART_NOT_ACCREDITED.
absl::Status CheckParties(const AnyChange& change, const pb::Case& file);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_CASE_VERBS_H_
