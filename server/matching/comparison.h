#ifndef PASSERELLE_SERVER_MATCHING_COMPARISON_H_
#define PASSERELLE_SERVER_MATCHING_COMPARISON_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace passerelle::matching {

// What is compared between two records. One comparison may contribute several
// times (a name has several words).
enum class Comparison : uint8_t {
  kGivenName,    // a word, both sides saying it is a given name
  kFamilyName,   // a word, both sides saying it is a family name
  kSwappedName,  // a word, given on one side, family on the other
  kName,         // a word whose role is unknown on either side
  kNameOrder,    // of the words that agree
  kBirthDate,
  kSex,
  kPlace,
  kPostcode,
  kAddress,
  kPhone,
  kIdentifier,
  kOccupation,
  kRelatives,
};
inline constexpr int kComparisonCount = 14;

// At most this many levels in a comparison.
inline constexpr int kMaxLevels = 12;

// Stable lower-case name, e.g. "birth_date": for columns and model files.
absl::string_view ComparisonName(Comparison comparison);

// Levels of a comparison, from the strongest agreement (0) to disagreement.
int LevelCount(Comparison comparison);

// The level in words, e.g. "same year, one side 1 January".
absl::string_view LevelName(Comparison comparison, int level);

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_COMPARISON_H_
