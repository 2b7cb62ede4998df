#ifndef PASSERELLE_SERVER_MATCHING_LINK_ENCODING_KEY_H_
#define PASSERELLE_SERVER_MATCHING_LINK_ENCODING_KEY_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace passerelle::link {

// What version of encodings this program writes and reads. It changes with
// anything that changes a bit of an encoding: grams, draws, keys of blocks,
// names' sounds.
inline constexpr int kEncodingVersion = 1;

// Bits of a filter before it is folded.
inline constexpr int kFilterBits = 1024;

// How encodings are hardened against being guessed back. Both sides of an
// exchange need the same, so it is part of the key file. What each costs in
// accuracy, and protects from: server/matching/link/ENCODINGS.md.
struct Hardening {
  // XOR the two halves of the filter onto each other.
  bool fold = true;
  // Percent of bits that are flipped (BLIP), 0 to 10.
  int flip_percent = 2;
  // Filters of different sex or decade of birth have different hashes.
  bool salt = false;

  friend bool operator==(const Hardening&, const Hardening&) = default;
};

inline constexpr int kMaxFlipPercent = 10;

// Bits of one encoded filter.
inline int EncodedBits(const Hardening& hardening) {
  return hardening.fold ? kFilterBits / 2 : kFilterBits;
}

// "fold=1 flip=2 salt=0": for headers and fingerprints.
std::string HardeningText(const Hardening& hardening);

// The secret that two partners share for one exchange, and how they encode.
struct EncodingKey {
  static constexpr size_t kSecretBytes = 32;
  // The same bytes that HMAC takes; from the system's generator.
  std::array<uint8_t, kSecretBytes> secret{};
  std::string purpose;  // one line; who exchanges with whom, and why
  Hardening hardening;

  EncodingKey() = default;
  EncodingKey(const EncodingKey&) = default;
  EncodingKey& operator=(const EncodingKey&) = default;
  ~EncodingKey();

  // 16 hexadecimal digits that tell keys, purposes, hardenings and versions
  // apart and say nothing about the secret.
  std::string Fingerprint() const;
};

// A fresh secret. `purpose`: 1 to 200 printable characters. Usage problem.
absl::StatusOr<EncodingKey> MakeKey(absl::string_view purpose,
                                    const Hardening& hardening);

// Writes a key file that only its owner can read. A file that exists is not
// replaced: the key in it may be in use. Usage problem; errors of the system.
absl::Status SaveKey(const EncodingKey& key, const std::string& path);

// Returns: reason kKey when it is readable by others, is no key file, or is of
// another version; errors of the system.
absl::StatusOr<EncodingKey> LoadKey(const std::string& path);

// The same of a text already read; `path` is for messages.
absl::StatusOr<EncodingKey> ParseKey(absl::string_view text,
                                     const std::string& path);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_ENCODING_KEY_H_
