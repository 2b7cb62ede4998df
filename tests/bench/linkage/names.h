#ifndef PASSERELLE_TESTS_BENCH_LINKAGE_NAMES_H_
#define PASSERELLE_TESTS_BENCH_LINKAGE_NAMES_H_

#include <string>

#include "tests/bench/linkage/table.h"

namespace passerelle::bench {

// Similarity of names on the development pairs below `folder`.
void MeasureNames(const std::string& folder, Report* report);

}  // namespace passerelle::bench

#endif  // PASSERELLE_TESTS_BENCH_LINKAGE_NAMES_H_
