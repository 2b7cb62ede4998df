#ifndef PASSERELLE_SERVER_MATCHING_TRAIN_COST_LEARNER_H_
#define PASSERELLE_SERVER_MATCHING_TRAIN_COST_LEARNER_H_

#include <string>
#include <vector>

#include "server/matching/edit_costs.h"

namespace passerelle::matching {

// Two spellings of one name, as phonetic strings.
struct SoundPair {
  std::string first;
  std::string second;
  double weight = 1;
};

// Learns edit costs from pairs by expectation maximisation of a memoryless
// stochastic edit distance (Ristad and Yianilos, "Learning string-edit
// distance", IEEE PAMI 20(5), 1998), with gaps apart for the first, inner and
// last place of a word. An operation of probability p costs
//
//   (-log p + 1/2 log p(best use of x) + 1/2 log p(best use of y)) / kScale
//
// so that the likeliest counterpart of a sound is nearly free, whatever the
// sound's own frequency. Pairs that fit badly (mined data has wrong ones) are
// left out after the second round. `symmetric`: both sides are one script.
EditCosts LearnCosts(const std::vector<SoundPair>& pairs, bool symmetric);

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_TRAIN_COST_LEARNER_H_
