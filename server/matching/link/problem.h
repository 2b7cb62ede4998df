#ifndef PASSERELLE_SERVER_MATCHING_LINK_PROBLEM_H_
#define PASSERELLE_SERVER_MATCHING_LINK_PROBLEM_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace passerelle::link {

// What `passerelle-link` ends with. Scripts rely on the numbers.
enum ExitCode : int {
  kDone = 0,
  // The machine: a file cannot be read or written, no memory, interrupted.
  kSystem = 1,
  // The command line or the mapping file.
  kUsage = 2,
  // What an input file holds; row and column are named.
  kInput = 3,
  // A model, a key or encodings: damaged, of another version or another key,
  // readable by others, too few people.
  kRefused = 4,
};

// Why a file was not accepted. The word is part of the message, so that it can
// be looked up in the README.
enum class Reason : uint8_t {
  kNone,
  // Text and CSV.
  kEmptyFile,
  kBadEncoding,
  kControlCharacter,
  kOpenQuote,
  kStrayQuote,
  kRaggedRow,
  kTooLong,
  kTooManyColumns,
  kDuplicateColumn,
  kMissingColumn,
  // Values.
  kEmptyId,
  kDuplicateId,
  kBadDate,
  kBadNumber,
  kBadSex,
  kBadDecision,
  kTooFewDecisions,
  kTooManyRows,
  kTooFewPeople,
  kNothingToSearch,
  // The mapping file.
  kMap,
  // Truth.
  kUnknownIds,
  // Models, keys and encodings.
  kModel,
  kKey,
  kEncoding,
  kOtherKey,
};

// "ragged-row": stable, lower case.
absl::string_view ReasonWord(Reason reason);

// Where in a file. Rows are counted as a spreadsheet counts them: the header
// is row 1, and a quoted line break does not begin a row.
struct Place {
  std::string file;
  uint64_t row = 0;    // 0: the whole file
  std::string column;  // empty: the whole row
};

// "people.csv, row 17, column "born": what is wrong [bad-date]". The code
// follows from the reason; both can be read back.
absl::Status Problem(Reason reason, const Place& place,
                     absl::string_view message);

// What the command line asks for cannot be done.
absl::Status UsageProblem(absl::string_view message);
// A call of the system on `path` failed, by `errno_value`.
absl::Status SystemProblem(absl::string_view path, int errno_value);

Reason ReasonOf(const absl::Status& status);
// Row and column are empty where the status names none.
Place PlaceOf(const absl::Status& status);

ExitCode ExitCodeOf(const absl::Status& status);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_PROBLEM_H_
