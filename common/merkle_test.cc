#include "common/merkle.h"

#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/seed.h"

namespace passerelle::merkle {
namespace {

std::string Hex(const Hash& hash) { return absl::BytesToHexString(View(hash)); }

// The tree as RFC 6962, section 2.1, defines it: slow and plain.
Hash RootOf(const std::vector<Hash>& leaves, size_t begin, size_t end) {
  if (begin == end) return EmptyRoot();
  if (end - begin == 1) return leaves[begin];
  size_t split = 1;
  while (split * 2 < end - begin) split *= 2;
  return HashChildren(RootOf(leaves, begin, begin + split),
                      RootOf(leaves, begin + split, end));
}

// PATH of section 2.1.1.
std::vector<Hash> PathOf(const std::vector<Hash>& leaves, size_t index,
                         size_t begin, size_t end) {
  if (end - begin <= 1) return {};
  size_t split = 1;
  while (split * 2 < end - begin) split *= 2;
  const bool left = index < begin + split;
  std::vector<Hash> path = left ? PathOf(leaves, index, begin, begin + split)
                                : PathOf(leaves, index, begin + split, end);
  path.push_back(left ? RootOf(leaves, begin + split, end)
                      : RootOf(leaves, begin, begin + split));
  return path;
}

// SUBPROOF of section 2.1.2.
std::vector<Hash> SubProofOf(const std::vector<Hash>& leaves, size_t first,
                             size_t begin, size_t end, bool known) {
  if (first == end) {
    if (known) return {};
    return {RootOf(leaves, begin, end)};
  }
  size_t split = 1;
  while (split * 2 < end - begin) split *= 2;
  const bool left = first <= begin + split;
  std::vector<Hash> proof =
      left ? SubProofOf(leaves, first, begin, begin + split, known)
           : SubProofOf(leaves, first, begin + split, end, false);
  proof.push_back(left ? RootOf(leaves, begin + split, end)
                       : RootOf(leaves, begin, begin + split));
  return proof;
}

std::vector<Hash> Leaves(size_t count) {
  std::vector<Hash> leaves;
  for (size_t i = 0; i < count; ++i) {
    leaves.push_back(HashLeaf(absl::StrCat("leaf ", i)));
  }
  return leaves;
}

// Inputs and roots that implementations of RFC 6962 are tested with.
TEST(MerkleTest, KnownRoots) {
  const struct {
    const char* input;  // appended
    const char* root;
  } kSteps[] = {
      {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
      {"00",
       "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
      {"10",
       "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
      {"2021",
       "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
      {"3031",
       "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
      {"40414243",
       "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
      {"5051525354555657",
       "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
      {"606162636465666768696a6b6c6d6e6f",
       "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
  };
  EXPECT_EQ(Hex(EmptyRoot()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CompactRange tree;
  EXPECT_EQ(tree.Root(), EmptyRoot());
  for (const auto& step : kSteps) {
    tree.Append(HashLeaf(absl::HexStringToBytes(step.input)));
    EXPECT_EQ(Hex(tree.Root()), step.root) << tree.size();
  }
}

TEST(MerkleTest, GrowsLikeTheDefinitionAndNamesWhatItCompletes) {
  const std::vector<Hash> leaves = Leaves(130);
  CompactRange tree;
  for (size_t i = 0; i < leaves.size(); ++i) {
    std::vector<Hash> made;
    tree.Append(leaves[i], [&](const Hash& node) { made.push_back(node); });
    EXPECT_EQ(tree.Root(), RootOf(leaves, 0, i + 1));
    size_t width = 2;
    for (const Hash& node : made) {
      EXPECT_EQ(node, RootOf(leaves, i + 1 - width, i + 1));
      width *= 2;
    }
    EXPECT_NE((i + 1) % width, 0u) << "all of them";
  }
}

TEST(MerkleTest, EveryInclusionProofVerifiesAndForNothingElse) {
  const std::vector<Hash> leaves = Leaves(33);
  for (size_t size = 1; size <= leaves.size(); ++size) {
    const Hash root = RootOf(leaves, 0, size);
    const auto n = static_cast<int64_t>(size);
    for (int64_t i = 0; i < n; ++i) {
      const auto at = static_cast<size_t>(i);
      std::vector<Hash> proof = PathOf(leaves, at, 0, size);
      EXPECT_TRUE(VerifyInclusion(i, n, leaves[at], proof, root));
      EXPECT_FALSE(VerifyInclusion(i, n, HashLeaf("other"), proof, root));
      EXPECT_FALSE(VerifyInclusion(i, n, leaves[at], proof, EmptyRoot()));
      EXPECT_FALSE(VerifyInclusion(n, n, leaves[at], proof, root));
      EXPECT_FALSE(VerifyInclusion(-1, n, leaves[at], proof, root));
      for (int64_t j = 0; j < n; ++j) {
        EXPECT_EQ(VerifyInclusion(j, n, leaves[at], proof, root), j == i);
      }
      proof.push_back(root);
      EXPECT_FALSE(VerifyInclusion(i, n, leaves[at], proof, root));
      proof.pop_back();
      if (proof.empty()) continue;
      proof.pop_back();
      EXPECT_FALSE(VerifyInclusion(i, n, leaves[at], proof, root));
    }
  }
}

TEST(MerkleTest, EveryConsistencyProofVerifiesAndForNothingElse) {
  const std::vector<Hash> leaves = Leaves(33);
  for (size_t second = 0; second <= leaves.size(); ++second) {
    const Hash second_root = RootOf(leaves, 0, second);
    for (size_t first = 0; first <= second; ++first) {
      const Hash first_root = RootOf(leaves, 0, first);
      std::vector<Hash> proof =
          first == 0 ? std::vector<Hash>()
                     : SubProofOf(leaves, first, 0, second, true);
      const auto verify = [&](int64_t m, int64_t n) {
        return VerifyConsistency(m, n, first_root, second_root, proof);
      };
      const auto m = static_cast<int64_t>(first);
      const auto n = static_cast<int64_t>(second);
      EXPECT_TRUE(verify(m, n)) << m << " " << n;
      EXPECT_FALSE(verify(n + 1, n));
      EXPECT_FALSE(verify(-1, n));
      if (m == 0) continue;
      EXPECT_FALSE(VerifyConsistency(m, n, HashLeaf("x"), second_root, proof));
      EXPECT_FALSE(VerifyConsistency(m, n, first_root, HashLeaf("x"), proof));
      if (m == n) continue;
      for (Hash& hash : proof) {
        hash[7] ^= 1;
        EXPECT_FALSE(verify(m, n));
        hash[7] ^= 1;
      }
      proof.push_back(second_root);
      EXPECT_FALSE(verify(m, n));
      proof.pop_back();
      proof.pop_back();
      EXPECT_FALSE(verify(m, n));
    }
  }
}

TEST(MerkleTest, RandomProofsOfBadShapeAreRefused) {
  std::mt19937_64 random(testing::Seed());
  const std::vector<Hash> leaves = Leaves(40);
  for (int round = 0; round < 2000; ++round) {
    std::vector<Hash> proof(random() % 70, leaves[random() % leaves.size()]);
    const auto first = static_cast<int64_t>(random() % 50);
    const auto second = static_cast<int64_t>(random() % 50);
    if (first == second) continue;
    EXPECT_FALSE(VerifyInclusion(first, second, leaves[0], proof, leaves[1]));
    EXPECT_FALSE(VerifyConsistency(first, second, leaves[0], leaves[1], proof));
  }
}

}  // namespace
}  // namespace passerelle::merkle
