#include "server/matching/normaliser.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "server/matching/data.h"
#include "server/matching/letters.h"
#include "server/matching/phonetic.h"
#include "server/matching/record.h"

namespace passerelle::matching {
namespace {

// Words read of one name before particles and titles are told apart.
constexpr int kMaxWords = 4 * kMaxNameTokens;
// Of an address or an occupation.
constexpr int kMaxFoldedWords = 32;

enum class Role : uint8_t {
  kNone,
  kParticle,
  kArticle,
  kSunArticle,
  kBinder,
  kOpener,
  kCloser,
  kHonorific,
  kTitle,
};

Role RoleOfName(absl::string_view name) {
  if (name == "particle") return Role::kParticle;
  if (name == "article") return Role::kArticle;
  if (name == "sun") return Role::kSunArticle;
  if (name == "binder") return Role::kBinder;
  if (name == "opener") return Role::kOpener;
  if (name == "closer") return Role::kCloser;
  if (name == "honorific") return Role::kHonorific;
  if (name == "title") return Role::kTitle;
  return Role::kNone;
}

bool IsNumber(const Word& word) {
  if (!word.has_digit) return false;
  const auto digits =
      std::count_if(word.text.begin(), word.text.end(),
                    [](char c) { return c >= '0' && c <= '9'; });
  // "1984" and ordinals such as "1st"; "Ig0r" is a name.
  return digits * 2 >= static_cast<std::ptrdiff_t>(word.text.size()) ||
         (word.text[0] >= '0' && word.text[0] <= '9' && word.letters <= 4);
}

void Append(const Word& from, Word* to) {
  to->text += from.text;
  to->phonetic += from.phonetic;
  to->phonetic.erase(std::unique(to->phonetic.begin(), to->phonetic.end()),
                     to->phonetic.end());
  to->letters += from.letters;
}

}  // namespace

class NameNormaliser::Impl {
 public:
  Impl() {
    for (const auto& row : DataRows(NameWordsText())) {
      if (row.size() < 2) continue;
      // Folded as the names are, so that the file may be written naturally.
      for (const Word& word : folder_.Words(row[0], 1)) {
        roles_.emplace(word.text, RoleOfName(row[1]));
      }
    }
  }

  std::vector<Token> Tokens(absl::string_view name) const {
    std::vector<Word> words = folder_.Words(name, kMaxWords);
    PutInOrder(&words);
    std::erase_if(words, IsNumber);
    std::vector<Word> joined = Join(std::move(words));
    return Classify(std::move(joined));
  }

  std::vector<Token> FieldTokens(absl::string_view text, int most) const {
    std::vector<Token> tokens;
    std::vector<Word> words = folder_.Words(text, kMaxFoldedWords);
    const auto is_particle = [this](const Word& word) {
      const Role role = RoleOf(word);
      return role == Role::kParticle || role == Role::kArticle;
    };
    const bool only_particles =
        std::all_of(words.begin(), words.end(), is_particle);
    for (Word& word : words) {
      if (static_cast<int>(tokens.size()) == most) break;
      if (is_particle(word) && !only_particles) continue;
      if (std::any_of(tokens.begin(), tokens.end(),
                      [&](const Token& t) { return t.text == word.text; }))
        continue;
      Token token;
      token.text = std::move(word.text);
      // Numbers are compared as they are written.
      if (!word.has_digit) token.phonetic = std::move(word.phonetic);
      token.script = word.script;
      tokens.push_back(std::move(token));
    }
    return tokens;
  }

  std::string Fold(absl::string_view text) const {
    std::string out;
    for (const Word& word : folder_.Words(text, kMaxFoldedWords)) {
      if (!out.empty()) out += ' ';
      out += word.text;
    }
    return out;
  }

 private:
  Role RoleOf(const Word& word) const {
    const auto it = roles_.find(word.text);
    return it == roles_.end() ? Role::kNone : it->second;
  }

  static bool IsArticleFor(Role role, const Word& word, const Word& next) {
    if (role == Role::kArticle) return true;
    // "as-Salam": the article takes the sound of the letter it stands before.
    return role == Role::kSunArticle && next.text.size() > 1 &&
           word.text.back() ==
               (word.text.size() > 2 ? next.text[1] : next.text[0]);
  }

