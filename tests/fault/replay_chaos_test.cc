// R06 and R07: what is sent again and again over a bad line, and what is sent
// by many at the same instant, happens once.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/chaos_proxy.h"
#include "tests/support/journey.h"
#include "tests/support/seed.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

// gRPC waits some 100 ms before it dials a lost connection again, so many
// workers keep the line busy.
constexpr int kWorkers = 40;
constexpr int kMutations = 10000;
constexpr int kRounds = 1000;
constexpr int kCallers = 16;

const Metadata& Officer() {
  static const auto* const metadata =
      new Metadata{{"passerelle-officer", "missions/iom-tn/officers/cm"}};
  return *metadata;
}

// A UUID from the worker's own generator: the seed tells all.
std::string SeededId(std::mt19937_64* random) {
  const uint64_t a = (*random)();
  const uint64_t b = (*random)();
  char text[40];
  std::snprintf(
      text, sizeof(text), "%08x-%04x-4%03x-a%03x-%012llx",
      static_cast<unsigned>(a >> 32), static_cast<unsigned>(a & 0xffff),
      static_cast<unsigned>((a >> 16) & 0xfff), static_cast<unsigned>(b >> 52),
      static_cast<unsigned long long>(b & 0xffffffffffffULL));
  return text;
}

size_t CountAll(TestServer& server, const std::string& method,
                const std::string& arguments, const std::string& items) {
  size_t count = 0;
  std::string token;
  do {
    const Reply page = MustSend(
        server, "iom-tn/cm", method,
        absl::StrCat(arguments, " page_size: 1000 page_token: '", token, "'"));
    const auto* field = page.answer->GetDescriptor()->FindFieldByName(items);
    count += static_cast<size_t>(
        page.answer->GetReflection()->FieldSize(*page.answer, field));
    token = GetString(*page.answer, "next_page_token");
  } while (!token.empty());
  return count;
}

size_t CountPlans(TestServer& server, const std::string& file) {
  return CountAll(server, "ListPlans", absl::StrCat("parent: '", file, "'"),
                  "plans");
}

// What the workers saw.
struct Tally {
  std::atomic<int64_t> sent{0};
  std::atomic<int64_t> lost{0};
  std::atomic<int64_t> late{0};  // of them, after 30 s without an answer
  std::atomic<int64_t> unequal{0};
  std::atomic<int64_t> refused{0};
  std::atomic<int64_t> not_refused{0};
  std::atomic<int64_t> unexpected{0};
};

