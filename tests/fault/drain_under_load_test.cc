// R28: SIGTERM under load, and the restart of the clients' only server.
#include <signal.h>

#include <iostream>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/server_process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/writers.h"

namespace passerelle::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(DrainUnderLoadTest, LosesNothingAndClientsGoOnByThemselves) {
  ServerProcess server(ServerProcess::Settings{{"log.level", "\"info\""}});
  ASSERT_TRUE(server.Start());
  server.Register();
  Writers patient(server, 4, Writers::Patience::kRepeat);
  Writers impatient(server, 4, Writers::Patience::kGiveUp);
  ASSERT_TRUE(patient.WaitForAcknowledged(100, absl::Seconds(30)));
  ASSERT_TRUE(impatient.WaitForAcknowledged(100, absl::Seconds(30)));
  EXPECT_THAT(impatient.failures(), IsEmpty());

  const absl::Time begin = absl::Now();
  server.Signal(SIGTERM);
  ASSERT_EQ(server.Wait(absl::Seconds(15)), 0) << server.log();
  const absl::Duration took = absl::Now() - begin;
  EXPECT_LT(took, absl::Seconds(10));
  impatient.Stop();
  EXPECT_FALSE(impatient.failures().empty());
  for (const auto& [failure, times] : impatient.failures()) {
    EXPECT_THAT(failure, StartsWith("UNAVAILABLE ")) << times << " times";
  }
  const StoreContent content = ReadStore(server.store_path());
  EXPECT_EQ(content.integrity, "ok");
  EXPECT_THAT(content.chain, IsOk());
  for (const Writers* writers : {&patient, &impatient}) {
    const Comparison comparison = Compare(writers->journal(), content);
    EXPECT_EQ(comparison.lost, 0);
    EXPECT_EQ(comparison.duplicated, 0);
  }

  const int64_t before = patient.acknowledged();
  ASSERT_TRUE(server.Start());
  EXPECT_TRUE(patient.WaitForAcknowledged(before + 100, absl::Seconds(30)));
  patient.Stop();
  EXPECT_THAT(patient.failures(), IsEmpty());
  std::cout << "drained in " << took << ", " << patient.acknowledged()
            << " acknowledged by patient clients" << std::endl;
}

}  // namespace
}  // namespace passerelle::testing
