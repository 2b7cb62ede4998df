#ifndef PASSERELLE_SERVER_MATCHING_EXPLANATION_H_
#define PASSERELLE_SERVER_MATCHING_EXPLANATION_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/matching/comparison.h"
#include "server/matching/model.h"

namespace passerelle::matching {

// One bar of the waterfall: what one observation adds to the weight.
struct Contribution {
  Comparison comparison = Comparison::kName;
  int level = 0;
  // What was compared, folded: the words, "1984-02-03", "1984". Private data:
  // shown to who may see the records, never logged.
  std::string value_a;
  std::string value_b;
  double m = 0;
  // What takes the place of the table's u: the share of the population that
  // agrees with this value at this level or better; 0 where the table's u is
  // used.
  double share = 0;
  double weight = 0;  // log2; positive speaks for one person

  absl::string_view level_name() const { return LevelName(comparison, level); }
};

// Why two records got their probability. prior + via_weight + the sum of the
// contributions' weights == weight to the last bits (1e-9), and probability
// follows from weight by the model's calibration and `cap`.
struct Explanation {
  std::string model_version;
  double prior = 0;  // log2 odds before anything was compared
  std::vector<Contribution> contributions;
  double weight = 0;
  // The most it may be, below 1 for `Record::known_distinct`.
  double cap = 1;
  double probability = 0;
  // Fields that one side or both left empty: no evidence either way.
  std::vector<Comparison> missing;
  // Set where the probability was lifted because both records are surely the
  // person of a third: the id of that record.
  std::string via;
  double via_weight = 0;  // 0 without `via`; part of `weight`
};

// The weight again, from the stored explanation's levels and shares and the
// stored model alone.
double RecomputeWeight(const Explanation& explanation, const Model& model);

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_EXPLANATION_H_
