#include "server/matching/link/column_map.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/matching/link/testing/problem_matchers.h"
#include "tests/support/temp_dir.h"

namespace passerelle::link {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsProblem;
using testing::IsProblemAt;
using testing::Works;

absl::StatusOr<ColumnMap> Parse(absl::string_view text) {
  return ParseColumnMap(text, "map.toml");
}

TEST(ColumnMapTest, ReadsNamesListsAndFormats) {
  const auto map = Parse(R"(
[columns]
id = "rec_id"
given = ["first", "middle"]
birth_date = "born"
[formats]
birth_date = ["%Y%m%d", "%Y"]
encoding = "windows-1252"
delimiter = "tab"
)");
  ASSERT_THAT(map, Works());
  EXPECT_THAT((*map)[Role::kId], ElementsAre("rec_id"));
  EXPECT_THAT((*map)[Role::kGiven], ElementsAre("first", "middle"));
  EXPECT_THAT((*map)[Role::kFamily], IsEmpty());
  EXPECT_THAT(map->birth_date_formats, ElementsAre("%Y%m%d", "%Y"));
  EXPECT_EQ(map->csv.encoding, "windows-1252");
  EXPECT_EQ(map->csv.delimiter, '\t');
}

TEST(ColumnMapTest, EveryRoleHasAName) {
  for (size_t i = 0; i < kRoleCount; ++i) {
    const std::string role(RoleName(static_cast<Role>(i)));
    const auto map =
        Parse("[columns]\nid='i'\nfull_name='n'\n" +
              (role == "id" || role == "full_name" ? std::string()
                                                   : role + " = 'column'\n"));
    EXPECT_THAT(map, Works()) << role;
  }
}

TEST(ColumnMapTest, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(Parse("[columns]\ngiven = 'a'\n"), IsProblem(Reason::kMap));
  EXPECT_THAT(Parse("[columns]\nid = 'a'\n"), IsProblem(Reason::kMap));
  EXPECT_THAT(Parse("[columns]\nid = 'a'\nnam = 'b'\n"),
              IsProblemAt(Reason::kMap, 3, "nam"));
  EXPECT_THAT(Parse("[columns]\nid = 'a'\ngiven = 7\n"),
              IsProblemAt(Reason::kMap, 3, "given"));
  EXPECT_THAT(Parse("[columns]\nid = ''\ngiven = 'b'\n"),
              IsProblemAt(Reason::kMap, 2, "id"));
  EXPECT_THAT(Parse("[columns]\nid = 'a'\ngiven = ['b', 'b']\n"),
              IsProblemAt(Reason::kMap, 3, "given"));
  EXPECT_THAT(Parse("[colums]\nid = 'a'\n"), IsProblem(Reason::kMap));
  EXPECT_THAT(Parse("[columns\n"), IsProblem(Reason::kMap));
  EXPECT_THAT(Parse("id = 'a'\n"), IsProblem(Reason::kMap));
  const std::string columns = "[columns]\nid = 'a'\ngiven = 'b'\n[formats]\n";
  EXPECT_THAT(Parse(columns + "birth_date = '%d'\n"),
              IsProblemAt(Reason::kMap, 5, "birth_date"));
  EXPECT_THAT(Parse(columns + "delimiter = '::'\n"),
              IsProblemAt(Reason::kMap, 5, "delimiter"));
  EXPECT_THAT(Parse(columns + "phone = 'x'\n"),
              IsProblemAt(Reason::kMap, 5, "phone"));
}

class FindColumnsTest : public ::testing::Test {
 protected:
  std::unique_ptr<CsvReader> Table(absl::string_view header) {
    return *CsvReader::Open(folder_.Write("table.csv", header), {});
  }
  passerelle::testing::TempDir folder_;
  const ColumnMap map_ = *Parse(
      "[columns]\nid = ['reg_id', 'request_id']\nfull_name = 'name'\n"
      "phone = 'phone'\n");
};

TEST_F(FindColumnsTest, TheFirstOfSeveralIdsThatIsThereIsTheId) {
  const auto columns =
      FindColumns(map_, *Table("request_id,name,phone\n"), Absent::kForbidden);
  ASSERT_THAT(columns, Works());
  EXPECT_THAT((*columns)[Role::kId], ElementsAre(0));
  EXPECT_THAT((*columns)[Role::kPhone], ElementsAre(2));
}

TEST_F(FindColumnsTest, OneOfTwoTablesMayLackAColumn) {
  const auto table = Table("reg_id,name\n");
  EXPECT_THAT(FindColumns(map_, *table, Absent::kForbidden),
              IsProblemAt(Reason::kMissingColumn, 1, "phone"));
  EXPECT_THAT(FindColumns(map_, *table, Absent::kAllowed), Works());
  // Both lack the id that the other has, and neither has a phone.
  EXPECT_THAT(CheckInEither(map_, *table, *Table("request_id,name\n")),
              IsProblemAt(Reason::kMissingColumn, 1, "phone"));
  EXPECT_THAT(CheckInEither(map_, *table, *Table("request_id,name,phone\n")),
              Works());
}

TEST_F(FindColumnsTest, NoTableMayLackIdOrName) {
  EXPECT_THAT(FindColumns(map_, *Table("name,phone\n"), Absent::kAllowed),
              IsProblem(Reason::kMissingColumn));
  EXPECT_THAT(FindColumns(map_, *Table("reg_id,phone\n"), Absent::kAllowed),
              IsProblemAt(Reason::kMissingColumn, 1, "name"));
}

}  // namespace
}  // namespace passerelle::link
