#include "common/validate.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "passerelle/probe/v1/probe.pb.h"

namespace passerelle {
namespace {

using probe::v1::Ruled;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ValidatorTest : public ::testing::Test {
 protected:
  // Fields of `text`, with the required one filled in.
  std::vector<std::string> Wrong(const std::string& text) {
    Ruled message;
    message.set_required("x");
    EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(text, &message));
    return Wrong(message);
  }

  std::vector<std::string> Wrong(const Ruled& message) {
    std::vector<std::string> fields;
    for (const FieldViolation& violation : validator_.Check(message, now_)) {
      EXPECT_FALSE(violation.description.empty());
      fields.push_back(violation.field);
    }
    return fields;
  }

  void ExpectGood(const std::string& text) {
    EXPECT_THAT(Wrong(text), IsEmpty()) << text;
  }
  void ExpectWrong(const std::string& text, const std::string& field) {
    EXPECT_THAT(Wrong(text), ElementsAre(field)) << text;
  }

  const absl::Time now_ =
      absl::FromCivil(absl::CivilDay(2025, 6, 15), absl::UTCTimeZone());
  const Validator validator_{
      Ruled::descriptor(), [](absl::string_view type, absl::string_view name) {
        return type == "passerelle/Mission" &&
               absl::StartsWith(name, "missions/");
      }};
};

std::string Repeat(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST_F(ValidatorTest, RequiredFieldsMustBePopulated) {
  EXPECT_THAT(Wrong(Ruled()), ElementsAre("required"));
  ExpectGood("");
  ExpectWrong("part {}", "part.label");
  ExpectGood("part { label: 'x' }");
  ExpectWrong("parts { label: 'x' } parts {}", "parts[1].label");
}

TEST_F(ValidatorTest, LengthsCountCodePoints) {
  ExpectGood("sized: 'ab'");
  ExpectGood("sized: 'abcd'");
  ExpectGood("sized: 'éàüß'");                              // 8 bytes
  ExpectGood("sized: '\xF0\x9F\x98\x80\xF0\x9F\x98\x80'");  // 2 code points
  ExpectWrong("sized: 'a'", "sized");
  ExpectWrong("sized: 'abcde'", "sized");
  ExpectWrong("sized: 'é'", "sized");
  ExpectGood("sized: ''");  // unset
}

TEST_F(ValidatorTest, AStringWithoutBoundHasOneAllTheSame) {
  ExpectGood(absl::StrCat("plain: '", Repeat("é", 256), "'"));
  ExpectWrong(absl::StrCat("plain: '", Repeat("a", 257), "'"), "plain");
}

TEST_F(ValidatorTest, AListWithoutBoundHasOneAllTheSame) {
  ExpectGood(Repeat("items: 'x' ", 100));
  ExpectWrong(Repeat("items: 'x' ", 101), "items");
  ExpectWrong(absl::StrCat("items: 'x' items: '", Repeat("a", 257), "'"),
              "items[1]");
}

TEST_F(ValidatorTest, ListsHaveAsManyItemsAsTheRuleSays) {
  const std::string part = "parts { label: 'x' } ";
  ExpectGood("");
  ExpectWrong(part, "parts");
  ExpectGood(Repeat(part, 2));
  ExpectGood(Repeat(part, 3));
  ExpectWrong(Repeat(part, 4), "parts");
}

TEST_F(ValidatorTest, PatternsMatchTheWhole) {
  ExpectGood("coded: 'abc1'");
  ExpectWrong("coded: 'abc'", "coded");
  ExpectWrong("coded: 'xabc1y'", "coded");
  ExpectWrong("coded: 'abc1\\n'", "coded");
}

TEST_F(ValidatorTest, Formats) {
  ExpectGood("country: 'MA'");
  ExpectGood("country: 'XK'");
  for (const char* country : {"ma", "M", "MAR", "ZZ", "A ", " A", "D "}) {
    ExpectWrong(absl::StrCat("country: '", country, "'"), "country");
  }
  ExpectGood("currency: 'MAD'");
  ExpectWrong("currency: 'mad'", "currency");
  ExpectWrong("currency: 'EURO'", "currency");
  for (const char* language : {"fr", "ar", "pt-BR", "zh-Hant-TW", "ber"}) {
    ExpectGood(absl::StrCat("language: '", language, "'"));
  }
  for (const char* language : {"f", "FR", "french", "fr_", "fr-"}) {
    ExpectWrong(absl::StrCat("language: '", language, "'"), "language");
  }
  ExpectGood("uuid: '0190a5c2-7f1e-7aaa-8bbb-0123456789AB'");
  ExpectWrong("uuid: '0190a5c27f1e7aaa8bbb0123456789ab'", "uuid");
  ExpectWrong("uuid: '0190a5c2-7f1e-7aaa-8bbb-0123456789ag'", "uuid");
}

TEST_F(ValidatorTest, NumbersAreBounded) {
  ExpectGood("number: -1");
  ExpectGood("number: 5");
  ExpectWrong("number: -2", "number");
  ExpectWrong("number: 6", "number");
  ExpectGood("at_least: 3");
  ExpectWrong("at_least: 2", "at_least");
  ExpectGood("at_most: 7");
  ExpectWrong("at_most: 8", "at_most");
  ExpectWrong("at_most: 18446744073709551615", "at_most");
  ExpectGood("numbers: 1 numbers: 3");
  ExpectWrong("numbers: 1 numbers: 4", "numbers[1]");
  ExpectGood("");
  ExpectWrong("maybe: 0", "maybe");  // set, unlike the ones above
}

TEST_F(ValidatorTest, EnumValuesMustBeKnown) {
  ExpectGood("colour: RED colours: RED");
  Ruled message;
  message.set_required("x");
  message.set_colour(static_cast<Ruled::Colour>(99));
  message.add_colours(Ruled::RED);
  message.add_colours(Ruled::COLOUR_UNSPECIFIED);
  message.add_colours(static_cast<Ruled::Colour>(99));
  EXPECT_THAT(Wrong(message),
              ElementsAre("colour", "colours[1]", "colours[2]"));
}

TEST_F(ValidatorTest, DatesAreDaysOfTheCalendar) {
  ExpectGood("date { year: 2024 month: 2 day: 29 }");
  ExpectGood("date { year: 1900 month: 1 day: 1 }");
  ExpectGood("date { year: 2200 month: 12 day: 31 }");
  for (const char* date :
       {"year: 2023 month: 2 day: 29", "year: 2024 month: 13 day: 1",
        "year: 2024 month: 0 day: 1", "year: 2024 month: 1 day: 0",
        "year: 2024 month: 1", "year: 1899 month: 12 day: 31",
        "year: 2201 month: 1 day: 1", "year: -2147483648 month: 1 day: 1",
        "year: 2024 month: 2147483647 day: -2147483648"}) {
    ExpectWrong(absl::StrCat("date { ", date, " }"), "date");
  }
}

TEST_F(ValidatorTest, APastDateIsNotAfterToday) {
  ExpectGood("past { year: 2025 month: 6 day: 15 }");
  ExpectWrong("past { year: 2025 month: 6 day: 16 }", "past");
  ExpectWrong("past { year: 2025 month: 6 day: 31 }", "past");
}

TEST_F(ValidatorTest, DatesAndTimesKeepTheirOrder) {
  ExpectGood(
      "first { year: 2025 month: 1 day: 2 } last { year: 2025 month: 1 day: 2 "
      "}");
  ExpectWrong(
      "first { year: 2025 month: 1 day: 2 } last { year: 2025 month: 1 day: 1 "
      "}",
      "last");
  ExpectGood("last { year: 2025 month: 1 day: 1 }");
  ExpectGood("begin { seconds: 5 nanos: 1 } end { seconds: 5 nanos: 1 }");
  ExpectWrong("begin { seconds: 5 nanos: 1 } end { seconds: 5 }", "end");
  ExpectWrong("begin { seconds: 5 } end { seconds: -5 }", "end");
}

TEST_F(ValidatorTest, ReferencesNameAResourceOfTheRightKind) {
  ExpectGood("mission: 'missions/iom-ma'");
  ExpectWrong("mission: 'cases/c1'", "mission");
}

TEST_F(ValidatorTest, ControlCharactersAreRefused) {
  ExpectGood("plain: 'two\\nlines\\tand\\rmore'");
  for (const char* text :
       {"a\\000b", "\\001", "\\033[31m", "\\177", "\xC2\x80", "\xC2\x9F"}) {
    ExpectWrong(absl::StrCat("plain: '", text, "'"), "plain");
  }
  // U+00A0 and letters that end in the same bytes are no control characters.
  ExpectGood("plain: '\xC2\xA0 \xC3\x80 \xD8\x80\xD9\x85'");
}

TEST_F(ValidatorTest, OutputOnlyFieldsAreSkipped) {
  ExpectGood("computed: 'anything'");
}

TEST_F(ValidatorTest, AllViolationsAreReportedAtOnce) {
  EXPECT_THAT(Wrong("sized: 'a' coded: '?' number: 9 items: '\\001' part {} "
                    "mission: 'x'"),
              ElementsAre("sized", "coded", "number", "items[0]", "mission",
                          "part.label"));
}

TEST_F(ValidatorTest, AtMostAHundredViolationsAreReported) {
  Ruled message;
  for (int i = 0; i < 100; ++i) message.add_items("\001");
  for (int i = 0; i < 100; ++i) message.add_numbers(9);
  EXPECT_EQ(Wrong(message).size(), 100u);
}

// Every one of the million items is bad, and none of them was looked at.
TEST_F(ValidatorTest, ALongListIsRefusedWithoutVisitingItsItems) {
  Ruled message;
  message.set_required("x");
  for (int i = 0; i < 1'000'000; ++i) message.add_parts();
  EXPECT_THAT(Wrong(message), ElementsAre("parts"));
}

TEST(HasUnknownFieldsTest, FindsThemAtEveryDepth) {
  Ruled message;
  message.set_required("x");
  message.add_parts()->set_label("y");
  message.mutable_part()->set_label("z");
  EXPECT_FALSE(HasUnknownFields(message));
  for (google::protobuf::Message* place :
       {static_cast<google::protobuf::Message*>(&message),
        static_cast<google::protobuf::Message*>(message.mutable_part()),
        static_cast<google::protobuf::Message*>(message.mutable_parts(0))}) {
    auto* unknown = place->GetReflection()->MutableUnknownFields(place);
    unknown->AddVarint(9999, 1);
    EXPECT_TRUE(HasUnknownFields(message));
    unknown->Clear();
  }
}

}  // namespace
}  // namespace passerelle
