#include "server/matching/letters.h"

#include <unicode/normalizer2.h>
#include <unicode/translit.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "server/matching/phonetic.h"
#include "server/matching/record.h"

namespace passerelle::matching {
namespace {

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x80;
  });
}

char LowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

void AppendUtf8(char32_t code, std::string* out) {
  icu::UnicodeString(static_cast<UChar32>(code)).toUTF8String(*out);
}

Script ScriptOf(char32_t code) {
  if (code < 0x250) return Script::kLatin;
  UErrorCode status = U_ZERO_ERROR;
  switch (uscript_getScript(static_cast<UChar32>(code), &status)) {
    case USCRIPT_LATIN:
      return Script::kLatin;
    case USCRIPT_ARABIC:
      return Script::kArabic;
    case USCRIPT_ETHIOPIC:
      return Script::kEthiopic;
    default:
      return Script::kOther;
  }
}

bool IsHan(char32_t code) {
  UErrorCode status = U_ZERO_ERROR;
  return uscript_getScript(static_cast<UChar32>(code), &status) == USCRIPT_HAN;
}

// Letters without a decomposition, as plain letters; null when not known.
const char* PlainLatin(char32_t code) {
  switch (code) {
    case U'ł':
      return "l";
    case U'ø':
      return "o";
    case U'đ':
      return "d";
    case U'ð':
      return "d";
    case U'þ':
      return "th";
    case U'ı':
      return "i";
    case U'ħ':
      return "h";
    case U'ß':
      return "ss";
    case U'æ':
      return "ae";
    case U'œ':
      return "oe";
    case U'ə':
    case U'ǝ':
    case U'ɛ':
      return "e";
    case U'ŋ':
    case U'ɲ':
      return "n";
    case U'ɔ':
      return "o";
    case U'ɓ':
      return "b";
    case U'ɗ':
      return "d";
    case U'ƙ':
      return "k";
    case U'ƴ':
      return "y";
    case U'ĸ':
      return "k";
    case U'ŧ':
      return "t";
    default:
      return nullptr;
  }
}

// The capital that stands for a letter whose mark carries sound (phonetic.h);
// the letter itself when the mark does not.
char SoundOfMarked(char letter, char32_t mark) {
  const bool caron = mark == 0x30C;
  const bool acute = mark == 0x301;
  const bool cedilla = mark == 0x327 || mark == 0x326;
  switch (letter) {
    case 's':
      return caron || acute || cedilla ? 'S' : letter;
    case 'c':
      return caron || acute || mark == 0x30B || mark == 0x307 ? 'C' : letter;
    case 'z':
      return caron || acute || mark == 0x307 ? 'Z' : letter;
    case 'g':
      return mark == 0x306 || mark == 0x307 || mark == 0x304 ? 'G' : letter;
    case 'n':
      return mark == 0x303 || caron || acute ? 'N' : letter;
    case 'h':
    case 'k':
      return mark == 0x32E || mark == 0x331 ? 'X' : letter;
    case 't':
      return mark == 0x331 ? 'T' : letter;
    case 'd':
      return mark == 0x331 ? 'D' : letter;
    default:
      return letter;
  }
}

bool IsApostrophe(char32_t code) {
  switch (code) {
    case U'\'':
    case U'`':
    case U'´':
    case U'‘':
    case U'’':
    case U'ʻ':
    case U'ʼ':
    case U'ʽ':
    case U'ʾ':
    case U'ʿ':
    case U'ʹ':
    case U'′':
      return true;
    default:
      return false;
  }
}

// Letters of Arabic's block that are written in several ways.
char32_t FoldArabic(char32_t letter) {
  switch (letter) {
    case U'ٱ':
    case U'ٲ':
    case U'ٳ':
      return U'ا';
    case U'ک':
    case U'ڪ':
      return U'ك';
    case U'ی':
    case U'ى':
    case U'ے':
      return U'ي';
    case U'ہ':
    case U'ھ':
    case U'ە':
      return U'ه';
    case U'ۃ':
      return U'ة';
    case U'ں':
      return U'ن';
    default:
      return letter;
  }
}

// Syllables that sound alike are written as the commonest of them.
char32_t FoldEthiopic(char32_t syllable) {
  if (syllable < 0x1200 || syllable > 0x135A) return syllable;
  char32_t row = (syllable - 0x1200) / 8;
  char32_t column = (syllable - 0x1200) % 8;
  switch (row) {
    case 2:     // ሐ
    case 16:    // ኀ
    case 23:    // ኸ
      row = 0;  // ሀ
      break;
    case 4:     // ሠ
      row = 6;  // ሰ
      break;
    case 26:         // ዐ
      row = 18 + 2;  // አ
      break;
    case 40:  // ፀ
    case 39:  // ጸ
      row = 39;
      break;
    default:
      break;
  }
  // ሀ and ሃ, አ and ኣ are said alike.
  if ((row == 0 || row == 20) && column == 3) column = 0;
  return 0x1200 + row * 8 + column;
}

