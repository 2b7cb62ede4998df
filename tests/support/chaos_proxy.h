#ifndef PASSERELLE_TESTS_SUPPORT_CHAOS_PROXY_H_
#define PASSERELLE_TESTS_SUPPORT_CHAOS_PROXY_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <random>
#include <thread>
#include <vector>

namespace passerelle::testing {

// A bad line: carries TCP between a port of its own and one of the same
// machine, and resets connections after amounts of data that a seeded
// generator draws. One thread, no sleeps. Destruction closes everything.
class ChaosProxy {
 public:
  struct Options {
    int target_port = 0;
    uint64_t seed = 1;
    // A connection lives for this many bytes from the server, drawn evenly; a
    // TLS handshake takes some 3,000. 0: for ever.
    int min_bytes = 0;
    int max_bytes = 0;
  };

  explicit ChaosProxy(Options options);
  ~ChaosProxy();
  ChaosProxy(const ChaosProxy&) = delete;
  ChaosProxy& operator=(const ChaosProxy&) = delete;

  int port() const { return port_; }
  // Connections reset so far.
  int64_t resets() const { return resets_.load(); }
  // From now on connections live for ever.
  void Calm() { calm_.store(true); }

 private:
  struct Side {
    int peer = -1;
    bool from_server = false;
  };
  struct Link {
    int64_t left = -1;  // bytes until the reset; -1: for ever
  };

  void Loop();
  void Accept();
  void Carry(int from);
  void Close(int descriptor);

  const Options options_;
  std::mt19937_64 random_;
  int listener_ = -1;
  int wake_[2] = {-1, -1};
  int port_ = 0;
  std::map<int, Side> sides_;  // by descriptor
  std::map<int, Link> links_;  // by the server's descriptor
  std::atomic<int64_t> resets_{0};
  std::atomic<bool> calm_{false};
  std::thread thread_;
};

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_SUPPORT_CHAOS_PROXY_H_
