#include "demo/columns.h"

#include <algorithm>

namespace passerelle::demo {
namespace {

bool Continues(char c) { return (c & '\xc0') == '\x80'; }

size_t Characters(absl::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return !Continues(c); }));
}

}  // namespace

std::string Padded(absl::string_view text, size_t width) {
  const size_t characters = Characters(text);
  std::string padded(text);
  if (characters < width) padded.append(width - characters, ' ');
  return padded;
}

std::string Cut(absl::string_view text, size_t width) {
  if (Characters(text) <= width) return std::string(text);
  size_t bytes = 0;
  for (size_t characters = 0; bytes < text.size(); ++bytes) {
    if (!Continues(text[bytes]) && ++characters == width) break;
  }
  return std::string(text.substr(0, bytes)) + "…";
}

}  // namespace passerelle::demo
