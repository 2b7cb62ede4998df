#ifndef PASSERELLE_SERVER_MATCHING_TRAINING_H_
#define PASSERELLE_SERVER_MATCHING_TRAINING_H_

#include <vector>

#include "absl/status/statusor.h"
#include "server/matching/blocking.h"
#include "server/matching/model.h"
#include "server/matching/population_impl.h"

namespace passerelle::matching {

// u from random pairs (less those that are probably matches), then m and the
// match rate by EM over the distinct comparison vectors of the candidates;
// candidates not given count as non-matches. See linkage.h.
absl::StatusOr<Model> TrainModel(const Population::Impl& population,
                                 Scope scope,
                                 const std::vector<PackedPair>& candidates,
                                 const Model& prior,
                                 const LinkageOptions& options);

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_TRAINING_H_
