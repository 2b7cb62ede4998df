#include "server/domain/gates.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/domain/dates.h"
#include "server/domain/lifecycle.h"
#include "server/domain/testing/test_contract.h"

namespace passerelle::domain {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::ElementsAre;

const absl::CivilDay kTravel(2026, 3, 20);
const absl::Time kNow =
    absl::FromCivil(absl::CivilSecond(2026, 3, 2, 7), absl::UTCTimeZone());
constexpr pb::Gate::Kind kKinds[] = {
    pb::Gate::DECLARATION, pb::Gate::MEDICAL, pb::Gate::TRAVEL_DOCUMENT,
    pb::Gate::PROTECTION, pb::Gate::ORIGIN_MISSION};

// An OUTBOUND file with every gate green.
pb::Case File(pb::Case::Stage stage) {
  pb::Case file;
  file.set_direction(pb::Case::OUTBOUND);
  file.set_stage(stage);
  AddGates(&file);
  *file.mutable_travel_date() = ToDate(kTravel);
  for (const pb::Gate::Kind kind : kKinds) {
    MutableGate(&file, kind)->set_state(pb::Gate::GREEN);
  }
  return file;
}

TEST(GatesTest, AreFiveAndUnknownAtFirst) {
  pb::Case file;
  AddGates(&file);
  ASSERT_EQ(file.gates_size(), 4);
  for (const pb::Gate::Kind kind : kKinds) {
    EXPECT_EQ(MutableGate(&file, kind)->kind(), kind);
    EXPECT_EQ(MutableGate(&file, kind)->state(), pb::Gate::UNKNOWN);
  }
}

TEST(GatesTest, AdmitTravelInOneOf32Combinations) {
  for (const auto other : {pb::Gate::RED, pb::Gate::UNKNOWN}) {
    for (unsigned green = 0; green < 32; ++green) {
      SCOPED_TRACE(green);
      pb::Case preparing = File(pb::Case::IN_PREPARATION);
      pb::Case booked = File(pb::Case::BOOKED);
      booked.mutable_departure_time()->set_seconds(1);
      for (unsigned i = 0; i < 5; ++i) {
        if ((green & (1u << i)) != 0) continue;
        MutableGate(&preparing, kKinds[i])->set_state(other);
        MutableGate(&booked, kKinds[i])->set_state(other);
      }
      const bool all = green == 31;
      EXPECT_EQ(GatesAdmitTravel(preparing), all);
      EXPECT_EQ(StageByGates(&preparing), all ? int{pb::Case::READY} : 0);
      EXPECT_EQ(StageByGates(&booked), all ? 0 : int{pb::Case::IN_PREPARATION});
      EXPECT_EQ(booked.has_departure_time(), all);
    }
  }
}

TEST(GatesTest, MustHoldOnTheDayOfTravel) {
  for (const pb::Gate::Kind kind : kKinds) {
    pb::Case file = File(pb::Case::READY);
    pb::Gate* gate = MutableGate(&file, kind);
    *gate->mutable_valid_until_date() = ToDate(kTravel);
    EXPECT_TRUE(GatesAdmitTravel(file));
    *gate->mutable_valid_until_date() = ToDate(kTravel - 1);
    EXPECT_FALSE(GatesAdmitTravel(file));
  }
  pb::Case file = File(pb::Case::READY);
  file.clear_travel_date();
  EXPECT_FALSE(GatesAdmitTravel(file));
  EXPECT_FALSE(GatesAdmitTravel(pb::Case()));
}

TEST(GatesTest, MoveNoFileOutsideThePreparationOfTravel) {
  for (int stage = 1; stage <= pb::Case::Stage_MAX; ++stage) {
    switch (stage) {
      case pb::Case::IN_PREPARATION:
      case pb::Case::READY:
      case pb::Case::BOOKED:
      case pb::Case::DEPARTING:
        continue;
      default:
        break;
    }
    pb::Case file = File(static_cast<pb::Case::Stage>(stage));
    EXPECT_EQ(StageByGates(&file), 0);
    file.clear_gates();
    EXPECT_EQ(StageByGates(&file), 0);
  }
}

// What the guards that change a person's flags call.
TEST(HoldIfFlaggedTest, HoldsWhatCanStillBeStopped) {
  const std::vector<pb::ProtectionHold::Concern> flags = {
      pb::ProtectionHold::TRAFFICKING};
  for (int stage = 1; stage <= pb::Case::Stage_MAX; ++stage) {
    const auto entered = static_cast<pb::Case::Stage>(stage);
    SCOPED_TRACE(pb::Case::Stage_Name(entered));
    bool stoppable = false;
    for (const auto before :
         {pb::Case::CONTACTED, pb::Case::REGISTERED, pb::Case::COUNSELLED,
          pb::Case::ELIGIBLE, pb::Case::INELIGIBLE, pb::Case::IN_PREPARATION,
          pb::Case::READY, pb::Case::BOOKED, pb::Case::DEPARTING,
          pb::Case::SUSPENDED}) {
      stoppable |= before == entered;
    }
    // Stages of the other life do not occur in an OUTBOUND file.
    const auto* value = pb::Case::Stage_descriptor()->FindValueByNumber(stage);
    if (value->options().ExtensionSize(options::state_variants) > 0 &&
        value->options().GetExtension(options::state_variants, 0) ==
            "INBOUND") {
      continue;
    }
    if (entered == pb::Case::PROTECTION_HOLD) continue;  // never stored
    pb::Case file = File(entered);
    EXPECT_EQ(HoldIfFlagged(&file, flags, "missions/m/officers/o", kNow),
              stoppable);
    EXPECT_EQ(file.has_protection_hold(), stoppable);
    EXPECT_EQ(file.stage(), entered);
    pb::Case inbound = File(entered);
    inbound.set_direction(pb::Case::INBOUND);
    EXPECT_FALSE(HoldIfFlagged(&inbound, flags, "", kNow));
    EXPECT_FALSE(inbound.has_protection_hold());
  }
}

TEST(HoldIfFlaggedTest, NeedsAConcernAndCollectsThem) {
  pb::Case file = File(pb::Case::READY);
  EXPECT_FALSE(HoldIfFlagged(&file, {}, "o", kNow));
  EXPECT_FALSE(file.has_protection_hold());
  EXPECT_TRUE(
      HoldIfFlagged(&file, {pb::ProtectionHold::DURESS}, "first", kNow));
  EXPECT_TRUE(HoldIfFlagged(
      &file, {pb::ProtectionHold::DURESS, pb::ProtectionHold::ASYLUM_WISH},
      "second", kNow + absl::Hours(1)));
  EXPECT_TRUE(HoldIfFlagged(&file, {}, "third", kNow));
  const pb::ProtectionHold& hold = file.protection_hold();
  EXPECT_THAT(hold.concerns(), ElementsAre(pb::ProtectionHold::DURESS,
                                           pb::ProtectionHold::ASYLUM_WISH));
  EXPECT_EQ(hold.holder(), "first");
  EXPECT_EQ(FromTimestamp(hold.hold_time()), kNow);
}

TEST(HoldIfFlaggedTest, TheGateBehindItNoLongerMovesTheFile) {
  pb::Case file = File(pb::Case::READY);
  HoldIfFlagged(&file, {pb::ProtectionHold::RED_GATE}, "o", kNow);
  file.mutable_protection_gate()->set_state(pb::Gate::RED);
  EXPECT_EQ(StageByGates(&file), 0);
  MutableGate(&file, pb::Gate::MEDICAL)->set_state(pb::Gate::RED);
  EXPECT_EQ(StageByGates(&file), int{pb::Case::IN_PREPARATION});
  file.set_stage(pb::Case::IN_PREPARATION);
  MutableGate(&file, pb::Gate::MEDICAL)->set_state(pb::Gate::GREEN);
  EXPECT_EQ(StageByGates(&file), int{pb::Case::READY});
  file.clear_protection_hold();
  EXPECT_EQ(StageByGates(&file), 0);
}

// The stage behind a hold is for others, the hold for the owner.
TEST(CoveredStateTest, IsSeenByTheOwnerAlone) {
  const KindSpec& kind = *TestContract().KindOf("cases", "cases");
  pb::Case file = File(pb::Case::READY);
  EXPECT_EQ(StateFor(kind, file, Bit(options::OWNER)), pb::Case::READY);
  HoldIfFlagged(&file, {pb::ProtectionHold::DURESS}, "o", kNow);
  EXPECT_EQ(StateFor(kind, file, Bit(options::OWNER) | Bit(options::HOST)),
            pb::Case::PROTECTION_HOLD);
  for (const auto role : {options::HOST, options::ORIGIN, options::TRANSIT}) {
    EXPECT_EQ(StateFor(kind, file, Bit(role)), pb::Case::READY);
  }
  EXPECT_EQ(StateOf(kind, file), pb::Case::READY);
}

TEST(ResourceTimerTest, RunsFromTheMomentTheStateIsEntered) {
  const KindSpec& kind = *TestContract().KindOf("cases", "cases");
  pb::Case file;
  file.set_direction(pb::Case::INBOUND);
  file.set_stage(pb::Case::REGISTERED);
  EXPECT_EQ(NextMove(kind, file), absl::InfiniteFuture());
  const Calendar calendar;
  const auto enter = [&](pb::Case::Stage stage, absl::Time now) {
    EnterState({kind, &file, nullptr, nullptr, calendar, calendar, now}, stage);
  };
  enter(pb::Case::PROPOSED, kNow);
  EXPECT_EQ(NextMove(kind, file), kNow + absl::Hours(24 * 7));
  enter(pb::Case::PROPOSED, kNow + absl::Hours(1));  // stays
  EXPECT_EQ(NextMove(kind, file), kNow + absl::Hours(24 * 7));
  enter(pb::Case::ACCEPTED, kNow + absl::Hours(2));
  EXPECT_EQ(NextMove(kind, file), absl::InfiniteFuture());
  EXPECT_FALSE(file.has_due_time());
  // What covers a state is not stored as one.
  enter(pb::Case::PROTECTION_HOLD, kNow);
  EXPECT_EQ(file.stage(), pb::Case::ACCEPTED);
}

}  // namespace
}  // namespace passerelle::domain
