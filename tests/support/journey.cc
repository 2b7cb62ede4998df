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

struct Step {
  const char* to;
  const char* from;  // state before; empty: made anew
  const char* who;
  const char* method;
  const char* text;
  int days = 0;  // that pass instead of a call
};

// How each state is reached from another.
const std::vector<Step>& CaseSteps() {
  static const std::vector<Step> steps = {
      {"PROPOSED", "REGISTERED", "iom-tn/cm", "ProposeCase",
       "name: '$name' consent: '$consent'"},
      {"ACCEPTED", "PROPOSED", "iom-ma/fp", "AcceptCase", "name: '$name'"},
      {"DECLINED", "PROPOSED", "iom-ma/fp", "DeclineCase",
       "name: '$name' reason: INCOMPLETE"},
      {"ARRIVED", "ACCEPTED", "iom-ma/fp", "ConfirmArrival",
       "name: '$name' arrival_date { year: 2026 month: 3 day: 1 }"},
      {"CLOSED", "ARRIVED", "iom-ma/fp", "CloseCase",
       "name: '$name' outcome: COMPLETED"},
      {"WITHDRAWN", "PROPOSED", "iom-tn/cm", "WithdrawCase", "name: '$name'"},
      {"ERASED", "ACCEPTED", "iom-tn/dp", "EraseCase",
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

void Walk(TestServer& server, const std::vector<Step>& steps,
          absl::string_view state, const Target& target) {
  for (const Step& step : steps) {
    if (step.to != state) continue;
    Walk(server, steps, step.from, target);
    if (step.days > 0) {
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
}

std::string Made(const Reply& reply) {
  return GetString(*reply.answer, "name");
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
  words.insert({{"name", name},
                {"file", file.name},
                {"consent", file.consent},
                {"plan", file.plan}});
  return words;
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
        {"key",
         DraftDocumentKey(server, "iom-tn").document_key().ShortDebugString()}};
    return target;
  }
  target.file = server.RegisteredFile();
  target.name = target.file.name;
  if (kind == "case") {
    Walk(server, CaseSteps(), state, target);
    return target;
  }
  Walk(server, CaseSteps(), kind == "visit" ? "ARRIVED" : "PROPOSED", target);
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
              approved ? "basis: VITAL_INTERESTS justification: 'Not "
                         "reachable.' expire_time { seconds: 1774000000 } }"
                       : absl::StrCat("basis: CONSENT consent: '",
                                      target.file.consent, "' }"))));
      if (state == "FORWARDABLE") {
        MustSend(server, "iom-tn/cm", "CreateConsent",
                 absl::StrCat("parent: '", target.file.name,
                              "' consent { scope: SHARE_WITH_PARTNER "
                              "recipient: 'missions/ngo-es' language: 'ar' "
                              "form: WRITTEN }"));
      }
      Walk(server, GrantSteps(), state, target);
    }
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
