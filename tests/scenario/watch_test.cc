// The mailbox as a stream, and long polls.

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cpp/client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/directory.pb.h"
#include "passerelle/v1/mailbox.pb.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;

// One stream in a thread of its own.
class Stream {
 public:
  Stream(TestServer& server, absl::string_view mission, int64_t after,
         absl::string_view officer = "")
      : client_(server.As(mission, officer)) {
    thread_ = std::thread([this, after] {
      pb::WatchMailboxRequest request;
      request.set_after_sequence(after);
      pb::WatchMailboxResponse portion;
      const absl::Status status = client_.StreamDynamic(
          FindMethod("WatchMailbox"), request, &portion,
          [&](const google::protobuf::Message&) {
            const std::lock_guard<std::mutex> lock(mutex_);
            for (const auto& entry : portion.entries()) {
              sequences_.push_back(entry.sequence());
            }
            resume_ = portion.resume_after();
            changed_.notify_all();
            return stop_ ? absl::AbortedError("enough") : absl::OkStatus();
          },
          {.deadline = absl::Seconds(60)});
      const std::lock_guard<std::mutex> lock(mutex_);
      status_ = status;
      ended_ = true;
      changed_.notify_all();
    });
  }
  ~Stream() { thread_.join(); }

  // Waits for `count` entries in all.
  bool Has(size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] {
      return sequences_.size() >= count || ended_;
    }) && sequences_.size() >= count;
  }
  // Waits for the stream's end.
  absl::Status End(int seconds) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(seconds),
                           [&] { return ended_; })) {
      return absl::DeadlineExceededError("still open");
    }
    return status_;
  }
  // Ends with the next portion.
  void Stop() {
    const std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  int64_t resume() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return resume_;
  }
  std::vector<int64_t> sequences() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return sequences_;
  }

 private:
  client::Client& client_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int64_t> sequences_;
  int64_t resume_ = 0;
  bool stop_ = false;
  bool ended_ = false;
  absl::Status status_;
  std::thread thread_;
};

void Suspend(TestServer& server, const std::string& mission) {
  const auto present = Must<pb::Mission>(server, "platform", "GetMission",
                                         Named("missions/" + mission));
  MustSend(server, "platform/operator", "UpdateMission",
           absl::StrCat("mission { name: 'missions/", mission,
                        "' suspended: true } etag: '", present.etag(), "'"));
}

TEST(WatchScenario, EntriesArriveAndAreResumed) {
  TestServer server;
  Bring(server, "case:PROPOSED");
  int64_t resume = 0;
  {
    Stream stream(server, "iom-ma", 0);
    ASSERT_TRUE(stream.Has(1));
    Bring(server, "case:PROPOSED");
    ASSERT_TRUE(stream.Has(2));
    EXPECT_THAT(stream.sequences(), ::testing::ElementsAre(1, 2));
    resume = stream.resume();
    EXPECT_EQ(resume, 2);
    stream.Stop();
    Bring(server, "case:PROPOSED");
    EXPECT_THAT(stream.End(10), StatusIs(absl::StatusCode::kAborted));
  }
  Stream again(server, "iom-ma", resume);
  ASSERT_TRUE(again.Has(1));
  EXPECT_EQ(again.sequences().front(), 3);
  Stream beyond(server, "iom-ma", 99);
  EXPECT_THAT(beyond.End(10), HasReason("CURSOR_INVALID"));
  Stream nobody(server, "iom-ma", 0, "nobody");
  EXPECT_THAT(nobody.End(10), HasReason("OFFICER_NOT_AUTHORIZED"));
  // A restart ends a stream in a way that says what to do.
  server.Restart();
  EXPECT_THAT(again.End(10), StatusIs(absl::StatusCode::kUnavailable));
}

TEST(WatchScenario, AStreamEndsWithItsOfficer) {
  TestServer server;
  Bring(server, "case:PROPOSED");
  server.AddOfficer(
      "iom-ma", "leaving",
      absl::StrCat("roles: FOCAL_POINT valid_until_time { seconds: ",
                   absl::ToUnixSeconds(server.clock().Now() + absl::Hours(1)),
                   " }"));
  Stream leaving(server, "iom-ma", 0, "leaving");
  Stream staying(server, "iom-ma", 0, "fp");
  ASSERT_TRUE(leaving.Has(1));
  ASSERT_TRUE(staying.Has(1));
  server.clock().Advance(absl::Hours(2));
  EXPECT_THAT(leaving.End(10), HasReason("OFFICER_NOT_AUTHORIZED"));
  staying.Stop();
  Bring(server, "case:PROPOSED");
  EXPECT_THAT(staying.End(10), StatusIs(absl::StatusCode::kAborted));
}

