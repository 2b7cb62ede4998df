#ifndef PASSERELLE_SERVER_DOMAIN_CONSENTS_H_
#define PASSERELLE_SERVER_DOMAIN_CONSENTS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/domain/change.h"

namespace passerelle::domain {

// The cited consent is in force and covers the origin mission of the file.
// Returns: CONSENT_WITHDRAWN, CONSENT_MISSING.
absl::Status RequireShareConsent(const AnyChange& change,
                                 absl::string_view consent_name);

// The cited consent is in force, and lets the file be kept.
// Returns: CONSENT_WITHDRAWN, CONSENT_MISSING.
absl::Status RequireKeepConsent(const AnyChange& change,
                                absl::string_view consent_name);

// The cited consent is in force, and covers sharing with `recipient`, which is
// not of the file, for `purpose`.
// Returns: CONSENT_WITHDRAWN, CONSENT_MISSING.
absl::Status RequireGrantConsent(const AnyChange& change,
                                 const pb::Mission& recipient,
                                 options::Purpose purpose,
                                 absl::string_view consent_name);

// A consent in force that covers sharing with `recipient` for `purpose`; empty
// when there is none.
std::string FindGrantConsent(const AnyChange& change,
                             const pb::Mission& recipient,
                             options::Purpose purpose);

// The exchange rests on a consent in force; one given since joins those that it
// cites. Returns: CONSENT_WITHDRAWN, CONSENT_MISSING.
absl::Status RestOnLiveConsent(AnyChange& change);

// The mission can be addressed: known, accredited, not suspended.
// Returns: COUNTERPART_NOT_ACCREDITED.
absl::Status RequirePartner(const AnyChange& change, absl::string_view mission);

// The same, and it is a mission of IOM.
absl::Status RequireAccredited(const AnyChange& change,
                               absl::string_view mission);

// The file may be shown to partners of the mission's country.
// Returns: RECIPIENT_BARRED.
absl::Status RequireNotBarred(const AnyChange& change,
                              absl::string_view mission);

// The file is not ended. Returns: STATE_FORBIDS.
absl::Status RequireFileOpen(const pb::Case& file);

// A read that was prepared before is decided again: who may see the file has
// changed.
void RaiseEpoch(internal::CaseFacts* facts);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_CONSENTS_H_
