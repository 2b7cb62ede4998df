// passerelled-driven: the real server on a clock that its standard input
// drives. For the demonstration and for tests, where weeks pass in seconds; it
// listens on the loopback interface only and must never hold a real file.
//
// Once it serves it answers `port N`. Then it reads lines:
//
//     advance 24h     moves the clock on, answers `now 2022-10-18T07:00:00Z`
//     now             answers the same
//     quit            answers `bye` and stops; so does the end of the input
//
// Anything else is answered with `error …`.

#include <iostream>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "server/app/config.h"
#include "server/app/server.h"

namespace {

namespace app = passerelle::app;

// Longest step: a mistyped one must not end the world.
constexpr absl::Duration kLongestStep = absl::Hours(24 * 366);

// The demonstration's traffic comes from one address and in bursts, and a
// clock that stands still refills no allowance.
void LiftLimits(app::ServerConfig::Limits* limits) {
  limits->connections_per_source = 200;
  limits->new_connections_per_second_per_source = 200;
  limits->calls_per_second_per_mission = 1'000'000;
  limits->burst = 1'000'000;
}

std::string Answer(absl::string_view line, passerelle::DrivenClock* clock) {
  if (absl::ConsumePrefix(&line, "advance ")) {
    absl::Duration step;
    if (!absl::ParseDuration(line, &step) || step < absl::ZeroDuration() ||
        step > kLongestStep) {
      return "error advance takes a duration of at most 8784h";
    }
    clock->Advance(step);
  } else if (line != "now") {
    return "error advance DURATION, now or quit";
  }
  return absl::StrCat("now ",
                      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", clock->Now(),
                                       absl::UTCTimeZone()));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App command(
      "passerelled-driven: the server on a driven clock, for demonstrations "
      "and tests only");
  app::ServerConfig config;
  std::string certs;
  std::string start_text;
  command.add_option("--certs", certs, "Folder made by passerelle-certs")
      ->required();
  command.add_option("--store", config.store.path, "Database file")->required();
  command.add_option("--start", start_text, "First moment (RFC 3339)")
      ->required();
  config.listen.port = 0;
  command.add_option("--port", config.listen.port, "Port; 0: a free one");
  CLI11_PARSE(command, argc, argv);

  absl::Time start;
  std::string problem;
  if (!absl::ParseTime(absl::RFC3339_full, start_text, &start, &problem)) {
    std::cerr << "passerelled-driven: --start: " << problem << std::endl;
    return 2;
  }
  std::cerr << "passerelled-driven: DRIVEN CLOCK, LOOPBACK ONLY. For "
               "demonstrations and tests; never for real files."
            << std::endl;
  passerelle::DrivenClock clock(start);
  config.listen.address = "127.0.0.1";
  config.tls.certificate = certs + "/server/cert.pem";
  config.tls.key = certs + "/server/key.pem";
  config.tls.client_ca = certs + "/ca.pem";
  config.tls.staging_dir = certs + "/staging";
  config.vault.key_file = certs + "/vault.key";
  config.vault.key_store = config.store.path + ".keys";
  config.vault.erasure_ledger = config.store.path + ".erasures";
  config.revocation.file = certs + "/revoked.txt";
  config.log.level = passerelle::LogLevel::kWarning;
  LiftLimits(&config.limits);
  app::Composition composition;
  composition.clock = &clock;
  const auto server = app::Server::Start(config, composition);
  if (!server.ok()) {
    std::cerr << "passerelled-driven: " << server.status().message()
              << std::endl;
    return 1;
  }
  std::cout << "port " << (*server)->port() << std::endl;
  std::string line;
  while (std::getline(std::cin, line) && line != "quit") {
    std::cout << Answer(line, &clock) << std::endl;
  }
  std::cout << "bye" << std::endl;
  return 0;
}
