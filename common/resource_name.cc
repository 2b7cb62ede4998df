#include "common/resource_name.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace passerelle {
namespace {

constexpr size_t kMaxSegment = 64;

bool IsSegment(absl::string_view segment) {
  return !segment.empty() && segment.size() <= kMaxSegment &&
         std::all_of(segment.begin(), segment.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                  c == '-';
         });
}

}  // namespace

std::optional<ResourceName> ParseResourceName(absl::string_view name) {
  std::array<absl::string_view, 4> segments;
  size_t count = 0;
  while (true) {
    if (count == segments.size()) return std::nullopt;
    const size_t slash = name.find('/');
    segments[count++] = name.substr(0, slash);
    if (slash == absl::string_view::npos) break;
    name.remove_prefix(slash + 1);
  }
  if (count != 2 && count != 4) return std::nullopt;
  for (size_t i = 0; i < count; ++i) {
    if (!IsSegment(segments[i])) return std::nullopt;
  }
  // The second form with the first one's collection would pass for a root.
  if (count == 4 && segments[0] == segments[2]) return std::nullopt;
  ResourceName parsed;
  parsed.root_collection = std::string(segments[0]);
  parsed.root = std::string(segments[1]);
  parsed.collection = std::string(segments[count - 2]);
  parsed.id = std::string(segments[count - 1]);
  return parsed;
}

std::string RootName(absl::string_view collection, absl::string_view id) {
  return absl::StrCat(collection, "/", id);
}

std::string ChildName(absl::string_view parent, absl::string_view collection,
                      absl::string_view id) {
  return absl::StrCat(parent, "/", collection, "/", id);
}

}  // namespace passerelle
