#ifndef PASSERELLE_SERVER_MATCHING_BLOCKING_H_
#define PASSERELLE_SERVER_MATCHING_BLOCKING_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "server/matching/linkage.h"
#include "server/matching/population_impl.h"

namespace passerelle::matching {

// Two rows, the smaller in the high half.
using PackedPair = uint64_t;
inline PackedPair Pack(Row a, Row b) {
  return a < b ? PackedPair{a} << 32 | b : PackedPair{b} << 32 | a;
}
inline Row First(PackedPair pair) { return static_cast<Row>(pair >> 32); }
inline Row Second(PackedPair pair) { return static_cast<Row>(pair); }

// Rows below `boundary` are of one population, the others of another, and only
// pairs across it count; 0 for pairs within one.
struct Scope {
  Row boundary = 0;

  bool Wanted(Row a, Row b) const {
    return boundary == 0 || (a < boundary) != (b < boundary);
  }
  double PairCount(size_t rows) const {
    const auto n = static_cast<double>(rows);
    return boundary == 0 ? n * (n - 1) / 2 : boundary * (n - boundary);
  }
};

// Pairs of rows that share a key, ascending, each once. Independent of the
// number of threads and, but for names of rows, of their order. Shares must
// have been computed. CANCELLED by options.progress.
absl::StatusOr<std::vector<PackedPair>> FindCandidates(
    const Population::Impl& population, Scope scope,
    const LinkageOptions& options, LinkageReport* report);

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_BLOCKING_H_
