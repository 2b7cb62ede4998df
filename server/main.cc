// passerelled: the Passerelle server.

#include <cstdio>
#include <string>

#include "CLI/CLI.hpp"
#include "common/log.h"
#include "server/app/config.h"
#include "server/app/drain.h"
#include "server/app/grpc_log.h"
#include "server/app/process.h"
#include "server/app/sealed_files.h"
#include "server/app/server.h"
#include "server/app/store_upkeep.h"

namespace {

namespace app = passerelle::app;

// Exit statuses, beside 0.
constexpr int kFailed = 1;  // the configuration, the store, the port …
constexpr int kUsage = 2;   // the command line

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "passerelled: %s\n",
               std::string(status.message()).c_str());
  return kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  app::BlockSignals();
  app::PrepareProcess();
  app::RouteGrpcLog();

  CLI::App command("passerelled: brokers returnee files between missions");
  std::string config_path;
  bool check_config = false;
  bool migrate_only = false;
  bool verify_journal = false;
  command.set_version_flag("--version", PASSERELLE_VERSION);
  command.add_option("--config", config_path, "Configuration file (TOML)")
      ->required();
  command.add_flag("--check_config", check_config,
                   "Check the configuration and stop");
  command.add_flag("--migrate_only", migrate_only,
                   "Bring the store to this version and stop");
  command.add_flag("--verify_journal", verify_journal,
                   "Verify the journal of a stopped server and stop");
  try {
    command.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // 0 after --help and --version; the numbers of CLI11 are nobody's contract.
    return command.exit(error) == 0 ? 0 : kUsage;
  }

  const auto config = app::LoadConfig(config_path);
  if (!config.ok()) return Fail(config.status());
  if (check_config) {
    std::printf("%s: sound\n", config_path.c_str());
    return 0;
  }
  if (migrate_only) {
    const absl::Status migrated = app::MigrateStore(*config);
    return migrated.ok() ? 0 : Fail(migrated);
  }
  if (verify_journal) {
    const auto leaves = app::VerifyStoredJournal(*config);
    if (!leaves.ok()) return Fail(leaves.status());
    std::printf("%lld lines, as they were signed\n",
                static_cast<long long>(*leaves));
    return 0;
  }
  const auto server = app::Server::Start(*config);
  if (!server.ok()) return Fail(server.status());
  const app::SignalThread signals([&](int) { (*server)->RequestDrain(); });
  (*server)->Wait();
  passerelle::Log(passerelle::LogLevel::kInfo, "stopped");
  return 0;
}
