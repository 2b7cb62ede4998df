#include "server/app/process.h"

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

}  // namespace

void PrepareProcess() {
  ForbidCoreDumps();
  // Debian builds Abseil with its debugging search for deadlocks, which keeps a
  // graph of all locks of gRPC behind one spin lock.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace passerelle::app
