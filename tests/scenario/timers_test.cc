// What time does by itself, once, whether or not the server was there.

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "server/storage/store.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
using Study = pb::FeasibilityStudy;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Timers : public ::testing::Test {
 protected:
  Study Now(const Target& study) {
    return Must<Study>(server_, "iom-tn/cm", "GetFeasibilityStudy",
                       Named(study.name));
  }
  void Pass(absl::Duration time) {
    server_.clock().Advance(time);
    server_.SettleTimers();
  }
  absl::Duration Until(const google::protobuf::Timestamp& time) {
    return absl::FromUnixSeconds(time.seconds()) - server_.clock().Now();
  }

  TestServer server_;
};

TEST_F(Timers, OverdueIsAnnouncedOnceAndEndsWithTheNextMove) {
  const Target study = Bring(server_, "study:ASSIGNED");
  Pass(Until(Now(study).exchange().due_time()) - absl::Seconds(1));
  EXPECT_FALSE(Now(study).exchange().overdue());
  Pass(absl::Seconds(2));
  EXPECT_TRUE(Now(study).exchange().overdue());
  Pass(absl::Hours(24 * 30));
  EXPECT_THAT(Events(server_, "iom-tn", study.name),
              ElementsAre("AssignFeasibilityStudy", "Overdue"));
  EXPECT_THAT(Events(server_, "iom-ma", study.name),
              ElementsAre("RequestFeasibilityStudy", "Overdue"));
  MustSend(server_, "iom-ma/ro", "SubmitFeasibilityOpinion",
           Named(study.name) + "opinion { outcome: FEASIBLE }");
  MustSend(server_, "iom-ma/fp", "ValidateFeasibilityOpinion",
           Named(study.name));
  EXPECT_FALSE(Now(study).exchange().overdue());
}

TEST_F(Timers, AnOpinionExpiresAfterSixMonths) {
  const Target study = Bring(server_, "study:ACKNOWLEDGED");
  const Study before = Now(study);
  EXPECT_EQ(absl::FormatTime("%Y-%m-%d",
                             absl::FromUnixSeconds(
                                 before.exchange().expire_time().seconds()),
                             absl::UTCTimeZone()),
            "2026-09-02");
  Pass(Until(before.exchange().expire_time()) - absl::Seconds(1));
  EXPECT_EQ(Now(study).state(), Study::ACKNOWLEDGED);
  Pass(absl::Seconds(2));
  EXPECT_EQ(Now(study).state(), Study::EXPIRED);
  EXPECT_EQ(Now(study).exchange().end_reason(), pb::TIME_PASSED);
  EXPECT_THAT(Send(server_, "iom-tn/fp", "ContestFeasibilityOpinion",
                   Named(study.name) + "reason: 'x'"),
              HasReason("STATE_FORBIDS"));
}

TEST_F(Timers, ARestartCatchesUpOnce) {
  const Target lapsing = Bring(server_, "study:REQUESTED");
  const Target overdue = Bring(server_, "study:ASSIGNED");
  const Target expiring = Bring(server_, "study:ACKNOWLEDGED");
  const Target draft = Bring(server_, "study:DRAFT");
  const size_t before = Events(server_, "iom-tn").size();
  // Time passes while nobody is there.
  server_.clock().Advance(absl::Hours(24 * 250));
  server_.Restart();
  server_.SettleTimers();
  server_.Restart();
  server_.SettleTimers();
  EXPECT_EQ(Now(lapsing).state(), Study::LAPSED);
  EXPECT_EQ(Now(overdue).state(), Study::ASSIGNED);
  EXPECT_TRUE(Now(overdue).exchange().overdue());
  EXPECT_EQ(Now(expiring).state(), Study::EXPIRED);
  EXPECT_EQ(Now(draft).state(), Study::DRAFT);
  EXPECT_THAT(Events(server_, "iom-tn", lapsing.name), ElementsAre("Lapse"));
  EXPECT_THAT(Events(server_, "iom-tn", draft.name), IsEmpty());
  EXPECT_EQ(Events(server_, "iom-tn").size(), before + 3);
  int leaves = 0;
  for (const auto& leaf : server_.Journal()) {
    if (leaf.mission().empty() && leaf.method() != "Bootstrap") ++leaves;
  }
  EXPECT_EQ(leaves, 3);
}

// Timers of a damaged exchange are set aside for a day and hold up no other.
TEST_F(Timers, ADamagedExchangeIsSetAside) {
  const Target damaged = Bring(server_, "study:REQUESTED");
  const Target sound = Bring(server_, "study:REQUESTED");
  const std::string file = damaged.file.name.substr(sizeof("cases/") - 1);
  const storage::RecordKey key{
      file, damaged.name.substr(damaged.name.rfind('/') + 1)};
  std::string content;
  const auto exchange = [&](storage::WriteTransaction& tx) {
    storage::Record record;
    absl::Status status = tx.Get(key, &record);
    record.message.swap(content);
    status.Update(tx.Update(record));
    return status;
  };
  content = "\xff\xff";
  server_.Tamper(exchange);
  Pass(absl::Hours(24 * 40));
  EXPECT_EQ(Now(sound).state(), Study::LAPSED);
  EXPECT_THAT(Events(server_, "iom-tn", sound.name), ElementsAre("Lapse"));
  EXPECT_THAT(
      Send(server_, "iom-tn/cm", "GetFeasibilityStudy", Named(damaged.name)),
      HasReason("STORAGE_DAMAGED"));
  // Nobody's file stays open because one exchange cannot be read.
  const Target other = Bring(server_, "study:REQUESTED");
  Pass(absl::Hours(24 * 40));
  EXPECT_EQ(Now(other).state(), Study::LAPSED);
  // Repaired, it goes its way.
  server_.Tamper(exchange);
  Pass(absl::Hours(24) + absl::Seconds(1));
  EXPECT_EQ(Now(damaged).state(), Study::LAPSED);
}

TEST_F(Timers, AWithdrawalIsNotHeldUpByADamagedExchange) {
  const Target damaged = Bring(server_, "study:REQUESTED");
  const std::string file = damaged.file.name.substr(sizeof("cases/") - 1);
  server_.Tamper([&](storage::WriteTransaction& tx) {
    storage::Record record;
    absl::Status status = tx.Get(
        {file, damaged.name.substr(damaged.name.rfind('/') + 1)}, &record);
    record.message = "\xff\xff";
    status.Update(tx.Update(record));
    return status;
  });
  EXPECT_THAT(
      Send(server_, "iom-tn/cm", "WithdrawCase", Named(damaged.file.name)),
      IsOk());
}

TEST_F(Timers, ManyAtOnce) {
  for (int i = 0; i < 30; ++i) Bring(server_, "study:REQUESTED");
  server_.clock().Advance(absl::Hours(24 * 60));
  server_.SettleTimers();
  const auto page = Must<pb::ListFeasibilityStudiesResponse>(
      server_, "iom-tn/cm", "ListFeasibilityStudies",
      "parent: 'cases/-' page_size: 100");
  ASSERT_EQ(page.feasibility_studies_size(), 30);
  for (const Study& study : page.feasibility_studies()) {
    EXPECT_EQ(study.state(), Study::LAPSED);
  }
}

}  // namespace
}  // namespace passerelle::testing