  // An article, apart or in one with its word, follows the word at `i`.
  bool BeforeArticle(const std::vector<Word>& words, size_t i) const {
    if (i + 1 >= words.size()) return false;
    const Word& next = words[i + 1];
    return (i + 2 < words.size() &&
            IsArticleFor(RoleOf(next), next, words[i + 2])) ||
           (next.script == Script::kArabic && next.letters > 4 &&
            absl::string_view(next.phonetic).substr(0, 2) == "Al");
  }

  // "Family, Given" becomes "Given Family"; "Given Family, MD" stays.
  void PutInOrder(std::vector<Word>* words) const {
    const auto comma =
        std::find_if(words->begin(), words->end(),
                     [](const Word& w) { return w.after_comma; });
    if (comma == words->end()) return;
    if (std::any_of(comma + 1, words->end(),
                    [](const Word& w) { return w.after_comma; }))
      return;
    if (std::all_of(comma, words->end(), [this](const Word& w) {
          return RoleOf(w) == Role::kTitle || IsNumber(w);
        }))
      return;
    std::rotate(words->begin(), comma, words->end());
  }

  // Words that belong to their neighbour are joined to it.
  std::vector<Word> Join(std::vector<Word> words) const {
    std::vector<Word> out;
    for (size_t i = 0; i < words.size(); ++i) {
      const Role role = RoleOf(words[i]);
      if (role == Role::kCloser && !out.empty() &&
          RoleOf(out.back()) != Role::kParticle) {
        Append(words[i], &out.back());
        continue;
      }
      const bool opens = role == Role::kOpener && words.size() >= 3;
      const bool binds = role == Role::kBinder && BeforeArticle(words, i);
      if ((!binds && !opens) || i + 1 >= words.size()) {
        out.push_back(std::move(words[i]));
        continue;
      }
      size_t next = i + 1;
      // The article of "Abd el Kader" is kept in the joined word: "abdelkader".
      Word word = std::move(words[i]);
      while (next + 1 < words.size() &&
             IsArticleFor(RoleOf(words[next]), words[next], words[next + 1])) {
        Append(words[next], &word);
        ++next;
      }
      Append(words[next], &word);
      i = next;
      out.push_back(std::move(word));
    }
    return out;
  }

  std::vector<Token> Classify(std::vector<Word> words) const {
    std::vector<TokenKind> kinds(words.size(), TokenKind::kName);
    size_t names = words.size();
    for (size_t i = 0; i < words.size(); ++i) {
      const Role role = RoleOf(words[i]);
      const bool last = i + 1 == words.size();
      if (role == Role::kParticle || role == Role::kArticle ||
          (role == Role::kSunArticle && !last &&
           IsArticleFor(role, words[i], words[i + 1]))) {
        kinds[i] = TokenKind::kParticle;
        --names;
      } else if (words[i].letters == 1) {
        kinds[i] = TokenKind::kInitial;
      }
    }
    const auto set_apart = [&](size_t i) {
      if (kinds[i] == TokenKind::kParticle) return true;
      const Role role = RoleOf(words[i]);
      const size_t must_stay = role == Role::kTitle       ? 1
                               : role == Role::kHonorific ? 2
                                                          : names;
      if (names < must_stay + 1) return false;
      kinds[i] = TokenKind::kHonorific;
      --names;
      return true;
    };
    size_t begin = 0;
    while (begin < words.size() && set_apart(begin)) ++begin;
    size_t end = words.size();
    while (end > begin && set_apart(end - 1)) --end;

    std::vector<Token> tokens;
    for (size_t i = 0; i < words.size(); ++i) {
      if (static_cast<int>(tokens.size()) == kMaxNameTokens) break;
      Token token;
      token.text = std::move(words[i].text);
      token.phonetic = std::move(words[i].phonetic);
      token.script = words[i].script;
      // Nothing but particles: then they are the name.
      token.kind = names == 0 ? TokenKind::kName : kinds[i];
      tokens.push_back(std::move(token));
    }
    return tokens;
  }

  LetterFolder folder_;
  std::unordered_map<std::string, Role> roles_;
};

NameNormaliser::NameNormaliser() : impl_(std::make_unique<Impl>()) {}
NameNormaliser::~NameNormaliser() = default;

std::vector<Token> NameNormaliser::Tokens(absl::string_view name) const {
  return impl_->Tokens(name);
}

std::vector<Token> NameNormaliser::FieldTokens(absl::string_view text,
                                               int most) const {
  return impl_->FieldTokens(text, most);
}

std::string NameNormaliser::Fold(absl::string_view text) const {
  return impl_->Fold(text);
}

}  // namespace passerelle::matching
