#include "tests/support/arrange.h"

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "clients/cpp/request_id.h"
#include "passerelle/v1/directory.pb.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
namespace options = ::passerelle::options::v1;

// Arranging must not fail quietly.
template <typename T>
T OrDie(absl::StatusOr<T> result, absl::string_view what) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s: %s\n", std::string(what).c_str(),
                 result.status().ToString().c_str());
    std::abort();
  }
  return *std::move(result);
}

using Officers =
    std::vector<std::pair<std::string, std::vector<options::OfficerRole>>>;

void RegisterMission(client::Client& operator_, const std::string& id,
                     options::MissionKind kind, const std::string& country,
                     const Officers& officers) {
  pb::CreateMissionRequest request;
  request.set_mission_id(id);
  request.mutable_mission()->set_display_name(id);
  request.mutable_mission()->set_kind(kind);
  request.mutable_mission()->set_country(country);
  request.mutable_mission()->set_accredited(true);
  OrDie(operator_.Call<pb::Mission>(
            "passerelle.v1.DirectoryService/CreateMission", request),
        "mission");
  for (const auto& [officer, roles] : officers) {
    pb::CreateOfficerRequest create;
    create.set_parent(absl::StrCat("missions/", id));
    create.set_officer_id(officer);
    create.mutable_officer()->set_display_name(officer);
    for (const options::OfficerRole role : roles) {
      create.mutable_officer()->add_roles(role);
    }
    OrDie(operator_.Call<pb::Officer>(
              "passerelle.v1.DirectoryService/CreateOfficer", create),
          "officer");
  }
}

}  // namespace

std::string NewId() { return client::NewRequestId(); }

pb::Case SampleCase() {
  pb::Case file;
  file.set_direction(pb::Case::INBOUND);
  file.set_origin_mission("missions/iom-ma");
  file.add_transit_missions("missions/iom-es");
  pb::PersonSummary* person = file.mutable_principal();
  person->set_given_name("Salma");
  person->set_family_name("Essai");
  person->set_sex(pb::PersonSummary::FEMALE);
  person->mutable_birth_date()->set_year(1994);
  person->mutable_birth_date()->set_month(3);
  person->mutable_birth_date()->set_day(9);
  person->set_nationality("MA");
  person->set_return_region("Souss-Massa");
  return file;
}

pb::Plan SamplePlan() {
  pb::Plan plan;
  plan.set_outline("A bakery in the quarter where her sister lives.");
  plan.set_location("Agadir");
  plan.add_skills("baking");
  plan.mutable_ceiling()->set_currency("MAD");
  plan.mutable_ceiling()->set_hundredths(3000000);
  pb::PlanLine* line = plan.add_lines();
  line->set_category(pb::PlanLine::INCOME_GENERATING_ACTIVITY);
  line->set_description("Oven");
  line->mutable_amount()->set_currency("MAD");
  line->mutable_amount()->set_hundredths(2200000);
  return plan;
}

void RegisterMissions(client::Client& operator_) {
  for (const char* country : {"TN", "MA", "ES", "DE"}) {
    RegisterMission(operator_,
                    absl::StrCat("iom-", absl::AsciiStrToLower(country)),
                    options::IOM_MISSION, country,
                    {{"cm", {options::CASE_MANAGER}},
                     {"fp", {options::FOCAL_POINT}},
                     {"ro", {options::REINTEGRATION_OFFICER}},
                     {"ro2", {options::REINTEGRATION_OFFICER}},
                     {"me", {options::MONITORING_OFFICER}},
                     {"po", {options::PROTECTION_OFFICER}},
                     {"mo", {options::MEDICAL_OFFICER}},
                     {"mv", {options::MOVEMENT_OFFICER}},
                     {"dp", {options::DATA_PROTECTION_OFFICER}}});
  }
  RegisterMission(operator_, "ngo-tn", options::NGO, "TN",
                  {{"fp", {options::SERVICE_PROVIDER}}});
  RegisterMission(operator_, "ngo-es", options::NGO, "ES",
                  {{"fp", {options::SERVICE_PROVIDER}}});
  RegisterMission(operator_, "consulate-ma", options::CONSULATE, "MA",
                  {{"fp", {options::CONSULAR_OFFICER}}});
}

ArrangedFile RegisteredFile(client::Client& host) {
  pb::CreateCaseRequest create;
  *create.mutable_case_() = SampleCase();
  ArrangedFile file;
  file.name =
      OrDie(host.Call<pb::Case>("passerelle.v1.CaseService/CreateCase", create),
            "case")
          .name();
  pb::CreateConsentRequest consent;
  consent.set_parent(file.name);
  consent.mutable_consent()->set_scope(pb::Consent::SHARE_WITH_ORIGIN_MISSION);
  consent.mutable_consent()->set_recipient("missions/iom-ma");
  consent.mutable_consent()->set_language("ar");
  consent.mutable_consent()->set_form(pb::Consent::WRITTEN);
  file.consent =
      OrDie(host.Call<pb::Consent>("passerelle.v1.ConsentService/CreateConsent",
                                   consent),
            "consent")
          .name();
  pb::CreatePlanRequest plan;
  plan.set_parent(file.name);
  *plan.mutable_plan() = SamplePlan();
  file.plan =
      OrDie(host.Call<pb::Plan>("passerelle.v1.PlanService/CreatePlan", plan),
            "plan")
          .name();
  return file;
}

ArrangedFile ProposedFile(client::Client& host) {
  const ArrangedFile file = RegisteredFile(host);
  pb::ProposeCaseRequest propose;
  propose.set_name(file.name);
  propose.set_consent(file.consent);
  OrDie(host.Call<pb::Case>("passerelle.v1.CaseService/ProposeCase", propose),
        "propose");
  return file;
}

pb::FeasibilityStudy RequestedStudy(client::Client& host,
                                    const ArrangedFile& file) {
  pb::CreateFeasibilityStudyRequest create;
  create.set_parent(file.name);
  create.mutable_feasibility_study()->set_plan(file.plan);
  create.mutable_feasibility_study()->set_question(
      "Is there room for another bakery?");
  const auto draft =
      OrDie(host.Call<pb::FeasibilityStudy>(
                "passerelle.v1.FeasibilityStudyService/CreateFeasibilityStudy",
                create),
            "study");
  pb::RequestFeasibilityStudyRequest request;
  request.set_name(draft.name());
  request.set_consent(file.consent);
  return OrDie(
      host.Call<pb::FeasibilityStudy>(
          "passerelle.v1.FeasibilityStudyService/RequestFeasibilityStudy",
          request),
      "request study");
}

}  // namespace passerelle::testing
