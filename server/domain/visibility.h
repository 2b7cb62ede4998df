#ifndef PASSERELLE_SERVER_DOMAIN_VISIBILITY_H_
#define PASSERELLE_SERVER_DOMAIN_VISIBILITY_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "passerelle/internal/v1/stored.pb.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/directory.pb.h"
#include "server/domain/actor.h"
#include "server/domain/redaction.h"

namespace passerelle::domain {

// What a mission is to a file, decided from the file, the consents and grants
// in force on behalf of the person, and the policy. `roles` empty means that
// for this mission the file does not exist.
struct Relation {
  EnumSet roles = 0;    // of CaseRole
  EnumSet classes = 0;  // of Privacy: what may be disclosed
  // Consent on which disclosure rests; empty for the missions that hold the
  // file, and where a grant rests on another basis.
  std::string consent;
  std::string grant;  // under which the mission sees the file, or is offered it
  // Emergency access in force for the officer; empty for none, and for changes.
  std::string emergency;

  bool sees() const { return roles != 0; }
  // Whether the mission holds the file: nobody had to consent to that.
  bool holds() const {
    return (roles & (Bit(options::HOST) | Bit(options::OWNER))) != 0 &&
           consent.empty();
  }
  Viewer viewer() const { return {.classes = classes, .roles = roles}; }
};

Relation RelationTo(const ::passerelle::v1::Case& file,
                    const ::passerelle::internal::v1::CaseFacts& facts,
                    const Actor& actor, absl::Time now);

// The same for a call that only reads: with what the officer sees because it
// broke the glass. Nobody writes what it sees in an emergency.
Relation RelationForReading(const ::passerelle::v1::Case& file,
                            const ::passerelle::internal::v1::CaseFacts& facts,
                            const Actor& actor, absl::Time now);

// Adds to a relation that is not for reading what the officer sees because it
// broke the glass.
Relation WithEmergency(Relation relation, const ::passerelle::v1::Case& file,
                       const ::passerelle::internal::v1::CaseFacts& facts,
                       const Actor& actor, absl::Time now);

// Privacy classes that the policy lets the officer see in an emergency.
EnumSet EmergencyClasses(const Actor& actor);

// A mission as it is told of changes: no officer of it in particular, so that
// it is told what any of them would see.
Actor AsMission(const ::passerelle::v1::Mission& mission);

// Narrows what an actor is to the file to what it is to one resource in it:
// - an exchange adds the side it is on; one never sent is its initiator's;
// - of an adult who is not the principal a mission that does not hold the file
//   needs that adult's own consent;
// - consents and grants are for the missions that hold the file, and for the
//   partner they name;
// - an emergency access is for the owner and the mission that broke the glass;
// - a document is for who may see its class: its sender, its receivers and,
// once
//   it is complete, the missions that hold the file; its content for sender and
//   receivers alone.
Relation RelationToResource(Relation relation,
                            const google::protobuf::Message& resource,
                            const ::passerelle::internal::v1::CaseFacts& facts,
                            const Actor& actor, absl::Time now);

// Whether a consent or a grant that ends at `expire_time` has not ended yet.
// Works on ConsentFact and GrantFact.
template <typename Fact>
bool InForceAt(const Fact& fact, absl::Time now) {
  return !fact.has_expire_time() ||
         absl::FromUnixSeconds(fact.expire_time().seconds()) +
                 absl::Nanoseconds(fact.expire_time().nanos()) >
             now;
}

// Whether a consent, which may name purposes, covers this one.
bool Covers(const ::passerelle::internal::v1::ConsentFact& consent,
            options::Purpose purpose);

// A consent of `scope` in force towards `recipient`, given by the principal for
// `purpose`; null when there is none. What a party of the file does with it is
// CASE_MANAGEMENT.
const ::passerelle::internal::v1::ConsentFact* LiveConsent(
    const ::passerelle::internal::v1::CaseFacts& facts, int scope,
    absl::string_view recipient, absl::Time now,
    options::Purpose purpose = options::CASE_MANAGEMENT);

// The grant of the recipient that is offered or in force; null when there is
// none.
const ::passerelle::internal::v1::GrantFact* OpenGrant(
    const ::passerelle::internal::v1::CaseFacts& facts,
    absl::string_view recipient, absl::Time now);

// Whether partners of this country are kept from the file.
bool IsBarred(const ::passerelle::internal::v1::CaseFacts& facts,
              absl::string_view country);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_VISIBILITY_H_
