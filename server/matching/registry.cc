#include "server/matching/registry.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <utility>

#include "server/matching/compare.h"
#include "server/matching/key_index.h"
#include "server/matching/population_impl.h"
#include "server/matching/scoring.h"

namespace passerelle::matching {
namespace {

constexpr int kMaxTop = 1000;
constexpr int kMaxCandidates = 100'000;
// Rows read from the index for each row that may be compared.
constexpr size_t kPostingsPerCandidate = 3;
// Compared at once; then it is looked whether to go on.
constexpr size_t kBatch = 192;
// A batch whose best is so many bits behind (1 to 65,536) ends the search.
constexpr double kNegligible = 16;

// The rows that share the rarest keys.
struct Found {
  std::vector<Row> rows;
  bool truncated = false;
};

}  // namespace

class Registry::Impl {
 public:
  Impl(Population population, Model model)
      : population_(std::move(population)),
        model_(std::move(model)),
        evidence_(model_) {
    const int threads =
        static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    population_.impl().EnsureShares(threads);
    index_.Build(population_.impl(), threads);
  }

  absl::Status Insert(const Record& record) {
    const std::lock_guard lock(mutex_);
    return Add(record);
  }

  absl::Status Remove(absl::string_view id) {
    const std::lock_guard lock(mutex_);
    const std::optional<Row> row = population_.impl().Find(id);
    if (!row.has_value()) return absl::NotFoundError("no such record");
    population_.impl().Remove(*row);
    return absl::OkStatus();
  }

  absl::Status Upsert(const Record& record) {
    const std::lock_guard lock(mutex_);
    const std::optional<Row> row = population_.impl().Find(record.id);
    if (!row.has_value()) return Add(record);
    // Removed first, so that its own words do not count twice; nothing can
    // fail after the checks that it passed before.
    if (population_.impl().size() >= Population::kMaxRows)
      return absl::ResourceExhaustedError("too many records");
    population_.impl().Remove(*row);
    return Add(record);
  }

  absl::StatusOr<SearchResult> Search(const Record& record,
                                      const SearchOptions& options) const {
    if (options.top < 1 || options.top > kMaxTop ||
        options.max_candidates < 1 || options.max_candidates > kMaxCandidates ||
        !(options.min_probability >= 0 && options.min_probability <= 1))
      return absl::InvalidArgumentError("search options out of range");
    const std::shared_lock lock(mutex_);
    const Population::Impl& population = population_.impl();
    Request request;
    population.MakeRequest(record, &request);
    const RecordView& view = request.view;
    if (view.names.empty() && view.phones.empty() && view.identifiers.empty() &&
        !view.has_birth)
      return absl::InvalidArgumentError("nothing to search by");
    const Found found = Find(view, static_cast<size_t>(options.max_candidates));

    // P(i) = (r/N) B_i / ((1-r) + (r/N) sum B), in logarithms.
    const double share =
        std::log2(model_.registered /
                  static_cast<double>(std::max<size_t>(population.live(), 1)));
    const double absent = std::log2(1 - model_.registered);
    struct Scored {
      Row row;
      double evidence;
    };
    std::vector<Scored> scored;
    scored.reserve(found.rows.size());
    Comparer comparer(population, Comparer::kSmallMemory);
    Observations observations;
    // Those that share the rarest keys come first: once a whole batch adds
    // next to nothing to the sum, the rest would not either.
    double highest = absent;
    for (size_t i = 0; i < found.rows.size();) {
      double best = -std::numeric_limits<double>::infinity();
      const size_t end = std::min(found.rows.size(), i + kBatch);
      for (; i < end; ++i) {
        const Row row = found.rows[i];
        comparer.Compare(view, population.View(row), &observations);
        scored.push_back({row, evidence_.Of(observations)});
        best = std::max(best, share + scored.back().evidence);
      }
      if (best + kNegligible < highest) break;
      highest = std::max(highest, best);
    }
    std::sort(scored.begin(), scored.end(),
              [&](const Scored& a, const Scored& b) {
                return a.evidence != b.evidence
                           ? a.evidence > b.evidence
                           : population.id(a.row) < population.id(b.row);
              });

    SearchResult result;
    result.registered = population.live();
    result.compared = scored.size();
    result.truncated = found.truncated;
    if (scored.empty()) return result;
    double sum = std::exp2(absent - highest);
    for (const Scored& s : scored)
      sum += std::exp2(share + s.evidence - highest);
    result.nobody = std::exp2(absent - highest) / sum;
    for (const Scored& s : scored) {
      if (result.candidates.size() == static_cast<size_t>(options.top)) break;
      Candidate candidate;
      candidate.probability = std::exp2(share + s.evidence - highest) / sum;
      if (candidate.probability < options.min_probability) break;
      candidate.id = std::string(population.id(s.row));
      candidate.weight = model_.PriorWeight() + s.evidence;
      if (options.explain) {
        const RecordView other = population.View(s.row);
        comparer.Compare(view, other, &observations);
        candidate.explanation = Explain(model_, view, other, observations);
      }
      result.candidates.push_back(std::move(candidate));
    }
    return result;
  }

