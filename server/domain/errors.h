#ifndef PASSERELLE_SERVER_DOMAIN_ERRORS_H_
#define PASSERELLE_SERVER_DOMAIN_ERRORS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/status_details.h"
#include "passerelle/v1/error_reason.pb.h"

namespace passerelle::domain {

// Builds the error of a documented reason; the gRPC code comes from the
// contract. `message` is for people: English, short, nothing private. Every
// part that varies is in `metadata` too.
absl::Status Failure(::passerelle::v1::ErrorReason reason,
                     absl::string_view message,
                     std::map<std::string, std::string> metadata = {});

// All violations of a request at once.
absl::Status FieldsInvalid(std::vector<FieldViolation> violations);

// The one answer for what is denied and what does not exist.
absl::Status NotVisible();

// The state does not admit the method.
absl::Status StateForbids(absl::string_view state);

// A refusal that passes; `retry_after` tells when.
absl::Status RetryLater(::passerelle::v1::ErrorReason reason,
                        absl::string_view message, absl::Duration retry_after);

// Refusals of a server that has too much at work (OVERLOADED), or stops
// (DRAINING).
absl::Status Overloaded();
absl::Status Draining();

// Number of the ErrorReason that `status` carries; 0 when none.
int ReasonNumber(const absl::Status& status);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_ERRORS_H_
