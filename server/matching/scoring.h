#ifndef PASSERELLE_SERVER_MATCHING_SCORING_H_
#define PASSERELLE_SERVER_MATCHING_SCORING_H_

#include "server/matching/compare.h"
#include "server/matching/explanation.h"
#include "server/matching/model.h"

namespace passerelle::matching {

// A share-based level is at least as good as no agreement at all: for a very
// common value the weakest level that counts more stands in.
int EffectiveLevel(const Model& model, const Observation& observation);

// Sum of the observations' weights, without the prior.
double EvidenceOf(const Model& model, const Observations& observations);

// The most the pair's probability may be.
double CapOf(const RecordView& a, const RecordView& b);

// Everything about the pair but a third record.
Explanation Explain(const Model& model, const RecordView& a,
                    const RecordView& b, const Observations& observations);

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_SCORING_H_
