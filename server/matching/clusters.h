#ifndef PASSERELLE_SERVER_MATCHING_CLUSTERS_H_
#define PASSERELLE_SERVER_MATCHING_CLUSTERS_H_

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/matching/linkage.h"
#include "server/matching/population.h"

namespace passerelle::matching {

struct ClusterOptions {
  // Pairs below do not join.
  double min_probability = 0.95;
  // Groups hold together on average: two parts join while the mean log2 odds
  // between them, strangers counted as `stranger_weight`, is positive.
  double stranger_weight = -6;
};

// Groups of rows that are one person, from the pairs of a Dedupe. Returns for
// each row the smallest row of its group. A weak bridge between two dense
// groups does not join them. Independent of the order of pairs.
std::vector<Row> ClusterRows(size_t rows, std::span<const Pair> pairs,
                             const ClusterOptions& options);

// Groups of record ids that live on: ids are stable, merges keep the older id
// and leave a redirect, and every merge can be undone. Not thread safe.
class ClusterBook {
 public:
  // The group of the record, after redirects; empty when it has none.
  std::string ClusterOf(absl::string_view record) const;
  // The group that `cluster` became; itself when it was never merged.
  std::string Resolve(absl::string_view cluster) const;
  // Sorted ids.
  std::vector<std::string> Members(absl::string_view cluster) const;

  // A group of its own for a new record. Returns its id, derived from a
  // running number ("c1", "c2", …). ALREADY_EXISTS: the record has a group.
  absl::StatusOr<std::string> Add(absl::string_view record);
  // A new record joins a group. NOT_FOUND, ALREADY_EXISTS.
  absl::Status Join(absl::string_view record, absl::string_view cluster);
  // Joins two groups under the older id; the younger redirects to it. Returns
  // a receipt for Unmerge. NOT_FOUND; FAILED_PRECONDITION: already one group.
  absl::StatusOr<uint64_t> Merge(absl::string_view a, absl::string_view b);
  // Gives the younger group its id and members back; records that joined since
  // stay with the older. Merges may be undone in any order. NOT_FOUND: no such
  // receipt, or undone before.
  absl::Status Unmerge(uint64_t receipt);
  // Takes a record out: into a new group of its own, whose id is returned.
  absl::StatusOr<std::string> Split(absl::string_view record);
  // Forgets the record. NOT_FOUND.
  absl::Status Remove(absl::string_view record);

 private:
  // Each record stays in the group it was born in or joined ("home"); merges
  // are edges between groups, so that undoing one is deleting its edge.
  uint64_t Root(uint64_t cluster) const;

  uint64_t next_cluster_ = 1;
  uint64_t next_receipt_ = 1;
  std::map<std::string, uint64_t, std::less<>> home_;  // record -> group
  std::map<uint64_t, std::set<std::string>> members_;  // group -> records
  struct Edge {
    uint64_t older = 0;
    uint64_t younger = 0;
  };
  std::map<uint64_t, Edge> merges_;  // receipt -> edge
};

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_CLUSTERS_H_
