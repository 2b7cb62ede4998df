#ifndef PASSERELLE_SERVER_MATCHING_KEYS_H_
#define PASSERELLE_SERVER_MATCHING_KEYS_H_

#include <cstdint>
#include <vector>

#include "server/matching/population_impl.h"

namespace passerelle::matching {

// What two records may share to be compared at all. K is a skeleton of a word
// of the name.
enum class KeyKind : uint8_t {
  kIdentifier,
  kPhone,
  kTwoWords,         // K and K
  kWordAndYear,      // K and year of birth
  kWordAndMonthDay,  // K and day of the year, not 1 January
  kWordAndPlace,     // K and a word of the place
  kWordAndPostcode,
  kWordAndSlip,      // K and another K with a letter left out
  kWordAndPhone,     // K and the last four digits
  kWordAndRelative,  // K and K of a relative
  kWordAndJob,       // K and a word of the occupation
  kAddress,          // two of the three rarest words of the address
  kBirthDay,
  kPlaceAndYear,
  kPostcodeAndYear,
  kWord,  // K alone: for those of whom nothing else is known
};
inline constexpr int kKeyKinds = 16;

// The record's keys of one kind, without repeats; at most 48. Keys of
// different kinds do not meet. `spread`: years of birth around those known as
// well (one and two off, and seven and eight for calendars), for a search.
void MakeKeys(const RecordView& view, KeyKind kind, bool spread,
              std::vector<uint64_t>* keys);

// Splits a block of records that share a key: records of one part agree in
// one thing more. `step` 0, 1, 2: year of birth, place, rarest word.
uint64_t SplitKey(const RecordView& view, int step);
inline constexpr int kSplitSteps = 3;

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_KEYS_H_
