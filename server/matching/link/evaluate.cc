#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"
#include "server/matching/link/commands.h"
#include "server/matching/link/csv_reader.h"
#include "server/matching/link/evaluation.h"
#include "server/matching/link/output_file.h"
#include "server/matching/link/outputs.h"
#include "server/matching/link/report/report.h"
#include "server/matching/link/truth.h"

namespace passerelle::link {
namespace {

// The column of that name; reason kMissingColumn.
absl::StatusOr<size_t> Need(const CsvReader& table, absl::string_view name) {
  PASSERELLE_ASSIGN_OR_RETURN(const std::optional<size_t> column,
                              table.Find(name));
  if (column.has_value()) return *column;
  return Problem(Reason::kMissingColumn, {table.path(), 1, std::string(name)},
                 "no such column; is this a list of pairs, or of search "
                 "results?");
}

absl::StatusOr<double> Number(const CsvReader& table, size_t column) {
  double number = 0;
  if (!absl::SimpleAtod(table.fields()[column], &number) || !(number >= 0) ||
      number > 1) {
    return Problem(Reason::kBadNumber, table.Here(column),
                   "not a number from 0 to 1");
  }
  return number;
}

void PrintReliability(const matching::Reliability& reliability,
                      const Console& console) {
  console.out << absl::StrFormat("ece %.4f\nbrier %.4f\n",
                                 reliability.expected_error, reliability.brier);
}

absl::Status WriteReport(const EvaluateOptions& options,
                         const std::vector<ScoredPair>& pairs,
                         const Evaluation& evaluation) {
  if (options.report.empty()) return absl::OkStatus();
  PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> file,
                              OutputFile::Open(options.report));
  Report report;
  report.title =
      absl::StrCat("Evaluation of ",
                   std::filesystem::path(options.pairs).filename().string());
  report.facts = {{"Pairs listed", absl::StrCat(evaluation.listed)}};
  for (const ScoredPair& pair : pairs) {
    report.probabilities.push_back(pair.probability);
    report.truths.push_back(pair.same);
  }
  report.evaluation = evaluation;
  file->Write(RenderReport(report));
  return file->Commit();
}

absl::Status EvaluatePairs(CsvReader& table, const Truth& truth,
                           const EvaluateOptions& options,
                           const Console& console) {
  PASSERELLE_ASSIGN_OR_RETURN(const size_t a_column, Need(table, "id_a"));
  PASSERELLE_ASSIGN_OR_RETURN(const size_t b_column, Need(table, "id_b"));
  // Encodings have a likeness, which is no probability.
  PASSERELLE_ASSIGN_OR_RETURN(const std::optional<size_t> likeness,
                              table.Find("likeness"));
  PASSERELLE_ASSIGN_OR_RETURN(const size_t score_column,
                              likeness ? absl::StatusOr<size_t>(*likeness)
                                       : Need(table, "probability"));
  std::vector<ScoredPair> pairs;
  uint64_t unknown = 0;
  while (true) {
    PASSERELLE_ASSIGN_OR_RETURN(const bool found, table.Next());
    if (!found) break;
    const absl::string_view a = table.fields()[a_column];
    const absl::string_view b = table.fields()[b_column];
    PASSERELLE_ASSIGN_OR_RETURN(const double score,
                                Number(table, score_column));
    pairs.push_back({score, truth.Same(a, b)});
    unknown += truth.Knows(a) && truth.Knows(b) ? 0 : 1;
  }
  if (!pairs.empty() && truth.is_clusters() && unknown == pairs.size()) {
    return Problem(Reason::kUnknownIds, {options.truth, 0, ""},
                   "knows none of the ids in the pairs; is it the right file?");
  }
  if (unknown > 0 && truth.is_clusters()) {
    console.err << "note: the truth does not know an id of " << unknown
                << " pairs; they count as wrong\n";
  }
  const Evaluation evaluation = Evaluate(pairs, truth.pairs());
  PASSERELLE_RETURN_IF_ERROR(WriteReport(options, pairs, evaluation));
  console.out << absl::StrFormat(
      "pairs %d\ntrue_pairs %d\nprecision %.4f\nrecall %.4f\nf1 %.4f\n"
      "best_f1 %.4f\nbest_threshold %.4f\n",
      evaluation.listed, evaluation.true_pairs, evaluation.precision,
      evaluation.recall, evaluation.f1, evaluation.best_f1,
      evaluation.best_threshold);
  if (!likeness) PrintReliability(evaluation.reliability, console);
  return absl::OkStatus();
}

// What is known of one request while its rows are read.
struct Request {
  SearchAnswer answer;
  int people = 0;
  bool any = false;
};

absl::Status EvaluateRanks(CsvReader& table, const Truth& truth,
                           const Console& console) {
  PASSERELLE_ASSIGN_OR_RETURN(const size_t request_column,
                              Need(table, "request_id"));
  PASSERELLE_ASSIGN_OR_RETURN(const size_t person_column,
                              Need(table, "registry_id"));
  PASSERELLE_ASSIGN_OR_RETURN(const size_t score_column,
                              Need(table, "probability"));
  std::map<std::string, Request, std::less<>> requests;
  while (true) {
    PASSERELLE_ASSIGN_OR_RETURN(const bool found, table.Next());
    if (!found) break;
    const absl::string_view id = table.fields()[request_column];
    const absl::string_view person = table.fields()[person_column];
    PASSERELLE_ASSIGN_OR_RETURN(const double score,
                                Number(table, score_column));
    Request& request = requests[std::string(id)];
    SearchAnswer& answer = request.answer;
    answer.registered = truth.HasMatch(id);
    const bool nobody = person.empty();
    const bool right = nobody ? !answer.registered : truth.Same(id, person);
    if (!nobody) ++request.people;
    if (!nobody && right && answer.rank == 0) answer.rank = request.people;
    // Rows come by rank: the first is the most probable.
    if (!std::exchange(request.any, true)) {
      answer.top_probability = score;
      answer.top_right = right;
      answer.top_is_nobody = nobody;
    }
  }
  std::vector<SearchAnswer> answers;
  for (const auto& [id, request] : requests) answers.push_back(request.answer);
  const SearchEvaluation evaluation = EvaluateSearch(answers);
  console.out << absl::StrFormat(
      "requests %d\nregistered %d\nrecall_at_1 %.4f\nrecall_at_10 %.4f\n"
      "nobody_first %.4f\n",
      evaluation.requests, evaluation.registered, evaluation.recall_at_1,
      evaluation.recall_at_10, evaluation.nobody_first);
  PrintReliability(evaluation.reliability, console);
  return absl::OkStatus();
}

}  // namespace

absl::Status EvaluateResults(const EvaluateOptions& options,
                             const Console& console) {
  PASSERELLE_RETURN_IF_ERROR(
      CheckOutputs({options.pairs, options.truth}, {options.report}));
  PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<CsvReader> table,
                              CsvReader::Open(options.pairs, {}));
  PASSERELLE_ASSIGN_OR_RETURN(const std::optional<size_t> request_column,
                              table->Find("request_id"));
  std::optional<Sides> sides;
  if (options.two_tables || request_column) sides = Sides::kTwoTables;
  PASSERELLE_ASSIGN_OR_RETURN(const Truth truth,
                              Truth::Load(options.truth, sides));
  return request_column ? EvaluateRanks(*table, truth, console)
                        : EvaluatePairs(*table, truth, options, console);
}

}  // namespace passerelle::link
