#include "common/clock.h"

#include <utility>

#include "common/log.h"

namespace passerelle {
namespace {

constexpr absl::Duration kSuspicious = absl::Seconds(5);

}  // namespace

absl::Time SteadyClock::Now() const {
  const int64_t now = absl::ToUnixMicros(base_.Now());
  int64_t latest = latest_micros_.load();
  while (now > latest && !latest_micros_.compare_exchange_weak(latest, now)) {
  }
  if (now >= latest) {
    if (told_.load(std::memory_order_relaxed)) told_ = false;
    return absl::FromUnixMicros(now);
  }
  const absl::Duration back = absl::Microseconds(latest - now);
  if (back > kSuspicious && !told_.exchange(true)) {
    Log(LogLevel::kError, "clock_went_back",
        {{"seconds", absl::ToInt64Seconds(back)}});
  }
  return absl::FromUnixMicros(latest);
}

absl::Time DrivenClock::Now() const {
  MutexLock lock(&mutex_);
  return now_;
}

void DrivenClock::Advance(absl::Duration by) {
  std::vector<std::function<void()>> listeners;
  {
    MutexLock lock(&mutex_);
    now_ += by;
    listeners = listeners_;
  }
  for (const auto& listener : listeners) listener();
}

void DrivenClock::OnAdvance(std::function<void()> listener) {
  MutexLock lock(&mutex_);
  listeners_.push_back(std::move(listener));
}

}  // namespace passerelle
