#ifndef PASSERELLE_COMMON_AGE_BECH32_H_
#define PASSERELLE_COMMON_AGE_BECH32_H_

#include <string>

#include "absl/strings/string_view.h"

namespace passerelle::age {

// BIP 173 (checksum constant 1), without its limit of 90 characters, as age
// writes keys. `prefix` is in lower case; so is what comes out.
std::string EncodeBech32(absl::string_view prefix, absl::string_view bytes);

// False unless `text` is of one case, has this prefix in lower or upper case, a
// true checksum and no bits left over.
bool DecodeBech32(absl::string_view text, absl::string_view prefix,
                  std::string* bytes);

}  // namespace passerelle::age

#endif  // PASSERELLE_COMMON_AGE_BECH32_H_
