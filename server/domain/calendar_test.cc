#include "server/domain/calendar.h"

#include <cstdint>
#include <iostream>
#include <random>

#include "gtest/gtest.h"

namespace passerelle::domain {
namespace {

absl::TimeZone Zone(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

absl::Time At(const absl::TimeZone& zone, int year, int month, int day,
              int hour = 0, int minute = 0) {
  return absl::FromCivil(absl::CivilSecond(year, month, day, hour, minute),
                         zone);
}

struct Sunday {
  int year;
  int month;
  int day;
};

TEST(EasterTest, WesternSundaysAreThoseOfTheTables) {
  const Sunday sundays[] = {
      {1900, 4, 15}, {1954, 4, 18}, {1961, 4, 2},  {1981, 4, 19},
      {2000, 4, 23}, {2008, 3, 23}, {2011, 4, 24}, {2016, 3, 27},
      {2018, 4, 1},  {2019, 4, 21}, {2020, 4, 12}, {2021, 4, 4},
      {2022, 4, 17}, {2023, 4, 9},  {2024, 3, 31}, {2025, 4, 20},
      {2026, 4, 5},  {2027, 3, 28}, {2038, 4, 25}, {2049, 4, 18}};
  for (const Sunday& sunday : sundays) {
    EXPECT_EQ(WesternEaster(sunday.year),
              absl::CivilDay(sunday.year, sunday.month, sunday.day));
  }
}

TEST(EasterTest, OrthodoxSundaysAreThoseOfTheTables) {
  const Sunday sundays[] = {
      {2008, 4, 27}, {2010, 4, 4},  {2011, 4, 24}, {2013, 5, 5},  {2016, 5, 1},
      {2018, 4, 8},  {2019, 4, 28}, {2020, 4, 19}, {2021, 5, 2},  {2022, 4, 24},
      {2023, 4, 16}, {2024, 5, 5},  {2025, 4, 20}, {2026, 4, 12}, {2027, 5, 2}};
  for (const Sunday& sunday : sundays) {
    EXPECT_EQ(OrthodoxEaster(sunday.year),
              absl::CivilDay(sunday.year, sunday.month, sunday.day));
  }
}

TEST(EasterTest, IsASundayOfSpringInEveryYear) {
  for (int year = 1900; year < 2200; ++year) {
    const absl::CivilDay western = WesternEaster(year);
    EXPECT_EQ(absl::GetWeekday(western), absl::Weekday::sunday) << year;
    EXPECT_GE(western, absl::CivilDay(year, 3, 22));
    EXPECT_LE(western, absl::CivilDay(year, 4, 25));
    const absl::CivilDay orthodox = OrthodoxEaster(year);
    EXPECT_EQ(absl::GetWeekday(orthodox), absl::Weekday::sunday) << year;
    EXPECT_GE(orthodox, absl::CivilDay(year, 4, 3));
    EXPECT_LE(orthodox, absl::CivilDay(year, 5, 10));
    EXPECT_GE(orthodox, western) << year;
  }
}

TEST(CalendarTest, DefaultWorksMondayToFriday) {
  const Calendar calendar;
  EXPECT_TRUE(calendar.IsWorkingDay(absl::CivilDay(2025, 1, 3)));   // Friday
  EXPECT_FALSE(calendar.IsWorkingDay(absl::CivilDay(2025, 1, 4)));  // Saturday
  EXPECT_FALSE(calendar.IsWorkingDay(absl::CivilDay(2025, 1, 5)));  // Sunday
  EXPECT_TRUE(calendar.IsWorkingDay(absl::CivilDay(2025, 1, 6)));
}

TEST(CalendarTest, WeekendOnFridayAndSaturday) {
  Calendar::Data data;
  data.weekend = {absl::Weekday::friday, absl::Weekday::saturday};
  const Calendar calendar(data);
  EXPECT_TRUE(calendar.IsWorkingDay(absl::CivilDay(2025, 1, 2)));  // Thursday
  EXPECT_FALSE(calendar.IsWorkingDay(absl::CivilDay(2025, 1, 3)));
  EXPECT_FALSE(calendar.IsWorkingDay(absl::CivilDay(2025, 1, 4)));
  EXPECT_TRUE(calendar.IsWorkingDay(absl::CivilDay(2025, 1, 5)));  // Sunday
  const absl::TimeZone utc = absl::UTCTimeZone();
  // Thursday noon and two working days: Monday noon.
  EXPECT_EQ(calendar.Add(At(utc, 2025, 1, 2, 12), 2 * kWorkingDay),
            At(utc, 2025, 1, 6, 12));
}

TEST(CalendarTest, HolidaysOfEveryKindAreNotWorked) {
  Calendar::Data data;
  data.fixed_holidays = {{5, 1}};
  data.easter_holidays = {-2, 1};
  data.orthodox_easter_holidays = {-2, 1};
  data.dated_holidays = {absl::CivilDay(2024, 4, 10)};
  const Calendar calendar(data);
  EXPECT_FALSE(calendar.IsWorkingDay(absl::CivilDay(2024, 5, 1)));
  EXPECT_FALSE(calendar.IsWorkingDay(absl::CivilDay(2025, 5, 1)));
  EXPECT_FALSE(calendar.IsWorkingDay(absl::CivilDay(2024, 3, 29)));
  EXPECT_FALSE(calendar.IsWorkingDay(absl::CivilDay(2024, 4, 1)));
  EXPECT_FALSE(calendar.IsWorkingDay(absl::CivilDay(2024, 5, 3)));
  EXPECT_FALSE(calendar.IsWorkingDay(absl::CivilDay(2024, 5, 6)));
  EXPECT_FALSE(calendar.IsWorkingDay(absl::CivilDay(2024, 4, 10)));
  EXPECT_TRUE(calendar.IsWorkingDay(absl::CivilDay(2025, 4, 10)));
  EXPECT_TRUE(calendar.IsWorkingDay(absl::CivilDay(2024, 5, 2)));
}

TEST(CalendarTest, WorkingTimeStandsStillOnDaysOff) {
  const Calendar calendar;
  const absl::TimeZone utc = absl::UTCTimeZone();
  // Friday 18:00 and one working day: Monday 18:00.
  EXPECT_EQ(calendar.Add(At(utc, 2025, 1, 3, 18), kWorkingDay),
            At(utc, 2025, 1, 6, 18));
  // From the middle of Saturday, time begins on Monday.
  EXPECT_EQ(calendar.Add(At(utc, 2025, 1, 4, 15), absl::Hours(1)),
            At(utc, 2025, 1, 6, 1));
  EXPECT_EQ(calendar.Between(At(utc, 2025, 1, 4), At(utc, 2025, 1, 6)),
            absl::ZeroDuration());
  EXPECT_EQ(calendar.Between(At(utc, 2025, 1, 3, 20), At(utc, 2025, 1, 6, 4)),
            absl::Hours(8));
  EXPECT_EQ(calendar.Between(At(utc, 2025, 1, 6), At(utc, 2025, 1, 3)),
            absl::ZeroDuration());
}

TEST(CalendarTest, ATimeThatEndsAtMidnightEndsWhereWorkBegins) {
  const Calendar calendar;
  const absl::TimeZone utc = absl::UTCTimeZone();
  EXPECT_EQ(calendar.Add(At(utc, 2025, 1, 3), kWorkingDay),
            At(utc, 2025, 1, 6));
  EXPECT_EQ(calendar.Add(At(utc, 2025, 1, 4), absl::ZeroDuration()),
            At(utc, 2025, 1, 6));
}

TEST(CalendarTest, DaysBeginAtMidnightOfTheCountry) {
  Calendar::Data data;
  data.time_zone = Zone("Asia/Tokyo");
  const Calendar calendar(data);
  const absl::TimeZone utc = absl::UTCTimeZone();
  // Friday 16:00 UTC is Saturday in Tokyo.
  EXPECT_EQ(calendar.Add(At(utc, 2025, 1, 3, 16), absl::Hours(1)),
            At(data.time_zone, 2025, 1, 6, 1));
}

TEST(CalendarTest, DaysOf23And25HoursCountAsTheyAre) {
  Calendar::Data data;
  data.time_zone = Zone("Europe/Brussels");
  data.weekend = {};  // clocks change on Sundays
  const Calendar calendar(data);
  const absl::TimeZone& zone = data.time_zone;
  EXPECT_EQ(calendar.Between(At(zone, 2025, 3, 30), At(zone, 2025, 3, 31)),
            absl::Hours(23));
  EXPECT_EQ(calendar.Between(At(zone, 2025, 10, 26), At(zone, 2025, 10, 27)),
            absl::Hours(25));
  EXPECT_EQ(calendar.Add(At(zone, 2025, 3, 30), absl::Hours(23)),
            At(zone, 2025, 3, 31));
  EXPECT_EQ(calendar.Add(At(zone, 2025, 10, 26), absl::Hours(25)),
            At(zone, 2025, 10, 27));
}

TEST(CalendarTest, BetweenGivesBackWhatAddTook) {
  const uint64_t seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  std::mt19937_64 random(seed);
  Calendar::Data brussels;
  brussels.time_zone = Zone("Europe/Brussels");
  brussels.fixed_holidays = {{1, 1}, {5, 1}, {7, 21}, {12, 25}};
  brussels.easter_holidays = {1, 39, 50};
  Calendar::Data cairo;
  cairo.time_zone = Zone("Africa/Cairo");
  cairo.weekend = {absl::Weekday::friday, absl::Weekday::saturday};
  cairo.orthodox_easter_holidays = {1};
  const Calendar calendars[] = {Calendar(), Calendar(brussels),
                                Calendar(cairo)};
  for (int i = 0; i < 3000; ++i) {
    const Calendar& calendar = calendars[i % 3];
    const absl::Time start = absl::FromUnixMicros(
        1'600'000'000'000'000 +
        static_cast<int64_t>(random() % 300'000'000'000'000));
    const absl::Duration working = absl::Microseconds(
        static_cast<int64_t>(random() % (40ull * 86'400'000'000)));
    const absl::Time end = calendar.Add(start, working);
    ASSERT_GE(end, start);
    ASSERT_EQ(calendar.Between(start, end), working)
        << "seed " << seed << " start " << start << " working " << working;
    // What is left at any moment in between ends at the same time.
    const absl::Time pause =
        start + (end - start) * (static_cast<double>(random() % 1000) / 1000);
    ASSERT_EQ(calendar.Add(pause, calendar.Between(pause, end)), end)
        << "seed " << seed << " pause " << pause;
  }
}

TEST(CalendarTest, ACalendarWithoutAnyWorkingDayStillEnds) {
  Calendar::Data data;
  data.weekend = {absl::Weekday::monday,    absl::Weekday::tuesday,
                  absl::Weekday::wednesday, absl::Weekday::thursday,
                  absl::Weekday::friday,    absl::Weekday::saturday,
                  absl::Weekday::sunday};
  const Calendar calendar(data);
  const absl::Time start = absl::FromUnixSeconds(1'700'000'000);
  EXPECT_GT(calendar.Add(start, kWorkingDay), start + absl::Hours(24 * 365));
  EXPECT_EQ(calendar.Between(start, start + absl::Hours(1000)),
            absl::ZeroDuration());
}

TEST(CalendarsTest, ACountryWithoutDataGetsTheDefault) {
  Calendar::Data data;
  data.fixed_holidays = {{1, 2}};
  const Calendars calendars({{"BE", Calendar(data)}});
  const absl::CivilDay day(2025, 1, 2);  // Thursday
  EXPECT_FALSE(calendars.Of("BE").IsWorkingDay(day));
  EXPECT_TRUE(calendars.Of("FR").IsWorkingDay(day));
  EXPECT_TRUE(calendars.Of("").IsWorkingDay(day));
}

}  // namespace
}  // namespace passerelle::domain
