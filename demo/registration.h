#ifndef PASSERELLE_DEMO_REGISTRATION_H_
#define PASSERELLE_DEMO_REGISTRATION_H_

#include <string>

#include "absl/status/status.h"

namespace passerelle::demo {

// Registers, as the operator of the platform, the origin mission and the host
// missions of the caseload, and their officers: case managers and focal points
// everywhere, reintegration and monitoring officers in the origin mission.
absl::Status RegisterMissions(const std::string& profiles,
                              const std::string& caseload);

}  // namespace passerelle::demo

#endif  // PASSERELLE_DEMO_REGISTRATION_H_
