#ifndef PASSERELLE_SERVER_MATCHING_NAME_SIMILARITY_H_
#define PASSERELLE_SERVER_MATCHING_NAME_SIMILARITY_H_

#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/matching/normaliser.h"

namespace passerelle::matching {

// How alike two names sound and look, 0 to 1; 1 for the same name, whatever
// its script. Symmetric to the last bit. Thread safe.
//
// Of two words: 1 - D(a,b) / max(1, (W(a)+W(b))/2), D a weighted edit distance
// with transpositions over phonetic strings, W the cost of deleting a word.
// Costs were learnt from pairs of spellings, apart for each pair of scripts
// (data/matching, tools/learn-name-costs).
class NameSimilarity {
 public:
  NameSimilarity();
  ~NameSimilarity();
  NameSimilarity(const NameSimilarity&) = delete;
  NameSimilarity& operator=(const NameSimilarity&) = delete;

  // Of two words, variant classes (Mamadou ~ Mohamed) and initials included.
  double Tokens(const Token& a, const Token& b) const;

  // Of two names of any number of words: the best assignment of words to
  // words, or the joined strings where that is more. Particles hardly count.
  // 0 when either has no word.
  double Names(const std::vector<Token>& a, const std::vector<Token>& b) const;
  double Names(absl::string_view a, absl::string_view b) const;

  const NameNormaliser& normaliser() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_NAME_SIMILARITY_H_
