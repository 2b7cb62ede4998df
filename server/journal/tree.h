#ifndef PASSERELLE_SERVER_JOURNAL_TREE_H_
#define PASSERELLE_SERVER_JOURNAL_TREE_H_

#include <cstdint>
#include <string>
#include <vector>

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

// The bytes of leaf `sequence`, as hashed. Returns: NOT_FOUND.
absl::Status ReadLeaf(storage::ReadTransaction* tx, int64_t sequence,
                      std::string* leaf);

// Proofs of the tree as it was at a size, from O(log n) rows. Sizes and index
// must be of the stored tree: 0 <= index < size, 0 <= first <= second.
// Returns: NOT_FOUND beyond it, DATA_LOSS when rows are damaged.
absl::Status InclusionProof(storage::ReadTransaction* tx, int64_t index,
                            int64_t size, std::vector<merkle::Hash>* proof);
absl::Status ConsistencyProof(storage::ReadTransaction* tx, int64_t first,
                              int64_t second, std::vector<merkle::Hash>* proof);
absl::Status RootAt(storage::ReadTransaction* tx, int64_t size,
                    merkle::Hash* root);

}  // namespace passerelle::journal

#endif  // PASSERELLE_SERVER_JOURNAL_TREE_H_
