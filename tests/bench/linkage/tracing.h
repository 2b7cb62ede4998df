#ifndef PASSERELLE_TESTS_BENCH_LINKAGE_TRACING_H_
#define PASSERELLE_TESTS_BENCH_LINKAGE_TRACING_H_

#include <string>

#include "tests/bench/linkage/table.h"

namespace passerelle::bench {

// Requests in two scripts against a registry; some people are not registered.
void MeasureTracing(const std::string& folder, int threads, Report* report);

}  // namespace passerelle::bench

#endif  // PASSERELLE_TESTS_BENCH_LINKAGE_TRACING_H_
