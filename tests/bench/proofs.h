#ifndef PASSERELLE_TESTS_BENCH_PROOFS_H_
#define PASSERELLE_TESTS_BENCH_PROOFS_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace passerelle::bench {

// Fills a journal on disk with so many made-up leaves, then measures proofs of
// random leaves and sizes, each in a snapshot of its own, and what appending
// costs at the beginning and at the end. Returns one JSON line; an empty one
// when stopped.
absl::StatusOr<std::string> MeasureProofs(int64_t leaves,
                                          const std::atomic<bool>& stop);

}  // namespace passerelle::bench

#endif  // PASSERELLE_TESTS_BENCH_PROOFS_H_
