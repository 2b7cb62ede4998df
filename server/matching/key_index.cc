#include "server/matching/key_index.h"

#include <algorithm>
#include <utility>

#include "server/matching/parallel.h"

namespace passerelle::matching {

std::span<const Row> KeyIndex::Segment::Find(uint64_t key) const {
  const auto it = std::lower_bound(keys.begin(), keys.end(), key);
  if (it == keys.end() || *it != key) return {};
  const auto i = static_cast<size_t>(it - keys.begin());
  return std::span<const Row>(rows).subspan(begins[i],
                                            begins[i + 1] - begins[i]);
}

KeyIndex::Segment KeyIndex::MakeSegment(std::vector<Entry> entries) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.key != b.key ? a.key < b.key : a.row < b.row;
  });
  Segment segment;
  segment.rows.reserve(entries.size());
  for (const Entry& entry : entries) {
    if (segment.keys.empty() || segment.keys.back() != entry.key) {
      segment.keys.push_back(entry.key);
      segment.begins.push_back(static_cast<uint32_t>(segment.rows.size()));
    }
    segment.rows.push_back(entry.row);
  }
  segment.begins.push_back(static_cast<uint32_t>(segment.rows.size()));
  segment.keys.shrink_to_fit();
  segment.begins.shrink_to_fit();
  return segment;
}

void KeyIndex::Build(const Population::Impl& population, int threads) {
  for (auto& segments : segments_) segments.clear();
  for (auto& delta : delta_) delta.clear();
  delta_rows_ = 0;
  // One kind after the other for each thread, so that little is in memory
  // unsorted.
  ForChunks(kKeyKinds, 1, threads, [&](size_t, size_t kind, size_t) {
    std::vector<Entry> entries;
    std::vector<uint64_t> keys;
    for (size_t i = 0; i < population.size(); ++i) {
      const auto row = static_cast<Row>(i);
      if (population.removed(row)) continue;
      MakeKeys(population.View(row), static_cast<KeyKind>(kind), false, &keys);
      for (const uint64_t key : keys) entries.push_back({key, row});
    }
    if (!entries.empty())
      segments_[kind].push_back(MakeSegment(std::move(entries)));
  });
}

void KeyIndex::Add(const Population::Impl& population, Row row) {
  const RecordView view = population.View(row);
  std::vector<uint64_t> keys;
  for (size_t kind = 0; kind < kKeyKinds; ++kind) {
    MakeKeys(view, static_cast<KeyKind>(kind), false, &keys);
    for (const uint64_t key : keys) delta_[kind][key].push_back(row);
  }
  if (++delta_rows_ >= kDeltaRows) FoldDelta();
}

void KeyIndex::FoldDelta() {
  for (size_t kind = 0; kind < kKeyKinds; ++kind) {
    std::vector<Entry> entries;
    for (const auto& [key, rows] : delta_[kind])
      for (const Row row : rows) entries.push_back({key, row});
    delta_[kind].clear();
    if (!entries.empty())
      segments_[kind].push_back(MakeSegment(std::move(entries)));
  }
  delta_rows_ = 0;
}

}  // namespace passerelle::matching
