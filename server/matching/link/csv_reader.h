#ifndef PASSERELLE_SERVER_MATCHING_LINK_CSV_READER_H_
#define PASSERELLE_SERVER_MATCHING_LINK_CSV_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/matching/link/problem.h"
#include "server/matching/link/text_reader.h"

namespace passerelle::link {

// Bounds of one table. Longer values are an error, not cut off: a quote that
// was never closed would otherwise swallow a file.
inline constexpr size_t kMaxFieldBytes = 64 << 10;
inline constexpr size_t kMaxRecordBytes = 1 << 20;
inline constexpr size_t kMaxColumns = 2000;

struct CsvOptions {
  std::string encoding;           // empty: see TextReader
  std::optional<char> delimiter;  // not set: the likeliest of , ; tab
};

// Reads a table as RFC 4180 has it, row by row: a header, then rows of as many
// fields; CRLF, LF or CR; quoted fields may hold delimiters, line breaks and
// doubled quotes. Beyond the RFC: spaces around a value are dropped (also
// around its quotes), empty lines are skipped, and a first line "sep=;" sets
// the delimiter as spreadsheet programs do. Everything else is an error that
// names row and column. Memory does not grow with the file. Not thread safe.
class CsvReader {
 public:
  // Returns: those of TextReader::Open and of Next, for the header; reasons
  // kTooManyColumns, kEmptyFile.
  static absl::StatusOr<std::unique_ptr<CsvReader>> Open(
      const std::string& path, const CsvOptions& options);

  // Makes the next row current. False at the end. Returns: reasons kRaggedRow,
  // kOpenQuote, kStrayQuote, kTooLong, kBadEncoding (bytes that are not of the
  // encoding), kControlCharacter (a zero byte).
  absl::StatusOr<bool> Next();

  // Fields of the current row, valid until the next one is read.
  const std::vector<absl::string_view>& fields() const { return fields_; }
  // Of the current row, the header being 1.
  uint64_t row() const { return row_; }

  const std::vector<std::string>& header() const { return header_; }
  // The column of that name. Returns: reason kDuplicateColumn where two have
  // it; nullopt where none has.
  absl::StatusOr<std::optional<size_t>> Find(absl::string_view name) const;
  // A place in the current row; without column, the whole row.
  Place Here(std::optional<size_t> column = std::nullopt) const;

  const std::string& path() const { return path_; }
  char delimiter() const { return delimiter_; }
  const std::string& note() const { return text_->note(); }

 private:
  CsvReader(std::string path, std::unique_ptr<TextReader> text)
      : path_(std::move(path)), text_(std::move(text)) {}

  absl::Status ReadHeader(const CsvOptions& options);
  // What separates the fields of the first line; takes a line "sep=;".
  void ChooseDelimiter();

  // The next character without taking it; kEnd also after an error, which is
  // then in error_.
  static constexpr int kEnd = -1;
  int Peek();
  void Take() { ++at_; }

  // Reads one record into record_ and spans_. False at the end of the file.
  absl::StatusOr<bool> ReadRecord();
  absl::Status ReadField();
  absl::Status ReadQuoted();
  void ReadPlain();
  // Takes what ends a line, if that is next.
  bool TakeLineEnd();
  absl::Status CheckFields() const;

  const std::string path_;
  const std::unique_ptr<TextReader> text_;
  char delimiter_ = ',';
  absl::string_view piece_;
  size_t at_ = 0;
  bool ended_ = false;
  absl::Status error_;

  struct Span {
    size_t begin;
    size_t size;
  };
  std::string record_;
  std::vector<Span> spans_;
  uint64_t row_ = 0;
  std::vector<absl::string_view> fields_;
  std::vector<std::string> header_;
};

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_CSV_READER_H_
