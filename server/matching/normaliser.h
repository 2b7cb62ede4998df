#ifndef PASSERELLE_SERVER_MATCHING_NORMALISER_H_
#define PASSERELLE_SERVER_MATCHING_NORMALISER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace passerelle::matching {

enum class Script : uint8_t { kLatin, kArabic, kEthiopic, kOther };
inline constexpr int kScriptCount = 4;

enum class TokenKind : uint8_t {
  kName,
  kInitial,    // one letter: "A."
  kParticle,   // al, bin, de: hardly evidence
  kHonorific,  // hadj, cheikh, dr at the edge of a name
};

// One word of a name.
struct Token {
  std::string text;      // folded: lower case, no marks, one form per letter
  std::string phonetic;  // over the symbols of phonetic.h; empty for no sound
  Script script = Script::kLatin;
  TokenKind kind = TokenKind::kName;
};

// Folds names: Unicode NFKD, lower case, marks dropped where they carry no
// sound, Arabic letter forms and Ethiopic homophones merged, words split at
// space and hyphen, "abd", "abu", "gebre" joined to the word they bind to,
// "Family, Given" put in order, particles and honorifics told apart. Other
// scripts are romanised by ICU first.
//
// Never fails: control characters, emoji and punctuation separate words,
// invalid UTF-8 is U+FFFD, and what exceeds the limits of record.h is left
// out. Thread safe.
class NameNormaliser {
 public:
  NameNormaliser();
  ~NameNormaliser();
  NameNormaliser(const NameNormaliser&) = delete;
  NameNormaliser& operator=(const NameNormaliser&) = delete;

  // Words in the order of the name, every kind. Empty when nothing is a word.
  std::vector<Token> Tokens(absl::string_view name) const;

  // Different words of a place, an address or an occupation: numbers are kept,
  // particles are not.
  std::vector<Token> FieldTokens(absl::string_view text, int most) const;

  // For places, addresses and occupations: lower case without marks, one space
  // between words, digits kept.
  std::string Fold(absl::string_view text) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_NORMALISER_H_
