#include "server/domain/visibility.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/resource_name.h"
#include "passerelle/v1/consent.pb.h"
#include "passerelle/v1/document.pb.h"
#include "passerelle/v1/emergency_access.pb.h"
#include "passerelle/v1/exchange.pb.h"
#include "passerelle/v1/grant.pb.h"
#include "passerelle/v1/person.pb.h"
#include "server/domain/age.h"
#include "server/domain/dates.h"
#include "server/domain/lifecycle.h"
#include "server/domain/policy.h"
#include "server/domain/stages.h"

namespace passerelle::domain {
namespace {

namespace pb = ::passerelle::v1;
using google::protobuf::Message;
using ::passerelle::internal::v1::CaseFacts;
using ::passerelle::internal::v1::ConsentFact;
using ::passerelle::internal::v1::EmergencyFact;
using ::passerelle::internal::v1::GrantFact;

constexpr EnumSet kHolders =
    (EnumSet{1} << options::HOST) | (EnumSet{1} << options::OWNER);
// Positions that show nothing of the file itself.
constexpr EnumSet kOutside =
    (EnumSet{1} << options::OFFEREE) | (EnumSet{1} << options::RECALLED);

bool Contains(const google::protobuf::RepeatedPtrField<std::string>& list,
              absl::string_view value) {
  for (const std::string& item : list) {
    if (item == value) return true;
  }
  return false;
}

const ConsentFact* ConsentById(const CaseFacts& facts, absl::string_view id,
                               absl::Time now) {
  for (const ConsentFact& consent : facts.consents()) {
    if (consent.id() == id && InForceAt(consent, now)) return &consent;
  }
  return nullptr;
}

// To the nearest day, in UTC, on which the person departs or arrives, as far as
// it is known.
int64_t DaysFromTravel(const pb::Case& file, absl::Time now) {
  const absl::CivilDay today = DayOf(now);
  int64_t days = Policy::kNever;
  const auto on = [&](absl::CivilDay day) {
    days = std::min<int64_t>(days, std::abs(today - day));
  };
  if (file.has_travel_date()) on(DayOf(file.travel_date()));
  if (file.has_departure_date()) on(DayOf(file.departure_date()));
  if (file.has_arrival_date()) on(DayOf(file.arrival_date()));
  if (file.has_departure_time()) {
    on(DayOf(FromTimestamp(file.departure_time())));
  }
  if (file.has_scheduled_arrival_time()) {
    on(DayOf(FromTimestamp(file.scheduled_arrival_time())));
  }
  return days;
}

// One decision: what a mission is to a file.
class Position {
 public:
  Position(const pb::Case& file, const CaseFacts& facts, const Actor& actor,
           absl::Time now)
      : file_(file), facts_(facts), actor_(actor), now_(now) {}

  Relation Decide() {
    if (actor_.mission.empty()) return {};
    // The host mission of a retroactive file is the one that it is sent to.
    if (actor_.mission == file_.host_mission() && !file_.retroactive()) {
      Add(options::HOST);
    }
    if (actor_.mission == file_.owner_mission()) {
      Add(options::OWNER);
      if (actor_.mission == file_.origin_mission()) Add(options::ORIGIN);
    }
    const bool holds = relation_.sees();
    if (!holds && IsBarred(facts_, actor_.country)) return {};
    if (!holds) AddParty();
    if (relation_.sees()) {
      // Whoever a file is sent to sees what the policy grants the origin
      // mission.
      const bool sent_to = relation_.roles == Bit(options::HOST) && !holds;
      relation_.classes =
          ClassesFor({}, sent_to ? Bit(options::ORIGIN) : relation_.roles);
    }
    if (file_.stage() == pb::Case::ERASED) return AfterErasure();
    AddGrant();
    for (const auto& recall : facts_.recalls()) {
      if (recall.mission() == actor_.mission) Add(options::RECALLED);
    }
    return std::move(relation_);
  }

 private:
  void Add(options::CaseRole role) { relation_.roles |= Bit(role); }

  // `purpose` of the grant; PURPOSE_UNSPECIFIED for the parties of the file.
  EnumSet ClassesFor(options::Purpose purpose, EnumSet positions) const {
    const options::Purpose consented = purpose == options::PURPOSE_UNSPECIFIED
                                           ? options::CASE_MANAGEMENT
                                           : purpose;
    return Policy::BuiltIn().Classes(
        {.mission_kind = actor_.mission_kind,
         .positions = positions,
         .officer_roles = actor_.officer_roles,
         .purpose = purpose,
         .days_from_travel = DaysFromTravel(file_, now_)},
        [&](int scope) {
          return LiveConsent(facts_, scope, actor_.mission, now_, consented) !=
                 nullptr;
        });
  }

  // Who saw the file knows that it was erased, and nothing else of it.
  Relation AfterErasure() {
    if ((relation_.roles & kHolders) != 0) return std::move(relation_);
    relation_ = {};
    for (const auto& receipt : file_.erasure().receipts()) {
      if (receipt.mission() != actor_.mission) continue;
      Add(actor_.mission == ShareRecipient(file_) ? PartyRole()
                                                  : options::TRANSIT);
      relation_.classes = Bit(options::ROUTINE);
    }
    return std::move(relation_);
  }

