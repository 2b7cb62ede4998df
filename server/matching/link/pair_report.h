#ifndef PASSERELLE_SERVER_MATCHING_LINK_PAIR_REPORT_H_
#define PASSERELLE_SERVER_MATCHING_LINK_PAIR_REPORT_H_

#include <optional>

#include "absl/status/status.h"
#include "server/matching/link/output_file.h"
#include "server/matching/link/pair_run.h"
#include "server/matching/link/truth.h"

namespace passerelle::link {

// Writes the HTML report of a run: all its probabilities, and a few pairs from
// every range with their reasons. Errors: those of FieldsOf.
absl::Status WritePairReport(const PairRun& run,
                             const std::optional<Truth>& truth,
                             OutputFile& out);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_PAIR_REPORT_H_
