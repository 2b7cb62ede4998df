#ifndef PASSERELLE_SERVER_APP_POLLER_H_
#define PASSERELLE_SERVER_APP_POLLER_H_

#include <functional>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "common/mutex.h"

namespace passerelle::app {

// Calls a few checks, one after the other, on one thread, at an interval.
// Files that operators replace (certificates, revocation list) are watched by
// polling: inotify does not see network file systems, nor a symbolic link
// turned further up, which is how secrets are commonly mounted.
//
// Checks run until destruction, which waits for the running one.
class Poller {
 public:
  Poller(absl::Duration interval, std::vector<std::function<void()>> checks);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

 private:
  void Run();

  const absl::Duration interval_;
  const std::vector<std::function<void()>> checks_;
  Mutex mutex_;
  CondVar wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_POLLER_H_
