#include "tests/bench/linkage/names.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "server/matching/name_similarity.h"

namespace passerelle::bench {
namespace {

using matching::NameSimilarity;
using matching::Token;

constexpr uint32_t kSeed = 20240607;

std::vector<Token> Tokens(const NameSimilarity& names,
                          const std::string& name) {
  return names.normaliser().Tokens(name);
}

// Share of queries whose true counterpart is first, and among the first ten.
struct Recall {
  double at_1 = 0;
  double at_10 = 0;
};

Recall Rank(const NameSimilarity& names,
            const std::map<std::string, std::set<std::string>>& truth) {
  std::vector<std::pair<std::string, std::vector<Token>>> candidates;
  std::set<std::string> targets;
  for (const auto& [query, answers] : truth)
    targets.insert(answers.begin(), answers.end());
  for (const std::string& target : targets)
    candidates.emplace_back(target, Tokens(names, target));
  Recall recall;
  for (const auto& [query, answers] : truth) {
    const std::vector<Token> tokens = Tokens(names, query);
    std::vector<std::pair<double, size_t>> scored;
    for (size_t i = 0; i < candidates.size(); ++i)
      scored.emplace_back(-names.Names(tokens, candidates[i].second), i);
    const size_t top = std::min<size_t>(10, scored.size());
    std::partial_sort(scored.begin(),
                      scored.begin() + static_cast<std::ptrdiff_t>(top),
                      scored.end());
    for (size_t k = 0; k < top; ++k) {
      if (!answers.contains(candidates[scored[k].second].first)) continue;
      recall.at_1 += k == 0;
      recall.at_10 += 1;
      break;
    }
  }
  recall.at_1 /= static_cast<double>(truth.size());
  recall.at_10 /= static_cast<double>(truth.size());
  return recall;
}

int CountOf(const std::string& text) {
  int count = 0;
  return absl::SimpleAtoi(text, &count) ? count : 0;
}

// Tokens seen at least five times: the rest of the mined set is noisy.
void LatinToArabic(const std::string& folder, const NameSimilarity& names,
                   Report* report) {
  std::map<std::string, std::set<std::string>> truth;
  for (const auto& line :
       ReadTabs(folder + "/wd_arabic/ar_en_tokens_dev.tsv")) {
    if (line.size() == 3 && CountOf(line[2]) >= 5)
      truth[line[0]].insert(line[1]);
  }
  const Recall recall = Rank(names, truth);
  report->AtLeast("Latin to Arabic tokens", "R@1", "ICU + Levenshtein 0.404",
                  0.87, recall.at_1);
  report->AtLeast("Latin to Arabic tokens", "R@10", "0.778", 0.98,
                  recall.at_10);
}

// Variants of one name against pairs of other names that begin with the same
// letter and are as long, give or take one.
void LatinVariants(const std::string& folder, const NameSimilarity& names,
                   Report* report) {
  std::vector<std::vector<std::string>> groups;
  std::vector<std::pair<std::string, size_t>> all;
  for (const auto& line :
       ReadTabs(folder + "/wd_arabic/latin_variant_groups_dev.tsv")) {
    if (line.size() < 2 || line[0] == "arabic") continue;
    groups.emplace_back();
    for (const absl::string_view entry : absl::StrSplit(line[1], ' ')) {
      const std::string variant(entry.substr(0, entry.rfind(':')));
      groups.back().push_back(variant);
      all.emplace_back(variant, groups.size());
    }
  }
  std::vector<double> positives;
  for (const auto& group : groups) {
    for (size_t i = 0; i < group.size(); ++i)
      for (size_t j = 0; j < i; ++j)
        positives.push_back(names.Names(group[i], group[j]));
  }
  std::mt19937 random(kSeed);
  std::vector<double> negatives;
  while (negatives.size() < 20000) {
    const auto& a = all[random() % all.size()];
    const auto& b = all[random() % all.size()];
    const auto length = [](const std::string& s) {
      return static_cast<int>(s.size());
    };
    if (a.second == b.second || a.first[0] != b.first[0] ||
        std::abs(length(a.first) - length(b.first)) > 1)
      continue;
    negatives.push_back(names.Names(a.first, b.first));
  }
  report->AtLeast("Latin spelling variants", "AUC", "Jaro-Winkler 0.921", 0.975,
                  AreaUnderCurve(positives, negatives));
  std::sort(negatives.begin(), negatives.end());
  const double threshold = negatives[negatives.size() * 99 / 100];
  const auto found = std::count_if(positives.begin(), positives.end(),
                                   [&](double s) { return s > threshold; });
  report->AtLeast(
      "Latin spelling variants", "recall at 1 % false positives", "0.47", 0.80,
      static_cast<double>(found) / static_cast<double>(positives.size()));
}

// Two tokens make a full name; 732 of them, as the peers were measured.
void Amharic(const std::string& folder, const NameSimilarity& names,
             Report* report) {
  std::vector<std::pair<std::string, std::string>> tokens;
  for (const auto& line : ReadTabs(
           folder + "/amharic/BA-SingleNames-without-heldout-tokens.txt")) {
    if (line.size() < 2) continue;
    // Written as in a register: plain letters.
    std::string plain;
    for (const Token& token : Tokens(names, line[1])) plain += token.text;
    if (!plain.empty()) tokens.emplace_back(line[0], plain);
  }
  std::mt19937 random(kSeed);
  std::map<std::string, std::set<std::string>> singles;
  std::map<std::string, std::set<std::string>> full;
  while (singles.size() < 732) {
    const auto& token = tokens[random() % tokens.size()];
    singles[token.second].insert(token.first);
  }
  while (full.size() < 732) {
    const auto& a = tokens[random() % tokens.size()];
    const auto& b = tokens[random() % tokens.size()];
    full[a.second + " " + b.second].insert(a.first + " " + b.first);
  }
  report->AtLeast("Amharic, full names", "R@1", "ICU + Levenshtein 0.932",
                  0.985, Rank(names, full).at_1);
  report->AtLeast("Amharic, single tokens", "R@1", "", 0.90,
                  Rank(names, singles).at_1);
}

void NameBench(const std::string& folder, const NameSimilarity& names,
               Report* report) {
  const CsvFile file(folder + "/name_bench/name_bench_persons_dev.csv");
  std::vector<double> positives;
  std::vector<double> negatives;
  std::vector<std::pair<double, bool>> all;
  for (size_t i = 0; i < file.size(); ++i) {
    const double score = names.Names(file.at(i, "name1"), file.at(i, "name2"));
    const bool match = file.at(i, "is_match") == "true";
    (match ? positives : negatives).push_back(score);
    all.emplace_back(score, match);
    if (std::getenv("PASSERELLE_LINKAGE_VERBOSE") != nullptr)
      std::printf("%.3f %d %s | %s\n", score, match,
                  std::string(file.at(i, "name1")).c_str(),
                  std::string(file.at(i, "name2")).c_str());
  }
  report->AtLeast("name_bench persons", "AUC", "logic-v2 0.831", 0.85,
                  AreaUnderCurve(positives, negatives));
  std::sort(all.rbegin(), all.rend());
  double best = 0;
  double hits = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    hits += all[i].second;
    if (i + 1 < all.size() && all[i + 1].first == all[i].first) continue;
    best = std::max(best, 2 * hits /
                              (static_cast<double>(i + 1) +
                               static_cast<double>(positives.size())));
  }
  report->AtLeast("name_bench persons", "best F1", "logic-v2 0.747", 0.78,
                  best);
}

}  // namespace

void MeasureNames(const std::string& folder, Report* report) {
  const NameSimilarity names;
  LatinToArabic(folder, names, report);
  LatinVariants(folder, names, report);
  Amharic(folder, names, report);
  NameBench(folder, names, report);
}

}  // namespace passerelle::bench
