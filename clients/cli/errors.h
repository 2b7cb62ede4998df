#ifndef PASSERELLE_CLIENTS_CLI_ERRORS_H_
#define PASSERELLE_CLIENTS_CLI_ERRORS_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "clients/cli/contract.h"
#include "common/status_details.h"

namespace passerelle::cli {

// What `passerelle` ends with. Scripts rely on the numbers.
enum ExitCode : int {
  kOk = 0,
  // The server failed: INTERNAL, DATA_LOSS, UNIMPLEMENTED and the rest.
  kServerError = 1,
  // The command line, the profile or the request is not valid.
  kUsage = 2,
  // Nobody answered, the server is busy, or time was up. Repeat later, a change
  // with the same --request-id.
  kUnavailable = 3,
  // It does not exist or is not for the caller.
  kNotFound = 4,
  // The state or a concurrent change forbids it.
  kConflict = 5,
  // The mission or the officer may not do it.
  kDenied = 6,
};

ExitCode ExitCodeOf(const absl::Status& status);

// INVALID_ARGUMENT USAGE: what the user wrote cannot be used.
absl::Status UsageError(absl::string_view message,
                        std::vector<FieldViolation> violations = {});

// Writes code, reason, message, metadata, every violation, the request id and
// what to do. Everything that a server wrote is made harmless.
void PrintError(std::ostream& out, const Contract& contract,
                const absl::Status& status, absl::string_view request_id);

}  // namespace passerelle::cli

#endif  // PASSERELLE_CLIENTS_CLI_ERRORS_H_
