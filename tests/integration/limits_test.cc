// R21 and the limits of one mission, on the real server.
#include <future>
#include <iostream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/grpc_status.h"
#include "common/status_details.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.grpc.pb.h"
#include "passerelle/v1/mailbox.pb.h"
#include "tests/integration/echo_server.h"
#include "tests/support/arrange.h"
#include "tests/support/server_process.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
constexpr char kCreateCase[] = "/passerelle.v1.CaseService/CreateCase";
constexpr int64_t kMebibyte = 1 << 20;

// The wire format of protocol buffers, written by hand.
std::string Varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) {
    bytes.push_back(static_cast<char>(value | 0x80));
  }
  bytes.push_back(static_cast<char>(value));
  return bytes;
}
std::string Tag(int field, int wire_type) {
  return Varint(static_cast<uint64_t>(field) << 3 |
                static_cast<uint64_t>(wire_type));
}
std::string Bytes(int field, const std::string& content) {
  return Tag(field, 2) + Varint(content.size()) + content;
}
std::string Repeat(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

// What refusing one hostile message costs the server.
class BombTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.Start());
    server_.Register();
    channel_ =
        Connect(server_.port(), TestPki::Shared().Client("iom-tn", "batch"));
    // Warm: what every call needs is in memory.
    for (int i = 0; i < 50; ++i) ProposedFile(server_.As("iom-tn", "cm"));
    memory_ = server_.PeakResidentBytes();
    time_ = server_.ProcessorTime();
  }

  // Also expects that the server goes on.
  void ExpectCheap() {
    const int64_t grown = server_.PeakResidentBytes() - memory_;
    const absl::Duration spent = server_.ProcessorTime() - time_;
#ifndef __SANITIZE_ADDRESS__
    EXPECT_LE(grown, 32 * kMebibyte);
    EXPECT_LE(spent, absl::Seconds(1));
#endif
    std::cout << "memory +" << grown / kMebibyte << " MiB, processor " << spent
              << std::endl;
    EXPECT_THAT(server_.As("platform", "operator")
                    .CheckHealth("passerelle.v1.CaseService"),
                IsOk());
  }

  grpc::Status Send(const std::string& message) {
    return Call(channel_, kCreateCase, message, absl::Seconds(30)).status;
  }

  ServerProcess server_;
  std::shared_ptr<grpc::Channel> channel_;
  int64_t memory_ = 0;
  absl::Duration time_;
};

TEST_F(BombTest, CompressedZerosAreNotInflated) {
  const auto stub = pb::CaseService::NewStub(channel_);
  for (const auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
    context.set_compression_algorithm(algorithm);
    pb::CreateCaseRequest request;
    request.mutable_case_()->set_external_reference(
        std::string(128 * kMebibyte, '0'));
    pb::Case response;
    EXPECT_FALSE(stub->CreateCase(&context, request, &response).ok());
  }
  ExpectCheap();
}

TEST_F(BombTest, DeepNestingIsRefused) {
  // Groups nobody knows, one in the other.
  constexpr int kDepth = 10000;
  const grpc::Status status =
      Send(Repeat(Tag(1000, 3), kDepth) + Repeat(Tag(1000, 4), kDepth));
  EXPECT_FALSE(status.ok());
  ExpectCheap();
}

TEST_F(BombTest, MillionEmptyElementsAreRefused) {
  // Case.transit_missions, and PersonSummary again and again.
  EXPECT_FALSE(Send(Bytes(1, Repeat(Bytes(4, ""), 1000000))).ok());
  EXPECT_FALSE(Send(Bytes(1, Repeat(Bytes(8, ""), 1000000))).ok());
  ExpectCheap();
}

TEST_F(BombTest, UnknownFieldsAreRefused) {
  // Just below the largest message: many small ones, and one large one.
  EXPECT_FALSE(Send(Repeat(Tag(15, 0) + Varint(1), 2000000)).ok());
  EXPECT_FALSE(Send(Bytes(15, std::string(4000000, 'x'))).ok());
  ExpectCheap();
}

