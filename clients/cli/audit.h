#ifndef PASSERELLE_CLIENTS_CLI_AUDIT_H_
#define PASSERELLE_CLIENTS_CLI_AUDIT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cli/app.h"
#include "clients/cli/options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace passerelle::cli {

// `passerelle audit …`: what a mission does with the platform's journal that is
// more than one call.
class AuditCommands {
 public:
  explicit AuditCommands(CLI::App* app);

  bool chosen() const;
  absl::Status Run(const GlobalOptions& options, CliEnvironment& environment);

 private:
  struct Held;
  absl::StatusOr<Held> Hold(const GlobalOptions& options,
                            CliEnvironment& environment) const;
  absl::Status Check(const GlobalOptions& options, CliEnvironment& environment);
  absl::Status Export(const GlobalOptions& options,
                      CliEnvironment& environment);
  absl::Status Verify(const GlobalOptions& options, Streams& streams);
  absl::Status MakeKey(Streams& streams);
  absl::Status Cosign(const GlobalOptions& options,
                      CliEnvironment& environment);

  CLI::App* audit_;
  CLI::App* check_;
  CLI::App* export_;
  CLI::App* verify_;
  CLI::App* key_;
  CLI::App* cosign_;
  std::string case_name_;
  std::string file_;
  std::vector<std::string> files_;
  std::string platform_key_;
  std::string checkpoint_file_;
  std::string witness_key_;
  std::string key_name_;
};

}  // namespace passerelle::cli

#endif  // PASSERELLE_CLIENTS_CLI_AUDIT_H_
