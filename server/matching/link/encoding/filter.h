#ifndef PASSERELLE_SERVER_MATCHING_LINK_ENCODING_FILTER_H_
#define PASSERELLE_SERVER_MATCHING_LINK_ENCODING_FILTER_H_

#include <array>
#include <cstdint>
#include <span>

#include "server/matching/link/encoding/key.h"
#include "server/matching/link/encoding/keyed_hash.h"

namespace passerelle::link {

inline constexpr size_t kFilterWords = kFilterBits / 64;

// A Bloom filter of one person, folded or not: the first `words` count.
struct Filter {
  std::array<uint64_t, kFilterWords> words{};
  size_t size = kFilterWords;

  void Set(size_t bit) { words[bit / 64] |= uint64_t{1} << (bit % 64); }
  std::span<const uint64_t> used() const { return {words.data(), size}; }
  friend bool operator==(const Filter&, const Filter&) = default;
};

// Bits that are set.
int Count(std::span<const uint64_t> words);

// XORs the upper half onto the lower: half as long, and no bit says alone that
// a gram is there (Schnell and Borgs, "XOR-folding for Bloom filter-based
// encryptions for privacy-preserving record linkage", 2016).
Filter Fold(const Filter& filter);

// Flips each bit with the chance `percent`/100 (Alaggan, Gambs and Kermarrec,
// "BLIP", 2012). The same `seed` flips the same bits: encoding a person twice
// does not let the noise be averaged out.
Filter Flip(const Filter& filter, int percent, const Digest& seed);

// How alike two filters are, 0 to 1: the Dice coefficient 2|A and B|/(|A|+|B|)
// less what chance gives filters so full, |A||B|/bits for the intersection, so
// that strangers are near 0 and one person near 1 whatever was filled in, and
// one threshold serves. 0 when either is empty.
double Dice(std::span<const uint64_t> a, std::span<const uint64_t> b);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_ENCODING_FILTER_H_
