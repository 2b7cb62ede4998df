#include "server/domain/errors.h"

#include <utility>

#include "passerelle/options/v1/options.pb.h"

namespace passerelle::domain {
namespace {

using ::passerelle::v1::ErrorReason;

absl::Status Build(ErrorReason reason, absl::string_view message,
                   ErrorDetails details) {
  const auto* value =
      ::passerelle::v1::ErrorReason_descriptor()->FindValueByNumber(reason);
  const int code =
      value->options().GetExtension(::passerelle::options::v1::status_code);
  return MakeError(static_cast<absl::StatusCode>(code), value->name(), message,
                   std::move(details));
}

}  // namespace

absl::Status Failure(ErrorReason reason, absl::string_view message,
                     std::map<std::string, std::string> metadata) {
  ErrorDetails details;
  details.metadata = std::move(metadata);
  return Build(reason, message, std::move(details));
}

absl::Status FieldsInvalid(std::vector<FieldViolation> violations) {
  ErrorDetails details;
  details.violations = std::move(violations);
  return Build(::passerelle::v1::FIELD_INVALID,
               "The request has invalid fields; each is listed.",
               std::move(details));
}

absl::Status NotVisible() {
  return Failure(::passerelle::v1::NOT_VISIBLE,
                 "The resource does not exist or is not for the caller.");
}

absl::Status StateForbids(absl::string_view state) {
  return Failure(::passerelle::v1::STATE_FORBIDS,
                 "The present state does not admit this method.",
                 {{"state", std::string(state)}});
}

absl::Status RetryLater(ErrorReason reason, absl::string_view message,
                        absl::Duration retry_after) {
  ErrorDetails details;
  details.retry_after = retry_after;
  return Build(reason, message, std::move(details));
}

absl::Status Overloaded() {
  return RetryLater(::passerelle::v1::OVERLOADED,
                    "The server has too much at work.",
                    absl::Milliseconds(200));
}

absl::Status Draining() {
  return RetryLater(::passerelle::v1::DRAINING, "The server stops.",
                    absl::Seconds(1));
}

int ReasonNumber(const absl::Status& status) {
  ErrorReason reason = ::passerelle::v1::ERROR_REASON_UNSPECIFIED;
  ::passerelle::v1::ErrorReason_Parse(ReasonOf(status), &reason);
  return reason;
}

}  // namespace passerelle::domain
