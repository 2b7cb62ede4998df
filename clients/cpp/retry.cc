#include "clients/cpp/retry.h"

#include <algorithm>
#include <optional>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "common/status_details.h"

namespace passerelle::client {
namespace {

absl::Status WithAttempts(const absl::Status& status, int attempts) {
  if (attempts < 2 || status.ok()) return status;
  absl::Status result(status.code(),
                      absl::StrCat(status.message(), " (gave up after ",
                                   attempts, " attempts)"));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    result.SetPayload(url, payload);
  });
  return result;
}

// Delay before the next attempt; nothing when there must be none.
std::optional<absl::Duration> DelayAfter(const absl::Status& status,
                                         Repeatable repeatable,
                                         absl::Duration backoff) {
  const ErrorDetails details = DetailsOf(status);
  if (absl::IsUnavailable(status) && repeatable == Repeatable::kYes) {
    return std::max(backoff, details.retry_after.value_or(backoff));
  }
  if (absl::IsResourceExhausted(status) && details.reason == "RATE_LIMITED") {
    return details.retry_after;
  }
  return std::nullopt;
}

}  // namespace

absl::Status RunWithRetry(
    const RetryPolicy& policy, Repeatable repeatable, absl::Time deadline,
    const RetryEnvironment& environment,
    const std::function<absl::Status(absl::Duration)>& attempt) {
  absl::Duration step = policy.initial;
  for (int attempts = 1;; ++attempts) {
    const absl::Status status = attempt(deadline - environment.clock->Now());
    if (status.ok() || attempts >= policy.max_attempts) {
      return WithAttempts(status, attempts);
    }
    const absl::Duration backoff = step * (0.5 + 0.5 * environment.random());
    const std::optional<absl::Duration> delay =
        DelayAfter(status, repeatable, backoff);
    if (!delay.has_value()) return status;
    if (environment.clock->Now() + *delay >= deadline) {
      return WithAttempts(status, attempts);
    }
    environment.sleep(*delay);
    step = std::min(step * policy.multiplier, policy.maximum);
  }
}

}  // namespace passerelle::client
