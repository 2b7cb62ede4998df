#include "server/matching/link/waterfall_text.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace passerelle::link {
namespace {

// Weaker observations say nothing worth a word.
constexpr double kWorthAWord = 0.5;

std::string Reasons(const matching::Explanation& explanation, double sign) {
  std::vector<const matching::Contribution*> parts;
  for (const matching::Contribution& part : explanation.contributions) {
    if (part.weight * sign >= kWorthAWord) parts.push_back(&part);
  }
  std::stable_sort(parts.begin(), parts.end(),
                   [](const auto* a, const auto* b) {
                     return std::abs(a->weight) > std::abs(b->weight);
                   });
  return absl::StrJoin(
      parts, "; ", [](std::string* out, const matching::Contribution* part) {
        absl::StrAppend(out, ComparisonWords(part->comparison), " ",
                        part->level_name());
      });
}

}  // namespace

std::string ComparisonWords(matching::Comparison comparison) {
  return absl::StrReplaceAll(matching::ComparisonName(comparison),
                             {{"_", " "}});
}

std::string ReasonsFor(const matching::Explanation& explanation) {
  return Reasons(explanation, 1);
}

std::string ReasonsAgainst(const matching::Explanation& explanation) {
  return Reasons(explanation, -1);
}

std::string WaterfallText(const matching::Explanation& explanation) {
  std::string text =
      absl::StrFormat("%+8.2f  before comparing\n", explanation.prior);
  for (const matching::Contribution& part : explanation.contributions) {
    absl::StrAppendFormat(&text, "%+8.2f  %s %s: %s | %s\n", part.weight,
                          ComparisonWords(part.comparison), part.level_name(),
                          part.value_a, part.value_b);
  }
  for (const matching::Comparison comparison : explanation.missing) {
    absl::StrAppendFormat(&text, "%+8.2f  %s not known\n", 0.0,
                          ComparisonWords(comparison));
  }
  if (!explanation.via.empty()) {
    absl::StrAppend(&text, "          both are surely the person of ",
                    explanation.via, "\n");
  }
  absl::StrAppendFormat(&text, "%+8.2f  together: probability %.6f\n",
                        explanation.weight, explanation.probability);
  return text;
}

}  // namespace passerelle::link
