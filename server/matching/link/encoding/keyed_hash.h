#ifndef PASSERELLE_SERVER_MATCHING_LINK_ENCODING_KEYED_HASH_H_
#define PASSERELLE_SERVER_MATCHING_LINK_ENCODING_KEYED_HASH_H_

#include <sodium.h>

#include <array>
#include <cstdint>
#include <span>

#include "absl/strings/string_view.h"

namespace passerelle::link {

inline constexpr size_t kDigestBytes = 32;
using Digest = std::array<uint8_t, kDigestBytes>;

// The first eight bytes as a number.
uint64_t First64(const Digest& digest);

// HMAC-SHA-256 under one key, which is wiped with it. Thread safe.
class KeyedHash {
 public:
  explicit KeyedHash(std::span<const uint8_t> key);
  ~KeyedHash();
  KeyedHash(const KeyedHash&) = delete;
  KeyedHash& operator=(const KeyedHash&) = delete;

  Digest Of(absl::string_view message) const;

 private:
  // The state after the key: copied for each message, which halves the work.
  crypto_auth_hmacsha256_state keyed_;
};

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_ENCODING_KEYED_HASH_H_
