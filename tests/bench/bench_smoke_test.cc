// The benchmark runs to its end and prints what scripts rely on.

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_pki.h"

namespace passerelle::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<std::string> FigureKeys() {
  return {"\"clients\": 1,", "\"ops_per_s\": ", "\"echo_ops_per_s\": ",
          "\"ratio\": ",     "\"p50_us\": ",    "\"p99_us\": "};
}

TEST(BenchSmokeTest, PrintsCapsAndOneLinePerFigure) {
  const ProgramResult result =
      RunProgram({PASSERELLE_BENCH, "--seconds", "0.1", "--clients", "1",
                  "--rounds", "1", "--exchanges", "500", "--leaves", "500"});
  ASSERT_EQ(result.exit_status, 0) << result.output;
  const std::vector<std::string> lines =
      absl::StrSplit(result.output, '\n', absl::SkipEmpty());
  ASSERT_THAT(lines, SizeIs(10)) << result.output;
  EXPECT_THAT(lines[0], HasSubstr("{\"caps\": {\"cores\": "));
  const std::vector<std::string> benches = {"write", "read", "mailbox_fetch"};
  for (size_t i = 0; i < benches.size(); ++i) {
    EXPECT_THAT(lines[i + 1],
                HasSubstr("{\"bench\": \"" + benches[i] + "\", "));
    for (const std::string& key : FigureKeys()) {
      EXPECT_THAT(lines[i + 1], HasSubstr(key));
    }
  }
  EXPECT_THAT(lines[4], HasSubstr("\"bench\": \"group_commit_1ms\""));
  EXPECT_THAT(lines[4], HasSubstr("\"single_commit_ops_per_s\": "));
  const std::vector<std::string> sealed = {"write_sealed", "read_sealed",
                                           "mailbox_fetch_sealed"};
  for (size_t i = 0; i < sealed.size(); ++i) {
    EXPECT_THAT(lines[i + 5], HasSubstr("{\"bench\": \"" + sealed[i] + "\", "));
    EXPECT_THAT(lines[i + 5], HasSubstr("\"unsealed_ops_per_s\": "));
  }
  EXPECT_THAT(lines[8], HasSubstr("\"bench\": \"memory\""));
  EXPECT_THAT(lines[8], HasSubstr("\"rss_mb\": "));
  EXPECT_THAT(lines[9], HasSubstr("\"bench\": \"proof\""));
}

TEST(BenchSmokeTest, RefusesWhatItDoesNotKnow) {
  EXPECT_NE(RunProgram({PASSERELLE_BENCH, "--bench", "nothing"}).exit_status,
            0);
}

}  // namespace
}  // namespace passerelle::testing
