#include "server/matching/name_similarity.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace passerelle::matching {
namespace {

const NameSimilarity& Similarity() {
  static const NameSimilarity* const similarity = new NameSimilarity();
  return *similarity;
}

double Names(absl::string_view a, absl::string_view b) {
  return Similarity().Names(a, b);
}

const char* const kNames[] = {"Mohamed Ould Abdel Aziz",
                              "محمد ولد عبد العزيز",
                              "Fatoumata Diallo",
                              "ኃይለ ሥላሴ",
                              "Haile Selassie",
                              "Søren Kierkegaard",
                              "A. Khamenei",
                              "Ali Ali Hassan",
                              "Hassan Ali Ali",
                              "贝拉克·奥巴马",
                              "x"};

TEST(NameSimilarityTest, IsSymmetricToTheLastBit) {
  for (const char* a : kNames)
    for (const char* b : kNames) EXPECT_EQ(Names(a, b), Names(b, a)) << a << b;
}

TEST(NameSimilarityTest, IsOneOnIdentityAndWithinBounds) {
  for (const char* a : kNames) {
    EXPECT_DOUBLE_EQ(Names(a, a), 1) << a;
    for (const char* b : kNames) {
      EXPECT_GE(Names(a, b), 0);
      EXPECT_LE(Names(a, b), 1);
    }
  }
}

TEST(NameSimilarityTest, SpellingsOfOneNameAreNearerThanOtherNames) {
  EXPECT_GT(Names("Mohamed", "Muhammad"), 0.85);
  EXPECT_GT(Names("Youssef", "يوسف"), 0.85);
  EXPECT_GT(Names("Haile", "ኃይሌ"), 0.85);
  EXPECT_GT(Names("Mamadou Jallow", "Mohamed Diallo"), 0.7);
  EXPECT_LT(Names("Mohamed", "Fatima"), 0.4);
  EXPECT_LT(Names("يوسف", "علي"), 0.4);
  EXPECT_GT(Names("Abdelkader Touré", "Abd el Kader Toure"), 0.9);
}

TEST(NameSimilarityTest, AnotherScriptCostsLittle) {
  const char* const pairs[][2] = {{"Ahmed", "أحمد"},  {"Ibrahim", "إبراهيم"},
                                  {"Hassan", "حسن"},  {"Khalid", "خالد"},
                                  {"Mariam", "مريم"}, {"Samir", "سمير"},
                                  {"Abebe", "አበበ"}};
  double lost = 0;
  for (const auto& [latin, other] : pairs) {
    const auto token = [](const char* word) {
      return Similarity().normaliser().Tokens(word)[0];
    };
    const double s = Similarity().Tokens(token(latin), token(other));
    EXPECT_GT(s, 0.92) << latin;
    lost += 1 - s;
  }
  EXPECT_LT(lost / static_cast<double>(std::size(pairs)), 0.05);
}

TEST(NameSimilarityTest, AnyTypoOnlyLowers) {
  const std::string name = "ibrahima";
  for (size_t i = 0; i < name.size(); ++i) {
    std::string typo = name;
    typo[i] = 'x';
    EXPECT_LT(Names(name, typo), 1) << typo;
  }
}

TEST(NameSimilarityTest, NothingIsLikeNothing) {
  EXPECT_EQ(Names("", ""), 0);
  EXPECT_EQ(Names("", "Ali"), 0);
  EXPECT_EQ(Names("😀", "😀"), 0);
}

}  // namespace
}  // namespace passerelle::matching
