#ifndef PASSERELLE_SERVER_APP_DRAIN_H_
#define PASSERELLE_SERVER_APP_DRAIN_H_

#include <functional>
#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "common/mutex.h"

namespace passerelle::app {

// An orderly end within ten seconds of the request:
//
//   0 s   not_serving: health says NOT_SERVING, callers go elsewhere
//   2 s   stop_accepting, then end_watches (UNAVAILABLE and a place to resume)
//         then shutdown(deadline): calls may finish until then
//   8 s   the deadline: what still runs is cancelled; the rest is for closing
//         the storage
struct DrainSteps {
  std::function<void()> not_serving;
  std::function<void()> stop_accepting;
  std::function<void()> end_watches;
  std::function<void(absl::Time deadline)> shutdown;  // Server::Shutdown
};

struct DrainOptions {
  absl::Duration lead = absl::Seconds(2);
  absl::Duration deadline = absl::Seconds(8);  // both from the request
};

// Runs the steps once, when asked, on the thread that calls Run.
// Request is thread safe; it must not be called from a signal handler (see
// SignalThread), because Server::Shutdown deadlocks there.
class Drain {
 public:
  Drain(DrainSteps steps, DrainOptions options)
      : steps_(std::move(steps)), options_(options) {}

  // The first request begins the drain; a second cuts the lead short and makes
  // the deadline now, for an operator in a hurry.
  void Request();

  // Waits for a request, then runs all steps. Returns when they are done.
  void Run();

 private:
  const DrainSteps steps_;
  const DrainOptions options_;
  Mutex mutex_;
  CondVar changed_;
  int requests_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Blocks SIGTERM and SIGINT in the calling thread and all it starts later, and
// ignores SIGPIPE. Call first in main: a thread that exists already would
// still take the signal and end the process.
void BlockSignals();

// Waits for SIGTERM and SIGINT on a thread of its own and calls `on_signal`
// for each, in normal context, where everything is allowed.
class SignalThread {
 public:
  explicit SignalThread(std::function<void(int signal)> on_signal);
  ~SignalThread();
  SignalThread(const SignalThread&) = delete;
  SignalThread& operator=(const SignalThread&) = delete;

 private:
  class State;
  const std::unique_ptr<State> state_;
};

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_DRAIN_H_
