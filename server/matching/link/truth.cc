#include "server/matching/link/truth.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/matching/link/csv_reader.h"

namespace passerelle::link {
namespace {

// The named column, or the first one that is not `other`.
absl::StatusOr<size_t> NamedOrFirst(const CsvReader& table,
                                    absl::string_view name,
                                    std::optional<size_t> other) {
  PASSERELLE_ASSIGN_OR_RETURN(const std::optional<size_t> named,
                              table.Find(name));
  if (named.has_value()) return *named;
  const size_t first = other == size_t{0} ? 1 : 0;
  if (first < table.header().size()) return first;
  return Problem(Reason::kMissingColumn, {table.path(), 1, std::string(name)},
                 "truth needs two columns");
}

}  // namespace

uint32_t Truth::Intern(absl::string_view id) {
  return ids_.try_emplace(id, static_cast<uint32_t>(ids_.size())).first->second;
}

void Truth::AddPair(absl::string_view a, absl::string_view b) {
  const uint32_t x = Intern(a);
  if (!b.empty()) read_.emplace_back(x, Intern(b));
}

bool Truth::AddToCluster(absl::string_view id, absl::string_view cluster) {
  // A record without a cluster is one by itself.
  const std::string name =
      cluster.empty() ? absl::StrCat("\n", id) : std::string(cluster);
  const uint32_t number =
      cluster_numbers_
          .try_emplace(name, static_cast<uint32_t>(cluster_numbers_.size()))
          .first->second;
  if (!ids_.try_emplace(id, number).second) return false;
  pairs_ += sizes_[number]++;
  return true;
}

void Truth::LinkPairs() {
  for (auto [x, y] : read_) {
    if (sides_ == Sides::kOneTable && x == y) continue;
    if (sides_ == Sides::kOneTable && x > y) std::swap(x, y);
    matched_.insert(x);
    matched_.insert(y);
    if (linked_.insert({x, y}).second) ++pairs_;
  }
  read_.clear();
}

absl::StatusOr<Truth> Truth::Load(const std::string& path,
                                  std::optional<Sides> sides) {
  PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<CsvReader> table,
                              CsvReader::Open(path, {}));
  PASSERELLE_ASSIGN_OR_RETURN(const std::optional<size_t> cluster_column,
                              table->Find("cluster"));
  Truth truth;
  truth.clusters_ = cluster_column.has_value();
  PASSERELLE_ASSIGN_OR_RETURN(
      const size_t a_column,
      NamedOrFirst(*table, truth.clusters_ ? "id" : "id_a", cluster_column));
  size_t b_column = 0;
  if (truth.clusters_) {
    b_column = *cluster_column;
  } else {
    PASSERELLE_ASSIGN_OR_RETURN(b_column,
                                NamedOrFirst(*table, "id_b", a_column));
  }
  bool equal_ids = false;
  while (true) {
    PASSERELLE_ASSIGN_OR_RETURN(const bool found, table->Next());
    if (!found) break;
    const absl::string_view a = table->fields()[a_column];
    const absl::string_view b = table->fields()[b_column];
    if (a.empty()) {
      return Problem(Reason::kEmptyId, table->Here(a_column),
                     "every row needs an id");
    }
    if (!truth.clusters_) {
      truth.AddPair(a, b);
      equal_ids = equal_ids || a == b;
    } else if (!truth.AddToCluster(a, b)) {
      return Problem(Reason::kDuplicateId, table->Here(a_column),
                     "this id has a cluster already");
    }
  }
  truth.sides_ =
      sides.value_or(equal_ids ? Sides::kTwoTables : Sides::kOneTable);
  truth.LinkPairs();
  return truth;
}

bool Truth::Same(absl::string_view a, absl::string_view b) const {
  const auto first = ids_.find(a);
  const auto second = ids_.find(b);
  if (first == ids_.end() || second == ids_.end()) return false;
  uint32_t x = first->second;
  uint32_t y = second->second;
  if (clusters_) return x == y && (a != b || sides_ == Sides::kTwoTables);
  if (sides_ == Sides::kOneTable && x > y) std::swap(x, y);
  return linked_.contains({x, y});
}

bool Truth::Knows(absl::string_view id) const { return ids_.contains(id); }

bool Truth::HasMatch(absl::string_view id) const {
  const auto found = ids_.find(id);
  if (found == ids_.end()) return false;
  if (!clusters_) return matched_.contains(found->second);
  const auto size = sizes_.find(found->second);
  return size != sizes_.end() && size->second > 1;
}

}  // namespace passerelle::link
