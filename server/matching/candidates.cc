#include "server/matching/candidates.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace passerelle::matching {
namespace {

// Rows read from the index for each row that may be compared.
constexpr size_t kPostingsPerCandidate = 3;

constexpr Row kFree = std::numeric_limits<Row>::max();
static_assert(Population::kMaxRows < kFree);

// Rows of one key, in the pieces that the index has them in.
struct List {
  size_t size = 0;
  uint64_t key = 0;
  size_t first_piece = 0;
  size_t pieces = 0;
};

// Of more rows than are read: the same ones whatever the order of input.
std::vector<Row> FirstInOrder(const Population::Impl& population,
                              std::span<const std::span<const Row>> pieces,
                              size_t most) {
  std::vector<Row> rows;
  for (const std::span<const Row> piece : pieces)
    rows.insert(rows.end(), piece.begin(), piece.end());
  std::nth_element(rows.begin(),
                   rows.begin() + static_cast<std::ptrdiff_t>(most), rows.end(),
                   [&population](Row a, Row b) {
                     return population.order(a) < population.order(b);
                   });
  rows.resize(most);
  return rows;
}

}  // namespace

class Candidates::Tally {
 public:
  explicit Tally(size_t most_hits)
      : slots_(std::bit_ceil(2 * most_hits + 1), {kFree, 0, 0}),
        shift_(64 - std::countr_zero(slots_.size())) {}

  void Add(Row row, float rarity) {
    // Rows are numbers in sequence: multiplying spreads them.
    size_t i = (row * 0x9E3779B97F4A7C15ULL) >> shift_;
    while (slots_[i].row != row && slots_[i].row != kFree)
      i = (i + 1) & (slots_.size() - 1);
    slots_[i].row = row;
    slots_[i].rarity += rarity;
  }

  // The rows added. The tally is empty after that.
  std::vector<Ranked> Rows() {
    // Half the slots are taken at random: moving each is quicker than guessing.
    size_t count = 0;
    for (const Ranked slot : slots_) {
      slots_[count] = slot;
      count += slot.row != kFree ? 1 : 0;
    }
    slots_.resize(count);
    return std::move(slots_);
  }

 private:
  std::vector<Ranked> slots_;
  int shift_;
};

Candidates::Candidates(const KeyIndex& index,
                       const Population::Impl& population,
                       const RecordView& request, size_t most) {
  std::vector<List> lists;
  std::vector<std::span<const Row>> pieces;
  std::vector<uint64_t> keys;
  for (int k = 0; k < kKeyKinds; ++k) {
    const auto kind = static_cast<KeyKind>(k);
    MakeKeys(request, kind, true, &keys);
    for (const uint64_t key : keys) {
      List list{0, key, pieces.size(), 0};
      index.ForRows(kind, key, [&](std::span<const Row> rows) {
        list.size += rows.size();
        pieces.push_back(rows);
      });
      list.pieces = pieces.size() - list.first_piece;
      if (list.size > 0) lists.push_back(list);
    }
  }
  std::sort(lists.begin(), lists.end(), [](const List& a, const List& b) {
    return a.size != b.size ? a.size < b.size : a.key < b.key;
  });

  // The first list is read however long it is, to the limit.
  const size_t limit = most * kPostingsPerCandidate;
  size_t hits = 0;
  size_t wanted = 0;
  while (wanted < lists.size() &&
         (wanted == 0 || hits + lists[wanted].size <= limit))
    hits += lists[wanted++].size;
  if (hits > limit) unread_ = hits - limit;

  Tally tally(std::min(hits, limit));
  for (size_t i = 0; i < wanted; ++i) {
    const List& list = lists[i];
    const auto rarity = static_cast<float>(
        std::log2((static_cast<double>(population.size()) + 1) /
                  static_cast<double>(list.size)));
    const auto of_list =
        std::span(pieces).subspan(list.first_piece, list.pieces);
    if (list.size > limit) {
      for (const Row row : FirstInOrder(population, of_list, limit))
        tally.Add(row, rarity);
      continue;
    }
    for (const std::span<const Row> rows : of_list)
      for (const Row row : rows) tally.Add(row, rarity);
  }
  heap_ = tally.Rows();
  for (Ranked& ranked : heap_) ranked.order = population.order(ranked.row);
  left_ = std::min(heap_.size(), most);
  truncated_ = wanted < lists.size() || unread_ > 0 || heap_.size() > left_;
  std::make_heap(heap_.begin(), heap_.end());
}

Row Candidates::Take() {
  std::pop_heap(heap_.begin(), heap_.end());
  const Row row = heap_.back().row;
  heap_.pop_back();
  --left_;
  return row;
}

}  // namespace passerelle::matching
