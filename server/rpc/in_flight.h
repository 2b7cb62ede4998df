#ifndef PASSERELLE_SERVER_RPC_IN_FLIGHT_H_
#define PASSERELLE_SERVER_RPC_IN_FLIGHT_H_

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/mutex.h"

namespace passerelle::rpc {

// Counts calls and streams until gRPC is done with them, so that a server ends
// only when every answer is on its way. Thread safe.
class InFlight {
 public:
  void Enter() {
    MutexLock lock(&mutex_);
    ++count_;
  }
  void Leave() {
    MutexLock lock(&mutex_);
    if (--count_ == 0) idle_.NotifyAll();
  }
  // Waits until there is none, at most until `deadline`, in real time.
  void WaitUntilIdle(absl::Time deadline) {
    MutexLock lock(&mutex_);
    while (count_ > 0) {
      const absl::Duration left = deadline - absl::Now();
      if (left <= absl::ZeroDuration()) return;
      idle_.WaitFor(&mutex_, absl::ToChronoMicroseconds(left));
    }
  }

 private:
  Mutex mutex_;
  CondVar idle_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace passerelle::rpc

#endif  // PASSERELLE_SERVER_RPC_IN_FLIGHT_H_
