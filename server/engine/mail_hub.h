#ifndef PASSERELLE_SERVER_ENGINE_MAIL_HUB_H_
#define PASSERELLE_SERVER_ENGINE_MAIL_HUB_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/mutex.h"

namespace passerelle::engine {

// Wakes those who wait for mail. Nobody blocks a thread: a waiter is a
// callback, called once. Thread safe.
class MailHub {
 public:
  // Calls `wake` once the mailbox holds more than `after`, at once when a
  // commit since start already went beyond it. `wake` must be quick. Returns a
  // handle for Cancel.
  int64_t Wait(absl::string_view mission, int64_t after,
               std::function<void()> wake);

  // After it returned true, `wake` is not called any more; false when it was,
  // or is being, called.
  bool Cancel(int64_t handle);

  // Called after a commit that delivered mail up to `last_sequence`.
  void Delivered(absl::string_view mission, int64_t last_sequence);

 private:
  struct Waiter {
    std::string mission;
    int64_t after;
    std::function<void()> wake;
  };

  Mutex mutex_;
  int64_t next_handle_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<int64_t, Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::vector<int64_t>, std::less<>> by_mission_
      ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int64_t, std::less<>> heads_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_MAIL_HUB_H_
