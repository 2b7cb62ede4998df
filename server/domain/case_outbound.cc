// A return from the host mission's country: from first contact to departure,
// and the hand-over after arrival.

#include <string>

#include "server/domain/age.h"
#include "server/domain/case_verbs.h"
#include "server/domain/consents.h"
#include "server/domain/dates.h"
#include "server/domain/errors.h"
#include "server/domain/gates.h"
#include "server/domain/hand_over.h"
#include "server/domain/lifecycle.h"

namespace passerelle::domain {
namespace {

constexpr absl::civil_diff_t kMaxReviewDays = 366;
// When the check before boarding is made, before the departure.
constexpr absl::Duration kCheckFrom = absl::Hours(72);
constexpr absl::Duration kCheckUntil = absl::Hours(24);

// Whether the person may be a child on that day: of a birth date that is known
// to the month or the year, the latest day counts. Who is born on 29 February
// comes of age on 1 March. Without a birth date nothing speaks for a child.
bool MayBeChild(const pb::PersonSummary& person, absl::CivilDay day) {
  if (!person.has_birth_date()) return false;
  const google::type::Date& date = person.birth_date();
  absl::CivilDay birth = DayOf(date);
  if (date.month() == 0) {
    birth = absl::CivilDay(date.year(), 12, 31);
  } else if (date.day() == 0) {
    birth = absl::CivilDay(absl::CivilMonth(date.year(), date.month()) + 1) - 1;
  }
  return day <
         absl::CivilDay(birth.year() + kAdultAge, birth.month(), birth.day());
}

}  // namespace

absl::Status Cases::RegisterCase(const pb::RegisterCaseRequest& request,
                                 Change<pb::Case> change) {
  *change.resource().mutable_principal() = request.principal();
  *change.resource().mutable_privacy_notice() = request.privacy_notice();
  return RequireKeepConsent(change.any(), request.consent());
}

absl::Status Cases::RecordCounselling(
    const pb::RecordCounsellingRequest& request, Change<pb::Case> change) {
  pb::Case& file = change.resource();
  // A file of a server that knew no gates.
  if (file.gates().empty()) AddGates(&file);
  *file.mutable_counselling_date() = request.counselling_date();
  *file.mutable_reflection_end_date() =
      ToDate(DayOf(request.counselling_date()) + request.reflection_days());
  return absl::OkStatus();
}

absl::Status Cases::DecideEligibility(
    const pb::DecideEligibilityRequest& request, Change<pb::Case> change) {
  const pb::Eligibility& decided = request.eligibility();
  const bool can = decided.decision() == pb::Eligibility::CAN_ASSIST;
  if (decided.funding_line().empty() == can) {
    return FieldsInvalid({{"eligibility.funding_line",
                           can ? "is required" : "is for CAN_ASSIST"}});
  }
  if ((decided.ground() == pb::Eligibility::GROUND_UNSPECIFIED) != can) {
    return FieldsInvalid(
        {{"eligibility.ground", can ? "is for CANNOT_ASSIST" : "is required"}});
  }
  *change.resource().mutable_eligibility() = decided;
  change->chosen_state = can ? pb::Case::ELIGIBLE : pb::Case::INELIGIBLE;
  return absl::OkStatus();
}

absl::Status Cases::SignDeclaration(const pb::SignDeclarationRequest& request,
                                    Change<pb::Case> change) {
  pb::Case& file = change.resource();
  const pb::Declaration& signed_one = request.declaration();
  const absl::CivilDay day = DayOf(signed_one.sign_date());
  const absl::CivilDay first = DayOf(file.reflection_end_date());
  if (day < first) {
    return Failure(pb::REFLECTION_RUNNING, "The person has days left to think.",
                   {{"until", absl::FormatCivilTime(first)}});
  }
  if (MayBeChild(file.principal(), day) && !signed_one.guardian_signed()) {
    return Failure(pb::GUARDIAN_REQUIRED,
                   "A child's declaration needs a guardian's signature.");
  }
  *file.mutable_declaration() = signed_one;
  pb::Gate* gate = MutableGate(&file, pb::Gate::DECLARATION);
  gate->set_state(pb::Gate::GREEN);
  gate->set_recorder(change->actor().officer);
  *gate->mutable_record_time() = ToTimestamp(change->now());
  gate->clear_valid_until_date();
  if (signed_one.has_valid_until_date()) {
    *gate->mutable_valid_until_date() = signed_one.valid_until_date();
  }
  if (!file.has_sent_time()) {
    *file.mutable_sent_time() = ToTimestamp(change->now());
  }
  return absl::OkStatus();
}

absl::Status Cases::BookTravel(const pb::BookTravelRequest& request,
                               Change<pb::Case> change) {
  pb::Case& file = change.resource();
  const absl::Time departure = FromTimestamp(request.departure_time());
  if (departure <= change->now()) {
    return Failure(pb::TRAVEL_DATE_INVALID, "The departure is past.");
  }
  if (!request.has_passport() && !request.has_exit_authorisation_date()) {
    return Failure(pb::EXIT_AUTHORISATION_MISSING,
                   "Without a passport the person needs an authorisation to "
                   "leave.");
  }
  *file.mutable_travel_date() = ToDate(DayOf(departure));
  if (!GatesAdmitTravel(file)) {
    return Failure(pb::GATE_NOT_VALID,
                   "A gate is not valid on the day of departure.");
  }
  *file.mutable_departure_time() = request.departure_time();
  file.clear_postpone_reason();
  file.clear_exit_authorisation_date();
  if (!request.has_passport()) {
    *file.mutable_exit_authorisation_date() = request.exit_authorisation_date();
  }
  return absl::OkStatus();
}

absl::Status Cases::RecordPreEmbarkationCheck(
    const pb::RecordPreEmbarkationCheckRequest&, Change<pb::Case> change) {
  const absl::Duration left =
      FromTimestamp(change.resource().departure_time()) - change->now();
  if (left < kCheckUntil || left > kCheckFrom) {
    return Failure(pb::CHECK_OUTSIDE_WINDOW,
                   "The check is made 24 to 72 hours before the departure.");
  }
  return absl::OkStatus();
}

absl::Status Cases::PostponeDeparture(
    const pb::PostponeDepartureRequest& request, Change<pb::Case> change) {
  change.resource().set_postpone_reason(request.reason());
  return absl::OkStatus();
}

absl::Status Cases::RecordDeparture(const pb::RecordDepartureRequest& request,
                                    Change<pb::Case> change) {
  *change.resource().mutable_departure_date() = request.departure_date();
  return absl::OkStatus();
}

absl::Status Cases::TakeOverCase(const pb::TakeOverCaseRequest&,
                                 Change<pb::Case> change) {
  pb::Case& file = change.resource();
  if (file.owner_mission() == file.origin_mission()) return absl::OkStatus();
  change->sweeps.push_back(
      HandOverExchanges(file.owner_mission(), file.origin_mission()));
  RaiseEpoch(change->file_facts_now);
  file.set_owner_mission(file.origin_mission());
  return absl::OkStatus();
}

absl::Status Cases::SuspendCase(const pb::SuspendCaseRequest& request,
                                Change<pb::Case> change) {
  const absl::CivilDay today = DayOf(change->now());
  const absl::CivilDay review = DayOf(request.review_date());
  if (review < today || review - today > kMaxReviewDays) {
    return Failure(pb::REVIEW_DATE_INVALID,
                   "The day of review is past, or more than a year ahead.");
  }
  pb::Case& file = change.resource();
  pb::Suspension* suspension = file.mutable_suspension();
  suspension->set_reason(request.reason());
  *suspension->mutable_review_date() = request.review_date();
  suspension->set_stage_before(file.stage());
  file.clear_departure_time();
  return absl::OkStatus();
}

absl::Status Cases::ResumeCase(const pb::ResumeCaseRequest&,
                               Change<pb::Case> change) {
  pb::Case& file = change.resource();
  switch (file.suspension().stage_before()) {
    case pb::Case::READY:
    case pb::Case::BOOKED:
    case pb::Case::DEPARTING:
      change->chosen_state = pb::Case::IN_PREPARATION;
      break;
    default:
      change->chosen_state = file.suspension().stage_before();
  }
  file.clear_suspension();
  return absl::OkStatus();
}

}  // namespace passerelle::domain
