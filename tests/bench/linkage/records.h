#ifndef PASSERELLE_TESTS_BENCH_LINKAGE_RECORDS_H_
#define PASSERELLE_TESTS_BENCH_LINKAGE_RECORDS_H_

#include <string>

#include "tests/bench/linkage/table.h"

namespace passerelle::bench {

// De-duplication of files whose truth is known, each with a model trained on
// the file itself.
void MeasureRecords(const std::string& folder, int threads, Report* report);

}  // namespace passerelle::bench

#endif  // PASSERELLE_TESTS_BENCH_LINKAGE_RECORDS_H_
