#include "tests/support/journey.h"

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "common/signed_note.h"
#include "passerelle/v1/evidence.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "passerelle/v1/mailbox.pb.h"
#include "passerelle/v1/monitoring_visit.pb.h"
#include "tests/support/documents.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;

std::string Made(const Reply& reply) {
  return GetString(*reply.answer, "name");
}

std::string NewPlan(TestServer& server, absl::string_view who,
                    const std::string& file) {
  return Made(MustSend(
      server, who, "CreatePlan",
      absl::StrCat("parent: '", file,
                   "' plan { outline: 'A bakery' ceiling { currency: 'MAD' "
                   "hundredths: 900 } lines { category: CASH amount { "
                   "currency: 'MAD' hundredths: 900 } } }")));
}

std::string DateText(absl::Time time) {
  const absl::CivilDay day = absl::ToCivilDay(time, absl::UTCTimeZone());
  return absl::StrCat("year: ", day.year(), " month: ", day.month(),
                      " day: ", day.day());
}

// The travel of an OUTBOUND file that begins at `begun`.
absl::Time TravelTime(absl::Time begun) { return begun + absl::Hours(24 * 18); }

struct Step {
  const char* to;
  const char* from;  // state before; empty: made anew
  const char* who;
  const char* method;
  const char* text;
  int days = 0;  // that pass instead of a call
  // Done instead of a call.
  void (*act)(TestServer& server, const Target& target) = nullptr;
};

// A study of the file's plan with an opinion.
void AnswerFeasibility(TestServer& server, const Target& target) {
  const std::string study =
      Must<pb::FeasibilityStudy>(server, "iom-tn/cm", "CreateFeasibilityStudy",
                                 absl::StrCat("parent: '", target.file.name,
                                              "' feasibility_study { plan: '",
                                              target.file.plan, "' }"))
          .name();
  MustSend(server, "iom-tn/cm", "RequestFeasibilityStudy",
           absl::StrCat(Named(study), "consent: '", target.file.consent, "'"));
  MustSend(server, "iom-ma/ro", "AssignFeasibilityStudy", Named(study));
  MustSend(server, "iom-ma/ro", "SubmitFeasibilityOpinion",
           Named(study) + "opinion { outcome: FEASIBLE }");
  MustSend(server, "iom-ma/fp", "ValidateFeasibilityOpinion", Named(study));
}

// How each stage of an INBOUND file is reached from another.
const std::vector<Step>& CaseSteps() {
  static const std::vector<Step> steps = {
      {"PROPOSED", "REGISTERED", "iom-tn/cm", "ProposeCase",
       "name: '$name' consent: '$consent'"},
      {"ACCEPTED", "PROPOSED", "iom-ma/fp", "AcceptCase", "name: '$name'"},
      {"DECLINED", "PROPOSED", "iom-ma/fp", "DeclineCase",
       "name: '$name' reason: INCOMPLETE"},
      {"FEASIBLE", "ACCEPTED", "", "", "", 0, &AnswerFeasibility},
      {"PLAN_PRELIMINARY", "FEASIBLE", "iom-tn/cm", "RecordPreliminaryPlan",
       "name: '$name' plan: '$plan'"},
      {"TRAVEL_NOTIFIED", "PLAN_PRELIMINARY", "iom-tn/mv", "NotifyTravel",
       "name: '$name' scheduled_arrival_time { $departure }"},
      {"ARRIVED", "ACCEPTED", "iom-ma/fp", "ConfirmArrival",
       "name: '$name' arrival_date { year: 2026 month: 3 day: 1 }"},
      {"IN_CONTACT", "ARRIVED", "iom-ma/ro", "RecordContact",
       "name: '$name' contact_date { $today }"},
      {"ATTEMPTED1", "ARRIVED", "iom-ma/ro", "RecordContactAttempt",
       "name: '$name'"},
      {"ATTEMPTED2", "ATTEMPTED1", "iom-ma/ro", "RecordContactAttempt",
       "name: '$name'"},
      {"UNREACHABLE", "ATTEMPTED2", "iom-ma/ro", "RecordContactAttempt",
       "name: '$name'"},
      {"PLAN_AGREED", "IN_CONTACT", "iom-ma/ro", "AgreePlan",
       "name: '$name' plan: '$plan' sign_date { $today }"},
      {"IMPLEMENTING", "PLAN_AGREED", "iom-ma/ro", "StartImplementation",
       "name: '$name'"},
      {"MONITORING", "IMPLEMENTING", "iom-ma/ro", "StartMonitoring",
       "name: '$name'"},
      {"CLOSED", "ARRIVED", "iom-ma/fp", "CloseCase",
       "name: '$name' outcome: COMPLETED"},
      {"WITHDRAWN", "PROPOSED", "iom-tn/cm", "WithdrawCase", "name: '$name'"},
      {"PERSON_DECEASED", "ACCEPTED", "iom-tn/fp", "RecordDeath",
       "name: '$name'"},
      {"ADMIN_CLOSED", "ACCEPTED", "iom-tn/fp", "CloseCaseAdministratively",
       "name: '$name' reason: DUPLICATE"},
      {"ERASED", "ACCEPTED", "iom-tn/dp", "EraseCase",
       "name: '$name' reason: PERSON_ASKED"},
  };
  return steps;
}

