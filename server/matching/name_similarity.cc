#include "server/matching/name_similarity.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

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

// How much a similarity counts in a full name: two words at `kStranger` or
// below have next to nothing to do with each other.
constexpr double kStranger = 0.5;
constexpr double kStrangerCredit = 0.1;
double Credit(double similarity) {
  return similarity <= kStranger
             ? similarity * kStrangerCredit
             : 1 - (1 - similarity) * (1 - kStrangerCredit * kStranger) /
                       (1 - kStranger);
}

// Two words that were paired and yet are strangers contradict each other, which
// is worse than a word missing: below this credit their weight counts more, up
// to twice.
constexpr double kContradiction = 0.5;
// A word that the other, longer name alone has, as share of its weight: names
// are often cut short.
constexpr double kExtraCost = 0.3;
// The same words in another order.
constexpr double kOrderCost = 0.03;
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
  // Pairs of words, the best first.
  struct Edge {
    double credit;
    double weight;
    size_t i;
    size_t j;
    const std::string* low;
    const std::string* high;

    // Ties are broken by the words, then by nearness in the name, never by
    // which name came first.
    bool operator<(const Edge& other) const {
      const double gain = credit * weight;
      const double other_gain = other.credit * other.weight;
      if (gain != other_gain) return gain > other_gain;
      const auto distance = [](const Edge& e) {
        return e.i > e.j ? e.i - e.j : e.j - e.i;
      };
      return std::make_tuple(absl::string_view(*low), absl::string_view(*high),
                             distance(*this), i + j) <
             std::make_tuple(absl::string_view(*other.low),
                             absl::string_view(*other.high), distance(other),
                             other.i + other.j);
    }
  };

  std::vector<Edge> Assign(const std::vector<PreparedToken>& a,
                           const std::vector<PreparedToken>& b) const {
    std::vector<Edge> edges;
    for (size_t i = 0; i < a.size(); ++i) {
      for (size_t j = 0; j < b.size(); ++j) {
        const bool ordered = a[i].text <= b[j].text;
        edges.push_back({Credit(similarity.Compare(a[i], b[j])),
                         (WeightOf(a[i]) + WeightOf(b[j])) / 2, i, j,
                         ordered ? &a[i].text : &b[j].text,
                         ordered ? &b[j].text : &a[i].text});
      }
    }
    std::sort(edges.begin(), edges.end());
    std::vector<bool> used_a(a.size());
    std::vector<bool> used_b(b.size());
    std::erase_if(edges, [&](const Edge& edge) {
      if (used_a[edge.i] || used_b[edge.j]) return true;
      used_a[edge.i] = used_b[edge.j] = true;
      return false;
    });
    return edges;
  }

  static double Total(const std::vector<PreparedToken>& tokens) {
    double total = 0;
    for (const PreparedToken& token : tokens) total += WeightOf(token);
    return total;
  }

  double Assigned(const std::vector<PreparedToken>& a,
                  const std::vector<PreparedToken>& b) const {
    double gain = 0;
    double paired = 0;
    double contradiction = 0;
    std::vector<std::pair<size_t, size_t>> agreeing;
    for (const Edge& edge : Assign(a, b)) {
      gain += edge.credit * edge.weight;
      paired += edge.weight;
      if (edge.credit >= kContradiction) {
        agreeing.emplace_back(edge.i, edge.j);
      } else if (a.size() > 1 && b.size() > 1) {
        contradiction +=
            edge.weight * (kContradiction - edge.credit) / kContradiction;
      }
    }
    std::sort(agreeing.begin(), agreeing.end());
    const bool ordered = std::is_sorted(
        agreeing.begin(), agreeing.end(),
        [](const auto& x, const auto& y) { return x.second < y.second; });
    // Every word of the shorter name is paired; the longer one's rest is extra.
    const double extra = std::max(0.0, Total(a) + Total(b) - 2 * paired);
    const double whole = paired + contradiction + kExtraCost * extra;
    if (whole <= 0) return 0;
    return gain / whole * (ordered ? 1 : 1 - kOrderCost);
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
    if (!join(a, &sound_a, &script_a) || !join(b, &sound_b, &script_b))
      return 0;
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
