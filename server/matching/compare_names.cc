#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "server/matching/compare.h"

namespace passerelle::matching {
namespace {

// Words that may stand in another role, or in no role, must agree so well.
constexpr int kOtherRoleLevel = 3;
constexpr int kSwappedLevel = 2;
// Similarity given up for agreeing in another role.
constexpr float kOtherRolePenalty = 0.1F;
// Joined words must agree so well to count: "Abdel Kader", "Abdelkader".
constexpr float kJoinedSimilarity = 0.82F;
// Shorter words are not taken for two joined ones.
constexpr size_t kMinJoinedSounds = 5;
// It is not written alike: at most "very like".
constexpr int kBestJoinedLevel = 2;
// More of one kind are one big misunderstanding, not that much more evidence.
constexpr size_t kMaxConflicts = 3;
constexpr size_t kMaxExtraWords = 2;

size_t ShareRole(Comparison comparison) {
  switch (comparison) {
    case Comparison::kGivenName:
      return 1;
    case Comparison::kFamilyName:
      return 2;
    default:
      return 0;
  }
}

bool Has(const RecordView& view, WordRole role) {
  return std::any_of(view.names.begin(), view.names.end(),
                     [role](const NameWord& w) { return w.role == role; });
}

bool HasRoles(const RecordView& view) {
  return Has(view, WordRole::kGiven) || Has(view, WordRole::kFamily);
}

// Who has one name alone may have it in either field.
bool RolesAreSure(const RecordView& view) {
  return Has(view, WordRole::kGiven) && Has(view, WordRole::kFamily);
}

using Positions = Few<int8_t, kMaxNameTokens>;

// The names of two records: words are paired, best first, then two words that
// are one of the other side; what is left contradicts, or is only there on one
// side.
class NamePairing {
 public:
  NamePairing(const RecordView& a, const RecordView& b, Observations* out)
      : a_(a),
        b_(b),
        roles_(HasRoles(a) && HasRoles(b)),
        roles_sure_(RolesAreSure(a) && RolesAreSure(b)),
        out_(out) {}

  // similar(TokenEntry, TokenEntry): 0 to 1.
  template <typename Similar>
  void PairWords(const Similar& similar);
  void PairJoinedWords(const TokenSimilarity& similarity);
  void Leave();

 private:
  struct Edge {
    float order;
    float share;
    uint8_t level;
    uint8_t i;
    uint8_t j;
    Comparison comparison;
  };
  using Used = std::array<bool, kMaxNameTokens>;

  Comparison ComparisonOf(WordRole x, WordRole y) const;
  // The best first; ties by what the words are, then by nearness, never by
  // which record came first.
  bool Better(const Edge& e, const Edge& f) const;
  // Each word of `one` against two neighbours of `two`.
  void Join(const TokenSimilarity& similarity, const RecordView& one,
            const RecordView& two, Used* used_one, Used* used_two);

  Positions LeftOf(const RecordView& view, const Used& used,
                   WordRole role) const;
  void Leave(Comparison comparison, const Positions& left_a,
             const Positions& left_b);
  void LeaveSwapped(Positions* x, Positions* y);
  void ObserveOrder();

