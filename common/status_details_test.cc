#include "common/status_details.h"

#include "absl/strings/cord.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace passerelle {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(StatusDetailsTest, EveryPartSurvivesTheRoundTrip) {
  const absl::Status status =
      MakeError(absl::StatusCode::kFailedPrecondition, "STATE_FORBIDS", "no",
                {.metadata = {{"state", "DRAFT"}},
                 .violations = {{"case.name", "is empty"}},
                 .preconditions = {{"STATE", "cases/c1", "is closed"}},
                 .quotas = {{"missions/m", "200 a second"}},
                 .retry_after = absl::Milliseconds(1500),
                 .resource_type = "passerelle/Case",
                 .resource_name = "cases/c1",
                 .request_id = "abc"});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "no");
  const ErrorDetails details = DetailsOf(status);
  EXPECT_EQ(details.reason, "STATE_FORBIDS");
  EXPECT_EQ(details.domain, "passerelle");
  EXPECT_THAT(details.metadata, ElementsAre(Pair("state", "DRAFT")));
  EXPECT_THAT(details.violations,
              ElementsAre(FieldViolation{"case.name", "is empty"}));
  EXPECT_THAT(details.preconditions, ElementsAre(PreconditionViolation{
                                         "STATE", "cases/c1", "is closed"}));
  EXPECT_THAT(details.quotas,
              ElementsAre(QuotaViolation{"missions/m", "200 a second"}));
  EXPECT_EQ(details.retry_after, absl::Milliseconds(1500));
  EXPECT_EQ(details.resource_type, "passerelle/Case");
  EXPECT_EQ(details.resource_name, "cases/c1");
  EXPECT_EQ(details.request_id, "abc");
}

TEST(StatusDetailsTest, OkAndPlainErrorsHaveNoDetails) {
  EXPECT_EQ(ReasonOf(absl::OkStatus()), "");
  const ErrorDetails details = DetailsOf(absl::InternalError("x"));
  EXPECT_EQ(details.reason, "");
  EXPECT_EQ(details.domain, "");
  EXPECT_FALSE(details.retry_after.has_value());
  EXPECT_THAT(details.violations, IsEmpty());
}

TEST(StatusDetailsTest, DamagedPayloadCountsAsNone) {
  absl::Status status = absl::InternalError("x");
  status.SetPayload(kStatusPayloadUrl, absl::Cord("\xff\xff\xff"));
  EXPECT_EQ(ReasonOf(status), "");
}

}  // namespace
}  // namespace passerelle
