// R21 and the limits of one mission, on the real server.
#include <atomic>
#include <functional>
#include <future>
#include <iostream>
#include <thread>
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
#include "tests/support/raw_call.h"
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

// What refusing one hostile message costs the server: at most 32 MiB of memory
// and a second of processor time each. There is no bomb for payloads compressed
// inside a field: the contract has no such field, and the server inflates
// nothing.
class BombTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.Start());
    server_.Register();
    channel_ =
        Connect(server_.port(), TestPki::Shared().Client("iom-tn", "batch"));
    // Warm: what every call needs is in memory.
    for (int i = 0; i < 50; ++i) ProposedFile(server_.As("iom-tn", "cm"));
  }

  // Also expects that the server goes on.
  void ExpectRefusedCheaply(const char* what,
                            const std::function<grpc::Status()>& send) {
    server_.ResetPeakResidentBytes();
    const int64_t memory = server_.PeakResidentBytes();
    const absl::Duration time = server_.ProcessorTime();
    const grpc::Status status = send();
    EXPECT_FALSE(status.ok()) << what;
    const int64_t grown = server_.PeakResidentBytes() - memory;
    const absl::Duration spent = server_.ProcessorTime() - time;
#ifndef __SANITIZE_ADDRESS__
    EXPECT_LE(grown, 32 * kMebibyte) << what;
    EXPECT_LE(spent, absl::Seconds(1)) << what;
#endif
    std::cout << what << ": code " << status.error_code() << ", memory +"
              << static_cast<double>(grown) / kMebibyte << " MiB, processor "
              << spent << std::endl;
    EXPECT_THAT(server_.As("platform", "operator")
                    .CheckHealth("passerelle.v1.CaseService"),
                IsOk());
  }

  // To a unary method, and to those whose requests gRPC could parse by itself.
  void ExpectRefusedEverywhere(const char* what, const std::string& message) {
    for (const char* method :
         {kCreateCase, "/passerelle.v1.MailboxService/WatchMailbox",
          "/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"}) {
      ExpectRefusedCheaply(absl::StrCat(what, " to ", method).c_str(),
                           [&] { return Send(message, method); });
    }
  }

  grpc::Status Send(const std::string& message,
                    const char* method = kCreateCase) {
    return Call(channel_, method, message, absl::Seconds(30)).status;
  }

  ServerProcess server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(BombTest, CompressedZerosAreNotInflated) {
  const auto stub = pb::CaseService::NewStub(channel_);
  for (const auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
    context.set_compression_algorithm(algorithm);
    pb::CreateCaseRequest request;
    request.mutable_case_()->set_external_reference(
        std::string(256 * kMebibyte, '0'));
    pb::Case response;
    ExpectRefusedCheaply(
        algorithm == GRPC_COMPRESS_GZIP ? "256 MiB by gzip" : "by deflate",
        [&] { return stub->CreateCase(&context, request, &response); });
  }
}

TEST_F(BombTest, DeepNestingIsRefused) {
  // Groups nobody knows, one in the other; below the limit of a request.
  constexpr int kDepth = 10000;
  ExpectRefusedEverywhere(
      "10,000 groups deep",
      Repeat(Tag(1000, 3), kDepth) + Repeat(Tag(1000, 4), kDepth));
}

TEST_F(BombTest, MillionEmptyElementsAreRefused) {
  // Case.transit_missions, and PersonSummary again and again.
  ExpectRefusedEverywhere("a million empty texts",
                          Bytes(1, Repeat(Bytes(4, ""), 1000000)));
  ExpectRefusedEverywhere("a million empty messages",
                          Bytes(1, Repeat(Bytes(8, ""), 1000000)));
  // As many as fit into a request that is parsed.
  ExpectRefusedEverywhere("32,000 empty texts",
                          Bytes(1, Repeat(Bytes(4, ""), 32000)));
}

