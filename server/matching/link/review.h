#ifndef PASSERELLE_SERVER_MATCHING_LINK_REVIEW_H_
#define PASSERELLE_SERVER_MATCHING_LINK_REVIEW_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/matching/calibration.h"
#include "server/matching/link/output_file.h"
#include "server/matching/link/pair_run.h"

namespace passerelle::link {

// Pairs in a review list at most: the most probable ones.
inline constexpr size_t kMaxReviewPairs = 50'000;

// Writes the pairs from kReviewProbability on as a list for a spreadsheet: both
// records side by side, what speaks for and against, and an empty column
// "decision" to be filled in with "same" or "different". Values that a
// spreadsheet would run as formulas get an apostrophe before them. Errors:
// those of FieldsOf.
absl::Status WriteReview(const PairRun& run, OutputFile& out,
                         const Console& console);

// The decisions of a list that was filled in; rows without one are left out.
// Errors: those of CsvReader; reasons kMissingColumn, kBadNumber,
// kBadDecision.
absl::StatusOr<std::vector<matching::Decision>> ReadDecisions(
    const std::string& path);

// `value`, made harmless where it begins like a formula.
std::string ForSpreadsheet(absl::string_view value);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_REVIEW_H_
