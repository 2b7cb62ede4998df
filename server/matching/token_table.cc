#include "server/matching/token_table.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "server/matching/parallel.h"
#include "server/matching/phonetic.h"

namespace passerelle::matching {
namespace {

// Neighbours looked at for one skeleton: the commonest, which is where the
// share is.
constexpr size_t kMaxNeighbourhood = 300;
// From here on two words of one skeleton may be neighbours; weaker agreement
// is chance, estimated for the length of the word.
constexpr int kLastNeighbourLevel = 4;
constexpr size_t kStrangerPairs = 60'000;
constexpr size_t kChunk = 256;
// Any population that names are taken from has at least so many.
constexpr double kFewWords = 50;
// Records of one person, the two that are compared among them.
constexpr double kOwnRecords = 3;

template <typename AnyToken>
std::string KeyOf(const AnyToken& token) {
  // The sound is part of it: marks that text drops may carry sound.
  std::string key;
  key.reserve(token.text.size() + token.phonetic.size() + 2);
  key += static_cast<char>('0' + static_cast<int>(token.kind));
  key += token.text;
  key += '\n';
  key += token.phonetic;
  return key;
}

bool IsInitial(const PreparedToken& token) {
  return token.kind == TokenKind::kInitial;
}

}  // namespace

int AgreementLevel(float similarity) {
  int level = 0;
  while (level < kAgreementLevels &&
         similarity < kAgreementThresholds[static_cast<size_t>(level)])
    ++level;
  return level;
}

uint64_t MixHash(uint64_t a, uint64_t b) {
  uint64_t h = a * 0x9E3779B97F4A7C15ULL + b;
  h ^= h >> 32;
  h *= 0xD6E8FEB86659FD93ULL;
  h ^= h >> 29;
  h *= 0xBF58476D1CE4E5B9ULL;
  h ^= h >> 32;
  return h;
}

uint64_t HashText(absl::string_view text) {
  uint64_t h = 0xCBF29CE484222325ULL;  // FNV-1a, then mixed
  for (const char c : text) {
    h ^= static_cast<unsigned char>(c);
    h *= 0x100000001B3ULL;
  }
  return MixHash(h, text.size());
}

TokenEntry MakeEntry(const TokenSimilarity& similarity, const Token& token) {
  TokenEntry entry;
  entry.id = UINT32_MAX;
  entry.prepared = similarity.Prepare(token);
  if (token.phonetic.empty()) {
    entry.skeletons.push_back(HashText(token.text));
    return entry;
  }
  const std::vector<std::string> skeletons = Skeletons(token.phonetic);
  for (const std::string& skeleton : skeletons)
    entry.skeletons.push_back(HashText(skeleton));
  entry.deletions.push_back(HashText(skeletons[0]));
  for (size_t i = 0; i < skeletons[0].size() && skeletons[0].size() > 2; ++i) {
    std::string shorter = skeletons[0];
    shorter.erase(i, 1);
    const uint64_t hash = HashText(shorter);
    if (hash != entry.deletions.back()) entry.deletions.push_back(hash);
  }
  if (!entry.prepared.bare.empty()) {
    for (const std::string& skeleton : Skeletons(entry.prepared.bare)) {
      const uint64_t hash = HashText(skeleton);
      if (std::find(entry.skeletons.begin(), entry.skeletons.end(), hash) ==
          entry.skeletons.end())
        entry.skeletons.push_back(hash);
    }
  }
  // Variants that no sound finds meet under their class.
  for (const auto& [variant_class, weight] : entry.prepared.classes)
    entry.skeletons.push_back(MixHash(0x7661726961ULL, variant_class));
  return entry;
}

TokenEntry& TokenTable::Intern(const TokenSimilarity& similarity,
                               const Token& token) {
  const auto [it, inserted] =
      ids_.emplace(KeyOf(token), static_cast<uint32_t>(entries_.size()));
  if (!inserted) return entries_[it->second];
  TokenEntry& entry = entries_.emplace_back(MakeEntry(similarity, token));
  entry.id = it->second;
  for (const uint64_t skeleton : entry.skeletons)
    by_skeleton_[skeleton].push_back(entry.id);
  return entry;
}

TokenEntry& TokenTable::Adopt(const TokenEntry& other) {
  const auto [it, inserted] = ids_.emplace(
      KeyOf(other.prepared), static_cast<uint32_t>(entries_.size()));
  if (!inserted) return entries_[it->second];
  TokenEntry& entry = entries_.emplace_back();
  entry.prepared = other.prepared;
  entry.skeletons = other.skeletons;
  entry.deletions = other.deletions;
  entry.id = it->second;
  for (const uint64_t skeleton : entry.skeletons)
    by_skeleton_[skeleton].push_back(entry.id);
  return entry;
}

const TokenEntry* TokenTable::Find(const Token& token) const {
  const auto it = ids_.find(KeyOf(token));
  return it == ids_.end() ? nullptr : &entries_[it->second];
}

void TokenTable::SortNeighbourhoods() {
  const auto commoner = [this](uint32_t a, uint32_t b) {
    const auto weight = [this](uint32_t id) {
      return entries_[id].records[0] + entries_[id].records[3];
    };
    if (weight(a) != weight(b)) return weight(a) > weight(b);
    // Not by id: it depends on the order of input.
    if (entries_[a].prepared.text != entries_[b].prepared.text)
      return entries_[a].prepared.text < entries_[b].prepared.text;
    return entries_[a].prepared.phonetic < entries_[b].prepared.phonetic;
  };
  for (auto& [skeleton, ids] : by_skeleton_)
    std::sort(ids.begin(), ids.end(), commoner);
  by_letter_.clear();
  for (const TokenEntry& entry : entries_) {
    if (IsInitial(entry.prepared) || entry.prepared.text.empty()) continue;
    auto& counts = by_letter_[entry.prepared.text[0]];
    for (size_t role = 0; role < kWordRoles; ++role)
      counts[role] += entry.records[role];
  }
}

void TokenTable::EstimateStrangers(const TokenSimilarity& similarity) {
  strangers_ = {};
  if (entries_.size() < 2) return;
  // Pairs drawn by the words' own hashes: independent of the order of input.
  std::vector<std::pair<uint64_t, uint32_t>> order;
  order.reserve(entries_.size());
  for (const TokenEntry& entry : entries_)
    order.emplace_back(MixHash(HashText(entry.prepared.text),
                               HashText(entry.prepared.phonetic)),
                       entry.id);
  std::sort(order.begin(), order.end());
  std::array<std::array<double, kAgreementLevels>, kLengths> reached{};
  std::array<double, kLengths> pairs{};
  const size_t size = order.size();
  const size_t rounds = kStrangerPairs / size + 1;
  for (size_t round = 1; round <= std::min(rounds, size - 1); ++round) {
    for (size_t i = 0; i < std::min(size, kStrangerPairs); ++i) {
      const PreparedToken& a = entries_[order[i].second].prepared;
      const PreparedToken& b =
          entries_[order[(i + round) % size].second].prepared;
      const float s = similarity.Compare(a, b);
      const size_t length = std::min(a.phonetic.size(), kLengths - 1);
      pairs[length] += 1;
      for (int level = AgreementLevel(s); level < kAgreementLevels; ++level)
        reached[length][static_cast<size_t>(level)] += 1;
    }
  }
  for (size_t length = 0; length < kLengths; ++length) {
    for (size_t level = kLastNeighbourLevel; level < kAgreementLevels; ++level)
      strangers_[length][level] = static_cast<float>(
          (reached[length][level] + 0.01) / (pairs[length] + 1));
  }
}

void TokenTable::ComputeShares(const TokenSimilarity& similarity,
                               size_t records, TokenEntry* entry) const {
  const bool in_table = entry->id != UINT32_MAX;
  std::array<std::array<double, kAgreementLevels>, kWordRoles> counts{};
  const auto add = [&](const TokenEntry& other, int level) {
    for (size_t role = 0; role < kWordRoles; ++role)
      for (int l = std::max(level, 0); l < kAgreementLevels; ++l)
        counts[role][static_cast<size_t>(l)] += other.records[role];
  };
  if (IsInitial(entry->prepared)) {
    const auto it = by_letter_.find(
        entry->prepared.text.empty() ? '\0' : entry->prepared.text[0]);
    for (size_t role = 0; role < kWordRoles; ++role) {
      for (size_t l = 0; l < kAgreementLevels; ++l) {
        counts[role][l] = entry->records[role];
        if (it != by_letter_.end()) counts[role][l] += it->second[role];
      }
    }
  } else {
    std::unordered_set<uint32_t> seen;
    bool found_self = false;
    for (const uint64_t skeleton : entry->skeletons) {
      const auto it = by_skeleton_.find(skeleton);
      if (it == by_skeleton_.end()) continue;
      const size_t most = std::min(it->second.size(), kMaxNeighbourhood);
      for (size_t i = 0; i < most; ++i) {
        const TokenEntry& other = entries_[it->second[i]];
        if (!seen.insert(other.id).second) continue;
        if (other.id == entry->id) {
          found_self = true;
          add(other, 0);
          continue;
        }
        const int level =
            AgreementLevel(similarity.Compare(entry->prepared, other.prepared));
        if (level <= kLastNeighbourLevel) add(other, level);
      }
    }
    if (!found_self && in_table) add(*entry, 0);
  }
  const size_t length = std::min(entry->prepared.phonetic.size(), kLengths - 1);
  const double n = static_cast<double>(records);
  const double distinct = static_cast<double>(entries_.size());
  // Half a record for a word nobody else has; less in a small file, whose few
  // words are not all there are.
  const double pseudo = 0.5 * std::min(1.0, distinct / kFewWords);
  for (size_t role = 0; role < kWordRoles; ++role) {
    // The same spelling has the share of its cluster.
    counts[role][0] = counts[role][1];
    // The two records that are compared do not make their own word commoner:
    // who is searched with a word of their own meets one record.
    const double own_records =
        in_table ? std::min<double>(entry->records[role], kOwnRecords) : 1;
    for (size_t level = 0; level < kAgreementLevels; ++level) {
      const double others = std::max(0.0, counts[role][level] - own_records);
      const double own = (others + pseudo) / (n + 0.5 * distinct);
      const double share =
          std::max<double>(own, own + strangers_[length][level]);
      entry->shares[role][level] = static_cast<float>(std::min(share, 1.0));
    }
  }
}

void TokenTable::ComputeShares(const TokenSimilarity& similarity,
                               size_t records, int threads) {
  SortNeighbourhoods();
  EstimateStrangers(similarity);
  ForChunks(entries_.size(), kChunk, threads,
            [&](size_t, size_t begin, size_t end) {
              for (size_t i = begin; i < end; ++i)
                ComputeShares(similarity, records, &entries_[i]);
            });
}

}  // namespace passerelle::matching
