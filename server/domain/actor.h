#ifndef PASSERELLE_SERVER_DOMAIN_ACTOR_H_
#define PASSERELLE_SERVER_DOMAIN_ACTOR_H_

#include <string>

#include "server/domain/contract.h"

namespace passerelle::domain {

// Who acts: a mission's workload on behalf of one of its officers, or the
// server itself when time acts.
struct Actor {
  std::string mission;  // missions/iom-ma; empty for the server itself
  options::MissionKind mission_kind = options::MISSION_KIND_UNSPECIFIED;
  std::string country;  // of the mission, ISO 3166-1 alpha-2
  std::string workload;
  std::string certificate;  // SHA-256, raw bytes
  std::string officer;      // missions/iom-ma/officers/amina; may be empty
  EnumSet officer_roles = 0;
};

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_ACTOR_H_
