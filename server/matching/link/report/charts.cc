#include "server/matching/link/report/charts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace passerelle::link {
namespace {

constexpr int kBins = 20;
constexpr double kWidth = 720;
constexpr double kHeight = 260;
constexpr double kLeft = 64;
constexpr double kBottom = 40;
constexpr double kTop = 16;
constexpr double kPlotWidth = kWidth - kLeft - 16;
constexpr double kPlotHeight = kHeight - kBottom - kTop;

// An element with a class that the page's style colours.
std::string Bar(double x, double y, double width, double height,
                absl::string_view kind, absl::string_view title) {
  return absl::StrFormat(
      "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' class='%s'>"
      "<title>%s</title></rect>",
      x, y, width, std::max(height, 0.0), kind, title);
}

std::string Line(double x1, double y1, double x2, double y2,
                 absl::string_view kind) {
  return absl::StrFormat(
      "<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' class='%s'/>", x1, y1, x2,
      y2, kind);
}

std::string Label(double x, double y, absl::string_view anchor,
                  absl::string_view text) {
  return absl::StrFormat("<text x='%.1f' y='%.1f' text-anchor='%s'>%s</text>",
                         x, y, anchor, text);
}

std::string Open(double width, double height, absl::string_view name) {
  return absl::StrFormat(
      "<svg viewBox='0 0 %.0f %.0f' width='%.0f' height='%.0f' role='img' "
      "aria-label='%s'>",
      width, height, width, height, name);
}

}  // namespace

std::string Histogram(std::span<const double> probabilities,
                      const std::vector<bool>& truths) {
  const bool judged = truths.size() == probabilities.size() && !truths.empty();
  // Of one person (or not judged), and of two.
  std::array<std::array<uint64_t, kBins>, 2> counts{};
  uint64_t most = 1;
  for (size_t i = 0; i < probabilities.size(); ++i) {
    const int bin =
        std::clamp(static_cast<int>(probabilities[i] * kBins), 0, kBins - 1);
    const size_t kind = judged && !truths[i] ? 1 : 0;
    most = std::max(most, ++counts[kind][static_cast<size_t>(bin)]);
  }
  const int decades =
      std::max(1, static_cast<int>(std::ceil(std::log10(double(most) + 1))));
  const auto height_of = [decades](uint64_t count) {
    return std::log10(static_cast<double>(count) + 1) / decades * kPlotHeight;
  };
  std::string svg = Open(kWidth, kHeight, "Pairs by probability");
  for (int decade = 0; decade <= decades; ++decade) {
    const auto count = static_cast<uint64_t>(std::pow(10.0, decade));
    const double y = kTop + kPlotHeight - height_of(decade == 0 ? 1 : count);
    absl::StrAppend(&svg, Line(kLeft, y, kLeft + kPlotWidth, y, "grid"),
                    Label(kLeft - 6, y + 4, "end", absl::StrCat(count)));
  }
  const double step = kPlotWidth / kBins;
  for (int bin = 0; bin < kBins; ++bin) {
    const auto at = static_cast<size_t>(bin);
    const double width = judged ? step / 2 - 2 : step - 3;
    const double x = kLeft + bin * step + 1.5;
    for (size_t kind = 0; kind < (judged ? 2U : 1U); ++kind) {
      const uint64_t count = counts[kind][at];
      if (count == 0) continue;
      const double height = height_of(count);
      absl::StrAppend(
          &svg,
          Bar(x + static_cast<double>(kind) * (width + 1),
              kTop + kPlotHeight - height, width, height,
              !judged ? "bar" : (kind == 0 ? "for" : "against"),
              absl::StrFormat("%d pairs from %.2f to %.2f", count,
                              double(bin) / kBins, double(bin + 1) / kBins)));
    }
    if (bin % 2 == 0) {
      absl::StrAppend(
          &svg, Label(kLeft + bin * step, kHeight - kBottom + 18, "middle",
                      absl::StrFormat("%.1f", double(bin) / kBins)));
    }
  }
  const double base = kTop + kPlotHeight;
  absl::StrAppend(
      &svg, Line(kLeft, base, kLeft + kPlotWidth, base, "axis"),
      Label(kLeft + kPlotWidth, kHeight - kBottom + 18, "middle", "1.0"),
      Label(kLeft + kPlotWidth / 2, kHeight - 6, "middle",
            "probability that both are one person"),
      "</svg>");
  return svg;
}

std::string ReliabilityDiagram(const matching::Reliability& reliability) {
  constexpr double kSide = 320;
  constexpr double kMargin = 48;
  constexpr double kAbove = 28;
  constexpr double kPlot = kSide - kMargin - kAbove;
  const auto x_of = [](double p) { return kMargin + p * kPlot; };
  const auto y_of = [](double p) { return kAbove + (1 - p) * kPlot; };
  std::string svg = Open(kSide, kSide, "Reliability diagram");
  for (int tick = 0; tick <= 10; tick += 2) {
    const double p = tick / 10.0;
    absl::StrAppend(
        &svg, Line(x_of(0), y_of(p), x_of(1), y_of(p), "grid"),
        Label(x_of(0) - 6, y_of(p) + 4, "end", absl::StrFormat("%.1f", p)),
        Label(x_of(p), y_of(0) + 18, "middle", absl::StrFormat("%.1f", p)));
  }
  absl::StrAppend(&svg, Line(x_of(0), y_of(0), x_of(1), y_of(1), "diagonal"));
  double most = 1;
  for (const auto& bin : reliability.bins) most = std::max(most, bin.count);
  for (const auto& bin : reliability.bins) {
    if (bin.count <= 0) continue;
    const double radius = 3 + 7 * std::log1p(bin.count) / std::log1p(most);
    absl::StrAppendFormat(
        &svg,
        "<circle cx='%.1f' cy='%.1f' r='%.1f' class='bar'><title>said %.3f, "
        "found %.3f, %.0f pairs</title></circle>",
        x_of(bin.mean_probability), y_of(bin.share_true), radius,
        bin.mean_probability, bin.share_true, bin.count);
  }
  absl::StrAppend(&svg, Line(x_of(0), y_of(0), x_of(1), y_of(0), "axis"),
                  Label(x_of(0.5), kSide - 2, "middle", "said"),
                  Label(kMargin - 6, 12, "end", "found"), "</svg>");
  return svg;
}

std::string WaterfallStep(double from, double to, double least, double most) {
  constexpr double kStepWidth = 260;
  constexpr double kStepHeight = 16;
  const double span = std::max(most - least, 1e-9);
  const auto x_of = [&](double weight) {
    return (weight - least) / span * (kStepWidth - 2) + 1;
  };
  const double left = std::min(x_of(from), x_of(to));
  const double width = std::max(std::abs(x_of(to) - x_of(from)), 1.0);
  return absl::StrCat(
      Open(kStepWidth, kStepHeight, absl::StrFormat("%+.1f", to - from)),
      Line(x_of(0), 0, x_of(0), kStepHeight, "axis"),
      Bar(left, 2, width, kStepHeight - 4, to >= from ? "for" : "against",
          absl::StrFormat("from %.1f to %.1f", from, to)),
      "</svg>");
}

}  // namespace passerelle::link
