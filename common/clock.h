#ifndef PASSERELLE_COMMON_CLOCK_H_
#define PASSERELLE_COMMON_CLOCK_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/mutex.h"

namespace passerelle {

// Source of wall-clock time. Everything that has a deadline takes a Clock, so
// that tests and the demonstration can drive weeks in milliseconds.
// Thread safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

// Another clock, held where it is while that one goes back: nothing that ended
// begins again, and what is told in order bears times in order. More than 5
// seconds are logged as `clock_went_back`, once until it has caught up. It does
// not outlive the process, and believes a clock that jumps ahead. Thread safe.
class SteadyClock final : public Clock {
 public:
  // `base` must outlive the object.
  explicit SteadyClock(const Clock* base) : base_(*base) {}

  absl::Time Now() const override;

 private:
  const Clock& base_;
  mutable std::atomic<int64_t> latest_micros_{
      std::numeric_limits<int64_t>::min()};
  mutable std::atomic<bool> told_ = false;
};

// A clock that moves only when told. Thread safe.
class DrivenClock final : public Clock {
 public:
  explicit DrivenClock(absl::Time start) : now_(start) {}

  absl::Time Now() const override;
  void Advance(absl::Duration by);  // also back

  // Calls `listener` after each Advance, on the advancing thread.
  void OnAdvance(std::function<void()> listener);

 private:
  mutable Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::function<void()>> listeners_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace passerelle

#endif  // PASSERELLE_COMMON_CLOCK_H_
