#include "common/sha256.h"

#include <sodium.h>

namespace passerelle {

std::string Sha256(absl::string_view bytes) {
  std::string digest(kSha256Bytes, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(digest.data()),
                     reinterpret_cast<const unsigned char*>(bytes.data()),
                     bytes.size());
  return digest;
}

}  // namespace passerelle
