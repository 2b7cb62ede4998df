#include "server/matching/link/text_fault.h"

#include <unicode/utf8.h>

namespace passerelle::link {

TextFault FaultOf(absl::string_view text, bool replaces) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int32_t>(text.size());
  int32_t at = 0;
  while (at < size) {
    if (bytes[at] == 0) return TextFault::kZeroByte;
    if (bytes[at] < 0x80) {
      ++at;
      continue;
    }
    UChar32 character = 0;
    U8_NEXT(bytes, at, size, character);
    if (character < 0 || (replaces && character == 0xFFFD)) {
      return TextFault::kEncoding;
    }
  }
  return TextFault::kNone;
}

}  // namespace passerelle::link
