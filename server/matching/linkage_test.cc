#include "server/matching/linkage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/matching/model.h"
#include "server/matching/population.h"
#include "server/matching/record.h"
#include "tests/support/seed.h"

namespace passerelle::matching {
namespace {

const char* const kGiven[] = {"Mohamed",   "Fatoumata", "Ibrahima", "Aissatou",
                              "Ousmane",   "Mariama",   "Cheikh",   "Khadija",
                              "Abdoulaye", "Seynabou",  "Idrissa",  "Rokhaya"};
const char* const kFamily[] = {"Diallo",   "Traore", "Ndiaye",   "Keita",
                               "Camara",   "Toure",  "Sangare",  "Coulibaly",
                               "Ouattara", "Konate", "Bangoura", "Sissoko"};
const char* const kPlaces[] = {"Labe", "Kayes", "Thies", "Mamou", "Segou"};

// People, each with a second record of their own at the end: "p7" and "p7b".
std::vector<Record> People(int count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Record> records;
  for (int i = 0; i < count; ++i) {
    Record record;
    record.id = absl::StrCat("p", i);
    record.given = kGiven[random() % std::size(kGiven)];
    record.family = kFamily[random() % std::size(kFamily)];
    record.birth = *BirthDay(static_cast<int64_t>(1950 + random() % 60),
                             static_cast<int>(1 + random() % 12),
                             static_cast<int>(1 + random() % 28));
    record.sex = random() % 2 == 0 ? Sex::kFemale : Sex::kMale;
    record.place = kPlaces[random() % std::size(kPlaces)];
    if (random() % 3 == 0)
      record.phones = {absl::StrCat("6", 10000000 + random() % 90000000)};
    records.push_back(record);
  }
  for (int i = 0; i < count; ++i) {
    Record again = records[static_cast<size_t>(i)];
    again.id += "b";
    if (random() % 2 == 0) again.given.insert(2, 1, again.given[2]);
    if (random() % 3 == 0) again.place.clear();
    records.push_back(again);
  }
  return records;
}

Population Of(const std::vector<Record>& records) {
  Population population;
  for (const Record& record : records) EXPECT_TRUE(population.Add(record).ok());
  return population;
}

// Pairs by id, smaller first.
std::map<std::pair<std::string, std::string>, double> ById(
    const Population& a, const Population& b, const std::vector<Pair>& pairs) {
  std::map<std::pair<std::string, std::string>, double> out;
  for (const Pair& pair : pairs) {
    std::string x(a.id(pair.a));
    std::string y(b.id(pair.b));
    if (y < x) std::swap(x, y);
    out[{x, y}] = pair.weight;
  }
  return out;
}

TEST(LinkageTest, FindsTheSecondRecordOfEachPerson) {
  const Population population = Of(People(300, 5));
  const auto out = TrainAndDedupe(population, DefaultModel(), {});
  ASSERT_TRUE(out.ok());
  int hits = 0;
  int wrong = 0;
  for (const Pair& pair : out->result.pairs) {
    if (pair.probability < 0.5) continue;
    const bool same =
        absl::StrCat(population.id(pair.a), "b") == population.id(pair.b);
    (same ? hits : wrong) += 1;
  }
  EXPECT_GE(hits, 297);
  EXPECT_LE(wrong, 3);
}

TEST(LinkageTest, ResultsDoNotDependOnThreads) {
  const Population population = Of(People(400, 6));
  LinkageOptions options;
  const auto one = TrainAndDedupe(population, DefaultModel(), options);
  options.threads = 2;
  const Population again = Of(People(400, 6));
  const auto two = TrainAndDedupe(again, DefaultModel(), options);
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(SerialiseModel(one->model), SerialiseModel(two->model));
  ASSERT_EQ(one->result.pairs.size(), two->result.pairs.size());
  for (size_t i = 0; i < one->result.pairs.size(); ++i) {
    EXPECT_EQ(one->result.pairs[i].weight, two->result.pairs[i].weight);
    EXPECT_EQ(one->result.pairs[i].a, two->result.pairs[i].a);
  }
}

TEST(LinkageTest, ResultsDoNotDependOnTheOrderOfInput) {
  std::vector<Record> records = People(200, 8);
  const Population population = Of(records);
  const uint64_t seed = testing::Seed();
  std::shuffle(records.begin(), records.end(), std::mt19937_64(seed));
  const Population shuffled = Of(records);
  const auto one = TrainAndDedupe(population, DefaultModel(), {});
  const auto two = TrainAndDedupe(shuffled, DefaultModel(), {});
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(one->model.Version(), two->model.Version());
  const auto a = ById(population, population, one->result.pairs);
  const auto b = ById(shuffled, shuffled, two->result.pairs);
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [ids, weight] : a) {
    ASSERT_TRUE(b.contains(ids)) << ids.first << " " << ids.second;
    EXPECT_NEAR(b.at(ids), weight, 1e-9);
  }
}

TEST(LinkageTest, ExplanationsAddUpAndCanBeComputedAgain) {
  const Population population = Of(People(200, 9));
  const auto out = TrainAndDedupe(population, DefaultModel(), {});
  ASSERT_TRUE(out.ok());
  const auto stored = ParseModel(SerialiseModel(out->model));
  ASSERT_TRUE(stored.ok());
  const Explainer explainer(population, out->model);
  ASSERT_FALSE(out->result.pairs.empty());
  for (const Pair& pair : out->result.pairs) {
    const Explanation e = explainer.Explain(pair);
    double sum = e.prior + e.via_weight;
    for (const Contribution& c : e.contributions) sum += c.weight;
    EXPECT_NEAR(sum, pair.weight, 1e-9);
    EXPECT_NEAR(e.weight, pair.weight, 1e-9);
    EXPECT_NEAR(e.probability, pair.probability, 1e-9);
    EXPECT_NEAR(RecomputeWeight(e, *stored), pair.weight, 1e-9);
  }
}

TEST(LinkageTest, ExplanationsAreTheSameFromEitherSide) {
  const Population population = Of(People(50, 10));
  const Explainer explainer(population, DefaultModel());
  for (Row a = 0; a < 20; ++a) {
    for (Row b = 50; b < 70; ++b)
      EXPECT_EQ(explainer.Explain(a, b).weight, explainer.Explain(b, a).weight);
  }
}

// Weight of two records within a crowd.
double WeightOfPair(const Record& a, const Record& b) {
  std::vector<Record> records = People(300, 11);
  records.push_back(a);
  records.push_back(b);
  const Population population = Of(records);
  const Explainer explainer(population, DefaultModel());
  return explainer.Explain(600, 601).weight;
}

Record Person(const std::string& id, const std::string& given,
              const std::string& family) {
  Record record;
  record.id = id;
  record.given = given;
  record.family = family;
  record.birth = *BirthDay(1984, 5, 17);
  return record;
}

TEST(LinkageTest, ATypoNeverRaisesTheWeight) {
  const Record a = Person("x", "Ibrahima", "Sangare");
  const double exact = WeightOfPair(a, Person("y", "Ibrahima", "Sangare"));
  for (const char* typo : {"Ibrahimaa", "Ibrahma", "Ibarhima", "Ibrahimx",
                           "Xbrahima", "Ib", "Zzzzzz"}) {
    EXPECT_LE(WeightOfPair(a, Person("y", typo, "Sangare")), exact + 1e-9)
        << typo;
  }
  EXPECT_LT(WeightOfPair(a, Person("y", "Zzzzzz", "Sangare")), exact);
}

// One slip of the hand: a letter changed, left out, doubled or swapped.
std::string Slip(std::string name, std::mt19937_64& random) {
  const size_t at = random() % (name.size() - 1);
  switch (random() % 4) {
    case 0:
      name[at] = static_cast<char>('a' + random() % 26);
      break;
    case 1:
      name.erase(at, 1);
      break;
    case 2:
      name.insert(at, 1, name[at]);
      break;
    default:
      std::swap(name[at], name[at + 1]);
  }
  return name;
}

TEST(LinkageTest, NoSlipInAnyNameEverRaisesTheWeight) {
  std::mt19937_64 random(testing::Seed());
  std::vector<Record> records = People(300, 11);
  const size_t crowd = records.size();
  constexpr int kTries = 300;
  for (int i = 0; i < kTries; ++i) {
    const Record person =
        Person(absl::StrCat("x", i), kGiven[random() % std::size(kGiven)],
               kFamily[random() % std::size(kFamily)]);
    Record same = person;
    same.id = absl::StrCat("y", i);
    Record slipped = person;
    slipped.id = absl::StrCat("z", i);
    std::string& name = random() % 2 == 0 ? slipped.given : slipped.family;
    name = Slip(name, random);
    records.insert(records.end(), {person, same, slipped});
  }
  const Population population = Of(records);
  const Explainer explainer(population, DefaultModel());
  for (size_t i = crowd; i < records.size(); i += 3) {
    const Row row = static_cast<Row>(i);
    EXPECT_LE(explainer.Explain(row, row + 2).weight,
              explainer.Explain(row, row + 1).weight + 1e-9)
        << records[i].given << " " << records[i].family << " | "
        << records[i + 2].given << " " << records[i + 2].family;
  }
}

TEST(LinkageTest, ARarerNameNeverLowersTheWeight) {
  // Families by how many have them: 1, 2, 4 … 512 beside the two compared.
  const char* const families[] = {"Xaba",    "Mbeki",   "Zuma", "Tambo",
                                  "Sisulu",  "Mandela", "Biko", "Hani",
                                  "Luthuli", "Gumede"};
  std::vector<Record> records;
  int id = 0;
  for (size_t i = 0; i < std::size(families); ++i) {
    for (int n = 0; n < 2 + (1 << i); ++n) {
      records.push_back(Person(absl::StrCat("r", id++), "Thabo", families[i]));
    }
  }
  const Population population = Of(records);
  const Explainer explainer(population, DefaultModel());
  double before = 100;
  Row first = 0;
  for (size_t i = 0; i < std::size(families); ++i) {
    const double weight = explainer.Explain(first, first + 1).weight;
    EXPECT_LE(weight, before) << families[i];
    before = weight;
    first += static_cast<Row>(2 + (1 << i));
  }
  EXPECT_LT(before, explainer.Explain(0, 1).weight - 5);
}

TEST(LinkageTest, PeopleKnownToBeDifferentAreLeftToReview) {
  Record a = Person("x", "Xolani", "Mbeki");
  Record b = Person("y", "Xolani", "Mbeki");
  a.identifiers = b.identifiers = {"AB123456"};
  a.known_distinct = b.known_distinct = "household 9";
  const Population population = Of({a, b});
  const Explanation e = Explainer(population, DefaultModel()).Explain(0, 1);
  EXPECT_LE(e.probability, kReviewCap);
  EXPECT_EQ(e.cap, kReviewCap);
}

// Three records of which the second shares a document with the first and all
// the rest with the third, who themselves share a given name alone.
struct Chain {
  Chain() : first(Person("xa", "Xolani", "Mbeki")) {
    first.sex = Sex::kMale;
    second = first;
    second.id = "xb";
    first.identifiers = second.identifiers = {"AA111111"};
    third.id = "xc";
    third.given = "Xolani";
    second.phones = third.phones = {"699887766"};
    second.place = third.place = "Mthatha";
    second.relatives = third.relatives = {{"Nomzamo Zwide", Relation::kMother}};
  }
  Record first, second, third;
};

// The pair of the first and the third, with a crowd around them.
Pair EndsOf(const Chain& chain, bool use_third_records) {
  std::vector<Record> records = People(300, 12);
  records.insert(records.end(), {chain.first, chain.second, chain.third});
  const Population population = Of(records);
  LinkageOptions options;
  options.use_third_records = use_third_records;
  options.min_probability = 0;
  const auto out = Dedupe(population, DefaultModel(), options);
  EXPECT_TRUE(out.ok());
  for (const Pair& pair : out->pairs) {
    if (pair.a != 600 || pair.b != 602) continue;
    const Explanation e = Explainer(population, DefaultModel()).Explain(pair);
    EXPECT_NEAR(e.weight, pair.weight, 1e-9);
    EXPECT_NEAR(RecomputeWeight(e, DefaultModel()), pair.weight, 1e-9);
    return pair;
  }
  ADD_FAILURE() << "the pair is not there";
  return {};
}

TEST(LinkageTest, AThirdRecordSpeaksForTwoOthers) {
  const Chain chain;
  const Pair alone = EndsOf(chain, false);
  const Pair lifted = EndsOf(chain, true);
  EXPECT_LT(alone.probability, 0.1);
  EXPECT_EQ(alone.via, kNoRow);
  EXPECT_GT(lifted.probability, 0.9);
  EXPECT_EQ(lifted.via, 601u);
}

TEST(LinkageTest, AThirdRecordDoesNotOutvoteAContradiction) {
  // The second has both given names, and neither sex nor birth: only the ends
  // disagree.
  Chain agreeing;
  agreeing.second.given = "Xolani Simphiwe";
  agreeing.third.given = "Simphiwe";
  agreeing.second.sex = Sex::kUnknown;
  agreeing.second.birth.reset();
  Chain contradicting = agreeing;
  contradicting.third.sex = Sex::kFemale;
  contradicting.third.birth = *BirthDay(1951, 11, 2);
  EXPECT_LT(EndsOf(contradicting, true).weight,
            EndsOf(agreeing, true).weight - 5);
}

TEST(LinkageTest, LinksTwoFilesTheSameEitherWay) {
  const std::vector<Record> people = People(200, 13);
  const Population a = Of({people.begin(), people.begin() + 200});
  const Population b = Of({people.begin() + 200, people.end()});
  const auto forth = TrainAndLink(a, b, DefaultModel(), {});
  const auto back = TrainAndLink(b, a, DefaultModel(), {});
  ASSERT_TRUE(forth.ok() && back.ok());
  EXPECT_EQ(ById(a, b, forth->result.pairs), ById(b, a, back->result.pairs));
  int hits = 0;
  for (const Pair& pair : forth->result.pairs)
    hits += pair.probability >= 0.5 &&
            absl::StrCat(a.id(pair.a), "b") == b.id(pair.b);
  EXPECT_GE(hits, 195);
}

TEST(LinkageTest, EmptyAndTinyPopulationsAreNoError) {
  const Population none;
  const Population one = Of({Person("x", "Ali", "Toure")});
  for (const Population* population : {&none, &one}) {
    const auto out = TrainAndDedupe(*population, DefaultModel(), {});
    ASSERT_TRUE(out.ok());
    EXPECT_TRUE(out->result.pairs.empty());
  }
  EXPECT_TRUE(TrainAndLink(none, one, DefaultModel(), {}).ok());
}

TEST(LinkageTest, OptionsOutOfRangeAreRefusedAndCallersMayStop) {
  const Population population = Of(People(20, 14));
  LinkageOptions options;
  options.threads = 0;
  EXPECT_EQ(Dedupe(population, DefaultModel(), options).status().code(),
            absl::StatusCode::kInvalidArgument);
  options.threads = 1;
  options.progress = [](absl::string_view, uint64_t, uint64_t) {
    return false;
  };
  EXPECT_EQ(Dedupe(population, DefaultModel(), options).status().code(),
            absl::StatusCode::kCancelled);
}

TEST(LinkageTest, StrangeRecordsAreCompared) {
  std::vector<Record> records;
  const std::string strange[] = {"",
                                 "x",
                                 std::string(5000, 'a'),
                                 "😀",
                                 "\xFF\xFE",
                                 "Ali محمد ኃይሌ",
                                 "12 34",
                                 "...",
                                 "al el bin",
                                 std::string("a\0b", 3)};
  int id = 0;
  for (const std::string& text : strange) {
    for (const std::string& other : strange) {
      Record record;
      record.id = absl::StrCat("s", id++);
      record.given = text;
      record.family = other;
      record.full_name = text + " " + other;
      record.place = other;
      record.address = text;
      record.postcode = other;
      record.phones = {text, "+00 (0)", "123", "99999999999999999999999"};
      record.identifiers = {other, text};
      record.occupation = text;
      record.relatives = {{other, Relation::kMother},
                          {text, Relation::kFather}};
      records.push_back(record);
    }
  }
  const Population population = Of(records);
  const auto out = TrainAndDedupe(population, DefaultModel(), {});
  ASSERT_TRUE(out.ok());
  for (const Pair& pair : out->result.pairs) {
    EXPECT_GE(pair.probability, 0);
    EXPECT_LE(pair.probability, 1);
  }
}

TEST(LinkageTest, ImpossibleDatesAreRefused) {
  EXPECT_FALSE(BirthDay(0, 1, 1).ok());
  EXPECT_FALSE(BirthDay(9999, 12, 31).ok());
  EXPECT_FALSE(BirthDay(1984, 2, 30).ok());
  EXPECT_FALSE(BirthDay(1984, 13, 1).ok());
  EXPECT_FALSE(BirthDay(1984, 0, 0).ok());
  EXPECT_TRUE(BirthDay(1984, 2, 29).ok());
  EXPECT_FALSE(BirthYears(1990, 1980).ok());
  EXPECT_FALSE(BirthYears(0, 9999).ok());
}

TEST(PopulationTest, IdsAreChecked) {
  Population population;
  Record record = Person("x", "Ali", "Toure");
  EXPECT_TRUE(population.Add(record).ok());
  EXPECT_EQ(population.Add(record).status().code(),
            absl::StatusCode::kAlreadyExists);
  record.id.clear();
  EXPECT_EQ(population.Add(record).status().code(),
            absl::StatusCode::kInvalidArgument);
  record.id = std::string(513, 'x');
  EXPECT_EQ(population.Add(record).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(population.size(), 1u);
}

}  // namespace
}  // namespace passerelle::matching
