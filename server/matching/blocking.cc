#include "server/matching/blocking.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <mutex>
#include <utility>

#include "absl/status/statusor.h"
#include "server/matching/keys.h"
#include "server/matching/parallel.h"

namespace passerelle::matching {
namespace {

constexpr size_t kRowChunk = 16'384;
// Keys are spread over so many buckets, each sorted by itself.
constexpr size_t kBuckets = 256;
// Pairs from one kind of key: so many at least, or so many for each record.
// Strong keys hardly reach it; weak ones would bury the others.
constexpr double kMinBudget = 1.5e6;
constexpr double kBudgetPerRecord = 0.5;
// Of a block that nothing splits, each record meets so many neighbours.
constexpr size_t kWindow = 8;

struct Entry {
  uint64_t key;
  Row row;
};
struct ByKey {
  bool operator()(const Entry& a, const Entry& b) const {
    return a.key != b.key ? a.key < b.key : a.row < b.row;
  }
};

class Finder {
 public:
  Finder(const Population::Impl& population, Scope scope,
         const LinkageOptions& options, LinkageReport* report)
      : population_(population),
        scope_(scope),
        options_(options),
        report_(report) {}

  absl::StatusOr<std::vector<PackedPair>> Run() {
    budget_ = std::max(
        kMinBudget, kBudgetPerRecord * static_cast<double>(population_.size()));
    budget_ = std::min(
        budget_, static_cast<double>(options_.max_candidates) / kKeyKinds);
    std::vector<PackedPair> all;
    for (int kind = 0; kind < kKeyKinds; ++kind) {
      if (options_.progress &&
          !options_.progress("finding candidates", static_cast<uint64_t>(kind),
                             kKeyKinds))
        return absl::CancelledError("stopped");
      std::vector<PackedPair> found = OfKind(static_cast<KeyKind>(kind));
      std::vector<PackedPair> merged;
      merged.reserve(all.size() + found.size());
      std::set_union(all.begin(), all.end(), found.begin(), found.end(),
                     std::back_inserter(merged));
      all = std::move(merged);
    }
    report_->candidates = all.size();
    return all;
  }

 private:
  std::vector<PackedPair> OfKind(KeyKind kind) {
    MakeEntries(kind);
    const size_t cap = ChooseCap();
    std::array<std::vector<PackedPair>, kBuckets> pairs;
    ForChunks(kBuckets, 1, options_.threads,
              [&](size_t, size_t bucket, size_t) {
                EmitBucket(bucket, cap, &pairs[bucket]);
              });
    size_t total = 0;
    for (const auto& part : pairs) total += part.size();
    std::vector<PackedPair> all;
    all.reserve(total);
    for (auto& part : pairs) {
      all.insert(all.end(), part.begin(), part.end());
      std::vector<PackedPair>().swap(part);
    }
    Sort(&all);
    return all;
  }

  void MakeEntries(KeyKind kind) {
    const size_t rows = population_.size();
    const size_t chunks = (rows + kRowChunk - 1) / kRowChunk;
    std::vector<std::array<std::vector<Entry>, kBuckets>> parts(chunks);
    ForChunks(rows, kRowChunk, options_.threads,
              [&](size_t chunk, size_t begin, size_t end) {
                std::vector<uint64_t> keys;
                for (size_t i = begin; i < end; ++i) {
                  const auto row = static_cast<Row>(i);
                  if (population_.removed(row)) continue;
                  MakeKeys(population_.View(row), kind, false, &keys);
                  for (const uint64_t key : keys)
                    parts[chunk][key >> 56].push_back({key, row});
                }
              });
    ForChunks(kBuckets, 1, options_.threads,
              [&](size_t, size_t bucket, size_t) {
                std::vector<Entry>& entries = buckets_[bucket];
                entries.clear();
                size_t size = 0;
                for (const auto& part : parts) size += part[bucket].size();
                entries.reserve(size);
                for (auto& part : parts) {
                  entries.insert(entries.end(), part[bucket].begin(),
                                 part[bucket].end());
                  std::vector<Entry>().swap(part[bucket]);
                }
                std::sort(entries.begin(), entries.end(), ByKey());
              });
  }

  template <typename F>
  static void ForBlocks(std::vector<Entry>& entries, size_t begin, size_t end,
                        F f) {
    while (begin < end) {
      size_t next = begin + 1;
      while (next < end && entries[next].key == entries[begin].key) ++next;
      f(begin, next);
      begin = next;
    }
  }

