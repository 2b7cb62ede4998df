#include "demo/csv.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace passerelle::demo {
namespace {

constexpr size_t kMaxBytes = 1 << 20;

}  // namespace

int Table::Column(absl::string_view name) const {
  for (size_t i = 0; i < header.size(); ++i) {
    if (header[i] == name) return static_cast<int>(i);
  }
  return -1;
}

absl::StatusOr<Table> ReadCsv(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  Table table;
  std::string line;
  size_t bytes = 0;
  for (int number = 1; std::getline(file, line); ++number) {
    bytes += line.size();
    if (bytes > kMaxBytes) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": too large"));
    }
    if (line.empty() || line[0] == '#') continue;
    if (line.find('"') != std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", number, ": quotes are not understood"));
    }
    std::vector<std::string> cells = absl::StrSplit(line, ',');
    if (table.header.empty()) {
      table.header = std::move(cells);
    } else if (cells.size() == table.header.size()) {
      table.rows.push_back(std::move(cells));
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", number, ": ", cells.size(), " cells, not ",
                       table.header.size()));
    }
  }
  if (table.header.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": empty"));
  }
  return table;
}

absl::Status WriteCsv(const std::string& path, const Table& table,
                      absl::string_view comment) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (!comment.empty()) file << "# " << comment << "\n";
  file << absl::StrJoin(table.header, ",") << "\n";
  for (const std::vector<std::string>& row : table.rows) {
    file << absl::StrJoin(row, ",") << "\n";
  }
  file.close();
  if (!file) {
    return absl::UnavailableError(absl::StrCat(path, ": cannot be written"));
  }
  return absl::OkStatus();
}

}  // namespace passerelle::demo
