#ifndef PASSERELLE_SERVER_RPC_MISSION_LIMITS_H_
#define PASSERELLE_SERVER_RPC_MISSION_LIMITS_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mutex.h"

namespace passerelle::rpc {

// What one mission may have at work, so that none can crowd out another and a
// flood of cancelled calls stops at the door. Thread safe.
class MissionLimits {
 public:
  struct Options {
    int live_calls = 32;
    int watches = 8;
    double calls_per_second = 500;
    double burst = 1000;
  };

  explicit MissionLimits(Options options) : options_(options) {}

  enum class Verdict { kAdmitted, kTooMany, kTooFast };

  // Takes a place; kAdmitted must be followed by Leave.
  Verdict Enter(absl::string_view mission, absl::Time now);
  void Leave(absl::string_view mission);

  // The same for streams, which do not count as live calls.
  bool EnterWatch(absl::string_view mission);
  void LeaveWatch(absl::string_view mission);

 private:
  struct Account {
    int live = 0;
    int watches = 0;
    double tokens = 0;
    absl::Time refilled = absl::InfinitePast();
  };

  const Options options_;
  Mutex mutex_;
  // Bounded by the certificates that the authority signed.
  std::map<std::string, Account, std::less<>> accounts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace passerelle::rpc

#endif  // PASSERELLE_SERVER_RPC_MISSION_LIMITS_H_
