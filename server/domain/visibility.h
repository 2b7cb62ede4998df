#ifndef PASSERELLE_SERVER_DOMAIN_VISIBILITY_H_
#define PASSERELLE_SERVER_DOMAIN_VISIBILITY_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "passerelle/internal/v1/stored.pb.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/exchange.pb.h"
#include "server/domain/actor.h"

namespace passerelle::domain {

// What a mission is to a file, decided from the file and the consents in force
// on behalf of the person. `roles` empty means that for this mission the file
// does not exist.
struct Relation {
  EnumSet roles = 0;    // of CaseRole
  EnumSet classes = 0;  // of Privacy: what may be disclosed
  // Consent on which disclosure rests; empty for the owner.
  std::string consent;

  bool sees() const { return roles != 0; }
};

Relation RelationTo(const ::passerelle::v1::Case& file,
                    const ::passerelle::internal::v1::CaseFacts& facts,
                    const Actor& actor);

// The same before and after a change, for missions rather than actors: who is
// to be told of it.
bool SeesFile(const ::passerelle::v1::Case& file,
              const ::passerelle::internal::v1::CaseFacts& facts,
              absl::string_view mission);

// Adds the positions in an exchange to those in the file. What was never sent
// exists for its initiator only: others keep no role at all.
Relation RelationToExchange(Relation relation,
                            const ::passerelle::v1::Exchange& header,
                            absl::string_view mission);

// A consent of `scope` in force towards `recipient`; null when there is none.
const ::passerelle::internal::v1::ConsentFact* LiveConsent(
    const ::passerelle::internal::v1::CaseFacts& facts, int scope,
    absl::string_view recipient);

// Classes that an officer's roles add, whatever the file.
EnumSet ClassesForOfficer(EnumSet officer_roles);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_VISIBILITY_H_
