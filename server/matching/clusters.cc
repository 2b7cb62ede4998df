#include "server/matching/clusters.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace passerelle::matching {
namespace {

// No single pair decides about a group.
constexpr double kMaxPairWeight = 12;

// Sums of the weights between groups, for the pairs that were scored.
struct Link {
  double sum = 0;
  double count = 0;
};

class Grouping {
 public:
  explicit Grouping(size_t rows) : parent_(rows), size_(rows, 1), links_(rows) {
    std::iota(parent_.begin(), parent_.end(), Row{0});
  }

  Row Find(Row row) {
    while (parent_[row] != row) row = parent_[row] = parent_[parent_[row]];
    return row;
  }

  void AddPair(const Pair& pair) {
    const double weight =
        std::clamp(pair.weight, -kMaxPairWeight, kMaxPairWeight);
    for (const auto& [x, y] : {std::pair(pair.a, pair.b), {pair.b, pair.a}}) {
      Link& link = links_[x][y];
      link.sum += weight;
      link.count += 1;
    }
  }

  // Mean weight between the groups of two roots.
  double Mean(Row x, Row y, double stranger) const {
    const auto it = links_[x].find(y);
    const Link link = it == links_[x].end() ? Link() : it->second;
    const double pairs = static_cast<double>(size_[x]) * size_[y];
    return (link.sum + stranger * (pairs - link.count)) / pairs;
  }

  void Join(Row x, Row y) {
    // The group with fewer links moves; the smallest row stays the root's name
    // at the end, so which one is the root does not matter.
    if (links_[x].size() < links_[y].size()) std::swap(x, y);
    parent_[y] = x;
    size_[x] += size_[y];
    links_[x].erase(y);
    links_[y].erase(x);
    for (const auto& [other, link] : links_[y]) {
      for (auto [from, to] : {std::pair(x, other), {other, x}}) {
        Link& mine = links_[from][to];
        mine.sum += link.sum;
        mine.count += link.count;
      }
      links_[other].erase(y);
    }
    links_[y].clear();
  }

 private:
  std::vector<Row> parent_;
  std::vector<uint32_t> size_;
  std::vector<std::unordered_map<Row, Link>> links_;
};

}  // namespace

std::vector<Row> ClusterRows(size_t rows, std::span<const Pair> pairs,
                             const ClusterOptions& options) {
  Grouping grouping(rows);
  std::vector<Pair> order;
  for (const Pair& pair : pairs) {
    if (pair.a >= rows || pair.b >= rows || pair.a == pair.b) continue;
    order.push_back(pair);
    if (order.back().a > order.back().b)
      std::swap(order.back().a, order.back().b);
  }
  std::sort(order.begin(), order.end(), [](const Pair& x, const Pair& y) {
    if (x.weight != y.weight) return x.weight > y.weight;
    return std::pair(x.a, x.b) < std::pair(y.a, y.b);
  });
  for (const Pair& pair : order) grouping.AddPair(pair);
  for (const Pair& pair : order) {
    if (pair.probability < options.min_probability) continue;
    const Row x = grouping.Find(pair.a);
    const Row y = grouping.Find(pair.b);
    if (x != y && grouping.Mean(x, y, options.stranger_weight) > 0)
      grouping.Join(x, y);
  }
  // Named by the smallest row.
  std::vector<Row> smallest(rows, UINT32_MAX);
  std::vector<Row> out(rows);
  for (size_t i = 0; i < rows; ++i) {
    const auto row = static_cast<Row>(i);
    Row& name = smallest[grouping.Find(row)];
    name = std::min(name, row);
    out[i] = name;
  }
  return out;
}

namespace {

std::string NameOf(uint64_t cluster) { return absl::StrCat("c", cluster); }

// 0 when it is no cluster's name.
uint64_t NumberOf(absl::string_view name) {
  uint64_t number = 0;
  return name.size() > 1 && name[0] == 'c' && name[1] != '0' &&
                 absl::SimpleAtoi(name.substr(1), &number) &&
                 NameOf(number) == name
             ? number
             : 0;
}

}  // namespace

// Merges are kept as edges; a group's present name is the oldest group that
// edges lead to. Chains are as long as merges were made, which people make.
uint64_t ClusterBook::Root(uint64_t cluster) const {
  std::set<uint64_t> component = {cluster};
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& [receipt, edge] : merges_) {
      const bool has_older = component.contains(edge.older);
      if (has_older == component.contains(edge.younger)) continue;
      component.insert(has_older ? edge.younger : edge.older);
      grown = true;
    }
  }
  return *component.begin();
}

std::string ClusterBook::ClusterOf(absl::string_view record) const {
  const auto it = home_.find(record);
  return it == home_.end() ? std::string() : NameOf(Root(it->second));
}

std::string ClusterBook::Resolve(absl::string_view cluster) const {
  const uint64_t number = NumberOf(cluster);
  return members_.contains(number) ? NameOf(Root(number))
                                   : std::string(cluster);
}

std::vector<std::string> ClusterBook::Members(absl::string_view cluster) const {
  std::vector<std::string> out;
  const uint64_t number = NumberOf(cluster);
  if (!members_.contains(number)) return out;
  const uint64_t root = Root(number);
  for (const auto& [other, records] : members_) {
    if (Root(other) == root)
      out.insert(out.end(), records.begin(), records.end());
  }
  std::sort(out.begin(), out.end());
  return out;
}

absl::StatusOr<std::string> ClusterBook::Add(absl::string_view record) {
  if (home_.contains(record))
    return absl::AlreadyExistsError("the record has a group");
  const uint64_t cluster = next_cluster_++;
  home_.emplace(record, cluster);
  members_[cluster].emplace(record);
  return NameOf(cluster);
}

absl::Status ClusterBook::Join(absl::string_view record,
                               absl::string_view cluster) {
  const uint64_t number = NumberOf(cluster);
  if (!members_.contains(number)) return absl::NotFoundError("no such group");
  if (home_.contains(record))
    return absl::AlreadyExistsError("the record has a group");
  // Into the group that it is now.
  const uint64_t root = Root(number);
  home_.emplace(record, root);
  members_[root].emplace(record);
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> ClusterBook::Merge(absl::string_view a,
                                            absl::string_view b) {
  const uint64_t x = NumberOf(a);
  const uint64_t y = NumberOf(b);
  if (!members_.contains(x) || !members_.contains(y))
    return absl::NotFoundError("no such group");
  const uint64_t root_x = Root(x);
  const uint64_t root_y = Root(y);
  if (root_x == root_y)
    return absl::FailedPreconditionError("already one group");
  const uint64_t receipt = next_receipt_++;
  merges_[receipt] = {std::min(root_x, root_y), std::max(root_x, root_y)};
  return receipt;
}

absl::Status ClusterBook::Unmerge(uint64_t receipt) {
  return merges_.erase(receipt) > 0
             ? absl::OkStatus()
             : absl::NotFoundError("no such merge, or undone before");
}

absl::StatusOr<std::string> ClusterBook::Split(absl::string_view record) {
  if (absl::Status status = Remove(record); !status.ok()) return status;
  return Add(record);
}

absl::Status ClusterBook::Remove(absl::string_view record) {
  const auto it = home_.find(record);
  if (it == home_.end()) return absl::NotFoundError("no such record");
  // The group stays, empty or not: others redirect to it.
  members_[it->second].erase(std::string(record));
  home_.erase(it);
  return absl::OkStatus();
}

}  // namespace passerelle::matching
