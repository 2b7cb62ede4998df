#include "server/app/calendars.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace passerelle::app {
namespace {

using ::passerelle::testing::IsOk;
using ::passerelle::testing::StatusIs;
using ::testing::HasSubstr;

TEST(CalendarsTest, TheBuiltInDataIsValid) {
  const auto calendars = LoadCalendars("");
  ASSERT_THAT(calendars, IsOk());
  // 3 October 2025 is a Friday: a holiday in Germany, worked in Belgium.
  const absl::CivilDay unity(2025, 10, 3);
  EXPECT_FALSE(calendars->Of("DE").IsWorkingDay(unity));
  EXPECT_TRUE(calendars->Of("BE").IsWorkingDay(unity));
  // Whit Monday 2025 is 9 June in both.
  EXPECT_FALSE(calendars->Of("DE").IsWorkingDay(absl::CivilDay(2025, 6, 9)));
  EXPECT_FALSE(calendars->Of("BE").IsWorkingDay(absl::CivilDay(2025, 6, 9)));
  // Clean Monday 2025 in Greece: 3 March.
  EXPECT_FALSE(calendars->Of("GR").IsWorkingDay(absl::CivilDay(2025, 3, 3)));
  // Orthodox Good Friday 2024 in Serbia: 3 May; the Western one was worked.
  EXPECT_FALSE(calendars->Of("RS").IsWorkingDay(absl::CivilDay(2024, 5, 3)));
  EXPECT_TRUE(calendars->Of("RS").IsWorkingDay(absl::CivilDay(2024, 3, 29)));
  // Throne Day 2025 in Morocco is a Wednesday.
  EXPECT_FALSE(calendars->Of("MA").IsWorkingDay(absl::CivilDay(2025, 7, 30)));
}

TEST(CalendarsTest, EveryCountryOfTheDataHasACalendarOfItsOwn) {
  const auto calendars = LoadCalendars("");
  ASSERT_THAT(calendars, IsOk());
  const domain::Calendar* other = &calendars->Of("ZZ");
  for (const char* country : {"MA", "TR", "TN", "DE", "BA", "BE", "ES", "BG",
                              "RS", "GR", "XK", "CH", "MT"}) {
    EXPECT_NE(&calendars->Of(country), other) << country;
    EXPECT_FALSE(
        calendars->Of(country).IsWorkingDay(absl::CivilDay(2026, 1, 1)))
        << country;
  }
}

TEST(CalendarsTest, ReadsEveryKindOfDay) {
  const auto calendars = ParseCalendars(
      "[EG]\ntime_zone = \"Africa/Cairo\"\n"
      "weekend = [\"friday\", \"saturday\"]\n"
      "fixed = [\"02-29\"]\ndates = [2025-03-31]\n"
      "easter = [0]\northodox_easter = [1]\n",
      "x");
  ASSERT_THAT(calendars, IsOk());
  const domain::Calendar& egypt = calendars->Of("EG");
  EXPECT_FALSE(egypt.IsWorkingDay(absl::CivilDay(2025, 1, 3)));   // Friday
  EXPECT_TRUE(egypt.IsWorkingDay(absl::CivilDay(2025, 1, 5)));    // Sunday
  EXPECT_FALSE(egypt.IsWorkingDay(absl::CivilDay(2024, 2, 29)));  // Thursday
  EXPECT_FALSE(egypt.IsWorkingDay(absl::CivilDay(2025, 3, 31)));  // once
  EXPECT_TRUE(egypt.IsWorkingDay(absl::CivilDay(2026, 3, 31)));
  EXPECT_FALSE(egypt.IsWorkingDay(absl::CivilDay(2024, 3, 31)));  // Easter
  EXPECT_FALSE(egypt.IsWorkingDay(absl::CivilDay(2024, 5, 6)));
}

TEST(CalendarsTest, ReportsEveryProblemAtOnce) {
  const auto calendars = ParseCalendars(
      "[Morocco]\ntime_zone = \"UTC\"\n"
      "[MA]\ntime_zone = \"Africa/Nowhere\"\nfixed = [\"13-01\", \"1-1\"]\n"
      "easter = [400]\ndates = [\"2025-01-01\"]\nweekends = []\n"
      "[TR]\nweekend = [\"fri\"]\n"
      "[TN]\ntime_zone = \"UTC\"\nweekend = [\"monday\", \"tuesday\", "
      "\"wednesday\", \"thursday\", \"friday\", \"saturday\", \"sunday\"]\n",
      "x");
  ASSERT_THAT(calendars, StatusIs(absl::StatusCode::kInvalidArgument));
  const std::string problems(calendars.status().message());
  EXPECT_THAT(problems, HasSubstr("x:1: [Morocco]"));
  EXPECT_THAT(problems, HasSubstr("x:4: [MA] time_zone"));
  EXPECT_THAT(problems, HasSubstr("x:5: [MA] fixed"));
  EXPECT_THAT(problems, HasSubstr("x:6: [MA] days after Easter"));
  EXPECT_THAT(problems, HasSubstr("x:7: [MA] dates"));
  EXPECT_THAT(problems, HasSubstr("x:8: [MA] unknown key weekends"));
  EXPECT_THAT(problems, HasSubstr("[TR] time_zone is missing"));
  EXPECT_THAT(problems, HasSubstr("[TR] weekend"));
  EXPECT_THAT(problems, HasSubstr("[TN] some day must be worked"));
}

TEST(CalendarsTest, RefusesWhatIsNotTomlAndAMissingFile) {
  EXPECT_THAT(ParseCalendars("[MA", "x"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(LoadCalendars("/nowhere/calendars.toml"),
              StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace passerelle::app
