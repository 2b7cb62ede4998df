#include "common/clock.h"

#include <utility>

namespace passerelle {

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
