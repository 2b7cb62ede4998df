// What time does to a file: one that nobody reacts to is declined.

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "server/storage/store.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr absl::Duration kWeek = absl::Hours(24 * 7);

class CaseTimers : public ::testing::Test {
 protected:
  pb::Case Now(const Target& target, const std::string& who = "iom-tn/cm") {
    return Must<pb::Case>(server_, who, "GetCase", Named(target.name));
  }
  void Pass(absl::Duration time) {
    server_.clock().Advance(time);
    server_.SettleTimers();
  }

  TestServer server_;
};

TEST_F(CaseTimers, NobodyReactsFor7Days) {
  const Target target = Bring(server_, "case:PROPOSED");
  EXPECT_EQ(absl::FromUnixSeconds(Now(target).due_time().seconds()),
            server_.clock().Now() + kWeek);
  Pass(kWeek - absl::Seconds(1));
  EXPECT_EQ(Now(target).stage(), pb::Case::PROPOSED);
  Pass(absl::Seconds(1));
  const pb::Case declined = Now(target);
  EXPECT_EQ(declined.stage(), pb::Case::DECLINED);
  EXPECT_EQ(declined.decline_reason(), pb::Case::NO_REACTION);
  EXPECT_FALSE(declined.has_due_time());
  EXPECT_EQ(absl::FromUnixSeconds(declined.update_time().seconds()),
            server_.clock().Now());
  EXPECT_THAT(Events(server_, "iom-tn", target.name), ElementsAre("Lapse"));
  EXPECT_THAT(Events(server_, "iom-ma", target.name),
              ElementsAre("ProposeCase", "Lapse"));
  EXPECT_THAT(Events(server_, "iom-es", target.name),
              ElementsAre("ProposeCase", "Lapse"));
  EXPECT_THAT(Send(server_, "iom-ma/fp", "AcceptCase", Named(target.name)),
              HasReason("STATE_FORBIDS"));
  // Proposing again gives 7 days again.
  const auto propose = [&] {
    return Must<pb::Case>(server_, "iom-tn/cm", "ProposeCase",
                          absl::StrCat(Named(target.name), "consent: '",
                                       target.file.consent, "'"));
  };
  EXPECT_EQ(propose().decline_reason(), pb::Case::DECLINE_REASON_UNSPECIFIED);
  Pass(kWeek - absl::Seconds(1));
  EXPECT_EQ(Now(target).stage(), pb::Case::PROPOSED);
  EXPECT_EQ(
      Must<pb::Case>(server_, "iom-ma/fp", "AcceptCase", Named(target.name))
          .has_due_time(),
      false);
  Pass(2 * kWeek);
  EXPECT_EQ(Now(target).stage(), pb::Case::ACCEPTED);
  EXPECT_THAT(Send(server_, "iom-ma/fp", "DeclineCase",
                   Named(target.name) + "reason: NO_REACTION"),
              HasReason("STATE_FORBIDS"));
}

TEST_F(CaseTimers, OnlyTheServerSaysThatNobodyReacted) {
  const Target target = Bring(server_, "case:PROPOSED");
  EXPECT_THAT(Send(server_, "iom-ma/fp", "DeclineCase",
                   Named(target.name) + "reason: NO_REACTION"),
              HasReason("FIELD_INVALID"));
}

TEST_F(CaseTimers, ARetroactiveFileHasThe7DaysToo) {
  const Target target = Bring(server_, "retroactive:PROPOSED");
  EXPECT_EQ(Now(target, "iom-tn/fp").stage(), pb::Case::PROPOSED);
  Pass(kWeek);
  EXPECT_EQ(Now(target, "iom-ma/ro").decline_reason(), pb::Case::NO_REACTION);
  MustSend(
      server_, "iom-ma/fp", "ProposeCase",
      absl::StrCat(Named(target.name), "consent: '", target.file.consent, "'"));
  const pb::Case confirmed =
      Must<pb::Case>(server_, "iom-tn/fp", "AcceptCase", Named(target.name));
  EXPECT_EQ(confirmed.stage(), pb::Case::ARRIVED);
  EXPECT_EQ(confirmed.owner_mission(), "missions/iom-ma");
}

TEST_F(CaseTimers, ARestartCatchesUpOnce) {
  const Target proposed = Bring(server_, "case:PROPOSED");
  const Target accepted = Bring(server_, "case:ACCEPTED");
  const Target opened = Bring(server_, "case:REGISTERED");
  const size_t before = Events(server_, "iom-tn").size();
  server_.clock().Advance(20 * kWeek);
  for (int i = 0; i < 2; ++i) {
    server_.Restart();
    server_.SettleTimers();
  }
  EXPECT_EQ(Now(proposed).stage(), pb::Case::DECLINED);
  EXPECT_EQ(Now(accepted).stage(), pb::Case::ACCEPTED);
  EXPECT_EQ(Now(opened).stage(), pb::Case::REGISTERED);
  EXPECT_EQ(Events(server_, "iom-tn").size(), before + 1);
  int lapses = 0;
  for (const auto& leaf : server_.Journal()) {
    if (leaf.method() == "Lapse") {
      EXPECT_EQ(leaf.resource(), proposed.name);
      EXPECT_TRUE(leaf.mission().empty());
      ++lapses;
    }
  }
  EXPECT_EQ(lapses, 1);
}

TEST_F(CaseTimers, TellsNobodyFromWhomConsentWasWithdrawn) {
  const Target target = Bring(server_, "case:PROPOSED");
  MustSend(server_, "iom-tn/cm", "WithdrawConsent", Named(target.file.consent));
  const size_t known = Events(server_, "iom-ma").size();
  Pass(kWeek);
  EXPECT_EQ(Now(target).stage(), pb::Case::DECLINED);
  EXPECT_EQ(Events(server_, "iom-ma").size(), known);
}

TEST_F(CaseTimers, ADamagedFileIsSetAside) {
  const Target damaged = Bring(server_, "case:PROPOSED");
  const Target sound = Bring(server_, "case:PROPOSED");
  const std::string id = damaged.name.substr(sizeof("cases/") - 1);
  std::string content = "\xff\xff";
  const auto exchange = [&](storage::WriteTransaction& tx) {
    storage::Record record;
    absl::Status status = tx.Get({id, id}, &record);
    record.message.swap(content);
    status.Update(tx.Update(record));
    return status;
  };
  server_.Tamper(exchange);
  Pass(kWeek);
  EXPECT_EQ(Now(sound).stage(), pb::Case::DECLINED);
  server_.Tamper(exchange);  // repaired
  EXPECT_EQ(Now(damaged).stage(), pb::Case::PROPOSED);
  Pass(absl::Hours(25));
  EXPECT_EQ(Now(damaged).stage(), pb::Case::DECLINED);
}

}  // namespace
}  // namespace passerelle::testing
