#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"
#include "server/matching/link/commands.h"
#include "server/matching/link/line_reader.h"
#include "server/matching/name_similarity.h"

namespace passerelle::link {

absl::Status CompareNames(const NamesOptions& options, const Console& console) {
  PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<LineReader> a,
                              LineReader::Open(options.a));
  PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<LineReader> b,
                              LineReader::Open(options.b));
  const matching::NameSimilarity similarity;
  ProgressLine progress(console);
  // Printed at the end: a file that is too short must not leave half a list.
  std::string numbers;
  while (true) {
    PASSERELLE_ASSIGN_OR_RETURN(const bool in_a, a->Next());
    PASSERELLE_ASSIGN_OR_RETURN(const bool in_b, b->Next());
    if (in_a != in_b) {
      const LineReader& shorter = in_a ? *b : *a;
      return Problem(Reason::kRaggedRow, {shorter.path(), shorter.row(), ""},
                     "the other file has more lines");
    }
    if (!in_a) break;
    absl::StrAppendFormat(&numbers, "%.6f\n",
                          similarity.Names(a->line(), b->line()));
    if (!progress.Show("comparing line", a->row(), 0)) {
      return absl::CancelledError("stopped");
    }
  }
  progress.Clear();
  console.out << numbers;
  return absl::OkStatus();
}

}  // namespace passerelle::link
