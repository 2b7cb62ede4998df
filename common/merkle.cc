#include "common/merkle.h"

#include <algorithm>
#include <bit>

#include "sodium.h"

namespace passerelle::merkle {
namespace {

constexpr unsigned char kLeafMark = 0;
constexpr unsigned char kNodeMark = 1;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Hash HashLeaf(absl::string_view leaf) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  crypto_hash_sha256_update(&state, &kLeafMark, 1);
  crypto_hash_sha256_update(&state, Bytes(leaf), leaf.size());
  Hash hash;
  crypto_hash_sha256_final(&state, hash.data());
  return hash;
}

Hash HashChildren(const Hash& left, const Hash& right) {
  std::array<unsigned char, 1 + 2 * sizeof(Hash)> text;
  text[0] = kNodeMark;
  std::copy(left.begin(), left.end(), text.begin() + 1);
  std::copy(right.begin(), right.end(), text.begin() + 1 + sizeof(Hash));
  Hash hash;
  crypto_hash_sha256(hash.data(), text.data(), text.size());
  return hash;
}

Hash EmptyRoot() {
  Hash hash;
  crypto_hash_sha256(hash.data(), nullptr, 0);
  return hash;
}

absl::string_view View(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

bool FromBytes(absl::string_view bytes, Hash* hash) {
  if (bytes.size() != hash->size()) return false;
  std::copy(bytes.begin(), bytes.end(), hash->begin());
  return true;
}

void CompactRange::Append(const Hash& leaf,
                          absl::FunctionRef<void(const Hash&)> made) {
  Hash root = leaf;
  // Each trailing one is a complete subtree as large as the one on its right
  // has just become.
  for (auto bits = static_cast<uint64_t>(size_); (bits & 1) != 0; bits >>= 1) {
    root = HashChildren(roots_.back(), root);
    roots_.pop_back();
    made(root);
  }
  roots_.push_back(root);
  ++size_;
}

Hash CompactRange::Root() const {
  if (roots_.empty()) return EmptyRoot();
  Hash root = roots_.back();
  for (auto left = roots_.rbegin() + 1; left != roots_.rend(); ++left) {
    root = HashChildren(*left, root);
  }
  return root;
}

int64_t SplitOf(int64_t size) {
  return static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(size - 1)));
}

bool VerifyInclusion(int64_t index, int64_t size, const Hash& leaf,
                     const std::vector<Hash>& proof, const Hash& root) {
  if (index < 0 || index >= size) return false;
  int64_t node = index;
  int64_t last = size - 1;
  Hash hash = leaf;
  for (const Hash& other : proof) {
    if (last == 0) return false;  // longer than the path
    if ((node & 1) != 0 || node == last) {
      hash = HashChildren(other, hash);
      // At the ragged edge the path skips levels without a sibling.
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = HashChildren(hash, other);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

bool VerifyConsistency(int64_t first, int64_t second, const Hash& first_root,
                       const Hash& second_root,
                       const std::vector<Hash>& proof) {
  if (first < 0 || first > second) return false;
  if (first == 0) return proof.empty() && first_root == EmptyRoot();
  if (first == second) return proof.empty() && first_root == second_root;
  auto next = proof.begin();
  Hash old_hash;
  if (std::has_single_bit(static_cast<uint64_t>(first))) {
    old_hash = first_root;  // a subtree of the larger tree: not sent
  } else {
    if (next == proof.end()) return false;
    old_hash = *next++;
  }
  Hash new_hash = old_hash;
  int64_t node = first - 1;
  int64_t last = second - 1;
  while ((node & 1) != 0) {
    node >>= 1;
    last >>= 1;
  }
  for (; next != proof.end(); ++next) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      old_hash = HashChildren(*next, old_hash);
      new_hash = HashChildren(*next, new_hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      new_hash = HashChildren(new_hash, *next);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && old_hash == first_root && new_hash == second_root;
}

}  // namespace passerelle::merkle
