#include "server/app/drain.h"

#include <pthread.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "absl/time/clock.h"
#include "common/log.h"

namespace passerelle::app {
namespace {

sigset_t TerminationSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

void Drain::Request() {
  MutexLock lock(&mutex_);
  ++requests_;
  changed_.NotifyAll();
}

void Drain::Run() {
  {
    MutexLock lock(&mutex_);
    while (requests_ == 0) changed_.Wait(&mutex_);
  }
  // Real time throughout: the ten seconds are promised to the operator's
  // process manager, which knows no other clock.
  const absl::Time begin = absl::Now();
  const absl::Time lead_end = begin + options_.lead;
  absl::Time deadline = begin + options_.deadline;
  Log(LogLevel::kInfo, "drain_started");
  if (steps_.not_serving) steps_.not_serving();
  {
    MutexLock lock(&mutex_);
    while (requests_ < 2 && absl::Now() < lead_end) {
      changed_.WaitFor(&mutex_,
                       absl::ToChronoMicroseconds(lead_end - absl::Now()));
    }
    if (requests_ > 1) deadline = absl::Now();
  }
  if (steps_.stop_accepting) steps_.stop_accepting();
  if (steps_.end_watches) steps_.end_watches();
  if (steps_.shutdown) steps_.shutdown(deadline);
  Log(LogLevel::kInfo, "drain_done",
      {{"milliseconds", absl::ToInt64Milliseconds(absl::Now() - begin)}});
}

void BlockSignals() {
  const sigset_t set = TerminationSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

class SignalThread::State {
 public:
  explicit State(std::function<void(int)> on_signal)
      : on_signal_(std::move(on_signal)), thread_([this] { Run(); }) {}

  ~State() {
    stopping_.store(true);
    // Directed at the one thread, so the process's own signals are not
    // mistaken for it.
    pthread_kill(thread_.native_handle(), SIGTERM);
    thread_.join();
  }

 private:
  void Run() {
    const sigset_t set = TerminationSignals();
    while (true) {
      int signal = 0;
      if (sigwait(&set, &signal) != 0) continue;
      if (stopping_.load()) return;
      Log(LogLevel::kInfo, "signal_received", {{"signal", int64_t{signal}}});
      on_signal_(signal);
    }
  }

  const std::function<void(int)> on_signal_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

SignalThread::SignalThread(std::function<void(int)> on_signal)
    : state_(std::make_unique<State>(std::move(on_signal))) {}

SignalThread::~SignalThread() = default;

}  // namespace passerelle::app
