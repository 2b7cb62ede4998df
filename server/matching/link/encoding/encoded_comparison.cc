#include "server/matching/link/encoding/encoded_comparison.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/container/flat_hash_set.h"

namespace passerelle::link {
namespace {

// Pairs of one block that are compared at most.
constexpr uint64_t kMaxBlockPairs = 400 * 400;

using Posting = std::pair<uint64_t, uint32_t>;  // block, person

std::vector<Posting> PostingsOf(const std::vector<Encoding>& people) {
  std::vector<Posting> postings;
  for (uint32_t i = 0; i < people.size(); ++i) {
    for (const uint64_t block : people[i].blocks)
      postings.push_back({block, i});
  }
  std::sort(postings.begin(), postings.end());
  return postings;
}

// The end of the block that begins at `begin`.
size_t BlockEnd(const std::vector<Posting>& postings, size_t begin) {
  size_t end = begin;
  while (end < postings.size() &&
         postings[end].first == postings[begin].first) {
    ++end;
  }
  return end;
}

// The first block that two people share, but for those too large: where it is,
// they are compared, so that no pair is compared twice and none has to be
// remembered. Blocks are met in ascending order, so `capped` has all before.
bool IsFirstShared(const Encoding& a, const Encoding& b, uint64_t block,
                   const absl::flat_hash_set<uint64_t>& capped) {
  auto x = a.blocks.begin();
  auto y = b.blocks.begin();
  while (x != a.blocks.end() && y != b.blocks.end()) {
    if (*x == *y && !capped.contains(*x)) return *x == block;
    if (*x <= *y) {
      ++x;
    } else {
      ++y;
    }
  }
  return false;
}

double BestLikeness(const Likeness& likeness, const Encoding& a,
                    const Encoding& b) {
  double best = -1;
  for (const Filter& x : a.filters) {
    for (const Filter& y : b.filters) {
      best = std::max(best, likeness.Of(x.used(), y.used()));
    }
  }
  return best;
}

double MeanFill(const EncodedFile& a, const EncodedFile& b) {
  double set = 0;
  double bits = 0;
  for (const EncodedFile* file : {&a, &b}) {
    for (const Encoding& person : file->people) {
      const auto used = person.filters.front().used();
      set += Count(used);
      bits += static_cast<double>(used.size()) * 64;
    }
  }
  return bits > 0 ? set / bits : 0;
}

}  // namespace

absl::string_view BandName(Band band) {
  return band == Band::kStrong ? "strong" : "possible";
}

double EncodedPair::shown() const {
  return std::clamp(std::round(likeness * 100) / 100, 0.0, 1.0);
}

EncodedComparison CompareEncodings(const EncodedFile& a, const EncodedFile& b,
                                   double min_likeness) {
  const bool same_file = a.batch == b.batch;
  const std::vector<Posting> left = PostingsOf(a.people);
  const std::vector<Posting> right = same_file ? left : PostingsOf(b.people);
  const Likeness measure(a.hardening, MeanFill(a, b));
  EncodedComparison comparison;
  absl::flat_hash_set<uint64_t> capped;
  size_t x = 0;
  size_t y = 0;
  while (x < left.size() && y < right.size()) {
    if (left[x].first < right[y].first) {
      ++x;
      continue;
    }
    if (right[y].first < left[x].first) {
      ++y;
      continue;
    }
    const size_t x_end = BlockEnd(left, x);
    const size_t y_end = BlockEnd(right, y);
    if ((x_end - x) * (y_end - y) > kMaxBlockPairs) {
      capped.insert(left[x].first);
    } else {
      for (size_t i = x; i < x_end; ++i) {
        for (size_t j = same_file ? i + 1 : y; j < y_end; ++j) {
          const uint32_t one = left[i].second;
          const uint32_t other = right[j].second;
          if (!IsFirstShared(a.people[one], b.people[other], left[x].first,
                             capped)) {
            continue;
          }
          ++comparison.compared;
          const double likeness =
              BestLikeness(measure, a.people[one], b.people[other]);
          if (likeness >= min_likeness) {
            comparison.pairs.push_back({one, other, likeness});
          }
        }
      }
    }
    x = x_end;
    y = y_end;
  }
  comparison.capped_blocks = capped.size();
  std::sort(comparison.pairs.begin(), comparison.pairs.end(),
            [](const EncodedPair& p, const EncodedPair& q) {
              return std::pair(p.a, p.b) < std::pair(q.a, q.b);
            });
  return comparison;
}

}  // namespace passerelle::link
