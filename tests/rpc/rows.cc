#include "tests/rpc/rows.h"

#include <cstdlib>

namespace passerelle::testing {
namespace {

constexpr char kNewCase[] =
    "case { direction: INBOUND origin_mission: 'missions/iom-ma' principal { "
    "given_name: 'Salma' family_name: 'Essai' sex: FEMALE nationality: 'MA' "
    "birth_date { year: 1994 month: 3 day: 9 } } }";
constexpr char kNewPlan[] =
    "parent: '$file' plan { outline: 'Bakery' ceiling { currency: 'MAD' "
    "hundredths: 900 } lines { category: CASH amount { currency: 'MAD' "
    "hundredths: 900 } } }";
constexpr char kName[] = "name: '$name'";

std::vector<Row> MakeRows() {
  return {
      // Directory.
      {"GetMission", "iom-tn", "mission:", kName},
      {"ListMissions", "iom-tn", "mission:", "page_size: 2"},
      {"CreateMission", "platform/operator", "mission:",
       "mission_id: 'ngo-one' mission { display_name: 'One' kind: NGO "
       "country: 'TN' }",
       "mission { accredited: true }"},
      {"UpdateMission", "platform/operator", "mission:",
       "mission { name: '$name' display_name: 'IOM Germany' } etag: '$etag'"},
      {"GetOfficer", "iom-tn", "officer:", kName},
      {"ListOfficers", "iom-tn", "officer:", "parent: 'missions/iom-tn'"},
      {"CreateOfficer", "iom-tn/fp", "officer:",
       "parent: 'missions/iom-tn' officer_id: 'new-one' officer { "
       "display_name: 'New' roles: CASE_MANAGER }",
       "officer { display_name: 'Other' }"},
      {"UpdateOfficer", "iom-tn/fp", "officer:",
       "officer { name: '$name' display_name: 'Renamed' } etag: '$etag'"},
      // Cases.
      {"GetCase", "iom-ma/fp", "case:ACCEPTED", kName},
      {"ListCases", "iom-ma/fp", "case:ACCEPTED", "page_size: 5"},
      {"CreateCase", "iom-tn/cm", "mission:", kNewCase,
       "case { external_reference: 'other' }"},
      {"UpdateCase", "iom-tn/cm", "case:REGISTERED",
       "case { name: '$name' external_reference: 'TN-1' } etag: '$etag'"},
      {"ProposeCase", "iom-tn/cm", "case:REGISTERED",
       "name: '$name' consent: '$consent'"},
      {"AcceptCase", "iom-ma/fp", "case:PROPOSED", kName},
      {"DeclineCase", "iom-ma/fp", "case:PROPOSED",
       "name: '$name' reason: INCOMPLETE"},
      {"ConfirmArrival", "iom-ma/ro", "case:ACCEPTED",
       "name: '$name' arrival_date { year: 2026 month: 3 day: 1 }"},
      {"WithdrawCase", "iom-tn/cm", "case:ACCEPTED", kName},
      {"RecordPreliminaryPlan", "iom-ma/ro", "case:FEASIBLE",
       "name: '$name' plan: '$plan'"},
      {"NotifyTravel", "iom-tn/mv", "case:PLAN_PRELIMINARY",
       "name: '$name' scheduled_arrival_time { $departure }"},
      {"RecordContact", "iom-ma/ro", "case:ARRIVED",
       "name: '$name' contact_date { $today }"},
      {"RecordContactAttempt", "iom-ma/ro", "case:IN_CONTACT", kName},
      {"AgreePlan", "iom-ma/ro", "case:IN_CONTACT",
       "name: '$name' plan: '$plan' sign_date { $today }"},
      {"StartImplementation", "iom-ma/ro", "case:PLAN_AGREED", kName},
      {"StartMonitoring", "iom-ma/ro", "case:IMPLEMENTING", kName},
      {"OpenRetroactiveCase", "iom-ma/ro", "mission:",
       "case { direction: INBOUND origin_mission: 'missions/iom-ma' principal "
       "{ given_name: 'Salma' family_name: 'Essai' sex: FEMALE nationality: "
       "'MA' birth_date { year: 1994 month: 3 day: 9 } } } host_mission: "
       "'missions/iom-tn' arrival_date { year: 2026 month: 2 day: 10 }",
       "case { external_reference: 'other' }"},
      {"RegisterCase", "iom-tn/cm", "outbound:CONTACTED",
       "name: '$name' principal { given_name: 'Salma' family_name: 'Essai' "
       "sex: FEMALE nationality: 'MA' birth_date { year: 1994 month: 3 day: 9 "
       "} } privacy_notice { notice_date { $today } language: 'ar' } "
       "consent: '$keep'"},
      {"RecordCounselling", "iom-tn/cm", "outbound:REGISTERED",
       "name: '$name' counselling_date { $today } alternatives_explained: "
       "true"},
      {"HoldForProtection", "iom-tn/cm", "outbound:COUNSELLED",
       "name: '$name' concerns: TRAFFICKING"},
      {"ClearProtectionHold", "iom-tn/po", "outbound:PROTECTION_HOLD",
       "name: '$name' decision { ground: UNFOUNDED note: 'Heard alone.' }"},
      {"DecideEligibility", "iom-tn/fp", "outbound:COUNSELLED",
       "name: '$name' eligibility { decision: CAN_ASSIST funding_line: 'EU-1' "
       "}"},
      {"SignDeclaration", "iom-tn/cm", "outbound:ELIGIBLE",
       "name: '$name' declaration { sign_date { $today } language: 'ar' "
       "understood: true }"},
      {"RecordMedicalGate", "iom-tn/mo", "outbound:IN_PREPARATION",
       "name: '$name' state: GREEN"},
      {"RecordTravelDocumentGate", "iom-tn/mv", "outbound:IN_PREPARATION",
       "name: '$name' state: RED reason: DOCUMENT_REFUSED"},
      {"RecordProtectionGate", "iom-tn/po", "outbound:IN_PREPARATION",
       "name: '$name' state: GREEN"},
      {"RecordOriginGate", "iom-ma/fp", "outbound:PROTECTION",
       "name: '$name' state: GREEN"},
      {"BookTravel", "iom-tn/mv", "outbound:READY",
       "name: '$name' departure_time { $departure } has_passport: true"},
      {"RecordPreEmbarkationCheck", "iom-tn/mv", "outbound:TWO_DAYS_BEFORE",
       "name: '$name' consent_confirmed: true"},
      {"PostponeDeparture", "iom-tn/mv", "outbound:DEPARTING",
       "name: '$name' reason: MISSED"},
      {"RecordDeparture", "iom-tn/mv", "outbound:DEPARTING",
       "name: '$name' departure_date { $today }"},
      {"TakeOverCase", "iom-ma/fp", "outbound:ARRIVED", kName},
      {"SuspendCase", "iom-tn/mo", "outbound:IN_PREPARATION",
       "name: '$name' reason: HEALTH review_date { $travel_day }"},
      {"ResumeCase", "iom-tn/mo", "outbound:SUSPENDED", kName},
      {"RecordDeath", "iom-ma/fp", "outbound:IN_PREPARATION", kName},
      {"CloseCaseAdministratively", "iom-tn/fp", "outbound:CONTACTED",
       "name: '$name' reason: CONTACT_LOST"},
      {"CloseCase", "iom-ma/fp", "case:ARRIVED",
       "name: '$name' outcome: COMPLETED"},
      {"EraseCase", "iom-tn/dp", "case:ARRIVED",
       "name: '$name' reason: PERSON_ASKED"},
      {"ConfirmErasure", "iom-ma/fp", "case:ERASED", kName},
      // Consents and plans.
      {"GetConsent", "iom-ma/fp", "consent:", kName},
      {"ListConsents", "iom-ma/fp", "consent:", "parent: '$file'"},
      {"CreateConsent", "iom-tn/cm", "consent:",
       "parent: '$file' consent { scope: SHARE_WITH_ORIGIN_MISSION "
       "recipient: 'missions/iom-ma' language: 'ar' form: WRITTEN }",
       "consent { language: 'fr' }"},
      {"WithdrawConsent", "iom-tn/cm", "consent:", kName},
      {"ConfirmRecall", "iom-ma/fp", "consent:WITHDRAWN", kName,
       "comment: 'locked'", Row::Sight::kNever},
      // Persons and grants.
      {"GetPerson", "iom-ma/fp", "person:", kName},
      {"ListPersons", "iom-ma/fp", "person:", "parent: '$file'"},
      {"CreatePerson", "iom-tn/cm", "consent:",
       "parent: '$file' person { relation: SPOUSE sex: MALE names { kind: "
       "USUAL given: 'Karim' } }",
       "person { sex: FEMALE }"},
      {"UpdatePerson", "iom-tn/cm", "person:",
       "person { name: '$name' return_region: 'Souss' } etag: '$etag'"},
      {"RemovePerson", "iom-tn/cm", "person:", kName},
      {"GetGrant", "ngo-tn/fp", "grant:OFFERED", kName},
      {"ListGrants", "iom-tn/fp", "grant:OFFERED", "parent: '$file'"},
      {"CreateGrant", "iom-tn/fp", "partner:",
       "parent: '$file' grant { recipient: 'missions/ngo-tn' mode: READ "
       "purpose: SERVICE_PROVISION basis: CONSENT consent: '$consent' }",
       "grant { mode: CONTRIBUTE }"},
      {"ApproveGrant", "iom-tn/po", "grant:AWAITING_APPROVAL", kName},
      {"AcceptGrant", "ngo-tn/fp", "grant:OFFERED", kName},
      {"DeclineGrant", "ngo-tn/fp", "grant:OFFERED",
       "name: '$name' reason: NO_CAPACITY", "", Row::Sight::kLoses},
      {"ForwardGrant", "ngo-tn/fp", "grant:FORWARDABLE",
       "name: '$name' recipient: 'missions/ngo-es'", "", Row::Sight::kLoses},
      {"AmendGrant", "iom-tn/fp", "grant:IN_FORCE",
       "name: '$name' mode: CONTRIBUTE classes: IDENTITY"},
      {"RecallGrant", "iom-tn/cm", "grant:IN_FORCE", kName},
      {"ReturnGrant", "ngo-tn/fp", "grant:IN_FORCE", kName, "",
       Row::Sight::kLoses},
      // Broken glass.
      {"GetEmergencyAccess", "iom-ma/po", "emergency:IN_FORCE", kName},
      {"ListEmergencyAccesses", "iom-tn/dp", "emergency:IN_FORCE",
       "parent: '$file'"},
      {"BreakGlass", "iom-ma/po", "case:ACCEPTED",
       "parent: '$name' emergency_access { ground: LIFE_IN_DANGER classes: "
       "MEDICAL justification: 'Found unconscious.' }",
       "emergency_access { ground: CHILD_IN_DANGER }"},
      {"ReviewEmergencyAccess", "iom-tn/dp", "emergency:IN_FORCE",
       "name: '$name' finding: JUSTIFIED"},
      // Legal holds.
      {"GetLegalHold", "iom-tn/fp", "hold:IN_FORCE", kName},
      {"ListLegalHolds", "iom-tn/dp", "hold:IN_FORCE", "parent: '$file'"},
      {"PlaceLegalHold", "iom-tn/fp", "case:CLOSED",
       "parent: '$name' legal_hold { ground: LITIGATION reference: '12/26' }",
       "legal_hold { reference: '13/26' }"},
      {"ApproveLegalHold", "iom-tn/dp", "hold:AWAITING_APPROVAL", kName},
      {"RequestLegalHoldRelease", "iom-tn/po", "hold:IN_FORCE", kName},
      {"ApproveLegalHoldRelease", "iom-tn/dp", "hold:AWAITING_RELEASE", kName},
      {"RefuseLegalHold", "iom-tn/dp", "hold:AWAITING_APPROVAL", kName},
      // Documents and keys.
      {"GetDocument", "iom-ma/fp", "document:AVAILABLE", kName},
      {"ListDocuments", "iom-ma/fp", "document:AVAILABLE", "parent: '$file'"},
      {"GetDocumentChunk", "iom-ma/fp", "document:AVAILABLE",
       "name: '$name' index: 1"},
      {"CreateDocument", "iom-tn/cm",
       "document:", "parent: '$file' document { $document }",
       "document { media_type: 'text/plain' }"},
      {"UploadDocumentChunk", "iom-tn/cm", "document:UPLOADING",
       "name: '$name' index: 1 data: '$chunk'"},
      {"RecallDocument", "iom-tn/cm", "document:AVAILABLE", kName},
      {"GetDocumentKey", "iom-ma", "key:", kName},
      {"ListDocumentKeys", "iom-ma", "key:", "parent: 'missions/iom-tn'"},
      {"CreateDocumentKey", "iom-tn/fp",
       "key:", "parent: 'missions/iom-tn' document_key { $new_key }",
       "document_key { expire_time { seconds: 1774000001 } }"},
      {"RevokeDocumentKey", "iom-tn/fp", "key:", kName},
      {"GetPlan", "iom-ma/ro", "plan:", kName},
      {"ListPlans", "iom-ma/ro", "plan:", "parent: '$file'"},
      {"CreatePlan", "iom-ma/ro", "plan:", kNewPlan,
       "plan { location: 'Fez' }"},
      {"UpdatePlan", "iom-ma/ro",
       "plan:", "plan { name: '$name' location: 'Fez' } etag: '$etag'"},
      // Feasibility studies.
      {"GetFeasibilityStudy", "iom-ma/ro", "study:REQUESTED", kName},
      {"ListFeasibilityStudies", "iom-ma/ro", "study:REQUESTED",
       "parent: '$file'"},
      {"CreateFeasibilityStudy", "iom-tn/cm",
       "plan:", "parent: '$file' feasibility_study { plan: '$plan' }",
       "feasibility_study { question: 'Other?' }"},
      {"RequestFeasibilityStudy", "iom-tn/cm", "study:DRAFT",
       "name: '$name' consent: '$consent'"},
      {"AssignFeasibilityStudy", "iom-ma/ro", "study:REQUESTED", kName},
      {"DeclineFeasibilityStudy", "iom-ma/fp", "study:ASSIGNED",
       "name: '$name' reason: NO_CAPACITY"},
      {"StartFieldCheck", "iom-ma/ro", "study:ASSIGNED", kName},
      {"SubmitFeasibilityOpinion", "iom-ma/ro", "study:FIELD_CHECK",
       "name: '$name' opinion { outcome: FEASIBLE }"},
      {"ValidateFeasibilityOpinion", "iom-ma/fp", "study:OPINION_DRAFTED",
       kName},
      {"ReturnFeasibilityOpinion", "iom-ma/fp", "study:OPINION_DRAFTED",
       "name: '$name' comment: 'Say more.'"},
      {"AcknowledgeFeasibilityOpinion", "iom-tn/cm", "study:OPINION", kName},
      {"ContestFeasibilityOpinion", "iom-tn/fp", "study:OPINION",
       "name: '$name' reason: 'Not so.'"},
      {"ResolveFeasibilityContest", "iom-ma/fp", "study:CONTESTED", kName},
      // Monitoring visits.
      {"GetMonitoringVisit", "iom-ma/ro", "visit:PLANNED", kName},
      {"ListMonitoringVisits", "iom-ma/ro", "visit:PLANNED", "parent: '$file'"},
      {"CreateMonitoringVisit", "iom-ma/ro", "case:ARRIVED",
       "parent: '$file' monitoring_visit { planned_date { year: 2026 month: 4 "
       "day: 1 } }",
       "monitoring_visit { planned_date { day: 2 } }"},
      {"RecordVisitAttempt", "iom-ma/ro", "visit:PLANNED", kName},
      {"RecordVisit", "iom-ma/ro", "visit:ATTEMPTED",
       "name: '$name' method: PHONE visit_date { year: 2026 month: 3 day: 2 "
       "}"},
      {"SubmitVisitReport", "iom-ma/ro", "visit:VISITED",
       "name: '$name' report { activity_status: RUNNING }"},
      {"ValidateVisitReport", "iom-ma/me", "visit:SUBMITTED", kName},
      // What all kinds of exchange have in common.
      {"RemindExchange", "iom-tn/cm", "study:REQUESTED", kName},
      {"AskClarification", "iom-ma/ro", "study:ASSIGNED",
       "name: '$name' question: 'A licence?'"},
      {"AnswerClarification", "iom-tn/cm", "study:CLARIFICATION",
       "name: '$name' answer: 'Yes.'"},
      {"InvalidateExchange", "iom-tn/fp", "study:ASSIGNED",
       "name: '$name' reason: WRONG_FILE"},
      {"WithdrawExchange", "iom-tn/cm", "study:ASSIGNED", kName},
      {"RequestCloseExchange", "iom-ma/ro", "study:OPINION", kName},
      {"CloseExchange", "iom-tn/fp", "study:ACKNOWLEDGED", kName},
      {"ReopenExchange", "iom-tn/fp", "study:CLOSED",
       "name: '$name' reason: 'A new site.'"},
      // Mail.
      {"FetchMailbox", "iom-ma", "study:REQUESTED", "max_entries: 3"},
      {"WatchMailbox", "iom-ma", "study:REQUESTED", ""},
      {"AcknowledgeMailbox", "iom-ma", "study:REQUESTED", "up_to_sequence: 1"},
      // Evidence.
      {"GetLatestCheckpoint", "iom-ma", "checkpoint:", ""},
      {"GetConsistencyProof", "iom-ma", "checkpoint:", "first_size: 1"},
      {"GetInclusionProof", "iom-ma", "checkpoint:", "leaf_index: 0"},
      {"CosignCheckpoint", "iom-tn",
       "checkpoint:", "tree_size: $size public_key: '$key' signature: '$line'"},
      {"ListAccesses", "iom-tn/fp", "case:ACCEPTED", "parent: '$name'"},
      {"ExportAccesses", "iom-tn/fp", "case:ACCEPTED", "parent: '$name'"},
  };
}

}  // namespace

const std::vector<Row>& Rows() {
  static const auto* const rows = new std::vector<Row>(MakeRows());
  return *rows;
}

const Row& RowOf(absl::string_view method) {
  for (const Row& row : Rows()) {
    if (row.method == method) return row;
  }
  std::abort();
}

}  // namespace passerelle::testing
