#include "server/rpc/ticker.h"

#include <chrono>
#include <utility>

#include "absl/time/clock.h"

namespace passerelle::rpc {

Ticker::Ticker() : thread_([this] { Loop(); }) {}

Ticker::~Ticker() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
  thread_.join();
}

void Ticker::Add(std::weak_ptr<Waiting> waiting) {
  MutexLock lock(&mutex_);
  waiting_.push_back(std::move(waiting));
}

void Ticker::TickNow() { wake_.NotifyAll(); }

void Ticker::Loop() {
  while (true) {
    std::vector<std::weak_ptr<Waiting>> now_waiting;
    {
      MutexLock lock(&mutex_);
      if (stopping_) return;
      wake_.WaitFor(&mutex_, std::chrono::milliseconds(200));
      if (stopping_) return;
      now_waiting.swap(waiting_);
    }
    const absl::Time now = absl::Now();
    std::vector<std::weak_ptr<Waiting>> kept;
    for (std::weak_ptr<Waiting>& weak : now_waiting) {
      const std::shared_ptr<Waiting> waiting = weak.lock();
      if (waiting != nullptr && waiting->Tick(now)) {
        kept.push_back(std::move(weak));
      }
    }
    MutexLock lock(&mutex_);
    for (std::weak_ptr<Waiting>& weak : kept) {
      waiting_.push_back(std::move(weak));
    }
  }
}

}  // namespace passerelle::rpc
