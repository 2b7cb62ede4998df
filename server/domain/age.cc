#include "server/domain/age.h"

#include <algorithm>

namespace passerelle::domain {
namespace {

namespace pb = ::passerelle::v1;

// Full years between two days.
int YearsBetween(absl::CivilDay born, absl::CivilDay reference) {
  int years = static_cast<int>(reference.year() - born.year());
  const bool before_birthday =
      reference.month() < born.month() ||
      (reference.month() == born.month() && reference.day() < born.day());
  if (before_birthday) --years;
  return std::max(years, 0);
}

}  // namespace

AgeRange AgeOn(const pb::BirthDate& birth_date, absl::CivilDay reference) {
  const google::type::Date& date = birth_date.date();
  if (date.year() == 0) return {};
  absl::CivilDay first(date.year(), 1, 1);
  absl::CivilDay last(date.year(), 12, 31);
  switch (birth_date.precision()) {
    case pb::BirthDate::DAY:
      first = last = absl::CivilDay(date.year(), date.month(), date.day());
      break;
    case pb::BirthDate::MONTH:
      first = absl::CivilDay(date.year(), date.month(), 1);
      last = absl::CivilDay(absl::CivilMonth(first) + 1) - 1;
      break;
    case pb::BirthDate::YEAR:
      break;
    case pb::BirthDate::ESTIMATED:
      first = absl::CivilDay(date.year() - birth_date.tolerance_years(), 1, 1);
      last = absl::CivilDay(date.year() + birth_date.tolerance_years(), 12, 31);
      break;
    default:
      return {};
  }
  return {.youngest = YearsBetween(last, reference),
          .oldest = YearsBetween(first, reference)};
}

absl::CivilDay DayOf(absl::Time now) {
  return absl::ToCivilDay(now, absl::UTCTimeZone());
}

bool IsSurelyUnder(int age, const pb::BirthDate& birth_date, absl::Time now) {
  const AgeRange range = AgeOn(birth_date, DayOf(now));
  return range.known() && range.oldest < age;
}

Group GroupOn(const pb::Person& person, absl::CivilDay reference) {
  const AgeRange range = AgeOn(person.birth_date(), reference);
  if (!range.known()) return Group::kUnknown;
  const bool adult = range.youngest + range.oldest >= 2 * kAdultAge;
  switch (person.sex()) {
    case pb::PersonSummary::FEMALE:
      return adult ? Group::kWoman : Group::kGirl;
    case pb::PersonSummary::MALE:
      return adult ? Group::kMan : Group::kBoy;
    default:
      return Group::kUnknown;
  }
}

}  // namespace passerelle::domain
