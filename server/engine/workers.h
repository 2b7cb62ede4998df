#ifndef PASSERELLE_SERVER_ENGINE_WORKERS_H_
#define PASSERELLE_SERVER_ENGINE_WORKERS_H_

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "common/mutex.h"

namespace passerelle::engine {

// A few threads for work that must not run on gRPC's: lists, long polls.
// Thread safe.
class Workers {
 public:
  Workers(int threads, size_t max_queue);
  ~Workers();  // as Stop

  // False when the queue is full or after Stop; the job is then not run.
  [[nodiscard]] bool Run(std::function<void()> job);

  // Finishes what is queued and takes nothing more.
  void Stop();

 private:
  void Loop();

  const size_t max_queue_;
  Mutex mutex_;
  CondVar wake_;
  std::deque<std::function<void()>> jobs_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_WORKERS_H_