TEST_F(BombTest, UnknownFieldsAreRefused) {
  // Just below the largest message: many small ones, and one large one.
  ExpectRefusedEverywhere("4 MiB of small unknown fields",
                          Repeat(Tag(15, 0) + Varint(1), 2000000));
  ExpectRefusedEverywhere("one unknown field of 4 MiB",
                          Bytes(15, std::string(4000000, 'x')));
  ExpectRefusedEverywhere("32,000 unknown fields",
                          Repeat(Tag(15, 0) + Varint(1), 32000));
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

TEST(MissionLimitsTest, OpeningWatchesCountsAsCalling) {
  ServerProcess server(
      ServerProcess::Settings{{"limits.calls_per_second_per_mission", "10"},
                              {"limits.burst", "20"},
                              {"limits.watches_per_mission", "1000"}});
  ASSERT_TRUE(server.Start());
  server.Register();
  ProposedFile(server.As("iom-tn", "cm"));  // mail for iom-ma
  const auto client = server.Open("iom-ma", "fp", WithoutRetry());
  const auto* watch = pb::WatchMailboxRequest::descriptor()
                          ->file()
                          ->FindServiceByName("MailboxService")
                          ->FindMethodByName("WatchMailbox");
  absl::Status status = absl::CancelledError();
  for (int i = 0; i < 1000 && absl::IsCancelled(status); ++i) {
    pb::WatchMailboxResponse response;
    status =
        client->StreamDynamic(watch, pb::WatchMailboxRequest(), &response,
                              [](const google::protobuf::Message&) {
                                return absl::CancelledError();  // enough of it
                              });
  }
  EXPECT_THAT(status, HasReason("RATE_LIMITED"));
  EXPECT_GT(DetailsOf(status).retry_after.value_or(absl::ZeroDuration()),
            absl::ZeroDuration());
}

// A long poll is the one call that would use all the time it has.
TEST(DeadlineTest, ACallWithoutOneAndOneTooFarAwayGetTheServers) {
  ServerProcess server(
      ServerProcess::Settings{{"limits.default_deadline", "\"300ms\""},
                              {"limits.max_deadline", "\"600ms\""}});
  ASSERT_TRUE(server.Start());
  server.Register();
  pb::FetchMailboxRequest request;
  request.mutable_wait()->set_seconds(50);
  const auto channel = FreshChannel("iom-de", server.port());
  const absl::Time begin = absl::Now();
  for (const absl::Duration asked :
       {absl::InfiniteDuration(), absl::Seconds(40)}) {
    SCOPED_TRACE(asked);
    const RawReply reply =
        RawCall(channel, "passerelle.v1.MailboxService/FetchMailbox",
                request.SerializeAsString(),
                {{"passerelle-officer", "missions/iom-de/officers/cm"}}, asked);
    EXPECT_THAT(reply.status, IsOk());
  }
  EXPECT_GT(absl::Now() - begin, absl::Milliseconds(800));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(20));
}

TEST(MissionLimitsTest, LiveCallsOfOneMissionAreBounded) {
  constexpr int kLive = 4;
  ServerProcess server(ServerProcess::Settings{
      {"limits.live_calls_per_mission", absl::StrCat(kLive)}});
  ASSERT_TRUE(server.Start());
  server.Register();
  const auto client = server.Open("iom-es", "cm", WithoutRetry());
  // As many again as there are places: they sort themselves out.
  std::atomic<int> refused{0};
  std::vector<std::future<absl::Status>> calls;
  for (int i = 0; i < 2 * kLive; ++i) {
    calls.push_back(std::async(std::launch::async, [&] {
      const absl::Status status = FetchWaiting(*client, 25);
      if (!status.ok()) ++refused;
      return status;
    }));
  }
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (refused < kLive && absl::Now() < deadline) std::this_thread::yield();
  EXPECT_EQ(refused, kLive);
  const absl::Status next = FetchWaiting(*client, 0);
  EXPECT_THAT(next, HasReason("RATE_LIMITED"));
  EXPECT_GT(DetailsOf(next).retry_after.value_or(absl::ZeroDuration()),
            absl::ZeroDuration());
  EXPECT_THAT(FetchWaiting(server.As("iom-de", "cm"), 0), IsOk());
  ProposedFile(server.As("iom-tn", "cm"));  // mail for iom-es: waiting ends
  int served = 0;
  for (auto& call : calls) {
    const absl::Status status = call.get();
    served += status.ok() ? 1 : 0;
    EXPECT_TRUE(status.ok() || ReasonOf(status) == "RATE_LIMITED") << status;
  }
  EXPECT_EQ(served, kLive);
  EXPECT_THAT(FetchWaiting(*client, 0), IsOk());  // places come free again
}

}  // namespace
}  // namespace passerelle::testing