// A digit typed for the letter it looks like.
char LetterOfDigit(char digit) {
  switch (digit) {
    case '0':
      return 'o';
    case '1':
      return 'i';
    case '3':
      return 'e';
    case '4':
      return 'a';
    case '5':
      return 's';
    case '7':
      return 't';
    case '8':
      return 'b';
    case '9':
      return 'g';
    default:
      return 0;
  }
}

}  // namespace

class LetterFolder::Impl {
 public:
  Impl() {
    UErrorCode status = U_ZERO_ERROR;
    nfkd_ = icu::Normalizer2::getNFKDInstance(status);
    if (U_FAILURE(status)) nfkd_ = nullptr;
  }

  std::vector<Word> Words(absl::string_view utf8, int max_words) const {
    // Cut where a character begins.
    if (utf8.size() > kMaxNameBytes) {
      size_t end = kMaxNameBytes;
      while (end > 0 && (static_cast<unsigned char>(utf8[end]) & 0xC0) == 0x80)
        --end;
      utf8 = utf8.substr(0, end);
    }
    Builder builder(max_words);
    if (IsAscii(utf8)) {
      for (const char c : utf8) builder.Add(static_cast<unsigned char>(c));
    } else {
      AddUnicode(utf8, &builder);
    }
    return builder.Finish();
  }

 private:
  // Collects folded letters into words.
  class Builder {
   public:
    explicit Builder(int max_words) : max_words_(max_words) {}

    // A code point after NFKD and case folding, or ASCII of any case.
    void Add(char32_t code) {
      if (code < 0x80) {
        const char c = LowerAscii(static_cast<char>(code));
        if (c >= 'a' && c <= 'z') return AddLatin(c);
        if (c >= '0' && c <= '9') return AddDigit(c);
        if (c == '\'' || c == '`') return AddApostrophe();
        // "A.B." are two initials, "St. John" two words.
        EndWord();
        if (c == ',') comma_ = true;
        return;
      }
      if (IsApostrophe(code)) return AddApostrophe();
      const auto type = u_charType(static_cast<UChar32>(code));
      if (type == U_NON_SPACING_MARK || type == U_COMBINING_SPACING_MARK ||
          type == U_ENCLOSING_MARK) {
        return AddMark(code);
      }
      // Invisible joiners and direction marks are inside words; tatweel too.
      if (type == U_FORMAT_CHAR || code == 0x640) return;
      if (u_isdigit(static_cast<UChar32>(code))) {
        return AddDigit(static_cast<char>(
            '0' + u_charDigitValue(static_cast<UChar32>(code))));
      }
      if (!u_isalpha(static_cast<UChar32>(code))) {
        EndWord();
        if (code == U'،' || code == U'，') comma_ = true;
        return;
      }
      if (const char* plain = PlainLatin(code)) {
        for (; *plain != '\0'; ++plain) AddLatin(*plain);
        return;
      }
      const Script script = ScriptOf(code);
      if (script == Script::kLatin) return;
      Begin(script);
      if (letters_ >= kMaxTokenLetters) return;
      ++letters_;
      // The sound keeps what folding merges (Persian, ة).
      sounded_wide_ += code;
      AppendUtf8(script == Script::kArabic     ? FoldArabic(code)
                 : script == Script::kEthiopic ? FoldEthiopic(code)
                                               : code,
                 &word_.text);
    }

    void MarkOther() { other_ = true; }
    void EndWord() {
      if (letters_ > 0) Push();
      other_ = false;
    }

    std::vector<Word> Finish() {
      EndWord();
      return std::move(words_);
    }

