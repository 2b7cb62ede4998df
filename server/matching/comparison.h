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
  kNameOrder,    // of the words that agree, where roles are unknown
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

// Levels of words (the four comparisons of names): 0 to 6 agree, see
// kAgreementThresholds of token_table.h; then these.
inline constexpr int kWordsConflict = 7;
inline constexpr int kWordOnOneSide = 8;

// Levels of kBirthDate.
enum BirthLevel : int {
  kBirthSameDay = 0,
  kBirthOneSlip,      // one digit, or two neighbours swapped, or day and month
  kBirthYearAndPart,  // same year, and day or month
  kBirthWithin,       // one side is imprecise (or 1 January) and contains the
                      // other
  kBirthSameYear,     // nothing but the year
  kBirthSameDayOfYear,  // day and month, not the year
  kBirthNear,           // one or two years apart
  kBirthCalendar,       // seven or eight years apart, and the name is Ethiopic
  kBirthFar,            // three to ten years apart
  kBirthElse,
};

// Stable lower-case name, e.g. "birth_date": for columns and model files.
absl::string_view ComparisonName(Comparison comparison);

// Levels of a comparison, from the strongest agreement (0) to disagreement.
int LevelCount(Comparison comparison);

// The level in words, e.g. "same year".
absl::string_view LevelName(Comparison comparison, int level);

// Whether the level's weight rests on the share of the population that agrees
// with the value, instead of the model's u.
bool UsesShare(Comparison comparison, int level);

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_COMPARISON_H_
