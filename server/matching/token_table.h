#ifndef PASSERELLE_SERVER_MATCHING_TOKEN_TABLE_H_
#define PASSERELLE_SERVER_MATCHING_TOKEN_TABLE_H_

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/matching/token_similarity.h"

namespace passerelle::matching {

// What a word is to its record.
enum class WordRole : uint8_t { kUnknown, kGiven, kFamily, kRelative };
inline constexpr size_t kWordRoles = 4;

// Levels of agreement of two words: the same spelling, then by similarity.
inline constexpr int kAgreementLevels = 7;
inline constexpr std::array<float, kAgreementLevels> kAgreementThresholds = {
    1.0F, 0.97F, 0.90F, 0.82F, 0.72F, 0.60F, 0.45F};

// kAgreementLevels when the words do not agree.
int AgreementLevel(float similarity);

// Share of records with a word at least as similar, by level. Weaker levels
// never have a smaller share. The same spelling has the share of its canonical
// cluster, all words at 0.97 and above: a common name is no rarer for a rare
// spelling.
using Shares = std::array<float, kAgreementLevels>;

struct TokenEntry {
  PreparedToken prepared;
  uint32_t id = 0;
  // Records that have it; of kUnknown: in any role but kRelative.
  std::array<uint32_t, kWordRoles> records{};
  std::array<Shares, kWordRoles> shares{};
  // Hashes of its skeletons; alternatives of one word.
  std::vector<uint64_t> skeletons;
  // Hashes of its first skeleton and of that with one letter left out.
  std::vector<uint64_t> deletions;
};

// Distinct words of one field of a population, with frequencies and
// neighbours. Entries stay where they are. Readers may share it while nobody
// writes.
class TokenTable {
 public:
  // The word's entry, made when new.
  TokenEntry& Intern(const TokenSimilarity& similarity, const Token& token);
  // The same word of another table.
  TokenEntry& Adopt(const TokenEntry& other);
  // Null when no record has it.
  const TokenEntry* Find(const Token& token) const;

  const TokenEntry& at(uint32_t id) const { return entries_[id]; }
  TokenEntry& at(uint32_t id) { return entries_[id]; }
  size_t size() const { return entries_.size(); }

  // Works out every entry's shares for a population of `records`.
  void ComputeShares(const TokenSimilarity& similarity, size_t records,
                     int threads);
  // Of one entry, in the table or not, from the present frequencies.
  void ComputeShares(const TokenSimilarity& similarity, size_t records,
                     TokenEntry* entry) const;

 private:
  void EstimateStrangers(const TokenSimilarity& similarity);
  void SortNeighbourhoods();

  std::deque<TokenEntry> entries_;
  std::unordered_map<std::string, uint32_t> ids_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> by_skeleton_;
  // Initials match by the letter a word begins with.
  std::unordered_map<char, std::array<uint32_t, kWordRoles>> by_letter_;
  // Chance that a word of so many sounds reaches a weak level with an
  // unrelated word.
  static constexpr size_t kLengths = 16;
  std::array<Shares, kLengths> strangers_{};
};

// A word made ready for comparison without being in a table.
TokenEntry MakeEntry(const TokenSimilarity& similarity, const Token& token);

uint64_t HashText(absl::string_view text);
// Order matters.
uint64_t MixHash(uint64_t a, uint64_t b);

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_TOKEN_TABLE_H_
