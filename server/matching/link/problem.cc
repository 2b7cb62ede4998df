#include "server/matching/link/problem.h"

#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace passerelle::link {
namespace {

// Payload of a problem: reason, row, file and column, separated by line feeds,
// the column last because it may hold any character.
constexpr char kPayload[] = "passerelle.link/problem";
constexpr char kUsageWord[] = "usage";

struct ReasonEntry {
  Reason reason;
  const char* word;
  ExitCode exit;
};
constexpr ReasonEntry kReasons[] = {
    {Reason::kNone, "", kSystem},
    {Reason::kEmptyFile, "empty-file", kInput},
    {Reason::kBadEncoding, "bad-encoding", kInput},
    {Reason::kControlCharacter, "control-character", kInput},
    {Reason::kOpenQuote, "open-quote", kInput},
    {Reason::kStrayQuote, "stray-quote", kInput},
    {Reason::kRaggedRow, "ragged-row", kInput},
    {Reason::kTooLong, "too-long", kInput},
    {Reason::kTooManyColumns, "too-many-columns", kInput},
    {Reason::kDuplicateColumn, "duplicate-column", kInput},
    {Reason::kMissingColumn, "missing-column", kInput},
    {Reason::kEmptyId, "empty-id", kInput},
    {Reason::kDuplicateId, "duplicate-id", kInput},
    {Reason::kBadDate, "bad-date", kInput},
    {Reason::kBadNumber, "bad-number", kInput},
    {Reason::kBadSex, "bad-sex", kInput},
    {Reason::kBadDecision, "bad-decision", kInput},
    {Reason::kTooFewDecisions, "too-few-decisions", kInput},
    {Reason::kTooManyRows, "too-many-rows", kInput},
    {Reason::kTooFewPeople, "too-few-people", kRefused},
    {Reason::kNothingToSearch, "nothing-to-search", kInput},
    {Reason::kMap, "map", kUsage},
    {Reason::kUnknownIds, "unknown-ids", kInput},
    {Reason::kModel, "model", kRefused},
    {Reason::kKey, "key", kRefused},
    {Reason::kEncoding, "encoding-file", kRefused},
    {Reason::kOtherKey, "other-key", kRefused},
};

const ReasonEntry& EntryOf(Reason reason) {
  for (const ReasonEntry& entry : kReasons) {
    if (entry.reason == reason) return entry;
  }
  return kReasons[0];
}

std::vector<std::string> PayloadOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  if (!payload.has_value()) return {};
  return absl::StrSplit(std::string(*payload), absl::MaxSplits('\n', 3));
}

}  // namespace

absl::string_view ReasonWord(Reason reason) { return EntryOf(reason).word; }

absl::Status Problem(Reason reason, const Place& place,
                     absl::string_view message) {
  std::string text = place.file;
  if (place.row > 0) absl::StrAppend(&text, ", row ", place.row);
  if (!place.column.empty()) {
    absl::StrAppend(&text, ", column \"", place.column, "\"");
  }
  absl::StrAppend(&text, text.empty() ? "" : ": ", message, " [",
                  ReasonWord(reason), "]");
  absl::Status status = EntryOf(reason).exit == kRefused
                            ? absl::FailedPreconditionError(text)
                            : absl::InvalidArgumentError(text);
  status.SetPayload(
      kPayload, absl::Cord(absl::StrCat(ReasonWord(reason), "\n", place.row,
                                        "\n", place.file, "\n", place.column)));
  return status;
}

absl::Status UsageProblem(absl::string_view message) {
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kPayload, absl::Cord(kUsageWord));
  return status;
}

absl::Status SystemProblem(absl::string_view path, int errno_value) {
  const std::string text = absl::StrCat(path, ": ", std::strerror(errno_value));
  if (errno_value == ENOENT) return absl::NotFoundError(text);
  if (errno_value == EACCES || errno_value == EPERM) {
    return absl::PermissionDeniedError(text);
  }
  if (errno_value == ENOSPC || errno_value == EDQUOT) {
    return absl::ResourceExhaustedError(text);
  }
  return absl::UnavailableError(text);
}

Reason ReasonOf(const absl::Status& status) {
  const std::vector<std::string> parts = PayloadOf(status);
  if (parts.empty()) return Reason::kNone;
  for (const ReasonEntry& entry : kReasons) {
    if (parts[0] == entry.word) return entry.reason;
  }
  return Reason::kNone;
}

Place PlaceOf(const absl::Status& status) {
  const std::vector<std::string> parts = PayloadOf(status);
  Place place;
  if (parts.size() < 4) return place;
  if (!absl::SimpleAtoi(parts[1], &place.row)) place.row = 0;
  place.file = parts[2];
  place.column = parts[3];
  return place;
}

ExitCode ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return kDone;
  const std::vector<std::string> parts = PayloadOf(status);
  if (parts.empty()) return kSystem;
  if (parts[0] == kUsageWord) return kUsage;
  return EntryOf(ReasonOf(status)).exit;
}

}  // namespace passerelle::link