// Of a retroactive one, from SELF_PRESENTED on.
const std::vector<Step>& RetroactiveSteps() {
  static const std::vector<Step> steps = {
      {"PROPOSED", "SELF_PRESENTED", "iom-ma/fp", "ProposeCase",
       "name: '$name' consent: '$consent'"},
      {"ARRIVED", "PROPOSED", "iom-tn/fp", "AcceptCase", "name: '$name'"},
      {"DECLINED", "PROPOSED", "iom-tn/fp", "DeclineCase",
       "name: '$name' reason: PERSON_UNKNOWN"},
  };
  return steps;
}

// Of an OUTBOUND one, from CONTACTED on.
const std::vector<Step>& OutboundSteps() {
  static const std::vector<Step> steps = {
      {"REGISTERED", "CONTACTED", "iom-tn/cm", "RegisterCase",
       "name: '$name' principal { given_name: 'Salma' family_name: 'Essai' "
       "sex: FEMALE nationality: 'MA' birth_date { year: 1994 month: 3 day: 9 "
       "} } privacy_notice { notice_date { $today } language: 'ar' } "
       "consent: '$keep'"},
      {"COUNSELLED", "REGISTERED", "iom-tn/cm", "RecordCounselling",
       "name: '$name' counselling_date { $today } alternatives_explained: "
       "true"},
      {"ELIGIBLE", "COUNSELLED", "iom-tn/fp", "DecideEligibility",
       "name: '$name' eligibility { decision: CAN_ASSIST funding_line: 'EU-1' "
       "}"},
      {"INELIGIBLE", "COUNSELLED", "iom-tn/fp", "DecideEligibility",
       "name: '$name' eligibility { decision: CANNOT_ASSIST ground: "
       "NO_FUNDING }"},
      {"IN_PREPARATION", "ELIGIBLE", "iom-tn/cm", "SignDeclaration",
       "name: '$name' declaration { sign_date { $today } language: 'ar' "
       "understood: true }"},
      {"MEDICAL", "IN_PREPARATION", "iom-tn/mo", "RecordMedicalGate",
       "name: '$name' state: GREEN"},
      {"DOCUMENT", "MEDICAL", "iom-tn/mv", "RecordTravelDocumentGate",
       "name: '$name' state: GREEN"},
      {"PROTECTION", "DOCUMENT", "iom-tn/po", "RecordProtectionGate",
       "name: '$name' state: GREEN"},
      {"READY", "PROTECTION", "iom-ma/fp", "RecordOriginGate",
       "name: '$name' state: GREEN"},
      {"BOOKED", "READY", "iom-tn/mv", "BookTravel",
       "name: '$name' departure_time { $departure } has_passport: true"},
      {"TWO_DAYS_BEFORE", "BOOKED", "", "", "", 16},
      {"DEPARTING", "TWO_DAYS_BEFORE", "iom-tn/mv", "RecordPreEmbarkationCheck",
       "name: '$name' consent_confirmed: true"},
      {"DEPARTED", "DEPARTING", "iom-tn/mv", "RecordDeparture",
       "name: '$name' departure_date { $today }"},
      {"ARRIVED", "DEPARTED", "iom-ma/ro", "ConfirmArrival",
       "name: '$name' arrival_date { $today }"},
      {"REINTEGRATION", "ARRIVED", "iom-ma/fp", "TakeOverCase",
       "name: '$name'"},
      {"MONITORING", "REINTEGRATION", "iom-ma/ro", "StartMonitoring",
       "name: '$name'"},
      {"CLOSED", "MONITORING", "iom-ma/fp", "CloseCase",
       "name: '$name' outcome: COMPLETED"},
      {"PROTECTION_HOLD", "IN_PREPARATION", "iom-tn/cm", "HoldForProtection",
       "name: '$name' concerns: DURESS"},
      {"SUSPENDED", "IN_PREPARATION", "iom-tn/mo", "SuspendCase",
       "name: '$name' reason: HEALTH review_date { $travel_day }"},
      {"WITHDRAWN", "IN_PREPARATION", "iom-tn/cm", "WithdrawCase",
       "name: '$name'"},
      {"PERSON_DECEASED", "IN_PREPARATION", "iom-ma/fp", "RecordDeath",
       "name: '$name'"},
      {"ADMIN_CLOSED", "CONTACTED", "iom-tn/fp", "CloseCaseAdministratively",
       "name: '$name' reason: CONTACT_LOST"},
      {"ERASED", "IN_PREPARATION", "iom-tn/dp", "EraseCase",
       "name: '$name' reason: PERSON_ASKED"},
  };
  return steps;
}

