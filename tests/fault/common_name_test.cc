#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/matching/linkage.h"
#include "server/matching/model.h"
#include "server/matching/population.h"
#include "server/matching/record.h"
#include "server/matching/registry.h"

namespace passerelle::matching {
namespace {

TEST(CommonNameTest, AHundredThousandPeopleOfOneNameStayBounded) {
  Population population;
  constexpr int kPeople = 100'000;
  Record record;
  record.given = "Mamadou";
  record.family = "Diallo";
  for (int i = 0; i < kPeople; ++i) {
    record.id = absl::StrCat("m", i);
    ASSERT_TRUE(population.Add(record).ok());
  }
  const auto out = Dedupe(population, DefaultModel(), {});
  ASSERT_TRUE(out.ok());
  EXPECT_LT(out->report.candidates, 40u * kPeople);
  EXPECT_GT(out->report.capped_blocks, 0u);
  EXPECT_GE(out->report.capped_records, uint64_t{kPeople});
  // A name that everybody has says nothing.
  EXPECT_TRUE(out->pairs.empty());

  const Registry registry(std::move(population), DefaultModel());
  const auto found = registry.Search(record, {});
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->truncated);
  EXPECT_LE(found->compared, uint64_t{SearchOptions().max_candidates});
  // Nor that nobody is registered: most of those it may be were not compared.
  EXPECT_LT(found->nobody, 0.95);
}

}  // namespace
}  // namespace passerelle::matching
