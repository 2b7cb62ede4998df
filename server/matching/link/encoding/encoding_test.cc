#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/matching/link/encoding/encoded_comparison.h"
#include "server/matching/link/encoding/encoded_file.h"
#include "server/matching/link/encoding/encoder.h"
#include "server/matching/link/encoding/filter.h"
#include "server/matching/link/encoding/key.h"
#include "server/matching/link/testing/problem_matchers.h"
#include "server/matching/name_similarity.h"
#include "tests/support/seed.h"
#include "tests/support/temp_dir.h"

namespace passerelle::link {
namespace {

using matching::Record;
using passerelle::testing::TempDir;
using ::testing::Each;
using testing::IsProblem;
using ::testing::SizeIs;
using testing::Works;

// A key that every run has; never use such a one.
EncodingKey TestKey(Hardening hardening = {}, uint8_t first = 7) {
  EncodingKey key;
  for (size_t i = 0; i < key.secret.size(); ++i) {
    key.secret[i] = static_cast<uint8_t>(first + i);
  }
  key.purpose = "a test";
  key.hardening = hardening;
  return key;
}

Record Person(const std::string& id, const std::string& given,
              const std::string& family, int64_t year) {
  Record record;
  record.id = id;
  record.given = given;
  record.family = family;
  record.birth = *matching::BirthDay(year, 5, 17);
  record.sex = matching::Sex::kFemale;
  record.place = "Labé";
  return record;
}

std::vector<Record> People(const std::string& prefix) {
  constexpr const char* kGiven[] = {"Fatou",    "Mamadou", "Aïssatou",
                                    "Ibrahima", "Aminata", "Ousmane"};
  constexpr const char* kFamily[] = {"Diallo", "Bah", "Barry", "Camara",
                                     "Traoré"};
  std::vector<Record> people;
  for (const char* given : kGiven) {
    for (const char* family : kFamily) {
      people.push_back(Person(absl::StrCat(prefix, people.size()), given,
                              family,
                              1950 + static_cast<int>(people.size() * 2)));
    }
  }
  return people;
}

std::vector<Encoding> Encode(const EncodingKey& key,
                             const std::vector<Record>& people) {
  Encoder encoder(key);
  std::vector<Encoding> encodings;
  for (const Record& person : people) {
    encodings.push_back(encoder.Encode(person));
  }
  return encodings;
}

std::string ReadAll(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

TEST(KeyedHashTest, IsHmacSha256) {
  // RFC 4231, test case 2.
  const std::string key = "Jefe";
  const KeyedHash hash(
      {reinterpret_cast<const uint8_t*>(key.data()), key.size()});
  const Digest digest = hash.Of("what do ya want for nothing?");
  EXPECT_EQ(digest[0], 0x5b);
  EXPECT_EQ(digest[1], 0xdc);
  EXPECT_EQ(digest[31], 0x43);
  EXPECT_EQ(First64(digest) & 0xFFFF, 0xdc5bU);
}

TEST(FilterTest, FoldingXorsTheHalves) {
  Filter filter;
  filter.Set(3);
  filter.Set(3 + kFilterBits / 2);
  filter.Set(5);
  filter.Set(kFilterBits / 2 + 64);
  const Filter folded = Fold(filter);
  EXPECT_EQ(folded.used().size() * 64, size_t{kFilterBits / 2});
  EXPECT_EQ(Count(folded.used()), 2);
  EXPECT_EQ(folded.words[0], uint64_t{1} << 5);
  EXPECT_EQ(folded.words[1], 1U);
}

TEST(FilterTest, FlippingIsRepeatableAndOfTheRateAskedFor) {
  const Filter filter;
  int flipped = 0;
  for (uint8_t i = 0; i < 100; ++i) {
    Digest seed{};
    seed[0] = i;
    const Filter noisy = Flip(filter, 5, seed);
    EXPECT_EQ(noisy, Flip(filter, 5, seed));
    flipped += Count(noisy.used());
  }
  // 102,400 bits at 5 %; five deviations are 350.
  EXPECT_NEAR(flipped, 5'120, 350);
  EXPECT_EQ(Flip(filter, 0, Digest{}), filter);
}

// Likeness of two filters that share so much of their bits.
double LikenessOf(const Hardening& hardening, double shared) {
  std::mt19937_64 random(1);
  double sum = 0;
  constexpr int kTrials = 300;
  for (int trial = 0; trial < kTrials; ++trial) {
    Filter a;
    Filter b;
    for (int i = 0; i < 400; ++i) {
      const size_t bit = random() % kFilterBits;
      a.Set(bit);
      b.Set(i < shared * 400 ? bit : random() % kFilterBits);
    }
    double fill = Count(a.used()) / double{kFilterBits};
    if (hardening.fold) {
      a = Fold(a);
      b = Fold(b);
      fill = Count(a.used()) / (kFilterBits / 2.0);
    }
    Digest seed{};
    seed[0] = static_cast<uint8_t>(trial);
    seed[1] = static_cast<uint8_t>(trial >> 8);
    a = Flip(a, hardening.flip_percent, seed);
    seed[2] = 1;
    b = Flip(b, hardening.flip_percent, seed);
    const double left = 1 - 2 * hardening.flip_percent / 100.0;
    sum += Likeness(hardening, (1 - (1 - 2 * fill) * left) / 2)
               .Of(a.used(), b.used());
  }
  return sum / kTrials;
}

TEST(LikenessTest, IsOnOneScaleHoweverFiltersAreHardened) {
  for (const double shared : {0.4, 0.6, 0.8}) {
    const double plain = LikenessOf({false, 0, false}, shared);
    EXPECT_NEAR(LikenessOf({true, 0, false}, shared), plain, 0.05) << shared;
    EXPECT_NEAR(LikenessOf({false, 5, false}, shared), plain, 0.02) << shared;
    EXPECT_NEAR(LikenessOf({true, 5, false}, shared), plain, 0.06) << shared;
  }
  EXPECT_NEAR(LikenessOf({false, 0, false}, 0), 0, 0.02);
  EXPECT_NEAR(LikenessOf({false, 0, false}, 1), 1, 1e-9);
  EXPECT_NEAR(LikenessOf({true, 0, false}, 1), 1, 1e-9);
}

TEST(KeyTest, IsWrittenForItsOwnerAndReadBack) {
  const TempDir folder;
  const std::string path = folder.File("key");
  const auto key = MakeKey("tracing, TN and MA, 2026", {true, 5, true});
  ASSERT_THAT(key, Works());
  ASSERT_THAT(SaveKey(*key, path), Works());
  const auto read = LoadKey(path);
  ASSERT_THAT(read, Works());
  EXPECT_EQ(read->secret, key->secret);
  EXPECT_EQ(read->purpose, key->purpose);
  EXPECT_EQ(read->hardening, key->hardening);
  EXPECT_EQ(read->Fingerprint(), key->Fingerprint());
}

TEST(KeyTest, IsNotReplaced) {
  const TempDir folder;
  const std::string path = folder.File("key");
  ASSERT_THAT(SaveKey(TestKey(), path), Works());
  EXPECT_EQ(ExitCodeOf(SaveKey(TestKey({}, 9), path)), kUsage);
  EXPECT_EQ(LoadKey(path)->secret, TestKey().secret);
}

TEST(KeyTest, IsRefusedWhenOthersCanReadIt) {
  const TempDir folder;
  const std::string path = folder.File("key");
  ASSERT_THAT(SaveKey(TestKey(), path), Works());
  for (const mode_t mode : {0640U, 0604U}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    EXPECT_THAT(LoadKey(path), IsProblem(Reason::kKey)) << mode;
  }
}

TEST(KeyTest, IsRefusedWhenItIsNotWhole) {
  const TempDir folder;
  const std::string path = folder.File("key");
  ASSERT_THAT(SaveKey(TestKey(), path), Works());
  const std::string text = ReadAll(path);
  EXPECT_THAT(ParseKey(text, "key"), Works());
  for (const std::string& changed :
       {std::string("salt = false"), std::string("not toml ["), text + "x = 1",
        absl::StrReplaceAll(text, {{"version = 1", "version = 2"}}),
        absl::StrReplaceAll(text, {{"key = \"07", "key = \"zz"}}),
        absl::StrReplaceAll(text, {{"key = \"07", "key = \""}}),
        absl::StrReplaceAll(text, {{"flip_percent = 2", "flip_percent = 50"}}),
        absl::StrReplaceAll(text, {{"a test", ""}})}) {
    ASSERT_NE(changed, text);
    const auto key = ParseKey(changed, "key");
    EXPECT_THAT(key, IsProblem(Reason::kKey)) << changed;
    // The secret stays out of messages.
    EXPECT_FALSE(absl::StrContains(key.status().message(), "0809"));
  }
}

TEST(KeyTest, FingerprintsTellKeysPurposesAndHardeningsApart) {
  EncodingKey other_purpose = TestKey();
  other_purpose.purpose = "another";
  const std::set<std::string> fingerprints = {
      TestKey().Fingerprint(),
      TestKey({}, 8).Fingerprint(),
      other_purpose.Fingerprint(),
      TestKey({false, 2, false}).Fingerprint(),
      TestKey({true, 3, false}).Fingerprint(),
      TestKey({true, 2, true}).Fingerprint()};
  EXPECT_THAT(fingerprints, SizeIs(6));
  EXPECT_THAT(fingerprints, Each(SizeIs(16)));
}

TEST(EncoderTest, OneKeyEncodesAlikeAndAnotherDoesNot) {
  const std::vector<Record> people = People("p");
  const auto once = Encode(TestKey(), people);
  const auto again = Encode(TestKey(), people);
  const auto other = Encode(TestKey({}, 9), people);
  EncodingKey purpose = TestKey();
  purpose.purpose = "another";
  const auto elsewhere = Encode(purpose, people);
  for (size_t i = 0; i < people.size(); ++i) {
    EXPECT_EQ(once[i].filters, again[i].filters);
    EXPECT_EQ(once[i].blocks, again[i].blocks);
    EXPECT_NE(once[i].filters, other[i].filters);
    EXPECT_NE(once[i].filters, elsewhere[i].filters);
    for (const uint64_t block : once[i].blocks) {
      EXPECT_THAT(other[i].blocks, Each(::testing::Ne(block)));
      EXPECT_THAT(elsewhere[i].blocks, Each(::testing::Ne(block)));
    }
  }
}

TEST(EncoderTest, TwoRecordsWrittenAlikeGetNoiseOfTheirOwn) {
  Encoder encoder(TestKey({true, 5, false}));
  const Encoding a = encoder.Encode(Person("1", "Fatou", "Diallo", 1984));
  const Encoding b = encoder.Encode(Person("2", "Fatou", "Diallo", 1984));
  EXPECT_NE(a.filters, b.filters);
}

// What was encoded with one version must be comparable for as long as the
// version lives. When this fails, kEncodingVersion goes up with the digest.
TEST(EncoderTest, AVersionEncodesTheSameForEver) {
  std::vector<Record> people = {Person("1", "Fatou", "Diallo", 1984),
                                Person("2", "محمد", "بن علي", 1979),
                                Person("3", "ኃይለ", "ሥላሴ", 1950)};
  people[0].phones = {"+224 620 11 22 33"};
  people[1].identifiers = {"P-0042"};
  people[2].postcode = "2602";
  people[2].address = "5 milne cove";
  std::string bytes;
  for (const Encoding& person : Encode(TestKey(), people)) {
    for (const uint64_t word : person.filters[0].used()) {
      absl::StrAppend(&bytes, word, " ");
    }
    for (const uint64_t block : person.blocks) {
      absl::StrAppend(&bytes, block, " ");
    }
  }
  const Digest digest = KeyedHash(TestKey().secret).Of(bytes);
  EXPECT_EQ(kEncodingVersion, 1);
  EXPECT_EQ(First64(digest), 7971640499827450470U);
}

TEST(EncoderTest, OneWordOrNothingIsEncoded) {
  Encoder encoder(TestKey());
  Record record;
  for (const std::string name :
       {"", "A", "😀", "\xff\xfe", "\x01", "12345", "محمد"}) {
    record.id = "x";
    record.full_name = name;
    EXPECT_THAT(encoder.Encode(record).filters, SizeIs(1)) << name;
  }
  for (int i = 0; i < 200; ++i) record.full_name += " word" + std::to_string(i);
  EXPECT_LE(encoder.Encode(record).blocks.size(), kMaxBlockKeys);
}

class ComparisonTest : public ::testing::TestWithParam<Hardening> {
 protected:
  EncodedFile File(const std::vector<Record>& people,
                   const std::string& batch) {
    EncodedFile file;
    file.hardening = GetParam();
    file.batch = batch;
    file.people = Encode(TestKey(GetParam()), people);
    return file;
  }
};

TEST_P(ComparisonTest, FindsSpellingsAndScriptsOfOneName) {
  std::vector<Record> theirs = People("t");
  std::vector<Record> ours = {
      Person("spelling", "Fatu", "Jallow", theirs[0].birth->first.year()),
      Person("script", "مامادو", "ديالو", theirs[5].birth->first.year()),
      Person("stranger", "Kelile", "Tesfaye", 1999)};
  const EncodedFile a = File(ours, "a");
  const EncodedFile b = File(theirs, "b");
  const EncodedComparison found = CompareEncodings(a, b, kPossibleLikeness);
  std::set<std::pair<std::string, std::string>> pairs;
  for (const EncodedPair& pair : found.pairs) {
    pairs.insert({a.people[pair.a].id, b.people[pair.b].id});
  }
  EXPECT_TRUE(pairs.contains({"spelling", "t0"}));
  EXPECT_TRUE(pairs.contains({"script", "t5"}));
  for (const auto& [ours_id, theirs_id] : pairs) EXPECT_NE(ours_id, "stranger");
}

TEST_P(ComparisonTest, OneFileWithItselfGivesEachPairOnce) {
  std::vector<Record> people = People("p");
  people.push_back(people[3]);
  people.back().id = "again";
  const EncodedFile file = File(people, "a");
  const EncodedComparison found = CompareEncodings(file, file, 0.9);
  ASSERT_THAT(found.pairs, SizeIs(1));
  EXPECT_EQ(file.people[found.pairs[0].a].id, "p3");
  EXPECT_EQ(file.people[found.pairs[0].b].id, "again");
  EXPECT_EQ(found.pairs[0].band(), Band::kStrong);
}

INSTANTIATE_TEST_SUITE_P(Hardenings, ComparisonTest,
                         ::testing::Values(Hardening{false, 0, false},
                                           Hardening{true, 0, false},
                                           Hardening{true, 2, false},
                                           Hardening{true, 2, true}));

TEST(ComparisonTest, ABlockThatIsTooLargeDoesNotHideOthers) {
  EncodedFile file;
  file.batch = "a";
  for (int i = 0; i < 1'000; ++i) {
    Encoding person;
    person.id = std::to_string(i);
    Filter filter;
    filter.Set(static_cast<size_t>(i));
    filter.Set(static_cast<size_t>(i + 1) % kFilterBits);
    person.filters = {filter};
    // Everyone shares block 1; two share block 2 as well.
    person.blocks = {1};
    if (i < 2) person.blocks.push_back(2);
    file.people.push_back(std::move(person));
  }
  file.hardening = {false, 0, false};
  const EncodedComparison found = CompareEncodings(file, file, -1);
  EXPECT_EQ(found.capped_blocks, 1U);
  EXPECT_EQ(found.compared, 1U);
}

class EncodedFileTest : public ::testing::Test {
 protected:
  EncodedFileTest() {
    const absl::Status saved =
        SaveEncodings(key_, Encode(key_, People("p %\n")), path_);
    EXPECT_THAT(saved, Works());
    text_ = ReadAll(path_);
  }
  const TempDir folder_;
  const std::string path_ = folder_.File("a.enc");
  const EncodingKey key_ = TestKey();
  std::string text_;
};

TEST_F(EncodedFileTest, IsReadBackInAnotherOrder) {
  const auto file = LoadEncodings(path_);
  ASSERT_THAT(file, Works());
  EXPECT_EQ(file->fingerprint, key_.Fingerprint());
  const auto people = Encode(key_, People("p %\n"));
  ASSERT_EQ(file->people.size(), people.size());
  std::vector<std::string> ids;
  for (const Encoding& read : file->people) {
    ids.push_back(read.id);
    const auto written =
        std::find_if(people.begin(), people.end(),
                     [&](const Encoding& one) { return one.id == read.id; });
    ASSERT_NE(written, people.end()) << read.id;
    EXPECT_EQ(read.filters, written->filters);
    EXPECT_EQ(read.blocks, written->blocks);
  }
  std::vector<std::string> source_order;
  for (const Encoding& person : people) source_order.push_back(person.id);
  EXPECT_NE(ids, source_order);
}

TEST_F(EncodedFileTest, HoldsNoNameAndNotTheKey) {
  for (const char* word : {"Fatou", "Diallo", "Labé", "1984", "0708090a"}) {
    EXPECT_FALSE(absl::StrContains(text_, word)) << word;
  }
}

TEST_F(EncodedFileTest, EveryChangedByteIsNoticed) {
  std::mt19937_64 random(passerelle::testing::Seed());
  for (int i = 0; i < 500; ++i) {
    std::string damaged = text_;
    char& byte = damaged[random() % damaged.size()];
    byte = static_cast<char>(byte ^ (1 << random() % 8));
    EXPECT_THAT(ParseEncodings(damaged, "x"),
                ::testing::AnyOf(IsProblem(Reason::kEncoding),
                                 IsProblem(Reason::kTooFewPeople)));
  }
}

TEST_F(EncodedFileTest, EveryCutIsNoticed) {
  std::mt19937_64 random(passerelle::testing::Seed());
  for (int i = 0; i < 500; ++i) {
    EXPECT_THAT(ParseEncodings(text_.substr(0, random() % text_.size()), "x"),
                IsProblem(Reason::kEncoding));
  }
  EXPECT_THAT(ParseEncodings(text_ + "more\n", "x"),
              IsProblem(Reason::kEncoding));
  EXPECT_THAT(ParseEncodings("", "x"), IsProblem(Reason::kEncoding));
}

TEST_F(EncodedFileTest, OtherVersionsAndLengthsAreRefused) {
  EXPECT_THAT(ParseEncodings(absl::StrReplaceAll(
                                 text_, {{"encodings 1\n", "encodings 2\n"}}),
                             "x"),
              IsProblem(Reason::kEncoding));
  EXPECT_THAT(ParseEncodings(
                  absl::StrReplaceAll(text_, {{"bits 512", "bits 1024"}}), "x"),
              IsProblem(Reason::kEncoding));
}

TEST_F(EncodedFileTest, FilesOfDifferentKeysAreNotCompared) {
  const auto file = [&](const EncodingKey& key) {
    const std::string path = folder_.File("other.enc");
    EXPECT_THAT(SaveEncodings(key, Encode(key, People("q")), path), Works());
    return *LoadEncodings(path);
  };
  const EncodedFile ours = *LoadEncodings(path_);
  EXPECT_THAT(CheckComparable(ours, file(TestKey())), Works());
  EXPECT_THAT(CheckComparable(ours, file(TestKey({}, 9))),
              IsProblem(Reason::kOtherKey));
  EXPECT_THAT(CheckComparable(ours, file(TestKey({false, 2, false}))),
              IsProblem(Reason::kOtherKey));
  EXPECT_THAT(CheckComparable(ours, file(TestKey({true, 3, false}))),
              IsProblem(Reason::kOtherKey));
}

TEST_F(EncodedFileTest, FewerThanTenPeopleAreNotEncoded) {
  std::vector<Encoding> few = Encode(key_, People("p"));
  few.resize(kMinBatch - 1);
  const std::string path = folder_.File("few.enc");
  EXPECT_THAT(SaveEncodings(key_, few, path), IsProblem(Reason::kTooFewPeople));
  EXPECT_FALSE(std::filesystem::exists(path));
}

// Places of values in their order, ties shared.
std::vector<double> RanksOf(const std::vector<double>& values) {
  std::vector<double> ranks;
  for (const double value : values) {
    double below = 0;
    double equal = 0;
    for (const double other : values) {
      below += other < value ? 1 : 0;
      equal += other == value ? 1 : 0;
    }
    ranks.push_back(below + (equal - 1) / 2);
  }
  return ranks;
}

// Spearman's rank correlation.
double RankCorrelation(const std::vector<double>& a,
                       const std::vector<double>& b) {
  const std::vector<double> x = RanksOf(a);
  const std::vector<double> y = RanksOf(b);
  const double mean = (static_cast<double>(x.size()) - 1) / 2;
  double xy = 0;
  double xx = 0;
  double yy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean) * (y[i] - mean);
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
  }
  return xy / std::sqrt(xx * yy);
}

// What is more alike in clear is on the whole more alike encoded. Most of these
// pairs are of strangers, whose order the hardening blurs: 0.44 is what is
// left, six times the spread of an order by chance.
TEST(EncodingTest, RanksInClearAndEncodedCorrelate) {
  constexpr const char* kNames[] = {
      "Mamadou Diallo",  "Mamadu Diallo",  "Mohamed Diallo", "Mamadou Dialo",
      "Amadou Diallo",   "Aminata Traoré", "Aminata Traore", "Aminatou Traoré",
      "Fatoumata Barry", "Fatimata Bari",  "Fatou Barry",    "Ousmane Camara",
      "Usman Kamara",    "Ousman Camara",  "Ibrahima Bah",   "Ibrahim Ba",
      "Brahim Bah",      "Aïssatou Sow",   "Aicha Sow",      "Aïsha So"};
  std::vector<Record> people;
  for (const char* name : kNames) {
    const std::vector<std::string> parts = absl::StrSplit(name, ' ');
    people.push_back(Person(name, parts[0], parts[1], 1990));
  }
  const std::vector<Encoding> encoded = Encode(TestKey(), people);
  double fill = 0;
  for (const Encoding& person : encoded) {
    const auto used = person.filters.front().used();
    fill += Count(used) / (static_cast<double>(used.size()) * 64) /
            static_cast<double>(encoded.size());
  }
  const Likeness likeness(TestKey().hardening, fill);
  const matching::NameSimilarity similarity;
  std::vector<double> clear;
  std::vector<double> hidden;
  for (size_t i = 0; i < people.size(); ++i) {
    for (size_t j = i + 1; j < people.size(); ++j) {
      clear.push_back(similarity.Names(kNames[i], kNames[j]));
      hidden.push_back(likeness.Of(encoded[i].filters.front().used(),
                                   encoded[j].filters.front().used()));
    }
  }
  EXPECT_GE(RankCorrelation(clear, hidden), 0.4);
  // An order by chance has none.
  std::mt19937_64 random(passerelle::testing::Seed());
  std::shuffle(hidden.begin(), hidden.end(), random);
  EXPECT_LT(RankCorrelation(clear, hidden), 0.4);
}

}  // namespace
}  // namespace passerelle::link
