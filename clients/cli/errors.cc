#include "clients/cli/errors.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "clients/cli/text.h"
#include "clients/cpp/errors.h"

namespace passerelle::cli {
namespace {

constexpr char kRepeatHelp[] =
    "Whether it was done is not known. Repeat it with the same content and "
    "--request-id.";

std::string Advice(const Contract& contract, const absl::Status& status,
                   const ErrorDetails& details, bool is_change) {
  if (details.domain == kErrorDomain) {
    return contract.ReasonHelp(details.reason);
  }
  const bool undecided =
      absl::IsDeadlineExceeded(status) || absl::IsUnavailable(status);
  if (undecided && is_change) return kRepeatHelp;
  if (absl::IsDeadlineExceeded(status)) return "Give a longer --deadline.";
  return {};
}

}  // namespace

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return kUsage;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return kUnavailable;
    case absl::StatusCode::kNotFound:
      return kNotFound;
    case absl::StatusCode::kPermissionDenied:
      return ReasonOf(status) == "NOT_VISIBLE" ? kNotFound : kDenied;
    case absl::StatusCode::kUnauthenticated:
      return kDenied;
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAlreadyExists:
      return kConflict;
    default:
      return kServerError;
  }
}

absl::Status UsageError(absl::string_view message,
                        std::vector<FieldViolation> violations) {
  return MakeError(absl::StatusCode::kInvalidArgument, "USAGE", message,
                   {.domain = client::kClientErrorDomain,
                    .violations = std::move(violations)});
}

void PrintError(std::ostream& out, const Contract& contract,
                const absl::Status& status, absl::string_view request_id) {
  const ErrorDetails details = DetailsOf(status);
  out << "passerelle: " << absl::StatusCodeToString(status.code());
  if (!details.reason.empty()) out << " " << Harmless(details.reason);
  out << "\n";
  for (absl::string_view line : absl::StrSplit(status.message(), '\n')) {
    out << "  " << Harmless(line) << "\n";
  }
  for (const auto& [key, value] : details.metadata) {
    out << "  " << Harmless(key) << ": " << Harmless(value) << "\n";
  }
  for (const FieldViolation& violation : details.violations) {
    out << "  " << Harmless(violation.field) << ": "
        << Harmless(violation.description) << "\n";
  }
  for (const PreconditionViolation& violation : details.preconditions) {
    out << "  " << Harmless(violation.subject) << ": "
        << Harmless(violation.description) << "\n";
  }
  for (const QuotaViolation& violation : details.quotas) {
    out << "  " << Harmless(violation.subject) << ": "
        << Harmless(violation.description) << "\n";
  }
  if (details.retry_after.has_value()) {
    out << "  repeat after: " << absl::FormatDuration(*details.retry_after)
        << "\n";
  }
  const std::string advice =
      Advice(contract, status, details, !request_id.empty());
  if (!advice.empty()) {
    out << "  what to do: "
        << Harmless(absl::StrReplaceAll(advice, {{"\n", " "}})) << "\n";
  }
  if (!request_id.empty()) out << "  request id: " << request_id << "\n";
}

}  // namespace passerelle::cli
