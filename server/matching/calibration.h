#ifndef PASSERELLE_SERVER_MATCHING_CALIBRATION_H_
#define PASSERELLE_SERVER_MATCHING_CALIBRATION_H_

#include <span>
#include <utility>
#include <vector>

namespace passerelle::matching {

// A confirmed decision: the raw weight that was shown, and what a person found.
// `sampling` is the chance with which such a pair was chosen for review; its
// inverse weighs the decision, so that easy cases do not train alone.
struct Decision {
  double weight = 0;  // log2 odds
  bool same = false;
  double sampling = 1;  // in (0, 1]
};

// A monotone map from raw weight (log2 odds) to probability: the identity
// (1/(1+2^-w)) until fitted, Platt's two parameters below 500 decisions,
// isotonic regression (interpolated, so order is kept) from there on.
class Calibration {
 public:
  Calibration() = default;

  // Decisions may come in any order; the result does not depend on it. With
  // fewer than 20, or all of one kind, the identity is returned.
  static Calibration Fit(std::span<const Decision> decisions);

  double Probability(double weight) const;
  bool is_identity() const { return points_.empty(); }

  // Knots (weight, calibrated log2 odds), both ascending; linear between, and
  // parallel to the identity outside.
  const std::vector<std::pair<double, double>>& points() const {
    return points_;
  }
  // False unless `points` ascend and are finite.
  bool SetPoints(std::vector<std::pair<double, double>> points);

 private:
  std::vector<std::pair<double, double>> points_;
};

// One bar of a reliability diagram.
struct ReliabilityBin {
  double mean_probability = 0;
  double share_true = 0;
  double count = 0;
};

struct Reliability {
  std::vector<ReliabilityBin> bins;  // 10, by probability; empty ones kept
  double expected_error = 0;         // ECE: mean |probability - share true|
  double brier = 0;                  // mean squared error
};

// `probabilities[i]` was said of what `truths[i]` shows. Same length.
Reliability MeasureReliability(std::span<const double> probabilities,
                               std::span<const bool> truths);

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_CALIBRATION_H_
