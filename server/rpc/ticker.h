#ifndef PASSERELLE_SERVER_RPC_TICKER_H_
#define PASSERELLE_SERVER_RPC_TICKER_H_

#include <memory>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "common/mutex.h"

namespace passerelle::rpc {

// Looks at everything that waits, five times a second: long polls and streams
// end on time, and a revoked caller is cut. Thread safe.
class Ticker {
 public:
  class Waiting {
   public:
    virtual ~Waiting() = default;
    // Called on the ticker's thread; must be quick. False: no more ticks.
    virtual bool Tick(absl::Time now) = 0;
  };

  Ticker();
  ~Ticker();

  // Ticks `waiting` until it says no or is gone.
  void Add(std::weak_ptr<Waiting> waiting);
  // Ticks everything now, e.g. because the server stops.
  void TickNow();

 private:
  void Loop();

  Mutex mutex_;
  CondVar wake_;
  std::vector<std::weak_ptr<Waiting>> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace passerelle::rpc

#endif  // PASSERELLE_SERVER_RPC_TICKER_H_
