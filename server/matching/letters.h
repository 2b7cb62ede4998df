#ifndef PASSERELLE_SERVER_MATCHING_LETTERS_H_
#define PASSERELLE_SERVER_MATCHING_LETTERS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/matching/normaliser.h"

namespace passerelle::matching {

// A run of letters and digits, before anything is known about names.
struct Word {
  std::string text;  // UTF-8: lower case, no marks, one form per letter
  std::string phonetic;
  Script script = Script::kLatin;
  int letters = 0;  // code points of `text`
  bool has_digit = false;
  bool after_comma = false;  // a comma stands between it and the word before
};

// Text into words: Unicode work only. Thread safe.
class LetterFolder {
 public:
  LetterFolder();
  ~LetterFolder();

  // At most `max_words`, each at most kMaxTokenLetters long.
  std::vector<Word> Words(absl::string_view utf8, int max_words) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_LETTERS_H_
