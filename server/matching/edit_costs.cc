#include "server/matching/edit_costs.h"

#include <algorithm>

#include "server/matching/record.h"

namespace passerelle::matching {
namespace {

// A letter may sound as two ("x" as ks), and joined words are longer.
constexpr size_t kMaxSounds = 4 * kMaxTokenLetters;

constexpr std::array<uint8_t, 256> MakeIndex() {
  std::array<uint8_t, 256> index{};
  for (auto& i : index) i = kSymbols;
  for (size_t i = 0; i < kSymbols; ++i) {
    index[static_cast<unsigned char>(kPhoneticSymbols[i])] =
        static_cast<uint8_t>(i);
  }
  return index;
}
constexpr std::array<uint8_t, 256> kIndex = MakeIndex();

size_t PlaceOf(size_t i, size_t size) {
  return i == 0 ? 0 : i + 1 == size ? 2 : 1;
}

// Symbols of a word as indices; what is no symbol is skipped.
struct Sounds {
  std::array<uint8_t, kMaxSounds> symbol;
  size_t size = 0;

  explicit Sounds(absl::string_view word) {
    for (const char c : word) {
      const uint8_t index = kIndex[static_cast<unsigned char>(c)];
      if (index < kSymbols && size < kMaxSounds) symbol[size++] = index;
    }
  }
};

float Deletion(const EditCosts::Gap& gap, absl::string_view word) {
  const Sounds sounds(word);
  float sum = 0;
  for (size_t i = 0; i < sounds.size; ++i)
    sum += gap[PlaceOf(i, sounds.size)][sounds.symbol[i]];
  return sum;
}

}  // namespace

size_t SymbolIndex(char symbol) {
  return kIndex[static_cast<unsigned char>(symbol)];
}

float EditCosts::DeletionFirst(absl::string_view word) const {
  return Deletion(gap_first, word);
}

float EditCosts::DeletionSecond(absl::string_view word) const {
  return Deletion(gap_second, word);
}

float EditCosts::Distance(absl::string_view first,
                          absl::string_view second) const {
  const Sounds a(first);
  const Sounds b(second);
  // Three rows: the one before the last is for transpositions.
  std::array<float, kMaxSounds + 1> rows[3];
  float* before = rows[0].data();
  float* last = rows[1].data();
  float* row = rows[2].data();
  std::array<float, kMaxSounds> gaps;  // of the second word's sounds
  last[0] = 0;
  for (size_t j = 0; j < b.size; ++j) {
    gaps[j] = gap_second[PlaceOf(j, b.size)][b.symbol[j]];
    last[j + 1] = last[j] + gaps[j];
  }
  for (size_t i = 0; i < a.size; ++i) {
    const uint8_t x = a.symbol[i];
    const float gap_x = gap_first[PlaceOf(i, a.size)][x];
    const auto& substitute_x = substitute[x];
    row[0] = last[0] + gap_x;
    for (size_t j = 0; j < b.size; ++j) {
      const uint8_t y = b.symbol[j];
      float best = last[j] + substitute_x[y];
      best = std::min(best, last[j + 1] + gap_x);
      best = std::min(best, row[j] + gaps[j]);
      if (i > 0 && j > 0 && a.symbol[i - 1] == y && x == b.symbol[j - 1] &&
          x != y) {
        best = std::min(best, before[j - 1] + transpose);
      }
      row[j + 1] = best;
    }
    float* const free = before;
    before = last;
    last = row;
    row = free;
  }
  return last[b.size];
}

}  // namespace passerelle::matching
