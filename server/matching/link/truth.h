#ifndef PASSERELLE_SERVER_MATCHING_LINK_TRUTH_H_
#define PASSERELLE_SERVER_MATCHING_LINK_TRUTH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace passerelle::link {

// Whether (x, y) and (y, x) are one pair: in one table they are, between two
// tables x is of the first.
enum class Sides : uint8_t { kOneTable, kTwoTables };

// Which records really are one person. Read from a table of
//   - clusters: a column "cluster", and the ids in "id" or else the first other
//     column; records of one cluster are one person, an empty cluster is alone;
//   - or pairs: columns "id_a" and "id_b", or else the first two; an empty
//     second id says that nobody is the first.
class Truth {
 public:
  // Without `sides`, a pair of equal ids shows that there are two tables.
  // Errors: those of CsvReader; reasons kMissingColumn (fewer than two
  // columns), kEmptyId, kDuplicateId (an id in two clusters).
  static absl::StatusOr<Truth> Load(const std::string& path,
                                    std::optional<Sides> sides);

  bool Same(absl::string_view a, absl::string_view b) const;
  // The truth speaks of this id.
  bool Knows(absl::string_view id) const;
  // The id is in some true pair.
  bool HasMatch(absl::string_view id) const;

  uint64_t pairs() const { return pairs_; }
  bool is_clusters() const { return clusters_; }

 private:
  uint32_t Intern(absl::string_view id);
  // One row of a table of clusters, of pairs. The second fails when the id has
  // a cluster already.
  void AddPair(absl::string_view a, absl::string_view b);
  bool AddToCluster(absl::string_view id, absl::string_view cluster);
  // Pairs as they were read become those that Same asks for.
  void LinkPairs();

  Sides sides_ = Sides::kOneTable;
  bool clusters_ = false;
  uint64_t pairs_ = 0;
  // Of every id: its cluster; with pairs, a number of its own.
  absl::flat_hash_map<std::string, uint32_t> ids_;
  std::vector<std::pair<uint32_t, uint32_t>> read_;
  absl::flat_hash_set<std::pair<uint32_t, uint32_t>> linked_;
  absl::flat_hash_map<std::string, uint32_t> cluster_numbers_;
  absl::flat_hash_map<uint32_t, uint64_t> sizes_;  // records of a cluster
  absl::flat_hash_set<uint32_t> matched_;
};

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_TRUTH_H_
