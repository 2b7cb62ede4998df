#ifndef PASSERELLE_SERVER_DOMAIN_STAGES_H_
#define PASSERELLE_SERVER_DOMAIN_STAGES_H_

#include <string>

#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/consent.pb.h"

namespace passerelle::domain {

// What the stage of a file means to the rest of the server.

// The other mission of the file may see it, under a consent.
bool IsSent(const ::passerelle::v1::Case& file);

// Nothing begins in it any more.
bool HasEnded(const ::passerelle::v1::Case& file);

// The person has arrived, and the file has not ended.
bool HasReturned(const ::passerelle::v1::Case& file);

// An OUTBOUND return that can still be stopped: the person has not departed,
// and the file has not ended.
bool CanBeHeld(const ::passerelle::v1::Case& file);

// The mission that the file is sent to, and the scope of the consents that it
// sees the file under: the origin mission, or, when that opened the file after
// the return, the host mission.
const std::string& ShareRecipient(const ::passerelle::v1::Case& file);
::passerelle::v1::Consent::Scope ShareScope(const ::passerelle::v1::Case& file);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_STAGES_H_
