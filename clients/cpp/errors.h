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

// FAILED_PRECONDITION FILE_UNUSABLE: a file on this machine cannot be read,
// made or written.
absl::Status FileUnusable(absl::string_view message);

// ALREADY_EXISTS FILE_EXISTS: a file is in the way and is to be kept.
absl::Status FileExists(absl::string_view path);

// DATA_LOSS SIGNATURE_NOT_AUTHENTIC: a resource is not what the mission signed
// that it claims to be of.
absl::Status SignatureNotAuthentic(absl::string_view message);

// DATA_LOSS DOCUMENT_DAMAGED: a document is not what its sender sent.
absl::Status DocumentDamaged(absl::string_view message);

// FAILED_PRECONDITION DOCUMENT_KEY_MISSING: there is no key to encrypt to, or
// none that opens.
absl::Status DocumentKeyMissing(absl::string_view message);

// FAILED_PRECONDITION UPLOAD_PENDING: the files of another upload are in the
// way.
absl::Status UploadPending(absl::string_view message);

}  // namespace passerelle::client

#endif  // PASSERELLE_CLIENTS_CPP_ERRORS_H_
