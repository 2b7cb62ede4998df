#include "server/matching/registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/matching/model.h"
#include "tests/support/seed.h"

namespace passerelle::matching {
namespace {

Record Person(const std::string& id, const std::string& name, int year) {
  Record record;
  record.id = id;
  record.full_name = name;
  record.birth = *BirthYears(year, year);
  return record;
}

// 600 people of 30 x 20 names.
Population Crowd() {
  Population population;
  for (int i = 0; i < 600; ++i) {
    const std::string name =
        absl::StrCat("G", std::string(1, static_cast<char>('a' + i % 26)), "b",
                     std::string(1, "aeiou"[i % 5]), "n H",
                     std::string(1, static_cast<char>('a' + i / 26 % 26)), "r",
                     std::string(1, "aeiou"[i % 5]), "d");
    EXPECT_TRUE(
        population.Add(Person(absl::StrCat("r", i), name, 1960 + i % 50)).ok());
  }
  return population;
}

double SumOf(const SearchResult& result) {
  double sum = result.nobody;
  for (const Candidate& c : result.candidates) sum += c.probability;
  return sum;
}

TEST(RegistryTest, FindsAPersonInAnotherScript) {
  Registry registry(Crowd(), DefaultModel());
  ASSERT_TRUE(registry.Insert(Person("m", "Khalid Mansour", 1984)).ok());
  SearchOptions options;
  options.top = 1000;
  const auto result = registry.Search(Person("q", "خالد منصور", 1984), options);
  ASSERT_TRUE(result.ok());
  ASSERT_FALSE(result->candidates.empty());
  EXPECT_EQ(result->candidates[0].id, "m");
  EXPECT_GT(result->candidates[0].probability, result->nobody);
  EXPECT_NEAR(SumOf(*result), 1, 1e-9);
  EXPECT_EQ(result->registered, 601u);
}

TEST(RegistryTest, FewPeopleAreNotTooFewToSearchAmong) {
  Population population;
  ASSERT_TRUE(population.Add(Person("r1", "محمد علي", 1990)).ok());
  ASSERT_TRUE(population.Add(Person("r2", "Fatou Diallo", 1984)).ok());
  ASSERT_TRUE(population.Add(Person("r3", "Haile Selassie", 1970)).ok());
  const Registry registry(std::move(population), DefaultModel());
  const auto found = registry.Search(Person("q", "Mohamed Ali", 1990), {});
  ASSERT_TRUE(found.ok());
  ASSERT_FALSE(found->candidates.empty());
  EXPECT_EQ(found->candidates[0].id, "r1");
  EXPECT_GT(found->candidates[0].probability, 0.5);
  const auto absent = registry.Search(Person("q", "Moussa Keita", 1990), {});
  ASSERT_TRUE(absent.ok());
  EXPECT_GT(absent->nobody, 0.5);
}

TEST(RegistryTest, SomeoneAbsentIsProbablyNobody) {
  const Registry registry(Crowd(), DefaultModel());
  const auto result = registry.Search(Person("q", "Zeynep Yıldırım", 1984), {});
  ASSERT_TRUE(result.ok());
  EXPECT_GT(result->nobody, 0.9);
}

TEST(RegistryTest, TwoEquallyGoodCandidatesShareTheProbability) {
  Registry registry(Crowd(), DefaultModel());
  ASSERT_TRUE(registry.Insert(Person("m1", "Khalid Mansour", 1984)).ok());
  ASSERT_TRUE(registry.Insert(Person("m2", "Khalid Mansour", 1984)).ok());
  const auto result = registry.Search(Person("q", "Khalid Mansour", 1984), {});
  ASSERT_TRUE(result.ok());
  ASSERT_GE(result->candidates.size(), 2u);
  EXPECT_NEAR(result->candidates[0].probability,
              result->candidates[1].probability, 1e-9);
  EXPECT_LE(result->candidates[0].probability, 0.5);
}

TEST(RegistryTest, RemovedAndReplacedPeopleAreNotFound) {
  Registry registry(Crowd(), DefaultModel());
  ASSERT_TRUE(registry.Insert(Person("m", "Khalid Mansour", 1984)).ok());
  ASSERT_TRUE(registry.Remove("m").ok());
  EXPECT_EQ(registry.Remove("m").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(registry.size(), 600u);
  const auto has = [&](const char* name) {
    const auto result = registry.Search(Person("q", name, 1984), {});
    EXPECT_TRUE(result.ok());
    return !result->candidates.empty() && result->candidates[0].id == "m";
  };
  EXPECT_FALSE(has("Khalid Mansour"));
  ASSERT_TRUE(registry.Upsert(Person("m", "Khalid Mansour", 1984)).ok());
  EXPECT_TRUE(has("Khalid Mansour"));
  ASSERT_TRUE(registry.Upsert(Person("m", "Zeynep Yildirim", 1984)).ok());
  EXPECT_FALSE(has("Khalid Mansour"));
  EXPECT_TRUE(has("Zeynep Yildirim"));
  EXPECT_EQ(registry.Insert(Person("m", "Ali", 1984)).code(),
            absl::StatusCode::kAlreadyExists);
}

TEST(RegistryTest, ExplanationsOfCandidatesAddUp) {
  const Registry registry(Crowd(), DefaultModel());
  SearchOptions options;
  options.explain = true;
  const auto result =
      registry.Search(Person("q", "Gaban Harad", 1960), options);
  ASSERT_TRUE(result.ok());
  ASSERT_FALSE(result->candidates.empty());
  for (const Candidate& candidate : result->candidates) {
    EXPECT_NEAR(candidate.explanation.weight, candidate.weight, 1e-9);
    EXPECT_NEAR(RecomputeWeight(candidate.explanation, registry.model()),
                candidate.weight, 1e-9);
  }
}

TEST(RegistryTest, ARequestNeedsSomethingToSearchBy) {
  const Registry registry(Crowd(), DefaultModel());
  Record nothing;
  nothing.full_name = "...";
  nothing.sex = Sex::kFemale;
  EXPECT_EQ(registry.Search(nothing, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
  SearchOptions options;
  options.top = 0;
  EXPECT_EQ(registry.Search(Person("q", "Ali", 1984), options).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(RegistryTest, ACommonNameStopsAtTheLimitAndSaysSo) {
  Population population;
  for (int i = 0; i < 3000; ++i)
    ASSERT_TRUE(
        population.Add(Person(absl::StrCat("r", i), "Mamadou Diallo", 1984))
            .ok());
  const Registry registry(std::move(population), DefaultModel());
  SearchOptions options;
  options.max_candidates = 100;
  const auto result =
      registry.Search(Person("q", "Mamadou Diallo", 1984), options);
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->truncated);
  EXPECT_LE(result->compared, 100u);
}

TEST(RegistryTest, AnswersDoNotDependOnTheOrderOfInput) {
  // More of one name than are read of a key, and more than are compared.
  std::vector<Record> records;
  for (int i = 0; i < 1500; ++i)
    records.push_back(
        Person(absl::StrCat("r", i), "Mamadou Diallo", 1950 + i % 60));
  const auto search = [&records] {
    Population population;
    for (const Record& record : records)
      EXPECT_TRUE(population.Add(record).ok());
    const Registry registry(std::move(population), DefaultModel());
    SearchOptions options;
    options.max_candidates = 100;
    options.top = 100;
    Record request;
    request.full_name = "Mamadou Diallo";
    const auto result = registry.Search(request, options);
    EXPECT_TRUE(result.ok() && result->truncated);
    std::vector<std::pair<std::string, double>> found = {{"", result->nobody}};
    for (const Candidate& candidate : result->candidates)
      found.emplace_back(candidate.id, candidate.probability);
    return found;
  };
  const auto one = search();
  std::shuffle(records.begin(), records.end(),
               std::mt19937_64(testing::Seed()));
  EXPECT_EQ(search(), one);
}

}  // namespace
}  // namespace passerelle::matching
