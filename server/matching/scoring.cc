#include "server/matching/scoring.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"

namespace passerelle::matching {
namespace {

// The level of plain disagreement.
int WorstLevel(Comparison comparison) {
  return comparison <= Comparison::kName ? kWordsConflict
                                         : LevelCount(comparison) - 1;
}

std::string TextOf(const TokenEntry* word) { return word->prepared.text; }

template <typename Words>
std::string TextOfWords(const Words& words) {
  std::string text;
  for (const TokenEntry* word : words)
    absl::StrAppend(&text, text.empty() ? "" : " ", TextOf(word));
  return text;
}

std::string DayText(int32_t number) {
  return absl::FormatCivilTime(absl::CivilDay(1970, 1, 1) + number);
}

std::string BirthText(const RecordView& view) {
  if (view.birth_first == view.birth_last) return DayText(view.birth_first);
  const absl::CivilDay first = absl::CivilDay(1970, 1, 1) + view.birth_first;
  const absl::CivilDay last = absl::CivilDay(1970, 1, 1) + view.birth_last;
  if (first.month() == 1 && first.day() == 1 && last.month() == 12 &&
      last.day() == 31) {
    return first.year() == last.year()
               ? absl::StrCat(first.year())
               : absl::StrCat(first.year(), "-", last.year());
  }
  return absl::StrCat(DayText(view.birth_first), "/", DayText(view.birth_last));
}

absl::string_view SexText(Sex sex) {
  switch (sex) {
    case Sex::kFemale:
      return "female";
    case Sex::kMale:
      return "male";
    case Sex::kOther:
      return "other";
    case Sex::kUnknown:
      break;
  }
  return "";
}

std::string ValueOf(const RecordView& view, Comparison comparison, int index) {
  // Where none agrees, all that were compared.
  const auto listed = [index](const auto& list) {
    std::string text;
    for (size_t i = 0; i < list.size; ++i) {
      if (index < 0 || static_cast<size_t>(index) == i)
        absl::StrAppend(&text, text.empty() ? "" : " ", list[i]->text);
    }
    return text;
  };
  switch (comparison) {
    case Comparison::kGivenName:
    case Comparison::kFamilyName:
    case Comparison::kSwappedName:
    case Comparison::kName:
      return index >= 0 && static_cast<size_t>(index) < view.names.size
                 ? TextOf(view.names[static_cast<size_t>(index)].token)
                 : std::string();
    case Comparison::kNameOrder:
      return "";
    case Comparison::kBirthDate:
      return BirthText(view);
    case Comparison::kSex:
      return std::string(SexText(view.sex));
    case Comparison::kPlace:
      return TextOfWords(view.place);
    case Comparison::kPostcode:
      return view.postcode->text;
    case Comparison::kAddress:
      return TextOfWords(view.address);
    case Comparison::kPhone:
      return listed(view.phones);
    case Comparison::kIdentifier:
      return listed(view.identifiers);
    case Comparison::kOccupation:
      return TextOfWords(view.occupation);
    case Comparison::kRelatives: {
      std::string text;
      for (const RelativeWord& word : view.relatives)
        absl::StrAppend(&text, text.empty() ? "" : " ", TextOf(word.token));
      return text;
    }
  }
  return "";
}

void AddMissing(const RecordView& a, const RecordView& b,
                std::vector<Comparison>* missing) {
  const auto check = [missing](Comparison comparison, bool in_a, bool in_b) {
    if (!in_a || !in_b) missing->push_back(comparison);
  };
  check(Comparison::kName, !a.names.empty(), !b.names.empty());
  check(Comparison::kBirthDate, a.has_birth, b.has_birth);
  check(Comparison::kSex, a.sex != Sex::kUnknown, b.sex != Sex::kUnknown);
  check(Comparison::kPlace, !a.place.empty(), !b.place.empty());
  check(Comparison::kPostcode, a.postcode != nullptr, b.postcode != nullptr);
  check(Comparison::kAddress, !a.address.empty(), !b.address.empty());
  check(Comparison::kPhone, !a.phones.empty(), !b.phones.empty());
  check(Comparison::kIdentifier, !a.identifiers.empty(),
        !b.identifiers.empty());
  check(Comparison::kOccupation, !a.occupation.empty(), !b.occupation.empty());
  check(Comparison::kRelatives, !a.relatives.empty(), !b.relatives.empty());
}

}  // namespace

int EffectiveLevel(const Model& model, const Observation& o) {
  if (!UsesShare(o.comparison, o.level)) return o.level;
  const int worst = WorstLevel(o.comparison);
  return WeightOf(model, o.comparison, o.level, o.share) >=
                 WeightOf(model, o.comparison, worst, 0)
             ? o.level
             : worst;
}

Evidence::Evidence(const Model& model) {
  for (size_t c = 0; c < kComparisonCount; ++c) {
    const auto comparison = static_cast<Comparison>(c);
    for (int l = 0; l < LevelCount(comparison); ++l) {
      const auto i = static_cast<size_t>(l);
      levels_[c][i] = {std::log2(model.levels[c].m[i]), 0,
                       UsesShare(comparison, l)};
      if (!levels_[c][i].uses_share)
        levels_[c][i].weight = WeightOf(model, comparison, l, 0);
    }
    worst_[c] = levels_[c][static_cast<size_t>(WorstLevel(comparison))].weight;
  }
}

double Evidence::Of(const Observations& observations) const {
  double sum = 0;
  for (const Observation& o : observations) {
    const auto c = static_cast<size_t>(o.comparison);
    const Level& level = levels_[c][o.level];
    if (!level.uses_share) {
      sum += level.weight;
      continue;
    }
    const double floor =
        o.comparison <= Comparison::kName ? kMinWordWeight : kMinWeight;
    const double weight = std::clamp(
        level.m - std::log2(static_cast<double>(o.share)), floor, kMaxWeight);
    sum += std::max(weight, worst_[c]);
  }
  return sum;
}

double CapOf(const RecordView& a, const RecordView& b) {
  return a.known_distinct != 0 && a.known_distinct == b.known_distinct
             ? kReviewCap
             : 1;
}

Explanation Explain(const Model& model, const RecordView& a,
                    const RecordView& b, const Observations& observations) {
  Explanation out;
  out.model_version = model.Version();
  out.prior = model.PriorWeight();
  out.weight = out.prior;
  for (const Observation& o : observations) {
    Contribution c;
    c.comparison = o.comparison;
    c.level = EffectiveLevel(model, o);
    c.value_a = ValueOf(a, o.comparison, o.a);
    c.value_b = ValueOf(b, o.comparison, o.b);
    c.m = model.levels[static_cast<size_t>(c.comparison)]
              .m[static_cast<size_t>(c.level)];
    c.share = UsesShare(c.comparison, c.level) ? o.share : 0;
    c.weight = WeightOf(model, c.comparison, c.level, c.share);
    out.weight += c.weight;
    out.contributions.push_back(std::move(c));
  }
  out.cap = CapOf(a, b);
  out.probability =
      std::min(model.calibration.Probability(out.weight), out.cap);
  AddMissing(a, b, &out.missing);
  return out;
}

double RecomputeWeight(const Explanation& explanation, const Model& model) {
  double weight = model.PriorWeight() + explanation.via_weight;
  for (const Contribution& c : explanation.contributions)
    weight += WeightOf(model, c.comparison, c.level, c.share);
  return weight;
}

}  // namespace passerelle::matching
