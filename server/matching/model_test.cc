#include "server/matching/model.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "server/matching/calibration.h"

namespace passerelle::matching {
namespace {

TEST(ModelTest, ReadsBackWhatItWrote) {
  Model model = DefaultModel();
  model.match_rate = 1.0 / 3e7;
  model.trained_records = 12;
  ASSERT_TRUE(model.calibration.SetPoints({{-3, -2.5}, {4, 5}}));
  const auto back = ParseModel(SerialiseModel(model));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->Version(), model.Version());
  EXPECT_EQ(back->match_rate, model.match_rate);
  EXPECT_EQ(back->trained_records, 12u);
  EXPECT_EQ(back->calibration.points(), model.calibration.points());
}

TEST(ModelTest, AnyDamageIsRefused) {
  const std::string text = SerialiseModel(DefaultModel());
  for (size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(ParseModel(damaged).ok()) << "at " << i;
  }
  for (const size_t size :
       {size_t{0}, size_t{1}, text.size() / 2, text.size() - 2}) {
    EXPECT_FALSE(ParseModel(text.substr(0, size)).ok()) << size;
  }
  std::string damaged = text;
  damaged[text.size() / 2] = '!';
  EXPECT_EQ(ParseModel(damaged).status().code(), absl::StatusCode::kDataLoss);
}

TEST(ModelTest, OtherFilesAndNewerModelsAreToldApart) {
  EXPECT_EQ(ParseModel("id,name\n1,a\n").status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(
      ParseModel("passerelle-matching-model 2\nchecksum 0\n").status().code(),
      absl::StatusCode::kFailedPrecondition);
}

TEST(CalibrationTest, FewDecisionsLeaveTheIdentity) {
  std::vector<Decision> decisions(10, {3, true, 1});
  EXPECT_TRUE(Calibration::Fit(decisions).is_identity());
  EXPECT_DOUBLE_EQ(Calibration().Probability(0), 0.5);
}

// Decisions whose truth follows an over-confident weight: p = sigmoid2(w/2).
std::vector<Decision> OverConfident(int count) {
  std::vector<Decision> decisions;
  for (int i = 0; i < count; ++i) {
    const double weight = -8 + 16.0 * i / count;
    const double p = 1 / (1 + std::exp2(-weight / 2));
    // Spread evenly instead of drawn.
    decisions.push_back({weight, std::fmod(i * 0.618034, 1) < p, 1});
  }
  return decisions;
}

TEST(CalibrationTest, BothFormsFindTheTruthAndKeepTheOrder) {
  for (const int count : {200, 20000}) {
    const std::vector<Decision> decisions = OverConfident(count);
    const Calibration calibration = Calibration::Fit(decisions);
    double before = 0;
    for (double w = -10; w <= 10; w += 0.25) {
      const double p = calibration.Probability(w);
      EXPECT_GE(p, before) << count << " at " << w;
      before = p;
    }
    EXPECT_NEAR(calibration.Probability(4), 0.8, 0.07) << count;
    EXPECT_NEAR(calibration.Probability(-4), 0.2, 0.07) << count;
  }
}

TEST(CalibrationTest, OrderOfDecisionsDoesNotMatter) {
  std::vector<Decision> decisions = OverConfident(1000);
  const Calibration one = Calibration::Fit(decisions);
  std::reverse(decisions.begin(), decisions.end());
  EXPECT_EQ(one.points(), Calibration::Fit(decisions).points());
}

TEST(CalibrationTest, ReliabilityIsMeasured) {
  const std::vector<double> said = {0.9, 0.9, 0.1, 0.1};
  const std::array<bool, 4> truth = {true, true, false, true};
  const Reliability r = MeasureReliability(said, truth);
  EXPECT_NEAR(r.expected_error, 0.5 * 0.1 + 0.5 * 0.4, 1e-12);
  EXPECT_NEAR(r.brier, (0.01 + 0.01 + 0.01 + 0.81) / 4, 1e-12);
}

}  // namespace
}  // namespace passerelle::matching
