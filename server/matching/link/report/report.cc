#include "server/matching/link/report/report.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "server/matching/link/report/charts.h"
#include "server/matching/link/report/html.h"

namespace passerelle::link {
namespace {

constexpr char kHead[] = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>%TITLE%</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; max-width: 1100px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; } h3 { font-size: 1rem; margin: 0 0 .4rem; }
table { border-collapse: collapse; } th, td { text-align: start; padding: .2rem .6rem; vertical-align: top; }
th { font-weight: 600; } tbody tr:nth-child(odd) { background: #f5f6f8; }
.n, th.n { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
section.pair { border: 1px solid #d5d9e0; border-radius: 6px; padding: 1rem; margin: 1rem 0; overflow-x: auto; break-inside: avoid; }
section.pair table { margin: .5rem 0; } section.pair td:not(:last-child) { overflow-wrap: break-word; max-width: 14em; } section.pair svg { max-width: none; }
.differs { font-weight: 600; } .quiet { color: #5a6270; } .note { background: #fff6e0; border-inline-start: 4px solid #d09000; padding: .5rem .8rem; }
.charts { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 2rem; } svg { max-width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: #3a4250; }
.bar { fill: #4a6fa5; } .for { fill: #2f6db3; } .against { fill: #c2571a; }
.key { display: inline-block; width: .8em; height: .8em; margin-inline: .6em .3em; } .key.for { background: #2f6db3; } .key.against { background: #c2571a; }
.grid { stroke: #e3e6eb; } .axis { stroke: #3a4250; } .diagonal { stroke: #8a93a3; stroke-dasharray: 5 4; }
</style>
</head>
<body>
)";

// "+3.2"; never "-0.0".
std::string Signed(double weight) {
  return absl::StrFormat("%+.1f", std::round(weight * 10) / 10 + 0.0);
}

// "×37" or "1/37": how many times likelier the observation makes one person.
std::string Times(double weight) {
  const double times = std::exp2(std::abs(weight));
  const std::string number = times < 9.95     ? absl::StrFormat("%.1f", times)
                             : times < 999500 ? absl::StrFormat("%.0f", times)
                                              : absl::StrFormat("%.0e", times);
  return weight >= 0 ? absl::StrCat("×", number) : absl::StrCat("1/", number);
}

std::string Percent(double probability) {
  // Neither certainty is ever claimed.
  if (probability > 0.9999) return "over 99.99 %";
  if (probability < 0.0001) return "under 0.01 %";
  return absl::StrFormat("%.2f %%", probability * 100);
}

std::string Facts(const Report& report) {
  std::string html = "<table><tbody>\n";
  for (const auto& [name, value] : report.facts) {
    absl::StrAppend(&html, "<tr><th>", Escape(name), "</th><td>",
                    Isolated(value), "</td></tr>\n");
  }
  return html + "</tbody></table>\n";
}

std::string Judged(const Evaluation& evaluation) {
  const auto row = [](absl::string_view name, const std::string& value) {
    return absl::StrCat("<tr><th>", name, "</th><td class='n'>", value,
                        "</td></tr>\n");
  };
  const auto share = [](double value) {
    return absl::StrFormat("%.4f", value);
  };
  std::string bins;
  for (const matching::ReliabilityBin& bin : evaluation.reliability.bins) {
    if (bin.count <= 0) continue;
    absl::StrAppendFormat(&bins,
                          "<tr><td class='n'>%.3f</td><td class='n'>%.3f</td>"
                          "<td class='n'>%.0f</td></tr>\n",
                          bin.mean_probability, bin.share_true, bin.count);
  }
  return absl::StrCat(
      "<h2>Against the truth</h2>\n<div class='charts'>\n<table><tbody>\n",
      row("True pairs", absl::StrCat(evaluation.true_pairs)),
      row("Precision at 0.5", share(evaluation.precision)),
      row("Recall at 0.5", share(evaluation.recall)),
      row("F1 at 0.5", share(evaluation.f1)),
      row("Best F1", absl::StrFormat("%.4f at %.2f", evaluation.best_f1,
                                     evaluation.best_threshold)),
      row("Calibration error (ECE)",
          share(evaluation.reliability.expected_error)),
      "</tbody></table>\n", ReliabilityDiagram(evaluation.reliability),
      "\n<table><thead><tr><th>said</th><th>found</th><th>pairs</th></tr>"
      "</thead><tbody>\n",
      bins,
      "</tbody></table>\n</div>\n<p class='quiet'>On the dashed line, what was "
      "called 70 % is right in 70 % of cases. Below it the tool is too sure, "
      "above it too careful.</p>\n");
}

// Both records, column by column; what differs is bold.
std::string SideBySide(const ReportPair& pair) {
  std::string html = absl::StrCat(
      "<table><thead><tr><th></th><th>", Isolated(pair.id_a), "</th><th>",
      Isolated(pair.id_b), "</th></tr></thead><tbody>\n");
  const auto value_in = [](const Fields& fields, const std::string& name) {
    const auto found =
        std::find_if(fields.begin(), fields.end(),
                     [&](const auto& field) { return field.first == name; });
    return found == fields.end() ? std::string() : found->second;
  };
  std::vector<std::string> names;
  for (const Fields* fields : {&pair.fields_a, &pair.fields_b}) {
    for (const auto& [name, value] : *fields) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        names.push_back(name);
      }
    }
  }
  for (const std::string& name : names) {
    const std::string a = value_in(pair.fields_a, name);
    const std::string b = value_in(pair.fields_b, name);
    if (a.empty() && b.empty()) continue;
    const absl::string_view kind = a != b ? " class='differs'" : "";
    absl::StrAppend(&html, "<tr><th>", Isolated(name), "</th><td", kind, ">",
                    Isolated(a), "</td><td", kind, ">", Isolated(b),
                    "</td></tr>\n");
  }
  return html + "</tbody></table>\n";
}

// One bar of the waterfall.
struct Step {
  std::string what;
  std::string level;
  std::string value_a;
  std::string value_b;
  double weight;
};

std::string Waterfall(const matching::Explanation& explanation) {
  std::vector<Step> steps = {{"before comparing",
                              "chance that any two are one person", "", "",
                              explanation.prior}};
  for (const matching::Contribution& part : explanation.contributions) {
    steps.push_back(
        {absl::StrReplaceAll(matching::ComparisonName(part.comparison),
                             {{"_", " "}}),
         std::string(part.level_name()), part.value_a, part.value_b,
         part.weight});
  }
  double least = 0;
  double most = 0;
  double sum = 0;
  for (const Step& step : steps) {
    sum += step.weight;
    least = std::min(least, sum);
    most = std::max(most, sum);
  }
  std::string html =
      "<table><thead><tr><th>compared</th><th>found</th><th>first</th>"
      "<th>second</th><th "
      "class='n'>weight</th><th></th><th></th></tr></thead><tbody>\n";
  double at = 0;
  for (const Step& step : steps) {
    absl::StrAppend(
        &html, "<tr><td>", Escape(step.what), "</td><td>", Escape(step.level),
        "</td><td>", Isolated(step.value_a), "</td><td>",
        Isolated(step.value_b), "</td><td class='n'>", Signed(step.weight),
        "</td><td class='n quiet'>", Times(step.weight), "</td><td>",
        WaterfallStep(at, at + step.weight, least, most), "</td></tr>\n");
    at += step.weight;
  }
  absl::StrAppend(&html, "<tr><th>together</th><td></td><td></td><td></td>",
                  "<th class='n'>", Signed(explanation.weight),
                  "</th><td></td><td></td></tr></tbody></table>\n");
  if (!explanation.missing.empty()) {
    absl::StrAppend(
        &html, "<p class='quiet'>Not known on one side or both: ",
        absl::StrJoin(explanation.missing, ", ",
                      [](std::string* out, matching::Comparison comparison) {
                        *out += absl::StrReplaceAll(
                            matching::ComparisonName(comparison), {{"_", " "}});
                      }),
        ".</p>\n");
  }
  return html;
}

std::string PairSection(const ReportPair& pair, uint64_t people) {
  const matching::Explanation& explanation = pair.explanation;
  std::string html =
      absl::StrCat("<section class='pair'><h3>", Isolated(pair.id_a), " and ",
                   Isolated(pair.id_b), ": ", Percent(explanation.probability),
                   " among ", people, " people");
  if (pair.same.has_value()) {
    absl::StrAppend(&html,
                    *pair.same ? " (truly one person)" : " (truly two people)");
  }
  absl::StrAppend(&html, "</h3>\n", SideBySide(pair), Waterfall(explanation));
  if (!explanation.via.empty()) {
    absl::StrAppend(&html, "<p>Both are surely the person of a third record, ",
                    Isolated(explanation.via), ".</p>\n");
  }
  if (explanation.cap < 1) {
    absl::StrAppend(&html,
                    "<p>The file says that these are different people: "
                    "held at ",
                    Percent(explanation.cap), " at most.</p>\n");
  }
  return html + "</section>\n";
}

}  // namespace

std::string RenderReport(const Report& report) {
  std::string html =
      absl::StrReplaceAll(kHead, {{"%TITLE%", Escape(report.title)}});
  absl::StrAppend(
      &html, "<h1>", Isolated(report.title),
      "</h1>\n<p class='note'>This page shows personal data. Keep it where the "
      "files are kept, and delete it when the review is done. A number here is "
      "a reason to look, never a decision.</p>\n",
      Facts(report), "<h2>Pairs by probability</h2>\n");
  if (!report.truths.empty()) {
    absl::StrAppend(&html,
                    "<p><span class='key for'></span>one person"
                    "<span class='key against'></span>two people</p>\n");
  }
  absl::StrAppend(&html, Histogram(report.probabilities, report.truths), "\n");
  if (report.evaluation.has_value()) {
    absl::StrAppend(&html, Judged(*report.evaluation));
  }
  if (!report.pairs.empty()) {
    absl::StrAppend(&html, "<h2>Why: ", report.pairs.size(),
                    " pairs from every range</h2>\n<p class='quiet'>Weights "
                    "add up: +1 makes "
                    "one person twice as likely, -1 half as likely. Values are "
                    "shown as they "
                    "were compared.</p>\n");
  }
  for (const ReportPair& pair : report.pairs)
    html += PairSection(pair, report.people);
  return html + "</body>\n</html>\n";
}

}  // namespace passerelle::link
