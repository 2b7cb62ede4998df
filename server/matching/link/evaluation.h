#ifndef PASSERELLE_SERVER_MATCHING_LINK_EVALUATION_H_
#define PASSERELLE_SERVER_MATCHING_LINK_EVALUATION_H_

#include <cstdint>
#include <vector>

#include "server/matching/calibration.h"

namespace passerelle::link {

// A pair that was listed: how probable it was called, and what the truth says.
struct ScoredPair {
  double probability = 0;
  bool same = false;
};

// How good a list of pairs is. Shares are of pairs of records, against all
// true pairs: one that was never listed is missed.
struct Evaluation {
  uint64_t listed = 0;
  uint64_t true_pairs = 0;
  // At probability 0.5 and above.
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  // Over all thresholds, and the highest threshold that reaches it.
  double best_f1 = 0;
  double best_threshold = 0;
  // Calibration of what was listed, in 10 bins of equal width.
  matching::Reliability reliability;
};

// `true_pairs` counts all that the truth knows, listed or not.
Evaluation Evaluate(std::vector<ScoredPair> pairs, uint64_t true_pairs);

// How good answers to searches are.
struct SearchEvaluation {
  uint64_t requests = 0;
  uint64_t registered = 0;  // of them, with somebody to be found
  // Of the registered: the person is the first, is among the first 10.
  double recall_at_1 = 0;
  double recall_at_10 = 0;
  // Of the others: the first answer is nobody.
  double nobody_first = 0;
  // Calibration of first answers, "nobody" included.
  matching::Reliability reliability;
};

// The answers to one request, as far as the truth is concerned.
struct SearchAnswer {
  bool registered = false;
  int rank = 0;  // of the right person among people, from 1; 0: not listed
  // The most probable answer, a person or nobody.
  double top_probability = 0;
  bool top_right = false;
  bool top_is_nobody = false;
};

SearchEvaluation EvaluateSearch(const std::vector<SearchAnswer>& answers);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_EVALUATION_H_
