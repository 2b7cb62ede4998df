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

// How alike the filters of two people are, from -1 to 1: what the Dice
// coefficient would be between plain filters, less what chance gives filters as
// full as these, so that strangers are near 0 and one threshold serves whatever
// was filled in and however it was hardened.
//
// With bits as -1 and 1, a filter has a mean, two have a mean product, and
// (product - means) / (1 - means) is their likeness, with the means of these
// two. Flipping a share f of bits multiplies every mean by 1-2f, which is
// undone. Folding multiplies independent bits: of filters with mean M (so
// stranger = M^2) and likeness r it makes (2 M^2 r + (1-M^2) r^2) / (1+M^2),
// which is solved for r with the typical M of the files.
class Likeness {
 public:
  // `fill`: mean share of bits set in the encodings to be compared, 0 to 1.
  Likeness(const Hardening& hardening, double fill);

  double Of(std::span<const uint64_t> a, std::span<const uint64_t> b) const;

 private:
  const bool fold_;
  double kept_ = 1;      // (1-2f)^2: what flipping leaves of a mean product
  double stranger_ = 0;  // M^2, of plain filters
};

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_ENCODING_FILTER_H_
