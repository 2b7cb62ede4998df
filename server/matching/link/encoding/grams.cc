#include "server/matching/link/encoding/grams.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/matching/phonetic.h"

namespace passerelle::link {
namespace {

using matching::NameNormaliser;
using matching::Record;
using matching::Token;
using matching::TokenKind;

// Bits of each feature: the more a field tells people apart, and the fewer
// features it has, the more. Found on the FEBRL development sets.
constexpr int kSoundDraws = 6;      // a bigram of a name's sound
constexpr int kSkeletonDraws = 8;   // a bigram of its consonants
constexpr int kDateDraws = 10;      // a digit of the birth date, a year
constexpr int kPlaceDraws = 4;      // a bigram of a place's sound
constexpr int kNumberDraws = 10;    // a bigram of a document's number
constexpr int kPostcodeDraws = 8;   // a bigram of a postcode
constexpr size_t kPhoneDigits = 8;  // the last ones: prefixes vary
constexpr size_t kMaxWords = 12;

class Grams {
 public:
  void Add(absl::string_view field, absl::string_view piece, int draws) {
    grams_.push_back({absl::StrCat(field, "\n", piece), draws});
  }
  // Neighbouring pairs, the ends padded.
  void AddBigrams(absl::string_view field, absl::string_view text, int draws) {
    if (text.empty()) return;
    const std::string padded = absl::StrCat("_", text, "_");
    for (size_t i = 0; i + 2 <= padded.size(); ++i) {
      Add(field, padded.substr(i, 2), draws);
    }
  }
  // Neighbouring pairs with their place.
  void AddPositional(absl::string_view field, absl::string_view text,
                     int draws) {
    for (size_t i = 0; i + 2 <= text.size(); ++i) {
      Add(field, absl::StrCat(i, ":", text.substr(i, 2)), draws);
    }
  }
  std::vector<Gram> Take() { return std::move(grams_); }

 private:
  std::vector<Gram> grams_;
};

// Words of a name that tell people apart.
std::vector<Token> NameWords(const Record& record,
                             const NameNormaliser& normaliser) {
  std::vector<Token> words;
  for (const std::string* name :
       {&record.given, &record.family, &record.full_name}) {
    if (name == &record.full_name && !words.empty()) break;
    for (Token& token : normaliser.Tokens(*name)) {
      if (words.size() >= kMaxWords) break;
      if (token.kind != TokenKind::kName || token.phonetic.empty()) continue;
      words.push_back(std::move(token));
    }
  }
  return words;
}

// Sounds that scripts and spellings do not keep apart become one.
std::string Sound(absl::string_view phonetic) {
  std::string sound;
  for (const char c : phonetic) {
    char plain = c;
    switch (c) {
      case 'A':
      case 'E':
        plain = 'a';
        break;
      case 'W':
      case 'o':
        plain = 'u';
        break;
      case 'Y':
      case 'e':
        plain = 'i';
        break;
      case 'T':
        plain = 't';
        break;
      case 'D':
        plain = 'd';
        break;
      case 'q':
        plain = 'k';
        break;
      case 'S':
      case 'C':
      case 'c':
        plain = 'S';
        break;
      case '\'':
        continue;
      default:
        break;
    }
    sound.push_back(plain);
  }
  return sound;
}

std::string LettersAndDigits(absl::string_view text) {
  std::string kept;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || byte >= 0x80) kept.push_back(c);
  }
  return kept;
}

std::string LastDigits(absl::string_view phone) {
  std::string digits;
  for (const char c : phone) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(c))) digits.push_back(c);
  }
  if (digits.size() < kPhoneDigits) return "";
  return digits.substr(digits.size() - kPhoneDigits);
}

std::vector<Token> Words(absl::string_view text,
                         const NameNormaliser& normaliser) {
  std::vector<Token> words = normaliser.Tokens(text);
  if (words.size() > kMaxWords) words.resize(kMaxWords);
  return words;
}

std::string MonthDay(const Record& record) {
  if (!record.birth.has_value() || !record.birth->is_day()) return "";
  const absl::CivilDay day = record.birth->first;
  return absl::StrFormat("%02d%02d", day.month(), day.day());
}

std::string Year(const Record& record) {
  if (!record.birth.has_value() || !record.birth->is_year()) return "";
  return absl::StrCat(record.birth->first.year());
}

