#include "common/age/bech32.h"

#include <array>
#include <cstdint>

#include "absl/strings/ascii.h"

namespace passerelle::age {
namespace {

constexpr absl::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr size_t kChecksumSymbols = 6;

// Remainder of the symbols as a polynomial over GF(32), after BIP 173.
class Checksum {
 public:
  explicit Checksum(absl::string_view prefix) {
    for (const char c : prefix) Add(static_cast<uint8_t>(c) >> 5);
    Add(0);
    for (const char c : prefix) Add(static_cast<uint8_t>(c) & 31);
  }
  void Add(int symbol) {
    constexpr std::array<uint32_t, 5> kGenerator = {
        0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    const uint32_t top = value_ >> 25;
    value_ = ((value_ & 0x1ffffff) << 5) ^ static_cast<uint32_t>(symbol);
    for (size_t i = 0; i < kGenerator.size(); ++i) {
      if (((top >> i) & 1) != 0) value_ ^= kGenerator[i];
    }
  }
  uint32_t value() const { return value_; }

 private:
  uint32_t value_ = 1;
};

}  // namespace

std::string EncodeBech32(absl::string_view prefix, absl::string_view bytes) {
  std::string text = std::string(prefix) + "1";
  Checksum checksum(prefix);
  const auto add = [&](uint32_t symbol) {
    checksum.Add(static_cast<int>(symbol));
    text.push_back(kAlphabet[symbol]);
  };
  uint32_t held = 0;
  int bits = 0;
  for (const char c : bytes) {
    held = ((held << 8) | static_cast<uint8_t>(c)) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) add((held >> (bits - 5)) & 31);
  }
  if (bits > 0) add((held << (5 - bits)) & 31);
  for (size_t i = 0; i < kChecksumSymbols; ++i) checksum.Add(0);
  const uint32_t last = checksum.value() ^ 1;
  for (int shift = 25; shift >= 0; shift -= 5) {
    text.push_back(kAlphabet[(last >> shift) & 31]);
  }
  return text;
}

bool DecodeBech32(absl::string_view text, absl::string_view prefix,
                  std::string* bytes) {
  bytes->clear();
  const std::string lower = absl::AsciiStrToLower(text);
  if (text != lower && text != absl::AsciiStrToUpper(text)) return false;
  if (lower.size() < prefix.size() + 1 + kChecksumSymbols ||
      absl::string_view(lower).substr(0, prefix.size()) != prefix ||
      lower[prefix.size()] != '1') {
    return false;
  }
  const absl::string_view symbols =
      absl::string_view(lower).substr(prefix.size() + 1);
  Checksum checksum(prefix);
  uint32_t held = 0;
  int bits = 0;
  for (size_t i = 0; i < symbols.size(); ++i) {
    const size_t symbol = kAlphabet.find(symbols[i]);
    if (symbol == absl::string_view::npos) return false;
    checksum.Add(static_cast<int>(symbol));
    if (i + kChecksumSymbols >= symbols.size()) continue;
    held = ((held << 5) | static_cast<uint32_t>(symbol)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes->push_back(static_cast<char>(held >> bits));
    }
  }
  const bool clean = bits < 5 && (held & ((1U << bits) - 1)) == 0;
  return clean && checksum.value() == 1;
}

}  // namespace passerelle::age
