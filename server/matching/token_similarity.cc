#include "server/matching/token_similarity.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "server/matching/data.h"
#include "server/matching/edits.h"
#include "server/matching/letters.h"
#include "server/matching/record.h"

namespace passerelle::matching {
namespace {

// What an article costs that only one side has.
constexpr float kArticlePenalty = 0.03F;
// Of sound and spelling together, where that is more than sound alone.
constexpr float kSoundShare = 0.6F;
// What a difference counts across scripts.
constexpr float kAcrossScripts = 0.3F;
// Shorter words are not taken to begin with an article.
constexpr size_t kMinBareSounds = 3;

// Where a word begins with an article its sound without it; else empty.
std::string WithoutArticle(const Token& token) {
  const absl::string_view sound = token.phonetic;
  const bool article =
      token.script == Script::kArabic
          ? sound.substr(0, 2) == "Al"
          : token.script == Script::kLatin &&
                (sound.substr(0, 2) == "al" || sound.substr(0, 2) == "el");
  if (!article || sound.size() < 2 + kMinBareSounds) return "";
  return std::string(sound.substr(2));
}

// Letters of a word of this library's own making: valid UTF-8. Only joined
// words may have more than are kept.
struct Letters {
  static constexpr size_t kMost = kMaxEditLetters;
  static_assert(kMost >= kMaxTokenLetters);
  std::array<char32_t, kMost> letter;
  size_t count = 0;

  explicit Letters(absl::string_view text) {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte & 0xC0) == 0x80 && count > 0) {
        letter[count - 1] = letter[count - 1] << 6 | (byte & 0x3F);
      } else if (count < kMost) {
        letter[count++] = byte;
      } else {
        return;
      }
    }
  }
  size_t size() const { return count; }
  char32_t operator[](size_t i) const { return letter[i]; }
};

// Share of letters that agree: 1 less the number of edits over the length of
// the longer. For slips of the hand, which sound unlike what was meant.
float SpellingSimilarity(absl::string_view text_a, absl::string_view text_b) {
  const Letters a(text_a);
  const Letters b(text_b);
  if (a.size() == 0 || b.size() == 0) return 0;
  return 1 - static_cast<float>(Edits(a, b)) /
                 static_cast<float>(std::max(a.size(), b.size()));
}

Script AsLatinOr(Script script) {
  return script == Script::kOther ? Script::kLatin : script;
}

}  // namespace

TokenSimilarity::TokenSimilarity() {
  LoadCosts();
  LoadVariants();
}

void TokenSimilarity::LoadCosts() {
  // Rows: table, kind, symbol or place, then a cost for each symbol.
  for (const auto& row : DataRows(NameCostsText())) {
    if (row.size() != 4) continue;
    int table = -1;
    if (row[0] == "latin-latin") table = kLatinLatin;
    if (row[0] == "latin-arabic") table = kLatinArabic;
    if (row[0] == "latin-ethiopic") table = kLatinEthiopic;
    if (row[0] == "arabic-arabic") table = kArabicArabic;
    if (table < 0 || row[2].empty()) continue;
    const std::vector<absl::string_view> fields = absl::StrSplit(row[3], ' ');
    if (fields.size() != kSymbols) continue;
    EditCosts& costs = costs_[static_cast<size_t>(table)];
    for (size_t i = 0; i < kSymbols; ++i) {
      float value = 1;
      if (!absl::SimpleAtof(fields[i], &value)) continue;
      if (row[1] == "substitute") {
        const size_t x = SymbolIndex(row[2][0]);
        if (x < kSymbols) costs.substitute[x][i] = value;
      } else {
        const auto place = static_cast<size_t>(row[2][0] - '0');
        if (place >= kPlaces) continue;
        (row[1] == "gap_first" ? costs.gap_first : costs.gap_second)[place][i] =
            value;
      }
    }
  }
}

