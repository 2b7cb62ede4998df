// R01: what was acknowledged survives kill -9 at any moment, once.
#include <signal.h>

#include <algorithm>
#include <iostream>
#include <random>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/seed.h"
#include "tests/support/server_process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/writers.h"

namespace passerelle::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::PrintToString;

// A longer run: PASSERELLE_TEST_KILLS=300.
int Kills() {
  const char* given = std::getenv("PASSERELLE_TEST_KILLS");
  return given != nullptr ? std::atoi(given) : 25;
}

constexpr int kFiles = 100'000;  // in the store before the first kill

TEST(KillTest, AcknowledgedChangesSurviveOnce) {
  constexpr int kWriters = 8;
  std::mt19937_64 random(Seed());
  std::uniform_int_distribution<int> moment(50, 1500);
  ServerProcess server(ServerProcess::Settings{{"log.level", "\"info\""}});
  ASSERT_TRUE(server.Start());
  server.Register();
  server.Signal(SIGTERM);
  server.Signal(SIGINT);
  ASSERT_EQ(server.Wait(absl::Seconds(20)), 0);
  FillStore(server.store_path(), kFiles);
  ASSERT_TRUE(server.Start());
  Writers writers(server, kWriters, Writers::Patience::kRepeat);
  absl::Duration slowest;
  for (int kill = 1; kill <= Kills(); ++kill) {
    // A server that ends by itself meanwhile has crashed.
    ASSERT_EQ(server.Wait(absl::Milliseconds(moment(random))), -1);
    ASSERT_EQ(server.Kill(), 128 + SIGKILL);
    const Writers::Journal journal = writers.journal();
    const StoreContent content = ReadStore(server.store_path());
    ASSERT_EQ(content.integrity, "ok");
    ASSERT_GE(content.records, kFiles);
    ASSERT_GE(content.leaves, kFiles);
    ASSERT_THAT(content.journal, IsOk());
    ASSERT_THAT(content.mail, IsOk());
    const Comparison comparison = Compare(journal, content);
    ASSERT_EQ(comparison.lost, 0) << "kill " << kill;
    ASSERT_EQ(comparison.duplicated, 0) << "kill " << kill;

    const int64_t before = writers.acknowledged();
    const absl::Time begin = absl::Now();
    ASSERT_TRUE(server.Start());
    const auto ready =
        server.Open("iom-de", "cm")->CheckHealth("passerelle.v1.CaseService");
    ASSERT_THAT(ready, IsOk());
    EXPECT_TRUE(*ready);
    slowest = std::max(slowest, absl::Now() - begin);
    ASSERT_TRUE(
        writers.WaitForAcknowledged(before + kWriters, absl::Seconds(20)))
        << "kill " << kill << ", " << before << " before, "
        << writers.acknowledged() << " now, "
        << PrintToString(writers.failures()) << server.log();
  }
  writers.Stop();
  EXPECT_THAT(writers.failures(), IsEmpty());
  server.Signal(SIGTERM);
  server.Signal(SIGINT);
  EXPECT_EQ(server.Wait(absl::Seconds(20)), 0);
  const Writers::Journal journal = writers.journal();
  const StoreContent content = ReadStore(server.store_path());
  const Comparison comparison = Compare(journal, content);
  EXPECT_EQ(comparison.lost, 0);
  EXPECT_EQ(comparison.duplicated, 0);
  // Every change that was begun was acknowledged in the end: no more either.
  EXPECT_EQ(content.references.size(), journal.created.size());
  EXPECT_EQ(content.consents.size(), journal.consented.size());
  EXPECT_EQ(content.proposals.size(), journal.proposed.size());
  EXPECT_LE(slowest, absl::Seconds(3));
  std::cout << Kills() << " kills, " << writers.acknowledged()
            << " acknowledged changes, " << content.records << " records, "
            << content.leaves << " journal lines, slowest start " << slowest
            << std::endl;
}

}  // namespace
}  // namespace passerelle::testing