TEST(WatchScenario, EightStreamsAMission) {
  TestServer server;
  Bring(server, "case:PROPOSED");
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 8; ++i) {
    streams.push_back(std::make_unique<Stream>(server, "iom-ma", 0));
    ASSERT_TRUE(streams.back()->Has(1));
  }
  Stream ninth(server, "iom-ma", 0);
  EXPECT_THAT(ninth.End(10), HasReason("TOO_MANY_WATCHES"));
  // Another mission's streams are its own affair.
  Stream other(server, "iom-es", 0);
  EXPECT_TRUE(other.Has(1));
  // One ends: there is room for another.
  streams.front()->Stop();
  Bring(server, "case:PROPOSED");
  EXPECT_THAT(streams.front()->End(10), StatusIs(absl::StatusCode::kAborted));
  for (int i = 0; i < 50; ++i) {
    Stream next(server, "iom-ma", 0);
    if (next.Has(1)) {
      next.Stop();
      Bring(server, "case:PROPOSED");
      EXPECT_THAT(next.End(10), StatusIs(absl::StatusCode::kAborted));
      break;
    }
    ASSERT_LT(i, 49) << "the place was never given back";
  }
  Suspend(server, "iom-ma");
  Suspend(server, "iom-es");
  for (auto& stream : streams) stream->End(10).IgnoreError();
}

TEST(WatchScenario, SuspensionEndsAnOpenStream) {
  TestServer server;
  Bring(server, "case:PROPOSED");
  Stream stream(server, "iom-ma", 0);
  ASSERT_TRUE(stream.Has(1));
  Suspend(server, "iom-ma");
  EXPECT_THAT(stream.End(5), HasReason("IDENTITY_UNKNOWN"));
}

TEST(WatchScenario, RevocationEndsAnOpenStream) {
  TempDir dir;
  const std::string revoked = dir.path() + "/revoked.txt";
  WriteFileOrDie(revoked, "# nobody\n");
  TestServer server(
      [&](app::ServerConfig* config) { config->revocation.file = revoked; });
  Bring(server, "case:PROPOSED");
  Stream stream(server, "iom-ma", 0);
  Stream other(server, "iom-es", 0);
  ASSERT_TRUE(stream.Has(1));
  ASSERT_TRUE(other.Has(1));
  WriteFileOrDie(revoked, "mission iom-ma\n");
  EXPECT_THAT(stream.End(5), HasReason("IDENTITY_UNKNOWN"));
  EXPECT_THAT(Send(server, "iom-ma", "FetchMailbox", ""),
              HasReason("IDENTITY_UNKNOWN"));
  Bring(server, "case:PROPOSED");
  EXPECT_TRUE(other.Has(2));
  Suspend(server, "iom-es");
  EXPECT_THAT(other.End(5), HasReason("IDENTITY_UNKNOWN"));
}

TEST(WatchScenario, DrainingEndsAStream) {
  TestServer server;
  Bring(server, "case:PROPOSED");
  Stream stream(server, "iom-ma", 0);
  ASSERT_TRUE(stream.Has(1));
  std::thread waiting([&] { server.server().Wait(); });
  server.server().RequestDrain();
  EXPECT_THAT(stream.End(10), HasReason("DRAINING"));
  waiting.join();
}

TEST(LongPollScenario, WakesWhenMailComesAndEndsWhenNoneDoes) {
  TestServer server;
  server.As("iom-ma", "");
  Reply woken;
  std::thread waiting([&] {
    woken = Send(server, "iom-ma", "FetchMailbox", "wait { seconds: 30 }");
  });
  Bring(server, "case:PROPOSED");
  waiting.join();
  ASSERT_THAT(woken, IsOk());
  EXPECT_EQ(woken.as<pb::FetchMailboxResponse>().entries_size(), 1);
  const Reply none = Send(server, "iom-ma", "FetchMailbox",
                          "wait { nanos: 300000000 } after_sequence: 1");
  ASSERT_THAT(none, IsOk());
  EXPECT_EQ(none.as<pb::FetchMailboxResponse>().entries_size(), 0);
}

// Callers that hang up do not keep the mission's places for the time they had
// asked to wait.
TEST(LongPollScenario, HangingUpGivesThePlaceBack) {
  TestServer server([](app::ServerConfig* config) {
    config->limits.live_calls_per_mission = 4;
  });
  const auto channel = FreshChannel("iom-ma", server.port());
  const std::string wait =
      MakeRequest("FetchMailbox", "wait { seconds: 50 }")->SerializeAsString();
  for (int round = 0; round < 4; ++round) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        RawCall(channel, FullName("FetchMailbox"), wait, {},
                absl::Milliseconds(300));
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  const absl::Time limit = absl::Now() + absl::Seconds(5);
  Reply reply;
  do {
    reply = Send(server, "iom-ma", "FetchMailbox", "");
  } while (!reply.ok() && absl::Now() < limit);
  EXPECT_THAT(reply, IsOk());
}

}  // namespace
}  // namespace passerelle::testing
