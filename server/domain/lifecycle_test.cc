#include "server/domain/lifecycle.h"

#include <cstdint>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/error_reason.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "server/domain/errors.h"
#include "server/domain/testing/test_contract.h"
#include "tests/support/status_matchers.h"

namespace passerelle::domain {
namespace {

namespace pb = ::passerelle::v1;
using ::passerelle::testing::IsOk;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using Study = pb::FeasibilityStudy;

Calendar Belgian() {
  Calendar::Data data;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Brussels", &data.time_zone));
  data.fixed_holidays = {{5, 1}, {7, 21}};
  return Calendar(data);
}

Calendar Egyptian() {
  Calendar::Data data;
  EXPECT_TRUE(absl::LoadTimeZone("Africa/Cairo", &data.time_zone));
  data.weekend = {absl::Weekday::friday, absl::Weekday::saturday};
  return Calendar(data);
}

class LifecycleTest : public ::testing::Test {
 protected:
  LifecycleTest() {
    study_.mutable_exchange()->set_initiator("missions/be");
    study_.mutable_exchange()->set_counterpart("missions/eg");
  }

  Course At(absl::Time now) {
    return Course{.kind = kind_,
                  .resource = &study_,
                  .header = study_.mutable_exchange(),
                  .facts = &facts_,
                  .initiator_calendar = belgian_,
                  .counterpart_calendar = egyptian_,
                  .now = now};
  }

  const pb::Exchange& header() const { return study_.exchange(); }
  absl::Time due() const { return FromTimestamp(header().due_time()); }

  static options::Clock Runs(options::ClockParty party, uint32_t days) {
    options::Clock clock;
    clock.set_party(party);
    clock.set_working_days(days);
    return clock;
  }
  static options::Clock Pause() {
    options::Clock clock = Runs(options::INITIATOR_CLOCK, 5);
    clock.set_pause(true);
    return clock;
  }
  static options::Clock Resume() {
    options::Clock clock = Runs(options::COUNTERPART_CLOCK, 0);
    clock.set_resume(true);
    return clock;
  }