const std::vector<Step>& StudySteps() {
  static const std::vector<Step> steps = {
      {"REQUESTED", "DRAFT", "iom-tn/cm", "RequestFeasibilityStudy",
       "name: '$name' consent: '$consent'"},
      {"ASSIGNED", "REQUESTED", "iom-ma/ro", "AssignFeasibilityStudy",
       "name: '$name'"},
      {"FIELD_CHECK", "ASSIGNED", "iom-ma/ro", "StartFieldCheck",
       "name: '$name'"},
      {"CLARIFICATION", "ASSIGNED", "iom-ma/ro", "AskClarification",
       "name: '$name' question: 'A licence?'"},
      {"OPINION_DRAFTED", "ASSIGNED", "iom-ma/ro", "SubmitFeasibilityOpinion",
       "name: '$name' opinion { outcome: FEASIBLE }"},
      {"OPINION", "OPINION_DRAFTED", "iom-ma/fp", "ValidateFeasibilityOpinion",
       "name: '$name'"},
      {"ACKNOWLEDGED", "OPINION", "iom-tn/cm", "AcknowledgeFeasibilityOpinion",
       "name: '$name'"},
      {"CONTESTED", "OPINION", "iom-tn/fp", "ContestFeasibilityOpinion",
       "name: '$name' reason: 'The oven is paid.'"},
      {"DECLINED", "REQUESTED", "iom-ma/fp", "DeclineFeasibilityStudy",
       "name: '$name' reason: NO_CAPACITY"},
      {"LAPSED", "REQUESTED", "", "", "", 40},
      {"EXPIRED", "ACKNOWLEDGED", "", "", "", 200},
      {"WITHDRAWN", "REQUESTED", "iom-tn/cm", "WithdrawExchange",
       "name: '$name'"},
      {"INVALIDATED", "REQUESTED", "iom-tn/fp", "InvalidateExchange",
       "name: '$name' reason: WRONG_FILE"},
      {"CLOSED", "ACKNOWLEDGED", "iom-tn/fp", "CloseExchange", "name: '$name'"},
  };
  return steps;
}

const std::vector<Step>& VisitSteps() {
  static const std::vector<Step> steps = {
      {"ATTEMPTED", "PLANNED", "iom-ma/ro", "RecordVisitAttempt",
       "name: '$name'"},
      {"ATTEMPTED2", "ATTEMPTED", "iom-ma/ro", "RecordVisitAttempt",
       "name: '$name'"},
      {"UNREACHABLE", "ATTEMPTED2", "iom-ma/ro", "RecordVisitAttempt",
       "name: '$name'"},
      {"VISITED", "PLANNED", "iom-ma/ro", "RecordVisit",
       "name: '$name' visit_date { year: 2026 month: 3 day: 2 } "
       "method: PHONE"},
      {"SUBMITTED", "VISITED", "iom-ma/ro", "SubmitVisitReport",
       "name: '$name' report { activity_status: RUNNING findings: 'Busy.' }"},
      {"VALIDATED", "SUBMITTED", "iom-ma/me", "ValidateVisitReport",
       "name: '$name'"},
      {"VOIDED", "SUBMITTED", "iom-ma/me", "InvalidateExchange",
       "name: '$name' reason: WRONG_FILE"},
      {"CLOSED", "VALIDATED", "iom-ma/me", "CloseExchange", "name: '$name'"},
      {"WITHDRAWN", "PLANNED", "iom-ma/ro", "WithdrawExchange",
       "name: '$name'"},
  };
  return steps;
}

