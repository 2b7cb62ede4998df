#include <algorithm>
#include <cmath>
#include <string>

#include "server/matching/compare.h"
#include "server/matching/edits.h"

namespace passerelle::matching {
namespace {

// Words of places, addresses, occupations and relatives agree from here on.
constexpr float kFieldSimilarity = 0.82F;

// Words of two lists that agree: what of each is matched, how rare the rarest.
struct Agreement {
  size_t matched = 0;
  bool same_spelling = true;
  float rarest = 1;
  double weight = 0;  // sum of -log2 share of the matched words
};

double Rarity(const TokenEntry& word) {
  return -std::log2(static_cast<double>(word.shares[0][0]));
}

// Greedy, the words of the shorter list in turn: lists are short.
template <typename Similar>
Agreement Agree(const FieldWords& a, const FieldWords& b,
                const Similar& similar) {
  if (a.size > b.size) return Agree(b, a, similar);
  Agreement agreement;
  std::array<bool, kMaxFieldWords> used_b{};
  for (size_t i = 0; i < a.size; ++i) {
    size_t best = b.size;
    float best_similarity = kFieldSimilarity;
    for (size_t j = 0; j < b.size; ++j) {
      if (used_b[j]) continue;
      const float s = similar(*a[i], *b[j]);
      if (s > best_similarity || (s == best_similarity && best == b.size)) {
        best = j;
        best_similarity = s;
      }
    }
    if (best == b.size) continue;
    used_b[best] = true;
    ++agreement.matched;
    agreement.same_spelling &= best_similarity >= 1;
    const int level = AgreementLevel(best_similarity);
    agreement.rarest =
        std::min(agreement.rarest, PairShare(*a[i], *b[best], 0, level));
    agreement.weight += std::min(Rarity(*a[i]), Rarity(*b[best])) *
                        static_cast<double>(best_similarity);
  }
  return agreement;
}

}  // namespace

void Comparer::ComparePlaces(const FieldWords& a, const FieldWords& b,
                             Observations* out) {
  if (a.empty() || b.empty()) return;
  const Agreement agreement =
      Agree(a, b, [this](const TokenEntry& x, const TokenEntry& y) {
        return Similarity(x, y);
      });
  int level = 3;
  if (agreement.matched == a.size && a.size == b.size) {
    level = agreement.same_spelling ? 0 : 1;
  } else if (agreement.matched > 0) {
    level = 2;
  }
  out->push_back({Comparison::kPlace, static_cast<uint8_t>(level), -1, -1,
                  level < 3 ? agreement.rarest : 0});
}

void Comparer::CompareOccupations(const FieldWords& a, const FieldWords& b,
                                  Observations* out) {
  if (a.empty() || b.empty()) return;
  const Agreement agreement =
      Agree(a, b, [this](const TokenEntry& x, const TokenEntry& y) {
        return Similarity(x, y);
      });
  const int level = agreement.matched == a.size && a.size == b.size ? 0
                    : agreement.matched > 0                         ? 1
                                                                    : 2;
  out->push_back({Comparison::kOccupation, static_cast<uint8_t>(level), -1, -1,
                  level < 2 ? agreement.rarest : 0});
}

void Comparer::CompareAddresses(const FieldWords& a, const FieldWords& b,
                                Observations* out) {
  if (a.empty() || b.empty()) return;
  const Agreement agreement =
      Agree(a, b, [this](const TokenEntry& x, const TokenEntry& y) {
        return Similarity(x, y);
      });
  const auto total = [](const FieldWords& words) {
    double sum = 0;
    for (const TokenEntry* word : words) sum += Rarity(*word);
    return sum;
  };
  const double whole = (total(a) + total(b)) / 2;
  const double overlap = whole > 0 ? agreement.weight / whole : 0;
  const int level = overlap >= 0.85   ? 0
                    : overlap >= 0.55 ? 1
                    : overlap >= 0.25 ? 2
                                      : 3;
  out->push_back({Comparison::kAddress, static_cast<uint8_t>(level)});
}

void Comparer::CompareRelatives(const RecordView& a, const RecordView& b,
                                Observations* out) {
  if (a.relatives.empty() || b.relatives.empty()) return;
  int best_level = 2;
  float best_share = 0;
  for (uint8_t i = 0; i < kMaxListedValues; ++i) {
    for (uint8_t j = 0; j < kMaxListedValues; ++j) {
      // Words of relative i against words of relative j.
      size_t words_a = 0;
      size_t words_b = 0;
      size_t matched = 0;
      float rarest = 1;
      Relation relation_a = Relation::kUnknown;
      Relation relation_b = Relation::kUnknown;
      for (const RelativeWord& y : b.relatives) {
        if (y.relative != j) continue;
        ++words_b;
        relation_b = y.relation;
      }
      if (words_b == 0) continue;
      std::array<bool, 2 * kMaxListedValues> used{};
      for (const RelativeWord& x : a.relatives) {
        if (x.relative != i) continue;
        ++words_a;
        relation_a = x.relation;
        for (size_t k = 0; k < b.relatives.size; ++k) {
          const RelativeWord& y = b.relatives[k];
          if (y.relative != j || used[k]) continue;
          const float s = Similarity(*x.token, *y.token);
          if (s < kFieldSimilarity) continue;
          used[k] = true;
          ++matched;
          rarest = std::min(
              rarest, PairShare(*x.token, *y.token, 3, AgreementLevel(s)));
          break;
        }
      }
      const bool compatible = relation_a == relation_b ||
                              relation_a == Relation::kUnknown ||
                              relation_b == Relation::kUnknown;
      if (matched == 0 || !compatible) continue;
      const int level = matched == std::max(words_a, words_b) ? 0 : 1;
      if (level < best_level || (level == best_level && rarest < best_share)) {
        best_level = level;
        best_share = rarest;
      }
    }
  }
  out->push_back({Comparison::kRelatives, static_cast<uint8_t>(best_level), -1,
                  -1, best_level < 2 ? best_share : 0});
}

void Comparer::CompareValues(const RecordView& a, const RecordView& b,
                             Observations* out) const {
  if (a.sex != Sex::kUnknown && b.sex != Sex::kUnknown)
    out->push_back(
        {Comparison::kSex, static_cast<uint8_t>(a.sex == b.sex ? 0 : 1)});
  if (a.postcode != nullptr && b.postcode != nullptr) {
    const std::string& x = a.postcode->text;
    const std::string& y = b.postcode->text;
    const size_t half = (std::max(x.size(), y.size()) + 1) / 2;
    const int level = x == y                                   ? 0
                      : Edits(x, y) <= 1                       ? 1
                      : x.substr(0, half) == y.substr(0, half) ? 2
                                                               : 3;
    out->push_back(
        {Comparison::kPostcode, static_cast<uint8_t>(level), -1, -1,
         level == 0 ? static_cast<float>(population_.PostcodeShare(*a.postcode))
                    : 0});
  }
  const auto lists = [out](Comparison comparison, const auto& x, const auto& y,
                           const auto& level_of, const auto& share_of) {
    if (x.empty() || y.empty()) return;
    Observation best{comparison, 3};
    for (size_t i = 0; i < x.size; ++i) {
      for (size_t j = 0; j < y.size; ++j) {
        const int level = level_of(x[i]->text, y[j]->text);
        const float share =
            level == 0 ? static_cast<float>(share_of(*x[i])) : 0;
        if (level > best.level ||
            (level == best.level && (level != 0 || share >= best.share)))
          continue;
        best = {comparison, static_cast<uint8_t>(level), static_cast<int8_t>(i),
                static_cast<int8_t>(j), share};
      }
    }
    out->push_back(best);
  };
  lists(
      Comparison::kPhone, a.phones, b.phones,
      [](absl::string_view x, absl::string_view y) {
        if (x == y) return 0;
        constexpr size_t kLast = 8;
        if (x.size() >= kLast && y.size() >= kLast &&
            x.substr(x.size() - kLast) == y.substr(y.size() - kLast))
          return 1;
        return Edits(x, y) <= 1 ? 2 : 3;
      },
      [this](const ValueEntry& v) { return population_.PhoneShare(v); });
  lists(
      Comparison::kIdentifier, a.identifiers, b.identifiers,
      [](absl::string_view x, absl::string_view y) {
        return x == y ? 0 : std::min(Edits(x, y), 3);
      },
      [this](const ValueEntry& v) { return population_.IdentifierShare(v); });
}

}  // namespace passerelle::matching