TEST_F(BombTest, OversizeMessageIsRefused) {
  EXPECT_EQ(
      Send(Bytes(1, Bytes(9, std::string(5 * kMebibyte, 'x')))).error_code(),
      grpc::StatusCode::RESOURCE_EXHAUSTED);
  // Above the limit of a request: our own word, with the limit.
  const absl::Status refused =
      FromGrpc(Send(Bytes(1, Bytes(9, std::string(100000, 'x')))));
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(refused, HasReason("REQUEST_TOO_LARGE"));
  EXPECT_EQ(DetailsOf(refused).metadata["limitBytes"], "65536");
  ExpectCheap();
}

client::ClientOptions WithoutRetry() {
  client::ClientOptions options;
  options.retry.max_attempts = 1;
  return options;
}

absl::Status FetchWaiting(client::Client& client, int seconds) {
  pb::FetchMailboxRequest request;
  request.mutable_wait()->set_seconds(seconds);
  return client
      .Call<pb::FetchMailboxResponse>(
          "passerelle.v1.MailboxService/FetchMailbox", request)
      .status();
}

TEST(MissionLimitsTest, RateOfOneMissionIsBoundedWithAWordWhenToRepeat) {
  ServerProcess server(
      {{"limits.calls_per_second_per_mission", "10"}, {"limits.burst", "40"}});
  ASSERT_TRUE(server.Start());
  server.Register();
  const auto client = server.Open("iom-tn", "cm", WithoutRetry());
  absl::Status status;
  int served = 0;
  while (status.ok() && served < 1000) {
    status = FetchWaiting(*client, 0);
    served += status.ok() ? 1 : 0;
  }
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(status, HasReason("RATE_LIMITED"));
  EXPECT_GT(DetailsOf(status).retry_after.value_or(absl::ZeroDuration()),
            absl::ZeroDuration());
  EXPECT_GE(served, 40);
  // Other missions are served, and a client that heeds the word as well.
  EXPECT_THAT(FetchWaiting(server.As("iom-de", "cm"), 0), IsOk());
  EXPECT_THAT(FetchWaiting(server.As("iom-tn", "cm"), 0), IsOk());
  std::cout << served << " served before the limit" << std::endl;
}

TEST(MissionLimitsTest, LiveCallsOfOneMissionAreBounded) {
  constexpr int kLive = 4;
  ServerProcess server(ServerProcess::Settings{
      {"limits.live_calls_per_mission", absl::StrCat(kLive)}});
  ASSERT_TRUE(server.Start());
  server.Register();
  const auto client = server.Open("iom-es", "cm", WithoutRetry());
  std::vector<std::future<absl::Status>> waiting;
  for (int i = 0; i < kLive; ++i) {
    waiting.push_back(std::async(std::launch::async,
                                 [&] { return FetchWaiting(*client, 3); }));
  }
  // Once all of them wait at the server, the next is refused at the door.
  const absl::Time deadline = absl::Now() + absl::Seconds(3);
  absl::Status next;
  while (next.ok() && absl::Now() < deadline) next = FetchWaiting(*client, 0);
  EXPECT_THAT(next, HasReason("RATE_LIMITED"));
  EXPECT_GT(DetailsOf(next).retry_after.value_or(absl::ZeroDuration()),
            absl::ZeroDuration());
  EXPECT_THAT(FetchWaiting(server.As("iom-de", "cm"), 0), IsOk());
  for (auto& call : waiting) {
    const absl::Status status = call.get();
    // The probe above may have stood in the place of one for a moment.
    EXPECT_TRUE(status.ok() || ReasonOf(status) == "RATE_LIMITED") << status;
  }
  EXPECT_THAT(FetchWaiting(*client, 0), IsOk());  // places come free again
}

}  // namespace
}  // namespace passerelle::testing
