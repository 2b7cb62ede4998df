#ifndef PASSERELLE_COMMON_SHA256_H_
#define PASSERELLE_COMMON_SHA256_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace passerelle {

inline constexpr size_t kSha256Bytes = 32;

// SHA-256 of `bytes`, raw.
std::string Sha256(absl::string_view bytes);

}  // namespace passerelle

#endif  // PASSERELLE_COMMON_SHA256_H_
