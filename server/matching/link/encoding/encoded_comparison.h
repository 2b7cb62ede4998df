#ifndef PASSERELLE_SERVER_MATCHING_LINK_ENCODING_ENCODED_COMPARISON_H_
#define PASSERELLE_SERVER_MATCHING_LINK_ENCODING_ENCODED_COMPARISON_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/matching/link/encoding/encoded_file.h"

namespace passerelle::link {

// What is said of a pair instead of a number that could be probed with.
enum class Band : uint8_t { kPossible, kStrong };
absl::string_view BandName(Band band);

// From where on a pair is strong or possible; below, it is not listed. Found on
// the development sets, see server/matching/link/ENCODINGS.md.
inline constexpr double kStrongLikeness = 0.65;
inline constexpr double kPossibleLikeness = 0.50;

struct EncodedPair {
  uint32_t a = 0;  // position in the first file
  uint32_t b = 0;
  double likeness = 0;  // see Likeness

  // For others: in steps of 0.01, so that it cannot be probed with.
  double shown() const;
  Band band() const {
    return likeness >= kStrongLikeness ? Band::kStrong : Band::kPossible;
  }
};

struct EncodedComparison {
  std::vector<EncodedPair> pairs;  // by a, then b
  uint64_t compared = 0;
  // Blocks too large to be compared: lost recall.
  uint64_t capped_blocks = 0;
};

// Pairs that share a block and are at least `min_likeness` alike. Of one file
// with itself (the same batch), each pair once. CheckComparable must hold.
EncodedComparison CompareEncodings(const EncodedFile& a, const EncodedFile& b,
                                   double min_likeness);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_ENCODING_ENCODED_COMPARISON_H_
