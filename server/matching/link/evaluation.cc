#include "server/matching/link/evaluation.h"

#include <algorithm>
#include <memory>

namespace passerelle::link {
namespace {

constexpr double kThreshold = 0.5;

double Share(double part, double whole) { return whole > 0 ? part / whole : 0; }

// 2PR/(P+R), from counts.
double F1(double right, double listed, double wanted) {
  return Share(2 * right, listed + wanted);
}

matching::Reliability Calibration(const std::vector<double>& probabilities,
                                  const std::vector<bool>& truths) {
  // vector<bool> is no array of bool.
  const auto plain = std::make_unique<bool[]>(truths.size());
  std::copy(truths.begin(), truths.end(), plain.get());
  return matching::MeasureReliability(
      probabilities, std::span<const bool>(plain.get(), truths.size()));
}

}  // namespace

Evaluation Evaluate(std::vector<ScoredPair> pairs, uint64_t true_pairs) {
  std::sort(pairs.begin(), pairs.end(),
            [](const ScoredPair& a, const ScoredPair& b) {
              return a.probability > b.probability;
            });
  Evaluation evaluation;
  evaluation.listed = pairs.size();
  evaluation.true_pairs = true_pairs;
  const auto wanted = static_cast<double>(true_pairs);
  std::vector<double> probabilities;
  std::vector<bool> truths;
  double listed = 0;
  double right = 0;
  for (size_t i = 0; i < pairs.size(); ++i) {
    const ScoredPair& pair = pairs[i];
    probabilities.push_back(pair.probability);
    truths.push_back(pair.same);
    ++listed;
    right += pair.same ? 1 : 0;
    // A threshold cannot part pairs of one probability.
    const bool last_of_equals =
        i + 1 == pairs.size() || pairs[i + 1].probability < pair.probability;
    if (!last_of_equals) continue;
    const double f1 = F1(right, listed, wanted);
    if (f1 > evaluation.best_f1) {
      evaluation.best_f1 = f1;
      evaluation.best_threshold = pair.probability;
    }
    if (pair.probability >= kThreshold) {
      evaluation.precision = Share(right, listed);
      evaluation.recall = Share(right, wanted);
      evaluation.f1 = f1;
    }
  }
  evaluation.reliability = Calibration(probabilities, truths);
  return evaluation;
}

SearchEvaluation EvaluateSearch(const std::vector<SearchAnswer>& answers) {
  SearchEvaluation evaluation;
  evaluation.requests = answers.size();
  std::vector<double> probabilities;
  std::vector<bool> truths;
  double first = 0;
  double ten = 0;
  double nobody = 0;
  for (const SearchAnswer& answer : answers) {
    probabilities.push_back(answer.top_probability);
    truths.push_back(answer.top_right);
    if (answer.registered) {
      ++evaluation.registered;
      first += answer.rank == 1 ? 1 : 0;
      ten += answer.rank >= 1 && answer.rank <= 10 ? 1 : 0;
    } else {
      nobody += answer.top_is_nobody ? 1 : 0;
    }
  }
  const auto registered = static_cast<double>(evaluation.registered);
  evaluation.recall_at_1 = Share(first, registered);
  evaluation.recall_at_10 = Share(ten, registered);
  evaluation.nobody_first =
      Share(nobody, static_cast<double>(answers.size()) - registered);
  evaluation.reliability = Calibration(probabilities, truths);
  return evaluation;
}

}  // namespace passerelle::link
