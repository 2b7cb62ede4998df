#ifndef PASSERELLE_SERVER_MATCHING_LINK_REPORT_REPORT_H_
#define PASSERELLE_SERVER_MATCHING_LINK_REPORT_REPORT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/matching/explanation.h"
#include "server/matching/link/evaluation.h"
#include "server/matching/link/fields.h"

namespace passerelle::link {

// One pair with its reasons.
struct ReportPair {
  std::string id_a;
  std::string id_b;
  Fields fields_a;
  Fields fields_b;
  matching::Explanation explanation;
  std::optional<bool> same;  // what the truth says
};

struct Report {
  std::string title;
  std::vector<std::pair<std::string, std::string>> facts;
  // How many were compared: no probability is shown without it.
  uint64_t people = 0;
  // Of every pair that was listed.
  std::vector<double> probabilities;
  std::vector<bool> truths;  // one for each, or empty
  std::optional<Evaluation> evaluation;
  std::vector<ReportPair> pairs;
};

// The report as one page of HTML that needs nothing else: no network, no
// scripts. Everything from files is escaped. It shows people's data.
std::string RenderReport(const Report& report);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_REPORT_REPORT_H_
