#include "server/matching/link/text_reader.h"

#include <unicode/ucnv.h>
#include <unicode/ustring.h>

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/matching/link/byte_file.h"
#include "server/matching/link/encoding_guess.h"
#include "server/matching/link/problem.h"

namespace passerelle::link {
namespace {

class Utf8Reader : public TextReader {
 public:
  explicit Utf8Reader(std::unique_ptr<ByteFile> file) : file_(std::move(file)) {
    encoding_ = "UTF-8";
  }
  absl::StatusOr<absl::string_view> Next() override { return file_->Next(); }
  bool replaces() const override { return false; }

 private:
  const std::unique_ptr<ByteFile> file_;
};

using Converter = std::unique_ptr<UConverter, decltype(&ucnv_close)>;

Converter OpenConverter(const std::string& name) {
  UErrorCode error = U_ZERO_ERROR;
  Converter converter(ucnv_open(name.c_str(), &error), &ucnv_close);
  if (U_FAILURE(error)) converter.reset();
  return converter;
}

// By way of ICU: to UTF-16, then to UTF-8.
class ConvertingReader : public TextReader {
 public:
  ConvertingReader(std::unique_ptr<ByteFile> file, Converter converter,
                   std::string name, std::string note)
      : file_(std::move(file)),
        converter_(std::move(converter)),
        // One byte gives at most one unit of UTF-16, but for what the converter
        // kept back; one unit gives at most three bytes.
        units_(ByteFile::kPieceBytes + 64),
        text_(units_.size() * 3, '\0') {
    encoding_ = std::move(name);
    note_ = std::move(note);
  }

  absl::StatusOr<absl::string_view> Next() override {
    while (!ended_) {
      PASSERELLE_ASSIGN_OR_RETURN(const absl::string_view piece, file_->Next());
      ended_ = piece.empty();
      PASSERELLE_ASSIGN_OR_RETURN(const absl::string_view text, Convert(piece));
      if (!text.empty()) return text;
    }
    return absl::string_view();
  }
  bool replaces() const override { return true; }

 private:
  absl::StatusOr<absl::string_view> Convert(absl::string_view piece) {
    UErrorCode error = U_ZERO_ERROR;
    const char* source = piece.data();
    UChar* target = units_.data();
    // A surrogate pair cut by the piece before.
    if (high_surrogate_ != 0) *target++ = std::exchange(high_surrogate_, 0);
    ucnv_toUnicode(converter_.get(), &target, units_.data() + units_.size(),
                   &source, source + piece.size(), nullptr, ended_, &error);
    if (U_FAILURE(error)) return Failed(error);
    if (!ended_ && target != units_.data() && U16_IS_LEAD(target[-1])) {
      high_surrogate_ = *--target;
    }
    int32_t size = 0;
    u_strToUTF8WithSub(
        text_.data(), static_cast<int32_t>(text_.size()), &size, units_.data(),
        static_cast<int32_t>(target - units_.data()), 0xFFFD, nullptr, &error);
    if (U_FAILURE(error)) return Failed(error);
    return absl::string_view(text_.data(), static_cast<size_t>(size));
  }

  absl::Status Failed(UErrorCode error) const {
    return Problem(Reason::kBadEncoding, {file_->path(), 0, ""},
                   absl::StrCat("cannot be read as ", encoding_, ": ",
                                u_errorName(error)));
  }

  const std::unique_ptr<ByteFile> file_;
  const Converter converter_;
  std::vector<UChar> units_;
  std::string text_;
  UChar high_surrogate_ = 0;
  bool ended_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TextReader>> TextReader::Open(
    const std::string& path, absl::string_view encoding) {
  PASSERELLE_ASSIGN_OR_RETURN(std::unique_ptr<ByteFile> file,
                              ByteFile::Open(path));
  PASSERELLE_ASSIGN_OR_RETURN(const absl::string_view head, file->Next());
  if (head.empty()) {
    return Problem(Reason::kEmptyFile, {path, 0, ""}, "the file is empty");
  }
  EncodingGuess guess = EncodingOfMark(head);
  if (guess.name.empty() && !encoding.empty()) {
    guess.name = std::string(encoding);
  }
  if (guess.name.empty()) {
    PASSERELLE_RETURN_IF_ERROR(file->Rewind(0));
    PASSERELLE_ASSIGN_OR_RETURN(guess, GuessEncoding(*file));
  }
  PASSERELLE_RETURN_IF_ERROR(file->Rewind(guess.mark_bytes));
  const std::string folded = absl::AsciiStrToLower(guess.name);
  if (folded == "utf-8" || folded == "utf8") {
    return std::make_unique<Utf8Reader>(std::move(file));
  }
  Converter converter = OpenConverter(guess.name);
  if (converter == nullptr) {
    return Problem(Reason::kBadEncoding, {path, 0, ""},
                   absl::StrCat("no encoding is called \"", guess.name, "\""));
  }
  std::string note;
  if (!guess.certain) {
    note = absl::StrCat(path, ": not UTF-8; read as ", guess.name,
                        ", a guess: name the encoding in [formats] to be sure");
  }
  return std::make_unique<ConvertingReader>(
      std::move(file), std::move(converter), guess.name, std::move(note));
}

}  // namespace passerelle::link
