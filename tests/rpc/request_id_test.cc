// The request_id of mutations: without one nothing is done, two spellings of a
// UUID are one, and it is remembered for 90 days.

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/exchange.pb.h"
#include "server/rpc/services.h"
#include "tests/rpc/rows.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace options = ::passerelle::options::v1;
namespace pb = ::passerelle::v1;

constexpr char kId[] = "5f0c1d2e-3a4b-4c5d-8e9f-0a1b2c3d4e5f";

class RequestIds : public ::testing::Test {
 protected:
  Reply Remind(const Target& study, const std::string& id,
               absl::string_view rest = "") {
    return Send(
        server_, "iom-tn/cm", "RemindExchange",
        absl::StrCat(Named(study.name), "request_id: '", id, "'", rest));
  }

  TestServer server_;
};

TEST_F(RequestIds, NoMutationIsDoneWithout) {
  int mutations = 0;
  for (const rpc::ServiceEntry& service : rpc::AllServices()) {
    for (int i = 0; i < service.descriptor->method_count(); ++i) {
      const auto* method = service.descriptor->method(i);
      if (method->options().GetExtension(options::access).effect() !=
          options::CHANGE) {
        continue;
      }
      SCOPED_TRACE(method->full_name());
      const Row& row = RowOf(method->name());
      const Target target = Bring(server_, row.target);
      auto words = target.words();
      const Reply before = Look(server_, row.who, target.name);
      if (before.ok()) words["etag"] = GetString(*before.answer, "etag");
      const MessagePtr request = MakeRequest(row.method, row.text, words);
      ASSERT_TRUE(SetString(request.get(), "request_id", ""));
      const Reply refused = Send(server_, row.who, row.method, *request);
      EXPECT_THAT(refused, HasReason("FIELD_INVALID"));
      EXPECT_THAT(refused.details, ::testing::HasSubstr("request_id"));
      ++mutations;
    }
  }
  EXPECT_GT(mutations, 30);
}

TEST_F(RequestIds, CapitalsMakeNoOtherId) {
  const Target study = Bring(server_, "study:REQUESTED");
  const Reply first = Remind(study, kId);
  ASSERT_THAT(first, IsOk());
  const Reply again = Remind(study, absl::AsciiStrToUpper(kId));
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again.bytes, first.bytes);
  EXPECT_THAT(Remind(study, absl::AsciiStrToUpper(kId), "etag: 'other'"),
              HasReason("REQUEST_ID_REUSED"));
}

TEST_F(RequestIds, ARepetitionShowsTheResourceAsItIs) {
  const Target study = Bring(server_, "study:REQUESTED");
  const Reply first = Remind(study, kId);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(Remind(study, kId).bytes, first.bytes);
  // Somebody else moves it on.
  ASSERT_THAT(
      Send(server_, "iom-ma/ro", "AssignFeasibilityStudy", Named(study.name)),
      IsOk());
  const Reply again = Remind(study, kId);
  ASSERT_THAT(again, IsOk());
  const auto& view = again.as<pb::ExchangeView>();
  EXPECT_EQ(view.state(), "ASSIGNED");
  EXPECT_EQ(view.exchange().reminder_count(), 1u);
  EXPECT_EQ(view.etag(),
            GetString(*Look(server_, "iom-tn/cm", study.name).answer, "etag"));
}

TEST_F(RequestIds, AreForgottenAfterNinetyDays) {
  const Target study = Bring(server_, "study:ASSIGNED");
  ASSERT_THAT(Remind(study, kId), IsOk());
  const auto count = [&] {
    return Remind(study, kId)
        .as<pb::ExchangeView>()
        .exchange()
        .reminder_count();
  };
  server_.clock().Advance(absl::Hours(24 * 90) - absl::Minutes(5));
  server_.SettleTimers();
  EXPECT_EQ(count(), 1u);
  // Forgetting is left to the writer's idle moments.
  server_.clock().Advance(absl::Minutes(10));
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (count() == 1 && absl::Now() < deadline) {
  }
  EXPECT_EQ(count(), 2u);
}

}  // namespace
}  // namespace passerelle::testing
