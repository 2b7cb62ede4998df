#include "server/matching/link/birth_date.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace passerelle::link {
namespace {

constexpr size_t kMaxTextBytes = 64;

constexpr std::array<const char*, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};

constexpr const char* kAlways[] = {"%Y-%m-%d", "%Y-%m", "%Y"};
constexpr const char* kUsual[] = {"%Y%m%d",   "%Y/%m/%d", "%d/%m/%Y",
                                  "%d.%m.%Y", "%d-%m-%Y", "%m/%Y"};

// Digits of every script become those of ASCII; the rest is lower case.
std::string Plain(absl::string_view text) {
  std::string plain;
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int32_t>(text.size());
  int32_t at = 0;
  while (at < size) {
    const int32_t begin = at;
    UChar32 character = 0;
    U8_NEXT(bytes, at, size, character);
    const int32_t digit = character < 0x80 ? -1 : u_charDigitValue(character);
    if (digit >= 0) {
      plain.push_back(static_cast<char>('0' + digit));
    } else {
      plain.append(text.data() + begin, static_cast<size_t>(at - begin));
    }
  }
  absl::AsciiStrToLower(&plain);
  return plain;
}

// Takes `min` to `max` digits off the front.
bool TakeNumber(absl::string_view* text, size_t min, size_t max, int* number) {
  size_t digits = 0;
  *number = 0;
  while (digits < max && digits < text->size() &&
         absl::ascii_isdigit(static_cast<unsigned char>((*text)[digits]))) {
    *number = *number * 10 + ((*text)[digits] - '0');
    ++digits;
  }
  text->remove_prefix(digits);
  return digits >= min;
}

bool TakeMonthName(absl::string_view* text, int* month) {
  size_t letters = 0;
  while (letters < text->size() &&
         absl::ascii_isalpha(static_cast<unsigned char>((*text)[letters]))) {
    ++letters;
  }
  const absl::string_view word = text->substr(0, letters);
  for (size_t i = 0; word.size() >= 3 && i < kMonths.size(); ++i) {
    if (absl::StartsWith(kMonths[i], word)) {
      *month = static_cast<int>(i) + 1;
      text->remove_prefix(letters);
      return true;
    }
  }
  return false;
}

// What DateFormat knows; 0 for anything else.
char ConversionOf(char letter) {
  if (letter == 'e') return 'd';
  if (letter == 'B') return 'b';
  return absl::StrContains("Yymbd", letter) ? letter : '\0';
}

// Without "T00:00:00" or " 00:00" at the end.
absl::string_view WithoutTime(absl::string_view text) {
  const size_t colon = text.find(':');
  if (colon == absl::string_view::npos) return text;
  const size_t cut = text.substr(0, colon).find_last_of("t ");
  return cut == absl::string_view::npos
             ? text
             : absl::StripAsciiWhitespace(text.substr(0, cut));
}

BirthReading Interpret(const DateParts& parts) {
  using matching::BirthDay;
  using matching::BirthInterval;
  const auto year = matching::BirthYears(parts.year, parts.year);
  if (!year.ok()) return {BirthReading::kUnreadable, std::nullopt};
  if (parts.month == 0) return {BirthReading::kRead, *year};
  const auto first = BirthDay(parts.year, parts.month, 1);
  if (!first.ok()) return {BirthReading::kPartly, *year};
  const absl::CivilDay last(absl::CivilMonth(first->first) + 1);
  const BirthInterval month{first->first, last - 1};
  if (parts.day == 0) return {BirthReading::kRead, month};
  const auto day = BirthDay(parts.year, parts.month, parts.day);
  if (!day.ok()) return {BirthReading::kPartly, month};
  return {BirthReading::kRead, *day};
}

}  // namespace

std::optional<DateFormat> DateFormat::Parse(absl::string_view format) {
  if (format.size() > kMaxTextBytes) return std::nullopt;
  DateFormat parsed;
  std::string seen;
  for (size_t i = 0; i < format.size(); ++i) {
    char conversion = 0;
    std::string text;
    if (format[i] != '%') {
      text = absl::AsciiStrToLower(format.substr(i, 1));
    } else {
      if (++i == format.size()) return std::nullopt;
      if (format[i] == '%') {
        text = "%";
      } else {
        conversion = ConversionOf(format[i]);
        const char part = conversion == 'y'   ? 'Y'
                          : conversion == 'b' ? 'm'
                                              : conversion;
        if (part == 0 || absl::StrContains(seen, part)) return std::nullopt;
        seen.push_back(part);
      }
    }
    parsed.items_.push_back({conversion, std::move(text)});
  }
  if (!absl::StrContains(seen, 'Y')) return std::nullopt;
  return parsed;
}

std::optional<DateParts> DateFormat::Read(absl::string_view text) const {
  if (text.size() > kMaxTextBytes) return std::nullopt;
  const std::string plain = Plain(text);
  absl::string_view rest = plain;
  DateParts parts;
  for (const Item& item : items_) {
    bool taken = false;
    switch (item.conversion) {
      case 'Y':
        taken = TakeNumber(&rest, 4, 4, &parts.year);
        break;
      case 'y':
        taken = TakeNumber(&rest, 2, 2, &parts.year);
        parts.year += parts.year < 30 ? 2000 : 1900;
        break;
      case 'm':
        taken = TakeNumber(&rest, 1, 2, &parts.month);
        break;
      case 'd':
        taken = TakeNumber(&rest, 1, 2, &parts.day);
        break;
      case 'b':
        taken = TakeMonthName(&rest, &parts.month);
        break;
      default:
        taken = absl::ConsumePrefix(&rest, item.text);
    }
    if (!taken) return std::nullopt;
  }
  if (!rest.empty()) return std::nullopt;
  return parts;
}

BirthDateReader::BirthDateReader(const std::vector<std::string>& formats) {
  const auto add = [this](absl::string_view format) {
    std::optional<DateFormat> parsed = DateFormat::Parse(format);
    if (parsed.has_value()) formats_.push_back(*std::move(parsed));
  };
  for (const std::string& format : formats) add(format);
  for (const char* format : kAlways) add(format);
  if (!formats.empty()) return;
  for (const char* format : kUsual) add(format);
}

BirthReading BirthDateReader::Read(absl::string_view text) const {
  text = absl::StripAsciiWhitespace(text);
  if (text.empty()) return {};
  if (text.size() > kMaxTextBytes) {
    return {BirthReading::kUnreadable, std::nullopt};
  }
  const std::string lower = absl::AsciiStrToLower(text);
  for (const absl::string_view form : {text, WithoutTime(lower)}) {
    for (const DateFormat& format : formats_) {
      const std::optional<DateParts> parts = format.Read(form);
      if (parts.has_value()) return Interpret(*parts);
    }
  }
  return {BirthReading::kUnreadable, std::nullopt};
}

}  // namespace passerelle::link
