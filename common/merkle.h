#ifndef PASSERELLE_COMMON_MERKLE_H_
#define PASSERELLE_COMMON_MERKLE_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

// The Merkle tree of RFC 6962, section 2.1, with SHA-256: hashing, growing a
// tree, verifying proofs. A tree of n leaves is n leaf hashes in order; a
// subtree is named by its level and its index from the left: level 0 are the
// leaves, and (level, index) covers the 2^level leaves from index * 2^level.
namespace passerelle::merkle {

using Hash = std::array<unsigned char, 32>;

// SHA-256(0x00 ‖ leaf).
Hash HashLeaf(absl::string_view leaf);
// SHA-256(0x01 ‖ left ‖ right).
Hash HashChildren(const Hash& left, const Hash& right);
// The root of a tree without leaves: SHA-256 of nothing.
Hash EmptyRoot();

absl::string_view View(const Hash& hash);
// False unless `bytes` are 32.
bool FromBytes(absl::string_view bytes, Hash* hash);

// The right edge of a growing tree: the roots of the complete subtrees that
// make it up, largest first, one for each bit of its size. It is all that
// appending needs, so appending costs O(1) hashes on average, O(log n) at most.
class CompactRange {
 public:
  CompactRange() = default;
  // `roots` are those of a tree of `size` leaves, one per bit of `size`.
  CompactRange(int64_t size, std::vector<Hash> roots)
      : size_(size), roots_(std::move(roots)) {}

  // Adds a leaf and calls `made` with the root of each subtree of level 1 and
  // above that it completes, smallest first: as many as `size()` before the
  // call has trailing one bits.
  void Append(const Hash& leaf, absl::FunctionRef<void(const Hash&)> made);
  void Append(const Hash& leaf) {
    Append(leaf, [](const Hash&) {});
  }

  int64_t size() const { return size_; }
  Hash Root() const;

 private:
  int64_t size_ = 0;
  std::vector<Hash> roots_;
};

// Largest power of two below `size`, which is at least 2: where RFC 6962 splits
// a tree.
int64_t SplitOf(int64_t size);

// Whether `proof` shows that the leaf with this hash is at `index` in the tree
// of `size` leaves with this root. RFC 9162, section 2.1.3.2.
bool VerifyInclusion(int64_t index, int64_t size, const Hash& leaf,
                     const std::vector<Hash>& proof, const Hash& root);

// Whether `proof` shows that the tree of `second` leaves begins with all leaves
// of the tree of `first`. Everything is consistent with an empty tree; no
// proof is needed then, nor between equal sizes. RFC 9162, section 2.1.4.2.
bool VerifyConsistency(int64_t first, int64_t second, const Hash& first_root,
                       const Hash& second_root, const std::vector<Hash>& proof);

// Longest proof there can be: no tree has more than 2^62 leaves.
constexpr int kMaxProof = 63;

}  // namespace passerelle::merkle

#endif  // PASSERELLE_COMMON_MERKLE_H_