const std::vector<Step>& ConsentSteps() {
  static const std::vector<Step> steps = {
      {"WITHDRAWN", "GIVEN", "iom-tn/cm", "WithdrawConsent", "name: '$name'"},
  };
  return steps;
}

const std::vector<Step>& GrantSteps() {
  static const std::vector<Step> steps = {
      {"IN_FORCE", "OFFERED", "ngo-tn/fp", "AcceptGrant", "name: '$name'"},
  };
  return steps;
}

const std::vector<Step>& EmergencySteps() {
  static const std::vector<Step> steps = {
      {"REVIEW_OVERDUE", "IN_FORCE", "", "", "", 1},
      {"REVIEWED", "IN_FORCE", "iom-tn/dp", "ReviewEmergencyAccess",
       "name: '$name' finding: JUSTIFIED"},
  };
  return steps;
}

const std::vector<Step>& HoldSteps() {
  static const std::vector<Step> steps = {
      {"IN_FORCE", "AWAITING_APPROVAL", "iom-tn/dp", "ApproveLegalHold",
       "name: '$name'"},
      {"AWAITING_RELEASE", "IN_FORCE", "iom-tn/fp", "RequestLegalHoldRelease",
       "name: '$name'"},
      {"RELEASED", "AWAITING_RELEASE", "iom-tn/dp", "ApproveLegalHoldRelease",
       "name: '$name'"},
      {"REFUSED", "AWAITING_APPROVAL", "iom-tn/dp", "RefuseLegalHold",
       "name: '$name'"},
  };
  return steps;
}

void Walk(TestServer& server, const std::vector<Step>& steps,
          absl::string_view state, const Target& target) {
  for (const Step& step : steps) {
    if (step.to != state) continue;
    Walk(server, steps, step.from, target);
    if (step.act != nullptr) {
      step.act(server, target);
    } else if (step.days > 0) {
      server.clock().Advance(absl::Hours(24 * step.days));
      server.SettleTimers();
    } else {
      const MessagePtr request =
          MakeRequest(step.method, step.text, target.words());
      const Reply reply = Send(server, step.who, step.method, *request);
      if (!reply.ok()) {
        std::fprintf(stderr, "%s: %s\n", step.method,
                     reply.status.ToString().c_str());
        std::abort();
      }
    }
    return;
  }
  // Where the steps begin nothing is to be done.
  if (state.empty()) return;
  for (const Step& step : steps) {
    if (step.from == state) return;
  }
  std::fprintf(stderr, "no step leads to %s\n", std::string(state).c_str());
  std::abort();
}

void BringDocument(TestServer& server, absl::string_view state,
                   Target* target) {
  const DocumentDraft draft = DraftDocument(target->file, 256 * 1024 + 100);
  target->more = {{"document", draft.request.document().ShortDebugString()},
                  {"chunk", absl::CEscape(draft.chunks.back())}};
  if (state.empty()) return;
  const bool whole = state == "AVAILABLE" || state == "RECALLED";
  target->name = SendDraft(server, "iom-tn/cm", draft, whole ? 1000 : 1).name();
  if (state == "RECALLED" || state == "ABANDONED") {
    MustSend(server, "iom-tn/cm", "RecallDocument", Named(target->name));
  }
}

}  // namespace

std::map<std::string, std::string> Target::words() const {
  std::map<std::string, std::string> words = more;
  words.insert(
      {{"name", name},
       {"file", file.name},
       {"consent", file.consent},
       {"keep", file.consent},
       {"plan", file.plan},
       {"today", DateText(begun)},
       {"travel_day", DateText(TravelTime(begun))},
       {"departure",
        absl::StrCat("seconds: ", absl::ToUnixSeconds(TravelTime(begun)))}});
  return words;
}

Target OutboundContact(TestServer& server) {
  Target target;
  target.begun = server.clock().Now();
  target.name =
      Must<pb::Case>(server, "iom-tn/cm", "CreateCase",
                     absl::StrCat("case { direction: OUTBOUND origin_mission: "
                                  "'missions/iom-ma' transit_missions: "
                                  "'missions/iom-es' travel_date { ",
                                  DateText(TravelTime(target.begun)), " } }"))
          .name();
  target.file.name = target.name;
  target.file.consent =
      Made(MustSend(server, "iom-tn/cm", "CreateConsent",
                    absl::StrCat("parent: '", target.name,
                                 "' consent { scope: "
                                 "SHARE_WITH_ORIGIN_MISSION recipient: "
                                 "'missions/iom-ma' language: 'ar' form: "
                                 "WRITTEN }")));
  target.more["keep"] = Made(MustSend(
      server, "iom-tn/cm", "CreateConsent",
      absl::StrCat("parent: '", target.name,
                   "' consent { scope: KEEP_FILE language: 'ar' form: WRITTEN "
                   "}")));
  target.file.plan = NewPlan(server, "iom-tn/cm", target.name);
  return target;
}

