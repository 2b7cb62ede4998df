#ifndef PASSERELLE_SERVER_MATCHING_SCORING_H_
#define PASSERELLE_SERVER_MATCHING_SCORING_H_

#include <array>

#include "server/matching/compare.h"
#include "server/matching/explanation.h"
#include "server/matching/model.h"

namespace passerelle::matching {

// A share-based level is at least as good as no agreement at all: for a very
// common value the weakest level that counts more stands in.
int EffectiveLevel(const Model& model, const Observation& observation);

// Sums observations' weights, without the prior: what WeightOf and
// EffectiveLevel say of each, with the model's logarithms taken once.
class Evidence {
 public:
  explicit Evidence(const Model& model);
  double Of(const Observations& observations) const;

 private:
  struct Level {
    double m;       // log2
    double weight;  // of the level where no share is used
    bool uses_share;
  };
  std::array<std::array<Level, kMaxLevels>, kComparisonCount> levels_;
  std::array<double, kComparisonCount> worst_;
};

// The most the pair's probability may be.
double CapOf(const RecordView& a, const RecordView& b);

// Everything about the pair but a third record.
Explanation Explain(const Model& model, const RecordView& a,
                    const RecordView& b, const Observations& observations);

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_SCORING_H_
