#ifndef PASSERELLE_SERVER_MATCHING_LINK_COMMANDS_H_
#define PASSERELLE_SERVER_MATCHING_LINK_COMMANDS_H_

#include "absl/status/status.h"
#include "server/matching/link/console.h"
#include "server/matching/link/options.h"

namespace passerelle::link {

// One function for each command of passerelle-link. Each either does all it was
// asked for, or returns what is wrong and leaves every file as it was.

// Pairs within one table or between two, with what else was asked for.
absl::Status FindPairs(const PairsOptions& options, const Console& console);

// For each request, who of the registry it may be, and nobody.
absl::Status SearchRegistry(const SearchCommandOptions& options,
                            const Console& console);

// How alike the names on line n of two files are: one number a line.
absl::Status CompareNames(const NamesOptions& options, const Console& console);

// How good pairs or search results are, against the truth.
absl::Status EvaluateResults(const EvaluateOptions& options,
                             const Console& console);

// Learns a model from tables.
absl::Status TrainModel(const TrainOptions& options, const Console& console);
// Fits a model's probabilities to the decisions of a reviewed list.
absl::Status CalibrateModel(const CalibrateOptions& options,
                            const Console& console);

// Encodings for partners who may not show names.
absl::Status CreateKey(const KeyOptions& options, const Console& console);
absl::Status EncodeTable(const EncodeOptions& options, const Console& console);
absl::Status CompareEncoded(const CompareOptions& options,
                            const Console& console);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_COMMANDS_H_
