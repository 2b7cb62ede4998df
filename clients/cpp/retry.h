#ifndef PASSERELLE_CLIENTS_CPP_RETRY_H_
#define PASSERELLE_CLIENTS_CPP_RETRY_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/clock.h"

namespace passerelle::client {

// How long to wait between attempts: `initial`, then `multiplier` times as long
// each time up to `maximum`, each delay drawn between its half and its whole so
// that many clients do not come back at once.
struct RetryPolicy {
  absl::Duration initial = absl::Milliseconds(200);
  double multiplier = 2.0;
  absl::Duration maximum = absl::Seconds(10);
  // Attempts in all. Six of them take 3 to 6 seconds of waiting.
  int max_attempts = 6;
};

// Whether a call may be sent again when its fate is not known.
enum class Repeatable {
  kNo,   // it might be done twice
  kYes,  // it only reads, or the server recognises the repetition
};

// What waiting needs from the world; tests give their own.
struct RetryEnvironment {
  const Clock* clock = nullptr;
  std::function<void(absl::Duration)> sleep;
  // A number in [0, 1).
  std::function<double()> random;
};

// Calls `attempt` until it succeeds, fails for good, or the next attempt would
// begin after `deadline`:
// - UNAVAILABLE is repeated after a backoff, if the call is repeatable;
// - RESOURCE_EXHAUSTED with reason RATE_LIMITED and a retry delay is repeated
//   after that delay: the server did nothing;
// - anything else, ABORTED above all, is the caller's to judge.
// Each attempt is told how much time it has. Returns the last attempt's status;
// after more than one attempt the message tells how many there were.
absl::Status RunWithRetry(
    const RetryPolicy& policy, Repeatable repeatable, absl::Time deadline,
    const RetryEnvironment& environment,
    const std::function<absl::Status(absl::Duration)>& attempt);

}  // namespace passerelle::client

#endif  // PASSERELLE_CLIENTS_CPP_RETRY_H_
