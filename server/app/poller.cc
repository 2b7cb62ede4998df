#include "server/app/poller.h"

#include <utility>

#include "absl/time/clock.h"

namespace passerelle::app {

Poller::Poller(absl::Duration interval,
               std::vector<std::function<void()>> checks)
    : interval_(interval),
      checks_(std::move(checks)),
      thread_([this] { Run(); }) {}

Poller::~Poller() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    wake_.NotifyAll();
  }
  thread_.join();
}

void Poller::Run() {
  while (true) {
    {
      MutexLock lock(&mutex_);
      // Real time, not the domain's clock: tests drive the checks directly.
      const absl::Time due = absl::Now() + interval_;
      while (!stopping_ && absl::Now() < due) {
        wake_.WaitFor(&mutex_, absl::ToChronoMicroseconds(due - absl::Now()));
      }
      if (stopping_) return;
    }
    for (const std::function<void()>& check : checks_) check();
  }
}

}  // namespace passerelle::app
