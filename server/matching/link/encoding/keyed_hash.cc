#include "server/matching/link/encoding/keyed_hash.h"

namespace passerelle::link {

uint64_t First64(const Digest& digest) {
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) number |= uint64_t{digest[i]} << (8 * i);
  return number;
}

KeyedHash::KeyedHash(std::span<const uint8_t> key) : keyed_{} {
  crypto_auth_hmacsha256_init(&keyed_, key.data(), key.size());
}

KeyedHash::~KeyedHash() { sodium_memzero(&keyed_, sizeof(keyed_)); }

Digest KeyedHash::Of(absl::string_view message) const {
  crypto_auth_hmacsha256_state state = keyed_;
  crypto_auth_hmacsha256_update(
      &state, reinterpret_cast<const unsigned char*>(message.data()),
      message.size());
  Digest digest;
  crypto_auth_hmacsha256_final(&state, digest.data());
  return digest;
}

}  // namespace passerelle::link