   private:
    void Begin(Script script) {
      if (letters_ > 0 && word_.script != script) Push();
      word_.script = script;
    }
    void AddLatin(char c) {
      Begin(Script::kLatin);
      if (letters_ >= kMaxTokenLetters) return;
      ++letters_;
      word_.text += c;
      sounded_ += c;
    }
    void AddDigit(char c) {
      Begin(letters_ > 0 ? word_.script : Script::kLatin);
      if (letters_ >= kMaxTokenLetters) return;
      ++letters_;
      word_.text += c;
      word_.has_digit = true;
      // Replaced by a letter when the word turns out to be one.
      if (word_.script == Script::kLatin) sounded_ += c;
    }
    void AddApostrophe() {
      if (letters_ > 0 && word_.script == Script::kLatin) sounded_ += '\'';
    }
    void AddMark(char32_t mark) {
      if (word_.script != Script::kLatin || sounded_.empty()) return;
      sounded_.back() = SoundOfMarked(sounded_.back(), mark);
      // ç is s in French, tch in Turkish, where it stands at an edge or before
      // e and i; French writes it before a, o and u alone.
      if (mark == 0x327 && sounded_.back() == 'c') sounded_.back() = '\x01';
    }
    void Push() {
      word_.letters = letters_;
      if (word_.script == Script::kLatin) {
        word_.phonetic = PhoneticLatin(ResolveLatin());
      } else if (word_.script == Script::kArabic) {
        word_.phonetic = PhoneticArabic(sounded_wide_);
      } else if (word_.script == Script::kEthiopic) {
        word_.phonetic = PhoneticEthiopic(sounded_wide_);
      }
      // What nothing romanises (Khmer) has no sound: its text is compared.
      if (other_ && word_.script == Script::kLatin)
        word_.script = Script::kOther;
      word_.after_comma = comma_ && !words_.empty();
      comma_ = false;
      if (static_cast<int>(words_.size()) < max_words_)
        words_.push_back(std::move(word_));
      word_ = Word();
      sounded_.clear();
      sounded_wide_.clear();
      letters_ = 0;
    }
    std::string ResolveLatin() {
      const auto digits =
          std::count_if(sounded_.begin(), sounded_.end(),
                        [](char c) { return c >= '0' && c <= '9'; });
      const auto size = static_cast<std::ptrdiff_t>(sounded_.size());
      for (size_t i = 0; i < sounded_.size(); ++i) {
        char& c = sounded_[i];
        if (c == '\x01') {
          const char next = i + 1 < sounded_.size() ? sounded_[i + 1] : '\0';
          c = i > 0 && (next == 'a' || next == 'o' || next == 'u') ? 's' : 'C';
        } else if (c >= '0' && c <= '9' && digits * 2 < size) {
          if (const char letter = LetterOfDigit(c)) c = letter;
        }
      }
      return sounded_;
    }

    const int max_words_;
    std::vector<Word> words_;
    Word word_;
    std::string sounded_;
    std::u32string sounded_wide_;
    int letters_ = 0;
    bool comma_ = false;
    bool other_ = false;
  };

  void AddUnicode(absl::string_view utf8, Builder* builder) const {
    const icu::UnicodeString text = icu::UnicodeString::fromUTF8(
        icu::StringPiece(utf8.data(), static_cast<int32_t>(utf8.size())));
    // Runs of a script we have no table for are romanised first.
    int32_t begin = 0;
    while (begin < text.length()) {
      const bool foreign = IsForeign(text.char32At(begin));
      const bool han =
          foreign && IsHan(static_cast<char32_t>(text.char32At(begin)));
      int32_t end = begin;
      while (end < text.length()) {
        const UChar32 code = text.char32At(end);
        if (IsForeign(code) != foreign) {
          // Marks stay with the letters they stand on.
          if (!foreign || u_isalpha(code) || u_isspace(code) || u_isdigit(code))
            break;
          if (!(U_GET_GC_MASK(code) & U_GC_M_MASK)) break;
        }
        end = text.moveIndex32(end, 1);
      }
      icu::UnicodeString run = text.tempSubStringBetween(begin, end);
      if (foreign) {
        run = Romanise(run);
        // Chinese syllables are one word, not one each.
        if (han)
          run.findAndReplace(icu::UnicodeString(u" "), icu::UnicodeString());
        builder->MarkOther();
      }
      AddFolded(run, builder);
      begin = end;
    }
  }

  void AddFolded(const icu::UnicodeString& run, Builder* builder) const {
    icu::UnicodeString folded = run;
    folded.foldCase();
    if (nfkd_ != nullptr) {
      UErrorCode status = U_ZERO_ERROR;
      icu::UnicodeString decomposed = nfkd_->normalize(folded, status);
      if (U_SUCCESS(status)) folded = std::move(decomposed);
    }
    for (int32_t i = 0; i < folded.length(); i = folded.moveIndex32(i, 1)) {
      builder->Add(static_cast<char32_t>(folded.char32At(i)));
    }
  }

  static bool IsForeign(UChar32 code) {
    return code >= 0x250 && u_isalpha(code) &&
           !IsApostrophe(static_cast<char32_t>(code)) &&
           PlainLatin(static_cast<char32_t>(code)) == nullptr &&
           ScriptOf(static_cast<char32_t>(code)) == Script::kOther;
  }

  icu::UnicodeString Romanise(const icu::UnicodeString& text) const {
    // Made at first need: loading its rules takes a while.
    std::call_once(romaniser_made_, [this] {
      UErrorCode status = U_ZERO_ERROR;
      romaniser_.reset(icu::Transliterator::createInstance(
          "Any-Latin", UTRANS_FORWARD, status));
      if (U_FAILURE(status)) romaniser_.reset();
    });
    icu::UnicodeString out = text;
    if (romaniser_) romaniser_->transliterate(out);
    return out;
  }

  const icu::Normalizer2* nfkd_ = nullptr;
  mutable std::once_flag romaniser_made_;
  mutable std::unique_ptr<icu::Transliterator> romaniser_;
};

LetterFolder::LetterFolder() : impl_(std::make_unique<Impl>()) {}
LetterFolder::~LetterFolder() = default;

std::vector<Word> LetterFolder::Words(absl::string_view utf8,
                                      int max_words) const {
  return impl_->Words(utf8, max_words);
}

}  // namespace passerelle::matching
