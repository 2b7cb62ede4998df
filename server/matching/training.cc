#include "server/matching/training.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "server/matching/compare.h"
#include "server/matching/parallel.h"

namespace passerelle::matching {
namespace {

// Pairs that EM looks at; more are sampled down.
constexpr size_t kMaxTrainingPairs = 1'000'000;
constexpr size_t kRandomPairs = 1'000'000;
constexpr size_t kChunk = 8192;
constexpr int kMaxRounds = 100;
constexpr double kConverged = 1e-5;
// Pseudo-pairs of the prior.
constexpr double kPriorPairs = 50;
// u is estimated, EM run, and once more without the matches among the random
// pairs.
constexpr int kPasses = 2;
// Steps of log2 that shares are rounded to within a vector.
constexpr double kShareStep = 0.5;
constexpr double kSmallestShare = 1.0 / 32768;

// What is equal for many pairs: levels seen, and the shares they rest on.
struct Vector {
  std::vector<std::pair<uint8_t, uint8_t>> levels;  // comparison, level
  double against = 0;                               // sum of log2 shares
  double count = 0;                                 // pairs
  bool with_roles = false;
};

std::string KeyOf(const Observations& observations) {
  std::array<char, 40> bytes;
  size_t size = 0;
  double against = 0;
  for (const Observation& o : observations) {
    bytes[size++] =
        static_cast<char>(static_cast<int>(o.comparison) << 4 | o.level);
    if (UsesShare(o.comparison, o.level))
      against += std::log2(std::max<double>(o.share, kSmallestShare));
  }
  std::sort(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  std::string key(bytes.data(), size);
  const int steps = static_cast<int>(std::lround(-against / kShareStep));
  key += static_cast<char>(steps >> 8);
  key += static_cast<char>(steps);
  return key;
}

Vector FromKey(const std::string& key, double count) {
  Vector vector;
  vector.count = count;
  for (size_t i = 0; i + 2 < key.size(); ++i) {
    const auto byte = static_cast<unsigned char>(key[i]);
    vector.levels.emplace_back(byte >> 4, byte & 15);
    vector.with_roles |=
        byte >> 4 <= static_cast<int>(Comparison::kSwappedName);
  }
  const int steps =
      static_cast<int>(static_cast<unsigned char>(key[key.size() - 2])) << 8 |
      static_cast<unsigned char>(key.back());
  vector.against = -steps * kShareStep;
  return vector;
}

// Compares `size` pairs and counts equal vectors, in the order of their keys.
template <typename PairAt>
std::vector<Vector> CountVectors(const Population::Impl& population,
                                 const std::vector<uint64_t>& hashes,
                                 size_t size, int threads, PairAt pair_at) {
  using Counts = std::unordered_map<std::string, double>;
  const size_t chunks = (size + kChunk - 1) / kChunk;
  std::vector<Counts> parts(chunks);
  ForChunksWith(
      size, kChunk, threads, [&] { return Comparer(population); },
      [&](Comparer& comparer, size_t chunk, size_t begin, size_t end) {
        Observations observations;
        for (size_t i = begin; i < end; ++i) {
          auto [a, b] = pair_at(i);
          if (a == b) continue;
          if (hashes[b] < hashes[a]) std::swap(a, b);
          comparer.Compare(population.View(a), population.View(b),
                           &observations);
          ++parts[chunk][KeyOf(observations)];
        }
      });
  std::map<std::string, double> counts;
  for (Counts& part : parts) {
    for (const auto& [key, count] : part) counts[key] += count;
    Counts().swap(part);
  }
  std::vector<Vector> vectors;
  vectors.reserve(counts.size());
  for (const auto& [key, count] : counts)
    vectors.push_back(FromKey(key, count));
  return vectors;
}

// log2 odds of a vector.
double Weigh(const Model& model, const Vector& vector) {
  double weight = model.PriorWeight() - vector.against;
  for (const auto& [c, l] : vector.levels) {
    const LevelTable& table = model.levels[c];
    weight += std::log2(table.m[l]);
    if (!UsesShare(static_cast<Comparison>(c), l))
      weight -= std::log2(table.u[l]);
  }
  return weight;
}

double Probability(double weight) { return 1 / (1 + std::exp2(-weight)); }

using Counts = std::array<std::array<double, kMaxLevels>, kComparisonCount>;

void EstimateU(const std::vector<Vector>& random, bool weigh, Model* model) {
  Counts counts{};
  for (const Vector& vector : random) {
    const double weight =
        vector.count * (weigh ? 1 - Probability(Weigh(*model, vector)) : 1);
    for (const auto& [c, l] : vector.levels) counts[c][l] += weight;
  }
  for (size_t c = 0; c < kComparisonCount; ++c) {
    // Swaps are seen only where they agree.
    if (static_cast<Comparison>(c) == Comparison::kSwappedName) continue;
    const int levels = LevelCount(static_cast<Comparison>(c));
    double sum = 0;
    for (int l = 0; l < levels; ++l) sum += counts[c][static_cast<size_t>(l)];
    // Never seen: the prior's values stay.
    if (sum < 100) continue;
    for (int l = 0; l < levels; ++l) {
      const auto i = static_cast<size_t>(l);
      model->levels[c].u[i] = (counts[c][i] + 0.5) / (sum + 0.5 * levels);
    }
  }
}

// Pools neighbouring levels until values descend.
void Descend(std::vector<double>* values, const std::vector<double>& weights) {
  struct Block {
    double sum;
    double weight;
    size_t size;
  };
  std::vector<Block> blocks;
  for (size_t i = 0; i < values->size(); ++i) {
    blocks.push_back({(*values)[i] * weights[i], weights[i], 1});
    while (blocks.size() > 1) {
      const Block& last = blocks.back();
      Block& before = blocks[blocks.size() - 2];
      if (before.sum / before.weight >= last.sum / last.weight) break;
      before.sum += last.sum;
      before.weight += last.weight;
      before.size += last.size;
      blocks.pop_back();
    }
  }
  size_t i = 0;
  for (const Block& block : blocks) {
    for (size_t k = 0; k < block.size; ++k)
      (*values)[i++] = block.sum / block.weight;
  }
}

// Better agreement never counts less.
void MakeMonotone(Comparison comparison, LevelTable* table) {
  std::vector<size_t> order;
  bool by_share = false;
  switch (comparison) {
    case Comparison::kGivenName:
    case Comparison::kFamilyName:
    case Comparison::kName:
    case Comparison::kSwappedName:
      // Shares only grow towards weaker levels; so m must not.
      for (size_t l = 0; l < kAgreementLevels; ++l) order.push_back(l);
      by_share = true;
      break;
    case Comparison::kBirthDate:
      order = {kBirthOneSlip, kBirthYearAndPart, kBirthSameYear,
               kBirthNear,    kBirthFar,         kBirthElse};
      break;
    default:
      for (size_t l = 0; l < static_cast<size_t>(LevelCount(comparison)); ++l)
        order.push_back(l);
  }
  std::vector<double> values;
  std::vector<double> weights;
  for (const size_t l : order) {
    values.push_back(by_share ? table->m[l] : table->m[l] / table->u[l]);
    weights.push_back(by_share ? 1 : table->u[l]);
  }
  Descend(&values, weights);
  for (size_t i = 0; i < order.size(); ++i)
    table->m[order[i]] = by_share ? values[i] : values[i] * table->u[order[i]];
}

// One round; returns the largest change of a parameter.
double Step(const std::vector<Vector>& candidates, double scale, double pairs,
            const Model& prior, Model* model) {
  Counts counts{};
  double matches = 0;
  double with_roles = 0;  // of these, pairs whose names have roles
  for (const Vector& vector : candidates) {
    const double p = vector.count * Probability(Weigh(*model, vector));
    matches += p;
    if (vector.with_roles) with_roles += p;
    for (const auto& [c, l] : vector.levels) counts[c][l] += p;
  }
  double change = 0;
  for (size_t c = 0; c < kComparisonCount; ++c) {
    const auto comparison = static_cast<Comparison>(c);
    const int levels = LevelCount(comparison);
    double sum = 0;
    for (int l = 0; l < levels; ++l) sum += counts[c][static_cast<size_t>(l)];
    if (comparison == Comparison::kSwappedName) {
      // Seen only where roles are swapped; the rest is "not swapped", which the
      // last level stands for.
      auto& rest = counts[c][kWordOnOneSide];
      rest = std::max(0.0, with_roles - sum);
      sum += rest;
    }
    LevelTable updated = model->levels[c];
    for (int l = 0; l < levels; ++l) {
      const auto i = static_cast<size_t>(l);
      updated.m[i] = (counts[c][i] + kPriorPairs * prior.levels[c].m[i]) /
                     (sum + kPriorPairs);
    }
    MakeMonotone(comparison, &updated);
    for (size_t l = 0; l < kMaxLevels; ++l)
      change = std::max(change, std::abs(updated.m[l] - model->levels[c].m[l]));
    model->levels[c] = updated;
  }
  const double rate =
      std::clamp((matches * scale + 0.5) / (pairs + 1), 1e-15, 0.5);
  change = std::max(change, std::abs(rate / model->match_rate - 1));
  model->match_rate = rate;
  return change;
}

}  // namespace

absl::StatusOr<Model> TrainModel(const Population::Impl& population,
                                 Scope scope,
                                 const std::vector<PackedPair>& candidates,
                                 const Model& prior,
                                 const LinkageOptions& options) {
  const size_t rows = population.size();
  const double pairs = scope.PairCount(population.live());
  if (rows < 2 || pairs < 1) return prior;
  std::vector<uint64_t> hashes(rows);
  std::vector<Row> order;
  for (size_t i = 0; i < rows; ++i) {
    hashes[i] = population.id_hash(static_cast<Row>(i));
    if (!population.removed(static_cast<Row>(i)))
      order.push_back(static_cast<Row>(i));
  }
  // Drawn by the ids, so that the order of input does not matter.
  std::sort(order.begin(), order.end(), [&](Row a, Row b) {
    return hashes[a] != hashes[b] ? hashes[a] < hashes[b]
                                  : population.id(a) < population.id(b);
  });
  const auto report = [&](absl::string_view stage, uint64_t done) {
    return !options.progress || options.progress(stage, done, 3);
  };
  if (!report("training", 0)) return absl::CancelledError("stopped");

  const size_t live = order.size();
  const bool all_pairs =
      static_cast<double>(live) * static_cast<double>(live) <=
      2.0 * kRandomPairs;
  const auto random_pair = [&](size_t i) -> std::pair<Row, Row> {
    const size_t x = all_pairs ? i / live : MixHash(1, i) % live;
    const size_t y = all_pairs ? i % live : MixHash(2, i) % live;
    const Row a = order[x];
    const Row b = order[y];
    if ((all_pairs && x >= y) || !scope.Wanted(a, b)) return {a, a};
    return {a, b};
  };
  const std::vector<Vector> random =
      CountVectors(population, hashes, all_pairs ? live * live : kRandomPairs,
                   options.threads, random_pair);
  if (!report("training", 1)) return absl::CancelledError("stopped");

  // A sample by the pair's own hash, whatever the order.
  const double keep = std::min(
      1.0, static_cast<double>(kMaxTrainingPairs) /
               static_cast<double>(std::max<size_t>(candidates.size(), 1)));
  const auto threshold = static_cast<uint64_t>(keep * 4294967296.0);
  const std::vector<Vector> vectors =
      CountVectors(population, hashes, candidates.size(), options.threads,
                   [&](size_t i) -> std::pair<Row, Row> {
                     const Row a = First(candidates[i]);
                     const Row b = Second(candidates[i]);
                     const uint64_t h = MixHash(std::min(hashes[a], hashes[b]),
                                                std::max(hashes[a], hashes[b]));
                     if ((h & 0xFFFFFFFF) >= threshold) return {a, a};
                     return {a, b};
                   });
  if (!report("training", 2)) return absl::CancelledError("stopped");

  Model model = prior;
  model.trained_records = population.live();
  model.trained_pairs = candidates.size();
  model.iterations = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    EstimateU(random, pass > 0, &model);
    if (pass == 0)
      model.match_rate = std::min(0.3 / static_cast<double>(live), 0.1);
    for (int round = 0; round < kMaxRounds; ++round) {
      ++model.iterations;
      if (Step(vectors, 1 / keep, pairs, prior, &model) < kConverged) break;
    }
  }
  return model;
}

}  // namespace passerelle::matching
