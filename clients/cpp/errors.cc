#include "clients/cpp/errors.h"

#include "absl/strings/str_cat.h"
#include "common/status_details.h"

namespace passerelle::client {
namespace {

absl::Status ClientError(absl::StatusCode code, absl::string_view reason,
                         absl::string_view message) {
  return MakeError(code, reason, message, {.domain = kClientErrorDomain});
}

}  // namespace

absl::Status ProfileInvalid(absl::string_view message) {
  return ClientError(absl::StatusCode::kInvalidArgument, "PROFILE_INVALID",
                     message);
}

absl::Status ServerNotTrusted(absl::string_view message) {
  return ClientError(absl::StatusCode::kUnauthenticated, "SERVER_NOT_TRUSTED",
                     message);
}

absl::Status CertificateRefused(absl::string_view message) {
  return ClientError(absl::StatusCode::kUnauthenticated, "CERTIFICATE_REFUSED",
                     message);
}

absl::Status ServerNotReachable(absl::string_view message) {
  return ClientError(absl::StatusCode::kUnavailable, "SERVER_NOT_REACHABLE",
                     message);
}

absl::Status MethodUnknown(absl::string_view message) {
  return ClientError(absl::StatusCode::kInternal, "METHOD_UNKNOWN", message);
}

absl::Status EvidenceInconsistent(absl::string_view message) {
  return ClientError(absl::StatusCode::kDataLoss, "EVIDENCE_INCONSISTENT",
                     message);
}

absl::Status FileUnusable(absl::string_view message) {
  return ClientError(absl::StatusCode::kFailedPrecondition, "FILE_UNUSABLE",
                     message);
}

absl::Status FileExists(absl::string_view path) {
  return ClientError(absl::StatusCode::kAlreadyExists, "FILE_EXISTS",
                     absl::StrCat(path, " is there already"));
}

absl::Status SignatureNotAuthentic(absl::string_view message) {
  return ClientError(absl::StatusCode::kDataLoss, "SIGNATURE_NOT_AUTHENTIC",
                     absl::StrCat("the signature does not hold: ", message));
}

absl::Status DocumentDamaged(absl::string_view message) {
  return ClientError(
      absl::StatusCode::kDataLoss, "DOCUMENT_DAMAGED",
      absl::StrCat("the document is not what was sent: ", message));
}

absl::Status DocumentKeyMissing(absl::string_view message) {
  return ClientError(absl::StatusCode::kFailedPrecondition,
                     "DOCUMENT_KEY_MISSING", message);
}

absl::Status UploadPending(absl::string_view message) {
  return ClientError(absl::StatusCode::kFailedPrecondition, "UPLOAD_PENDING",
                     message);
}

absl::Status MailboxGap(int64_t expected, int64_t found) {
  return MakeError(
      absl::StatusCode::kDataLoss, "MAILBOX_GAP",
      absl::StrCat("mail is missing: entry ", expected, " was due, entry ",
                   found, " came; fetch again from the last entry kept"),
      {.domain = kClientErrorDomain,
       .metadata = {{"expected", absl::StrCat(expected)},
                    {"found", absl::StrCat(found)}}});
}

}  // namespace passerelle::client
