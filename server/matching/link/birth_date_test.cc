#include "server/matching/link/birth_date.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace passerelle::link {
namespace {

// "1984-02-03", "1984-02-01..1984-02-29", "-", with "?" after what was only
// partly read and "!" for what was not read.
std::string Read(absl::string_view text,
                 std::vector<std::string> formats = {}) {
  const BirthReading reading = BirthDateReader(formats).Read(text);
  if (reading.quality == BirthReading::kUnreadable) {
    return reading.birth ? "unreadable with a value" : "!";
  }
  if (!reading.birth) return "-";
  std::string shown = absl::FormatCivilTime(reading.birth->first);
  if (!reading.birth->is_day()) {
    absl::StrAppend(&shown, "..", absl::FormatCivilTime(reading.birth->last));
  }
  return shown + (reading.quality == BirthReading::kPartly ? "?" : "");
}

TEST(BirthDateTest, ReadsTheUsualForms) {
  for (const char* text :
       {"1984-02-03", "19840203", "1984/02/03", "03/02/1984", "3/2/1984",
        "03.02.1984", "03-02-1984", " 1984-02-03 ", "1984-02-03 00:00:00",
        "1984-02-03T00:00:00Z", "٠٣/٠٢/١٩٨٤", "۱۹۸۴-۰۲-۰۳"}) {
    EXPECT_EQ(Read(text), "1984-02-03") << text;
  }
}

TEST(BirthDateTest, KnowsHowMuchIsKnown) {
  EXPECT_EQ(Read("1984"), "1984-01-01..1984-12-31");
  EXPECT_EQ(Read("1984-02"), "1984-02-01..1984-02-29");
  EXPECT_EQ(Read("02/1983"), "1983-02-01..1983-02-28");
  EXPECT_EQ(Read("1984-02-00"), "1984-02-01..1984-02-29");
  EXPECT_EQ(Read("1984-00-00"), "1984-01-01..1984-12-31");
  EXPECT_EQ(Read(""), "-");
  EXPECT_EQ(Read("  "), "-");
}

TEST(BirthDateTest, TakesWhatIsPossibleOfAnImpossibleDay) {
  EXPECT_EQ(Read("19450931"), "1945-09-01..1945-09-30?");
  EXPECT_EQ(Read("19081339"), "1908-01-01..1908-12-31?");
  EXPECT_EQ(Read("1983-02-29"), "1983-02-01..1983-02-28?");
}

TEST(BirthDateTest, PlaceHoldersAndNonsenseAreUnknown) {
  for (const char* text :
       {"0000-00-00", "0", "9999-12-31", "99991231", "soon", "1984-02-03-04",
        "84-02-03", "1984-2-", "-1984", "१", "1984-02-03 1985-01-01"}) {
    EXPECT_EQ(Read(text), "!") << text;
  }
  EXPECT_EQ(Read(std::string(10'000, '1')), "!");
}

TEST(BirthDateTest, FollowsTheFormatsItIsGiven) {
  EXPECT_EQ(Read("02/03/1984", {"%m/%d/%Y"}), "1984-02-03");
  EXPECT_EQ(Read("3 feb 1984", {"%d %b %Y"}), "1984-02-03");
  EXPECT_EQ(Read("FEBRUARY 3, 1984", {"%B %e, %Y"}), "1984-02-03");
  EXPECT_EQ(Read("030284", {"%d%m%y"}), "1984-02-03");
  EXPECT_EQ(Read("030229", {"%d%m%y"}), "2029-02-03");
  EXPECT_EQ(Read("born 1984 %", {"born %Y %%"}), "1984-01-01..1984-12-31");
  EXPECT_EQ(Read("1984.3", {"%d.%m.%Y", "%Y.%m"}), "1984-03-01..1984-03-31");
}

TEST(BirthDateTest, IsoDatesAndYearsAreUnderstoodBesideAFormat) {
  EXPECT_EQ(Read("1984", {"%Y%m%d"}), "1984-01-01..1984-12-31");
  EXPECT_EQ(Read("1984-02-03", {"%Y%m%d"}), "1984-02-03");
  EXPECT_EQ(Read("03/02/1984", {"%Y%m%d"}), "!");
}

TEST(BirthDateTest, RefusesFormatsThatSayNoYearOrOneThingTwice) {
  for (const char* format :
       {"", "%d.%m", "%Y%y", "%Y%Y", "%m%b%Y", "%q%Y", "%Y%", "%H:%M %Y"}) {
    EXPECT_FALSE(DateFormat::Parse(format).has_value()) << format;
  }
  EXPECT_FALSE(DateFormat::Parse("%Y" + std::string(100, '-')).has_value());
}

}  // namespace
}  // namespace passerelle::link
