#ifndef PASSERELLE_SERVER_MATCHING_LINK_ROW_WRITER_H_
#define PASSERELLE_SERVER_MATCHING_LINK_ROW_WRITER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/matching/explanation.h"
#include "server/matching/link/output_file.h"
#include "server/matching/model.h"

namespace passerelle::link {

// A probability or score: six decimals in CSV, exact in JSON Lines.
struct Real {
  double value = 0;
};
using Value = std::variant<std::string, uint64_t, Real>;

// A value as RFC 4180 has it: in quotes where it needs them.
std::string CsvField(absl::string_view value);

// True for paths that end in .jsonl or .ndjson.
bool IsJsonLines(absl::string_view path);

// Writes rows of named columns, as CSV or as JSON Lines by the ending of the
// path. What is written appears at Commit. Not thread safe.
class RowWriter {
 public:
  static absl::StatusOr<std::unique_ptr<RowWriter>> Open(
      const std::string& path, std::vector<std::string> columns);
  virtual ~RowWriter() = default;

  // As many values as columns.
  virtual void Row(std::span<const Value> values) = 0;
  // The same with the reasons, which only JSON Lines can hold.
  virtual void Row(std::span<const Value> values,
                   const matching::Explanation& explanation,
                   const matching::Model& model) = 0;
  // Whether a row may have reasons.
  virtual bool explains() const = 0;

  absl::Status Commit() { return file_->Commit(); }
  const std::string& path() const { return file_->path(); }

 protected:
  RowWriter(std::unique_ptr<OutputFile> file, std::vector<std::string> columns)
      : file_(std::move(file)), columns_(std::move(columns)) {}

  const std::unique_ptr<OutputFile> file_;
  const std::vector<std::string> columns_;
};

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_ROW_WRITER_H_
