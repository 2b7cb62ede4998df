#include "server/matching/data.h"

#include "absl/strings/str_split.h"

namespace passerelle::matching {

std::vector<std::vector<absl::string_view>> DataRows(absl::string_view text) {
  std::vector<std::vector<absl::string_view>> rows;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (line.empty() || line.front() == '#') continue;
    rows.push_back(absl::StrSplit(line, '\t'));
  }
  return rows;
}

}  // namespace passerelle::matching
