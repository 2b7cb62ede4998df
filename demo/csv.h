#ifndef PASSERELLE_DEMO_CSV_H_
#define PASSERELLE_DEMO_CSV_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace passerelle::demo {

// A small table of text: the first line of the file is `header`, every row has
// as many cells. Lines that begin with `#` are comments. Cells hold neither
// commas nor quotes.
struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;

  // Position of a column; -1 when there is none.
  int Column(absl::string_view name) const;
};

// Returns: kNotFound when the file cannot be read, kInvalidArgument when it is
// larger than 1 MiB, has no header, a ragged row or a quote.
absl::StatusOr<Table> ReadCsv(const std::string& path);

// Returns: kUnavailable when the file cannot be written.
absl::Status WriteCsv(const std::string& path, const Table& table,
                      absl::string_view comment = "");

}  // namespace passerelle::demo

#endif  // PASSERELLE_DEMO_CSV_H_