Target RetroactiveFile(TestServer& server) {
  Target target;
  target.begun = server.clock().Now();
  target.name =
      Must<pb::Case>(
          server, "iom-ma/ro", "OpenRetroactiveCase",
          "case { direction: INBOUND origin_mission: 'missions/iom-ma' "
          "transit_missions: 'missions/iom-es' principal { given_name: 'Salma' "
          "family_name: 'Essai' sex: FEMALE nationality: 'MA' birth_date { "
          "year: 1994 month: 3 day: 9 } } } host_mission: 'missions/iom-tn' "
          "arrival_date { year: 2026 month: 2 day: 10 }")
          .name();
  target.file.name = target.name;
  target.file.consent = Made(MustSend(
      server, "iom-ma/fp", "CreateConsent",
      absl::StrCat("parent: '", target.name,
                   "' consent { scope: SHARE_WITH_HOST_MISSION recipient: "
                   "'missions/iom-tn' language: 'ar' form: WRITTEN }")));
  target.file.plan = NewPlan(server, "iom-ma/ro", target.name);
  return target;
}

Target Bring(TestServer& server, absl::string_view wanted) {
  const std::pair<std::string, std::string> split =
      absl::StrSplit(wanted, absl::MaxSplits(':', 1));
  const auto& [kind, state] = split;
  Target target;
  if (kind == "mission") {
    target.name = "missions/iom-de";
    return target;
  }
  if (kind == "officer") {
    target.name = "missions/iom-tn/officers/po";
    return target;
  }
  if (kind == "checkpoint") {
    target.name = "missions/iom-de";
    const auto checkpoint =
        Must<pb::Checkpoint>(server, "iom-tn", "GetLatestCheckpoint", "");
    const auto key = note::SignerKey::Generate(
        "passerelle.test/missions/iom-tn", note::KeyType::kCosigner);
    target.more = {
        {"size", absl::StrCat(checkpoint.tree_size())},
        {"key", key.verifier().Text()},
        {"line", key.Sign(note::Split(checkpoint.note())->text, absl::Now())}};
    return target;
  }
  if (kind == "key") {
    pb::CreateDocumentKeyRequest create = DraftDocumentKey(server, "iom-tn");
    create.set_request_id(NewId());
    const Reply made = Send(server, "iom-tn/fp", "CreateDocumentKey", create);
    target.name = Made(made);
    target.more = {
        {"new_key",
         DraftDocumentKey(server, "iom-tn").document_key().ShortDebugString()}};
    return target;
  }
  if (kind == "outbound" || kind == "retroactive") {
    const bool outbound = kind == "outbound";
    target = outbound ? OutboundContact(server) : RetroactiveFile(server);
    Walk(server, outbound ? OutboundSteps() : RetroactiveSteps(), state,
         target);
    return target;
  }
  target.begun = server.clock().Now();
  target.file = server.RegisteredFile();
  target.name = target.file.name;
  if (kind == "case") {
    Walk(server, CaseSteps(), state, target);
    return target;
  }
  Walk(server, CaseSteps(), kind == "visit" ? "ARRIVED" : "ACCEPTED", target);
  if (kind == "document") {
    BringDocument(server, state, &target);
  } else if (kind == "consent") {
    target.name = target.file.consent;
    Walk(server, ConsentSteps(), state, target);
  } else if (kind == "person") {
    target.name = Made(MustSend(
        server, "iom-tn/cm", "CreatePerson",
        absl::StrCat("parent: '", target.file.name,
                     "' person { relation: CHILD sex: MALE names { kind: USUAL "
                     "given: 'Adam' } birth_date { date { year: 2019 } "
                     "precision: YEAR } nationalities: 'MA' }")));
  } else if (kind == "partner" || kind == "grant") {
    target.file.consent = Made(MustSend(
        server, "iom-tn/cm", "CreateConsent",
        absl::StrCat("parent: '", target.file.name,
                     "' consent { scope: SHARE_WITH_PARTNER recipient: "
                     "'missions/ngo-tn' language: 'ar' form: WRITTEN }")));
    target.name = target.file.consent;
    if (kind == "grant") {
      const bool approved = state == "AWAITING_APPROVAL";
      target.name = Made(MustSend(
          server, "iom-tn/fp", "CreateGrant",
          absl::StrCat(
              "parent: '", target.file.name,
              "' grant { recipient: 'missions/ngo-tn' mode: READ purpose: "
              "SERVICE_PROVISION ",
              approved
                  ? absl::StrCat("basis: VITAL_INTERESTS justification: 'Not "
                                 "reachable.' expire_time { seconds: ",
                                 absl::ToUnixSeconds(TravelTime(target.begun)),
                                 " } }")
                  : absl::StrCat("basis: CONSENT consent: '",
                                 target.file.consent, "' }"))));
      if (state == "FORWARDABLE") {
        MustSend(server, "iom-tn/cm", "CreateConsent",
                 absl::StrCat("parent: '", target.file.name,
                              "' consent { scope: SHARE_WITH_PARTNER "
                              "recipient: 'missions/ngo-es' language: 'ar' "
                              "form: WRITTEN }"));
      }
      if (state == "IN_FORCE") Walk(server, GrantSteps(), state, target);
    }
  } else if (kind == "emergency") {
    target.name = Made(MustSend(
        server, "iom-ma/po", "BreakGlass",
        absl::StrCat("parent: '", target.file.name,
                     "' emergency_access { ground: LIFE_IN_DANGER classes: "
                     "MEDICAL justification: 'Found unconscious.' }")));
    Walk(server, EmergencySteps(), state, target);
  } else if (kind == "hold") {
    target.name = Made(MustSend(
        server, "iom-tn/fp", "PlaceLegalHold",
        absl::StrCat("parent: '", target.file.name,
                     "' legal_hold { ground: LITIGATION reference: '12/26' "
                     "}")));
    Walk(server, HoldSteps(), state, target);
  } else if (kind == "plan") {
    target.name = target.file.plan;
  } else if (kind == "study") {
    target.name = Made(MustSend(
        server, "iom-tn/cm", "CreateFeasibilityStudy",
        absl::StrCat("parent: '", target.file.name,
                     "' feasibility_study { question: 'Room for a bakery?' "
                     "plan: '",
                     target.file.plan, "' }")));
    Walk(server, StudySteps(), state, target);
  } else if (kind == "visit") {
    target.name = Made(MustSend(
        server, "iom-ma/ro", "CreateMonitoringVisit",
        absl::StrCat("parent: '", target.file.name,
                     "' monitoring_visit { planned_date { year: 2026 month: 4 "
                     "day: 1 } }")));
    Walk(server, VisitSteps(), state, target);
  }
  return target;
}

