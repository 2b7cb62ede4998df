#include "server/matching/registry.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <utility>

#include "server/matching/candidates.h"
#include "server/matching/compare.h"
#include "server/matching/key_index.h"
#include "server/matching/population_impl.h"
#include "server/matching/scoring.h"

namespace passerelle::matching {
namespace {

constexpr int kMaxTop = 1000;
constexpr int kMaxCandidates = 100'000;
// So many in a row that add next to nothing end the search.
constexpr size_t kIdle = 384;
// What is so many bits behind the best (1 to 65,536) adds next to nothing.
constexpr double kNegligible = 16;
// Records lie far apart in memory: so many are asked for at once.
constexpr size_t kAhead = 16;

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
    Candidates candidates(index_, population, view,
                          static_cast<size_t>(options.max_candidates));

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
    Comparer comparer(population, Comparer::kSmallMemory);
    Observations observations;
    // Those that share the rarest keys come first: once many in a row add next
    // to nothing to the sum, the rest would not either.
    double highest = absent;
    size_t idle = 0;
    while (idle < kIdle && !candidates.empty()) {
      Few<Row, kAhead> next;
      while (next.size < kAhead && !candidates.empty()) {
        next.push_back(candidates.Take());
        population.PrefetchRow(next[next.size - 1]);
      }
      for (const Row row : next) population.PrefetchValues(row);
      for (const Row row : next) {
        if (population.removed(row)) continue;
        comparer.Compare(view, population.View(row), &observations);
        scored.push_back({row, evidence_.Of(observations)});
        const double weight = share + scored.back().evidence;
        highest = std::max(highest, weight);
        idle = weight + kNegligible < highest ? idle + 1 : 0;
      }
    }
    // Even the rarest thing known of this person is common: those who share it
    // and were not read count like the last that were compared, so that a
    // common name does not make it look as if nobody were registered.
    double unread = 0;
    if (candidates.unread() > 0 && !scored.empty()) {
      const size_t tail = std::min(scored.size(), kIdle);
      for (size_t i = scored.size() - tail; i < scored.size(); ++i)
        unread += std::exp2(share + scored[i].evidence - highest);
      unread *=
          static_cast<double>(candidates.unread()) / static_cast<double>(tail);
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
    result.truncated = candidates.truncated();
    if (scored.empty()) return result;
    double sum = std::exp2(absent - highest) + unread;
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
