#include "server/matching/link/report/html.h"

#include <unicode/utf8.h>

#include <cstdint>

#include "absl/strings/str_cat.h"

namespace passerelle::link {

std::string Escape(absl::string_view text) {
  constexpr char kReplacement[] = "\xEF\xBF\xBD";
  std::string escaped;
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int32_t>(text.size());
  int32_t at = 0;
  while (at < size) {
    const int32_t begin = at;
    UChar32 character = 0;
    U8_NEXT(bytes, at, size, character);
    switch (character) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      case '\n':
      case '\t':
        escaped.push_back(' ');
        break;
      default:
        if (character < ' ' || (character >= 0x7F && character < 0xA0)) {
          escaped += kReplacement;
        } else {
          escaped.append(text.data() + begin, static_cast<size_t>(at - begin));
        }
    }
  }
  return escaped;
}

std::string Isolated(absl::string_view text) {
  return absl::StrCat("<bdi>", Escape(text), "</bdi>");
}

}  // namespace passerelle::link
