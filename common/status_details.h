#ifndef PASSERELLE_COMMON_STATUS_DETAILS_H_
#define PASSERELLE_COMMON_STATUS_DETAILS_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// Error details as they travel: an absl::Status carries one payload, the
// serialized google.rpc.Status that also goes on the wire, so that no layer
// between the place of an error and the wire has to know its parts.

namespace passerelle {

// Domain of every reason that this platform defines.
inline constexpr char kErrorDomain[] = "passerelle";

// Key of the payload that holds the google.rpc.Status.
inline constexpr char kStatusPayloadUrl[] =
    "type.googleapis.com/google.rpc.Status";

// What is wrong with one field (google.rpc.BadRequest).
struct FieldViolation {
  // Path in the request, in proto names: `case.principal.given_name`.
  std::string field;
  std::string description;

  friend bool operator==(const FieldViolation&,
                         const FieldViolation&) = default;
};

// A condition that does not hold (google.rpc.PreconditionFailure).
struct PreconditionViolation {
  std::string type;
  std::string subject;
  std::string description;

  friend bool operator==(const PreconditionViolation&,
                         const PreconditionViolation&) = default;
};

// A limit that is used up (google.rpc.QuotaFailure).
struct QuotaViolation {
  std::string subject;
  std::string description;

  friend bool operator==(const QuotaViolation&,
                         const QuotaViolation&) = default;
};

// The parts of a google.rpc.Status. Empty parts are not sent.
// The initialisers keep designated initialisation free of warnings.
struct ErrorDetails {
  // Name of a value of passerelle.v1.ErrorReason.
  std::string reason = {};
  // Empty stands for kErrorDomain in MakeError.
  std::string domain = {};
  // Every dynamic part of the message; keys in lowerCamelCase.
  std::map<std::string, std::string> metadata = {};
  std::vector<FieldViolation> violations = {};
  std::vector<PreconditionViolation> preconditions = {};
  std::vector<QuotaViolation> quotas = {};
  // When it makes sense to repeat the call (google.rpc.RetryInfo).
  std::optional<absl::Duration> retry_after = {};
  // The resource concerned (google.rpc.ResourceInfo).
  std::string resource_type = {};
  std::string resource_name = {};
  // What to quote when asking for help (google.rpc.RequestInfo).
  std::string request_id = {};
};

// Returns an error of `code` that carries `details`. `reason` takes the place
// of `details.reason`. `code` must not be kOk.
absl::Status MakeError(absl::StatusCode code, absl::string_view reason,
                       absl::string_view message, ErrorDetails details = {});

// The parts that `status` carries; all empty when it carries none or when the
// payload is damaged.
ErrorDetails DetailsOf(const absl::Status& status);

// DetailsOf(status).reason: empty for OK and for errors without details.
std::string ReasonOf(const absl::Status& status);

}  // namespace passerelle

#endif  // PASSERELLE_COMMON_STATUS_DETAILS_H_