// A line that is reset in a handshake can be silent for longer than a call may
// last: then the caller knows as little as after any lost reply.
bool IsLost(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

class Worker {
 public:
  Worker(uint64_t seed, int port, std::string file, Tally* tally)
      : random_(seed),
        channel_(FreshChannel("iom-tn", port)),
        file_(std::move(file)),
        tally_(*tally) {}

  void Run(int mutations) {
    for (int i = 0; i < mutations; ++i) Mutate(i);
  }

 private:
  void Mutate(int index) {
    const bool plan = index % 2 == 0;
    const std::string method = plan ? "CreatePlan" : "CreateCase";
    const std::string id = SeededId(&random_);
    const std::string text =
        plan ? absl::StrCat("parent: '", file_,
                            "' plan { outline: 'P' ceiling { currency: 'MAD' "
                            "hundredths: 9 } lines { category: CASH amount { "
                            "currency: 'MAD' hundredths: 9 } } location: '$'")
             : std::string(
                   "case { direction: INBOUND origin_mission: "
                   "'missions/iom-ma' principal { given_name: 'S' "
                   "family_name: 'E' sex: FEMALE nationality: 'MA' birth_date "
                   "{ year: 1990 month: 1 day: 1 } } external_reference: '$'");
    const auto request = [&](const std::string& variant) {
      std::string filled = text;
      filled.replace(filled.find('$'), 1, variant);
      return MakeRequest(method,
                         absl::StrCat(filled, " } request_id: '", id, "'"))
          ->SerializeAsString();
    };
    const std::string bytes = request(absl::StrCat("v", index));
    const int times = std::uniform_int_distribution<int>(1, 5)(random_);
    std::string first;
    for (int sent = 0; sent < times || first.empty(); ++sent) {
      const RawReply reply = Once(method, bytes);
      if (IsLost(reply.status)) continue;
      if (!reply.status.ok()) return;  // counted; it would never succeed
      if (first.empty()) first = reply.bytes;
      if (reply.bytes != first) ++tally_.unequal;
    }
    const std::string altered = request(absl::StrCat("w", index));
    while (true) {
      const RawReply reply = Once(method, altered);
      if (IsLost(reply.status)) continue;
      if (ReasonOf(reply.status) == "REQUEST_ID_REUSED") {
        ++tally_.refused;
      } else {
        ++tally_.not_refused;
      }
      return;
    }
  }

  RawReply Once(const std::string& method, const std::string& bytes) {
    const RawReply reply =
        RawCall(channel_, FullName(method), bytes, Officer());
    ++tally_.sent;
    if (IsLost(reply.status)) {
      ++tally_.lost;
      if (absl::IsDeadlineExceeded(reply.status)) ++tally_.late;
    } else if (!reply.status.ok() &&
               ReasonOf(reply.status) != "REQUEST_ID_REUSED") {
      if (++tally_.unexpected < 5) {
        std::fprintf(stderr, "%s\n", reply.status.ToString().c_str());
      }
    }
    return reply;
  }

  std::mt19937_64 random_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::string file_;
  Tally& tally_;
};

TEST(ReplayChaos, EffectsAreExactlyOnceOverABadLine) {
  const uint64_t seed = Seed();
  TestServer server;
  // A file holds at most 1,000 plans.
  std::vector<Target> files;
  for (int i = 0; i < kWorkers; ++i) {
    files.push_back(Bring(server, "case:PROPOSED"));
  }
  ChaosProxy proxy({.target_port = server.port(),
                    .seed = seed,
                    .min_bytes = 2500,
                    .max_bytes = 4700});
  Tally tally;
  std::vector<std::thread> threads;
  for (int i = 0; i < kWorkers; ++i) {
    threads.emplace_back([&, i] {
      Worker(seed + static_cast<uint64_t>(i), proxy.port(),
             files[static_cast<size_t>(i)].name, &tally)
          .Run(kMutations / kWorkers);
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf(
      "%d changes, sent %lld, replies lost %lld, resets %lld, refused %lld\n",
      kMutations, static_cast<long long>(tally.sent),
      static_cast<long long>(tally.lost),
      static_cast<long long>(proxy.resets()),
      static_cast<long long>(tally.refused));
  EXPECT_GE(tally.lost * 10, tally.sent * 3) << "the line is too good";
  EXPECT_LE(tally.late, kMutations / 1000) << "somebody does not answer";
  EXPECT_EQ(tally.unequal, 0);
  EXPECT_EQ(tally.not_refused, 0);
  EXPECT_EQ(tally.refused, kMutations);
  EXPECT_EQ(tally.unexpected, 0);
  // Each file was brought with a plan of its own.
  constexpr size_t kEffects = kMutations / 2 + kWorkers;
  EXPECT_EQ((CountAll(server, "ListCases", "", "cases")), kEffects);
  size_t plans = 0;
  for (const Target& file : files) plans += CountPlans(server, file.name);
  EXPECT_EQ(plans, kEffects);
  // One line of evidence with a commitment for each effect.
  std::map<std::string, size_t> effects;
  for (const auto& leaf : server.Journal()) {
    if (leaf.code() == 0 && !leaf.commitment().empty()) {
      ++effects[leaf.method()];
    }
  }
  EXPECT_EQ(effects[FullName("CreateCase")], kEffects);
  EXPECT_EQ(effects[FullName("CreatePlan")], kEffects);
}

TEST(ReplayChaos, ManyAtTheSameInstantHaveOneEffect) {
  TestServer server;
  // A file holds at most 1,000 plans.
  const Target files[] = {Bring(server, "case:PROPOSED"),
                          Bring(server, "case:PROPOSED")};
  std::atomic<int> arrived{0};
  std::atomic<int> round{0};
  std::string request;
  std::vector<std::string> answers(kCallers);
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kCallers; ++i) {
    threads.emplace_back([&, i] {
      const auto channel = FreshChannel("iom-tn", server.port());
      for (int mine = 1; mine <= kRounds; ++mine) {
        round.wait(mine - 1);
        const RawReply reply =
            RawCall(channel, FullName("CreatePlan"), request, Officer());
        if (!reply.status.ok()) ++failed;
        answers[i] = reply.bytes;
        ++arrived;
        arrived.notify_one();
      }
    });
  }
  int unequal = 0;
  for (int i = 0; i < kRounds; ++i) {
    request =
        MakeRequest("CreatePlan",
                    "parent: '$file' plan { outline: 'P' ceiling { currency: "
                    "'MAD' hundredths: 9 } lines { category: CASH amount { "
                    "currency: 'MAD' hundredths: 9 } } }",
                    files[i % 2].words())
            ->SerializeAsString();
    arrived = 0;
    ++round;
    round.notify_all();
    for (int seen = arrived; seen != kCallers; seen = arrived) {
      arrived.wait(seen);
    }
    unequal += static_cast<int>(
        kCallers - std::count(answers.begin(), answers.end(), answers.front()));
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(unequal, 0);
  // Each file was brought with a plan of its own.
  EXPECT_EQ(CountPlans(server, files[0].name), kRounds / 2 + 1u);
  EXPECT_EQ(CountPlans(server, files[1].name), kRounds / 2 + 1u);
}

}  // namespace
}  // namespace passerelle::testing
