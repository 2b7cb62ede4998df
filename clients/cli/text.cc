#include "clients/cli/text.h"

#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace passerelle::cli {
namespace {

struct CodePoint {
  uint32_t value = 0;
  size_t size = 0;  // 0: not UTF-8
};

CodePoint Decode(absl::string_view text) {
  const auto byte = [&](size_t i) {
    return static_cast<uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const uint32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const size_t size = first >= 0xf0 && first < 0xf5   ? 4
                      : first >= 0xe0 && first < 0xf0 ? 3
                      : first >= 0xc2 && first < 0xe0 ? 2
                                                      : 0;
  if (size == 0 || text.size() < size) return {};
  uint32_t value = first & (0xffu >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3f);
  }
  static constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[size] || value > 0x10ffff ||
      (value >= 0xd800 && value <= 0xdfff)) {
    return {};
  }
  return {value, size};
}

bool IsDangerous(uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) ||  // controls
         c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) ||  // separators, direction
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
         (c >= 0xe0000 && c <= 0xe007f);  // tags
}

}  // namespace

std::vector<std::string> WordsOfCamel(absl::string_view name) {
  std::vector<std::string> words;
  for (char c : name) {
    if (words.empty() || absl::ascii_isupper(static_cast<unsigned char>(c))) {
      words.emplace_back();
    }
    words.back() += absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  return words;
}

std::string KebabOfSnake(absl::string_view name) {
  return absl::StrReplaceAll(name, {{"_", "-"}});
}

std::string FirstSentence(absl::string_view text) {
  text = text.substr(0, text.find('\n'));
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '.' && text[i] != ':') continue;
    const bool last = i + 1 == text.size();
    // `e.g. x` does not end a sentence: a capital letter begins the next.
    const bool next =
        i + 2 < text.size() && text[i + 1] == ' ' &&
        (text[i] == '.' &&
         (absl::ascii_isupper(static_cast<unsigned char>(text[i + 2])) ||
          text[i + 2] == '`'));
    if (last || next) {
      text = text.substr(0, i);
      break;
    }
  }
  return std::string(text.data(), text.size());
}

std::string Harmless(absl::string_view text) {
  std::string result;
  while (!text.empty()) {
    const CodePoint point = Decode(text);
    if (point.size == 0) {
      absl::StrAppendFormat(&result, "\\x%02x",
                            static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    if (point.value == '\n') {
      result += "\\n";
    } else if (point.value == '\t') {
      result += "\\t";
    } else if (IsDangerous(point.value)) {
      absl::StrAppendFormat(
          &result, point.value < 0x100 ? "\\x%02x" : "\\u%04x", point.value);
    } else {
      result.append(text.data(), point.size);
    }
    text.remove_prefix(point.size);
  }
  return result;
}

size_t Width(absl::string_view text) {
  size_t width = 0;
  for (char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) ++width;
  }
  return width;
}

}  // namespace passerelle::cli
