#include "server/matching/compare.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <tuple>

#include "absl/time/civil_time.h"

namespace passerelle::matching {
namespace {

// Words that may stand in another role, or in no role, must agree so well.
constexpr int kOtherRoleLevel = 3;
constexpr int kSwappedLevel = 2;
// Similarity given up for agreeing in another role.
constexpr float kOtherRolePenalty = 0.1F;
// Joined words must agree so well to count: "Abdel Kader", "Abdelkader".
constexpr float kJoinedSimilarity = 0.82F;
// Words of places, addresses and occupations agree from here on.
constexpr float kFieldSimilarity = 0.82F;
// More of one kind are one big misunderstanding, not that much more evidence.
constexpr int kMaxConflicts = 3;
constexpr int kMaxExtraWords = 2;

struct Date {
  int32_t year;
  int month;
  int day;
  bool first_of_january() const { return month == 1 && day == 1; }
};

Date ToDate(int32_t number) {
  const absl::CivilDay day = absl::CivilDay(1970, 1, 1) + number;
  return {static_cast<int32_t>(day.year()), day.month(), day.day()};
}

// One substitution, or one swap of neighbours, of strings of equal length.
bool OneSlip(absl::string_view a, absl::string_view b) {
  if (a.size() != b.size()) return false;
  size_t first = 0;
  while (first < a.size() && a[first] == b[first]) ++first;
  if (first == a.size()) return true;
  if (a.substr(first + 1) == b.substr(first + 1)) return true;
  return first + 1 < a.size() && a[first] == b[first + 1] &&
         a[first + 1] == b[first] && a.substr(first + 2) == b.substr(first + 2);
}

// Optimal string alignment, given up beyond `most`.
int Edits(absl::string_view a, absl::string_view b, int most) {
  constexpr size_t kMost = 64;
  a = a.substr(0, kMost);
  b = b.substr(0, kMost);
  if (std::abs(static_cast<int>(a.size()) - static_cast<int>(b.size())) > most)
    return most + 1;
  int rows[3][kMost + 1];
  int* before = rows[0];
  int* last = rows[1];
  int* row = rows[2];
  for (size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i);
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min(
          {last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    int* const free = before;
    before = last;
    last = row;
    row = free;
  }
  return last[b.size()];
}

std::string Digits(const Date& date) {
  std::string text = "00000000";
  int32_t value = date.year * 10000 + date.month * 100 + date.day;
  for (size_t i = text.size(); i-- > 0; value /= 10)
    text[i] = static_cast<char>('0' + value % 10);
  return text;
}

bool HasEthiopicWord(const RecordView& view) {
  return std::any_of(view.names.begin(), view.names.end(),
                     [](const NameWord& w) {
                       return w.token->prepared.script == Script::kEthiopic;
                     });
}

float PairShare(const TokenEntry& a, const TokenEntry& b, size_t role,
                int level) {
  const auto l = static_cast<size_t>(std::min(level, kAgreementLevels - 1));
  return std::max(a.shares[role][l], b.shares[role][l]);
}

size_t ShareRole(Comparison comparison) {
  switch (comparison) {
    case Comparison::kGivenName:
      return 1;
    case Comparison::kFamilyName:
      return 2;
    case Comparison::kRelatives:
      return 3;
    default:
      return 0;
  }
}

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

}  // namespace

double WeightOf(const Model& model, Comparison comparison, int level,
                double share) {
  const LevelTable& table = model.levels[static_cast<size_t>(comparison)];
  const auto l = static_cast<size_t>(level);
  const double against = UsesShare(comparison, level) ? share : table.u[l];
  const bool word = comparison <= Comparison::kName;
  const double floor = word ? kMinWordWeight : kMinWeight;
  // Disagreement never speaks for one person.
  const double ceiling = word && level >= kWordsConflict ? 0 : kMaxWeight;
  return std::clamp(std::log2(table.m[l] / against), floor, ceiling);
}

Comparer::Comparer(const Population::Impl& population, size_t memory)
    : population_(population), memory_(memory) {}

float Comparer::Similarity(const TokenEntry& a, const TokenEntry& b) {
  if (&a == &b) return 1;
  // Entries do not move or die while a comparer lives.
  const TokenEntry* const low = std::min(&a, &b);
  const TokenEntry* const high = std::max(&a, &b);
  const uint64_t hash = MixHash(reinterpret_cast<uintptr_t>(low),
                                reinterpret_cast<uintptr_t>(high));
  Remembered& slot = memory_[hash & (memory_.size() - 1)];
  if (slot.low != low || slot.high != high) {
    slot.low = low;
    slot.high = high;
    slot.similarity = population_.similarity().Compare(a.prepared, b.prepared);
  }
  return slot.similarity;
}

void Comparer::CompareNames(const RecordView& a, const RecordView& b,
                            Observations* out) {
  if (a.names.empty() || b.names.empty()) return;
  const auto has = [](const RecordView& view, WordRole role) {
    return std::any_of(view.names.begin(), view.names.end(),
                       [role](const NameWord& w) { return w.role == role; });
  };
  const auto has_roles = [&](const RecordView& view) {
    return has(view, WordRole::kGiven) || has(view, WordRole::kFamily);
  };
  const bool roles = has_roles(a) && has_roles(b);
  // Who has one name alone may have it in either field.
  const auto has_both = [&](const RecordView& view) {
    return has(view, WordRole::kGiven) && has(view, WordRole::kFamily);
  };
  const bool both_sure = has_both(a) && has_both(b);
  const auto comparison_of = [roles, both_sure](WordRole x, WordRole y) {
    if (!roles || x == WordRole::kUnknown || y == WordRole::kUnknown)
      return Comparison::kName;
    if (x != y) return both_sure ? Comparison::kSwappedName : Comparison::kName;
    return x == WordRole::kGiven ? Comparison::kGivenName
                                 : Comparison::kFamilyName;
  };

  struct Edge {
    float order;
    float share;
    uint8_t level;
    uint8_t i;
    uint8_t j;
    Comparison comparison;
  };
  std::array<Edge, kMaxNameTokens * kMaxNameTokens> edges;
  size_t edge_count = 0;
  for (size_t i = 0; i < a.names.size; ++i) {
    for (size_t j = 0; j < b.names.size; ++j) {
      const NameWord& x = a.names[i];
      const NameWord& y = b.names[j];
      const Comparison comparison = comparison_of(x.role, y.role);
      const float s = Similarity(*x.token, *y.token);
      const int level = AgreementLevel(s);
      const bool own_role = !roles || comparison == Comparison::kGivenName ||
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
  // The best first; ties by what the words are, then by nearness, never by
  // which record came first.
  std::sort(edges.begin(),
            edges.begin() + static_cast<std::ptrdiff_t>(edge_count),
            [&](const Edge& e, const Edge& f) {
              if (e.order != f.order) return e.order > f.order;
              if (e.share != f.share) return e.share < f.share;
              const auto words = [&](const Edge& g) {
                absl::string_view x = a.names[g.i].token->prepared.text;
                absl::string_view y = b.names[g.j].token->prepared.text;
                if (y < x) std::swap(x, y);
                return std::make_tuple(x, y, std::abs(g.i - g.j), g.i + g.j);
              };
              return words(e) < words(f);
            });
  std::array<bool, kMaxNameTokens> used_a{};
  std::array<bool, kMaxNameTokens> used_b{};
  std::array<std::pair<uint8_t, uint8_t>, kMaxNameTokens> agreeing;
  size_t agreeing_count = 0;
  for (size_t k = 0; k < edge_count; ++k) {
    const Edge& e = edges[k];
    if (used_a[e.i] || used_b[e.j]) continue;
    used_a[e.i] = used_b[e.j] = true;
    out->push_back({e.comparison, e.level, static_cast<int8_t>(e.i),
                    static_cast<int8_t>(e.j), e.share});
    if (!roles && e.level <= kOtherRoleLevel)
      agreeing[agreeing_count++] = {e.i, e.j};
  }

  // Two words of one side that are one word of the other.
  if (a.names.size != b.names.size) {
    const auto join = [&](const RecordView& one, const RecordView& two,
                          std::array<bool, kMaxNameTokens>& used_one,
                          std::array<bool, kMaxNameTokens>& used_two,
                          bool swapped) {
      for (size_t i = 0; i < one.names.size; ++i) {
        for (size_t j = 0; !used_one[i] && j + 1 < two.names.size; ++j) {
          if (used_two[j] || used_two[j + 1]) continue;
          const PreparedToken& x = one.names[i].token->prepared;
          const PreparedToken& y = two.names[j].token->prepared;
          const PreparedToken& z = two.names[j + 1].token->prepared;
          if (y.script != z.script || x.phonetic.size() < 5) continue;
          const float s = population_.similarity().CompareSounds(
              x.phonetic, x.script, y.phonetic + z.phonetic, y.script);
          if (s < kJoinedSimilarity) continue;
          used_one[i] = used_two[j] = used_two[j + 1] = true;
          // Never better than "very like": it is not written alike.
          const int level = std::max(AgreementLevel(s), 2);
          const Comparison comparison =
              comparison_of(one.names[i].role, two.names[j].role);
          const auto p = static_cast<int8_t>(i);
          const auto q = static_cast<int8_t>(j);
          const TokenEntry& word = *one.names[i].token;
          out->push_back({comparison, static_cast<uint8_t>(level),
                          swapped ? q : p, swapped ? p : q,
                          PairShare(word, word, ShareRole(comparison), level)});
        }
      }
    };
    if (a.names.size < b.names.size) {
      join(a, b, used_a, used_b, false);
    } else {
      join(b, a, used_b, used_a, true);
    }
  }

  // What is left contradicts, or is only there on one side.
  using Positions = Few<int8_t, kMaxNameTokens>;
  const auto left = [](const RecordView& view,
                       const std::array<bool, kMaxNameTokens>& used,
                       auto wanted) {
    Positions found;
    for (size_t i = 0; i < view.names.size; ++i) {
      if (!used[i] && wanted(view.names[i].role))
        found.push_back(static_cast<int8_t>(i));
    }
    return found;
  };
  const auto leftovers = [out](Comparison comparison, const Positions& left_a,
                               const Positions& left_b) {
    const size_t both = std::min(left_a.size, left_b.size);
    for (size_t i = 0; i < std::min<size_t>(both, kMaxConflicts); ++i)
      out->push_back({comparison, kWordsConflict, left_a[i], left_b[i]});
    const size_t end = both + kMaxExtraWords;
    for (size_t i = both; i < std::min(left_a.size, end); ++i)
      out->push_back({comparison, kWordOnOneSide, left_a[i], -1});
    for (size_t i = both; i < std::min(left_b.size, end); ++i)
      out->push_back({comparison, kWordOnOneSide, -1, left_b[i]});
  };
  const auto of = [](WordRole wanted) {
    return [wanted](WordRole role) { return role == wanted; };
  };
  if (!roles) {
    const auto any = [](WordRole) { return true; };
    leftovers(Comparison::kName, left(a, used_a, any), left(b, used_b, any));
    if (agreeing_count >= 2) {
      std::sort(agreeing.begin(),
                agreeing.begin() + static_cast<std::ptrdiff_t>(agreeing_count));
      const bool ordered = std::is_sorted(
          agreeing.begin(),
          agreeing.begin() + static_cast<std::ptrdiff_t>(agreeing_count),
          [](const auto& x, const auto& y) { return x.second < y.second; });
      out->push_back(
          {Comparison::kNameOrder, static_cast<uint8_t>(ordered ? 0 : 1)});
    }
    return;
  }
  // After a swap a given name is left on one side and a family name on the
  // other: they contradict each other.
  Positions given_a = left(a, used_a, of(WordRole::kGiven));
  Positions given_b = left(b, used_b, of(WordRole::kGiven));
  Positions family_a = left(a, used_a, of(WordRole::kFamily));
  Positions family_b = left(b, used_b, of(WordRole::kFamily));
  const bool swapped =
      std::any_of(out->begin(), out->end(), [](const Observation& o) {
        return o.comparison == Comparison::kSwappedName;
      });
  const auto cross = [&](Positions* x, Positions* y) {
    for (; x->size > 0 && y->size > 0; --x->size, --y->size) {
      out->push_back({Comparison::kGivenName, kWordsConflict, (*x)[x->size - 1],
                      (*y)[y->size - 1]});
    }
  };
  if (swapped && given_a.size > given_b.size && family_b.size > family_a.size)
    cross(&given_a, &family_b);
  if (swapped && given_b.size > given_a.size && family_a.size > family_b.size)
    cross(&family_a, &given_b);
  if (has(a, WordRole::kGiven) && has(b, WordRole::kGiven))
    leftovers(Comparison::kGivenName, given_a, given_b);
  if (has(a, WordRole::kFamily) && has(b, WordRole::kFamily))
    leftovers(Comparison::kFamilyName, family_a, family_b);
  if (has(a, WordRole::kUnknown) && has(b, WordRole::kUnknown))
    leftovers(Comparison::kName, left(a, used_a, of(WordRole::kUnknown)),
              left(b, used_b, of(WordRole::kUnknown)));
}

void Comparer::CompareBirths(const RecordView& a, const RecordView& b,
                             Observations* out) const {
  if (!a.has_birth || !b.has_birth) return;
  const auto observe = [out](int level, double share) {
    out->push_back({Comparison::kBirthDate, static_cast<uint8_t>(level), -1, -1,
                    static_cast<float>(share)});
  };
  const bool days =
      a.birth_first == a.birth_last && b.birth_first == b.birth_last;
  if (days && a.birth_first == b.birth_first) {
    // Lists hold 1 January where only the year is known: it is common, and its
    // share says so.
    observe(kBirthSameDay, population_.DayShare(a.birth_first));
    return;
  }
  const Date x = ToDate(a.birth_first);
  const Date y = ToDate(b.birth_first);
  int level = kBirthElse;
  if (days) {
    const bool placeholder = x.first_of_january() || y.first_of_january();
    if (!(x.first_of_january() && y.first_of_january())) {
      if (OneSlip(Digits(x), Digits(y)) ||
          (x.year == y.year && x.month == y.day && x.day == y.month)) {
        observe(kBirthOneSlip, 0);
        return;
      }
    }
    if (x.year == y.year) {
      if (placeholder) {
        observe(kBirthWithin, population_.BirthShare(
                                  a.birth_first, b.birth_first > a.birth_first
                                                     ? b.birth_first
                                                     : a.birth_first));
        return;
      }
      observe(x.month == y.month || x.day == y.day ? kBirthYearAndPart
                                                   : kBirthSameYear,
              0);
      return;
    }
    if (!placeholder && x.month == y.month && x.day == y.day) {
      observe(kBirthSameDayOfYear, 0);
      return;
    }
  } else if (a.birth_first <= b.birth_last && b.birth_first <= a.birth_last) {
    // The wider interval is what agreement could have hit by chance.
    const bool a_wider =
        a.birth_last - a.birth_first >= b.birth_last - b.birth_first;
    const double share =
        a_wider ? population_.BirthShare(a.birth_first, a.birth_last)
                : population_.BirthShare(b.birth_first, b.birth_last);
    const double other =
        a_wider ? population_.BirthShare(b.birth_first, b.birth_last)
                : population_.BirthShare(a.birth_first, a.birth_last);
    observe(kBirthWithin, std::max(share, other));
    return;
  }
  // Years between the intervals.
  const int32_t apart =
      a.birth_first > b.birth_last   ? x.year - ToDate(b.birth_last).year
      : b.birth_first > a.birth_last ? y.year - ToDate(a.birth_last).year
                                     : std::abs(x.year - y.year);
  if (apart <= 2) {
    level = kBirthNear;
  } else if ((apart == 7 || apart == 8) &&
             (HasEthiopicWord(a) || HasEthiopicWord(b))) {
    level = kBirthCalendar;
  } else if (apart <= 10) {
    level = kBirthFar;
  }
  observe(level, 0);
}

namespace {

// Greedy: lists are short.
template <typename Words, typename Similar>
Agreement Agree(const Words& a, const Words& b, const Similar& similar) {
  Agreement agreement;
  std::array<bool, 32> used_b{};
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

template <typename Words>
void Comparer::ComparePlaces(const Words& a, const Words& b,
                             Observations* out) {
  if (a.empty() || b.empty()) return;
  const bool swap = a.size > b.size;
  const Agreement agreement =
      Agree(swap ? b : a, swap ? a : b,
            [this](const TokenEntry& x, const TokenEntry& y) {
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

template <typename Words>
void Comparer::CompareOccupations(const Words& a, const Words& b,
                                  Observations* out) {
  if (a.empty() || b.empty()) return;
  const bool swap = a.size > b.size;
  const Agreement agreement =
      Agree(swap ? b : a, swap ? a : b,
            [this](const TokenEntry& x, const TokenEntry& y) {
              return Similarity(x, y);
            });
  const int level = agreement.matched == a.size && a.size == b.size ? 0
                    : agreement.matched > 0                         ? 1
                                                                    : 2;
  out->push_back({Comparison::kOccupation, static_cast<uint8_t>(level), -1, -1,
                  level < 2 ? agreement.rarest : 0});
}

template <typename Words>
void Comparer::CompareAddresses(const Words& a, const Words& b,
                                Observations* out) {
  if (a.empty() || b.empty()) return;
  const bool swap = a.size > b.size;
  const Agreement agreement =
      Agree(swap ? b : a, swap ? a : b,
            [this](const TokenEntry& x, const TokenEntry& y) {
              return Similarity(x, y);
            });
  const auto total = [](const Words& words) {
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
                      : Edits(x, y, 1) <= 1                    ? 1
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
        return Edits(x, y, 1) <= 1 ? 2 : 3;
      },
      [this](const ValueEntry& v) { return population_.PhoneShare(v); });
  lists(
      Comparison::kIdentifier, a.identifiers, b.identifiers,
      [](absl::string_view x, absl::string_view y) {
        return x == y ? 0 : std::min(Edits(x, y, 2), 3);
      },
      [this](const ValueEntry& v) { return population_.IdentifierShare(v); });
}

void Comparer::Compare(const RecordView& a, const RecordView& b,
                       Observations* out) {
  out->size = 0;
  CompareNames(a, b, out);
  CompareBirths(a, b, out);
  ComparePlaces(a.place, b.place, out);
  CompareAddresses(a.address, b.address, out);
  CompareOccupations(a.occupation, b.occupation, out);
  CompareRelatives(a, b, out);
  CompareValues(a, b, out);
}

}  // namespace passerelle::matching
