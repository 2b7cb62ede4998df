#include "server/app/process.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "absl/synchronization/mutex.h"

namespace passerelle::app {
namespace {

// What a crash would write to disk is what the store keeps sealed.
void ForbidCoreDumps() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

// Threads that are woken do not push out the one that runs: batches of the
// writer grow, and it switches half as often. Needs no privilege; threads
// started later inherit it.
void PreferThroughput() {
  const sched_param parameters{};
  sched_setscheduler(0, SCHED_BATCH, &parameters);
}

}  // namespace

void PrepareProcess() {
  ForbidCoreDumps();
  PreferThroughput();
  // Debian builds Abseil with its debugging search for deadlocks, which keeps a
  // graph of all locks of gRPC behind one spin lock.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace passerelle::app
