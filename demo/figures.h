#ifndef PASSERELLE_DEMO_FIGURES_H_
#define PASSERELLE_DEMO_FIGURES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "demo/caseload.h"
#include "demo/origin_desk.h"

namespace passerelle::demo {

// Counts the persons of the files kept in the form of the published tables. The
// rows, their order and the labels are those of `published`; what fits no row
// gets one of its own at the end. Ages are taken on kReferenceDay.
Margins CountFiles(const KeptFiles& files, const Margins& published);

absl::Status WriteMargins(const std::string& folder, const Margins& margins);

// What comparing found.
struct Comparison {
  // One line a published figure, e.g.
  // `TR women/girls: published 12, counted 12, agrees`.
  std::vector<std::string> lines;
  int figures = 0;
  int disagreeing = 0;
};

// Puts every figure of the published tables, and the sum of every column,
// beside the one counted. Rows that were counted but not published disagree,
// as does a table without figures.
Comparison Compare(const Margins& published, const Margins& counted);

}  // namespace passerelle::demo

#endif  // PASSERELLE_DEMO_FIGURES_H_
