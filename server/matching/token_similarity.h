#ifndef PASSERELLE_SERVER_MATCHING_TOKEN_SIMILARITY_H_
#define PASSERELLE_SERVER_MATCHING_TOKEN_SIMILARITY_H_

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "server/matching/edit_costs.h"
#include "server/matching/normaliser.h"

namespace passerelle::matching {

// A token with what comparing it needs, worked out once.
struct PreparedToken {
  std::string text;
  std::string phonetic;
  // Without a leading article ("الحسن", "Elhassan"); empty when it has none.
  std::string bare;
  Script script = Script::kLatin;
  TokenKind kind = TokenKind::kName;
  // Variant classes it belongs to and how strongly, by class.
  std::vector<std::pair<uint32_t, float>> classes;
};

// Highest similarity of two different spellings in two scripts, and in one.
inline constexpr float kBestAcrossScripts = 0.99F;
inline constexpr float kBestOtherSpelling = 0.995F;
// An initial and a name that begins with it.
inline constexpr float kInitialSimilarity = 0.6F;

// Similarity of words (name_similarity.h). Thread safe.
class TokenSimilarity {
 public:
  TokenSimilarity();

  PreparedToken Prepare(const Token& token) const;

  // 0 to 1, symmetric, 1 for equal texts.
  float Compare(const PreparedToken& a, const PreparedToken& b) const;

  // By sound alone: no variants, articles or initials.
  float CompareSounds(absl::string_view a, Script script_a, absl::string_view b,
                      Script script_b) const;

 private:
  enum Table { kLatinLatin, kLatinArabic, kLatinEthiopic, kArabicArabic };
  static constexpr int kTables = 4;

  void LoadCosts();
  void LoadVariants();

  std::array<EditCosts, kTables> costs_;
  // By phonetic string.
  std::unordered_map<std::string, std::vector<std::pair<uint32_t, float>>>
      classes_;
};

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_TOKEN_SIMILARITY_H_
