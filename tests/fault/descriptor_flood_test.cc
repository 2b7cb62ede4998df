// R19: a server that runs out of descriptors serves again at once. gRPC's own
// listener never accepts again after this (CVE-2023-4785).
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/integration/echo_process.h"
#include "tests/integration/echo_server.h"
#include "tests/support/test_pki.h"

namespace passerelle {
namespace {

using ::passerelle::testing::Call;
using ::passerelle::testing::Connect;
using ::passerelle::testing::EchoProcess;
using ::passerelle::testing::ScratchDir;
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
  const ScratchDir scratch;
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

INSTANTIATE_TEST_SUITE_P(ReservedDescriptors, DescriptorFloodTest,
                         ::testing::Values(0, 48));

}  // namespace
}  // namespace passerelle