  // The origin and transit missions: once sent, while the person consents.

  // Position of the mission that the file is sent to.
  options::CaseRole PartyRole() const {
    return file_.retroactive() ? options::HOST : options::ORIGIN;
  }

  // The other mission and those of transit: once sent, while the person
  // consents.
  void AddParty() {
    const bool recipient = actor_.mission == ShareRecipient(file_);
    if (!recipient && !Contains(file_.transit_missions(), actor_.mission)) {
      return;
    }
    if (!IsSent(file_)) return;
    const ConsentFact* consent =
        LiveConsent(facts_, ShareScope(file_), ShareRecipient(file_), now_);
    if (consent == nullptr) return;
    Add(recipient ? PartyRole() : options::TRANSIT);
    relation_.consent = ConsentName(consent->id());
  }

  void AddGrant() {
    const GrantFact* grant = OpenGrant(facts_, actor_.mission, now_);
    if (grant == nullptr) return;
    if (!grant->consent().empty() &&
        ConsentById(facts_, grant->consent(), now_) == nullptr) {
      return;
    }
    EnumSet positions = Bit(options::OFFEREE);
    if (grant->in_force()) {
      positions = Bit(options::PARTICIPANT);
      if (grant->mode() == pb::Grant::CONTRIBUTE) {
        positions |= Bit(options::CONTRIBUTOR);
      }
    }
    EnumSet classes =
        ClassesFor(static_cast<options::Purpose>(grant->purpose()), positions);
    if (grant->classes() != 0) {
      classes &= grant->classes() | Bit(options::ROUTINE);
    }
    const bool alone = !relation_.sees();
    relation_.roles |= positions;
    relation_.classes |= classes;
    if (alone) {
      // What the mission sees, it sees under the grant.
      if (!grant->consent().empty()) {
        relation_.consent = ConsentName(grant->consent());
      }
    }
    relation_.grant = absl::StrCat(file_.name(), "/grants/", grant->id());
  }

  std::string ConsentName(absl::string_view id) const {
    return absl::StrCat(file_.name(), "/consents/", id);
  }