  const KindSpec& kind_ = *TestContract().KindOf("cases", "feasibilityStudies");
  const Calendar belgian_ = Belgian();
  const Calendar egyptian_ = Egyptian();
  Study study_;
  ::passerelle::internal::v1::ExchangeFacts facts_;
  // A Monday, worked in both countries.
  const absl::Time start_ =
      absl::FromCivil(absl::CivilSecond(2025, 6, 2, 9), absl::UTCTimeZone());
};

TEST_F(LifecycleTest, TimesOfTheWireAreExactToTheMicrosecond) {
  for (const int64_t micros :
       {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{1'700'000'000'123'456},
        int64_t{-62'135'596'800'000'000}}) {
    const absl::Time time = absl::FromUnixMicros(micros);
    const auto timestamp = ToTimestamp(time);
    EXPECT_GE(timestamp.nanos(), 0);
    EXPECT_LT(timestamp.nanos(), 1'000'000'000);
    EXPECT_EQ(FromTimestamp(timestamp), time);
  }
}

TEST_F(LifecycleTest, EnteringAStateSetsPhaseAndFirstSending) {
  EnterState(At(start_), Study::DRAFT);
  EXPECT_EQ(study_.state(), Study::DRAFT);
  EXPECT_EQ(header().phase(), options::DRAFT);
  EXPECT_FALSE(header().has_send_time());
  EnterState(At(start_ + absl::Hours(1)), Study::REQUESTED);
  EXPECT_EQ(header().phase(), options::OPEN);
  EXPECT_EQ(FromTimestamp(header().send_time()), start_ + absl::Hours(1));
  EnterState(At(start_ + absl::Hours(2)), Study::ASSIGNED);
  EXPECT_EQ(FromTimestamp(header().send_time()), start_ + absl::Hours(1));
  EXPECT_EQ(facts_.previous_state(), Study::REQUESTED);
}

TEST_F(LifecycleTest, ARequestToCloseLastsWhileClosingIsPossible) {
  EnterState(At(start_), Study::OPINION);
  study_.mutable_exchange()->set_close_requester("missions/eg");
  EnterState(At(start_), Study::ACKNOWLEDGED);
  EXPECT_EQ(header().close_requester(), "missions/eg");
  EnterState(At(start_), Study::EXPIRED);
  EXPECT_EQ(header().close_requester(), "missions/eg");
  EnterState(At(start_), Study::CLOSED);
  EXPECT_EQ(header().close_requester(), "");
  EnterState(At(start_), Study::OPINION);
  study_.mutable_exchange()->set_close_requester("missions/eg");
  EnterState(At(start_), Study::CONTESTED);
  EXPECT_EQ(header().close_requester(), "");
}

TEST_F(LifecycleTest, ADraftThatIsGivenUpWasNeverSent) {
  EnterState(At(start_), Study::DRAFT);
  EnterState(At(start_), Study::WITHDRAWN);
  EXPECT_EQ(header().phase(), options::ENDED);
  EXPECT_FALSE(header().has_send_time());
  EXPECT_TRUE(header().has_end_time());
}

TEST_F(LifecycleTest, AnAnswerLeadsBackToTheStateLeft) {
  for (const auto state : {Study::ASSIGNED, Study::FIELD_CHECK}) {
    EnterState(At(start_), state);
    EnterState(At(start_), Study::CLARIFICATION);
    EXPECT_EQ(header().phase(), options::WAITING);
    EnterState(At(start_), kPreviousState);
    EXPECT_EQ(study_.state(), state);
  }
}

TEST_F(LifecycleTest, TheClockRunsInTheCalendarOfThePartyThatIsAwaited) {
  MoveClock(At(start_), Runs(options::COUNTERPART_CLOCK, 10));
  EXPECT_EQ(header().awaited_mission(), "missions/eg");
  EXPECT_EQ(due(), egyptian_.Add(start_, 10 * kWorkingDay));
  MoveClock(At(start_), Runs(options::INITIATOR_CLOCK, 4));
  EXPECT_EQ(header().awaited_mission(), "missions/be");
  EXPECT_EQ(due(), belgian_.Add(start_, 4 * kWorkingDay));
  EXPECT_NE(due(), egyptian_.Add(start_, 4 * kWorkingDay));
}

TEST_F(LifecycleTest, AClockWithoutPartyStops) {
  MoveClock(At(start_), Runs(options::COUNTERPART_CLOCK, 10));
  study_.mutable_exchange()->set_overdue(true);
  MoveClock(At(start_), options::Clock());
  EXPECT_FALSE(header().has_due_time());
  EXPECT_EQ(header().awaited_mission(), "");
  EXPECT_FALSE(header().overdue());
}

TEST_F(LifecycleTest, ResumingGivesBackExactlyWhatWasLeft) {
  const uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  for (int i = 0; i < 500; ++i) {
    const absl::Time begin =
        start_ +
        absl::Microseconds(static_cast<int64_t>(random() % 31'536'000'000'000));
    MoveClock(At(begin), Runs(options::COUNTERPART_CLOCK, 10));
    const absl::Time first_due = due();
    const absl::Time pause =
        begin + absl::Microseconds(static_cast<int64_t>(
                    random() % static_cast<uint64_t>(absl::ToInt64Microseconds(
                                   first_due - begin))));
    const absl::Duration left = egyptian_.Between(pause, first_due);
    MoveClock(At(pause), Pause());
    EXPECT_TRUE(facts_.paused());
    EXPECT_EQ(header().awaited_mission(), "missions/be");
    EXPECT_EQ(due(), belgian_.Add(pause, 5 * kWorkingDay));
    const absl::Time resume =
        pause +
        absl::Microseconds(static_cast<int64_t>(random() % 2'592'000'000'000));
    MoveClock(At(resume), Resume());
    EXPECT_FALSE(facts_.paused());
    EXPECT_EQ(header().awaited_mission(), "missions/eg");
    ASSERT_EQ(egyptian_.Between(resume, due()), left)
        << "seed " << seed << " round " << i;
  }
}

TEST_F(LifecycleTest, ResumingAtOnceChangesNothing) {
  MoveClock(At(start_), Runs(options::COUNTERPART_CLOCK, 10));
  const absl::Time first_due = due();
  const absl::Time pause = start_ + absl::Hours(30);
  MoveClock(At(pause), Pause());
  MoveClock(At(pause), Resume());
  EXPECT_EQ(due(), first_due);
}

TEST_F(LifecycleTest, AClockPausedAfterItsTimeIsDueAgainAtOnce) {
  MoveClock(At(start_), Runs(options::COUNTERPART_CLOCK, 1));
  const absl::Time late = start_ + absl::Hours(24 * 7);
  MoveClock(At(late), Pause());
  EXPECT_EQ(facts_.paused_micros(), 0);
  MoveClock(At(late), Resume());
  EXPECT_EQ(due(), late);
}

TEST_F(LifecycleTest, ResumingWhatWasNotPausedStopsTheClock) {
  MoveClock(At(start_), Pause());  // no clock ran
  EXPECT_FALSE(facts_.paused());
  MoveClock(At(start_), Resume());
  EXPECT_FALSE(header().has_due_time());
}

TEST_F(LifecycleTest, EndingStopsTheClockAlsoWhenItIsPaused) {
  EnterState(At(start_), Study::ASSIGNED);
  MoveClock(At(start_), Runs(options::COUNTERPART_CLOCK, 10));
  MoveClock(At(start_), Pause());
  EnterState(At(start_), Study::WITHDRAWN);
  EXPECT_FALSE(header().has_due_time());
  EXPECT_EQ(header().awaited_mission(), "");
  EXPECT_FALSE(facts_.paused());
  EXPECT_EQ(facts_.paused_micros(), 0);
  ArmTimedMove(At(start_));
  EXPECT_EQ(NextWake(header(), facts_), absl::InfiniteFuture());
}

TEST_F(LifecycleTest, ReopeningClearsTheEnd) {
  EnterState(At(start_), Study::CLOSED);
  EXPECT_TRUE(header().has_end_time());
  EnterState(At(start_), Study::REQUESTED);
  EXPECT_FALSE(header().has_end_time());
  EXPECT_EQ(header().phase(), options::OPEN);
}

TEST_F(LifecycleTest, TheNextWakeIsTheDueTimeUntilOverdue) {
  EXPECT_EQ(NextWake(header(), facts_), absl::InfiniteFuture());
  EnterState(At(start_), Study::ASSIGNED);
  MoveClock(At(start_), Runs(options::COUNTERPART_CLOCK, 10));
  ArmTimedMove(At(start_));
  EXPECT_EQ(NextWake(header(), facts_), due());
  study_.mutable_exchange()->set_overdue(true);
  EXPECT_EQ(NextWake(header(), facts_), absl::InfiniteFuture());
}

TEST_F(LifecycleTest, ARequestNobodyTakesLapsesAfterItsGrace) {
  EnterState(At(start_), Study::REQUESTED);
  MoveClock(At(start_), Runs(options::COUNTERPART_CLOCK, 10));
  ArmTimedMove(At(start_));
  const absl::Time lapse = egyptian_.Add(due(), 5 * kWorkingDay);
  EXPECT_EQ(FromTimestamp(facts_.timed_time()), lapse);
  EXPECT_EQ(facts_.timed_state(), Study::LAPSED);
  EXPECT_EQ(NextWake(header(), facts_), due());
  study_.mutable_exchange()->set_overdue(true);
  EXPECT_EQ(NextWake(header(), facts_), lapse);
  // Somebody takes it: it does not lapse any more.
  EnterState(At(start_), Study::ASSIGNED);
  ArmTimedMove(At(start_));
  EXPECT_FALSE(facts_.has_timed_time());
  EXPECT_EQ(facts_.timed_state(), 0);
}

TEST_F(LifecycleTest, AnOpinionExpires) {
  EnterState(At(start_), Study::ACKNOWLEDGED);
  ArmTimedMove(At(start_));
  EXPECT_FALSE(facts_.has_timed_time());  // without an expire time, never
  const absl::Time expire = start_ + absl::Hours(24 * 90);
  *study_.mutable_exchange()->mutable_expire_time() = ToTimestamp(expire);
  ArmTimedMove(At(start_));
  EXPECT_EQ(facts_.timed_state(), Study::EXPIRED);
  EXPECT_GE(FromTimestamp(facts_.timed_time()), expire);
}

class AllowedActionsTest : public LifecycleTest {
 protected:
  static Actor Officer(options::OfficerRole role) {
    Actor actor;
    actor.mission_kind = options::IOM_MISSION;
    actor.officer_roles = Bit(role);
    return actor;
  }
  std::vector<std::string> Allowed(int state, options::OfficerRole officer,
                                   EnumSet roles) const {
    return AllowedActions(kind_, state, Officer(officer), roles);
  }

  static constexpr EnumSet kHost = Bit(options::HOST) | Bit(options::INITIATOR);
  static constexpr EnumSet kOrigin =
      Bit(options::ORIGIN) | Bit(options::COUNTERPART);
};

TEST_F(AllowedActionsTest, FollowStatePositionAndRole) {
  EXPECT_THAT(Allowed(Study::DRAFT, options::FOCAL_POINT, kHost),
              ElementsAre("RequestFeasibilityStudy", "InvalidateExchange",
                          "WithdrawExchange"));
  EXPECT_THAT(Allowed(Study::DRAFT, options::FOCAL_POINT, kOrigin), IsEmpty());
  EXPECT_THAT(
      Allowed(Study::REQUESTED, options::REINTEGRATION_OFFICER, kOrigin),
      ElementsAre("AssignFeasibilityStudy", "RemindExchange"));
  EXPECT_THAT(Allowed(Study::CLARIFICATION, options::CASE_MANAGER, kHost),
              Contains("AnswerClarification"));
  EXPECT_THAT(Allowed(Study::CLARIFICATION, options::CASE_MANAGER, kOrigin),
              Not(Contains("AnswerClarification")));
}

// WITHDRAW is open to both sides in general; studies leave it to the initiator.
TEST_F(AllowedActionsTest, AKindRestrictsAdministrativeMessagesFurther) {
  EXPECT_THAT(Allowed(Study::ASSIGNED, options::FOCAL_POINT, kHost),
              Contains("WithdrawExchange"));
  EXPECT_THAT(Allowed(Study::ASSIGNED, options::FOCAL_POINT, kOrigin),
              Not(Contains("WithdrawExchange")));
  EXPECT_THAT(Allowed(Study::ASSIGNED, options::REINTEGRATION_OFFICER, kHost),
              Not(Contains("WithdrawExchange")));
}

TEST_F(AllowedActionsTest, AnEndedStudyAllowsWhatItsKindDeclares) {
  EXPECT_THAT(Allowed(Study::CLOSED, options::FOCAL_POINT, kHost),
              ElementsAre("ReopenExchange"));
  EXPECT_THAT(Allowed(Study::INVALIDATED, options::FOCAL_POINT, kHost),
              IsEmpty());
}

TEST_F(AllowedActionsTest, WithoutOfficerNothingThatNeedsOne) {
  Actor nobody;
  nobody.mission_kind = options::IOM_MISSION;
  for (int state = 1; state < 16; ++state) {
    EXPECT_THAT(AllowedActions(kind_, state, nobody, kHost | kOrigin),
                IsEmpty());
  }
}

TEST_F(AllowedActionsTest, RefusalsNameTheirReason) {
  const MethodSpec* create = nullptr;
  for (const MethodSpec* method : TestContract().AllMethods()) {
    if (method->descriptor->name() == "CreateCase") create = method;
  }
  ASSERT_NE(create, nullptr);
  Actor actor = Officer(options::CASE_MANAGER);
  EXPECT_THAT(CheckCaller(*create, actor), IsOk());
  actor.mission_kind = options::CONSULATE;
  EXPECT_EQ(ReasonNumber(CheckCaller(*create, actor)),
            pb::MISSION_KIND_NOT_AUTHORIZED);
  EXPECT_EQ(ReasonNumber(CheckCaller(*create, Officer(options::AUDITOR))),
            pb::OFFICER_NOT_AUTHORIZED);
  const AdministrativeMove& withdraw = *kind_.Find(options::WITHDRAW);
  EXPECT_EQ(ReasonNumber(CheckAdministrative(
                withdraw, Officer(options::FOCAL_POINT), kOrigin)),
            pb::NOT_VISIBLE);
  EXPECT_EQ(ReasonNumber(CheckAdministrative(
                withdraw, Officer(options::REINTEGRATION_OFFICER), kHost)),
            pb::OFFICER_NOT_AUTHORIZED);
}

}  // namespace
}  // namespace passerelle::domain
