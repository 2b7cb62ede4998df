#include "server/matching/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace passerelle::matching {
namespace {

constexpr size_t kFewestDecisions = 20;
constexpr size_t kIsotonicFrom = 500;
constexpr double kLog2 = 0.6931471805599453;

double Sigmoid2(double log2_odds) { return 1 / (1 + std::exp2(-log2_odds)); }

struct Sample {
  double weight;
  double count;
  double same;
};

// Decisions by weight, those of equal weight together.
std::vector<Sample> Collect(std::span<const Decision> decisions) {
  std::vector<Decision> sorted(decisions.begin(), decisions.end());
  std::erase_if(sorted, [](const Decision& d) {
    return !std::isfinite(d.weight) || !(d.sampling > 0);
  });
  std::sort(sorted.begin(), sorted.end(),
            [](const Decision& a, const Decision& b) {
              if (a.weight != b.weight) return a.weight < b.weight;
              if (a.same != b.same) return a.same < b.same;
              return a.sampling < b.sampling;
            });
  std::vector<Sample> samples;
  for (const Decision& d : sorted) {
    const double count = 1 / std::min(d.sampling, 1.0);
    if (samples.empty() || samples.back().weight != d.weight)
      samples.push_back({d.weight, 0, 0});
    samples.back().count += count;
    samples.back().same += d.same ? count : 0;
  }
  return samples;
}

// Pool adjacent violators: blocks whose share of `same` ascends.
std::vector<std::pair<double, double>> Isotonic(
    const std::vector<Sample>& samples) {
  struct Block {
    double weight_sum;
    double count;
    double same;
    double share() const { return same / count; }
  };
  std::vector<Block> blocks;
  for (const Sample& s : samples) {
    blocks.push_back({s.weight * s.count, s.count, s.same});
    while (blocks.size() > 1 &&
           blocks[blocks.size() - 2].share() >= blocks.back().share()) {
      Block& before = blocks[blocks.size() - 2];
      before.weight_sum += blocks.back().weight_sum;
      before.count += blocks.back().count;
      before.same += blocks.back().same;
      blocks.pop_back();
    }
  }
  std::vector<std::pair<double, double>> points;
  for (const Block& block : blocks) {
    // Half a decision either way, so that no share is 0 or 1.
    const double share = (block.same + 0.5) / (block.count + 1);
    points.emplace_back(block.weight_sum / block.count,
                        std::log2(share / (1 - share)));
  }
  for (size_t i = 1; i < points.size(); ++i)
    points[i].second = std::max(points[i].second, points[i - 1].second);
  return points;
}

// log odds = slope * weight + offset, by Newton's method with a weak pull to
// the identity.
std::vector<std::pair<double, double>> Platt(
    const std::vector<Sample>& samples) {
  double slope = 1;
  double offset = 0;
  for (int round = 0; round < 50; ++round) {
    constexpr double kPull = 0.5;
    double g0 = kPull * offset;
    double g1 = kPull * (slope - 1);
    double h00 = kPull;
    double h01 = 0;
    double h11 = kPull;
    for (const Sample& s : samples) {
      const double p = Sigmoid2(slope * s.weight + offset);
      const double error = kLog2 * (s.count * p - s.same);
      const double curve = kLog2 * kLog2 * s.count * p * (1 - p);
      g0 += error;
      g1 += error * s.weight;
      h00 += curve;
      h01 += curve * s.weight;
      h11 += curve * s.weight * s.weight;
    }
    const double det = h00 * h11 - h01 * h01;
    if (!(det > 0)) break;
    const double step0 = (h11 * g0 - h01 * g1) / det;
    const double step1 = (h00 * g1 - h01 * g0) / det;
    offset -= std::clamp(step0, -5.0, 5.0);
    slope -= std::clamp(step1, -1.0, 1.0);
    if (std::abs(step0) + std::abs(step1) < 1e-10) break;
  }
  slope = std::max(slope, 0.01);  // order is kept
  constexpr double kFar = 40;
  return {{-kFar, offset - slope * kFar}, {kFar, offset + slope * kFar}};
}

}  // namespace

Calibration Calibration::Fit(std::span<const Decision> decisions) {
  Calibration calibration;
  const std::vector<Sample> samples = Collect(decisions);
  const auto same = std::count_if(decisions.begin(), decisions.end(),
                                  [](const Decision& d) { return d.same; });
  if (decisions.size() < kFewestDecisions || same == 0 ||
      same == static_cast<std::ptrdiff_t>(decisions.size()))
    return calibration;
  calibration.SetPoints(decisions.size() < kIsotonicFrom ? Platt(samples)
                                                         : Isotonic(samples));
  return calibration;
}

double Calibration::Probability(double weight) const {
  if (points_.empty()) return Sigmoid2(weight);
  if (weight <= points_.front().first)
    return Sigmoid2(points_.front().second + weight - points_.front().first);
  if (weight >= points_.back().first)
    return Sigmoid2(points_.back().second + weight - points_.back().first);
  const auto right = std::upper_bound(
      points_.begin(), points_.end(), weight,
      [](double w, const auto& point) { return w < point.first; });
  const auto left = right - 1;
  const double t = (weight - left->first) / (right->first - left->first);
  return Sigmoid2(left->second + t * (right->second - left->second));
}

bool Calibration::SetPoints(std::vector<std::pair<double, double>> points) {
  for (size_t i = 0; i < points.size(); ++i) {
    if (!std::isfinite(points[i].first) || !std::isfinite(points[i].second))
      return false;
    if (i > 0 && (points[i].first <= points[i - 1].first ||
                  points[i].second < points[i - 1].second))
      return false;
  }
  points_ = std::move(points);
  return true;
}

Reliability MeasureReliability(std::span<const double> probabilities,
                               std::span<const bool> truths) {
  constexpr size_t kBins = 10;
  Reliability out;
  out.bins.resize(kBins);
  const size_t size = std::min(probabilities.size(), truths.size());
  for (size_t i = 0; i < size; ++i) {
    const double p = std::clamp(probabilities[i], 0.0, 1.0);
    ReliabilityBin& bin =
        out.bins[std::min(static_cast<size_t>(p * kBins), kBins - 1)];
    bin.mean_probability += p;
    bin.share_true += truths[i];
    bin.count += 1;
    out.brier += (p - truths[i]) * (p - truths[i]);
  }
  for (ReliabilityBin& bin : out.bins) {
    if (bin.count == 0) continue;
    bin.mean_probability /= bin.count;
    bin.share_true /= bin.count;
    out.expected_error += bin.count / static_cast<double>(size) *
                          std::abs(bin.mean_probability - bin.share_true);
  }
  if (size > 0) out.brier /= static_cast<double>(size);
  return out;
}

}  // namespace passerelle::matching