  const RecordView& a_;
  const RecordView& b_;
  const bool roles_;       // each side says of some word what it is
  const bool roles_sure_;  // each has a given and a family name
  Observations* const out_;
  Used used_a_{};
  Used used_b_{};
  // Positions of words that agree well, where roles are unknown.
  Few<std::pair<uint8_t, uint8_t>, kMaxNameTokens> agreeing_;
};

Comparison NamePairing::ComparisonOf(WordRole x, WordRole y) const {
  if (!roles_ || x == WordRole::kUnknown || y == WordRole::kUnknown)
    return Comparison::kName;
  if (x != y) return roles_sure_ ? Comparison::kSwappedName : Comparison::kName;
  return x == WordRole::kGiven ? Comparison::kGivenName
                               : Comparison::kFamilyName;
}

bool NamePairing::Better(const Edge& e, const Edge& f) const {
  if (e.order != f.order) return e.order > f.order;
  if (e.share != f.share) return e.share < f.share;
  const auto words = [this](const Edge& g) {
    absl::string_view x = a_.names[g.i].token->prepared.text;
    absl::string_view y = b_.names[g.j].token->prepared.text;
    if (y < x) std::swap(x, y);
    return std::make_tuple(x, y, std::abs(g.i - g.j), g.i + g.j);
  };
  return words(e) < words(f);
}

template <typename Similar>
void NamePairing::PairWords(const Similar& similar) {
  std::array<Edge, kMaxNameTokens * kMaxNameTokens> edges;
  size_t edge_count = 0;
  for (size_t i = 0; i < a_.names.size; ++i) {
    for (size_t j = 0; j < b_.names.size; ++j) {
      const NameWord& x = a_.names[i];
      const NameWord& y = b_.names[j];
      const Comparison comparison = ComparisonOf(x.role, y.role);
      const float s = similar(*x.token, *y.token);
      const int level = AgreementLevel(s);
      const bool own_role = !roles_ || comparison == Comparison::kGivenName ||
                            comparison == Comparison::kFamilyName;
      if (level >= kAgreementLevels || (!own_role && level > kOtherRoleLevel) ||
          (comparison == Comparison::kSwappedName && level > kSwappedLevel))
        continue;
      edges[edge_count++] = {
          own_role ? s : s - kOtherRolePenalty,
          PairShare(*x.token, *y.token, ShareRole(comparison), level),
          static_cast<uint8_t>(level),
          static_cast<uint8_t>(i),
          static_cast<uint8_t>(j),
          comparison};
    }
  }
  std::sort(edges.begin(),
            edges.begin() + static_cast<std::ptrdiff_t>(edge_count),
            [this](const Edge& e, const Edge& f) { return Better(e, f); });
  for (size_t k = 0; k < edge_count; ++k) {
    const Edge& e = edges[k];
    if (used_a_[e.i] || used_b_[e.j]) continue;
    used_a_[e.i] = used_b_[e.j] = true;
    out_->push_back({e.comparison, e.level, static_cast<int8_t>(e.i),
                     static_cast<int8_t>(e.j), e.share});
    if (!roles_ && e.level <= kOtherRoleLevel) agreeing_.push_back({e.i, e.j});
  }
}

void NamePairing::PairJoinedWords(const TokenSimilarity& similarity) {
  if (a_.names.size < b_.names.size) {
    Join(similarity, a_, b_, &used_a_, &used_b_);
  } else if (b_.names.size < a_.names.size) {
    Join(similarity, b_, a_, &used_b_, &used_a_);
  }
}

void NamePairing::Join(const TokenSimilarity& similarity, const RecordView& one,
                       const RecordView& two, Used* used_one, Used* used_two) {
  for (size_t i = 0; i < one.names.size; ++i) {
    for (size_t j = 0; !(*used_one)[i] && j + 1 < two.names.size; ++j) {
      if ((*used_two)[j] || (*used_two)[j + 1]) continue;
      const PreparedToken& x = one.names[i].token->prepared;
      const PreparedToken& y = two.names[j].token->prepared;
      const PreparedToken& z = two.names[j + 1].token->prepared;
      if (y.script != z.script || x.phonetic.size() < kMinJoinedSounds)
        continue;
      const float s = similarity.CompareSounds(
          x.phonetic, x.script, y.phonetic + z.phonetic, y.script);
      if (s < kJoinedSimilarity) continue;
      (*used_one)[i] = (*used_two)[j] = (*used_two)[j + 1] = true;
      const int level = std::max(AgreementLevel(s), kBestJoinedLevel);
      const Comparison comparison =
          ComparisonOf(one.names[i].role, two.names[j].role);
      const auto p = static_cast<int8_t>(i);
      const auto q = static_cast<int8_t>(j);
      const bool swapped = &one == &b_;
      const TokenEntry& word = *one.names[i].token;
      out_->push_back({comparison, static_cast<uint8_t>(level), swapped ? q : p,
                       swapped ? p : q,
                       PairShare(word, word, ShareRole(comparison), level)});
    }
  }
}

Positions NamePairing::LeftOf(const RecordView& view, const Used& used,
                              WordRole role) const {
  Positions found;
  for (size_t i = 0; i < view.names.size; ++i) {
    if (!used[i] && (!roles_ || view.names[i].role == role))
      found.push_back(static_cast<int8_t>(i));
  }
  return found;
}

void NamePairing::Leave(Comparison comparison, const Positions& left_a,
                        const Positions& left_b) {
  const size_t both = std::min(left_a.size, left_b.size);
  for (size_t i = 0; i < std::min(both, kMaxConflicts); ++i)
    out_->push_back({comparison, kWordsConflict, left_a[i], left_b[i]});
  const size_t end = both + kMaxExtraWords;
  for (size_t i = both; i < std::min(left_a.size, end); ++i)
    out_->push_back({comparison, kWordOnOneSide, left_a[i], -1});
  for (size_t i = both; i < std::min(left_b.size, end); ++i)
    out_->push_back({comparison, kWordOnOneSide, -1, left_b[i]});
}

void NamePairing::LeaveSwapped(Positions* x, Positions* y) {
  for (; x->size > 0 && y->size > 0; --x->size, --y->size) {
    out_->push_back({Comparison::kGivenName, kWordsConflict, (*x)[x->size - 1],
                     (*y)[y->size - 1]});
  }
}

void NamePairing::ObserveOrder() {
  if (agreeing_.size < 2) return;
  std::sort(agreeing_.begin(), agreeing_.end());
  const bool ordered = std::is_sorted(
      agreeing_.begin(), agreeing_.end(),
      [](const auto& x, const auto& y) { return x.second < y.second; });
  out_->push_back(
      {Comparison::kNameOrder, static_cast<uint8_t>(ordered ? 0 : 1)});
}

void NamePairing::Leave() {
  const auto left_a = [this](WordRole role) {
    return LeftOf(a_, used_a_, role);
  };
  const auto left_b = [this](WordRole role) {
    return LeftOf(b_, used_b_, role);
  };
  if (!roles_) {
    Leave(Comparison::kName, left_a(WordRole::kUnknown),
          left_b(WordRole::kUnknown));
    ObserveOrder();
    return;
  }
  Positions given_a = left_a(WordRole::kGiven);
  Positions given_b = left_b(WordRole::kGiven);
  Positions family_a = left_a(WordRole::kFamily);
  Positions family_b = left_b(WordRole::kFamily);
  // After a swap a given name is left on one side and a family name on the
  // other: they contradict each other.
  const bool swapped =
      std::any_of(out_->begin(), out_->end(), [](const Observation& o) {
        return o.comparison == Comparison::kSwappedName;
      });
  if (swapped && given_a.size > given_b.size && family_b.size > family_a.size)
    LeaveSwapped(&given_a, &family_b);
  if (swapped && given_b.size > given_a.size && family_a.size > family_b.size)
    LeaveSwapped(&family_a, &given_b);
  const auto both_have = [this](WordRole role) {
    return Has(a_, role) && Has(b_, role);
  };
  if (both_have(WordRole::kGiven))
    Leave(Comparison::kGivenName, given_a, given_b);
  if (both_have(WordRole::kFamily))
    Leave(Comparison::kFamilyName, family_a, family_b);
  if (both_have(WordRole::kUnknown))
    Leave(Comparison::kName, left_a(WordRole::kUnknown),
          left_b(WordRole::kUnknown));
}

}  // namespace

void Comparer::CompareNames(const RecordView& a, const RecordView& b,
                            Observations* out) {
  if (a.names.empty() || b.names.empty()) return;
  NamePairing pairing(a, b, out);
  pairing.PairWords([this](const TokenEntry& x, const TokenEntry& y) {
    return Similarity(x, y);
  });
  pairing.PairJoinedWords(population_.similarity());
  pairing.Leave();
}

}  // namespace passerelle::matching
