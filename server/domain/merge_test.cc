#include "server/domain/merge.h"

#include <initializer_list>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/probe/v1/probe.pb.h"
#include "passerelle/v1/error_reason.pb.h"
#include "server/domain/errors.h"
#include "tests/support/status_matchers.h"

namespace passerelle::domain {
namespace {

using ::passerelle::testing::IsOk;
using probe::v1::Merged;

class MergeTest : public ::testing::Test {
 protected:
  MergeTest() {
    stored_.set_name("cases/c1");
    stored_.set_title("old");
    stored_.set_origin("ma");
    stored_.set_etag("1");
    stored_.mutable_body()->set_text("old");
    stored_.mutable_body()->set_checksum("sum");
    stored_.mutable_body()->set_language("fr");
    stored_.set_count(7);
    stored_.add_tags("a");
    stored_.add_tags("b");
  }

  absl::Status Merge(std::initializer_list<const char*> paths) {
    google::protobuf::FieldMask mask;
    for (const char* path : paths) mask.add_paths(path);
    return MergeUpdate(mask, update_, &stored_);
  }

  void ExpectRefused(std::initializer_list<const char*> paths) {
    const std::string before = stored_.SerializeAsString();
    EXPECT_EQ(ReasonNumber(Merge(paths)), ::passerelle::v1::MASK_INVALID);
    EXPECT_EQ(stored_.SerializeAsString(), before);
  }

  Merged stored_;
  Merged update_;
};

TEST_F(MergeTest, AnAbsentMaskTakesPopulatedFields) {
  update_.set_title("new");
  EXPECT_THAT(Merge({}), IsOk());
  EXPECT_EQ(stored_.title(), "new");
  EXPECT_EQ(stored_.count(), 7);
  EXPECT_EQ(stored_.body().text(), "old");
}

TEST_F(MergeTest, AnAbsentMaskAndAnEmptyUpdateChangeNothing) {
  const std::string before = stored_.SerializeAsString();
  EXPECT_THAT(Merge({}), IsOk());
  EXPECT_EQ(stored_.SerializeAsString(), before);
}

TEST_F(MergeTest, AStarReplacesEverythingThatCanChange) {
  update_.set_title("new");
  EXPECT_THAT(Merge({"*"}), IsOk());
  EXPECT_EQ(stored_.title(), "new");
  EXPECT_EQ(stored_.count(), 0);
  EXPECT_TRUE(stored_.tags().empty());
  EXPECT_FALSE(stored_.has_body());
  EXPECT_EQ(stored_.name(), "cases/c1");
  EXPECT_EQ(stored_.etag(), "1");
  EXPECT_EQ(stored_.origin(), "ma");
}

TEST_F(MergeTest, ANamedFieldIsTakenAlsoWhenEmpty) {
  EXPECT_THAT(Merge({"title", "tags"}), IsOk());
  EXPECT_EQ(stored_.title(), "");
  EXPECT_TRUE(stored_.tags().empty());
  EXPECT_EQ(stored_.count(), 7);
}

TEST_F(MergeTest, ListsAreReplacedNotAppended) {
  update_.add_tags("c");
  EXPECT_THAT(Merge({"tags"}), IsOk());
  ASSERT_EQ(stored_.tags_size(), 1);
  EXPECT_EQ(stored_.tags(0), "c");
}

TEST_F(MergeTest, ANestedPathChangesThatFieldOnly) {
  update_.mutable_body()->set_text("new");
  EXPECT_THAT(Merge({"body.text"}), IsOk());
  EXPECT_EQ(stored_.body().text(), "new");
  EXPECT_EQ(stored_.body().language(), "fr");
  EXPECT_EQ(stored_.body().checksum(), "sum");
}

TEST_F(MergeTest, AMessageThatIsReplacedKeepsWhatTheServerSetInIt) {
  update_.mutable_body()->set_text("new");
  update_.mutable_body()->set_checksum("forged");
  EXPECT_THAT(Merge({"body"}), IsOk());
  EXPECT_EQ(stored_.body().text(), "new");
  EXPECT_EQ(stored_.body().language(), "");
  EXPECT_EQ(stored_.body().checksum(), "sum");
}

TEST_F(MergeTest, AnOutputOnlyPathIsIgnored) {
  update_.set_etag("forged");
  update_.set_name("cases/c2");
  update_.mutable_body()->set_checksum("forged");
  EXPECT_THAT(Merge({"etag", "name", "body.checksum"}), IsOk());
  EXPECT_EQ(stored_.etag(), "1");
  EXPECT_EQ(stored_.name(), "cases/c1");
  EXPECT_EQ(stored_.body().checksum(), "sum");
}

TEST_F(MergeTest, OutputOnlyFieldsOfListItemsStartAfresh) {
  update_.add_pages()->set_checksum("forged");
  EXPECT_THAT(Merge({"pages"}), IsOk());
  ASSERT_EQ(stored_.pages_size(), 1);
  EXPECT_EQ(stored_.pages(0).checksum(), "");
}

TEST_F(MergeTest, AnImmutableFieldMayBeRepeatedButNotChanged) {
  update_.set_origin("ma");
  update_.set_title("new");
  EXPECT_THAT(Merge({"origin", "title"}), IsOk());
  EXPECT_EQ(stored_.title(), "new");
  update_.set_origin("tn");
  ExpectRefused({"origin"});
  ExpectRefused({});
  ExpectRefused({"*"});
  update_.clear_origin();
  ExpectRefused({"origin"});
  update_.mutable_body()->set_language("ar");
  ExpectRefused({"body.language"});
}

TEST_F(MergeTest, AnUnknownPathIsRefused) {
  ExpectRefused({"nothing"});
  ExpectRefused({""});
  ExpectRefused({"title", "body.nothing"});
  ExpectRefused({"title.text"});
  ExpectRefused({"pages.text"});
  ExpectRefused({"*", "title"});
}

TEST(ClearOutputOnlyTest, ClearsAtEveryDepth) {
  Merged message;
  message.set_name("n");
  message.set_title("t");
  message.set_etag("e");
  message.mutable_body()->set_checksum("c");
  message.mutable_body()->set_text("x");
  message.add_pages()->set_checksum("c");
  ClearOutputOnly(&message);
  EXPECT_EQ(message.name(), "");
  EXPECT_EQ(message.etag(), "");
  EXPECT_EQ(message.title(), "t");
  EXPECT_EQ(message.body().checksum(), "");
  EXPECT_EQ(message.body().text(), "x");
  ASSERT_EQ(message.pages_size(), 1);
  EXPECT_EQ(message.pages(0).checksum(), "");
}

}  // namespace
}  // namespace passerelle::domain
