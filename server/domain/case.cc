// What both lives of a returnee file have in common.

#include <memory>
#include <set>
#include <string>

#include "google/protobuf/util/message_differencer.h"
#include "server/domain/age.h"
#include "server/domain/case_verbs.h"
#include "server/domain/consents.h"
#include "server/domain/dates.h"
#include "server/domain/errors.h"
#include "server/domain/gates.h"

namespace passerelle::domain {
namespace {

absl::Status PartiesInvalid(const std::string& mission) {
  return Failure(pb::PARTIES_INVALID,
                 "A mission stands in two places of the same file.",
                 {{"mission", mission}});
}

absl::Status PrincipalInvalid(absl::string_view why) {
  return FieldsInvalid({{"case.principal", std::string(why)}});
}

// A day that is planned lies ahead, and is not changed under a booking.
absl::Status CheckTravelDate(const pb::Case& file, absl::Time now) {
  if (file.has_travel_date() &&
      (file.has_departure_time() || DayOf(file.travel_date()) < DayOf(now))) {
    return Failure(pb::TRAVEL_DATE_INVALID,
                   "The day of travel is past, or is fixed by a booking.");
  }
  return absl::OkStatus();
}

// What stops the return stops with it.
void EndTravel(pb::Case* file) {
  file->clear_protection_hold();
  file->clear_suspension();
  file->clear_departure_time();
}

}  // namespace

absl::Status CheckParties(const AnyChange& change, const pb::Case& file) {
  std::set<std::string> parties = {file.host_mission()};
  if (!parties.insert(file.origin_mission()).second) {
    return PartiesInvalid(file.origin_mission());
  }
  for (const std::string& mission : file.transit_missions()) {
    if (!parties.insert(mission).second) return PartiesInvalid(mission);
  }
  for (const std::string& mission : parties) {
    if (auto s = RequireAccredited(change, mission); !s.ok()) return s;
  }
  return absl::OkStatus();
}

absl::Status Cases::CreateCase(const pb::CreateCaseRequest&,
                               Change<pb::Case> change) {
  pb::Case& file = change.resource();
  file.set_host_mission(change->actor().mission);
  file.set_owner_mission(change->actor().mission);
  if (file.direction() == pb::Case::OUTBOUND) {
    if (file.has_principal()) {
      return PrincipalInvalid(
          "of an OUTBOUND file is recorded after the privacy notice, by "
          "RegisterCase");
    }
    change->chosen_state = pb::Case::CONTACTED;
    AddGates(&file);
  } else if (!file.has_principal()) {
    return PrincipalInvalid("is required");
  }
  if (auto s = CheckTravelDate(file, change->now()); !s.ok()) return s;
  return CheckParties(change.any(), file);
}

absl::Status Cases::UpdateCase(const pb::UpdateCaseRequest&,
                               Change<pb::Case> change) {
  const pb::Case& before = *change->file;
  const pb::Case& file = change.resource();
  if (file.has_principal() && !before.has_principal()) {
    return PrincipalInvalid(
        "of a contact is recorded after the privacy notice, by RegisterCase");
  }
  if (!file.has_principal() && before.has_principal()) {
    return PrincipalInvalid("is required");
  }
  if (change->file_facts->principal_in_person() &&
      !google::protobuf::util::MessageDifferencer::Equals(file.principal(),
                                                          before.principal())) {
    return Failure(pb::PRINCIPAL_IN_PERSON,
                   "The principal is kept in a person of the file.");
  }
  const bool planned_anew =
      file.has_travel_date() != before.has_travel_date() ||
      (file.has_travel_date() &&
       DayOf(file.travel_date()) != DayOf(before.travel_date()));
  if (!planned_anew) return absl::OkStatus();
  if (!file.has_travel_date() && file.has_departure_time()) {
    return CheckTravelDate(before, change->now());
  }
  return CheckTravelDate(file, change->now());
}

absl::Status Cases::ConfirmArrival(const pb::ConfirmArrivalRequest& request,
                                   Change<pb::Case> change) {
  *change.resource().mutable_arrival_date() = request.arrival_date();
  return absl::OkStatus();
}

absl::Status Cases::StartMonitoring(const pb::StartMonitoringRequest&,
                                    Change<pb::Case>) {
  return absl::OkStatus();
}

absl::Status Cases::WithdrawCase(const pb::WithdrawCaseRequest&,
                                 Change<pb::Case> change) {
  EndTravel(&change.resource());
  change->end_exchanges = pb::PERSON_STOPPED;
  return absl::OkStatus();
}

absl::Status Cases::CloseCase(const pb::CloseCaseRequest& request,
                              Change<pb::Case> change) {
  pb::Case& file = change.resource();
  const bool complete = file.stage() == pb::Case::MONITORING ||
                        (file.stage() == pb::Case::ARRIVED &&
                         file.direction() == pb::Case::INBOUND);
  if (request.outcome() == pb::Case::COMPLETED && !complete) {
    return Failure(pb::OUTCOME_TOO_EARLY,
                   "Support is not completed before monitoring.");
  }
  file.set_outcome(request.outcome());
  return change->around().RequireNoOpenExchange();
}

absl::Status Cases::RecordDeath(const pb::RecordDeathRequest& request,
                                Change<pb::Case> change) {
  EndTravel(&change.resource());
  if (request.has_death_date()) {
    *change.resource().mutable_death_date() = request.death_date();
  }
  change->end_exchanges = pb::FILE_ENDED;
  return absl::OkStatus();
}

absl::Status Cases::CloseCaseAdministratively(
    const pb::CloseCaseAdministrativelyRequest& request,
    Change<pb::Case> change) {
  EndTravel(&change.resource());
  change.resource().set_administrative_reason(request.reason());
  change->end_exchanges = pb::FILE_ENDED;
  return absl::OkStatus();
}

int Cases::AutomaticState(google::protobuf::Message* file) {
  return StageByGates(static_cast<pb::Case*>(file));
}

void Cases::TimePassed(google::protobuf::Message* file) {
  static_cast<pb::Case*>(file)->set_decline_reason(pb::Case::NO_REACTION);
}

std::unique_ptr<Verbs> MakeCaseVerbs() { return std::make_unique<Cases>(); }

}  // namespace passerelle::domain
