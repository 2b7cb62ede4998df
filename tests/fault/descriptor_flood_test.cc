// R19: a server that runs out of descriptors serves again at once. gRPC's own
// listener never accepts again after this (CVE-2023-4785).
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/integration/echo_process.h"
#include "tests/integration/echo_server.h"
#include "tests/support/server_process.h"
#include "tests/support/test_pki.h"

namespace passerelle {
namespace {

using ::passerelle::testing::Call;
using ::passerelle::testing::Connect;
using ::passerelle::testing::EchoProcess;
using ::passerelle::testing::TempDir;
using ::passerelle::testing::TestPki;

constexpr int kLimit = 96;

std::vector<int> Flood(int port, int count) {
  std::vector<int> sockets;
  for (int i = 0; i < count; ++i) {
    const int fd =
        socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    sockets.push_back(fd);
  }
  return sockets;
}

class DescriptorFloodTest : public ::testing::TestWithParam<int> {};

// With descriptors reserved the cap sheds; with none the process really runs
// out. Existing calls must not notice, and a new client must be served within
// two seconds of the flood's end, in both.
TEST_P(DescriptorFloodTest, ServesAgainWithinTwoSeconds) {
#ifdef __SANITIZE_ADDRESS__
  // UBSan's check of virtual calls opens a pipe, and takes it for a bad object
  // when there is no descriptor left.
  if (GetParam() == 0) GTEST_SKIP() << "the sanitizer needs descriptors";
#endif
  TestPki& pki = TestPki::Shared();
  const TempDir scratch;
  EchoProcess process({.pki_dir = pki.dir(),
                       .staging_dir = scratch.path() + "/staging",
                       .descriptor_limit = kLimit,
                       .reserved_descriptors = GetParam(),
                       .lead = absl::ZeroDuration()});
  ASSERT_GT(process.port(), 0);
  const auto credentials = pki.Client("mission-gn", "batch");
  const auto established = Connect(process.port(), credentials);
  ASSERT_TRUE(Call(established, "/test/WhoAmI").status.ok());

  std::atomic<bool> stop{false};
  std::atomic<int> calls{0};
  std::atomic<int> failures{0};
  std::thread worker([&] {
    while (!stop) {
      if (!Call(established, "/test/WhoAmI", "", absl::Seconds(2))
               .status.ok()) {
        ++failures;
      }
      ++calls;
    }
  });
  for (int round = 0; round < 3; ++round) {
    const std::vector<int> sockets = Flood(process.port(), 3 * kLimit);
    // Held until the established client has got a good deal done meanwhile,
    // and once long enough for gRPC's look at the certificate files, each
    // second, to find no descriptor either.
    const int seen = calls;
    const absl::Time begin = absl::Now();
    const absl::Duration least =
        round == 0 ? absl::Milliseconds(2200) : absl::ZeroDuration();
    while ((calls < seen + 500 || absl::Now() < begin + least) &&
           absl::Now() < begin + absl::Seconds(20)) {
      std::this_thread::yield();
    }
    EXPECT_GE(calls, seen + 500);
    for (const int fd : sockets) close(fd);
    const absl::Time end = absl::Now();
    bool served = false;
    while (!served && absl::Now() < end + absl::Seconds(10)) {
      served = Call(Connect(process.port(), credentials), "/test/WhoAmI", "",
                    absl::Seconds(1))
                   .status.ok();
    }
    EXPECT_TRUE(served);
    EXPECT_LT(absl::Now() - end, absl::Seconds(2));
  }
  stop = true;
  worker.join();
  EXPECT_EQ(failures, 0);
}

// R19 on the whole server, word by word.
TEST(DescriptorFloodOnTheServerTest, CallsGoOnAndNewClientsAreServed) {
  constexpr int kServerLimit = 256;
  TestPki& pki = TestPki::Shared();
  testing::ServerProcess server(testing::ServerProcess::Settings{
      {"limits.connections_per_source", "2000"}});
  server.LimitDescriptors(kServerLimit);
  ASSERT_TRUE(server.Start());
  constexpr char kCheck[] = "/grpc.health.v1.Health/Check";
  const auto credentials = pki.Client("platform", "batch");
  const auto established = Connect(server.port(), credentials);
  ASSERT_TRUE(Call(established, kCheck).status.ok());
  const std::vector<int> sockets = Flood(server.port(), 3 * kServerLimit);
  const absl::Time flooded = absl::Now();
  int calls = 0;
  int failures = 0;
  absl::Duration slowest;
  while (absl::Now() < flooded + absl::Seconds(5)) {
    const absl::Time begin = absl::Now();
    if (!Call(established, kCheck, "", absl::Seconds(2)).status.ok()) {
      ++failures;
    }
    slowest = std::max(slowest, absl::Now() - begin);
    ++calls;
  }
  for (const int fd : sockets) close(fd);
  const absl::Time end = absl::Now();
  bool served = false;
  while (!served && absl::Now() < end + absl::Seconds(10)) {
    served =
        Call(Connect(server.port(), credentials), kCheck, "", absl::Seconds(1))
            .status.ok();
  }
  const absl::Duration again = absl::Now() - end;
  EXPECT_TRUE(served);
  EXPECT_LE(again, absl::Seconds(2));
  EXPECT_EQ(failures, 0);
  EXPECT_GT(calls, 500);
  EXPECT_TRUE(server.WaitForLog("connections_shed", 0, absl::ZeroDuration()));
  std::cout << 3 * kServerLimit << " idle connections over a limit of "
            << kServerLimit << ": " << calls << " calls meanwhile, slowest "
            << slowest << ", new client served after " << again << std::endl;
}

INSTANTIATE_TEST_SUITE_P(ReservedDescriptors, DescriptorFloodTest,
                         ::testing::Values(0, 48));

}  // namespace
}  // namespace passerelle
