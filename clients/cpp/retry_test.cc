#include "clients/cpp/retry.h"

#include <deque>
#include <vector>

#include "absl/time/time.h"
#include "common/status_details.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace passerelle::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RetryTest : public ::testing::Test {
 protected:
  // Runs with the given answers; past the last one everything succeeds.
  absl::Status Run(std::deque<absl::Status> answers, Repeatable repeatable,
                   absl::Duration deadline = absl::Seconds(30)) {
    const RetryEnvironment environment = {&clock_,
                                          [this](absl::Duration delay) {
                                            slept_.push_back(delay);
                                            clock_.Advance(delay);
                                          },
                                          [this] { return random_; }};
    return RunWithRetry(RetryPolicy(), repeatable, clock_.Now() + deadline,
                        environment, [&](absl::Duration left) {
                          left_.push_back(left);
                          if (answers.empty()) return absl::OkStatus();
                          absl::Status status = answers.front();
                          answers.pop_front();
                          return status;
                        });
  }

  DrivenClock clock_{absl::FromUnixSeconds(1'000'000'000)};
  double random_ = 1.0;
  std::vector<absl::Duration> slept_;
  std::vector<absl::Duration> left_;
};

absl::Status RateLimited(absl::Duration delay) {
  return MakeError(absl::StatusCode::kResourceExhausted, "RATE_LIMITED",
                   "slow down", {.retry_after = delay});
}

TEST_F(RetryTest, UnavailableIsRepeatedWithGrowingPauses) {
  EXPECT_TRUE(Run({absl::UnavailableError("a"), absl::UnavailableError("b"),
                   absl::UnavailableError("c")},
                  Repeatable::kYes)
                  .ok());
  EXPECT_THAT(slept_,
              ElementsAre(absl::Milliseconds(200), absl::Milliseconds(400),
                          absl::Milliseconds(800)));
}

TEST_F(RetryTest, PausesAreDrawnBetweenHalfAndWhole) {
  random_ = 0.0;
  EXPECT_TRUE(Run({absl::UnavailableError("a")}, Repeatable::kYes).ok());
  EXPECT_THAT(slept_, ElementsAre(absl::Milliseconds(100)));
}

TEST_F(RetryTest, AttemptsKnowTheTimeLeft) {
  EXPECT_TRUE(Run({absl::UnavailableError("a")}, Repeatable::kYes).ok());
  EXPECT_THAT(left_, ElementsAre(absl::Seconds(30),
                                 absl::Seconds(30) - absl::Milliseconds(200)));
}

TEST_F(RetryTest, WhatMightBeDoneTwiceIsNotRepeated) {
  const absl::Status status =
      Run({absl::UnavailableError("a")}, Repeatable::kNo);
  EXPECT_EQ(status, absl::UnavailableError("a"));
  EXPECT_THAT(slept_, IsEmpty());
}

TEST_F(RetryTest, AbortedAndDeadlineExceededAreNeverRepeated) {
  EXPECT_TRUE(
      absl::IsAborted(Run({absl::AbortedError("changed")}, Repeatable::kYes)));
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      Run({absl::DeadlineExceededError("late")}, Repeatable::kYes)));
  EXPECT_THAT(slept_, IsEmpty());
}

TEST_F(RetryTest, RateLimitedWaitsAsLongAsTheServerSays) {
  EXPECT_TRUE(Run({RateLimited(absl::Seconds(7))}, Repeatable::kNo).ok());
  EXPECT_THAT(slept_, ElementsAre(absl::Seconds(7)));
}

TEST_F(RetryTest, OtherExhaustionIsNotRepeated) {
  const absl::Status full =
      MakeError(absl::StatusCode::kResourceExhausted, "STORAGE_FULL", "full",
                {.retry_after = absl::Seconds(1)});
  EXPECT_EQ(ReasonOf(Run({full}, Repeatable::kYes)), "STORAGE_FULL");
  EXPECT_THAT(slept_, IsEmpty());
}

TEST_F(RetryTest, NothingBeginsAfterTheDeadline) {
  const absl::Status status =
      Run({RateLimited(absl::Seconds(7))}, Repeatable::kYes, absl::Seconds(7));
  EXPECT_EQ(ReasonOf(status), "RATE_LIMITED");
  EXPECT_THAT(slept_, IsEmpty());
}

TEST_F(RetryTest, GivingUpKeepsTheDetailsAndTellsTheAttempts) {
  const absl::Status draining =
      MakeError(absl::StatusCode::kUnavailable, "DRAINING", "stopping");
  const absl::Status status =
      Run(std::deque<absl::Status>(20, draining), Repeatable::kYes);
  EXPECT_EQ(ReasonOf(status), "DRAINING");
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("stopping (gave up after 6 attempts)"));
  EXPECT_EQ(slept_.size(), 5);
}

}  // namespace
}  // namespace passerelle::client