Reply Look(TestServer& server, absl::string_view who, const std::string& name) {
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"/feasibilityStudies/", "GetFeasibilityStudy"},
      {"/visits/", "GetMonitoringVisit"},
      {"/plans/", "GetPlan"},
      {"/consents/", "GetConsent"},
      {"/persons/", "GetPerson"},
      {"/documents/", "GetDocument"},
      {"/documentKeys/", "GetDocumentKey"},
      {"/grants/", "GetGrant"},
      {"/legalHolds/", "GetLegalHold"},
      {"/emergencyAccesses/", "GetEmergencyAccess"},
      {"/officers/", "GetOfficer"},
      {"missions/", "GetMission"},
      {"cases/", "GetCase"}};
  for (const auto& [part, method] : kinds) {
    if (absl::StrContains(name, part)) {
      return Send(server, who, method, Named(name));
    }
  }
  return {absl::InvalidArgumentError(name), "", "", nullptr};
}

std::vector<std::string> Events(TestServer& server, absl::string_view mission,
                                absl::string_view resource) {
  std::vector<std::string> events;
  int64_t after = 0;
  while (true) {
    const auto page = Must<pb::FetchMailboxResponse>(
        server, mission, "FetchMailbox",
        absl::StrCat("max_entries: 1000 after_sequence: ", after));
    if (page.entries().empty()) return events;
    for (const pb::MailboxEntry& entry : page.entries()) {
      after = entry.sequence();
      if (resource.empty() || entry.resource() == resource) {
        events.push_back(entry.event());
      }
    }
  }
}

}  // namespace passerelle::testing
