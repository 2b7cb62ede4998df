#include "server/domain/age.h"

#include "gtest/gtest.h"

namespace passerelle::domain {
namespace {

namespace pb = ::passerelle::v1;

pb::BirthDate Born(int year, int month, int day,
                   pb::BirthDate::Precision precision, int tolerance = 0) {
  pb::BirthDate birth;
  birth.mutable_date()->set_year(year);
  birth.mutable_date()->set_month(month);
  birth.mutable_date()->set_day(day);
  birth.set_precision(precision);
  birth.set_tolerance_years(tolerance);
  return birth;
}

TEST(AgeTest, ChangesOnTheBirthday) {
  const auto birth = Born(2008, 6, 15, pb::BirthDate::DAY);
  EXPECT_EQ(AgeOn(birth, absl::CivilDay(2026, 6, 14)).oldest, 17);
  EXPECT_EQ(AgeOn(birth, absl::CivilDay(2026, 6, 15)).youngest, 18);
}

TEST(AgeTest, ALeapDayIsPassedOnTheFirstOfMarch) {
  const auto birth = Born(2008, 2, 29, pb::BirthDate::DAY);
  EXPECT_EQ(AgeOn(birth, absl::CivilDay(2026, 2, 28)).oldest, 17);
  EXPECT_EQ(AgeOn(birth, absl::CivilDay(2026, 3, 1)).oldest, 18);
}

TEST(AgeTest, PrecisionLeavesARange) {
  const absl::CivilDay day(2026, 7, 1);
  const AgeRange year = AgeOn(Born(2008, 0, 0, pb::BirthDate::YEAR), day);
  EXPECT_EQ(year.youngest, 17);
  EXPECT_EQ(year.oldest, 18);
  const AgeRange month = AgeOn(Born(2008, 7, 0, pb::BirthDate::MONTH), day);
  EXPECT_EQ(month.youngest, 17);
  EXPECT_EQ(month.oldest, 18);
  const AgeRange guess =
      AgeOn(Born(2009, 0, 0, pb::BirthDate::ESTIMATED, 2), day);
  EXPECT_EQ(guess.youngest, 14);
  EXPECT_EQ(guess.oldest, 19);
  EXPECT_FALSE(AgeOn(pb::BirthDate(), day).known());
}

TEST(AgeTest, WhoMayBeAdultIsNotSurelyAChild) {
  const absl::Time now =
      absl::FromCivil(absl::CivilDay(2026, 7, 1), absl::UTCTimeZone());
  EXPECT_TRUE(
      IsSurelyUnder(kAdultAge, Born(2010, 0, 0, pb::BirthDate::YEAR), now));
  EXPECT_FALSE(
      IsSurelyUnder(kAdultAge, Born(2008, 0, 0, pb::BirthDate::YEAR), now));
  EXPECT_FALSE(IsSurelyUnder(kAdultAge, pb::BirthDate(), now));
}

TEST(AgeTest, ReportsCountOnTheReferenceDate) {
  pb::Person person;
  *person.mutable_birth_date() = Born(2008, 6, 15, pb::BirthDate::DAY);
  person.set_sex(pb::PersonSummary::FEMALE);
  EXPECT_EQ(GroupOn(person, absl::CivilDay(2026, 6, 14)), Group::kGirl);
  EXPECT_EQ(GroupOn(person, absl::CivilDay(2026, 6, 15)), Group::kWoman);
  person.set_sex(pb::PersonSummary::MALE);
  EXPECT_EQ(GroupOn(person, absl::CivilDay(2020, 1, 1)), Group::kBoy);
  EXPECT_EQ(GroupOn(person, absl::CivilDay(2027, 1, 1)), Group::kMan);
  person.clear_birth_date();
  EXPECT_EQ(GroupOn(person, absl::CivilDay(2027, 1, 1)), Group::kUnknown);
}

}  // namespace
}  // namespace passerelle::domain
