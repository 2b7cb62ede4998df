// R28: SIGTERM under load, and the restart of the clients' only server.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "passerelle/v1/mailbox.pb.h"
#include "tests/support/server_process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/writers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::StartsWith;

// A reader of iom-ma's mail by stream, which it opens again where it ended.
class Reader {
 public:
  explicit Reader(ServerProcess& server)
      : client_(server.Open("iom-ma", "fp")), thread_([this] { Run(); }) {}
  ~Reader() { Stop(); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  int64_t last() const { return last_; }
  // After Stop.
  int gaps() const { return gaps_; }
  const std::map<std::string, int>& ends() const { return ends_; }

 private:
  void Run() {
    const auto* method = pb::WatchMailboxRequest::descriptor()
                             ->file()
                             ->FindServiceByName("MailboxService")
                             ->FindMethodByName("WatchMailbox");
    while (!stop_) {
      pb::WatchMailboxRequest request;
      request.set_after_sequence(last_);
      pb::WatchMailboxResponse response;
      const absl::Status status = client_->StreamDynamic(
          method, request, &response,
          [&](const google::protobuf::Message&) {
            for (const pb::MailboxEntry& entry : response.entries()) {
              gaps_ += entry.sequence() == last_ + 1 ? 0 : 1;
              last_ = entry.sequence();
            }
            return stop_ ? absl::AbortedError("enough") : absl::OkStatus();
          },
          {.deadline = absl::Seconds(120)});
      if (!absl::IsAborted(status)) {
        ++ends_[absl::StatusCodeToString(status.code())];
      }
      // While there is no server.
      client_->channel()->WaitForConnected(
          absl::ToChronoTime(absl::Now() + absl::Seconds(1)));
    }
  }

  const std::unique_ptr<client::Client> client_;
  std::atomic<bool> stop_{false};
  std::atomic<int64_t> last_{0};
  int gaps_ = 0;
  std::map<std::string, int> ends_;
  std::thread thread_;
};

TEST(DrainUnderLoadTest, LosesNothingAndClientsGoOnByThemselves) {
  constexpr int kRestarts = 3;
  ServerProcess server(ServerProcess::Settings{{"log.level", "\"info\""}});
  ASSERT_TRUE(server.Start());
  server.Register();
  Writers patient(server, 4, Writers::Patience::kRepeat);
  Reader reader(server);
  absl::Duration slowest;
  for (int restart = 1; restart <= kRestarts; ++restart) {
    Writers impatient(server, 4, Writers::Patience::kGiveUp,
                      absl::StrCat("g", restart, "-"));
    ASSERT_TRUE(patient.WaitForAcknowledged(patient.acknowledged() + 100,
                                            absl::Seconds(30)))
        << server.log();
    ASSERT_TRUE(impatient.WaitForAcknowledged(100, absl::Seconds(30)));
    EXPECT_THAT(impatient.failures(), IsEmpty());

    const absl::Time begin = absl::Now();
    server.Signal(SIGTERM);
    ASSERT_EQ(server.Wait(absl::Seconds(15)), 0) << server.log();
    slowest = std::max(slowest, absl::Now() - begin);
    impatient.Stop();
    EXPECT_FALSE(impatient.failures().empty());
    for (const auto& [failure, times] : impatient.failures()) {
      EXPECT_THAT(failure, StartsWith("UNAVAILABLE ")) << times << " times";
    }
    const StoreContent content = ReadStore(server.store_path());
    EXPECT_EQ(content.integrity, "ok");
    EXPECT_THAT(content.journal, IsOk());
    for (const Writers* writers : {&patient, &impatient}) {
      const Comparison comparison = Compare(writers->journal(), content);
      EXPECT_EQ(comparison.lost, 0);
      EXPECT_EQ(comparison.duplicated, 0);
    }

    const int64_t before = patient.acknowledged();
    const int64_t read = reader.last();
    ASSERT_TRUE(server.Start());
    EXPECT_TRUE(patient.WaitForAcknowledged(before + 100, absl::Seconds(30)));
    while (reader.last() == read && absl::Now() < begin + absl::Seconds(60)) {
      std::this_thread::yield();
    }
    EXPECT_GT(reader.last(), read);
  }
  patient.Stop();
  EXPECT_THAT(patient.failures(), IsEmpty());
  // Ends a stream that has nothing left to read.
  server.Signal(SIGTERM);
  server.Signal(SIGINT);
  reader.Stop();
  EXPECT_EQ(server.Wait(absl::Seconds(15)), 0);
  EXPECT_LT(slowest, absl::Seconds(10));
  EXPECT_EQ(reader.gaps(), 0);
  EXPECT_THAT(reader.ends(), ElementsAre(Key("UNAVAILABLE")));
  std::cout << kRestarts << " restarts, slowest end " << slowest << ", "
            << patient.acknowledged() << " acknowledged by patient clients, "
            << reader.last() << " entries read by stream" << std::endl;
}

}  // namespace
}  // namespace passerelle::testing
