#include "tests/support/test_server.h"

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;

// Arranging must not fail quietly.
template <typename T>
T OrDie(absl::StatusOr<T> result, absl::string_view what) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s: %s\n", std::string(what).c_str(),
                 result.status().ToString().c_str());
    std::abort();
  }
  return *std::move(result);
}

}  // namespace

TestServer::TestServer(Tweak tweak, app::Composition composition)
    : composition_(std::move(composition)),
      // Monday, 8 in the morning in Morocco.
      clock_(absl::FromCivil(absl::CivilSecond(2026, 3, 2, 7, 0, 0),
                             absl::UTCTimeZone())) {
  TestPki& pki = TestPki::Shared();
  const TestPki::Pair pair = pki.Server();
  config_.listen.port = 0;
  config_.tls.certificate = pair.certificate_path;
  config_.tls.key = pair.key_path;
  config_.tls.client_ca = pki.ca_path();
  config_.tls.staging_dir = scratch_.path() + "/tls";
  config_.tls.poll_interval = absl::Milliseconds(100);
  config_.store.path = store_path();
  config_.limits.connections_per_source = 1000;
  config_.limits.new_connections_per_second_per_source = 1000;
  config_.limits.calls_per_second_per_mission = 1000000;
  config_.limits.burst = 1000000;
  config_.log.level = LogLevel::kError;
  if (tweak) tweak(&config_);
  if (composition_.clock == nullptr) composition_.clock = &clock_;
  Start();
  RegisterMissions(As("platform", "operator"));
}

TestServer::~TestServer() = default;

void TestServer::Start() {
  server_ = OrDie(app::Server::Start(config_, composition_), "start");
}

void TestServer::Restart() {
  clients_.clear();
  server_.reset();
  Start();
}

client::Client& TestServer::As(absl::string_view mission,
                               absl::string_view officer) {
  auto& kept = clients_[absl::StrCat(mission, "/", officer)];
  if (kept == nullptr) {
    const TestPki::Pair pair = TestPki::Shared().Mission(mission, "batch");
    client::Profile profile;
    profile.address = absl::StrCat("localhost:", port());
    profile.certificate = pair.certificate_path;
    profile.key = pair.key_path;
    profile.ca = TestPki::Shared().ca_path();
    if (!officer.empty()) {
      profile.officer =
          absl::StrCat("missions/", mission, "/officers/", officer);
    }
    kept = OrDie(client::Client::Open(profile), "open client");
  }
  return *kept;
}

ArrangedFile TestServer::ProposedFile() {
  return testing::ProposedFile(As("iom-tn", "cm"));
}

pb::FeasibilityStudy TestServer::RequestedStudy(const File& file) {
  return testing::RequestedStudy(As("iom-tn", "cm"), file);
}

}  // namespace passerelle::testing
