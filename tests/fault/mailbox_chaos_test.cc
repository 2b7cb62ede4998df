// R08: the mailbox over a line that breaks at random bytes, with restarts of
// the server and compaction. Six properties: ordered; without gaps; what was
// acknowledged never comes again; commits whole; resumable, with the same
// entries; and its end only moves on.

#include <atomic>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cpp/client.h"
#include "gtest/gtest.h"
#include "passerelle/v1/mailbox.pb.h"
#include "tests/support/chaos_proxy.h"
#include "tests/support/journey.h"
#include "tests/support/seed.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;

constexpr int kPhases = 3;
constexpr int kResetsPerPhase = 75;

// Takes the mail of iom-ma, by long poll and by stream in turn.
class Consumer {
 public:
  explicit Consumer(int port)
      : channel_(FreshChannel("iom-ma", port)),
        client_(client::Client::OverChannel(channel_, "")) {}

  // Until stopped and at the end of the mailbox.
  void Run(const std::atomic<int64_t>* end) {
    for (int turn = 0; end->load() < 0 || cursor_ < end->load(); ++turn) {
      if (turn % 3 == 2) {
        Watch();
      } else {
        Fetch();
      }
      if (turn % 2 == 0 && cursor_ > 0) Acknowledge();
      // At every third time that something is not acknowledged yet.
      if (cursor_ > acknowledged_ && ++unacknowledged_ % 3 == 0) {
        while (!Forget()) {
        }
      }
    }
    while (acknowledged_ < cursor_) Acknowledge();
  }

  int64_t cursor() const { return cursor_.load(); }
  int violations() const { return violations_; }
  int64_t repeated() const { return repeated_; }
  const std::vector<pb::MailboxEntry>& entries() const { return entries_; }
  // Ends of the mailbox as readers saw them.
  const std::set<int64_t>& ends() const { return ends_; }

 private:
  void Fetch() {
    const RawReply reply = RawCall(
        channel_, FullName("FetchMailbox"),
        MakeRequest("FetchMailbox",
                    absl::StrCat("max_entries: 12 wait { nanos: 50000000 } "
                                 "after_sequence: ",
                                 cursor()))
            ->SerializeAsString());
    if (!reply.status.ok()) return Check(reply.status);
    pb::FetchMailboxResponse page;
    page.ParseFromString(reply.bytes);
    if (!ends_.empty() && page.last_sequence() < *ends_.rbegin()) {
      ++violations_;
    }
    ends_.insert(page.last_sequence());
    if (page.acknowledgement().sequence() < acknowledged_) ++violations_;
    for (const pb::MailboxEntry& entry : page.entries()) Take(entry);
  }

  void Watch() {
    pb::WatchMailboxRequest request;
    request.set_after_sequence(cursor());
    pb::WatchMailboxResponse portion;
    int left = 2;
    const absl::Status status = client_->StreamDynamic(
        FindMethod("WatchMailbox"), request, &portion,
        [&](const google::protobuf::Message&) {
          for (const pb::MailboxEntry& entry : portion.entries()) Take(entry);
          if (portion.resume_after() != cursor_) ++violations_;
          return --left == 0 ? absl::AbortedError("enough") : absl::OkStatus();
        },
        {.deadline = absl::Milliseconds(150)});
    if (!absl::IsAborted(status)) Check(status);
  }

  void Acknowledge() {
    const RawReply reply =
        RawCall(channel_, FullName("AcknowledgeMailbox"),
                MakeRequest("AcknowledgeMailbox",
                            absl::StrCat("up_to_sequence: ", cursor()))
                    ->SerializeAsString());
    if (!reply.status.ok()) return Check(reply.status);
    pb::MailboxAcknowledgement answer;
    answer.ParseFromString(reply.bytes);
    if (answer.sequence() != cursor_) ++violations_;
    acknowledged_ = answer.sequence();
  }

  // Like a program that ends: what the server holds as acknowledged is all that
  // is left of the position.
  // Returns: whether the server was reached.
  bool Forget() {
    const RawReply reply = RawCall(
        channel_, FullName("FetchMailbox"),
        MakeRequest("FetchMailbox",
                    absl::StrCat("max_entries: 1 after_sequence: ", cursor()))
            ->SerializeAsString());
    if (!reply.status.ok()) {
      Check(reply.status);
      return false;
    }
    pb::FetchMailboxResponse page;
    page.ParseFromString(reply.bytes);
    const int64_t acknowledged = page.acknowledgement().sequence();
    if (acknowledged < acknowledged_ || acknowledged > cursor_) ++violations_;
    acknowledged_ = acknowledged;
    cursor_ = acknowledged;
    return true;
  }

  void Take(const pb::MailboxEntry& entry) {
    if (entry.sequence() != cursor_ + 1) ++violations_;
    cursor_ = entry.sequence();
    const auto place = static_cast<size_t>(cursor_ - 1);
    if (place == entries_.size()) {
      entries_.push_back(entry);
    } else if (entry.SerializeAsString() ==
               entries_.at(place).SerializeAsString()) {
      ++repeated_;
    } else {
      ++violations_;
    }
  }

