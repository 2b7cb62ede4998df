#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"
#include "server/matching/clusters.h"
#include "server/matching/link/commands.h"
#include "server/matching/link/outputs.h"
#include "server/matching/link/pair_report.h"
#include "server/matching/link/pair_run.h"
#include "server/matching/link/problem.h"
#include "server/matching/link/review.h"
#include "server/matching/link/row_writer.h"
#include "server/matching/link/truth.h"
#include "server/matching/link/waterfall_text.h"

namespace passerelle::link {
namespace {

// Everything that a run may write, opened before the work begins so that a
// folder that is not there is found at once.
struct Outputs {
  std::unique_ptr<RowWriter> pairs;
  std::unique_ptr<RowWriter> clusters;
  std::unique_ptr<OutputFile> review;
  std::unique_ptr<OutputFile> report;
};

absl::StatusOr<Outputs> OpenOutputs(const PairsOptions& options) {
  Outputs outputs;
  PASSERELLE_ASSIGN_OR_RETURN(
      outputs.pairs, RowWriter::Open(options.pairs, {"id_a", "id_b",
                                                     "probability", "weight"}));
  if (!options.clusters.empty()) {
    PASSERELLE_ASSIGN_OR_RETURN(
        outputs.clusters, RowWriter::Open(options.clusters, {"id", "cluster"}));
  }
  if (!options.review.empty()) {
    PASSERELLE_ASSIGN_OR_RETURN(outputs.review,
                                OutputFile::Open(options.review));
  }
  if (!options.report.empty()) {
    PASSERELLE_ASSIGN_OR_RETURN(outputs.report,
                                OutputFile::Open(options.report));
  }
  return outputs;
}

void WritePairs(const PairRun& run, RowWriter& writer) {
  for (const matching::Pair& pair : run.result.pairs) {
    const Value values[] = {run.IdA(pair), run.IdB(pair),
                            Real{pair.probability}, Real{pair.weight}};
    if (writer.explains()) {
      writer.Row(values, run.explainer.Explain(pair), run.model);
    } else {
      writer.Row(values);
    }
  }
}

void WriteClusters(const PairRun& run, RowWriter& writer) {
  const matching::Population& people = run.tables.a;
  const std::vector<matching::Row> groups =
      matching::ClusterRows(people.size(), run.result.pairs, {});
  for (matching::Row row = 0; row < groups.size(); ++row) {
    // A group is called after its first record.
    const Value values[] = {std::string(people.id(row)),
                            std::string(people.id(groups[row]))};
    writer.Row(values);
  }
}

// The row with that id; reason kUnknownIds.
absl::StatusOr<matching::Row> RowOf(const matching::Population& people,
                                    const std::string& id,
                                    const std::string& path) {
  for (matching::Row row = 0; row < people.size(); ++row) {
    if (people.id(row) == absl::string_view(id)) return row;
  }
  return Problem(Reason::kUnknownIds, {path, 0, ""},
                 "an id of --explain is not in this file");
}

absl::Status Explain(const PairRun& run, const std::vector<std::string>& ids,
                     const Console& console) {
  const Tables& tables = run.tables;
  PASSERELLE_ASSIGN_OR_RETURN(matching::Row a,
                              RowOf(tables.a, ids[0], tables.a_path));
  PASSERELLE_ASSIGN_OR_RETURN(
      matching::Row b,
      RowOf(tables.second(), ids[1], tables.b ? tables.b_path : tables.a_path));
  if (!tables.b && a > b) std::swap(a, b);
  const auto& pairs = run.result.pairs;
  const auto found = std::find_if(
      pairs.begin(), pairs.end(),
      [&](const auto& pair) { return pair.a == a && pair.b == b; });
  console.out << WaterfallText(found != pairs.end()
                                   ? run.explainer.Explain(*found)
                                   : run.explainer.Explain(a, b));
  if (found == pairs.end()) {
    console.out << "not listed: below 0.01, or the two share nothing that "
                   "pairs are found by\n";
  }
  return absl::OkStatus();
}

void Summarise(const PairRun& run, const Console& console) {
  uint64_t sure = 0;
  uint64_t review = 0;
  for (const matching::Pair& pair : run.result.pairs) {
    if (pair.probability >= kSureProbability) {
      ++sure;
    } else if (pair.probability >= kReviewProbability) {
      ++review;
    }
  }
  const matching::LinkageReport& report = run.result.report;
  console.err << absl::StrFormat(
      "%d people, %d pairs compared, %d listed: %d probably the same (0.99 and "
      "above), %d to review (0.5 to 0.99)\n",
      report.records, report.candidates, run.result.pairs.size(), sure, review);
  if (report.capped_blocks > 0) {
    console.err << absl::StrFormat(
        "note: %d groups of people who share a common name were too large to "
        "compare whole (%d people); some pairs may be missing\n",
        report.capped_blocks, report.capped_records);
  }
}

}  // namespace

absl::Status FindPairs(const PairsOptions& options, const Console& console) {
  PASSERELLE_RETURN_IF_ERROR(CheckOutputs(
      {options.a, options.b, options.input.map, options.model, options.truth},
      {options.pairs, options.clusters, options.review, options.report}));
  PASSERELLE_ASSIGN_OR_RETURN(const Outputs outputs, OpenOutputs(options));
  PASSERELLE_ASSIGN_OR_RETURN(
      const Tables tables,
      ReadTables(options.input, options.a, options.b, console));
  std::optional<Truth> truth;
  if (!options.truth.empty()) {
    PASSERELLE_ASSIGN_OR_RETURN(
        truth, Truth::Load(options.truth,
                           tables.b ? Sides::kTwoTables : Sides::kOneTable));
  }
  ProgressLine progress(console);
  const matching::LinkageOptions engine =
      EngineOptions(options.threads, progress);
  PASSERELLE_ASSIGN_OR_RETURN(const matching::Model model,
                              ModelFor(tables, options.model, engine));
  PASSERELLE_ASSIGN_OR_RETURN(
      const matching::LinkageResult result,
      tables.b ? matching::Link(tables.a, *tables.b, model, engine)
               : matching::Dedupe(tables.a, model, engine));
  progress.Clear();
  const std::unique_ptr<matching::Explainer> explainer =
      tables.b
          ? std::make_unique<matching::Explainer>(tables.a, *tables.b, model)
          : std::make_unique<matching::Explainer>(tables.a, model);
  const PairRun run{tables, model, result, *explainer};
  WritePairs(run, *outputs.pairs);
  if (outputs.clusters) WriteClusters(run, *outputs.clusters);
  if (outputs.review) {
    PASSERELLE_RETURN_IF_ERROR(WriteReview(run, *outputs.review, console));
  }
  if (outputs.report) {
    PASSERELLE_RETURN_IF_ERROR(WritePairReport(run, truth, *outputs.report));
  }
  if (!options.explain.empty()) {
    PASSERELLE_RETURN_IF_ERROR(Explain(run, options.explain, console));
  }
  PASSERELLE_RETURN_IF_ERROR(outputs.pairs->Commit());
  if (outputs.clusters) PASSERELLE_RETURN_IF_ERROR(outputs.clusters->Commit());
  if (outputs.review) PASSERELLE_RETURN_IF_ERROR(outputs.review->Commit());
  if (outputs.report) PASSERELLE_RETURN_IF_ERROR(outputs.report->Commit());
  Summarise(run, console);
  return absl::OkStatus();
}

}  // namespace passerelle::link