void TokenSimilarity::LoadVariants() {
  const LetterFolder folder;
  std::unordered_map<std::string, uint32_t> heads;
  const auto sound = [&folder](absl::string_view word) {
    const std::vector<Word> words = folder.Words(word, 1);
    return words.empty() ? std::string() : words[0].phonetic;
  };
  const auto add = [this](const std::string& phonetic, uint32_t head,
                          float weight) {
    auto& classes = classes_[phonetic];
    for (auto& [known, known_weight] : classes) {
      if (known == head) {
        known_weight = std::max(known_weight, weight);
        return;
      }
    }
    classes.emplace_back(head, weight);
  };
  for (const auto& row : DataRows(NameVariantsText())) {
    float weight = 0;
    if (row.size() != 3 || !absl::SimpleAtof(row[0], &weight)) continue;
    const std::string head_sound = sound(row[1]);
    const auto [it, inserted] =
        heads.emplace(head_sound, static_cast<uint32_t>(heads.size()));
    if (inserted) add(head_sound, it->second, 1);
    for (const absl::string_view variant : absl::StrSplit(row[2], ' ')) {
      const std::string variant_sound = sound(variant);
      if (!variant_sound.empty()) add(variant_sound, it->second, weight);
    }
  }
  for (auto& [phonetic, classes] : classes_)
    std::sort(classes.begin(), classes.end());
}

PreparedToken TokenSimilarity::Prepare(const Token& token) const {
  PreparedToken out;
  out.text = token.text;
  out.phonetic = token.phonetic;
  out.bare = WithoutArticle(token);
  out.script = token.script;
  out.kind = token.kind;
  const auto it = classes_.find(token.phonetic);
  if (it != classes_.end()) out.classes = it->second;
  return out;
}

float TokenSimilarity::CompareSounds(absl::string_view a, Script script_a,
                                     absl::string_view b,
                                     Script script_b) const {
  if (a.empty() || b.empty()) return 0;
  script_a = AsLatinOr(script_a);
  script_b = AsLatinOr(script_b);
  // The tables have the Latin word first, the Arabic one last.
  const auto rank = [](Script script) {
    return script == Script::kLatin ? 0 : script == Script::kEthiopic ? 1 : 2;
  };
  if (rank(script_a) > rank(script_b)) {
    std::swap(a, b);
    std::swap(script_a, script_b);
  }
  Table table = kLatinLatin;
  if (script_b == Script::kArabic) {
    table = script_a == Script::kArabic ? kArabicArabic : kLatinArabic;
  } else if (script_b == Script::kEthiopic) {
    table = script_a == Script::kEthiopic ? kLatinLatin : kLatinEthiopic;
  } else if (a > b) {
    std::swap(a, b);
  }
  if (script_a == script_b && a > b) std::swap(a, b);
  const EditCosts& costs = costs_[table];
  const float distance = costs.Distance(a, b);
  const float whole = (costs.DeletionFirst(a) + costs.DeletionSecond(b)) / 2;
  float difference = distance / std::max(1.0F, whole);
  // The best way of writing a name in another script is further from it than
  // another spelling in its own.
  if (script_a != script_b) difference *= kAcrossScripts;
  return std::clamp(1 - difference, 0.0F, 1.0F);
}

float TokenSimilarity::Compare(const PreparedToken& a,
                               const PreparedToken& b) const {
  if (a.text == b.text) return 1;
  const bool initial_a = a.kind == TokenKind::kInitial;
  const bool initial_b = b.kind == TokenKind::kInitial;
  if (initial_a || initial_b) {
    if (initial_a && initial_b) return 0;
    const PreparedToken& letter = initial_a ? a : b;
    const PreparedToken& name = initial_a ? b : a;
    if (letter.phonetic.empty() || name.phonetic.empty()) return 0;
    const bool begins = letter.text[0] == name.text[0] ||
                        letter.phonetic[0] == name.phonetic[0];
    return begins ? kInitialSimilarity : 0;
  }
  float best = CompareSounds(a.phonetic, a.script, b.phonetic, b.script);
  if (AsLatinOr(a.script) == AsLatinOr(b.script)) {
    const float spelling = SpellingSimilarity(a.text, b.text);
    best =
        a.phonetic.empty() || b.phonetic.empty()
            ? spelling
            : std::max(best, kSoundShare * best + (1 - kSoundShare) * spelling);
  }
  if (!a.bare.empty()) {
    best =
        std::max(best, CompareSounds(a.bare, a.script, b.phonetic, b.script) -
                           kArticlePenalty);
  }
  if (!b.bare.empty()) {
    best =
        std::max(best, CompareSounds(a.phonetic, a.script, b.bare, b.script) -
                           kArticlePenalty);
  }
  for (auto x = a.classes.begin(), y = b.classes.begin();
       x != a.classes.end() && y != b.classes.end();) {
    if (x->first == y->first) {
      best = std::max(best, x->second * y->second);
      ++x;
      ++y;
    } else if (x->first < y->first) {
      ++x;
    } else {
      ++y;
    }
  }
  return std::min(
      best, a.script == b.script ? kBestOtherSpelling : kBestAcrossScripts);
}

}  // namespace passerelle::matching
