#ifndef PASSERELLE_SERVER_MATCHING_KEY_INDEX_H_
#define PASSERELLE_SERVER_MATCHING_KEY_INDEX_H_

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "server/matching/keys.h"
#include "server/matching/population_impl.h"

namespace passerelle::matching {

// Rows by key, for search. New rows go to a small table beside sorted segments
// and become a segment of their own when there are kDeltaRows. Rows are never
// taken out: who reads skips those that the population has removed. Readers may
// share it while nobody writes.
class KeyIndex {
 public:
  // All rows of the population, shares computed.
  void Build(const Population::Impl& population, int threads);
  void Add(const Population::Impl& population, Row row);

  // Rows with the key, in pieces: calls f(std::span<const Row>).
  template <typename F>
  void ForRows(KeyKind kind, uint64_t key, F f) const {
    const auto k = static_cast<size_t>(kind);
    for (const Segment& segment : segments_[k]) {
      const std::span<const Row> rows = segment.Find(key);
      if (!rows.empty()) f(rows);
    }
    const auto it = delta_[k].find(key);
    if (it != delta_[k].end()) f(std::span<const Row>(it->second));
  }

  static constexpr size_t kDeltaRows = 50'000;

 private:
  struct Entry {
    uint64_t key;
    Row row;
  };
  // Sorted keys, and where each one's rows begin.
  struct Segment {
    std::vector<uint64_t> keys;
    std::vector<uint32_t> begins;
    std::vector<Row> rows;

    std::span<const Row> Find(uint64_t key) const;
  };

  static Segment MakeSegment(std::vector<Entry> entries);
  void FoldDelta();

  std::array<std::vector<Segment>, kKeyKinds> segments_;
  std::array<std::unordered_map<uint64_t, std::vector<Row>>, kKeyKinds> delta_;
  size_t delta_rows_ = 0;
};

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_KEY_INDEX_H_
