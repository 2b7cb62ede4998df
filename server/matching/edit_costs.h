#ifndef PASSERELLE_SERVER_MATCHING_EDIT_COSTS_H_
#define PASSERELLE_SERVER_MATCHING_EDIT_COSTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "server/matching/phonetic.h"

namespace passerelle::matching {

inline constexpr size_t kSymbols = kPhoneticSymbols.size();

// Index of a symbol in kPhoneticSymbols; kSymbols when it is none.
size_t SymbolIndex(char symbol);

// Where a sound stands in its word.
inline constexpr size_t kPlaces = 3;  // first, inside, last

// What it costs to turn one word's sounds into another's, the first word being
// of one script and the second of another. 1 is about the cost of a full edit.
struct EditCosts {
  using Gap = std::array<std::array<float, kSymbols>, kPlaces>;

  std::array<std::array<float, kSymbols>, kSymbols> substitute{};
  Gap gap_first{};         // a sound of the first word has no counterpart
  Gap gap_second{};        // a sound of the second word has none
  float transpose = 0.5F;  // neighbours changed places

  // The cost of leaving out each sound of the word.
  float DeletionFirst(absl::string_view word) const;
  float DeletionSecond(absl::string_view word) const;

  // Optimal string alignment: cheapest sequence of substitutions, gaps and
  // transpositions of neighbours, no sound touched twice.
  float Distance(absl::string_view first, absl::string_view second) const;
};

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_EDIT_COSTS_H_
