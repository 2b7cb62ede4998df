#ifndef PASSERELLE_CLIENTS_CLI_OPTIONS_H_
#define PASSERELLE_CLIENTS_CLI_OPTIONS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "clients/cli/output.h"
#include "clients/cpp/profile.h"

namespace passerelle::cli {

// The options that mean the same on every command, as written.
struct GlobalOptions {
  std::string profile = {};
  std::string config = {};
  std::string address = {};
  std::string certificate = {};
  std::string key = {};
  std::string ca = {};
  std::string officer = {};
  std::string output = "table";
  std::string deadline = "30s";
};

// The profile to call with: from the file, unless address, certificate, key and
// CA are all given; what is given wins.
// Returns: PROFILE_INVALID.
absl::StatusOr<client::Profile> ChooseProfile(const GlobalOptions& options);

// Returns: INVALID_ARGUMENT USAGE unless it is a positive duration.
absl::StatusOr<absl::Duration> ParsePositiveDuration(const std::string& flag,
                                                     const std::string& text);

}  // namespace passerelle::cli

#endif  // PASSERELLE_CLIENTS_CLI_OPTIONS_H_
