// What must hold before departure, recorded by the officer whose gate it is.

#include <string>
#include <vector>

#include "server/domain/case_verbs.h"
#include "server/domain/dates.h"
#include "server/domain/gates.h"
#include "server/domain/lifecycle.h"

namespace passerelle::domain {
namespace {

bool SameDay(bool has_a, const google::type::Date& a, bool has_b,
             const google::type::Date& b) {
  return has_a == has_b && (!has_a || DayOf(a) == DayOf(b));
}

// What every gate records alike. False when nothing of it changed: then the
// gate keeps officer and time, so that a reason which few may read can change
// without anybody else seeing that it did.
template <typename Request>
bool Record(const Request& request, const Change<pb::Case>& change,
            pb::Gate* gate) {
  // A day that ends what does not hold says nothing.
  const bool ends =
      request.has_valid_until_date() && request.state() == pb::Gate::GREEN;
  if (gate->state() == request.state() &&
      SameDay(gate->has_valid_until_date(), gate->valid_until_date(), ends,
              request.valid_until_date())) {
    return false;
  }
  gate->set_state(request.state());
  gate->clear_valid_until_date();
  if (ends) *gate->mutable_valid_until_date() = request.valid_until_date();
  gate->set_recorder(change->actor().officer);
  *gate->mutable_record_time() = ToTimestamp(change->now());
  return true;
}

template <typename Request>
absl::Status RecordOpenGate(const Request& request, Change<pb::Case> change,
                            pb::Gate::Kind kind) {
  pb::Gate* gate = MutableGate(&change.resource(), kind);
  Record(request, change, gate);
  gate->set_reason(request.state() == pb::Gate::GREEN
                       ? pb::Gate::REASON_UNSPECIFIED
                       : request.reason());
  return absl::OkStatus();
}

}  // namespace

absl::Status Cases::RecordMedicalGate(
    const pb::RecordMedicalGateRequest& request, Change<pb::Case> change) {
  pb::Gate* gate = MutableGate(&change.resource(), pb::Gate::MEDICAL);
  change->for_owner_only = !Record(request, change, gate);
  gate->set_medical_reason(request.reason());
  return absl::OkStatus();
}

absl::Status Cases::RecordTravelDocumentGate(
    const pb::RecordTravelDocumentGateRequest& request,
    Change<pb::Case> change) {
  return RecordOpenGate(request, change, pb::Gate::TRAVEL_DOCUMENT);
}

absl::Status Cases::RecordOriginGate(const pb::RecordOriginGateRequest& request,
                                     Change<pb::Case> change) {
  return RecordOpenGate(request, change, pb::Gate::ORIGIN_MISSION);
}

absl::Status Cases::RecordProtectionGate(
    const pb::RecordProtectionGateRequest& request, Change<pb::Case> change) {
  pb::Case& file = change.resource();
  if (request.state() == pb::Gate::RED) {
    HoldIfFlagged(&file, {pb::ProtectionHold::RED_GATE},
                  change->actor().officer, change->now());
  }
  Record(request, change, file.mutable_protection_gate());
  file.mutable_protection_gate()->set_protection_reason(request.reason());
  change->for_owner_only = true;
  return absl::OkStatus();
}

absl::Status Cases::HoldForProtection(
    const pb::HoldForProtectionRequest& request, Change<pb::Case> change) {
  std::vector<pb::ProtectionHold::Concern> concerns;
  for (const int concern : request.concerns()) {
    concerns.push_back(static_cast<pb::ProtectionHold::Concern>(concern));
  }
  HoldIfFlagged(&change.resource(), concerns, change->actor().officer,
                change->now());
  change->for_owner_only = true;
  return absl::OkStatus();
}

absl::Status Cases::ClearProtectionHold(
    const pb::ClearProtectionHoldRequest& request, Change<pb::Case> change) {
  pb::Case& file = change.resource();
  *file.mutable_protection_decision() = request.decision();
  pb::Gate* gate = file.mutable_protection_gate();
  gate->set_state(pb::Gate::GREEN);
  gate->clear_protection_reason();
  gate->set_recorder(change->actor().officer);
  *gate->mutable_record_time() = ToTimestamp(change->now());
  gate->clear_valid_until_date();
  if (request.decision().has_valid_until_date()) {
    *gate->mutable_valid_until_date() = request.decision().valid_until_date();
  }
  file.clear_protection_hold();
  change->chosen_state = file.stage();
  change->for_owner_only = true;
  return absl::OkStatus();
}

}  // namespace passerelle::domain
