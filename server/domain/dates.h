#ifndef PASSERELLE_SERVER_DOMAIN_DATES_H_
#define PASSERELLE_SERVER_DOMAIN_DATES_H_

#include "absl/time/civil_time.h"
#include "google/type/date.pb.h"

namespace passerelle::domain {

// A date of the contract, which the rules have found to be a calendar date, as
// a day that can be compared and counted with. That of a moment is in age.h.
inline absl::CivilDay DayOf(const google::type::Date& date) {
  return absl::CivilDay(date.year(), date.month(), date.day());
}

inline google::type::Date ToDate(absl::CivilDay day) {
  google::type::Date date;
  date.set_year(static_cast<int>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_DATES_H_
