#include "demo/origin_desk.h"

#include <utility>

#include "absl/time/time.h"
#include "common/resource_name.h"
#include "common/status_macros.h"
#include "demo/caseload.h"
#include "demo/rules.h"
#include "passerelle/v1/directory.pb.h"
#include "passerelle/v1/plan.pb.h"

namespace passerelle::demo {
namespace {

namespace pb = ::passerelle::v1;
using Study = pb::FeasibilityStudy;

constexpr char kFocalPoint[] = "fp";
constexpr char kDeputy[] = "fp2";
constexpr char kReintegration[] = "ro";
constexpr char kMonitoring[] = "me";
constexpr int kMostPersons = 100;  // of one file here

int NumberIn(const KeptFile& kept) {
  return NumberOf(kept.file.external_reference());
}

void SetDate(absl::CivilDay day, google::type::Date* date) {
  date->set_year(static_cast<int>(day.year()));
  date->set_month(day.month());
  date->set_day(day.day());
}

pb::Opinion OpinionOn(int number, pb::Opinion::Outcome outcome) {
  pb::Opinion opinion;
  opinion.set_outcome(outcome);
  opinion.mutable_scores()->set_market(
      outcome == pb::Opinion::NOT_FEASIBLE ? 1 : 3 + number % 3);
  opinion.mutable_scores()->set_skills(2 + number % 4);
  if (outcome == pb::Opinion::FEASIBLE_WITH_CONDITIONS) {
    opinion.add_conditions("A training in accounts before the purchase.");
  }
  if (outcome == pb::Opinion::NOT_FEASIBLE) {
    opinion.set_reasons("Three such shops closed in the quarter this year.");
  }
  opinion.mutable_cost_estimate()->set_currency("MAD");
  opinion.mutable_cost_estimate()->set_hundredths(2'000'000);
  return opinion;
}

bool BeingStudied(const Study& study) {
  return study.state() == Study::ASSIGNED ||
         study.state() == Study::FIELD_CHECK;
}

}  // namespace

absl::Status OriginDesk::Work(absl::CivilDay day) {
  Agenda& agenda = office_->agenda();
  agenda.Begin(day);
  if (!agenda.IsWorkingDay()) return absl::OkStatus();
  PASSERELLE_RETURN_IF_ERROR(Finish());
  return agenda.Run();
}

absl::Status OriginDesk::Finish() {
  return office_->ReadMail(
      [this](const pb::MailboxEntry& entry) { return Take(entry); });
}

absl::Status OriginDesk::Take(const pb::MailboxEntry& entry) {
  PASSERELLE_ASSIGN_OR_RETURN(KeptFile* const kept, Refresh(entry.resource()));
  const int number = NumberIn(*kept);
  Agenda& agenda = office_->agenda();
  if (entry.event() == "ProposeCase") return AcceptFile(kept);
  if (entry.event() == "RequestFeasibilityStudy") return PlanStudy(kept);
  if (entry.event() == "AnswerClarification") {
    agenda.In(SubmitsAfter(number), [this, kept] { return Submit(kept); });
  } else if (entry.event() == "ContestFeasibilityOpinion") {
    agenda.In(ResolvesAfter(), [this, kept] { return Resolve(kept); });
  } else if (entry.event() == "NotifyTravel") {
    return AwaitArrival(kept);
  }
  return absl::OkStatus();
}

absl::StatusOr<KeptFile*> OriginDesk::Refresh(const std::string& resource) {
  const auto name = ParseResourceName(resource);
  if (!name.has_value()) {
    return absl::InternalError(absl::StrCat("mail about ", resource));
  }
  const std::string file = RootName(name->root_collection, name->root);
  if (references_.count(file) == 0 || name->is_root()) {
    PASSERELLE_ASSIGN_OR_RETURN(const pb::Case fetched,
                                (office_->CallOn<pb::Case, pb::GetCaseRequest>(
                                    kFocalPoint, "CaseService/GetCase", file)));
    references_[file] = fetched.external_reference();
    kept_[fetched.external_reference()].file = fetched;
  }
  KeptFile* const kept = &kept_[references_[file]];
  if (name->collection == "feasibilityStudies") {
    PASSERELLE_ASSIGN_OR_RETURN(
        kept->study,
        (office_->CallOn<Study, pb::GetFeasibilityStudyRequest>(
            kReintegration, "FeasibilityStudyService/GetFeasibilityStudy",
            resource)));
  } else if (name->collection == "visits") {
    PASSERELLE_ASSIGN_OR_RETURN(
        kept->visit,
        (office_->CallOn<pb::MonitoringVisit, pb::GetMonitoringVisitRequest>(
            kMonitoring, "MonitoringVisitService/GetMonitoringVisit",
            resource)));
  }
  return kept;
}

absl::Status OriginDesk::AcceptFile(KeptFile* kept) {
  const std::string& host = kept->file.host_mission();
  if (countries_.count(host) == 0) {
    PASSERELLE_ASSIGN_OR_RETURN(
        const pb::Mission mission,
        (office_->CallOn<pb::Mission, pb::GetMissionRequest>(
            kFocalPoint, "DirectoryService/GetMission", host)));
    countries_[host] = mission.country();
  }
  kept->host_country = countries_[host];
  PASSERELLE_ASSIGN_OR_RETURN(
      kept->file,
      (office_->CallOn<pb::Case, pb::AcceptCaseRequest>(
          kFocalPoint, "CaseService/AcceptCase", kept->file.name())));
  pb::ListPersonsRequest list;
  list.set_parent(kept->file.name());
  list.set_page_size(kMostPersons);
  PASSERELLE_ASSIGN_OR_RETURN(
      const pb::ListPersonsResponse listed,
      office_->Call<pb::ListPersonsResponse>(
          kFocalPoint, "PersonService/ListPersons", list));
  kept->persons.assign(listed.persons().begin(), listed.persons().end());
  return absl::OkStatus();
}

absl::Status OriginDesk::PlanStudy(KeptFile* kept) {
  const int number = NumberIn(*kept);
  if (LeftUntouched(number)) return absl::OkStatus();
  PASSERELLE_RETURN_IF_ERROR(
      (office_->CallOn<pb::Plan, pb::GetPlanRequest>(
           kReintegration, "PlanService/GetPlan", kept->study.plan()))
          .status());
  office_->agenda().In(AssignsAfter(number),
                       [this, kept] { return Assign(kept); });
  return absl::OkStatus();
}

template <typename Request>
absl::Status OriginDesk::OnStudy(absl::string_view officer,
                                 absl::string_view method, Request request,
                                 KeptFile* kept) {
  request.set_name(kept->study.name());
  PASSERELLE_ASSIGN_OR_RETURN(
      kept->study,
      office_->Call<Study>(
          officer, absl::StrCat("FeasibilityStudyService/", method), request));
  return absl::OkStatus();
}

absl::Status OriginDesk::Assign(KeptFile* kept) {
  // The mail may have said meanwhile that the person stopped.
  if (kept->study.state() != Study::REQUESTED) return absl::OkStatus();
  PASSERELLE_RETURN_IF_ERROR(OnStudy(kReintegration, "AssignFeasibilityStudy",
                                     pb::AssignFeasibilityStudyRequest(),
                                     kept));
  const int number = NumberIn(*kept);
  Agenda& agenda = office_->agenda();
  if (NeverConcluded(number)) return absl::OkStatus();
  if (NeedsFieldCheck(number)) {
    PASSERELLE_RETURN_IF_ERROR(OnStudy(kReintegration, "StartFieldCheck",
                                       pb::StartFieldCheckRequest(), kept));
  }
  if (NeedsClarification(number)) {
    agenda.In(1, [this, kept] { return Ask(kept); });
  } else {
    agenda.In(SubmitsAfter(number), [this, kept] { return Submit(kept); });
  }
  return absl::OkStatus();
}

absl::Status OriginDesk::Ask(KeptFile* kept) {
  if (!BeingStudied(kept->study)) return absl::OkStatus();
  pb::AskClarificationRequest ask;
  ask.set_name(kept->study.name());
  ask.set_question("Has the person worked in this trade, and for how long?");
  return office_
      ->Call<pb::ExchangeView>(kReintegration,
                               "ExchangeService/AskClarification", ask)
      .status();
}

absl::Status OriginDesk::Submit(KeptFile* kept) {
  if (!BeingStudied(kept->study)) return absl::OkStatus();
  const int number = NumberIn(*kept);
  pb::SubmitFeasibilityOpinionRequest submit;
  *submit.mutable_opinion() = OpinionOn(number, OutcomeOf(number));
  PASSERELLE_RETURN_IF_ERROR(
      OnStudy(kReintegration, "SubmitFeasibilityOpinion", submit, kept));
  office_->agenda().In(1, [this, kept] { return Validate(kept); });
  return absl::OkStatus();
}

absl::Status OriginDesk::Validate(KeptFile* kept) {
  if (kept->study.state() != Study::OPINION_DRAFTED) return absl::OkStatus();
  // The focal point's own amendments are for another to validate.
  const bool amended = !kept->study.contest_reason().empty();
  return OnStudy(amended ? kDeputy : kFocalPoint, "ValidateFeasibilityOpinion",
                 pb::ValidateFeasibilityOpinionRequest(), kept);
}

absl::Status OriginDesk::Resolve(KeptFile* kept) {
  pb::ResolveFeasibilityContestRequest resolve;
  pb::Opinion* amended = resolve.mutable_amended_opinion();
  *amended = OpinionOn(NumberIn(*kept), pb::Opinion::FEASIBLE_WITH_CONDITIONS);
  amended->add_conditions("The cousin's offer is put in writing.");
  PASSERELLE_RETURN_IF_ERROR(
      OnStudy(kFocalPoint, "ResolveFeasibilityContest", resolve, kept));
  office_->agenda().In(0, [this, kept] { return Validate(kept); });
  return absl::OkStatus();
}

template <typename Request>
absl::Status OriginDesk::OnFile(absl::string_view method, Request request,
                                KeptFile* kept) {
  request.set_name(kept->file.name());
  PASSERELLE_ASSIGN_OR_RETURN(
      kept->file,
      office_->Call<pb::Case>(kReintegration,
                              absl::StrCat("CaseService/", method), request));
  return absl::OkStatus();
}

absl::Status OriginDesk::AwaitArrival(KeptFile* kept) {
  const absl::Time arrival =
      absl::FromUnixSeconds(kept->file.scheduled_arrival_time().seconds());
  office_->agenda().On(absl::ToCivilDay(arrival, absl::UTCTimeZone()),
                       [this, kept] { return ConfirmArrival(kept); });
  return absl::OkStatus();
}

absl::Status OriginDesk::Meet(KeptFile* kept) {
  pb::RecordContactRequest contact;
  SetDate(office_->agenda().today(), contact.mutable_contact_date());
  office_->agenda().In(kAgreesAfter, [this, kept] { return AgreePlan(kept); });
  return OnFile("RecordContact", contact, kept);
}

absl::Status OriginDesk::AgreePlan(KeptFile* kept) {
  pb::AgreePlanRequest agree;
  agree.set_plan(kept->file.plan());
  SetDate(office_->agenda().today(), agree.mutable_sign_date());
  office_->agenda().In(kBeginsAfter, [this, kept] {
    return OnFile("StartImplementation", pb::StartImplementationRequest(),
                  kept);
  });
  return OnFile("AgreePlan", agree, kept);
}

absl::Status OriginDesk::ConfirmArrival(KeptFile* kept) {
  const absl::CivilDay today = office_->agenda().today();
  pb::ConfirmArrivalRequest confirm;
  SetDate(today, confirm.mutable_arrival_date());
  PASSERELLE_RETURN_IF_ERROR(OnFile("ConfirmArrival", confirm, kept));
  office_->agenda().In(MeetsAfter(NumberIn(*kept)),
                       [this, kept] { return Meet(kept); });
  pb::CreateMonitoringVisitRequest plan;
  plan.set_parent(kept->file.name());
  SetDate(today + kVisitAfterDays,
          plan.mutable_monitoring_visit()->mutable_planned_date());
  PASSERELLE_ASSIGN_OR_RETURN(
      kept->visit, office_->Call<pb::MonitoringVisit>(
                       kReintegration,
                       "MonitoringVisitService/CreateMonitoringVisit", plan));
  office_->agenda().On(today + kVisitAfterDays,
                       [this, kept] { return Visit(kept); });
  return absl::OkStatus();
}

template <typename Request>
absl::Status OriginDesk::OnVisit(absl::string_view officer,
                                 absl::string_view method, Request request,
                                 KeptFile* kept) {
  request.set_name(kept->visit.name());
  PASSERELLE_ASSIGN_OR_RETURN(
      kept->visit,
      office_->Call<pb::MonitoringVisit>(
          officer, absl::StrCat("MonitoringVisitService/", method), request));
  return absl::OkStatus();
}

absl::Status OriginDesk::Visit(KeptFile* kept) {
  const int number = NumberIn(*kept);
  if (FirstVisitFails(number) && kept->visit.attempt_count() == 0) {
    office_->agenda().In(1, [this, kept] { return Visit(kept); });
    return OnVisit(kReintegration, "RecordVisitAttempt",
                   pb::RecordVisitAttemptRequest(), kept);
  }
  pb::RecordVisitRequest visit;
  SetDate(office_->agenda().today(), visit.mutable_visit_date());
  visit.set_method(number % 4 == 0 ? pb::MonitoringVisit::PHONE
                                   : pb::MonitoringVisit::IN_PERSON);
  PASSERELLE_RETURN_IF_ERROR(
      OnVisit(kReintegration, "RecordVisit", visit, kept));
  pb::SubmitVisitReportRequest submit;
  pb::VisitReport* report = submit.mutable_report();
  report->set_activity_status(number % 3 == 0 ? pb::VisitReport::NOT_STARTED
                                              : pb::VisitReport::RUNNING);
  report->set_satisfied_return(pb::VisitReport::YES);
  report->set_satisfied_assistance(
      number % 25 == 0 ? pb::VisitReport::NOT_ANSWERED : pb::VisitReport::YES);
  report->set_findings("The purchase was made; first customers came.");
  PASSERELLE_RETURN_IF_ERROR(
      OnVisit(kReintegration, "SubmitVisitReport", submit, kept));
  PASSERELLE_RETURN_IF_ERROR(OnVisit(kMonitoring, "ValidateVisitReport",
                                     pb::ValidateVisitReportRequest(), kept));
  return OnFile("StartMonitoring", pb::StartMonitoringRequest(), kept);
}

}  // namespace passerelle::demo
