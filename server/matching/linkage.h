#ifndef PASSERELLE_SERVER_MATCHING_LINKAGE_H_
#define PASSERELLE_SERVER_MATCHING_LINKAGE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/matching/explanation.h"
#include "server/matching/model.h"
#include "server/matching/population.h"

namespace passerelle::matching {

// Called from the calling thread now and then. `stage` is a short English
// phrase; `done` of `total` steps of that stage. Return false to stop: the
// call then ends with CANCELLED.
using Progress =
    std::function<bool(absl::string_view stage, uint64_t done, uint64_t total)>;

struct LinkageOptions {
  int threads = 1;  // 1 to 256; results do not depend on it
  // Pairs below are left out.
  double min_probability = 0.01;
  // Infer from third records (a~b and b~c speak for a~c). Dedupe only.
  bool use_third_records = true;
  // A block of records that share a key is split beyond this, never dropped
  // silently: see LinkageReport.
  int max_block = 500;
  // Candidate pairs at most, shared out among the kinds of key, each of which
  // then splits its blocks smaller; bounds memory.
  uint64_t max_candidates = 60'000'000;
  Progress progress;
};

inline constexpr Row kNoRow = UINT32_MAX;

// One pair of records that may be one person.
struct Pair {
  Row a = 0;  // Dedupe: a < b. Link: row of the first population
  Row b = 0;
  double weight = 0;       // log2 odds, everything included
  double probability = 0;  // calibrated and capped
  // The third record that lifted the weight, if one did; see
  // LinkageOptions::use_third_records.
  Row via = kNoRow;
};

// What happened, for the officer and the log; no private data.
struct LinkageReport {
  uint64_t records = 0;
  uint64_t candidates = 0;
  // Blocks that were larger than `max_block` even when split: lost recall.
  uint64_t capped_blocks = 0;
  uint64_t capped_records = 0;
  double expected_matches = 0;
};

struct LinkageResult {
  std::vector<Pair> pairs;  // by a, then b
  LinkageReport report;
};

// Learns m and the match rate from the population itself, by EM over its
// candidate pairs with u from random pairs kept fixed, starting at (and drawn
// to) `prior`. Needs no truth. A population of fewer than 2 records returns
// the prior. INVALID_ARGUMENT: options out of range. CANCELLED.
absl::StatusOr<Model> Train(const Population& population, const Model& prior,
                            const LinkageOptions& options);
// The same for pairs between two populations: `a` is what is searched, `b` who
// is sought, and the model's `registered` is the share of `b` met in `a`.
absl::StatusOr<Model> Train(const Population& a, const Population& b,
                            const Model& prior, const LinkageOptions& options);

// Pairs within one population. Same errors.
absl::StatusOr<LinkageResult> Dedupe(const Population& population,
                                     const Model& model,
                                     const LinkageOptions& options);

// Pairs between two populations, each assumed free of duplicates or not: no
// one-to-one constraint is set. Same errors.
absl::StatusOr<LinkageResult> Link(const Population& a, const Population& b,
                                   const Model& model,
                                   const LinkageOptions& options);

// Train, then Dedupe or Link with what was learnt: candidates are found once.
struct TrainedResult {
  Model model;
  LinkageResult result;
};
absl::StatusOr<TrainedResult> TrainAndDedupe(const Population& population,
                                             const Model& prior,
                                             const LinkageOptions& options);
absl::StatusOr<TrainedResult> TrainAndLink(const Population& a,
                                           const Population& b,
                                           const Model& prior,
                                           const LinkageOptions& options);

// Explains pairs of one run: made once, then cheap per pair. The populations
// must outlive it. Thread safe.
class Explainer {
 public:
  // Of a Dedupe.
  Explainer(const Population& population, const Model& model);
  // Of a Link.
  Explainer(const Population& a, const Population& b, const Model& model);
  ~Explainer();

  // Any two rows. For a pair with a third record pass the pair itself.
  Explanation Explain(Row a, Row b) const;
  Explanation Explain(const Pair& pair) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_LINKAGE_H_
