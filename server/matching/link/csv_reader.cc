#include "server/matching/link/csv_reader.h"

#include <algorithm>
#include <array>

#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "server/matching/link/text_fault.h"

namespace passerelle::link {
namespace {

constexpr char kQuote = '"';

}  // namespace

absl::StatusOr<std::unique_ptr<CsvReader>> CsvReader::Open(
    const std::string& path, const CsvOptions& options) {
  PASSERELLE_ASSIGN_OR_RETURN(std::unique_ptr<TextReader> text,
                              TextReader::Open(path, options.encoding));
  auto reader = absl::WrapUnique(new CsvReader(path, std::move(text)));
  PASSERELLE_RETURN_IF_ERROR(reader->ReadHeader(options));
  return reader;
}

absl::Status CsvReader::ReadHeader(const CsvOptions& options) {
  ChooseDelimiter();
  if (options.delimiter.has_value()) delimiter_ = *options.delimiter;
  PASSERELLE_ASSIGN_OR_RETURN(const bool found, ReadRecord());
  if (!found) {
    return Problem(Reason::kEmptyFile, {path_, 0, ""}, "there is no header");
  }
  for (const absl::string_view name : fields_) header_.emplace_back(name);
  return absl::OkStatus();
}

void CsvReader::ChooseDelimiter() {
  if (Peek() == kEnd) return;
  if (absl::StartsWithIgnoreCase(piece_, "sep=") && piece_.size() > 5) {
    delimiter_ = piece_[4];
    at_ = 5;
    if (TakeLineEnd()) ++row_;
    return;
  }
  constexpr std::array<char, 3> kCandidates = {',', ';', '\t'};
  std::array<size_t, kCandidates.size()> counts{};
  bool quoted = false;
  for (const char c : piece_) {
    if (c == kQuote) quoted = !quoted;
    if (quoted) continue;
    if (c == '\n' || c == '\r') break;
    for (size_t i = 0; i < kCandidates.size(); ++i) {
      if (c == kCandidates[i]) ++counts[i];
    }
  }
  // The first of equals: a lone column has none of them.
  const auto most = std::max_element(counts.begin(), counts.end());
  delimiter_ = kCandidates[static_cast<size_t>(most - counts.begin())];
}

int CsvReader::Peek() {
  while (at_ >= piece_.size()) {
    if (ended_) return kEnd;
    absl::StatusOr<absl::string_view> piece = text_->Next();
    at_ = 0;
    piece_ = {};
    if (!piece.ok()) {
      error_ = piece.status();
      ended_ = true;
      return kEnd;
    }
    piece_ = *piece;
    if (piece_.empty()) ended_ = true;
  }
  return static_cast<unsigned char>(piece_[at_]);
}

bool CsvReader::TakeLineEnd() {
  const int next = Peek();
  if (next == '\r') {
    Take();
    if (Peek() == '\n') Take();
    return true;
  }
  if (next != '\n') return false;
  Take();
  return true;
}

void CsvReader::ReadPlain() {
  while (record_.size() <= kMaxRecordBytes) {
    if (Peek() == kEnd) return;
    const size_t begin = at_;
    while (at_ < piece_.size()) {
      const char c = piece_[at_];
      if (c == delimiter_ || c == '\n' || c == '\r' || c == kQuote) break;
      ++at_;
    }
    record_.append(piece_.data() + begin, at_ - begin);
    if (at_ < piece_.size()) return;
  }
}

absl::Status CsvReader::ReadQuoted() {
  Take();  // the quote
  while (record_.size() <= kMaxRecordBytes) {
    const int next = Peek();
    if (next == kEnd) {
      PASSERELLE_RETURN_IF_ERROR(error_);
      return Problem(Reason::kOpenQuote, Here(spans_.size()),
                     "a quote is opened and never closed");
    }
    Take();
    if (next == kQuote) {
      if (Peek() != kQuote) return absl::OkStatus();
      Take();
    }
    record_.push_back(static_cast<char>(next));
  }
  return absl::OkStatus();
}

absl::Status CsvReader::ReadField() {
  while (delimiter_ != ' ' && Peek() == ' ') Take();
  const size_t begin = record_.size();
  const bool quoted = Peek() == kQuote;
  if (quoted) {
    PASSERELLE_RETURN_IF_ERROR(ReadQuoted());
    while (delimiter_ != ' ' && Peek() == ' ') Take();
  } else {
    ReadPlain();
  }
  const int next = Peek();
  PASSERELLE_RETURN_IF_ERROR(error_);
  absl::string_view field = absl::string_view(record_).substr(begin);
  if (record_.size() > kMaxRecordBytes || field.size() > kMaxFieldBytes) {
    return Problem(Reason::kTooLong, Here(spans_.size()),
                   absl::StrCat("longer than ", kMaxFieldBytes, " bytes, or ",
                                kMaxRecordBytes,
                                " in one row; is a quote "
                                "not closed?"));
  }
  if (next != kEnd && next != delimiter_ && next != '\n' && next != '\r') {
    return Problem(Reason::kStrayQuote, Here(spans_.size()),
                   quoted ? "text after the closing quote; write quotes inside "
                            "a value twice"
                          : "a quote inside a value without quotes; put the "
                            "value in quotes and write that one twice");
  }
  if (!quoted) field = absl::StripAsciiWhitespace(field);
  spans_.push_back(
      {static_cast<size_t>(field.data() - record_.data()), field.size()});
  return absl::OkStatus();
}

absl::StatusOr<bool> CsvReader::ReadRecord() {
  while (true) {
    record_.clear();
    spans_.clear();
    ++row_;
    if (Peek() == kEnd) {
      PASSERELLE_RETURN_IF_ERROR(error_);
      return false;
    }
    if (TakeLineEnd()) continue;  // an empty line
    while (true) {
      if (spans_.size() >= kMaxColumns) {
        return Problem(Reason::kTooManyColumns, Here(),
                       absl::StrCat("more than ", kMaxColumns, " columns"));
      }
      PASSERELLE_RETURN_IF_ERROR(ReadField());
      if (Peek() != static_cast<unsigned char>(delimiter_)) break;
      Take();
    }
    TakeLineEnd();
    PASSERELLE_RETURN_IF_ERROR(error_);
    fields_.clear();
    for (const Span& span : spans_) {
      fields_.push_back(
          absl::string_view(record_).substr(span.begin, span.size));
    }
    PASSERELLE_RETURN_IF_ERROR(CheckFields());
    return true;
  }
}

absl::Status CsvReader::CheckFields() const {
  for (size_t column = 0; column < fields_.size(); ++column) {
    switch (FaultOf(fields_[column], text_->replaces())) {
      case TextFault::kNone:
        break;
      case TextFault::kZeroByte:
        return Problem(Reason::kControlCharacter, Here(column),
                       "a zero byte; is this a text file?");
      case TextFault::kEncoding:
        return Problem(Reason::kBadEncoding, Here(column),
                       absl::StrCat("bytes that are not ", text_->encoding(),
                                    "; name the file's encoding in [formats]"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> CsvReader::Next() {
  PASSERELLE_ASSIGN_OR_RETURN(const bool found, ReadRecord());
  if (!found) return false;
  if (fields_.size() != header_.size()) {
    return Problem(Reason::kRaggedRow, Here(),
                   absl::StrCat(fields_.size(), " fields, but the header has ",
                                header_.size()));
  }
  return true;
}

absl::StatusOr<std::optional<size_t>> CsvReader::Find(
    absl::string_view name) const {
  std::optional<size_t> found;
  for (size_t column = 0; column < header_.size(); ++column) {
    if (header_[column] != name) continue;
    if (found.has_value()) {
      return Problem(Reason::kDuplicateColumn, {path_, 1, std::string(name)},
                     "two columns have this name");
    }
    found = column;
  }
  return found;
}

Place CsvReader::Here(std::optional<size_t> column) const {
  Place place{path_, row_, ""};
  if (!column.has_value()) return place;
  place.column = *column < header_.size() ? header_[*column]
                                          : absl::StrCat("#", *column + 1);
  return place;
}

}  // namespace passerelle::link
