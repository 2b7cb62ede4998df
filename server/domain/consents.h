#ifndef PASSERELLE_SERVER_DOMAIN_CONSENTS_H_
#define PASSERELLE_SERVER_DOMAIN_CONSENTS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/domain/change.h"

namespace passerelle::domain {

// The cited consent is in force and covers the origin mission of the file.
// Returns: CONSENT_WITHDRAWN, CONSENT_MISSING.
absl::Status RequireShareConsent(const AnyChange& change,
                                 absl::string_view consent_name);

// The exchange rests on a consent in force; one given since joins those that it
// cites. Returns: CONSENT_WITHDRAWN, CONSENT_MISSING.
absl::Status RestOnLiveConsent(AnyChange& change);

// The mission can be addressed: known, of IOM, accredited, not suspended.
// Returns: COUNTERPART_NOT_ACCREDITED.
absl::Status RequireAccredited(const AnyChange& change,
                               absl::string_view mission);

// The file is not ended. Returns: STATE_FORBIDS.
absl::Status RequireFileOpen(const pb::Case& file);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_CONSENTS_H_