void AddBirth(const Record& record, Grams* grams) {
  if (!record.birth.has_value()) return;
  const absl::CivilDay first = record.birth->first;
  const absl::CivilDay last = record.birth->last;
  for (int64_t year = first.year() - 1;
       record.birth->is_year() && year <= last.year() + 1; ++year) {
    grams->Add("year", absl::StrCat(year), kDateDraws);
  }
  const std::string digits =
      absl::StrFormat("%04d%s", first.year(), MonthDay(record));
  for (size_t i = 0; record.birth->is_year() && i < digits.size(); ++i) {
    grams->Add("date", absl::StrCat(i, ":", digits.substr(i, 1)), kDateDraws);
  }
}

void AddPlace(absl::string_view field, absl::string_view text, int draws,
              const NameNormaliser& normaliser, Grams* grams) {
  for (const Token& word : Words(text, normaliser)) {
    grams->AddBigrams(
        field, word.phonetic.empty() ? word.text : Sound(word.phonetic), draws);
  }
}

}  // namespace

std::vector<Gram> GramsOf(const Record& record,
                          const NameNormaliser& normaliser) {
  Grams grams;
  for (const Token& word : NameWords(record, normaliser)) {
    grams.AddBigrams("name", Sound(word.phonetic), kSoundDraws);
    for (const std::string& skeleton : matching::Skeletons(word.phonetic)) {
      grams.AddBigrams("bones", skeleton, kSkeletonDraws);
      break;
    }
  }
  AddBirth(record, &grams);
  AddPlace("place", record.place, kPlaceDraws, normaliser, &grams);
  AddPlace("address", record.address, kPlaceDraws, normaliser, &grams);
  grams.AddPositional("postcode",
                      LettersAndDigits(normaliser.Fold(record.postcode)),
                      kPostcodeDraws);
  for (const std::string& phone : record.phones) {
    grams.AddPositional("phone", LastDigits(phone), kNumberDraws);
  }
  for (const std::string& number : record.identifiers) {
    grams.AddPositional("number", LettersAndDigits(normaliser.Fold(number)),
                        kNumberDraws);
  }
  return grams.Take();
}

std::vector<std::string> BlockKeysOf(const Record& record,
                                     const NameNormaliser& normaliser) {
  std::vector<std::string> keys;
  const auto add = [&keys](absl::string_view kind, absl::string_view a,
                           absl::string_view b) {
    if (a.empty() || b.empty()) return;
    keys.push_back(absl::StrCat(kind, "\n", a, "\n", b));
  };
  std::vector<std::vector<std::string>> words;
  for (const Token& word : NameWords(record, normaliser)) {
    words.push_back(matching::Skeletons(word.phonetic));
  }
  const std::string year = Year(record);
  const std::string month_day = MonthDay(record);
  const bool heaped = month_day.empty() || month_day == "0101";
  for (const std::string& number : record.identifiers) {
    add("number", LettersAndDigits(normaliser.Fold(number)), "-");
  }
  for (const std::string& phone : record.phones) {
    add("phone", LastDigits(phone), "-");
  }
  if (!heaped) add("born", year, month_day);
  const std::string postcode =
      LettersAndDigits(normaliser.Fold(record.postcode));
  std::string place;
  for (const Token& word : Words(record.place, normaliser)) {
    absl::StrAppend(&place, matching::Skeletons(word.phonetic)[0]);
  }
  for (size_t i = 0; i < words.size(); ++i) {
    for (const std::string& one : words[i]) {
      add("name-year", one, year);
      if (!heaped) add("name-day", one, month_day);
      add("name-postcode", one, postcode);
      add("name-place", one, place);
      for (size_t j = i + 1; j < words.size(); ++j) {
        for (const std::string& other : words[j]) {
          add("names", std::min(one, other), std::max(one, other));
        }
      }
    }
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  if (keys.size() > kMaxBlockKeys) keys.resize(kMaxBlockKeys);
  return keys;
}

std::vector<std::string> SaltsOf(const Record& record) {
  constexpr int64_t kNear = 2;
  const char sex = record.sex == matching::Sex::kFemale ? 'f'
                   : record.sex == matching::Sex::kMale ? 'm'
                                                        : 'u';
  const auto salt = [sex](int64_t year) {
    return absl::StrFormat("%c%d", sex, year / 10);
  };
  if (!record.birth.has_value()) return {absl::StrFormat("%c-", sex)};
  const int64_t year = record.birth->first.year();
  std::vector<std::string> salts = {salt(year)};
  for (const int64_t near : {year - kNear, year + kNear}) {
    if (salt(near) != salts.front()) salts.push_back(salt(near));
  }
  return salts;
}

}  // namespace passerelle::link
