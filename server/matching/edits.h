#ifndef PASSERELLE_SERVER_MATCHING_EDITS_H_
#define PASSERELLE_SERVER_MATCHING_EDITS_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace passerelle::matching {

// As many letters as a machine word has bits; more are not looked at.
inline constexpr size_t kMaxEditLetters = 64;

// Edits between two texts by optimal string alignment: letters left out, put
// in, changed, or swapped with their neighbour, no letter touched twice. Texts
// have size() and [] (letters, bytes). All rows of a column are worked out at
// once, a bit each (H. Hyyrö, "A bit-vector algorithm for computing Levenshtein
// and Damerau edit distances", 2003).
template <typename Text>
int Edits(const Text& a, const Text& b) {
  const size_t rows = std::min(a.size(), kMaxEditLetters);
  const size_t columns = std::min(b.size(), kMaxEditLetters);
  if (rows == 0) return static_cast<int>(columns);
  const uint64_t last = uint64_t{1} << (rows - 1);
  uint64_t down = ~uint64_t{0};  // rows that cost one more than the one above
  uint64_t up = 0;               // rows that cost one less
  uint64_t diagonal = 0;         // rows that cost what their diagonal costs
  uint64_t equal_before = 0;
  int edits = static_cast<int>(rows);
  for (size_t j = 0; j < columns; ++j) {
    uint64_t equal = 0;
    for (size_t i = 0; i < rows; ++i)
      equal |= static_cast<uint64_t>(a[i] == b[j]) << i;
    const uint64_t transposed = ((~diagonal & equal) << 1) & equal_before;
    diagonal = (((equal & down) + down) ^ down) | equal | up | transposed;
    uint64_t right = up | ~(diagonal | down);  // one more than to the left
    uint64_t left = diagonal & down;           // one less
    if ((right & last) != 0) ++edits;
    if ((left & last) != 0) --edits;
    right = right << 1 | 1;
    left <<= 1;
    down = left | ~(diagonal | right);
    up = right & diagonal;
    equal_before = equal;
  }
  return edits;
}

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_EDITS_H_
