#include "common/resource_name.h"

#include <string>

#include "gtest/gtest.h"

namespace passerelle {
namespace {

TEST(ResourceNameTest, ParsesARootAndAChild) {
  const auto root = ParseResourceName("cases/c01");
  ASSERT_TRUE(root);
  EXPECT_TRUE(root->is_root());
  EXPECT_EQ(root->root_collection, "cases");
  EXPECT_EQ(root->root, "c01");
  EXPECT_EQ(root->collection, "cases");
  EXPECT_EQ(root->id, "c01");
  const auto child = ParseResourceName("missions/iom-ma/officers/Amina-2");
  ASSERT_TRUE(child);
  EXPECT_FALSE(child->is_root());
  EXPECT_EQ(child->root_collection, "missions");
  EXPECT_EQ(child->root, "iom-ma");
  EXPECT_EQ(child->collection, "officers");
  EXPECT_EQ(child->id, "Amina-2");
}

TEST(ResourceNameTest, RefusesWhatIsMalformed) {
  const std::string longest(64, 'a');
  EXPECT_TRUE(ParseResourceName("cases/" + longest));
  for (const std::string& name : {
           std::string(""),
           std::string("/"),
           std::string("cases"),
           std::string("cases/"),
           std::string("/cases/c1"),
           std::string("cases/c1/"),
           std::string("cases//plans/p1"),
           std::string("cases/c1/plans"),
           std::string("cases/c1/plans/"),
           std::string("cases/c1/plans/p1/lines/l1"),
           std::string("cases/c1/plans/p1/lines"),
           std::string("cases/c 1"),
           std::string("cases/c_1"),
           std::string("cases/../c1"),
           std::string("cases/c%2e"),
           std::string("cases/c\xC3\xA9"),
           std::string("cases/c\0", 8),
           "cases/" + longest + "a",
           std::string(1 << 20, '/'),
       }) {
    EXPECT_FALSE(ParseResourceName(name)) << name.substr(0, 80);
  }
}

// It would pass for a root and yet live in another one's scope.
TEST(ResourceNameTest, RefusesACollectionInsideItself) {
  EXPECT_FALSE(ParseResourceName("cases/c1/cases/c2"));
  EXPECT_FALSE(ParseResourceName("cases/c1/cases/c1"));
}

TEST(ResourceNameTest, MakesWhatItParses) {
  const std::string root = RootName("cases", "c01");
  EXPECT_EQ(root, "cases/c01");
  const std::string child = ChildName(root, "plans", "p01");
  EXPECT_EQ(child, "cases/c01/plans/p01");
  EXPECT_TRUE(ParseResourceName(root));
  EXPECT_TRUE(ParseResourceName(child));
}

}  // namespace
}  // namespace passerelle
