#include "server/matching/clusters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace passerelle::matching {
namespace {

using ::testing::ElementsAre;

Pair Sure(Row a, Row b, double weight = 8) {
  return {.a = a, .b = b, .weight = weight, .probability = 0.99};
}

TEST(ClusterRowsTest, DenseGroupsFormAndAWeakBridgeDoesNotJoinThem) {
  std::vector<Pair> pairs = {Sure(0, 1), Sure(0, 2), Sure(1, 2),   Sure(3, 4),
                             Sure(3, 5), Sure(4, 5), Sure(2, 3, 5)};
  EXPECT_THAT(ClusterRows(7, pairs, {}), ElementsAre(0, 0, 0, 3, 3, 3, 6));
  std::reverse(pairs.begin(), pairs.end());
  EXPECT_THAT(ClusterRows(7, pairs, {}), ElementsAre(0, 0, 0, 3, 3, 3, 6));
}

TEST(ClusterRowsTest, DoubtfulPairsDoNotJoin) {
  EXPECT_THAT(
      ClusterRows(
          2,
          std::vector<Pair>{{.a = 0, .b = 1, .weight = 2, .probability = 0.8}},
          {}),
      ElementsAre(0, 1));
}

TEST(ClusterBookTest, MergesKeepTheOlderIdAndCanBeUndoneInAnyOrder) {
  ClusterBook book;
  const std::string a = *book.Add("r1");
  const std::string b = *book.Add("r2");
  const std::string c = *book.Add("r3");
  const uint64_t bc = *book.Merge(c, b);
  EXPECT_EQ(book.ClusterOf("r3"), b);
  const uint64_t ab = *book.Merge(a, c);
  EXPECT_EQ(book.ClusterOf("r3"), a);
  EXPECT_EQ(book.Resolve(c), a);
  EXPECT_THAT(book.Members(b), ElementsAre("r1", "r2", "r3"));
  EXPECT_EQ(book.Merge(a, c).status().code(),
            absl::StatusCode::kFailedPrecondition);

  // A record that joins now stays with the older group.
  ASSERT_TRUE(book.Join("r4", c).ok());
  ASSERT_TRUE(book.Unmerge(bc).ok());
  EXPECT_EQ(book.ClusterOf("r3"), c);
  EXPECT_EQ(book.ClusterOf("r2"), a);
  EXPECT_EQ(book.ClusterOf("r4"), a);
  ASSERT_TRUE(book.Unmerge(ab).ok());
  EXPECT_EQ(book.ClusterOf("r2"), b);
  EXPECT_EQ(book.Unmerge(ab).code(), absl::StatusCode::kNotFound);
}

TEST(ClusterBookTest, ARecordIsSplitOffUnderANewId) {
  ClusterBook book;
  const std::string a = *book.Add("r1");
  ASSERT_TRUE(book.Join("r2", a).ok());
  const std::string split = *book.Split("r1");
  EXPECT_NE(split, a);
  EXPECT_EQ(book.ClusterOf("r2"), a);
  EXPECT_EQ(book.Split("nobody").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(book.Join("r9", "c77").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(book.Add("r2").status().code(), absl::StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace passerelle::matching
