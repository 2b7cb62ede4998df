#ifndef PASSERELLE_TESTS_BENCH_FIGURES_H_
#define PASSERELLE_TESTS_BENCH_FIGURES_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace passerelle::bench {

struct BenchOptions {
  std::vector<std::string> benches;  // of AllBenches; empty: all
  std::vector<int> clients;          // empty: 1, 8, 64, 256
  double seconds = 1.5;
  int rounds = 5;
  int64_t exchanges = 100'000;
  int64_t leaves = 10'000'000;
};

struct Outcome {
  absl::Status status;  // why measuring ended early
  int64_t failed_calls = 0;
};

// Names that BenchOptions::benches may hold.
std::vector<std::string> AllBenches();

// Measures and prints: caps, then one line per figure. `stop` ends it early.
Outcome RunBenches(const BenchOptions& options, const std::atomic<bool>& stop);

}  // namespace passerelle::bench

#endif  // PASSERELLE_TESTS_BENCH_FIGURES_H_
