// The echo server as a process: for tests of descriptor limits and signals.
//   transport_echo_server PKI_DIR STAGING_DIR NOFILE RESERVED LEAD_MS
// prints its port, serves until SIGTERM, drains, exits 0.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "common/clock.h"
#include "common/log.h"
#include "server/app/drain.h"
#include "server/app/poller.h"
#include "tests/integration/echo_server.h"

namespace {

int Number(const char* text) {
  int value = 0;
  if (!absl::SimpleAtoi(text, &value)) std::exit(2);
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  using passerelle::testing::EchoServer;
  namespace app = passerelle::app;
  if (argc != 6) return 2;
  app::BlockSignals();
  const std::string pki = argv[1];
  if (const int files = Number(argv[3]); files > 0) {
    const rlimit limit{static_cast<rlim_t>(files), static_cast<rlim_t>(files)};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return 2;
  }
  const passerelle::SystemClock clock;
  EchoServer::Options options;
  options.tls = {.certificate_path = pki + "/server/cert.pem",
                 .key_path = pki + "/server/key.pem",
                 .client_ca_path = pki + "/ca.pem",
                 .issuer_ca_path = "",
                 .staging_dir = argv[2]};
  options.listener.reserved_descriptors = Number(argv[4]);
  options.revocation_path = pki + "/revoked.txt";
  options.clock = &clock;
  auto started = EchoServer::Start(options);
  if (!started.ok()) {
    std::fprintf(stderr, "%s\n", started.status().ToString().c_str());
    return 1;
  }
  EchoServer& server = **started;
  server.health().SetAll(app::Serving::kYes);
  const app::Poller poller(absl::Milliseconds(50),
                           {[&] { server.tls().CheckNow(); },
                            [&] { server.revocation().CheckNow(); }});
  app::Drain drain(
      {.not_serving = [&] { server.health().Drain(); },
       .stop_accepting = [&] { server.listener().StopAccepting(); },
       .end_watches = [&] { server.EndWatches(); },
       .shutdown = [&](absl::Time deadline) { server.Shutdown(deadline); }},
      {.lead = absl::Milliseconds(Number(argv[5]))});
  const app::SignalThread signals([&](int) { drain.Request(); });
  std::printf("%d\n", server.port());
  std::fflush(stdout);
  drain.Run();
  return 0;
}
