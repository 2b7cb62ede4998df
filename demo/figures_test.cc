#include "demo/figures.h"

#include <map>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace passerelle::demo {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::Contains;

constexpr uint64_t kSeed = 2022;
const char kPublished[] = PASSERELLE_SOURCE_DIR "/data/published";
const char kData[] = PASSERELLE_SOURCE_DIR "/demo/data";

// Files as they would be kept of the caseload.
KeptFiles FilesOf(const std::vector<Invented>& people) {
  KeptFiles files;
  for (const Invented& one : people) {
    KeptFile& kept = files[one.Reference()];
    kept.persons.push_back(FullPerson(one));
    kept.host_country = one.host;
  }
  return files;
}

TEST(Caseload, IsTheOneThatItsSeedMakes) {
  const auto margins = ReadMargins(kPublished);
  const auto names = ReadCsv(std::string(kData) + "/names.csv");
  ASSERT_TRUE(margins.ok() && names.ok());
  const auto made = InventCaseload(*margins, *names, kSeed);
  const auto committed = ReadCsv(std::string(kData) + "/caseload_2022.csv");
  ASSERT_TRUE(made.ok() && committed.ok());
  EXPECT_EQ(made->header, committed->header);
  EXPECT_EQ(made->rows, committed->rows);
}

TEST(Caseload, HasThePublishedMarginsAndNoChildAlone) {
  const auto people = ReadCaseload(std::string(kData) + "/caseload_2022.csv");
  const auto published = ReadMargins(kPublished);
  ASSERT_TRUE(people.ok() && published.ok());
  EXPECT_EQ(people->size(), 216u);
  const Margins counted = CountFiles(FilesOf(*people), *published);
  const Comparison result = Compare(*published, counted);
  EXPECT_EQ(result.disagreeing, 0);
  // 12 hosts and their sum in 3 columns, 3 bands, 6 regions, 4 categories, 3
  // sums.
  EXPECT_EQ(result.figures, 13 * 3 + 4 + 7 + 5);
  EXPECT_THAT(result.lines,
              Contains("TR women/girls: published 12, counted 12, agrees"));
  std::map<int, const Invented*> by_number;
  for (const Invented& one : *people) by_number[one.number] = &one;
  for (const Invented& one : *people) {
    const auto& birth = one.person.birth_date();
    const int age =
        AgeOn(kReferenceDay,
              absl::CivilDay(birth.year(), birth.month(), birth.day()));
    EXPECT_EQ(age < 18, one.relation == pb::Person::CHILD);
    const Invented& principal = *by_number.at(one.family);
    EXPECT_EQ(principal.relation, pb::Person::PRINCIPAL);
    EXPECT_EQ(principal.family, principal.number);
    EXPECT_EQ(principal.host, one.host);
    EXPECT_EQ(principal.person.return_region(), one.person.return_region());
    EXPECT_EQ(one.relation == pb::Person::PRINCIPAL, one.family == one.number);
  }
}

TEST(Caseload, NeedsTablesThatSumToTheSame) {
  auto margins = ReadMargins(kPublished);
  const auto names = ReadCsv(std::string(kData) + "/names.csv");
  ASSERT_TRUE(margins.ok() && names.ok());
  margins->by_age.rows[0][1] = "11";
  EXPECT_EQ(InventCaseload(*margins, *names, kSeed).status().code(),
            absl::StatusCode::kInvalidArgument);
  margins = ReadMargins(kPublished);
  ASSERT_TRUE(margins.ok());
  margins->by_category.rows[0][1] = "192";  // men
  margins->by_category.rows[1][1] = "19";   // women
  EXPECT_EQ(InventCaseload(*margins, *names, kSeed).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Caseload, AChildHasSomebodyToTravelWith) {
  Margins margins;
  margins.by_host = {{"country", "women_girls", "men_boys"},
                     {{"TN", "0", "1"}, {"ES", "0", "1"}}};
  margins.by_age = {{"band", "persons"}, {{"0-18", "1"}, {"36-60", "1"}}};
  margins.by_region = {{"region", "persons"}, {{"Souss-Massa", "2"}}};
  margins.by_category = {{"category", "persons"},
                         {{"men", "1"}, {"boys", "1"}}};
  const auto names = ReadCsv(std::string(kData) + "/names.csv");
  ASSERT_TRUE(names.ok());
  EXPECT_EQ(InventCaseload(margins, *names, kSeed).status().code(),
            absl::StatusCode::kInvalidArgument);
  margins.by_host.rows = {{"TN", "0", "2"}};
  EXPECT_TRUE(InventCaseload(margins, *names, kSeed).ok());
}

TEST(Caseload, AgeIsInCompletedYears) {
  EXPECT_EQ(AgeOn(kReferenceDay, absl::CivilDay(2003, 12, 31)), 19);
  EXPECT_EQ(AgeOn(kReferenceDay, absl::CivilDay(2004, 1, 1)), 18);
  EXPECT_EQ(AgeOn(absl::CivilDay(2022, 6, 1), absl::CivilDay(2004, 6, 2)), 17);
}

TEST(Comparison, OnePersonElsewhereIsFound) {
  auto people = ReadCaseload(std::string(kData) + "/caseload_2022.csv");
  const auto published = ReadMargins(kPublished);
  ASSERT_TRUE(people.ok() && published.ok());
  const std::string host = people->front().host;
  people->front().host = "FR";
  people->front().person.set_return_region("Oriental");
  const Comparison result =
      Compare(*published, CountFiles(FilesOf(*people), *published));
  EXPECT_THAT(result.lines, Contains("FR total: published nothing, counted 1, "
                                     "DISAGREES"));
  EXPECT_THAT(result.lines,
              Contains("Oriental persons: published nothing, counted 1, "
                       "DISAGREES"));
  EXPECT_GT(result.disagreeing, 4);
}

}  // namespace
}  // namespace passerelle::demo
