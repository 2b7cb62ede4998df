#ifndef PASSERELLE_SERVER_DOMAIN_CALENDAR_H_
#define PASSERELLE_SERVER_DOMAIN_CALENDAR_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace passerelle::domain {

// One working day, as an amount of working time. Working time runs around the
// clock on working days and stands still on others, so that a span can be
// measured, kept and given back exactly.
inline constexpr absl::Duration kWorkingDay = absl::Hours(24);

// Which days are worked in one country. Immutable and thread safe.
class Calendar {
 public:
  struct Data {
    absl::TimeZone time_zone = absl::UTCTimeZone();
    std::set<absl::Weekday> weekend = {absl::Weekday::saturday,
                                       absl::Weekday::sunday};
    std::set<std::pair<int, int>> fixed_holidays;  // (month, day), every year
    // Days after Western Easter Sunday, every year; -2 is Good Friday.
    std::set<int> easter_holidays;
    // The same after Orthodox Easter Sunday.
    std::set<int> orthodox_easter_holidays;
    std::set<absl::CivilDay> dated_holidays;  // once
  };

  Calendar() = default;  // Monday to Friday in UTC
  explicit Calendar(Data data) : data_(std::move(data)) {}

  bool IsWorkingDay(absl::CivilDay day) const;

  // The moment when `working` of working time has passed since `start`.
  absl::Time Add(absl::Time start, absl::Duration working) const;
  // Working time between two moments; zero when `end` is not after `start`.
  absl::Duration Between(absl::Time start, absl::Time end) const;

 private:
  Data data_;
};

// Calendars by country, ISO 3166-1 alpha-2. A country without data gets the
// default. Immutable and thread safe.
class Calendars {
 public:
  Calendars() = default;
  explicit Calendars(std::map<std::string, Calendar, std::less<>> calendars)
      : calendars_(std::move(calendars)) {}

  const Calendar& Of(absl::string_view country) const;

 private:
  std::map<std::string, Calendar, std::less<>> calendars_;
  Calendar default_;
};

// Easter Sundays, by the Gregorian and by the Julian reckoning, as days of the
// Gregorian calendar. Years 1900 to 2199.
absl::CivilDay WesternEaster(int year);
absl::CivilDay OrthodoxEaster(int year);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_CALENDAR_H_
