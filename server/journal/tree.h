#ifndef PASSERELLE_SERVER_JOURNAL_TREE_H_
#define PASSERELLE_SERVER_JOURNAL_TREE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/merkle.h"
#include "passerelle/internal/v1/stored.pb.h"
#include "server/journal/leaf_index.h"
#include "server/storage/store.h"

// The journal is a Merkle tree (common/merkle.h) over its leaves. Beside the
// leaves of a commit stand the hashes of the subtrees that they complete, in
// the order in which they complete them. n leaves complete n − popcount(n)
// subtrees, so where a subtree's hash stands follows from its level and index
// alone: appending only ever adds, and any hash of the tree is one row away.
namespace passerelle::journal {

// Adds a leaf, and the hashes of what it completes to `nodes`.
void AppendLeaf(absl::string_view leaf, merkle::CompactRange* tree,
                std::string* nodes);

// Leaves of one commit. The caller takes `tree()` after the commit, so a failed
// one leaves nothing to undo.
class Appender {
 public:
  explicit Appender(merkle::CompactRange tree) : tree_(std::move(tree)) {}

  // Gives the leaf its place and its salt.
  void Append(::passerelle::internal::v1::Leaf leaf);
  bool empty() const { return batch_.leaves().empty(); }
  const merkle::CompactRange& tree() const { return tree_; }
  const std::vector<Subject>& subjects() const { return subjects_; }

  // Writes the appended leaves as one row.
  absl::Status Flush(absl::Time time, storage::WriteTransaction* tx) const;

 private:
  merkle::CompactRange tree_;
  std::string nodes_;
  ::passerelle::internal::v1::LeafBatch batch_;
  std::vector<Subject> subjects_;  // leaves that concern a file
};

// The right edge of the stored tree, read from O(log n) rows.
absl::Status LoadTree(storage::ReadTransaction* tx, merkle::CompactRange* tree);

// Reads leaves, neighbours from one row. Lives in one transaction.
class LeafReader {
 public:
  explicit LeafReader(storage::ReadTransaction* tx) : tx_(tx) {}

  // The bytes of leaf `sequence`, as hashed. Returns: NOT_FOUND, DATA_LOSS.
  absl::Status Read(int64_t sequence, std::string* leaf);

 private:
  storage::ReadTransaction* const tx_;
  storage::JournalBatch row_;  // read last
  ::passerelle::internal::v1::LeafBatch batch_;
};

// Proves things about the tree as it was at a size, from O(log n) rows a proof;
// proofs made with one object share what they have in common. Sizes and indexes
// must be of the stored tree: 0 <= index < size, 0 <= first <= second. Lives in
// one transaction.
//
// Returns: NOT_FOUND beyond the stored tree, DATA_LOSS when rows are damaged.
class Prover {
 public:
  explicit Prover(storage::ReadTransaction* tx) : tx_(tx), leaves_(tx) {}

  absl::Status Inclusion(int64_t index, int64_t size,
                         std::vector<merkle::Hash>* proof);
  absl::Status Consistency(int64_t first, int64_t second,
                           std::vector<merkle::Hash>* proof);
  absl::Status Root(int64_t size, merkle::Hash* root);

  // Root of the leaves `begin` … `end` − 1; `begin` is a multiple of the
  // smallest power of two that is not below their number.
  absl::Status Range(int64_t begin, int64_t end, merkle::Hash* root);

 private:
  absl::Status Subtree(int level, int64_t index, merkle::Hash* root);
  bool Take(int64_t place, merkle::Hash* hash) const;

  storage::ReadTransaction* const tx_;
  LeafReader leaves_;
  int64_t first_ = -1;  // leaf of the row read last; none yet
  std::string nodes_;   // of that row
  absl::flat_hash_map<std::pair<int, int64_t>, merkle::Hash> known_;
};

}  // namespace passerelle::journal

#endif  // PASSERELLE_SERVER_JOURNAL_TREE_H_