  // Lost calls, and the server's stop, are all that may go wrong.
  void Check(const absl::Status& status) {
    if (status.ok() || absl::IsUnavailable(status) ||
        absl::IsDeadlineExceeded(status) || absl::IsCancelled(status)) {
      return;
    }
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    ++violations_;
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<client::Client> client_;
  std::atomic<int64_t> cursor_{0};
  int64_t acknowledged_ = 0;
  int violations_ = 0;
  int unacknowledged_ = 0;  // turns that ended so
  int64_t repeated_ = 0;    // entries that came again, unacknowledged
  std::vector<pb::MailboxEntry> entries_;
  std::set<int64_t> ends_;
};

int64_t EndOf(TestServer& server) {
  return Must<pb::FetchMailboxResponse>(server, "iom-es", "FetchMailbox", "")
      .last_sequence();
}

TEST(MailboxChaos, NothingIsLostRepeatedOrTornApart) {
  const uint64_t seed = Seed();
  TestServer server;
  ChaosProxy proxy({.target_port = server.port(),
                    .seed = seed,
                    .min_bytes = 200,
                    .max_bytes = 7000});
  Consumer consumer(proxy.port());
  int64_t first_kept = 0;
  int64_t last = 0;
  int64_t made = 0;
  for (int phase = 1; phase <= kPhases; ++phase) {
    std::atomic<int64_t> end{-1};
    std::thread reader([&] { consumer.Run(&end); });
    const int64_t goal = proxy.resets() + kResetsPerPhase;
    bool restarted = false;
    while (proxy.resets() < goal) {
      if (made - consumer.cursor() > 40) {
        // Nobody writes to iom-de: a rest, so that the reader keeps up.
        MustSend(server, "iom-de", "FetchMailbox", "wait { nanos: 50000000 }");
        continue;
      }
      made += 7;
      // A withdrawal ends two studies: three entries in one commit.
      const Target study = Bring(server, "study:REQUESTED");
      const Reply plan = MustSend(
          server, "iom-tn/cm", "CreatePlan",
          absl::StrCat("parent: '", study.file.name,
                       "' plan { outline: 'P' ceiling { currency: 'MAD' } "
                       "lines { category: CASH amount { currency: 'MAD' } } "
                       "}"));
      const Reply second =
          MustSend(server, "iom-tn/cm", "CreateFeasibilityStudy",
                   absl::StrCat("parent: '", study.file.name,
                                "' feasibility_study { plan: '",
                                GetString(*plan.answer, "name"), "' }"));
      MustSend(server, "iom-tn/cm", "RequestFeasibilityStudy",
               absl::StrCat(Named(GetString(*second.answer, "name")),
                            "consent: '", study.file.consent, "'"));
      MustSend(server, "iom-tn/cm", "WithdrawCase", Named(study.file.name));
      if (!restarted && proxy.resets() > goal - kResetsPerPhase / 2) {
        server.Restart();
        restarted = true;
      }
    }
    end = Must<pb::FetchMailboxResponse>(server, "iom-ma", "FetchMailbox",
                                         absl::StrCat("after_sequence: ", last))
              .last_sequence();
    reader.join();
    last = end;
    ASSERT_EQ(consumer.cursor(), end.load());
    ASSERT_EQ(consumer.violations(), 0);
    if (phase == 1) first_kept = end.load() + 1;
    // The first phase's mail grows old; what iom-es left unread does as well.
    if (phase < kPhases) server.clock().Advance(absl::Hours(24 * 100));
  }
  std::printf("resets %lld, entries %zu, sent again %lld\n",
              static_cast<long long>(proxy.resets()), consumer.entries().size(),
              static_cast<long long>(consumer.repeated()));
  EXPECT_GT(consumer.repeated(), 0);
  EXPECT_GE(proxy.resets(), 200);

  // Entries of one commit stand together, and nobody ever saw a part of them.
  std::map<std::string, std::vector<int64_t>> commits;
  for (const pb::MailboxEntry& entry : consumer.entries()) {
    if (entry.event() == "WithdrawExchange" ||
        entry.event() == "WithdrawCase") {
      const std::string file =
          entry.resource().substr(0, entry.resource().find('/', 6));
      commits[file].push_back(entry.sequence());
    }
  }
  EXPECT_FALSE(commits.empty());
  for (const auto& [file, sequences] : commits) {
    ASSERT_EQ(sequences.size(), 3u) << file;
    EXPECT_EQ(sequences.back() - sequences.front(), 2) << file;
    EXPECT_EQ(consumer.ends().count(sequences[0]), 0u) << file;
    EXPECT_EQ(consumer.ends().count(sequences[1]), 0u) << file;
  }

  // Old mail that was acknowledged goes; an old position is told where mail
  // begins. What was never acknowledged stays.
  const int64_t unread = EndOf(server);
  EXPECT_GT(unread, 0);
  server.SettleTimers();
  Reply old = Send(server, "iom-ma", "FetchMailbox", "after_sequence: 0");
  ASSERT_THAT(old, HasReason("CURSOR_EXPIRED"));
  EXPECT_THAT(old, StatusIs(absl::StatusCode::kOutOfRange));
  const std::string oldest = DetailsOf(old.status).metadata["oldestSequence"];
  const int64_t begins = std::stoll(oldest);
  EXPECT_GT(begins, 1);
  EXPECT_LE(begins, first_kept);
  const auto kept = Must<pb::FetchMailboxResponse>(
      server, "iom-ma", "FetchMailbox",
      absl::StrCat("after_sequence: ", begins - 1));
  ASSERT_GT(kept.entries_size(), 0);
  EXPECT_EQ(kept.entries(0).sequence(), begins);
  const auto all = Must<pb::FetchMailboxResponse>(
      server, "iom-es", "FetchMailbox", "max_entries: 1000");
  EXPECT_EQ(all.entries(0).sequence(), 1);
  EXPECT_EQ(all.last_sequence(), unread);
}

}  // namespace
}  // namespace passerelle::testing
