#include "server/matching/phonetic.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace passerelle::matching {
namespace {

constexpr size_t kMaxSkeletons = 8;

bool IsLatinVowel(char c) {
  return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

void CollapseRepeats(std::string* text) {
  text->erase(std::unique(text->begin(), text->end()), text->end());
}

struct Spelling {
  absl::string_view letters;
  absl::string_view sound;
};

// Longest first within a beginning letter; French, English and German
// romanisations together. What is ambiguous stays so: the costs know.
constexpr Spelling kSpellings[] = {
    {"tsch", "c"}, {"dzh", "j"}, {"eau", "o"}, {"sch", "S"}, {"tch", "c"},
    {"tsh", "c"},  {"ch", "C"},  {"ck", "k"},  {"dh", "D"},  {"dj", "j"},
    {"ee", "i"},   {"gh", "G"},  {"gn", "ny"}, {"kh", "x"},  {"oo", "u"},
    {"ou", "u"},   {"ph", "f"},  {"qu", "q"},  {"rh", "r"},  {"sh", "S"},
    {"th", "T"},   {"zh", "j"},
};

// Rows of the Ethiopic block, eight syllables each, from U+1200.
constexpr std::array<absl::string_view, 44> kEthiopicRows = {
    "h",  "l",  "h",  "m", "s", "r", "s",  "S",  "q",  "qw", "q",
    "qw", "b",  "v",  "t", "c", "h", "hw", "n",  "ny", "'",  "k",
    "kw", "h",  "hw", "w", "'", "z", "j",  "y",  "d",  "d",  "j",
    "g",  "gw", "g",  "t", "c", "p", "ts", "ts", "f",  "p",  "",
};
constexpr std::array<absl::string_view, 8> kEthiopicVowels = {
    "e", "u", "i", "a", "e", "", "o", "wa"};

char ArabicSound(char32_t letter) {
  switch (letter) {
    case U'ا':
    case U'ٱ':
      return 'A';
    case U'ب':
    case U'ٻ':
      return 'b';
    case U'پ':
      return 'p';
    case U'ت':
    case U'ط':
    case U'ٹ':
      return 't';
    case U'ث':
      return 'T';
    case U'ج':
      return 'j';
    case U'چ':
      return 'c';
    case U'ح':
    case U'ه':
    case U'ہ':
    case U'ھ':
      return 'h';
    case U'خ':
      return 'x';
    case U'د':
    case U'ض':
    case U'ڈ':
      return 'd';
    case U'ذ':
    case U'ظ':
      return 'D';
    case U'ر':
    case U'ڑ':
    case U'ړ':
    case U'ڕ':
      return 'r';
    case U'ز':
      return 'z';
    case U'ژ':
      return 'j';
    case U'س':
    case U'ص':
      return 's';
    case U'ش':
    case U'ښ':
      return 'S';
    case U'ع':
    case U'ء':
      return '\'';
    case U'غ':
      return 'G';
    case U'ف':
      return 'f';
    case U'ڤ':
    case U'ڥ':
    case U'ۋ':
      return 'v';
    case U'ق':
      return 'q';
    case U'ك':
    case U'ک':
      return 'k';
    case U'گ':
    case U'ڭ':
    case U'ڨ':
    case U'ݣ':
      return 'g';
    case U'ل':
    case U'ڵ':
      return 'l';
    case U'م':
      return 'm';
    case U'ن':
    case U'ں':
      return 'n';
    case U'و':
    case U'ۆ':
    case U'ۇ':
      return 'W';
    case U'ي':
    case U'ى':
    case U'ی':
    case U'ێ':
    case U'ې':
    case U'ے':
      return 'Y';
    case U'ة':
    case U'ۃ':
      return 'E';
    case U'ە':
      return 'e';
    default:
      return 0;
  }
}

}  // namespace

bool IsPhoneticVowel(char symbol) {
  return absl::string_view("aeiouAWYE").find(symbol) != absl::string_view::npos;
}

std::string PhoneticLatin(absl::string_view word) {
  std::string out;
  const auto at = [&](size_t i) { return i < word.size() ? word[i] : '\0'; };
  for (size_t i = 0; i < word.size();) {
    bool found = false;
    for (const Spelling& spelling : kSpellings) {
      if (word.substr(i, spelling.letters.size()) == spelling.letters) {
        out.append(spelling.sound.data(), spelling.sound.size());
        i += spelling.letters.size();
        found = true;
        break;
      }
    }
    if (found) continue;
    const char c = word[i];
    const char next = at(i + 1);
    switch (c) {
      case 'c':
        out += next == 'e' || next == 'i' || next == 'y' ? 's' : 'k';
        break;
      case 'g':
        out += 'g';
        // "Guy", "Guillaume": the u is silent.
        if (next == 'u' && (at(i + 2) == 'e' || at(i + 2) == 'i')) ++i;
        break;
      case 'i':
        out += next != 'i' && IsLatinVowel(next) && next != 'e' ? 'y' : 'i';
        break;
      case 'y':
        out += IsLatinVowel(next) && next != 'y' ? 'y' : 'i';
        break;
      case 'x':
        out += "ks";
        break;
      case 'S':
      case 'G':
      case 'T':
      case 'D':
      case '\'':
        out += c;
        break;
      case 'C':
        out += 'c';
        break;
      case 'Z':
        out += 'j';
        break;
      case 'N':
        out += "ny";
        break;
      case 'X':
        out += 'x';
        break;
      default:
        if (c >= 'a' && c <= 'z') out += c;
    }
    ++i;
  }
  CollapseRepeats(&out);
  return out;
}

std::string PhoneticArabic(std::u32string_view word) {
  std::string out;
  for (const char32_t letter : word) {
    if (const char sound = ArabicSound(letter)) out += sound;
  }
  CollapseRepeats(&out);
  return out;
}

std::string PhoneticEthiopic(std::u32string_view word) {
  std::string out;
  for (const char32_t syllable : word) {
    if (syllable < 0x1200 || syllable > 0x135A) continue;
    const size_t row = (syllable - 0x1200) / 8;
    const size_t column = (syllable - 0x1200) % 8;
    const absl::string_view consonant = kEthiopicRows[row];
    absl::string_view vowel = kEthiopicVowels[column];
    // The first order of the gutturals is said a, as the fourth.
    if (column == 0 && (consonant == "h" || consonant == "'")) vowel = "a";
    out.append(consonant.data(), consonant.size());
    out.append(vowel.data(), vowel.size());
  }
  CollapseRepeats(&out);
  return out;
}

std::vector<std::string> Skeletons(absl::string_view phonetic) {
  std::vector<std::string> open = {""};
  // Each consonant adds one or two classes; beyond the limit only the first.
  const auto add = [&open](absl::string_view classes) {
    const size_t before = open.size();
    const bool both = classes.size() > 1 && before * 2 <= kMaxSkeletons;
    for (size_t i = 0; i < before; ++i) {
      if (both) {
        std::string other = open[i];
        if (classes[1] != '-') other += classes[1];
        open.push_back(std::move(other));
      }
      if (classes[0] != '-') open[i] += classes[0];
    }
  };
  for (size_t i = 0; i < phonetic.size(); ++i) {
    switch (phonetic[i]) {
      case 'b':
      case 'p':
        add("B");
        break;
      case 'f':
        add("F");
        break;
      case 'v':
        add("FB");
        break;
      case 'm':
        add("M");
        break;
      case 'n':
        add("N");
        break;
      case 'r':
        add("R");
        break;
      case 'l':
        add("L");
        break;
      case 't':
        add("T");
        break;
      case 'd':
        // Diallo and Jallow.
        add(i + 1 < phonetic.size() && phonetic[i + 1] == 'y' ? "TJ" : "T");
        break;
      case 'T':
      case 'D':
        add("TS");
        break;
      case 's':
      case 'z':
        add("S");
        break;
      case 'S':
      case 'c':
        add("X");
        break;
      case 'C':
        add("XK");
        break;
      case 'j':
        add("J");
        break;
      case 'g':
        add("KJ");
        break;
      case 'k':
      case 'q':
      case 'x':
      case 'G':
        add("K");
        break;
      default:
        break;
    }
  }
  std::set<std::string> unique;
  for (std::string& skeleton : open) {
    CollapseRepeats(&skeleton);
    if (!skeleton.empty()) unique.insert(std::move(skeleton));
  }
  if (unique.empty()) {
    unique.insert(phonetic.empty() ? "-"
                                   : "-" + std::string(phonetic.substr(0, 1)));
  }
  return {unique.begin(), unique.end()};
}

}  // namespace passerelle::matching
