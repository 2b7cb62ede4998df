// R28 at this level: health, signals and the orderly end of a real process.
#include <signal.h>

#include <atomic>
#include <thread>

#include "absl/time/clock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "server/app/drain.h"
#include "tests/integration/echo_process.h"
#include "tests/integration/echo_server.h"
#include "tests/support/test_pki.h"

namespace passerelle {
namespace {

using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;
using ::passerelle::testing::Call;
using ::passerelle::testing::CallResult;
using ::passerelle::testing::Connect;
using ::passerelle::testing::EchoProcess;
using ::passerelle::testing::TempDir;
using ::passerelle::testing::TestPki;

HealthCheckResponse::ServingStatus Check(
    const std::shared_ptr<grpc::Channel>& channel, const std::string& service) {
  HealthCheckRequest request;
  request.set_service(service);
  const CallResult result = Call(channel, "/grpc.health.v1.Health/Check",
                                 request.SerializeAsString());
  HealthCheckResponse response;
  if (!result.status.ok() || !response.ParseFromString(result.reply)) {
    return HealthCheckResponse::SERVICE_UNKNOWN;
  }
  return response.status();
}

class DrainTest : public ::testing::Test {
 protected:
  EchoProcess::Options Options(absl::Duration lead) {
    return {.pki_dir = pki_.dir(),
            .staging_dir = scratch_.path() + "/staging",
            .lead = lead};
  }

  TestPki& pki_ = TestPki::Shared();
  TempDir scratch_;
};

TEST_F(DrainTest, SigtermDrainsInOrderWithinTenSeconds) {
  EchoProcess process(Options(absl::Seconds(2)));
  ASSERT_GT(process.port(), 0);
  const auto channel =
      Connect(process.port(), pki_.Client("mission-gn", "batch"));
  EXPECT_EQ(Check(channel, ""), HealthCheckResponse::SERVING);
  EXPECT_EQ(Check(channel, "test"), HealthCheckResponse::SERVING);
  EXPECT_EQ(Check(channel, "other"), HealthCheckResponse::SERVICE_UNKNOWN);
  const auto stub = ::grpc::health::v1::Health::NewStub(channel);
  HealthCheckRequest request;
  request.set_service("test");
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(30)));
  const auto stream = stub->Watch(&context, request);
  HealthCheckResponse told;
  ASSERT_TRUE(stream->Read(&told));
  EXPECT_EQ(told.status(), HealthCheckResponse::SERVING);
  CallResult held;
  std::thread watch(
      [&] { held = Call(channel, "/test/Hold", "", absl::Seconds(30)); });
  const absl::Time begin = absl::Now();
  process.Signal(SIGTERM);
  ASSERT_TRUE(stream->Read(&told));
  EXPECT_EQ(told.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(2));
  while (Check(channel, "test") != HealthCheckResponse::NOT_SERVING &&
         absl::Now() < begin + absl::Seconds(2)) {
    std::this_thread::yield();
  }
  // In the lead, callers old and new are still served, and told to leave.
  EXPECT_EQ(Check(channel, ""), HealthCheckResponse::NOT_SERVING);
  const auto late = Connect(process.port(), pki_.Client("mission-de", "batch"));
  EXPECT_TRUE(Call(late, "/test/WhoAmI").status.ok());
  EXPECT_LT(absl::Now() - begin, absl::Seconds(2));
  watch.join();
  EXPECT_EQ(held.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_GE(absl::Now() - begin, absl::Seconds(2));
  EXPECT_FALSE(stream->Read(&told));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(process.Wait(), 0);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
}

TEST_F(DrainTest, SecondSignalCutsTheLeadShort) {
  EchoProcess process(Options(absl::Seconds(7)));
  ASSERT_GT(process.port(), 0);
  const absl::Time begin = absl::Now();
  process.Signal(SIGINT);
  // The same signal twice may be merged into one; these two cannot.
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 0);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
}

TEST_F(DrainTest, KilledServerStartsAgainOverItsLeftovers) {
  {
    EchoProcess process(Options(absl::Seconds(2)));
    ASSERT_GT(process.port(), 0);
  }
  EchoProcess again(Options(absl::ZeroDuration()));
  ASSERT_GT(again.port(), 0);
  const auto channel =
      Connect(again.port(), pki_.Client("mission-gn", "batch"));
  EXPECT_TRUE(Call(channel, "/test/WhoAmI").status.ok());
}

// The polling thread, with the certificate tool as the operator.
TEST_F(DrainTest, RunningServerTakesOverFilesByItself) {
  TestPki pki;
  EchoProcess::Options options = Options(absl::ZeroDuration());
  options.pki_dir = pki.dir();
  EchoProcess process(options);
  ASSERT_GT(process.port(), 0);
  const auto credentials = pki.Client("mission-gn", "batch");
  const auto channel = Connect(process.port(), credentials);
  const std::string before = Call(channel, "/test/WhoAmI").server_serial;
  pki.Run("server");
  const absl::Time rotated = absl::Now();
  while (Call(Connect(process.port(), credentials), "/test/WhoAmI")
                 .server_serial == before &&
         absl::Now() < rotated + absl::Seconds(5)) {
  }
  EXPECT_LT(absl::Now() - rotated, absl::Seconds(3));
  pki.Run("revoke", {"mission-gn", "batch"});
  const absl::Time revoked = absl::Now();
  while (Call(channel, "/test/WhoAmI").status.ok() &&
         absl::Now() < revoked + absl::Seconds(5)) {
  }
  EXPECT_LT(absl::Now() - revoked, absl::Seconds(2));
}

TEST(DrainOrderTest, StepsRunOnceInOrder) {
  std::string order;
  absl::Time deadline;
  app::Drain drain({.not_serving = [&] { order += 'n'; },
                    .stop_accepting = [&] { order += 'a'; },
                    .end_watches = [&] { order += 'w'; },
                    .shutdown =
                        [&](absl::Time at) {
                          order += 's';
                          deadline = at;
                        }},
                   {.lead = absl::ZeroDuration()});
  drain.Request();
  drain.Run();
  EXPECT_EQ(order, "naws");
  EXPECT_LE(deadline, absl::Now() + absl::Seconds(8));
  EXPECT_GT(deadline, absl::Now() + absl::Seconds(6));
}

}  // namespace
}  // namespace passerelle
