#ifndef PASSERELLE_CLIENTS_CPP_ERRORS_H_
#define PASSERELLE_CLIENTS_CPP_ERRORS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// Errors that arise in the client itself. They carry the same details as the
// server's (common/status_details.h), under a domain of their own.

namespace passerelle::client {

// Domain of the reasons in this file.
inline constexpr char kClientErrorDomain[] = "passerelle-client";

// INVALID_ARGUMENT PROFILE_INVALID: a profile cannot be used as it is.
absl::Status ProfileInvalid(absl::string_view message);

// UNAUTHENTICATED SERVER_NOT_TRUSTED: the server's certificate does not fit the
// profile.
absl::Status ServerNotTrusted(absl::string_view message);

// UNAUTHENTICATED CERTIFICATE_REFUSED: the server does not accept ours.
absl::Status CertificateRefused(absl::string_view message);

// UNAVAILABLE SERVER_NOT_REACHABLE: nothing answers there.
absl::Status ServerNotReachable(absl::string_view message);

// INTERNAL METHOD_UNKNOWN: a method's name, request and response do not belong
// together. A defect of the calling program.
absl::Status MethodUnknown(absl::string_view message);

// DATA_LOSS MAILBOX_GAP: sequence `found` came where `expected` had to come.
absl::Status MailboxGap(int64_t expected, int64_t found);

// DATA_LOSS EVIDENCE_INCONSISTENT: what the platform shows of its journal is
// not what it signed, or is not signed by its key.
absl::Status EvidenceInconsistent(absl::string_view message);

}  // namespace passerelle::client

#endif  // PASSERELLE_CLIENTS_CPP_ERRORS_H_
