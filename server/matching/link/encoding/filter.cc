#include "server/matching/link/encoding/filter.h"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <vector>

namespace passerelle::link {

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

double Dice(std::span<const uint64_t> a, std::span<const uint64_t> b) {
  int in_a = 0;
  int in_b = 0;
  int in_both = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    in_a += std::popcount(a[i]);
    in_b += std::popcount(b[i]);
    in_both += std::popcount(a[i] & b[i]);
  }
  if (in_a == 0 || in_b == 0) return 0;
  const double by_chance =
      double(in_a) * in_b / (static_cast<double>(a.size()) * 64);
  const double most = (in_a + in_b) / 2.0;
  if (most <= by_chance) return 0;
  return std::max(0.0, (in_both - by_chance) / (most - by_chance));
}

}  // namespace passerelle::link