  const pb::Case& file_;
  const CaseFacts& facts_;
  const Actor& actor_;
  const absl::Time now_;
  Relation relation_;
};

Relation ToExchange(Relation relation, const pb::Exchange& header,
                    absl::string_view mission) {
  const bool initiator = header.initiator() == mission;
  if (initiator) relation.roles |= Bit(options::INITIATOR);
  if (header.counterpart() == mission) {
    relation.roles |= Bit(options::COUNTERPART);
  }
  if (!header.has_send_time() && !initiator) return {};
  return relation;
}

// Nobody consents for another adult. What rests on no consent at all (a grant
// with another basis) is for the whole family.
Relation UnderOwnConsent(Relation relation, absl::string_view person,
                         const CaseFacts& facts, absl::Time now) {
  if (relation.consent.empty()) return relation;
  const auto cited = ParseResourceName(relation.consent);
  const auto name = ParseResourceName(person);
  const ConsentFact* rests = ConsentById(facts, cited->id, now);
  if (rests == nullptr) return {};
  for (const ConsentFact& own : facts.consents()) {
    if (own.subject() == name->id && own.scope() == rests->scope() &&
        own.recipient() == rests->recipient() &&
        (own.purposes() == 0 || own.purposes() == rests->purposes()) &&
        InForceAt(own, now)) {
      relation.consent =
          absl::StrCat(RootName("cases", name->root), "/consents/", own.id());
      return relation;
    }
  }
  return {};
}

Relation ToPerson(Relation relation, const pb::Person& person,
                  const CaseFacts& facts, absl::Time now) {
  if (person.relation() == pb::Person::PRINCIPAL ||
      IsSurelyUnder(kAdultAge, person.birth_date(), now)) {
    return relation;
  }
  return UnderOwnConsent(std::move(relation), person.name(), facts, now);
}

Relation ToDocument(Relation relation, const pb::Document& document,
                    const CaseFacts& facts, absl::string_view mission,
                    bool holds, absl::Time now) {
  const bool sends = document.sender() == mission;
  const bool receives = Contains(document.receivers(), mission);
  const bool complete = document.state() == pb::Document::AVAILABLE ||
                        document.state() == pb::Document::RECALLED;
  if (!sends && !(complete && (receives || holds))) return {};
  if (!holds && document.own_consent_needed()) {
    relation =
        UnderOwnConsent(std::move(relation), document.person(), facts, now);
    if (!relation.sees()) return {};
  }
  if (sends) relation.roles |= Bit(options::SENDER);
  if (receives) relation.roles |= Bit(options::RECEIVER);
  // Of the content it is named for it sees the ciphertext.
  if (sends || receives) relation.classes |= Bit(options::SEALED);
  return relation;
}

}  // namespace

bool Covers(const ConsentFact& consent, options::Purpose purpose) {
  return consent.purposes() == 0 || (consent.purposes() & Bit(purpose)) != 0;
}

const ConsentFact* LiveConsent(const CaseFacts& facts, int scope,
                               absl::string_view recipient, absl::Time now,
                               options::Purpose purpose) {
  for (const ConsentFact& consent : facts.consents()) {
    if (consent.scope() == scope && consent.recipient() == recipient &&
        consent.subject().empty() && InForceAt(consent, now) &&
        Covers(consent, purpose)) {
      return &consent;
    }
  }
  return nullptr;
}

const GrantFact* OpenGrant(const CaseFacts& facts, absl::string_view recipient,
                           absl::Time now) {
  for (const GrantFact& grant : facts.grants()) {
    if (grant.recipient() == recipient && InForceAt(grant, now)) return &grant;
  }
  return nullptr;
}

bool IsBarred(const CaseFacts& facts, absl::string_view country) {
  return Contains(facts.barred_countries(), country);
}

Actor AsMission(const pb::Mission& mission) {
  Actor actor;
  actor.mission = mission.name();
  actor.mission_kind = mission.kind();
  actor.country = mission.country();
  actor.officer_roles = ~EnumSet{0};
  return actor;
}

Relation RelationTo(const pb::Case& file, const CaseFacts& facts,
                    const Actor& actor, absl::Time now) {
  return Position(file, facts, actor, now).Decide();
}

Relation RelationForReading(const pb::Case& file, const CaseFacts& facts,
                            const Actor& actor, absl::Time now) {
  return WithEmergency(RelationTo(file, facts, actor, now), file, facts, actor,
                       now);
}

Relation WithEmergency(Relation relation, const pb::Case& file,
                       const CaseFacts& facts, const Actor& actor,
                       absl::Time now) {
  if (facts.emergencies().empty() || actor.officer.empty() ||
      (relation.roles & ~kOutside) == 0 || IsBarred(facts, actor.country) ||
      file.stage() == pb::Case::ERASED) {
    return relation;
  }
  for (const EmergencyFact& fact : facts.emergencies()) {
    if (fact.officer() != actor.officer || !InForceAt(fact, now)) continue;
    relation.roles |= Bit(options::EMERGENCY_READER);
    relation.classes |= fact.classes() & EmergencyClasses(actor);
    relation.emergency =
        absl::StrCat(file.name(), "/emergencyAccesses/", fact.id());
    return relation;
  }
  return relation;
}

EnumSet EmergencyClasses(const Actor& actor) {
  return Policy::BuiltIn().Classes({.mission_kind = actor.mission_kind,
                                    .positions = Bit(options::EMERGENCY_READER),
                                    .officer_roles = actor.officer_roles},
                                   [](int) { return false; });
}

Relation RelationToResource(Relation relation, const Message& resource,
                            const CaseFacts& facts, const Actor& actor,
                            absl::Time now) {
  const auto* type = resource.GetDescriptor();
  // An offer is a position towards grants alone, a recall towards consents: no
  // side in an exchange may be added to them.
  if (type != pb::Grant::descriptor()) {
    relation.roles &= ~Bit(options::OFFEREE);
  }
  if (type != pb::Consent::descriptor()) {
    relation.roles &= ~Bit(options::RECALLED);
  }
  if (!relation.sees()) return {};
  if (type == pb::EmergencyAccess::descriptor()) {
    const bool own =
        static_cast<const pb::EmergencyAccess&>(resource).mission() ==
        actor.mission;
    const bool owner = (relation.roles & Bit(options::OWNER)) != 0;
    return own || owner ? relation : Relation{};
  }
  const bool holds = relation.holds();
  const std::string& decides =
      type->options().GetExtension(options::class_field);
  if (!decides.empty() &&
      (ClassByValue(resource, type->FindFieldByName(decides)) &
       relation.classes) == 0) {
    return {};
  }
  if (type == pb::Document::descriptor()) {
    return ToDocument(std::move(relation),
                      static_cast<const pb::Document&>(resource), facts,
                      actor.mission, holds, now);
  }
  if (const auto* header = type->FindFieldByName("exchange")) {
    return ToExchange(
        std::move(relation),
        static_cast<const pb::Exchange&>(
            resource.GetReflection()->GetMessage(resource, header)),
        actor.mission);
  }
  if (holds) return relation;
  if (type == pb::Person::descriptor()) {
    return ToPerson(std::move(relation),
                    static_cast<const pb::Person&>(resource), facts, now);
  }
  if (type == pb::Consent::descriptor()) {
    const auto& consent = static_cast<const pb::Consent&>(resource);
    if (consent.recipient() == actor.mission) return relation;
    // Whoever has to confirm a recall may name the consent it was told of.
    const auto name = ParseResourceName(consent.name());
    for (const auto& recall : facts.recalls()) {
      if (recall.mission() == actor.mission && recall.consent() == name->id) {
        relation.roles = Bit(options::RECALLED);
        relation.classes = 0;
        return relation;
      }
    }
    return {};
  }
  if (type == pb::Grant::descriptor()) {
    const auto& grant = static_cast<const pb::Grant&>(resource);
    return grant.recipient() == actor.mission ? relation : Relation{};
  }
  return relation;
}

}  // namespace passerelle::domain
