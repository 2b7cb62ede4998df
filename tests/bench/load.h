#ifndef PASSERELLE_TESTS_BENCH_LOAD_H_
#define PASSERELLE_TESTS_BENCH_LOAD_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace passerelle::bench {

// A request ready to be sent. When it carries a request id, a fresh one is
// written over the 36 bytes there for every call.
struct Template {
  static constexpr size_t kNoId = static_cast<size_t>(-1);
  std::string bytes;
  size_t id_offset = kNoId;
};

// One connection, used by callers of one mission.
struct Line {
  std::shared_ptr<grpc::Channel> channel;
  std::string officer;              // asserted in the metadata
  std::vector<Template> templates;  // taken in turn
};

// What is put under load. Bytes are sent and received as they are, so that the
// generator costs the same whichever server answers.
struct Target {
  std::string method;  // e.g. "/passerelle.bench.EchoService/Echo"
  std::vector<Line> lines;
};

struct RoundOptions {
  int clients = 1;
  absl::Duration warm_up;
  absl::Duration time;
  int64_t max_calls = 0;  // end after about so many; 0: when time is over
};

struct RoundResult {
  double calls_per_second = 0;
  std::vector<uint32_t> latencies_us;  // of calls ended while measuring
  int64_t calls = 0;                   // successful, warm-up included
  int64_t errors = 0;
  std::string first_error;
};

// A closed loop: each of `clients` callers sends its next call when the last
// one was answered. Callers are spread over the target's lines and live in
// gRPC's own callback threads. `stop` ends the round early.
RoundResult RunRound(const Target& target, const RoundOptions& options,
                     const std::atomic<bool>& stop);

// The value below which `share` of the (reordered) values lie.
uint32_t Percentile(std::vector<uint32_t>* values, double share);
double Median(std::vector<double> values);

}  // namespace passerelle::bench

#endif  // PASSERELLE_TESTS_BENCH_LOAD_H_
