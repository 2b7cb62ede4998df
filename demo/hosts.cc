#include "demo/hosts.h"

#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/resource_name.h"
#include "common/status_macros.h"
#include "demo/caseload.h"
#include "demo/office.h"
#include "demo/rules.h"
#include "passerelle/v1/consent.pb.h"
#include "passerelle/v1/mailbox.pb.h"
#include "passerelle/v1/monitoring_visit.pb.h"
#include "passerelle/v1/person.pb.h"
#include "passerelle/v1/plan.pb.h"
#include "server/app/calendars.h"

namespace passerelle::demo {
namespace {

namespace pb = ::passerelle::v1;

// Born from this year on, a person may be under 18 in 2022.
constexpr int kMayBeAChild = 2004;
constexpr char kCaseManager[] = "cm";
constexpr char kFocalPoint[] = "fp";
constexpr char kMedical[] = "mo";
constexpr char kProtection[] = "po";

// A principal and who travels with them.
using Family = std::vector<Invented>;

struct Trade {
  const char* outline;
  const char* skill;
  const char* purchase;
};
constexpr Trade kTrades[] = {
    {"A bakery in the quarter where the family lives.", "baking", "Oven"},
    {"A workshop that mends mobile telephones.", "electronics", "Tools"},
    {"A flock of sheep on the family's land.", "herding", "Twelve ewes"},
    {"A hairdressing salon.", "hairdressing", "Chairs and mirrors"},
    {"Deliveries by cargo tricycle.", "driving", "Tricycle"},
    {"A grocery in the village.", "trade", "First stock"},
};

pb::Plan PlanFor(const Invented& one) {
  const Trade& trade =
      kTrades[static_cast<size_t>(one.number) % std::size(kTrades)];
  pb::Plan plan;
  plan.set_outline(trade.outline);
  plan.set_location(one.person.return_region());
  plan.add_skills(trade.skill);
  plan.mutable_ceiling()->set_currency("MAD");
  plan.mutable_ceiling()->set_hundredths(3'000'000);
  pb::PlanLine* line = plan.add_lines();
  line->set_category(pb::PlanLine::INCOME_GENERATING_ACTIVITY);
  line->set_description(trade.purchase);
  line->mutable_amount()->set_currency("MAD");
  line->mutable_amount()->set_hundredths(1'800'000 + one.number % 10 * 100'000);
  return plan;
}

class Host {
 public:
  explicit Host(std::unique_ptr<Office> office) : office_(std::move(office)) {}

  void Plan(const Family& family, absl::CivilDay first_day) {
    office_->agenda().Begin(first_day);
    office_->agenda().In(OpensAfter(family.front().number),
                         [this, family] { return OpenFile(family); });
  }

  absl::Status Work(absl::CivilDay day) {
    Agenda& agenda = office_->agenda();
    agenda.Begin(day);
    if (!agenda.IsWorkingDay()) return absl::OkStatus();
    PASSERELLE_RETURN_IF_ERROR(office_->ReadMail(
        [this](const pb::MailboxEntry& entry) { return Take(entry); }));
    return agenda.Run();
  }

  int64_t calls() const { return office_->calls(); }

 private:
  struct File {
    int number = 0;
    std::string consent;
    std::string plan;
  };

  absl::Status OpenFile(const Family& family) {
    const Invented& principal = family.front();
    pb::CreateCaseRequest create;
    create.mutable_case_()->set_direction(pb::Case::INBOUND);
    create.mutable_case_()->set_origin_mission(kOriginMission);
    create.mutable_case_()->set_external_reference(principal.Reference());
    *create.mutable_case_()->mutable_principal() = principal.person;
    PASSERELLE_ASSIGN_OR_RETURN(
        const pb::Case file,
        office_->Call<pb::Case>(kCaseManager, "CaseService/CreateCase",
                                create));
    // Asked before anything is recorded beside the file.
    PASSERELLE_ASSIGN_OR_RETURN(const std::string consent,
                                AskConsent(file.name(), principal, ""));
    for (const Invented& one : family) {
      PASSERELLE_RETURN_IF_ERROR(AddPerson(file.name(), one));
    }
    pb::CreatePlanRequest plan;
    plan.set_parent(file.name());
    *plan.mutable_plan() = PlanFor(principal);
    PASSERELLE_ASSIGN_OR_RETURN(
        const pb::Plan planned,
        office_->Call<pb::Plan>(kCaseManager, "PlanService/CreatePlan", plan));
    files_[file.name()] = {principal.number, consent, planned.name()};

    pb::ProposeCaseRequest propose;
    propose.set_name(file.name());
    propose.set_consent(consent);
    return office_
        ->Call<pb::Case>(kCaseManager, "CaseService/ProposeCase", propose)
        .status();
  }

  // A consent to show the file to the origin mission, of the principal and the
  // children, or of another adult of the file. Returns its name.
  absl::StatusOr<std::string> AskConsent(const std::string& file,
                                         const Invented& one,
                                         const std::string& subject) {
    pb::CreateConsentRequest consent;
    consent.set_parent(file);
    pb::Consent* given = consent.mutable_consent();
    given->set_scope(pb::Consent::SHARE_WITH_ORIGIN_MISSION);
    given->set_recipient(kOriginMission);
    given->set_subject(subject);
    given->set_language("ar");
    if (one.number % 9 == 0) given->set_witness_name("a neighbour");
    given->set_form(one.number % 9 == 0 ? pb::Consent::ORAL_WITNESSED
                                        : pb::Consent::WRITTEN);
    if (one.person.birth_date().year() >= kMayBeAChild) {
      given->mutable_guardian()->set_display_name("a parent");
      given->mutable_guardian()->set_authority("parent");
      given->set_assent(pb::Consent::ASSENTED);
    }
    PASSERELLE_ASSIGN_OR_RETURN(
        const pb::Consent agreed,
        office_->Call<pb::Consent>(kCaseManager, "ConsentService/CreateConsent",
                                   consent));
    return agreed.name();
  }

  absl::Status AddPerson(const std::string& file, const Invented& one) {
    pb::CreatePersonRequest create;
    create.set_parent(file);
    *create.mutable_person() = FullPerson(one);
    PASSERELLE_ASSIGN_OR_RETURN(
        const pb::Person person,
        office_->Call<pb::Person>(kCaseManager, "PersonService/CreatePerson",
                                  create));
    if (one.relation == pb::Person::SPOUSE) {
      PASSERELLE_RETURN_IF_ERROR(AskConsent(file, one, person.name()).status());
    }
    if (NeedsMedicalCare(one.number)) {
      PASSERELLE_RETURN_IF_ERROR(
          Flag(person.name(), kMedical, pb::Vulnerability::MEDICAL_NEEDS));
    }
    if (WasTrafficked(one.number)) {
      return Flag(person.name(), kProtection, pb::Vulnerability::TRAFFICKING);
    }
    return absl::OkStatus();
  }

  // Records a vulnerability by the officer who may see it.
  absl::Status Flag(const std::string& name, const char* officer,
                    pb::Vulnerability::Code code) {
    pb::UpdatePersonRequest update;
    PASSERELLE_ASSIGN_OR_RETURN(
        *update.mutable_person(),
        (office_->CallOn<pb::Person, pb::GetPersonRequest>(
            officer, "PersonService/GetPerson", name)));
    update.set_etag(update.person().etag());
    update.mutable_update_mask()->add_paths("vulnerabilities");
    update.mutable_person()->add_vulnerabilities()->set_code(code);
    return office_
        ->Call<pb::Person>(officer, "PersonService/UpdatePerson", update)
        .status();
  }

  absl::Status RequestStudy(const std::string& file) {
    pb::CreateFeasibilityStudyRequest create;
    create.set_parent(file);
    create.mutable_feasibility_study()->set_plan(files_[file].plan);
    create.mutable_feasibility_study()->set_question(
        "Can this project feed a household there?");
    PASSERELLE_ASSIGN_OR_RETURN(
        const pb::FeasibilityStudy draft,
        office_->Call<pb::FeasibilityStudy>(
            kCaseManager, "FeasibilityStudyService/CreateFeasibilityStudy",
            create));
    pb::RequestFeasibilityStudyRequest request;
    request.set_name(draft.name());
    request.set_consent(files_[file].consent);
    PASSERELLE_RETURN_IF_ERROR(
        office_
            ->Call<pb::FeasibilityStudy>(
                kCaseManager, "FeasibilityStudyService/RequestFeasibilityStudy",
                request)
            .status());
    if (PersonStops(files_[file].number)) {
      office_->agenda().In(3, [this, name = draft.name()] {
        return OnExchange<pb::WithdrawExchangeRequest>("WithdrawExchange",
                                                       name);
      });
    }
    return absl::OkStatus();
  }

  // Reads one entry of the mailbox and decides what it asks for.
  absl::Status Take(const pb::MailboxEntry& entry) {
    const std::string& name = entry.resource();
    const auto parsed = ParseResourceName(name);
    if (!parsed.has_value()) {
      return absl::InternalError(absl::StrCat("mail about ", name));
    }
    const std::string file = RootName(parsed->root_collection, parsed->root);
    const int number = files_[file].number;
    Agenda& agenda = office_->agenda();
    if (entry.event() == "AcceptCase") {
      agenda.In(0, [this, file] { return RequestStudy(file); });
    } else if (entry.event() == "AskClarification") {
      agenda.In(AnswersAfter(number), [this, name] { return Answer(name); });
    } else if (entry.event() == "ValidateFeasibilityOpinion") {
      if (HostForgets(number)) return absl::OkStatus();
      // What was contested comes back amended, and is final.
      const bool contests = Contests(number) && contested_.insert(name).second;
      agenda.In(AcknowledgesAfter(number), [this, name, contests] {
        return contests ? Contest(name) : Acknowledge(name);
      });
    } else if (entry.event() == "ValidateVisitReport") {
      // The report is what the host mission hears of the return.
      return office_
          ->CallOn<pb::MonitoringVisit, pb::GetMonitoringVisitRequest>(
              kCaseManager, "MonitoringVisitService/GetMonitoringVisit", name)
          .status();
    }
    return absl::OkStatus();
  }

  absl::Status Answer(const std::string& name) {
    pb::AnswerClarificationRequest answer;
    answer.set_name(name);
    answer.set_answer("Yes: two years in the trade, papers at hand.");
    return office_
        ->Call<pb::ExchangeView>(kCaseManager,
                                 "ExchangeService/AnswerClarification", answer)
        .status();
  }

  absl::Status Contest(const std::string& name) {
    pb::ContestFeasibilityOpinionRequest contest;
    contest.set_name(name);
    contest.set_reason("A cousin offers the premises free of rent.");
    return office_
        ->Call<pb::FeasibilityStudy>(
            kFocalPoint, "FeasibilityStudyService/ContestFeasibilityOpinion",
            contest)
        .status();
  }

  // Takes note of the opinion, and of a good one arranges the return.
  absl::Status Acknowledge(const std::string& name) {
    PASSERELLE_ASSIGN_OR_RETURN(
        const pb::FeasibilityStudy study,
        (office_->CallOn<pb::FeasibilityStudy,
                         pb::AcknowledgeFeasibilityOpinionRequest>(
            kCaseManager,
            "FeasibilityStudyService/AcknowledgeFeasibilityOpinion", name)));
    if (study.opinion().outcome() == pb::Opinion::NOT_FEASIBLE) {
      return absl::OkStatus();
    }
    const auto parsed = ParseResourceName(name);
    const std::string file = RootName(parsed->root_collection, parsed->root);
    pb::RecordPreliminaryPlanRequest plan;
    plan.set_name(file);
    plan.set_plan(study.plan());
    PASSERELLE_RETURN_IF_ERROR(
        office_
            ->Call<pb::Case>(kCaseManager, "CaseService/RecordPreliminaryPlan",
                             plan)
            .status());
    office_->agenda().In(1, [this, file] { return NotifyTravel(file); });
    return absl::OkStatus();
  }

  absl::Status NotifyTravel(const std::string& file) {
    const int days = ArrivesAfter(files_[file].number);
    pb::NotifyTravelRequest notice;
    notice.set_name(file);
    // At noon, some days ahead.
    notice.mutable_scheduled_arrival_time()->set_seconds(absl::ToUnixSeconds(
        absl::FromCivil(office_->agenda().today() + days, absl::UTCTimeZone()) +
        absl::Hours(12)));
    return office_
        ->Call<pb::Case>(kCaseManager, "CaseService/NotifyTravel", notice)
        .status();
  }

  template <typename Request>
  absl::Status OnExchange(absl::string_view method, const std::string& name) {
    return office_
        ->CallOn<pb::ExchangeView, Request>(
            kCaseManager, absl::StrCat("ExchangeService/", method), name)
        .status();
  }

  const std::unique_ptr<Office> office_;
  std::map<std::string, File> files_;  // by resource name
  std::set<std::string> contested_;    // studies
};

}  // namespace

int RunHosts(const std::string& profiles, const std::string& caseload) {
  const auto calendars = app::LoadCalendars("");
  const auto people = ReadCaseload(caseload);
  if (!calendars.ok() || !people.ok()) {
    std::cerr << calendars.status() << "\n" << people.status() << std::endl;
    return 1;
  }
  std::map<std::string, std::unique_ptr<Host>> hosts;
  for (const Invented& one : *people) {
    if (hosts.count(one.host) != 0) continue;
    auto office = Office::Open(profiles, one.host, calendars->Of(one.host));
    if (!office.ok()) {
      std::cerr << office.status() << std::endl;
      return 1;
    }
    hosts[one.host] = std::make_unique<Host>(*std::move(office));
  }
  std::map<int, Family> families;
  for (const Invented& one : *people) {
    Family& family = families[one.family];
    family.insert(
        one.relation == pb::Person::PRINCIPAL ? family.begin() : family.end(),
        one);
  }
  bool planned = false;
  const auto work = [&](absl::CivilDay day) {
    if (!planned) {
      for (const auto& [number, family] : families) {
        hosts[family.front().host]->Plan(family, day);
      }
      planned = true;
    }
    for (const auto& [country, host] : hosts) {
      PASSERELLE_RETURN_IF_ERROR(host->Work(day));
    }
    return absl::OkStatus();
  };
  const auto calls = [&] {
    int64_t sum = 0;
    for (const auto& [country, host] : hosts) sum += host->calls();
    return sum;
  };
  return ServeDays(work, calls, [] { return absl::OkStatus(); });
}

}  // namespace passerelle::demo
