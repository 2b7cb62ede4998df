#include "server/matching/name_similarity.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "server/matching/record.h"
#include "server/matching/token_similarity.h"

namespace passerelle::matching {
namespace {

// Share of a word's weight that counts, by kind.
double KindWeight(TokenKind kind) {
  switch (kind) {
    case TokenKind::kName:
      return 1;
    case TokenKind::kInitial:
      return 0.35;
    case TokenKind::kParticle:
      return 0.05;
    case TokenKind::kHonorific:
      return 0.0;
  }
  return 1;
}

// Longer words say more, up to a point.
double WeightOf(const PreparedToken& token) {
  const double sounds = static_cast<double>(token.phonetic.size());
  return KindWeight(token.kind) * (0.5 + std::min(sounds, 7.0) / 7);
}

// How much a similarity counts in a full name: below `kStranger` two words
// have nothing to do with each other.
constexpr double kStranger = 0.5;
double Credit(double similarity) {
  if (similarity <= kStranger) return 0;
  return similarity * (similarity - kStranger) / (1 - kStranger);
}

// What a word costs that the other, longer or equal name has no counterpart
// for, as share of its weight: names are often cut short.
constexpr double kExtraCost = 0.35;
// Joined strings lose this, so that a word-by-word agreement is preferred.
constexpr double kJoinedPenalty = 0.02;

}  // namespace

class NameSimilarity::Impl {
 public:
  std::vector<PreparedToken> Prepare(const std::vector<Token>& tokens) const {
    std::vector<PreparedToken> out;
    for (const Token& token : tokens) {
      if (token.kind == TokenKind::kHonorific) continue;
      if (out.size() == kMaxNameTokens) break;
      out.push_back(similarity.Prepare(token));
    }
    return out;
  }

  double Names(const std::vector<PreparedToken>& a,
               const std::vector<PreparedToken>& b) const {
    if (a.empty() || b.empty()) return 0;
    return std::max(Assigned(a, b), Joined(a, b));
  }

  NameNormaliser normaliser;
  TokenSimilarity similarity;

 private:
  double Assigned(const std::vector<PreparedToken>& a,
                  const std::vector<PreparedToken>& b) const {
    // Best pairs first. Ties are broken by the words themselves, so that the
    // order of the names does not matter.
    struct Edge {
      double gain;
      size_t i;
      size_t j;
      const std::string* low;
      const std::string* high;
    };
    std::vector<Edge> edges;
    for (size_t i = 0; i < a.size(); ++i) {
      for (size_t j = 0; j < b.size(); ++j) {
        const double gain = Credit(similarity.Compare(a[i], b[j])) *
                            (WeightOf(a[i]) + WeightOf(b[j])) / 2;
        if (gain <= 0) continue;
        const bool ordered = a[i].text <= b[j].text;
        edges.push_back({gain, i, j, ordered ? &a[i].text : &b[j].text,
                         ordered ? &b[j].text : &a[i].text});
      }
    }
    std::sort(edges.begin(), edges.end(), [](const Edge& x, const Edge& y) {
      if (x.gain != y.gain) return x.gain > y.gain;
      return std::tie(*x.low, *x.high) < std::tie(*y.low, *y.high);
    });
    std::vector<bool> used_a(a.size());
    std::vector<bool> used_b(b.size());
    double gain = 0;
    double matched = 0;  // weight of words that have a counterpart
    for (const Edge& edge : edges) {
      if (used_a[edge.i] || used_b[edge.j]) continue;
      used_a[edge.i] = used_b[edge.j] = true;
      gain += edge.gain;
      matched += (WeightOf(a[edge.i]) + WeightOf(b[edge.j])) / 2;
    }
    double extra_a = 0;
    double extra_b = 0;
    for (size_t i = 0; i < a.size(); ++i)
      if (!used_a[i]) extra_a += WeightOf(a[i]);
    for (size_t j = 0; j < b.size(); ++j)
      if (!used_b[j]) extra_b += WeightOf(b[j]);
    // Words of both that do not meet contradict; of one alone they are extra.
    const double conflict = std::min(extra_a, extra_b);
    const double extra = std::max(extra_a, extra_b) - conflict;
    const double whole = matched + conflict + kExtraCost * extra;
    return whole > 0 ? gain / whole : 0;
  }

  // The names as one word each: "Abdel Kader" and "Abdelkader".
  double Joined(const std::vector<PreparedToken>& a,
                const std::vector<PreparedToken>& b) const {
    if (a.size() == b.size()) return 0;
    const auto join = [](const std::vector<PreparedToken>& tokens,
                         std::string* sound, Script* script) {
      *script = tokens[0].script;
      for (const PreparedToken& token : tokens) {
        if (token.script != *script) return false;
        *sound += token.phonetic;
      }
      return true;
    };
    std::string sound_a;
    std::string sound_b;
    Script script_a;
    Script script_b;
    if (!join(a, &sound_a, &script_a) || !join(b, &sound_b, &script_b)) return 0;
    return Credit(std::max(
        0.0, similarity.CompareSounds(sound_a, script_a, sound_b, script_b) -
                 kJoinedPenalty));
  }
};

NameSimilarity::NameSimilarity() : impl_(std::make_unique<Impl>()) {}
NameSimilarity::~NameSimilarity() = default;

double NameSimilarity::Tokens(const Token& a, const Token& b) const {
  return impl_->similarity.Compare(impl_->similarity.Prepare(a),
                                   impl_->similarity.Prepare(b));
}

double NameSimilarity::Names(const std::vector<Token>& a,
                             const std::vector<Token>& b) const {
  return impl_->Names(impl_->Prepare(a), impl_->Prepare(b));
}

double NameSimilarity::Names(absl::string_view a, absl::string_view b) const {
  return Names(impl_->normaliser.Tokens(a), impl_->normaliser.Tokens(b));
}

const NameNormaliser& NameSimilarity::normaliser() const {
  return impl_->normaliser;
}

}  // namespace passerelle::matching
