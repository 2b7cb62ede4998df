#include "server/domain/visibility.h"

#include "absl/strings/str_cat.h"
#include "passerelle/v1/consent.pb.h"

namespace passerelle::domain {
namespace {

namespace pb = ::passerelle::v1;
using ::passerelle::internal::v1::CaseFacts;
using ::passerelle::internal::v1::ConsentFact;

// What each position may see at most (domain rule: default deny; medical and
// protection blocks only for the officers named for them).
constexpr EnumSet kMissionClasses =
    (EnumSet{1} << options::ROUTINE) | (EnumSet{1} << options::IDENTITY) |
    (EnumSet{1} << options::CONTACT) | (EnumSet{1} << options::DOCUMENT) |
    (EnumSet{1} << options::FINANCE);
constexpr EnumSet kTransitClasses = EnumSet{1} << options::ROUTINE;

bool Contains(const google::protobuf::RepeatedPtrField<std::string>& list,
              absl::string_view value) {
  for (const std::string& item : list) {
    if (item == value) return true;
  }
  return false;
}

const ConsentFact* OriginConsent(const pb::Case& file, const CaseFacts& facts) {
  return LiveConsent(facts, pb::Consent::SHARE_WITH_ORIGIN_MISSION,
                     file.origin_mission());
}

// Roles of a mission in a file, with the consent they rest on.
Relation PositionOf(const pb::Case& file, const CaseFacts& facts,
                    absl::string_view mission) {
  Relation relation;
  if (mission.empty()) return relation;
  if (mission == file.host_mission()) relation.roles |= Bit(options::HOST);
  if (mission == file.owner_mission()) relation.roles |= Bit(options::OWNER);
  if (relation.sees()) {
    relation.classes = kMissionClasses;
    return relation;
  }
  if (file.stage() == pb::Case::REGISTERED) return relation;  // not yet sent
  if (file.stage() == pb::Case::ERASED) {
    // Who saw it knows that it was erased.
    for (const auto& receipt : file.erasure().receipts()) {
      if (receipt.mission() != mission) continue;
      relation.roles = Bit(mission == file.origin_mission() ? options::ORIGIN
                                                            : options::TRANSIT);
      relation.classes = kTransitClasses;
    }
    return relation;
  }
  const ConsentFact* consent = OriginConsent(file, facts);
  if (consent == nullptr) return relation;
  if (mission == file.origin_mission()) {
    relation.roles = Bit(options::ORIGIN);
    relation.classes = kMissionClasses;
  } else if (Contains(file.transit_missions(), mission)) {
    relation.roles = Bit(options::TRANSIT);
    relation.classes = kTransitClasses;
  } else {
    return relation;
  }
  relation.consent = absl::StrCat(file.name(), "/consents/", consent->id());
  return relation;
}

}  // namespace

const ConsentFact* LiveConsent(const CaseFacts& facts, int scope,
                               absl::string_view recipient) {
  for (const ConsentFact& consent : facts.consents()) {
    if (consent.scope() == scope && consent.recipient() == recipient) {
      return &consent;
    }
  }
  return nullptr;
}

EnumSet ClassesForOfficer(EnumSet officer_roles) {
  EnumSet classes = 0;
  if ((officer_roles & Bit(options::MEDICAL_OFFICER)) != 0) {
    classes |= Bit(options::MEDICAL);
  }
  if ((officer_roles & Bit(options::PROTECTION_OFFICER)) != 0) {
    classes |= Bit(options::PROTECTION);
  }
  return classes;
}

Relation RelationTo(const pb::Case& file, const CaseFacts& facts,
                    const Actor& actor) {
  Relation relation = PositionOf(file, facts, actor.mission);
  if ((relation.roles & ~Bit(options::TRANSIT)) != 0) {
    relation.classes |= ClassesForOfficer(actor.officer_roles);
  }
  return relation;
}

bool SeesFile(const pb::Case& file, const CaseFacts& facts,
              absl::string_view mission) {
  return PositionOf(file, facts, mission).sees();
}

Relation RelationToExchange(Relation relation, const pb::Exchange& header,
                            absl::string_view mission) {
  if (!relation.sees()) return relation;
  const bool initiator = header.initiator() == mission;
  if (initiator) relation.roles |= Bit(options::INITIATOR);
  if (header.counterpart() == mission) {
    relation.roles |= Bit(options::COUNTERPART);
  }
  if (!header.has_send_time() && !initiator) return Relation{};
  return relation;
}

}  // namespace passerelle::domain
