#include "server/matching/normaliser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/matching/phonetic.h"
#include "server/matching/record.h"

namespace passerelle::matching {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const NameNormaliser& Normaliser() {
  static const NameNormaliser* const normaliser = new NameNormaliser();
  return *normaliser;
}

// Words of a name that are names.
std::vector<std::string> Names(absl::string_view name) {
  std::vector<std::string> out;
  for (const Token& token : Normaliser().Tokens(name)) {
    if (token.kind == TokenKind::kName || token.kind == TokenKind::kInitial)
      out.push_back(token.text);
  }
  return out;
}

TEST(NormaliserTest, CaseMarksAndHyphensAreFolded) {
  EXPECT_THAT(Names("Élodie Jean-Baptiste"),
              ElementsAre("elodie", "jean", "baptiste"));
  EXPECT_THAT(Names("ŁUKASZ Øystein"), ElementsAre("lukasz", "oystein"));
}

TEST(NormaliserTest, ArabicLetterFormsAreOne) {
  EXPECT_EQ(Names("أحمد"), Names("احمد"));
  EXPECT_EQ(Names("مُحَمَّد"), Names("محمد"));
  EXPECT_EQ(Names("محـــمد"), Names("محمد"));
  EXPECT_EQ(Names("علی"), Names("علي"));
}

TEST(NormaliserTest, EthiopicHomophonesAreOne) {
  EXPECT_EQ(Names("ኃይሌ"), Names("ሀይሌ"));
  EXPECT_EQ(Names("ፀሐይ"), Names("ጸሀይ"));
}

TEST(NormaliserTest, OtherScriptsAreRomanised) {
  const std::vector<Token> tokens = Normaliser().Tokens("Барак Обама");
  ASSERT_EQ(tokens.size(), 2u);
  EXPECT_EQ(tokens[0].text, "barak");
  EXPECT_EQ(tokens[0].script, Script::kOther);
}

TEST(NormaliserTest, ParticlesAndTitlesAreToldApart) {
  EXPECT_THAT(Names("Dr. Osama bin Laden"), ElementsAre("osama", "laden"));
  EXPECT_THAT(Names("El Hadj Mamadou Diallo"),
              ElementsAre("mamadou", "diallo"));
  EXPECT_THAT(Names("فاطمة بنت محمد"), ElementsAre("فاطمة", "محمد"));
}

TEST(NormaliserTest, AHonorificThatIsTheNameStays) {
  EXPECT_THAT(Names("Cheikh Ndiaye"), ElementsAre("cheikh", "ndiaye"));
  EXPECT_THAT(Names("Hadji"), ElementsAre("hadji"));
  EXPECT_THAT(Names("Ben"), ElementsAre("ben"));
}

TEST(NormaliserTest, AnArticleBindsAbdToItsWord) {
  EXPECT_THAT(Names("Abd el Kader Touré"), ElementsAre("abdelkader", "toure"));
  EXPECT_THAT(Names("عبد القادر"), ElementsAre("عبدالقادر"));
}

TEST(NormaliserTest, AFamilyNameBeforeACommaComesLast) {
  EXPECT_THAT(Names("NURISTANI, Abdul Aziz"),
              ElementsAre("abdul", "aziz", "nuristani"));
}

TEST(NormaliserTest, WhatIsNoWordIsLeftOut) {
  EXPECT_THAT(Names(""), IsEmpty());
  EXPECT_THAT(Names(" \t\n.,;-"), IsEmpty());
  EXPECT_THAT(Names("😀 🎉"), IsEmpty());
  EXPECT_THAT(Names("12345"), IsEmpty());
  EXPECT_THAT(Names(absl::string_view("\0\x01\x02", 3)), IsEmpty());
  EXPECT_THAT(Names("\xFF\xFE\xC0"), IsEmpty());
  EXPECT_THAT(Names("Ali\xFF Musa"), ElementsAre("ali", "musa"));
}

TEST(NormaliserTest, DigitsTypedForLettersAreHeardAsLetters) {
  const std::vector<Token> tokens = Normaliser().Tokens("Ig0r");
  ASSERT_EQ(tokens.size(), 1u);
  EXPECT_EQ(tokens[0].phonetic, Normaliser().Tokens("Igor")[0].phonetic);
}

TEST(NormaliserTest, LongNamesAreCut) {
  std::string name;
  for (int i = 0; i < 200; ++i) {
    name += "Ali";
    name += static_cast<char>('a' + i % 26);
    name += ' ';
  }
  EXPECT_EQ(Normaliser().Tokens(name).size(), size_t{kMaxNameTokens});
  const std::vector<Token> one = Normaliser().Tokens(std::string(100'000, 'x'));
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].text.size(), size_t{kMaxTokenLetters});
}

TEST(NormaliserTest, MixedScriptsAreWordsOfTheirOwn) {
  const std::vector<Token> tokens = Normaliser().Tokens("Ali محمد ኃይሌ");
  ASSERT_EQ(tokens.size(), 3u);
  EXPECT_EQ(tokens[0].script, Script::kLatin);
  EXPECT_EQ(tokens[1].script, Script::kArabic);
  EXPECT_EQ(tokens[2].script, Script::kEthiopic);
}

TEST(PhoneticTest, SpellingsOfOneSoundMeet) {
  EXPECT_EQ(PhoneticLatin("moussa"), PhoneticLatin("mussa"));
  EXPECT_EQ(PhoneticLatin("cheikh"), PhoneticLatin("cheikh"));
  EXPECT_EQ(PhoneticLatin("Sahin"), PhoneticLatin("shahin"));
  EXPECT_EQ(PhoneticArabic(U"محمد"), "mhmd");
  EXPECT_EQ(PhoneticEthiopic(U"ሰላም"), "selam");
}

TEST(PhoneticTest, SkeletonsMeetAcrossScripts) {
  const auto arabic = Skeletons(PhoneticArabic(U"يوسف"));
  const auto latin = Skeletons(PhoneticLatin("youssouf"));
  EXPECT_EQ(arabic, latin);
  EXPECT_FALSE(Skeletons("").empty());
  EXPECT_FALSE(Skeletons("aeiou").empty());
  EXPECT_LE(Skeletons(std::string(48, 'g') + "TCTCTCTCTC").size(), 8u);
}

}  // namespace
}  // namespace passerelle::matching
