#include "server/matching/link/report/report.h"

#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "server/matching/link/report/html.h"

namespace passerelle::link {
namespace {

TEST(HtmlTest, NothingInATextIsMarkup) {
  EXPECT_EQ(Escape("<script>alert('x')&\"</script>"),
            "&lt;script&gt;alert(&#39;x&#39;)&amp;&quot;&lt;/script&gt;");
  EXPECT_EQ(Escape("محمد é"), "محمد é");
  EXPECT_EQ(Escape("a\x01"
                   "b\x7f\nc"),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD c");
  EXPECT_EQ(Escape("\xC3\x28"), "\xEF\xBF\xBD(");
}

Report Hostile() {
  const std::string evil = "\"'><script>alert(1)</script>";
  matching::Explanation explanation;
  explanation.prior = -20;
  explanation.weight = -12;
  explanation.probability = 0.3;
  explanation.via = evil;
  explanation.contributions.push_back(
      {matching::Comparison::kGivenName, 0, evil, evil, 0.9, 0.001, 8});
  explanation.missing = {matching::Comparison::kSex};
  Report report;
  report.title = evil;
  report.facts = {{evil, evil}};
  report.probabilities = {0, 0.3, 0.5, 1};
  report.truths = {false, true, false, true};
  report.evaluation =
      Evaluate({{0, false}, {0.3, true}, {0.5, false}, {1, true}}, 2);
  report.pairs = {
      {evil, evil, {{evil, evil}}, {{evil, ""}}, explanation, true}};
  return report;
}

TEST(ReportTest, EscapesEverythingThatComesFromFiles) {
  const std::string html = RenderReport(Hostile());
  EXPECT_FALSE(absl::StrContains(html, "<script"));
  EXPECT_TRUE(absl::StrContains(html, "&lt;script&gt;"));
}

TEST(ReportTest, NeedsNothingFromElsewhere) {
  const std::string html = RenderReport(Hostile());
  for (const char* word : {"http:", "https:", "src=", "href=", "@import",
                           "url(", "<link", "<iframe"}) {
    EXPECT_FALSE(absl::StrContains(html, word)) << word;
  }
  EXPECT_TRUE(absl::StrContains(html, "default-src 'none'"));
}

TEST(ReportTest, AnEmptyRunHasAReport) {
  Report report;
  report.title = "nothing";
  const std::string html = RenderReport(report);
  EXPECT_TRUE(absl::StrContains(html, "</html>"));
  EXPECT_FALSE(absl::StrContains(html, "nan"));
}

}  // namespace
}  // namespace passerelle::link
