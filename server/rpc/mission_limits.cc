#include "server/rpc/mission_limits.h"

#include <algorithm>

namespace passerelle::rpc {

MissionLimits::Verdict MissionLimits::Enter(absl::string_view mission,
                                            absl::Time now) {
  MutexLock lock(&mutex_);
  auto it = accounts_.find(mission);
  if (it == accounts_.end()) {
    it = accounts_.emplace(std::string(mission), Account{}).first;
    it->second.tokens = options_.burst;
    it->second.refilled = now;
  }
  Account& account = it->second;
  if (account.live >= options_.live_calls) return Verdict::kTooMany;
  const double elapsed =
      std::max(0.0, absl::ToDoubleSeconds(now - account.refilled));
  account.tokens = std::min(
      options_.burst, account.tokens + elapsed * options_.calls_per_second);
  account.refilled = now;
  if (account.tokens < 1) return Verdict::kTooFast;
  account.tokens -= 1;
  ++account.live;
  return Verdict::kAdmitted;
}

void MissionLimits::Leave(absl::string_view mission) {
  MutexLock lock(&mutex_);
  const auto it = accounts_.find(mission);
  if (it == accounts_.end()) return;
  --it->second.live;
}

bool MissionLimits::EnterWatch(absl::string_view mission) {
  MutexLock lock(&mutex_);
  Account& account = accounts_[std::string(mission)];
  if (account.watches >= options_.watches) return false;
  ++account.watches;
  return true;
}

void MissionLimits::LeaveWatch(absl::string_view mission) {
  MutexLock lock(&mutex_);
  const auto it = accounts_.find(mission);
  if (it == accounts_.end()) return;
  --it->second.watches;
}

}  // namespace passerelle::rpc
