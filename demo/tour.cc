#include "demo/tour.h"

#include <cstdio>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status_details.h"
#include "common/status_macros.h"
#include "demo/columns.h"
#include "demo/script.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/consent.pb.h"
#include "passerelle/v1/directory.pb.h"
#include "passerelle/v1/evidence.pb.h"
#include "passerelle/v1/grant.pb.h"
#include "passerelle/v1/person.pb.h"
#include "passerelle/v1/plan.pb.h"

namespace passerelle::demo {
namespace {

namespace pb = ::passerelle::v1;

constexpr size_t kLabelWidth = 16;
constexpr size_t kColumnWidth = 21;

struct Step {
  const char* word;  // under which later steps name what was made
  const char* who;
  const char* method;
  const char* text;
};

// A mother and her son, in Tunis; she crossed Spain's mission's country before.
constexpr Step kFile[] = {
    {"file", "tn/cm", "CaseService/CreateCase",
     "case { direction: INBOUND origin_mission: 'missions/iom-ma' "
     "transit_missions: 'missions/iom-es' external_reference: 'TN-TOUR' "
     "principal { given_name: 'Nadia' family_name: 'Exemple' sex: FEMALE "
     "nationality: 'MA' birth_date { year: 1991 month: 5 day: 12 } } }"},
    {"share", "tn/cm", "ConsentService/CreateConsent",
     "parent: '$file' consent { scope: SHARE_WITH_ORIGIN_MISSION recipient: "
     "'missions/iom-ma' language: 'ar' form: WRITTEN }"},
    {"mother", "tn/cm", "PersonService/CreatePerson",
     "parent: '$file' person { relation: PRINCIPAL sex: FEMALE "
     "names { kind: USUAL script: 'Latn' given: 'Nadia' family: 'Exemple' } "
     "names { kind: USUAL script: 'Arab' given: 'نادية' family: 'إكزومبل' } "
     "birth_date { date { year: 1991 month: 5 day: 12 } precision: DAY } "
     "nationalities: 'MA' languages: 'ar' return_region: 'Souss-Massa' "
     "identity_documents { type: NATIONAL_ID number: 'TEST9001' country: 'MA' "
     "} contacts { type: PHONE text: '05 00 00 90 01' country: 'MA' safe: true "
     "} return_reasons: NO_MEANS vulnerabilities { code: STRANDED } }"},
    {"son", "tn/cm", "PersonService/CreatePerson",
     "parent: '$file' person { relation: CHILD sex: MALE names { kind: USUAL "
     "script: 'Latn' given: 'Ilyas' family: 'Exemple' } birth_date { date { "
     "year: 2017 month: 2 day: 3 } precision: DAY } nationalities: 'MA' }"},
    {"plan", "tn/cm", "PlanService/CreatePlan",
     "parent: '$file' plan { outline: 'A bakery.' ceiling { currency: 'MAD' "
     "hundredths: 3000000 } lines { category: INCOME_GENERATING_ACTIVITY "
     "amount { currency: 'MAD' hundredths: 2200000 } } }"},
    {"", "tn/cm", "CaseService/ProposeCase", "name: '$file' consent: '$share'"},
    {"", "ma/fp", "CaseService/AcceptCase", "name: '$file'"},
};

// With whom it is shared, each under a consent of its own.
constexpr Step kShares[] = {
    {"ngo_consent", "tn/cm", "ConsentService/CreateConsent",
     "parent: '$file' consent { scope: SHARE_WITH_PARTNER recipient: "
     "'missions/ngo-tn' language: 'ar' form: WRITTEN }"},
    {"ngo_grant", "tn/fp", "GrantService/CreateGrant",
     "parent: '$file' grant { recipient: 'missions/ngo-tn' mode: READ purpose: "
     "SERVICE_PROVISION basis: CONSENT consent: '$ngo_consent' }"},
    {"", "ngo/sp", "GrantService/AcceptGrant", "name: '$ngo_grant'"},
    {"lp_consent", "tn/cm", "ConsentService/CreateConsent",
     "parent: '$file' consent { scope: SHARE_WITH_ORIGIN_AUTHORITIES "
     "recipient: 'missions/consulate-ma' language: 'ar' form: WRITTEN }"},
    {"lp_grant", "tn/fp", "GrantService/CreateGrant",
     "parent: '$file' grant { recipient: 'missions/consulate-ma' mode: READ "
     "purpose: TRAVEL_DOCUMENTS basis: CONSENT consent: '$lp_consent' }"},
    {"", "consulate/co", "GrantService/AcceptGrant", "name: '$lp_grant'"},
};

struct Partner {
  const char* label;
  const char* who;
};
constexpr Partner kPartners[] = {
    {"Tunis (host)", "tn/cm"},           {"Rabat (origin)", "ma/fp"},
    {"Madrid (transit)", "es/cm"},       {"an NGO in Tunis", "ngo/sp"},
    {"consulate of MA", "consulate/co"},
};
// Rows of the table; what a partner must see in them, in the order above:
// everything the policy gives it and nothing else.
struct Row {
  const char* label;
  const char* seen_by;  // `x` for who sees it
};
constexpr Row kRows[] = {
    {"stage", "xxxxx"},    {"name", "xx.xx"},       {"born", "xx.xx"},
    {"document", "xx..x"}, {"telephone", "xx.x."},  {"region", "xx.x."},
    {"reason", "xx..."},   {"vulnerable", "xx..."}, {"child", "xx.xx"},
    {"plan", "xx..."},
};

using Seen = std::map<std::string, std::string>;  // by row

std::string NameOf(const pb::Person& person) {
  if (person.names().empty()) return "";
  return absl::StrCat(person.names(0).given(), " ", person.names(0).family());
}

std::string VulnerabilitiesOf(const pb::Person& person) {
  std::vector<std::string> codes;
  for (const pb::Vulnerability& one : person.vulnerabilities()) {
    codes.push_back(pb::Vulnerability::Code_Name(one.code()));
  }
  return absl::StrJoin(codes, ", ");
}

void AddPrincipal(const pb::Person& person, Seen* seen) {
  (*seen)["name"] = NameOf(person);
  const auto& born = person.birth_date().date();
  if (born.year() != 0) (*seen)["born"] = absl::StrCat(born.year());
  if (!person.identity_documents().empty()) {
    (*seen)["document"] = person.identity_documents(0).number();
  }
  if (!person.contacts().empty()) {
    (*seen)["telephone"] = person.contacts(0).text();
  }
  (*seen)["region"] = person.return_region();
  if (!person.return_reasons().empty()) {
    (*seen)["reason"] = pb::Person::ReturnReason_Name(person.return_reasons(0));
  }
  (*seen)["vulnerable"] = VulnerabilitiesOf(person);
}

// What a partner is answered; a call that is refused shows nothing.
absl::StatusOr<Seen> Look(Script& script, const std::string& who) {
  Seen seen;
  PASSERELLE_ASSIGN_OR_RETURN(
      const auto file,
      script.Get<pb::Case>(who, "CaseService/GetCase", "name: '$file'"));
  seen["stage"] = pb::Case::Stage_Name(file.stage());
  const auto persons = script.Get<pb::ListPersonsResponse>(
      who, "PersonService/ListPersons", "parent: '$file'");
  if (persons.ok()) {
    for (const pb::Person& person : persons->persons()) {
      if (person.relation() == pb::Person::PRINCIPAL) {
        AddPrincipal(person, &seen);
      } else {
        seen["child"] = NameOf(person);
      }
    }
  }
  const auto plan =
      script.Get<pb::Plan>(who, "PlanService/GetPlan", "name: '$plan'");
  if (plan.ok()) seen["plan"] = plan->outline();
  return seen;
}

absl::Status PrintTable(Script& script) {
  std::vector<Seen> columns;
  std::string head = Padded("", kLabelWidth);
  for (const Partner& partner : kPartners) {
    PASSERELLE_ASSIGN_OR_RETURN(Seen seen, Look(script, partner.who));
    columns.push_back(std::move(seen));
    absl::StrAppend(&head, Padded(partner.label, kColumnWidth));
  }
  std::printf("%s\n", head.c_str());
  bool as_policy = true;
  for (const Row& row : kRows) {
    std::string line = Padded(row.label, kLabelWidth);
    for (size_t i = 0; i < columns.size(); ++i) {
      const std::string& value = columns[i][row.label];
      as_policy = as_policy && (row.seen_by[i] == 'x') == !value.empty();
      absl::StrAppend(&line,
                      Padded(value.empty() ? "-" : Cut(value, kColumnWidth - 1),
                             kColumnWidth));
    }
    std::printf("%s\n", line.c_str());
  }
  if (as_policy) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "a partner sees something else than the policy gives it");
}

// What only officers of one role see, and how a refusal looks.
absl::Status PrintOfficers(Script& script) {
  for (const char* who : {"tn/po", "tn/mo"}) {
    PASSERELLE_ASSIGN_OR_RETURN(
        const auto person,
        script.Get<pb::Person>(who, "PersonService/GetPerson",
                               "name: '$mother'"));
    std::printf("\nTunis's %s officer sees of her: %s",
                who[3] == 'p' ? "protection" : "medical",
                VulnerabilitiesOf(person).c_str());
  }
  for (const char* name : {"$file", "cases/c00000000000000000000000000"}) {
    const auto refused = script.Get<pb::Case>(
        "de/cm", "CaseService/GetCase", absl::StrCat("name: '", name, "'"));
    std::printf("\nBerlin asks for %s: %s",
                name[0] == '$' ? "the file" : "one that does not exist",
                DetailsOf(refused.status()).reason.c_str());
  }
  std::printf("\n");
  return absl::OkStatus();
}

absl::Status PrintAccesses(Script& script) {
  PASSERELLE_ASSIGN_OR_RETURN(const auto listed,
                              script.Get<pb::ListAccessesResponse>(
                                  "tn/fp", "EvidenceService/ListAccesses",
                                  "parent: '$file' page_size: 1000"));
  std::map<std::string, std::pair<int, int>> calls;  // answered, refused
  for (const pb::Access& access : listed.accesses()) {
    auto& [answered, refused] = calls[access.mission()];
    ++(access.refusal() == 0 ? answered : refused);
  }
  std::printf("\nTunis sees who called for it:\n");
  for (const auto& [mission, count] : calls) {
    std::printf("  %s answered %2d, refused %2d\n",
                Padded(mission, kColumnWidth + 4).c_str(), count.first,
                count.second);
  }
  return absl::OkStatus();
}

// A linker leaves out of the program what no code names, and steps name their
// messages in text.
void LinkMessages() {
  google::protobuf::LinkMessageReflection<pb::Consent>();
  google::protobuf::LinkMessageReflection<pb::Grant>();
  google::protobuf::LinkMessageReflection<pb::Mission>();
}

absl::Status Run(Script& script, const Step& step) {
  LinkMessages();
  return script.Make(step.word, step.who, step.method, step.text);
}

// A vulnerability that its officer alone may write.
absl::Status Flag(Script& script, const std::string& who, const char* code) {
  PASSERELLE_ASSIGN_OR_RETURN(
      const auto person, script.Get<pb::Person>(who, "PersonService/GetPerson",
                                                "name: '$mother'"));
  std::string known;
  for (const pb::Vulnerability& one : person.vulnerabilities()) {
    absl::StrAppend(&known, "vulnerabilities { code: ",
                    pb::Vulnerability::Code_Name(one.code()), " } ");
  }
  return script.Make(
      "", who, "PersonService/UpdatePerson",
      absl::StrCat("person { name: '$mother' ", known,
                   "vulnerabilities { code: ", code,
                   " } } update_mask { paths: 'vulnerabilities' } etag: '",
                   person.etag(), "'"));
}

}  // namespace

