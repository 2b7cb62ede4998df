#ifndef PASSERELLE_CLIENTS_CLI_APP_H_
#define PASSERELLE_CLIENTS_CLI_APP_H_

#include <functional>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "clients/cli/calls.h"
#include "clients/cpp/client.h"

namespace passerelle::cli {

// The world around one run; tests give their own.
struct CliEnvironment {
  std::istream& in;
  Streams streams;
  // How to reach the platform.
  std::function<absl::StatusOr<std::unique_ptr<client::Client>>(
      const client::Profile&)>
      open;
};

// Runs `passerelle` with the words that follow its name. Data goes to `out`,
// everything else to `err`; nothing is ever asked. Returns an ExitCode.
int RunCli(const std::vector<std::string>& words, CliEnvironment& environment);

}  // namespace passerelle::cli

#endif  // PASSERELLE_CLIENTS_CLI_APP_H_
