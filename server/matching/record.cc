#include "server/matching/record.h"

#include "absl/status/status.h"

namespace passerelle::matching {

absl::StatusOr<BirthInterval> BirthDay(int64_t year, int month, int day) {
  if (year < kFirstBirthYear || year > kLastBirthYear)
    return absl::InvalidArgumentError("year of birth out of range");
  if (month < 1 || month > 12 || day < 1 || day > 31)
    return absl::InvalidArgumentError("no such day");
  const absl::CivilDay civil(year, month, day);
  // Civil time rolls 30 February over.
  if (civil.month() != month || civil.day() != day)
    return absl::InvalidArgumentError("no such day");
  return BirthInterval{.first = civil, .last = civil};
}

absl::StatusOr<BirthInterval> BirthYears(int64_t first, int64_t last) {
  if (first > last || first < kFirstBirthYear || last > kLastBirthYear)
    return absl::InvalidArgumentError("years of birth out of range");
  return BirthInterval{.first = absl::CivilDay(first, 1, 1),
                       .last = absl::CivilDay(last, 12, 31)};
}

}  // namespace passerelle::matching
