#include "server/journal/tree.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/storage/forwarding_reads.h"
#include "server/storage/memory/memory_store.h"
#include "tests/support/seed.h"
#include "tests/support/status_matchers.h"

namespace passerelle::journal {
namespace {

using merkle::CompactRange;
using merkle::Hash;
using ::passerelle::internal::v1::Leaf;
using ::passerelle::testing::IsOk;
using ::passerelle::testing::StatusIs;
using storage::MemoryStore;

const absl::Time kTime = absl::FromUnixSeconds(1'700'000'000);

// A journal of `leaves` leaves in commits of 1 to `largest` of them, and its
// root at every size.
class JournalTreeTest : public ::testing::Test {
 protected:
  void Fill(int leaves, int largest) {
    std::mt19937_64 random(testing::Seed());
    roots_ = {merkle::EmptyRoot()};
    CompactRange tree;
    while (tree.size() < leaves) {
      Appender appender(tree);
      const auto count = 1 + random() % static_cast<uint64_t>(largest);
      for (uint64_t i = 0; i < count && appender.tree().size() < leaves; ++i) {
        Leaf leaf;
        leaf.set_resource(absl::StrCat("cases/c", random() % 5, "/plans/p"));
        appender.Append(leaf);
        roots_.push_back(appender.tree().Root());
      }
      tree = appender.tree();
      ASSERT_THAT(store_.Write([&](storage::WriteTransaction& tx) {
        return appender.Flush(kTime, &tx);
      }),
                  IsOk());
    }
  }

  absl::Status Read(
      const std::function<absl::Status(storage::ReadTransaction&)>& body) {
    return store_.Read(body);
  }

  MemoryStore store_;
  std::vector<Hash> roots_;
};

TEST_F(JournalTreeTest, EveryProofVerifiesWhateverTheCommits) {
  constexpr int kLeaves = 70;
  Fill(kLeaves, 9);
  ASSERT_THAT(Read([&](storage::ReadTransaction& tx) {
                Prover prover(&tx);
                LeafReader leaves(&tx);
                std::vector<Hash> proof;
                for (int64_t size = 1; size <= kLeaves; ++size) {
                  Hash root;
                  EXPECT_THAT(Prover(&tx).Root(size, &root), IsOk());
                  const Hash& expected = roots_[static_cast<size_t>(size)];
                  EXPECT_EQ(root, expected) << size;
                  for (int64_t index = 0; index < size; ++index) {
                    std::string leaf;
                    EXPECT_THAT(leaves.Read(index, &leaf), IsOk());
                    EXPECT_THAT(prover.Inclusion(index, size, &proof), IsOk());
                    EXPECT_TRUE(merkle::VerifyInclusion(
                        index, size, merkle::HashLeaf(leaf), proof, expected))
                        << index << " of " << size;
                  }
                  for (int64_t first = 0; first <= size; ++first) {
                    EXPECT_THAT(prover.Consistency(first, size, &proof),
                                IsOk());
                    EXPECT_TRUE(merkle::VerifyConsistency(
                        first, size, roots_[static_cast<size_t>(first)],
                        expected, proof))
                        << first << " to " << size;
                  }
                }
                return absl::OkStatus();
              }),
              IsOk());
}

TEST_F(JournalTreeTest, TheStoredTreeGrowsOn) {
  Fill(300, 40);
  CompactRange tree;
  ASSERT_THAT(
      Read([&](storage::ReadTransaction& tx) { return LoadTree(&tx, &tree); }),
      IsOk());
  EXPECT_EQ(tree.size(), 300);
  EXPECT_EQ(tree.Root(), roots_.back());
}

TEST_F(JournalTreeTest, BeyondTheEndThereIsNothing) {
  Fill(10, 3);
  std::string leaf;
  EXPECT_THAT(Read([&](storage::ReadTransaction& tx) {
                return LeafReader(&tx).Read(10, &leaf);
              }),
              StatusIs(absl::StatusCode::kNotFound));
  Hash root;
  EXPECT_THAT(Read([&](storage::ReadTransaction& tx) {
                return Prover(&tx).Root(12, &root);
              }),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(JournalTreeTest, LeavesHaveSaltsOfTheirOwn) {
  Appender appender{CompactRange()};
  appender.Append(Leaf());
  appender.Append(Leaf());
  ASSERT_THAT(store_.Write([&](storage::WriteTransaction& tx) {
    return appender.Flush(kTime, &tx);
  }),
              IsOk());
  std::vector<std::string> salts;
  ASSERT_THAT(Read([&](storage::ReadTransaction& tx) {
                for (const int64_t sequence : {0, 1}) {
                  std::string bytes;
                  EXPECT_THAT(LeafReader(&tx).Read(sequence, &bytes), IsOk());
                  Leaf leaf;
                  EXPECT_TRUE(leaf.ParseFromString(bytes));
                  salts.push_back(leaf.salt());
                }
                return absl::OkStatus();
              }),
              IsOk());
  EXPECT_EQ(salts[0].size(), 16u);
  EXPECT_NE(salts[0], salts[1]);
}

TEST_F(JournalTreeTest, LeavesOfAFileAreFoundInTheIndexAndBehindIt) {
  Fill(120, 7);
  const auto find = [&](const std::string& id, int64_t from, int limit) {
    std::vector<int64_t> found;
    EXPECT_THAT(Read([&](storage::ReadTransaction& tx) {
                  return FindLeaves(&tx, id, from, limit, &found);
                }),
                IsOk());
    return found;
  };
  std::vector<std::vector<int64_t>> before;
  size_t all = 0;
  for (int c = 0; c < 5; ++c) {
    before.push_back(find(absl::StrCat("c", c), 0, 1000));
    all += before.back().size();
  }
  EXPECT_EQ(all, 120u);
  ASSERT_THAT(LeafIndex::CatchUp(&store_), IsOk());
  // One more, which the index does not know yet.
  CompactRange tree;
  ASSERT_THAT(
      Read([&](storage::ReadTransaction& tx) { return LoadTree(&tx, &tree); }),
      IsOk());
  Appender appender(tree);
  Leaf leaf;
  leaf.set_resource("cases/c0");
  appender.Append(leaf);
  ASSERT_THAT(store_.Write([&](storage::WriteTransaction& tx) {
    return appender.Flush(kTime, &tx);
  }),
              IsOk());
  before[0].push_back(120);
  for (int c = 0; c < 5; ++c) {
    const auto& expected = before[static_cast<size_t>(c)];
    const std::string id = absl::StrCat("c", c);
    EXPECT_EQ(find(id, 0, 1000), expected);
    ASSERT_GT(expected.size(), 3u);
    EXPECT_EQ(find(id, expected[1], 2),
              std::vector<int64_t>(expected.begin() + 1, expected.begin() + 3));
    EXPECT_TRUE(find(id, 121, 10).empty());
  }
}

TEST(CaseOfTest, NamesTheFile) {
  EXPECT_EQ(CaseOf("cases/c1"), "c1");
  EXPECT_EQ(CaseOf("cases/c1/plans/p"), "c1");
  EXPECT_EQ(CaseOf("cases/-"), "");
  EXPECT_EQ(CaseOf("cases/-/plans/p"), "");
  EXPECT_EQ(CaseOf("missions/iom-tn"), "");
  EXPECT_EQ(CaseOf(""), "");
}

}  // namespace
}  // namespace passerelle::journal
