#ifndef PASSERELLE_SERVER_MATCHING_LINK_REPORT_CHARTS_H_
#define PASSERELLE_SERVER_MATCHING_LINK_REPORT_CHARTS_H_

#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/matching/calibration.h"

namespace passerelle::link {

// Pictures as SVG elements to stand in a page; no scripts, no links.

// Counts by probability in 20 bins, on a logarithmic scale: pairs that are no
// match are many. With `truths` (empty, or one for each), pairs of one person
// and others side by side.
std::string Histogram(std::span<const double> probabilities,
                      const std::vector<bool>& truths);

// Said against found: one point for each bin that has pairs, larger for more.
// On the diagonal, what was called 70 % is right in 70 % of cases.
std::string ReliabilityDiagram(const matching::Reliability& reliability);

// One step of a waterfall, on the scale from `least` to `most` (log2).
std::string WaterfallStep(double from, double to, double least, double most);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_REPORT_CHARTS_H_
