#include "server/matching/linkage.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "server/matching/blocking.h"
#include "server/matching/compare.h"
#include "server/matching/parallel.h"
#include "server/matching/population_impl.h"
#include "server/matching/scoring.h"
#include "server/matching/training.h"

namespace passerelle::matching {
namespace {

constexpr size_t kChunk = 8192;
constexpr int kMaxThreads = 256;
// Chunks between two reports of progress.
constexpr size_t kProgressChunks = 64;

absl::Status Check(const LinkageOptions& options) {
  if (options.threads < 1 || options.threads > kMaxThreads)
    return absl::InvalidArgumentError("threads must be 1 to 256");
  if (!(options.min_probability >= 0 && options.min_probability <= 1))
    return absl::InvalidArgumentError("min_probability must be 0 to 1");
  if (options.max_block < 2)
    return absl::InvalidArgumentError("max_block must be 2 or more");
  return absl::OkStatus();
}

// The two populations as one; pairs across the boundary count.
std::unique_ptr<Population::Impl> Merge(const Population& a,
                                        const Population& b) {
  auto merged = std::make_unique<Population::Impl>();
  merged->Append(a.impl());
  merged->Append(b.impl());
  return merged;
}

std::vector<uint64_t> IdHashes(const Population::Impl& population) {
  std::vector<uint64_t> hashes(population.size());
  for (size_t i = 0; i < hashes.size(); ++i)
    hashes[i] = population.id_hash(static_cast<Row>(i));
  return hashes;
}

// Rows are compared with the one of the smaller hash first, so that results
// are the same whichever is named first.
bool InOrder(const Population::Impl& population,
             const std::vector<uint64_t>& hashes, Row a, Row b) {
  return hashes[a] != hashes[b] ? hashes[a] < hashes[b]
                                : population.id(a) <= population.id(b);
}

absl::StatusOr<std::vector<Pair>> Score(
    const Population::Impl& population, const Model& model,
    const std::vector<PackedPair>& candidates, double min_probability,
    const LinkageOptions& options) {
  std::vector<Pair> pairs;
  const Evidence evidence_of(model);
  const std::vector<uint64_t> hashes = IdHashes(population);
  const size_t step = kChunk * kProgressChunks;
  for (size_t begin = 0; begin < candidates.size(); begin += step) {
    if (options.progress &&
        !options.progress("comparing", begin, candidates.size()))
      return absl::CancelledError("stopped");
    const size_t size = std::min(step, candidates.size() - begin);
    std::vector<std::vector<Pair>> parts((size + kChunk - 1) / kChunk);
    ForChunksWith(
        size, kChunk, options.threads, [&] { return Comparer(population); },
        [&](Comparer& comparer, size_t chunk, size_t from, size_t to) {
          Observations observations;
          for (size_t i = begin + from; i < begin + to; ++i) {
            Row a = First(candidates[i]);
            Row b = Second(candidates[i]);
            Pair pair{.a = a, .b = b};
            if (!InOrder(population, hashes, a, b)) std::swap(a, b);
            const RecordView x = population.View(a);
            const RecordView y = population.View(b);
            comparer.Compare(x, y, &observations);
            pair.weight = model.PriorWeight() + evidence_of.Of(observations);
            pair.probability = std::min(
                model.calibration.Probability(pair.weight), CapOf(x, y));
            if (pair.probability >= min_probability)
              parts[chunk].push_back(pair);
          }
        });
    for (const auto& part : parts)
      pairs.insert(pairs.end(), part.begin(), part.end());
  }
  return pairs;
}

// Pairs of at least this probability speak for others.
constexpr double kSure = 0.9;
// Sure pairs of one record that are looked at: bounds the work.
constexpr size_t kMaxSure = 24;

// If a is b and b is c, then a is c: the weaker of the two sure pairs less one
// bit (two chances to be wrong), and less whatever speaks against a and c when
// they are compared themselves. Pairs that shared no key appear this way.
void UseThirdRecords(const Population::Impl& population, const Model& model,
                     int threads, double min_probability,
                     std::vector<Pair>* pairs) {
  struct Sure {
    double weight;
    Row row;
  };
  std::vector<std::vector<Sure>> sure(population.size());
  for (const Pair& pair : *pairs) {
    if (pair.probability < kSure) continue;
    sure[pair.a].push_back({pair.weight, pair.b});
    sure[pair.b].push_back({pair.weight, pair.a});
  }
  for (auto& list : sure) {
    std::sort(list.begin(), list.end(), [](const Sure& x, const Sure& y) {
      return x.weight != y.weight ? x.weight > y.weight : x.row < y.row;
    });
    if (list.size() > kMaxSure) list.resize(kMaxSure);
  }
  const auto known = [&](Row a, Row b) {
    const auto it = std::lower_bound(
        pairs->begin(), pairs->end(), std::pair(a, b),
        [](const Pair& pair, const std::pair<Row, Row>& wanted) {
          return std::pair(pair.a, pair.b) < wanted;
        });
    return it != pairs->end() && it->a == a && it->b == b ? &*it : nullptr;
  };
  const Evidence evidence_of(model);
  const std::vector<uint64_t> hashes = IdHashes(population);
  const size_t chunks = (population.size() + kChunk - 1) / kChunk;
  std::vector<std::vector<Pair>> parts(chunks);
  ForChunksWith(
      population.size(), kChunk, threads,
      [&] { return Comparer(population, Comparer::kSmallMemory); },
      [&](Comparer& comparer, size_t chunk, size_t from, size_t to) {
        Observations observations;
        std::unordered_map<Row, Sure> best;  // c -> weight of the way, b
        for (size_t i = from; i < to; ++i) {
          const auto a = static_cast<Row>(i);
          best.clear();
          for (const Sure& ab : sure[a]) {
            for (const Sure& bc : sure[ab.row]) {
              if (bc.row <= a) continue;
              const double weight = std::min(ab.weight, bc.weight) - 1;
              const auto [it, inserted] =
                  best.emplace(bc.row, Sure{weight, ab.row});
              if (!inserted &&
                  (weight > it->second.weight ||
                   (weight == it->second.weight && ab.row < it->second.row)))
                it->second = {weight, ab.row};
            }
          }
          for (const auto& [c, way] : best) {
            const Pair* const direct = known(a, c);
            Row x = a;
            Row y = c;
            if (!InOrder(population, hashes, x, y)) std::swap(x, y);
            const RecordView view_x = population.View(x);
            const RecordView view_y = population.View(y);
            double evidence = 0;
            if (direct != nullptr) {
              evidence = direct->weight - model.PriorWeight();
            } else {
              comparer.Compare(view_x, view_y, &observations);
              evidence = evidence_of.Of(observations);
            }
            Pair pair{.a = a, .b = c};
            pair.weight = way.weight + std::min(0.0, evidence);
            pair.via = way.row;
            if (pair.weight <= model.PriorWeight() + evidence) continue;
            pair.probability =
                std::min(model.calibration.Probability(pair.weight),
                         CapOf(view_x, view_y));
            if (pair.probability >= min_probability)
              parts[chunk].push_back(pair);
          }
        }
      });
  // A pair that was lifted takes the place of what it was.
  std::vector<Pair> lifted;
  for (const auto& part : parts)
    lifted.insert(lifted.end(), part.begin(), part.end());
  const auto by_rows = [](const Pair& x, const Pair& y) {
    return std::pair(x.a, x.b) < std::pair(y.a, y.b);
  };
  std::sort(lifted.begin(), lifted.end(), by_rows);
  std::vector<Pair> merged;
  merged.reserve(pairs->size() + lifted.size());
  std::set_union(lifted.begin(), lifted.end(), pairs->begin(), pairs->end(),
                 std::back_inserter(merged), by_rows);
  *pairs = std::move(merged);
}

// What a call works on: rows, which pairs count, and where a model comes from.
struct Work {
  Population::Impl& population;
  Scope scope;
  const LinkageOptions& options;
};

// Candidates, then training if `train`, then scoring if `score`.
absl::StatusOr<TrainedResult> Run(const Work& work, const Model& start,
                                  bool train, bool score) {
  const LinkageOptions& options = work.options;
  if (absl::Status status = Check(options); !status.ok()) return status;
  Population::Impl& population = work.population;
  population.EnsureShares(options.threads);
  TrainedResult out{.model = start, .result = {}};
  LinkageResult& result = out.result;
  result.report.records = population.live();
  absl::StatusOr<std::vector<PackedPair>> candidates =
      FindCandidates(population, work.scope, options, &result.report);
  if (!candidates.ok()) return candidates.status();
  if (train) {
    absl::StatusOr<Model> model =
        TrainModel(population, work.scope, *candidates, start, options);
    if (!model.ok()) return model.status();
    out.model = *std::move(model);
    if (work.scope.boundary != 0) {
      out.model.registered =
          std::clamp(out.model.match_rate * work.scope.boundary, 0.01, 0.99);
    }
  }
  if (!score) return out;
  absl::StatusOr<std::vector<Pair>> pairs = Score(
      population, out.model, *candidates, options.min_probability, options);
  if (!pairs.ok()) return pairs.status();
  result.pairs = *std::move(pairs);
  std::vector<PackedPair>().swap(*candidates);
  if (options.use_third_records && work.scope.boundary == 0)
    UseThirdRecords(population, out.model, options.threads,
                    options.min_probability, &result.pairs);
  for (Pair& pair : result.pairs) {
    result.report.expected_matches += pair.probability;
    pair.b -= work.scope.boundary;
  }
  return out;
}

// Across two populations; nothing to do where one is empty.
absl::StatusOr<TrainedResult> RunAcross(const Population& a,
                                        const Population& b, const Model& start,
                                        const LinkageOptions& options,
                                        bool train, bool score) {
  if (absl::Status status = Check(options); !status.ok()) return status;
  if (a.size() == 0 || b.size() == 0)
    return TrainedResult{.model = start, .result = {}};
  const std::unique_ptr<Population::Impl> merged = Merge(a, b);
  const Scope scope{static_cast<Row>(a.size())};
  return Run({*merged, scope, options}, start, train, score);
}

template <typename Part>
absl::StatusOr<Part> Take(absl::StatusOr<TrainedResult> result,
                          Part TrainedResult::*part) {
  if (!result.ok()) return result.status();
  return std::move((*result).*part);
}

}  // namespace

absl::StatusOr<Model> Train(const Population& population, const Model& prior,
                            const LinkageOptions& options) {
  return Take(Run({population.impl(), Scope(), options}, prior, true, false),
              &TrainedResult::model);
}

absl::StatusOr<Model> Train(const Population& a, const Population& b,
                            const Model& prior, const LinkageOptions& options) {
  return Take(RunAcross(a, b, prior, options, true, false),
              &TrainedResult::model);
}

absl::StatusOr<LinkageResult> Dedupe(const Population& population,
                                     const Model& model,
                                     const LinkageOptions& options) {
  return Take(Run({population.impl(), Scope(), options}, model, false, true),
              &TrainedResult::result);
}

absl::StatusOr<LinkageResult> Link(const Population& a, const Population& b,
                                   const Model& model,
                                   const LinkageOptions& options) {
  return Take(RunAcross(a, b, model, options, false, true),
              &TrainedResult::result);
}

absl::StatusOr<TrainedResult> TrainAndDedupe(const Population& population,
                                             const Model& prior,
                                             const LinkageOptions& options) {
  return Run({population.impl(), Scope(), options}, prior, true, true);
}

absl::StatusOr<TrainedResult> TrainAndLink(const Population& a,
                                           const Population& b,
                                           const Model& prior,
                                           const LinkageOptions& options) {
  return RunAcross(a, b, prior, options, true, true);
}

struct Explainer::Impl {
  std::unique_ptr<Population::Impl> owned;  // of a Link
  Population::Impl* population = nullptr;
  Row boundary = 0;
  Model model;
};

Explainer::Explainer(const Population& population, const Model& model)
    : impl_(std::make_unique<Impl>()) {
  impl_->population = &population.impl();
  impl_->model = model;
  impl_->population->EnsureShares(1);
}

Explainer::Explainer(const Population& a, const Population& b,
                     const Model& model)
    : impl_(std::make_unique<Impl>()) {
  impl_->owned = Merge(a, b);
  impl_->population = impl_->owned.get();
  impl_->boundary = static_cast<Row>(a.size());
  impl_->model = model;
  impl_->population->EnsureShares(1);
}

Explainer::~Explainer() = default;

Explanation Explainer::Explain(Row a, Row b) const {
  const Population::Impl& population = *impl_->population;
  b += impl_->boundary;
  const uint64_t hash_a = population.id_hash(a);
  const uint64_t hash_b = population.id_hash(b);
  const bool swap =
      hash_a != hash_b ? hash_a > hash_b : population.id(a) > population.id(b);
  if (swap) std::swap(a, b);
  Comparer comparer(population, Comparer::kSmallMemory);
  Observations observations;
  const RecordView x = population.View(a);
  const RecordView y = population.View(b);
  comparer.Compare(x, y, &observations);
  Explanation explanation = matching::Explain(impl_->model, x, y, observations);
  if (swap) {
    for (Contribution& c : explanation.contributions)
      std::swap(c.value_a, c.value_b);
  }
  return explanation;
}

Explanation Explainer::Explain(const Pair& pair) const {
  Explanation explanation = Explain(pair.a, pair.b);
  if (pair.via == kNoRow) return explanation;
  explanation.via = std::string(impl_->population->id(pair.via));
  explanation.via_weight = pair.weight - explanation.weight;
  explanation.weight = pair.weight;
  explanation.probability = pair.probability;
  return explanation;
}

}  // namespace passerelle::matching
