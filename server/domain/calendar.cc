#include "server/domain/calendar.h"

#include <algorithm>

namespace passerelle::domain {
namespace {

// A calendar in which nothing is ever worked must not loop for ever.
constexpr int kMaxDays = 20 * 366;

}  // namespace

// The anonymous Gregorian computus (Nature, 1876).
absl::CivilDay WesternEaster(int year) {
  const int a = year % 19;
  const int b = year / 100;
  const int c = year % 100;
  const int d = b / 4;
  const int e = b % 4;
  const int f = (b + 8) / 25;
  const int g = (b - f + 1) / 3;
  const int h = (19 * a + b - d - g + 15) % 30;
  const int i = c / 4;
  const int k = c % 4;
  const int l = (32 + 2 * e + 2 * i - h - k) % 7;
  const int m = (a + 11 * h + 22 * l) / 451;
  const int n = h + l - 7 * m + 114;
  return absl::CivilDay(year, n / 31, n % 31 + 1);
}

// Meeus' Julian algorithm; the calendars are 13 days apart from 1900 to 2099
// and 14 from March 2100.
absl::CivilDay OrthodoxEaster(int year) {
  const int a = year % 4;
  const int b = year % 7;
  const int c = year % 19;
  const int d = (19 * c + 15) % 30;
  const int e = (2 * a + 4 * b - d + 34) % 7;
  const int n = d + e + 114;
  return absl::CivilDay(year, n / 31, n % 31 + 1) + (year < 2100 ? 13 : 14);
}

bool Calendar::IsWorkingDay(absl::CivilDay day) const {
  if (data_.weekend.count(absl::GetWeekday(day)) > 0) return false;
  if (data_.fixed_holidays.count({day.month(), day.day()}) > 0) return false;
  if (data_.dated_holidays.count(day) > 0) return false;
  const int year = static_cast<int>(day.year());
  if (!data_.easter_holidays.empty() &&
      data_.easter_holidays.count(static_cast<int>(day - WesternEaster(year))) >
          0) {
    return false;
  }
  return data_.orthodox_easter_holidays.empty() ||
         data_.orthodox_easter_holidays.count(
             static_cast<int>(day - OrthodoxEaster(year))) == 0;
}

absl::Time Calendar::Add(absl::Time start, absl::Duration working) const {
  absl::Time now = start;
  for (int i = 0; i < kMaxDays; ++i) {
    const absl::CivilDay day = absl::ToCivilDay(now, data_.time_zone);
    const absl::Time end = absl::FromCivil(day + 1, data_.time_zone);
    if (IsWorkingDay(day)) {
      // Days of 23 or 25 hours, when clocks change, count as they are.
      if (now + working < end) return now + working;
      working -= end - now;
    }
    now = end;
  }
  return now;
}

absl::Duration Calendar::Between(absl::Time start, absl::Time end) const {
  absl::Duration total;
  absl::Time now = start;
  for (int i = 0; i < kMaxDays && now < end; ++i) {
    const absl::CivilDay day = absl::ToCivilDay(now, data_.time_zone);
    const absl::Time midnight = absl::FromCivil(day + 1, data_.time_zone);
    if (IsWorkingDay(day)) total += std::min(midnight, end) - now;
    now = midnight;
  }
  return total;
}

const Calendar& Calendars::Of(absl::string_view country) const {
  const auto it = calendars_.find(country);
  return it == calendars_.end() ? default_ : it->second;
}

}  // namespace passerelle::domain
