#include "server/matching/link/pair_report.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"
#include "server/matching/link/report/report.h"

namespace passerelle::link {
namespace {

// How many pairs of each range are explained.
struct Range {
  double from;
  double to;
  size_t shown;
};
constexpr Range kRanges[] = {{kSureProbability, 2, 8},
                             {kReviewProbability, kSureProbability, 16},
                             {0, kReviewProbability, 8}};

// Spread evenly over the weights of each range, the heaviest first.
std::vector<matching::Pair> Chosen(const matching::LinkageResult& result) {
  std::vector<matching::Pair> chosen;
  for (const Range& range : kRanges) {
    std::vector<matching::Pair> pairs;
    for (const matching::Pair& pair : result.pairs) {
      if (pair.probability >= range.from && pair.probability < range.to) {
        pairs.push_back(pair);
      }
    }
    std::stable_sort(pairs.begin(), pairs.end(),
                     [](const matching::Pair& p, const matching::Pair& q) {
                       return p.weight > q.weight;
                     });
    const size_t shown = std::min(range.shown, pairs.size());
    for (size_t i = 0; i < shown; ++i) {
      chosen.push_back(
          pairs[i * (pairs.size() - 1) / std::max<size_t>(shown - 1, 1)]);
    }
  }
  return chosen;
}

std::string NameOf(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

std::string Title(const Tables& tables) {
  if (!tables.b) {
    return absl::StrCat("Duplicates in ", NameOf(tables.a_path));
  }
  return absl::StrCat("People of ", NameOf(tables.a_path), " in ",
                      NameOf(tables.b_path));
}

}  // namespace

absl::Status WritePairReport(const PairRun& run,
                             const std::optional<Truth>& truth,
                             OutputFile& out) {
  const matching::LinkageReport& found = run.result.report;
  Report report;
  report.title = Title(run.tables);
  report.people = found.records;
  report.facts = {
      {"People compared", absl::StrCat(found.records)},
      {"Pairs compared", absl::StrCat(found.candidates)},
      {"Pairs listed", absl::StrCat(run.result.pairs.size())},
      {"Matches expected by the model",
       absl::StrFormat("%.0f", found.expected_matches)},
      {"Groups too large to compare whole", absl::StrCat(found.capped_blocks)},
      {"Model", run.model.Version()}};
  std::vector<ScoredPair> scored;
  for (const matching::Pair& pair : run.result.pairs) {
    report.probabilities.push_back(pair.probability);
    if (!truth) continue;
    const bool same = truth->Same(run.IdA(pair), run.IdB(pair));
    report.truths.push_back(same);
    scored.push_back({pair.probability, same});
  }
  if (truth) report.evaluation = Evaluate(std::move(scored), truth->pairs());
  const std::vector<matching::Pair> chosen = Chosen(run.result);
  PASSERELLE_ASSIGN_OR_RETURN(const PairFields fields,
                              FieldsOf(run.tables, chosen));
  for (const matching::Pair& pair : chosen) {
    ReportPair shown;
    shown.id_a = run.IdA(pair);
    shown.id_b = run.IdB(pair);
    shown.fields_a = fields.a.at(pair.a);
    shown.fields_b = fields.b.at(pair.b);
    shown.explanation = run.explainer.Explain(pair);
    if (truth) shown.same = truth->Same(shown.id_a, shown.id_b);
    report.pairs.push_back(std::move(shown));
  }
  out.Write(RenderReport(report));
  return absl::OkStatus();
}

}  // namespace passerelle::link
