#include "server/matching/link/csv_reader.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/matching/link/testing/problem_matchers.h"
#include "tests/support/temp_dir.h"

namespace passerelle::link {
namespace {

using ::testing::ElementsAre;
using testing::IsProblem;
using testing::IsProblemAt;
using testing::Works;
using Rows = std::vector<std::vector<std::string>>;

class CsvReaderTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<CsvReader>> Open(absl::string_view text,
                                                  CsvOptions options = {}) {
    return CsvReader::Open(folder_.Write("table.csv", text), options);
  }

  // All rows, the header first.
  absl::StatusOr<Rows> Read(absl::string_view text, CsvOptions options = {}) {
    auto reader = Open(text, options);
    if (!reader.ok()) return reader.status();
    Rows rows = {(*reader)->header()};
    while (true) {
      const auto found = (*reader)->Next();
      if (!found.ok()) return found.status();
      if (!*found) return rows;
      rows.emplace_back();
      for (const auto field : (*reader)->fields()) {
        rows.back().emplace_back(field);
      }
    }
  }

  passerelle::testing::TempDir folder_;
};

TEST_F(CsvReaderTest, ReadsWhatTheRfcAllows) {
  const auto rows = Read(
      "id,name\r\n"
      "1,\"Diallo, Mamadou\"\r\n"
      "2,\"says \"\"hello\"\"\r\nand leaves\"\r\n"
      "3,");
  ASSERT_THAT(rows, Works());
  EXPECT_THAT(*rows,
              ElementsAre(ElementsAre("id", "name"),
                          ElementsAre("1", "Diallo, Mamadou"),
                          ElementsAre("2", "says \"hello\"\r\nand leaves"),
                          ElementsAre("3", "")));
}

TEST_F(CsvReaderTest, DropsSpacesAroundValuesAndSkipsEmptyLines) {
  const auto rows = Read("id, name\n\n1,  amal \n2, \" amal \" \r3,x\n\n");
  ASSERT_THAT(rows, Works());
  EXPECT_THAT(*rows,
              ElementsAre(ElementsAre("id", "name"), ElementsAre("1", "amal"),
                          ElementsAre("2", " amal "), ElementsAre("3", "x")));
}

TEST_F(CsvReaderTest, FindsTheDelimiter) {
  for (const std::string text :
       {"id;name, first;\n1;a,b;\n", "id\tname, first\t\n1\ta,b\t\n",
        "\"id\",\"name, first\",\n1,\"a,b\",\n",
        "sep=;\r\nid;name, first;\r\n1;a,b;\r\n",
        "sep=|\nid|name, first|\n1|a,b|\n"}) {
    const auto rows = Read(text);
    ASSERT_THAT(rows, Works()) << text;
    EXPECT_THAT(*rows, ElementsAre(ElementsAre("id", "name, first", ""),
                                   ElementsAre("1", "a,b", "")))
        << text;
  }
}

TEST_F(CsvReaderTest, TakesTheDelimiterItIsGiven) {
  CsvOptions options;
  options.delimiter = '|';
  const auto rows = Read("id|a,b,c\n1|x\n", options);
  ASSERT_THAT(rows, Works());
  EXPECT_THAT(*rows,
              ElementsAre(ElementsAre("id", "a,b,c"), ElementsAre("1", "x")));
}

TEST_F(CsvReaderTest, NamesRowAndColumnOfWhatIsWrong) {
  EXPECT_THAT(Read("id,name\n1,a\n2,b,c\n"),
              IsProblemAt(Reason::kRaggedRow, 3, ""));
  EXPECT_THAT(Read("id,name\n1,a\n\n2\n"),
              IsProblemAt(Reason::kRaggedRow, 4, ""));
  EXPECT_THAT(Read("id,name\n1,\"a\n2,b\n"),
              IsProblemAt(Reason::kOpenQuote, 2, "name"));
  EXPECT_THAT(Read("id,name\n1,say \"a\"\n"),
              IsProblemAt(Reason::kStrayQuote, 2, "name"));
  EXPECT_THAT(Read("id,name\n1,\"a\"b\n"),
              IsProblemAt(Reason::kStrayQuote, 2, "name"));
  EXPECT_THAT(Read(absl::string_view("id,name\n1,a\0b\n", 14)),
              IsProblemAt(Reason::kControlCharacter, 2, "name"));
  EXPECT_THAT(Read("id,name\n1,é\n2,\xC3\x28\n"),
              IsProblemAt(Reason::kBadEncoding, 3, "name"));
  EXPECT_THAT(Read("id,name\n1," + std::string(kMaxFieldBytes + 1, 'x')),
              IsProblemAt(Reason::kTooLong, 2, "name"));
}

TEST_F(CsvReaderTest, CountsAQuotedLineBreakAsOneRow) {
  EXPECT_THAT(Read("id,name\n1,\"a\n\nb\"\n2\n"),
              IsProblemAt(Reason::kRaggedRow, 3, ""));
}

TEST_F(CsvReaderTest, AnOpenQuoteDoesNotSwallowALargeFile) {
  std::string text = "id,name\n1,\"a\n";
  while (text.size() < 3 * kMaxRecordBytes) text += "2,b\n";
  EXPECT_THAT(Read(text), IsProblemAt(Reason::kTooLong, 2, "name"));
}

TEST_F(CsvReaderTest, RefusesWhatHasNoHeader) {
  EXPECT_THAT(Open(""), IsProblem(Reason::kEmptyFile));
  EXPECT_THAT(Open("\n\n"), IsProblem(Reason::kEmptyFile));
  EXPECT_THAT(Open("\xEF\xBB\xBF"), IsProblem(Reason::kEmptyFile));
  EXPECT_THAT(Open(std::string(kMaxColumns, ',')),
              IsProblem(Reason::kTooManyColumns));
}

TEST_F(CsvReaderTest, RefusesWhatIsNotAFile) {
  EXPECT_EQ(CsvReader::Open(folder_.File("none.csv"), {}).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(ExitCodeOf(CsvReader::Open(folder_.path(), {}).status()), kUsage);
}

TEST_F(CsvReaderTest, AColumnThatIsThereTwiceCannotBeMeant) {
  const auto reader = Open("id,name,name\n");
  ASSERT_THAT(reader, Works());
  EXPECT_THAT((*reader)->Find("name"),
              IsProblemAt(Reason::kDuplicateColumn, 1, "name"));
  EXPECT_EQ(*(*reader)->Find("id"), 0U);
  EXPECT_EQ(*(*reader)->Find("other"), std::nullopt);
}

TEST_F(CsvReaderTest, ReadsRecordsAcrossThePiecesOfALargeFile) {
  std::string text = "id,name\n";
  for (int i = 0; i < 60'000; ++i) {
    text +=
        std::to_string(i) + ",\"Ouédraogo, é" + std::to_string(i) + "\"\r\n";
  }
  const auto rows = Read(text);
  ASSERT_THAT(rows, Works());
  ASSERT_EQ(rows->size(), 60'001U);
  for (int i = 0; i < 60'000; ++i) {
    ASSERT_EQ((*rows)[static_cast<size_t>(i) + 1][1],
              "Ouédraogo, é" + std::to_string(i));
  }
}

// One table in many encodings.
class EncodingTest : public CsvReaderTest {
 protected:
  static std::string Utf16(const std::u16string& text, bool big_endian) {
    std::string bytes;
    for (const char16_t unit : text) {
      const char low = static_cast<char>(unit & 0xFF);
      const char high = static_cast<char>(unit >> 8);
      bytes += big_endian ? std::string{high, low} : std::string{low, high};
    }
    return bytes;
  }
};

TEST_F(EncodingTest, ReadsUtf16WithAndWithoutMark) {
  const std::u16string text = u"id,name\n1,Amélie محمد 𐍈\n";
  for (const bool mark : {true, false}) {
    for (const bool big_endian : {true, false}) {
      const auto rows = Read(Utf16(mark ? u"\uFEFF" + text : text, big_endian));
      ASSERT_THAT(rows, Works());
      EXPECT_THAT(*rows, ElementsAre(ElementsAre("id", "name"),
                                     ElementsAre("1", "Amélie محمد 𐍈")));
    }
  }
}

TEST_F(EncodingTest, ReadsTheEncodingItIsGiven) {
  CsvOptions options;
  options.encoding = "windows-1256";
  const auto rows = Read("id,name\n1,\xE3\xCD\xE3\xCF\n", options);
  ASSERT_THAT(rows, Works());
  EXPECT_EQ((*rows)[1][1], "محمد");
  options.encoding = "iso-8859-15";
  EXPECT_EQ((*Read("id,name\n1,\xBDuvre\n", options))[1][1], "œuvre");
  options.encoding = "no-such-encoding";
  EXPECT_THAT(Read("id,name\n", options), IsProblem(Reason::kBadEncoding));
}

TEST_F(EncodingTest, GuessesAndSaysSo) {
  const auto reader = Open(
      "id;pr\xE9nom;p\xE8re\n1;Am\xE9lie;le p\xE8re Andr\xE9 \x96 tr\xE8s "
      "\xE2g\xE9\n");
  ASSERT_THAT(reader, Works());
  ASSERT_TRUE(*(*reader)->Next());
  EXPECT_EQ((*reader)->fields()[1], "Amélie");
  EXPECT_FALSE((*reader)->note().empty());
  const auto plain = Open("id,name\n1,Amélie\n");
  ASSERT_THAT(plain, Works());
  EXPECT_TRUE((*plain)->note().empty());
}

TEST_F(EncodingTest, AByteOrderMarkIsNoPartOfTheFirstColumn) {
  const auto reader = Open("\xEF\xBB\xBFid,name\n");
  ASSERT_THAT(reader, Works());
  EXPECT_EQ((*reader)->header()[0], "id");
}

TEST_F(EncodingTest, WhatAnEncodingDoesNotDefineIsAnError) {
  CsvOptions options;
  options.encoding = "iso-8859-6";
  EXPECT_THAT(Read("id,name\n1,\xA1\n", options),
              IsProblemAt(Reason::kBadEncoding, 2, "name"));
}

}  // namespace
}  // namespace passerelle::link