  size_t size() const {
    const std::shared_lock lock(mutex_);
    return population_.impl().live();
  }
  const Model& model() const { return model_; }

 private:
  absl::Status Add(const Record& record) {
    const absl::StatusOr<Row> row = population_.impl().Add(record);
    if (!row.ok()) return row.status();
    population_.impl().ComputeShares(*row);
    index_.Add(population_.impl(), *row);
    return absl::OkStatus();
  }

  // Reads the shortest lists first, and ranks rows by how rare the keys are
  // that they share with the request.
  Found Find(const RecordView& view, size_t most) const {
    struct List {
      size_t size = 0;
      KeyKind kind = KeyKind::kWord;
      uint64_t key = 0;
    };
    std::vector<List> lists;
    std::vector<uint64_t> keys;
    for (int k = 0; k < kKeyKinds; ++k) {
      const auto kind = static_cast<KeyKind>(k);
      MakeKeys(view, kind, true, &keys);
      for (const uint64_t key : keys) {
        List list{0, kind, key};
        index_.ForRows(kind, key, [&](std::span<const Row> rows) {
          list.size += rows.size();
        });
        if (list.size > 0) lists.push_back(list);
      }
    }
    std::sort(lists.begin(), lists.end(), [](const List& a, const List& b) {
      return a.size != b.size ? a.size < b.size : a.key < b.key;
    });
    Found found;
    const double population_size =
        static_cast<double>(population_.impl().size()) + 1;
    std::vector<std::pair<Row, float>> hits;
    for (const List& list : lists) {
      const size_t limit = most * kPostingsPerCandidate;
      if (!hits.empty() && hits.size() + list.size > limit) {
        found.truncated = true;
        break;
      }
      const auto rare = static_cast<float>(
          std::log2(population_size / static_cast<double>(list.size)));
      size_t left = limit;
      index_.ForRows(list.kind, list.key, [&](std::span<const Row> rows) {
        if (rows.size() > left) found.truncated = true;
        rows = rows.first(std::min(rows.size(), left));
        left -= rows.size();
        for (const Row row : rows) hits.emplace_back(row, rare);
      });
    }
    // A row's rarity is the sum over its hits.
    std::sort(hits.begin(), hits.end());
    std::vector<std::pair<float, Row>> ranked;
    for (size_t i = 0; i < hits.size();) {
      const Row row = hits[i].first;
      float rare = 0;
      for (; i < hits.size() && hits[i].first == row; ++i)
        rare += hits[i].second;
      if (!population_.impl().removed(row)) ranked.emplace_back(-rare, row);
    }
    std::sort(ranked.begin(), ranked.end());
    if (ranked.size() > most) {
      found.truncated = true;
      ranked.resize(most);
    }
    found.rows.reserve(ranked.size());
    for (const auto& [rare, row] : ranked) found.rows.push_back(row);
    return found;
  }

  mutable std::shared_mutex mutex_;
  Population population_;
  const Model model_;
  const Evidence evidence_;
  KeyIndex index_;
};

Registry::Registry(Population population, Model model)
    : impl_(std::make_unique<Impl>(std::move(population), std::move(model))) {}
Registry::~Registry() = default;

absl::Status Registry::Insert(const Record& record) {
  return impl_->Insert(record);
}
absl::Status Registry::Remove(absl::string_view id) {
  return impl_->Remove(id);
}
absl::Status Registry::Upsert(const Record& record) {
  return impl_->Upsert(record);
}
absl::StatusOr<SearchResult> Registry::Search(
    const Record& request, const SearchOptions& options) const {
  return impl_->Search(request, options);
}
size_t Registry::size() const { return impl_->size(); }
const Model& Registry::model() const { return impl_->model(); }

}  // namespace passerelle::matching
