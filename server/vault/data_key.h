#ifndef PASSERELLE_SERVER_VAULT_DATA_KEY_H_
#define PASSERELLE_SERVER_VAULT_DATA_KEY_H_

#include <array>
#include <cstddef>

#include "sodium.h"

namespace passerelle::vault {

// 32 bytes of key, wiped when they go out of scope.
class DataKey {
 public:
  static constexpr size_t kSize = 32;

  DataKey() = default;
  DataKey(const DataKey&) = default;
  DataKey& operator=(const DataKey&) = default;
  ~DataKey() { sodium_memzero(bytes_.data(), bytes_.size()); }

  static DataKey Random() {
    DataKey key;
    randombytes_buf(key.bytes_.data(), key.bytes_.size());
    return key;
  }

  unsigned char* data() { return bytes_.data(); }
  const unsigned char* data() const { return bytes_.data(); }

 private:
  std::array<unsigned char, kSize> bytes_{};
};

}  // namespace passerelle::vault

#endif  // PASSERELLE_SERVER_VAULT_DATA_KEY_H_
