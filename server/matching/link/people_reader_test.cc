#include "server/matching/link/people_reader.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/matching/link/testing/problem_matchers.h"
#include "tests/support/temp_dir.h"

namespace passerelle::link {
namespace {

using matching::Record;
using matching::Sex;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::IsProblemAt;
using testing::Works;

class PeopleReaderTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::vector<Record>> Read(
      absl::string_view map_text, absl::string_view table,
      Strictness strictness = Strictness::kRemark) {
    const auto map = ParseColumnMap(map_text, "map.toml");
    if (!map.ok()) return map.status();
    Remarks remarks(strictness);
    const auto reader = PeopleReader::Open(folder_.Write("people.csv", table),
                                           *map, Absent::kForbidden, remarks);
    if (!reader.ok()) return reader.status();
    std::vector<Record> records;
    while (true) {
      Record record;
      const auto found = (*reader)->Next(&record);
      if (!found.ok()) return found.status();
      if (!*found) break;
      records.push_back(std::move(record));
    }
    bad_dates_ = remarks.count(Reason::kBadDate);
    remarks_ = remarks.Lines();
    return records;
  }

  passerelle::testing::TempDir folder_;
  uint64_t bad_dates_ = 0;
  std::vector<std::string> remarks_;
};

TEST_F(PeopleReaderTest, FillsEveryFieldOfARecord) {
  const auto records = Read(R"(
[columns]
id = "no"
given = ["first", "middle"]
family = "last"
full_name = "written"
birth_date = "born"
sex = "sex"
place = ["village", "district"]
postcode = "zip"
address = "street"
phone = ["mobile", "home"]
identifier = "papers"
occupation = "job"
mother = "mother"
father = "father"
spouse = "spouse"
known_distinct = "household"
)",
                            "no,first,middle,last,written,born,sex,village,"
                            "district,zip,street,mobile,home,papers,job,mother,"
                            "father,spouse,household\n"
                            "7,Fatou,,Diallo,Fatoumata D.,1984-02-03,F,Labé,"
                            "Moyenne-Guinée,0,Rue 3,+224 620 / 224 621,622,"
                            "P1;P2,trader,Aminata,,Ibrahima,H9\n");
  ASSERT_THAT(records, Works());
  ASSERT_EQ(records->size(), 1U);
  const Record& record = records->front();
  EXPECT_EQ(record.id, "7");
  EXPECT_EQ(record.given, "Fatou");
  EXPECT_EQ(record.family, "Diallo");
  EXPECT_EQ(record.full_name, "Fatoumata D.");
  EXPECT_EQ(record.birth->first, absl::CivilDay(1984, 2, 3));
  EXPECT_EQ(record.sex, Sex::kFemale);
  EXPECT_EQ(record.place, "Labé Moyenne-Guinée");
  EXPECT_EQ(record.postcode, "0");
  EXPECT_EQ(record.address, "Rue 3");
  EXPECT_THAT(record.phones, ElementsAre("+224 620", "224 621", "622"));
  EXPECT_THAT(record.identifiers, ElementsAre("P1", "P2"));
  EXPECT_EQ(record.occupation, "trader");
  ASSERT_EQ(record.relatives.size(), 2U);
  EXPECT_EQ(record.relatives[0].relation, matching::Relation::kMother);
  EXPECT_EQ(record.relatives[1].name, "Ibrahima");
  EXPECT_EQ(record.known_distinct, "H9");
}

TEST_F(PeopleReaderTest, ValuesThatCannotBeReadAreUnknownWithARemark) {
  const std::string map =
      "[columns]\nid='id'\ngiven='name'\nbirth_date='born'\n"
      "birth_year='year'\nsex='sex'\n";
  const std::string table =
      "id,name,born,year,sex\n1,a,soon,1984,f\n2,b,0000-00-00,,zz\n"
      "3,,9999-01-01,9999,\n";
  const auto records = Read(map, table);
  ASSERT_THAT(records, Works());
  EXPECT_EQ(records->at(0).birth->first, absl::CivilDay(1984, 1, 1));
  EXPECT_FALSE(records->at(1).birth.has_value());
  EXPECT_FALSE(records->at(2).birth.has_value());
  EXPECT_EQ(records->at(1).sex, Sex::kUnknown);
  EXPECT_EQ(bad_dates_, 4U);
  for (const std::string& remark : remarks_) {
    EXPECT_EQ(remark.find("soon"), std::string::npos) << remark;
    EXPECT_EQ(remark.find("zz"), std::string::npos) << remark;
  }
  EXPECT_THAT(Read(map, table, Strictness::kRefuse),
              IsProblemAt(Reason::kBadDate, 2, "born"));
}

TEST_F(PeopleReaderTest, EveryRowNeedsAnId) {
  EXPECT_THAT(Read("[columns]\nid='id'\ngiven='name'\n", "id,name\n1,a\n ,b\n"),
              IsProblemAt(Reason::kEmptyId, 3, "id"));
}

TEST_F(PeopleReaderTest, StrangeNamesAreRead) {
  const std::string many(4'000, 'x');
  const auto records =
      Read("[columns]\nid='id'\nfull_name='name'\n",
           "id,name\n1,\n2,A\n3,😀\n4,محمد Mohamed\n5,\x01\x02\n6,12345\n7," +
               many + "\n");
  ASSERT_THAT(records, Works());
  EXPECT_EQ(records->size(), 7U);
  EXPECT_EQ(records->at(6).full_name, many);
}

TEST(ReadSexTest, KnowsTheWordsOfTheFieldAndNoOthers) {
  for (const char* word : {"f", "F", "Female", "femme", "أنثى", "ሴት"}) {
    EXPECT_EQ(ReadSex(word), Sex::kFemale) << word;
  }
  for (const char* word : {"m", "MALE", " homme ", "ذكر", "ወንድ"}) {
    EXPECT_EQ(ReadSex(word), Sex::kMale) << word;
  }
  EXPECT_EQ(ReadSex("unknown"), Sex::kUnknown);
  EXPECT_EQ(ReadSex("1"), std::nullopt);
}

}  // namespace
}  // namespace passerelle::link
