#ifndef PASSERELLE_SERVER_MATCHING_MODEL_H_
#define PASSERELLE_SERVER_MATCHING_MODEL_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/matching/calibration.h"
#include "server/matching/comparison.h"

namespace passerelle::matching {

// Parameters of a Fellegi-Sunter model. m: share of a level among pairs of one
// person; u: among pairs of two. Both sum to 1 over the levels of a comparison.
struct LevelTable {
  std::array<double, kMaxLevels> m{};
  std::array<double, kMaxLevels> u{};
};

// What scoring needs besides the population. A value: copy it freely. Anything
// computed with a model can be computed again with a stored copy of it, to
// 1e-9.
struct Model {
  // Chance that two records drawn at random are one person.
  double match_rate = 1e-6;
  // Chance that a sought person is registered at all.
  double registered = 0.3;
  std::array<LevelTable, kComparisonCount> levels{};
  // From raw weight to probability; the identity until fitted.
  Calibration calibration;

  // How it was made; informative.
  uint64_t trained_records = 0;
  uint64_t trained_pairs = 0;
  int iterations = 0;

  // log2 of match_rate against its complement.
  double PriorWeight() const;
  // 16 hexadecimal digits of the hash of all parameters.
  std::string Version() const;
};

// What the development data taught: the start of training, and the prior that
// keeps small files from over-fitting.
Model DefaultModel();

// Text, one parameter a line, doubles exact, ending in a checksum.
std::string SerialiseModel(const Model& model);

// The lines of a model with the checksum that ends them.
std::string SealModel(absl::string_view body);

// DATA_LOSS: damaged (checksum) or cut short. FAILED_PRECONDITION: written by
// a newer version. INVALID_ARGUMENT: not a model, or a parameter out of range.
absl::StatusOr<Model> ParseModel(absl::string_view text);

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_MODEL_H_
