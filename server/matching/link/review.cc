#include "server/matching/link/review.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"
#include "server/matching/link/csv_reader.h"
#include "server/matching/link/row_writer.h"
#include "server/matching/link/waterfall_text.h"

namespace passerelle::link {
namespace {

constexpr const char* kSameWords[] = {"same", "yes", "y", "1", "oui", "true"};
constexpr const char* kOtherWords[] = {"different", "no",  "n",
                                       "0",         "non", "false"};

std::optional<bool> ReadDecision(absl::string_view text) {
  const std::string word =
      absl::AsciiStrToLower(absl::StripAsciiWhitespace(text));
  const auto is = [&word](const char* other) { return word == other; };
  if (std::any_of(std::begin(kSameWords), std::end(kSameWords), is)) {
    return true;
  }
  if (std::any_of(std::begin(kOtherWords), std::end(kOtherWords), is)) {
    return false;
  }
  return std::nullopt;
}

std::vector<matching::Pair> ToReview(const PairRun& run,
                                     const Console& console) {
  std::vector<matching::Pair> pairs;
  for (const matching::Pair& pair : run.result.pairs) {
    if (pair.probability >= kReviewProbability) pairs.push_back(pair);
  }
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const matching::Pair& p, const matching::Pair& q) {
                     return p.weight > q.weight;
                   });
  if (pairs.size() > kMaxReviewPairs) {
    console.err << "note: the review list holds the " << kMaxReviewPairs
                << " most probable of " << pairs.size() << " pairs\n";
    pairs.resize(kMaxReviewPairs);
  }
  return pairs;
}

// The names of all fields, in the order they are first met.
std::vector<std::string> NamesOf(const PairFields& fields) {
  std::vector<std::string> names;
  for (const auto* side : {&fields.a, &fields.b}) {
    if (side->empty()) continue;
    for (const auto& [name, value] : side->begin()->second) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(name);
      }
    }
  }
  return names;
}

std::string ValueOf(const Fields& fields, const std::string& name) {
  for (const auto& [field, value] : fields) {
    if (field == name) return value;
  }
  return "";
}

}  // namespace

std::string ForSpreadsheet(absl::string_view value) {
  if (value.empty() ||
      absl::string_view("=+-@\t\r").find(value[0]) == absl::string_view::npos) {
    return std::string(value);
  }
  return absl::StrCat("'", value);
}

absl::Status WriteReview(const PairRun& run, OutputFile& out,
                         const Console& console) {
  const std::vector<matching::Pair> pairs = ToReview(run, console);
  PASSERELLE_ASSIGN_OR_RETURN(const PairFields fields,
                              FieldsOf(run.tables, pairs));
  const std::vector<std::string> names = NamesOf(fields);
  const auto cell = [](absl::string_view value) {
    return CsvField(ForSpreadsheet(value));
  };
  // The mark makes spreadsheet programs read UTF-8.
  std::string line =
      "\xEF\xBB\xBFid_a,id_b,probability,weight,suggestion,decision,for,"
      "against";
  for (const std::string& name : names) {
    absl::StrAppend(&line, ",", cell(absl::StrCat(name, " (a)")), ",",
                    cell(absl::StrCat(name, " (b)")));
  }
  out.Write(line + "\n");
  for (const matching::Pair& pair : pairs) {
    const matching::Explanation explanation = run.explainer.Explain(pair);
    line = absl::StrCat(
        cell(run.IdA(pair)), ",", cell(run.IdB(pair)), ",",
        absl::StrFormat("%.6f,%.6f,", pair.probability, pair.weight),
        pair.probability >= kSureProbability ? "probably the same" : "review",
        ",,", cell(ReasonsFor(explanation)), ",",
        cell(ReasonsAgainst(explanation)));
    for (const std::string& name : names) {
      absl::StrAppend(&line, ",", cell(ValueOf(fields.a.at(pair.a), name)), ",",
                      cell(ValueOf(fields.b.at(pair.b), name)));
    }
    out.Write(line + "\n");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<matching::Decision>> ReadDecisions(
    const std::string& path) {
  PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<CsvReader> table,
                              CsvReader::Open(path, {}));
  PASSERELLE_ASSIGN_OR_RETURN(const std::optional<size_t> weight_column,
                              table->Find("weight"));
  PASSERELLE_ASSIGN_OR_RETURN(const std::optional<size_t> decision_column,
                              table->Find("decision"));
  if (!weight_column || !decision_column) {
    return Problem(Reason::kMissingColumn,
                   {path, 1, weight_column ? "decision" : "weight"},
                   "a reviewed list has both");
  }
  std::vector<matching::Decision> decisions;
  while (true) {
    PASSERELLE_ASSIGN_OR_RETURN(const bool found, table->Next());
    if (!found) return decisions;
    const absl::string_view text = table->fields()[*decision_column];
    if (absl::StripAsciiWhitespace(text).empty()) continue;
    const std::optional<bool> same = ReadDecision(text);
    if (!same.has_value()) {
      return Problem(Reason::kBadDecision, table->Here(decision_column),
                     "neither \"same\" nor \"different\"");
    }
    matching::Decision decision;
    decision.same = *same;
    if (!absl::SimpleAtod(table->fields()[*weight_column], &decision.weight)) {
      return Problem(Reason::kBadNumber, table->Here(weight_column),
                     "not a number");
    }
    decisions.push_back(decision);
  }
}

}  // namespace passerelle::link
