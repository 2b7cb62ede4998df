#ifndef PASSERELLE_SERVER_MATCHING_LINK_LINE_READER_H_
#define PASSERELLE_SERVER_MATCHING_LINK_LINE_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/matching/link/text_reader.h"

namespace passerelle::link {

inline constexpr size_t kMaxLineBytes = 64 << 10;

// Reads a text file line by line; lines end with LF or CRLF. Not thread safe.
class LineReader {
 public:
  // Errors: those of TextReader::Open.
  static absl::StatusOr<std::unique_ptr<LineReader>> Open(
      const std::string& path);

  // Makes the next line current. False at the end. Reasons kTooLong,
  // kBadEncoding.
  absl::StatusOr<bool> Next();
  // Without its end, valid until the next.
  absl::string_view line() const { return line_; }
  // Number of the current line, from 1; at the end, of the last.
  uint64_t row() const { return row_; }
  const std::string& path() const { return path_; }

 private:
  LineReader(std::string path, std::unique_ptr<TextReader> text)
      : path_(std::move(path)), text_(std::move(text)) {}

  const std::string path_;
  const std::unique_ptr<TextReader> text_;
  absl::string_view piece_;
  bool ended_ = false;
  std::string line_;
  uint64_t row_ = 0;
};

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_LINE_READER_H_
