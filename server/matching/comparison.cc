#include "server/matching/comparison.h"

#include <span>

#include "server/matching/token_table.h"

namespace passerelle::matching {
namespace {

constexpr absl::string_view kWordLevels[] = {
    "same spelling", "same sound",    "very like",
    "like",          "somewhat like", "faintly like",
    "hardly like",   "different",     "only on one side",
};
constexpr absl::string_view kOrderLevels[] = {"same order", "other order"};
constexpr absl::string_view kBirthLevels[] = {
    "same day",
    "one slip of the pen apart",
    "same year, and day or month",
    "one side imprecise and containing the other",
    "same year",
    "same day of another year",
    "one or two years apart",
    "seven or eight years apart, as calendars are",
    "three to ten years apart",
    "different",
};
constexpr absl::string_view kSexLevels[] = {"same", "different"};
constexpr absl::string_view kPlaceLevels[] = {"same", "like", "partly the same",
                                              "different"};
constexpr absl::string_view kPostcodeLevels[] = {"same", "one slip apart",
                                                 "same area", "different"};
constexpr absl::string_view kAddressLevels[] = {"same", "mostly the same",
                                                "partly the same", "different"};
constexpr absl::string_view kPhoneLevels[] = {
    "same", "last eight digits the same", "one slip apart", "different"};
constexpr absl::string_view kIdentifierLevels[] = {
    "same", "one slip apart", "two slips apart", "different"};
constexpr absl::string_view kOccupationLevels[] = {"same", "partly the same",
                                                   "different"};
constexpr absl::string_view kRelativesLevels[] = {
    "a relative of the same full name", "a relative's name in part",
    "different"};

struct Description {
  absl::string_view name;
  std::span<const absl::string_view> levels;
  int with_share;  // levels below this one
};

const Description& Describe(Comparison comparison) {
  static constexpr Description kAll[kComparisonCount] = {
      {"given_name", kWordLevels, kAgreementLevels},
      {"family_name", kWordLevels, kAgreementLevels},
      {"swapped_name", kWordLevels, kAgreementLevels},
      {"name", kWordLevels, kAgreementLevels},
      {"name_order", kOrderLevels, 0},
      {"birth_date", kBirthLevels, 1},
      {"sex", kSexLevels, 0},
      {"place", kPlaceLevels, 3},
      {"postcode", kPostcodeLevels, 1},
      {"address", kAddressLevels, 0},
      {"phone", kPhoneLevels, 1},
      {"identifier", kIdentifierLevels, 1},
      {"occupation", kOccupationLevels, 2},
      {"relatives", kRelativesLevels, 2},
  };
  return kAll[static_cast<size_t>(comparison)];
}

}  // namespace

absl::string_view ComparisonName(Comparison comparison) {
  return Describe(comparison).name;
}

int LevelCount(Comparison comparison) {
  return static_cast<int>(Describe(comparison).levels.size());
}

absl::string_view LevelName(Comparison comparison, int level) {
  return Describe(comparison).levels[static_cast<size_t>(level)];
}

bool UsesShare(Comparison comparison, int level) {
  return level < Describe(comparison).with_share ||
         (comparison == Comparison::kBirthDate && level == kBirthWithin);
}

}  // namespace passerelle::matching
