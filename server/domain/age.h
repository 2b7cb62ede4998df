#ifndef PASSERELLE_SERVER_DOMAIN_AGE_H_
#define PASSERELLE_SERVER_DOMAIN_AGE_H_

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/type/date.pb.h"
#include "passerelle/v1/person.pb.h"

namespace passerelle::domain {

// Years of age, the earliest and the latest that a birth date of its precision
// allows. Both are -1 when the date is not known.
struct AgeRange {
  int youngest = -1;
  int oldest = -1;

  bool known() const { return oldest >= 0; }
};

constexpr int kAdultAge = 18;

// Age on a reference date. A person born on 29 February is a year older on
// 1 March of other years. Nobody is younger than 0.
AgeRange AgeOn(const ::passerelle::v1::BirthDate& birth_date,
               absl::CivilDay reference);

// The day it is, in UTC.
absl::CivilDay DayOf(absl::Time now);

// True when the birth date is known, and whatever its precision leaves open the
// person is under `age` years on the day it is.
bool IsSurelyUnder(int age, const ::passerelle::v1::BirthDate& birth_date,
                   absl::Time now);

// How reports count a person on a reference date. A person whose precision
// leaves open whether they are 18 counts as an adult from the middle of the
// range on.
enum class Group { kUnknown, kMan, kWoman, kBoy, kGirl };
Group GroupOn(const ::passerelle::v1::Person& person, absl::CivilDay reference);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_AGE_H_