  // The largest block that keeps this kind within its budget.
  size_t ChooseCap() {
    constexpr std::array<size_t, 10> kCaps = {500, 350, 240, 160, 110,
                                              75,  50,  35,  24,  16};
    std::array<double, kCaps.size()> pairs{};
    for (auto& entries : buckets_) {
      ForBlocks(entries, 0, entries.size(), [&](size_t begin, size_t end) {
        const auto n = static_cast<double>(end - begin);
        for (size_t i = 0; i < kCaps.size(); ++i) {
          if (end - begin <= kCaps[i]) pairs[i] += n * (n - 1) / 2;
        }
      });
    }
    const auto most = static_cast<size_t>(options_.max_block);
    for (size_t i = 0; i < kCaps.size(); ++i) {
      if (kCaps[i] <= std::max(most, kCaps.back()) && pairs[i] <= budget_)
        return kCaps[i];
    }
    return kCaps.back();
  }

  void EmitBucket(size_t bucket, size_t cap, std::vector<PackedPair>* out) {
    std::vector<Entry>& entries = buckets_[bucket];
    uint64_t capped_blocks = 0;
    uint64_t capped_records = 0;
    ForBlocks(entries, 0, entries.size(), [&](size_t begin, size_t end) {
      Emit(entries, begin, end, cap, 0, out, &capped_blocks, &capped_records);
    });
    Sort(out);
    const std::lock_guard<std::mutex> lock(mutex_);
    report_->capped_blocks += capped_blocks;
    report_->capped_records += capped_records;
  }

  void Emit(std::vector<Entry>& entries, size_t begin, size_t end, size_t cap,
            int step, std::vector<PackedPair>* out, uint64_t* capped_blocks,
            uint64_t* capped_records) {
    if (end - begin <= cap) {
      for (size_t i = begin; i < end; ++i)
        for (size_t j = i + 1; j < end; ++j)
          AddPair(entries[i].row, entries[j].row, out);
      return;
    }
    if (step == kSplitSteps) {
      EmitWindow(entries, begin, end, out);
      ++*capped_blocks;
      *capped_records += end - begin;
      return;
    }
    std::vector<Entry> parts;
    parts.reserve(end - begin);
    for (size_t i = begin; i < end; ++i) {
      const Row row = entries[i].row;
      parts.push_back(
          {MixHash(entries[i].key, SplitKey(population_.View(row), step)),
           row});
    }
    std::sort(parts.begin(), parts.end(), ByKey());
    ForBlocks(parts, 0, parts.size(), [&](size_t b, size_t e) {
      Emit(parts, b, e, cap, step + 1, out, capped_blocks, capped_records);
    });
  }

  // Nothing tells them apart by key: those with the nearest births meet.
  void EmitWindow(const std::vector<Entry>& entries, size_t begin, size_t end,
                  std::vector<PackedPair>* out) {
    std::vector<std::pair<std::pair<int64_t, uint64_t>, Row>> order;
    for (size_t i = begin; i < end; ++i) {
      const Row row = entries[i].row;
      const RecordView view = population_.View(row);
      order.push_back({{view.has_birth ? view.birth_first : INT64_MAX,
                        population_.id_hash(row)},
                       row});
    }
    std::sort(order.begin(), order.end());
    for (size_t i = 0; i < order.size(); ++i)
      for (size_t j = i + 1; j < std::min(order.size(), i + 1 + kWindow); ++j)
        AddPair(order[i].second, order[j].second, out);
  }

  void AddPair(Row a, Row b, std::vector<PackedPair>* out) const {
    if (a != b && scope_.Wanted(a, b)) out->push_back(Pack(a, b));
  }

  static void Sort(std::vector<PackedPair>* pairs) {
    std::sort(pairs->begin(), pairs->end());
    pairs->erase(std::unique(pairs->begin(), pairs->end()), pairs->end());
  }

  const Population::Impl& population_;
  const Scope scope_;
  const LinkageOptions& options_;
  LinkageReport* const report_;
  double budget_ = 0;
  std::mutex mutex_;
  std::array<std::vector<Entry>, kBuckets> buckets_;
};

}  // namespace

absl::StatusOr<std::vector<PackedPair>> FindCandidates(
    const Population::Impl& population, Scope scope,
    const LinkageOptions& options, LinkageReport* report) {
  return Finder(population, scope, options, report).Run();
}

}  // namespace passerelle::matching