absl::Status ShowTour(const std::string& profiles) {
  Script script(profiles);
  for (const Step& step : kFile) PASSERELLE_RETURN_IF_ERROR(Run(script, step));
  PASSERELLE_RETURN_IF_ERROR(Flag(script, "tn/mo", "MEDICAL_NEEDS"));
  PASSERELLE_RETURN_IF_ERROR(Flag(script, "tn/po", "TRAFFICKING"));
  for (const Step& step : kShares) {
    PASSERELLE_RETURN_IF_ERROR(Run(script, step));
  }
  std::printf("One file, as five partners see it\n\n");
  PASSERELLE_RETURN_IF_ERROR(PrintTable(script));
  PASSERELLE_RETURN_IF_ERROR(PrintOfficers(script));
  PASSERELLE_RETURN_IF_ERROR(PrintAccesses(script));
  PASSERELLE_RETURN_IF_ERROR(script.Make(
      "", "tn/cm", "ConsentService/WithdrawConsent", "name: '$ngo_consent'"));
  const auto after = script.Get<pb::Person>("ngo/sp", "PersonService/GetPerson",
                                            "name: '$mother'");
  std::printf(
      "\nShe withdraws her consent towards the NGO, which asks again: %s\n",
      after.ok() ? "answered" : DetailsOf(after.status()).reason.c_str());
  return after.ok() ? absl::FailedPreconditionError(
                          "a consent that ended "
                          "still shows the file")
                    : absl::OkStatus();
}

absl::Status RegisterPartners(const std::string& profiles) {
  Script script(profiles);
  constexpr Step kSteps[] = {
      {"", "platform/operator", "DirectoryService/CreateMission",
       "mission_id: 'ngo-tn' mission { display_name: 'An NGO in Tunis' kind: "
       "NGO country: 'TN' accredited: true }"},
      {"", "platform/operator", "DirectoryService/CreateOfficer",
       "parent: 'missions/ngo-tn' officer_id: 'sp' officer { display_name: "
       "'Service provider' roles: SERVICE_PROVIDER }"},
      {"", "platform/operator", "DirectoryService/CreateMission",
       "mission_id: 'consulate-ma' mission { display_name: 'Consulate of "
       "Morocco' kind: CONSULATE country: 'MA' accredited: true }"},
      {"", "platform/operator", "DirectoryService/CreateOfficer",
       "parent: 'missions/consulate-ma' officer_id: 'co' officer { "
       "display_name: 'Consular officer' roles: CONSULAR_OFFICER }"},
  };
  for (const Step& step : kSteps) PASSERELLE_RETURN_IF_ERROR(Run(script, step));
  return absl::OkStatus();
}

}  // namespace passerelle::demo
