#include "server/matching/link/line_reader.h"

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/matching/link/problem.h"
#include "server/matching/link/text_fault.h"

namespace passerelle::link {

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(
    const std::string& path) {
  PASSERELLE_ASSIGN_OR_RETURN(std::unique_ptr<TextReader> text,
                              TextReader::Open(path, ""));
  return absl::WrapUnique(new LineReader(path, std::move(text)));
}

absl::StatusOr<bool> LineReader::Next() {
  line_.clear();
  while (true) {
    if (piece_.empty()) {
      if (!ended_) {
        PASSERELLE_ASSIGN_OR_RETURN(piece_, text_->Next());
      }
      if (piece_.empty()) {
        ended_ = true;
        if (line_.empty()) return false;
        break;
      }
    }
    const size_t end = piece_.find('\n');
    line_.append(piece_.data(),
                 end == absl::string_view::npos ? piece_.size() : end);
    if (line_.size() > kMaxLineBytes) {
      return Problem(Reason::kTooLong, {path_, row_ + 1, ""},
                     absl::StrCat("longer than ", kMaxLineBytes, " bytes"));
    }
    if (end == absl::string_view::npos) {
      piece_ = {};
      continue;
    }
    piece_.remove_prefix(end + 1);
    break;
  }
  ++row_;
  if (!line_.empty() && line_.back() == '\r') line_.pop_back();
  if (FaultOf(line_, text_->replaces()) == TextFault::kEncoding) {
    return Problem(Reason::kBadEncoding, {path_, row_, ""},
                   absl::StrCat("bytes that are not ", text_->encoding()));
  }
  return true;
}

}  // namespace passerelle::link
