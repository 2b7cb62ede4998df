// Who gets in, over real TLS on loopback.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/app/source_limits.h"
#include "tests/integration/echo_server.h"
#include "tests/support/test_pki.h"

namespace passerelle {
namespace {

using ::passerelle::testing::Call;
using ::passerelle::testing::CallResult;
using ::passerelle::testing::Connect;
using ::passerelle::testing::EchoServer;
using ::passerelle::testing::ReadFileOrDie;
using ::passerelle::testing::TempDir;
using ::passerelle::testing::TestPki;
using ::passerelle::testing::WriteFileOrDie;

bool Eventually(const std::function<bool()>& condition,
                absl::Duration within = absl::Seconds(10)) {
  const absl::Time deadline = absl::Now() + within;
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

class TransportTest : public ::testing::Test {
 protected:
  EchoServer::Options Options() {
    const TestPki::Pair server = pki_.Server();
    EchoServer::Options options;
    options.tls = {.certificate_path = server.certificate_path,
                   .key_path = server.key_path,
                   .client_ca_path = pki_.ca_path(),
                   .issuer_ca_path = "",
                   .staging_dir = scratch_.path() + "/staging"};
    options.clock = &clock_;
    return options;
  }

  void StartServer(const EchoServer::Options& options) {
    auto started = EchoServer::Start(options);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }

  std::shared_ptr<grpc::Channel> Dial(const std::string& mission,
                                      const std::string& workload = "batch") {
    return Connect(server_->port(), pki_.Client(mission, workload));
  }

  // A bare TCP connection, which says nothing.
  int DialTcp() const {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(server_->port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(
        connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }

  TestPki& pki_ = TestPki::Shared();
  TempDir scratch_;
  DrivenClock clock_{absl::Now() + absl::Minutes(1)};
  std::unique_ptr<EchoServer> server_;
};

TEST_F(TransportTest, CallerIsKnownByItsCertificate) {
  ASSERT_NO_FATAL_FAILURE(StartServer(Options()));
  const CallResult gn = Call(Dial("mission-gn"), "/test/WhoAmI");
  ASSERT_TRUE(gn.status.ok()) << gn.status.error_message();
  EXPECT_EQ(gn.reply, "mission-gn/batch");
  EXPECT_EQ(Call(Dial("mission-de", "console"), "/test/WhoAmI").reply,
            "mission-de/console");
  EXPECT_EQ(server_->listener().counters().accepted, 2);
}

TEST_F(TransportTest, NoCertificateIsRefusedAtTheHandshake) {
  ASSERT_NO_FATAL_FAILURE(StartServer(Options()));
  const auto channel = Connect(
      server_->port(),
      grpc::SslCredentials({.pem_root_certs = ReadFileOrDie(pki_.ca_path()),
                            .pem_private_key = "",
                            .pem_cert_chain = ""}));
  EXPECT_EQ(Call(channel, "/test/WhoAmI").status.error_code(),
            grpc::StatusCode::UNAVAILABLE);
  const auto plain =
      Connect(server_->port(), grpc::InsecureChannelCredentials());
  EXPECT_EQ(Call(plain, "/test/WhoAmI").status.error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(TransportTest, CertificateOfAnotherAuthorityIsRefusedAtTheHandshake) {
  ASSERT_NO_FATAL_FAILURE(StartServer(Options()));
  TestPki other;
  const TestPki::Pair pair = other.Mission("mission-gn", "batch");
  const auto channel =
      Connect(server_->port(),
              grpc::SslCredentials(
                  {.pem_root_certs = ReadFileOrDie(pki_.ca_path()),
                   .pem_private_key = ReadFileOrDie(pair.key_path),
                   .pem_cert_chain = ReadFileOrDie(pair.certificate_path)}));
  EXPECT_EQ(Call(channel, "/test/WhoAmI").status.error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(TransportTest, ServerCertificateIsNoCaller) {
  ASSERT_NO_FATAL_FAILURE(StartServer(Options()));
  const TestPki::Pair pair = pki_.Server();
  const auto channel =
      Connect(server_->port(),
              grpc::SslCredentials(
                  {.pem_root_certs = ReadFileOrDie(pki_.ca_path()),
                   .pem_private_key = ReadFileOrDie(pair.key_path),
                   .pem_cert_chain = ReadFileOrDie(pair.certificate_path)}));
  EXPECT_FALSE(Call(channel, "/test/WhoAmI").status.ok());
}

TEST_F(TransportTest, ForeignTrustDomainIsUnauthenticated) {
  EchoServer::Options options = Options();
  options.trust_domain = "elsewhere.test";
  ASSERT_NO_FATAL_FAILURE(StartServer(options));
  EXPECT_EQ(Call(Dial("mission-gn"), "/test/WhoAmI").status.error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

// R17 at this level.
TEST_F(TransportTest, CertificateThatExpiresIsRefusedOnItsOpenConnection) {
  ASSERT_NO_FATAL_FAILURE(StartServer(Options()));
  const auto channel = Dial("mission-gn");
  EXPECT_TRUE(Call(channel, "/test/WhoAmI").status.ok());
  clock_.Advance(absl::Hours(24 * 8));
  EXPECT_EQ(Call(channel, "/test/WhoAmI").status.error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(server_->listener().counters().accepted, 1);
}

// R16 at this level.
TEST_F(TransportTest, RevocationHoldsFromTheNextCallOfAnOpenConnection) {
  const std::string path = scratch_.path() + "/revoked.txt";
  WriteFileOrDie(path, "# nobody\n");
  EchoServer::Options options = Options();
  options.revocation_path = path;
  ASSERT_NO_FATAL_FAILURE(StartServer(options));
  const auto channel = Dial("mission-gn");
  const auto other = Dial("mission-de");
  PeerIdentityReader reader({.trust_domain = "passerelle.test"}, &clock_);
  const auto identity =
      reader
          .IdentifyPem(ReadFileOrDie(
              pki_.Mission("mission-gn", "batch").certificate_path))
          .value();
  int changes = 0;
  server_->revocation().OnChange([&changes] { ++changes; });
  int expected = 0;
  for (const std::string& entry :
       {absl::StrCat("serial 00", identity->serial, " # stolen"),
        absl::StrCat("uri ", identity->uri),
        absl::StrCat("  mission\t", identity->mission)}) {
    EXPECT_TRUE(Call(channel, "/test/WhoAmI").status.ok());
    WriteFileOrDie(path, absl::StrCat("\n", entry, "\n"));
    server_->revocation().CheckNow();
    EXPECT_EQ(Call(channel, "/test/WhoAmI").status.error_code(),
              grpc::StatusCode::UNAUTHENTICATED)
        << entry;
    EXPECT_TRUE(Call(other, "/test/WhoAmI").status.ok()) << entry;
    EXPECT_EQ(changes, ++expected);
    WriteFileOrDie(path, "");
    server_->revocation().CheckNow();
    EXPECT_EQ(changes, ++expected);
  }
  EXPECT_EQ(server_->listener().counters().accepted, 2);
}

TEST_F(TransportTest, MalformedRevocationListKeepsTheOldOneAndAlarmsOnce) {
  const std::string path = scratch_.path() + "/revoked.txt";
  WriteFileOrDie(path, "mission mission-gn\n");
  EchoServer::Options options = Options();
  options.revocation_path = path;
  ASSERT_NO_FATAL_FAILURE(StartServer(options));
  const auto channel = Dial("mission-gn");
  const PeerIdentity revoked{.mission = "mission-gn",
                             .workload = "batch",
                             .uri = "",
                             .serial = "",
                             .not_after = absl::InfiniteFuture(),
                             .fingerprint = ""};
  int faults = 0;
  for (const char* bad : {"mission", "serial xyz", "uri http://x",
                          "mission a b", "everybody x"}) {
    WriteFileOrDie(path, bad);
    server_->revocation().CheckNow();
    server_->revocation().CheckNow();
    EXPECT_EQ(server_->revocation().rejected(), ++faults) << bad;
    EXPECT_TRUE(server_->revocation().IsRevoked(revoked)) << bad;
  }
  std::filesystem::remove(path);
  server_->revocation().CheckNow();
  EXPECT_EQ(server_->revocation().rejected(), ++faults);
  EXPECT_EQ(Call(channel, "/test/WhoAmI").status.error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  WriteFileOrDie(path, "mission mission-de");
  server_->revocation().CheckNow();
  EXPECT_TRUE(Call(channel, "/test/WhoAmI").status.ok());
}

TEST_F(TransportTest, MissingRevocationListPreventsTheStart) {
  EchoServer::Options options = Options();
  options.revocation_path = scratch_.path() + "/nowhere";
  EXPECT_EQ(EchoServer::Start(options).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(TransportTest, ConnectionsPerSourceAreCappedAndPlacesComeFreeAgain) {
  EchoServer::Options options = Options();
  options.listener.max_connections_per_source = 3;
  ASSERT_NO_FATAL_FAILURE(StartServer(options));
  std::vector<int> idle = {DialTcp(), DialTcp(), DialTcp()};
  ASSERT_TRUE(
      Eventually([&] { return server_->listener().counters().open == 3; }));
  EXPECT_FALSE(Call(Dial("mission-gn"), "/test/WhoAmI").status.ok());
  EXPECT_GE(server_->listener().counters().shed_source, 1);
  for (const int fd : idle) close(fd);
  ASSERT_TRUE(
      Eventually([&] { return server_->listener().counters().open == 0; }));
  EXPECT_TRUE(Call(Dial("mission-gn"), "/test/WhoAmI").status.ok());
}

TEST_F(TransportTest, SilentConnectionIsClosedByTheHandshakeTimeout) {
  EchoServer::Options options = Options();
  options.settings.handshake_timeout = absl::Milliseconds(200);
  ASSERT_NO_FATAL_FAILURE(StartServer(options));
  const int fd = DialTcp();
  char byte = 0;
  EXPECT_LE(read(fd, &byte, 1), 0);  // returns when the server hangs up
  EXPECT_TRUE(
      Eventually([&] { return server_->listener().counters().open == 0; }));
  close(fd);
}

TEST_F(TransportTest, TotalIsCapped) {
  EchoServer::Options options = Options();
  options.listener.max_connections = 2;
  ASSERT_NO_FATAL_FAILURE(StartServer(options));
  EXPECT_EQ(server_->listener().max_connections(), 2);
  const auto one = Dial("mission-gn");
  const auto two = Dial("mission-de");
  EXPECT_TRUE(Call(one, "/test/WhoAmI").status.ok());
  EXPECT_TRUE(Call(two, "/test/WhoAmI").status.ok());
  EXPECT_FALSE(Call(Dial("mission-fr"), "/test/WhoAmI").status.ok());
  EXPECT_GE(server_->listener().counters().shed_total, 1);
  EXPECT_TRUE(Call(one, "/test/WhoAmI").status.ok());
}

TEST_F(TransportTest, StoppedListenerKeepsOpenConnections) {
  ASSERT_NO_FATAL_FAILURE(StartServer(Options()));
  const auto channel = Dial("mission-gn");
  EXPECT_TRUE(Call(channel, "/test/WhoAmI").status.ok());
  server_->listener().StopAccepting();
  EXPECT_FALSE(Call(Dial("mission-de"), "/test/WhoAmI").status.ok());
  EXPECT_TRUE(Call(channel, "/test/WhoAmI").status.ok());
}

TEST_F(TransportTest, PortIsNotShared) {
  ASSERT_NO_FATAL_FAILURE(StartServer(Options()));
  EXPECT_EQ(app::Listener::Bind({.port = server_->port()}).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(app::Listener::Bind({.address = "localhost"}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(SourceLimitsTest, RateRefillsAndIdleSourcesAreForgotten) {
  using Verdict = app::SourceLimits::Verdict;
  app::SourceLimits limits(100, 20, 20);
  absl::Time now = absl::UnixEpoch();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(limits.Admit("a", now), Verdict::kAdmitted);
  }
  EXPECT_EQ(limits.Admit("a", now), Verdict::kTooFast);
  EXPECT_EQ(limits.Admit("b", now), Verdict::kAdmitted);
  now += absl::Milliseconds(51);
  EXPECT_EQ(limits.Admit("a", now), Verdict::kAdmitted);
  EXPECT_EQ(limits.Admit("a", now), Verdict::kTooFast);
  for (int i = 0; i < 5000; ++i) {
    now += absl::Seconds(10);
    const std::string source = absl::StrCat("s", i);
    EXPECT_EQ(limits.Admit(source, now), Verdict::kAdmitted);
    limits.Closed(source);
  }
  EXPECT_LE(limits.size(), 1100u);
}

}  // namespace
}  // namespace passerelle
