#include "common/grpc_status.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/status_details.h"
#include "gmock/gmock.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"

namespace passerelle {
namespace {

using ::testing::HasSubstr;

absl::Status ManyViolations(int count) {
  ErrorDetails details;
  for (int i = 0; i < count; ++i) {
    details.violations.push_back(
        {absl::StrCat("case.field_", i), "must not be empty"});
  }
  return MakeError(absl::StatusCode::kInvalidArgument, "FIELD_INVALID",
                   "fields are invalid", details);
}

TEST(GrpcStatusTest, OkStaysOk) {
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
  EXPECT_TRUE(FromGrpc(grpc::Status::OK).ok());
}

TEST(GrpcStatusTest, EveryCodeSurvivesTheRoundTrip) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status =
        MakeError(static_cast<absl::StatusCode>(code), "REASON", "message");
    EXPECT_EQ(FromGrpc(ToGrpc(status)), status) << code;
  }
}

TEST(GrpcStatusTest, StatusWithoutDetailsHasNoneOnTheWire) {
  const grpc::Status status = ToGrpc(absl::UnavailableError("gone"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "gone");
  EXPECT_TRUE(status.error_details().empty());
}

TEST(GrpcStatusTest, LongMessageIsCutAtACodePoint) {
  std::string message;
  for (int i = 0; i < 1000; ++i) message += "é";
  const grpc::Status status =
      ToGrpc(MakeError(absl::StatusCode::kInternal, "R", message));
  EXPECT_LE(status.error_message().size() * 3, kMaxMessageBytes + 6);
  google::rpc::Status wire;
  ASSERT_TRUE(wire.ParseFromString(status.error_details()));
  EXPECT_EQ(wire.message(), status.error_message());
  EXPECT_THAT(status.error_message(), HasSubstr("é..."));
}

TEST(GrpcStatusTest, ViolationsPastTheLimitAreCounted) {
  const grpc::Status status = ToGrpc(ManyViolations(500));
  EXPECT_LE(status.error_details().size(), kMaxDetailsBytes);
  const ErrorDetails details = DetailsOf(FromGrpc(status));
  EXPECT_EQ(details.reason, "FIELD_INVALID");
  ASSERT_GT(details.violations.size(), 50);
  ASSERT_TRUE(details.metadata.contains("violationsOmitted"));
  EXPECT_EQ(std::stoul(details.metadata.at("violationsOmitted")) +
                details.violations.size(),
            500);
  EXPECT_EQ(details.violations.front().field, "case.field_0");
}

TEST(GrpcStatusTest, FewViolationsAreAllSent) {
  const ErrorDetails details = DetailsOf(FromGrpc(ToGrpc(ManyViolations(20))));
  EXPECT_EQ(details.violations.size(), 20);
  EXPECT_FALSE(details.metadata.contains("violationsOmitted"));
}

TEST(GrpcStatusTest, HugeMetadataLeavesTheReason) {
  const absl::Status status =
      MakeError(absl::StatusCode::kAborted, "ETAG_MISMATCH", "changed",
                {.metadata = {{"blob", std::string(10000, 'x')}}});
  const grpc::Status wire = ToGrpc(status);
  EXPECT_LE(wire.error_details().size(), kMaxDetailsBytes);
  EXPECT_EQ(ReasonOf(FromGrpc(wire)), "ETAG_MISMATCH");
}

TEST(GrpcStatusTest, DamagedOrContradictingDetailsAreDropped) {
  EXPECT_EQ(ReasonOf(FromGrpc(grpc::Status(grpc::StatusCode::ABORTED, "m",
                                           "\xff\xff not a status"))),
            "");
  const grpc::Status other =
      ToGrpc(MakeError(absl::StatusCode::kInternal, "INTERNAL_ERROR", "m"));
  EXPECT_EQ(ReasonOf(FromGrpc(grpc::Status(grpc::StatusCode::ABORTED, "m",
                                           other.error_details()))),
            "");
}

}  // namespace
}  // namespace passerelle
