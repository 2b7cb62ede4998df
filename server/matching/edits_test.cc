#include "server/matching/edits.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/support/seed.h"

namespace passerelle::matching {
namespace {

// The definition, cell by cell.
int PlainEdits(const std::string& a, const std::string& b) {
  std::vector<std::vector<int>> cost(a.size() + 1,
                                     std::vector<int>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = static_cast<int>(i + j);
        continue;
      }
      cost[i][j] =
          std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1,
                    cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

TEST(EditsTest, CountsWhatTheDefinitionCounts) {
  std::mt19937_64 random(testing::Seed());
  const auto word = [&random] {
    // Few letters, so that much agrees; up to the longest.
    std::string text(random() % (random() % 8 == 0 ? 65 : 12), ' ');
    for (char& c : text) c = static_cast<char>('a' + random() % 3);
    return text;
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::string a = word();
    const std::string b = word();
    ASSERT_EQ(Edits(a, b), PlainEdits(a, b)) << a << " | " << b;
  }
}

TEST(EditsTest, NoLetterIsTouchedTwice) {
  // "ca" to "abc" would take two if the swapped letters could part again.
  EXPECT_EQ(Edits(std::string("ca"), std::string("abc")), 3);
  EXPECT_EQ(Edits(std::string("ca"), std::string("ac")), 1);
}

TEST(EditsTest, LettersBeyondTheLimitAreNotLookedAt) {
  const std::string a(64, 'a');
  EXPECT_EQ(Edits(a, a + "bcd"), 0);
}

}  // namespace
}  // namespace passerelle::matching
