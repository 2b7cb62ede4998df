#include "server/matching/link/encoding/filter.h"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

namespace passerelle::link {
namespace {

// Filters that are almost empty would divide by nothing.
constexpr double kMostStranger = 0.9;

}  // namespace

int Count(std::span<const uint64_t> words) {
  int count = 0;
  for (const uint64_t word : words) count += std::popcount(word);
  return count;
}

Filter Fold(const Filter& filter) {
  Filter folded;
  folded.size = filter.size / 2;
  for (size_t i = 0; i < folded.size; ++i) {
    folded.words[i] = filter.words[i] ^ filter.words[i + folded.size];
  }
  return folded;
}

Filter Flip(const Filter& filter, int percent, const Digest& seed) {
  Filter noisy = filter;
  if (percent <= 0) return noisy;
  // Sixteen bits of a stream cipher for each bit of the filter.
  std::vector<uint8_t> stream(filter.size * 64 * 2);
  const std::array<uint8_t, crypto_stream_chacha20_NONCEBYTES> nonce{};
  static_assert(crypto_stream_chacha20_KEYBYTES == kDigestBytes);
  crypto_stream_chacha20(stream.data(), stream.size(), nonce.data(),
                         seed.data());
  const int below = percent * 65536 / 100;
  for (size_t bit = 0; bit < filter.size * 64; ++bit) {
    const int draw = stream[2 * bit] | stream[2 * bit + 1] << 8;
    if (draw < below) noisy.words[bit / 64] ^= uint64_t{1} << (bit % 64);
  }
  return noisy;
}

Likeness::Likeness(const Hardening& hardening, double fill)
    : fold_(hardening.fold) {
  const double left = 1 - 2 * hardening.flip_percent / 100.0;
  kept_ = left * left;
  const double mean = std::clamp(1 - 2 * fill, 0.0, 1.0) / left;
  // The mean of folded bits is already a square.
  stranger_ = std::min(fold_ ? mean : mean * mean, kMostStranger);
}

double Likeness::Of(std::span<const uint64_t> a,
                    std::span<const uint64_t> b) const {
  int differing = 0;
  for (size_t i = 0; i < a.size(); ++i) differing += std::popcount(a[i] ^ b[i]);
  const auto bits = static_cast<double>(a.size() * 64);
  const double means = (1 - 2 * Count(a) / bits) * (1 - 2 * Count(b) / bits);
  const double by_chance = std::min(means / kept_, kMostStranger);
  const double likeness =
      ((1 - 2 * differing / bits) / kept_ - by_chance) / (1 - by_chance);
  if (!fold_ || likeness <= 0) return likeness;
  const double m = stranger_;
  return (std::sqrt(m * m + (1 - m * m) * likeness) - m) / (1 - m);
}

}  // namespace passerelle::link
