#include "server/matching/model.h"

#include <sodium.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace passerelle::matching {
namespace {

constexpr absl::string_view kMagic = "passerelle-matching-model";
constexpr int kFormat = 1;
constexpr size_t kMaxModelBytes = 1 << 20;
constexpr size_t kMaxPoints = 100'000;

std::string Hash(absl::string_view text, size_t bytes) {
  std::string hash(bytes < crypto_generichash_BYTES_MIN
                       ? crypto_generichash_BYTES_MIN
                       : bytes,
                   '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), nullptr, 0);
  return absl::BytesToHexString(hash.substr(0, bytes));
}

// Parameters that change results; doubles exact.
std::string Parameters(const Model& model) {
  std::string text;
  absl::StrAppendFormat(&text, "match_rate %.17g\n", model.match_rate);
  absl::StrAppendFormat(&text, "registered %.17g\n", model.registered);
  for (int c = 0; c < kComparisonCount; ++c) {
    const auto comparison = static_cast<Comparison>(c);
    const LevelTable& table = model.levels[static_cast<size_t>(c)];
    for (int l = 0; l < LevelCount(comparison); ++l) {
      absl::StrAppendFormat(
          &text, "level %s %d %.17g %.17g\n", ComparisonName(comparison), l,
          table.m[static_cast<size_t>(l)], table.u[static_cast<size_t>(l)]);
    }
  }
  for (const auto& [weight, calibrated] : model.calibration.points())
    absl::StrAppendFormat(&text, "calibration %.17g %.17g\n", weight,
                          calibrated);
  return text;
}

bool ParseDouble(absl::string_view text, double low, double high,
                 double* value) {
  return absl::SimpleAtod(text, value) && std::isfinite(*value) &&
         *value >= low && *value <= high;
}

absl::Status Malformed() {
  return absl::InvalidArgumentError("model: a parameter is missing or wrong");
}

}  // namespace

double Model::PriorWeight() const {
  return std::log2(match_rate / (1 - match_rate));
}

std::string Model::Version() const { return Hash(Parameters(*this), 8); }

Model DefaultModel() {
  Model model;
  const auto set = [&model](Comparison comparison, std::vector<double> m,
                            std::vector<double> u) {
    LevelTable& table = model.levels[static_cast<size_t>(comparison)];
    double sum_m = 0;
    double sum_u = 0;
    for (const double value : m) sum_m += value;
    for (const double value : u) sum_u += value;
    for (size_t i = 0; i < m.size(); ++i) {
      table.m[i] = m[i] / sum_m;
      table.u[i] = u[i] / sum_u;
    }
  };
  const std::vector<double> words_m = {.74, .06, .05, .04, .03,
                                       .02, .01, .03, .02};
  const std::vector<double> words_u = {.005, .001, .001, .002, .01,
                                       .03,  .08,  .80,  .07};
  set(Comparison::kGivenName, words_m, words_u);
  set(Comparison::kFamilyName, words_m, words_u);
  // Rarely are the roles swapped; u is not used.
  set(Comparison::kSwappedName,
      {.04, .01, .01, .005, .001, .001, .001, .04, .893}, words_u);
  set(Comparison::kName, {.66, .07, .06, .05, .03, .02, .01, .04, .06},
      {.01, .002, .002, .004, .02, .05, .10, .70, .11});
  set(Comparison::kNameOrder, {.95, .05}, {.7, .3});
  set(Comparison::kBirthDate,
      {.78, .06, .02, .08, .01, .01, .015, .003, .01, .012},
      {.0002, .001, .002, .01, .012, .003, .06, .03, .2, .68});
  set(Comparison::kSex, {.97, .03}, {.5, .5});
  set(Comparison::kPlace, {.72, .08, .08, .12}, {.01, .002, .01, .978});
  set(Comparison::kPostcode, {.70, .08, .08, .14}, {.002, .004, .03, .964});
  set(Comparison::kAddress, {.62, .18, .10, .10}, {.00001, .0002, .01, .98979});
  set(Comparison::kPhone, {.60, .04, .03, .33}, {.0001, .00005, .00005, .9998});
  set(Comparison::kIdentifier, {.85, .07, .02, .06},
      {.00001, .00002, .0003, .99967});
  set(Comparison::kOccupation, {.72, .10, .18}, {.05, .03, .92});
  set(Comparison::kRelatives, {.60, .20, .20}, {.001, .03, .969});
  return model;
}

std::string SerialiseModel(const Model& model) {
  std::string text =
      absl::StrCat(kMagic, " ", kFormat, "\n", Parameters(model));
  absl::StrAppend(&text, "trained_records ", model.trained_records, "\n",
                  "trained_pairs ", model.trained_pairs, "\n", "iterations ",
                  model.iterations, "\n");
  return SealModel(text);
}

std::string SealModel(absl::string_view body) {
  return absl::StrCat(body, "checksum ", Hash(body, 16), "\n");
}

absl::StatusOr<Model> ParseModel(absl::string_view text) {
  if (text.size() > kMaxModelBytes)
    return absl::InvalidArgumentError("model: too long");
  const absl::string_view whole = text;
  if (!absl::ConsumePrefix(&text, kMagic))
    return absl::InvalidArgumentError("model: not a model");
  const size_t first_end = text.find('\n');
  int format = 0;
  if (first_end == absl::string_view::npos ||
      !absl::SimpleAtoi(text.substr(0, first_end), &format))
    return absl::InvalidArgumentError("model: not a model");
  if (format > kFormat)
    return absl::FailedPreconditionError("model: written by a newer version");
  if (format < 1) return absl::InvalidArgumentError("model: not a model");
  // The checksum covers everything before its line.
  const size_t sum_at = whole.rfind("checksum ");
  if (sum_at == absl::string_view::npos || whole[sum_at - 1] != '\n' ||
      absl::StripSuffix(whole.substr(sum_at + 9), "\n") !=
          Hash(whole.substr(0, sum_at), 16))
    return absl::DataLossError("model: damaged or cut short");

  Model model;
  for (auto& table : model.levels) table = LevelTable();
  bool has_rate = false;
  std::vector<std::pair<double, double>> points;
  int levels = 0;
  const absl::string_view body =
      whole.substr(0, sum_at).substr(whole.find('\n') + 1);
  for (const absl::string_view line : absl::StrSplit(body, '\n')) {
    if (line.empty()) continue;
    const std::vector<absl::string_view> fields = absl::StrSplit(line, ' ');
    const absl::string_view name = fields[0];
    if (name == "level") {
      int level = 0;
      double m = 0;
      double u = 0;
      if (fields.size() != 5 || !absl::SimpleAtoi(fields[2], &level) ||
          !ParseDouble(fields[3], 1e-12, 1, &m) ||
          !ParseDouble(fields[4], 1e-12, 1, &u))
        return Malformed();
      bool known = false;
      for (int c = 0; c < kComparisonCount && !known; ++c) {
        const auto comparison = static_cast<Comparison>(c);
        if (ComparisonName(comparison) != fields[1]) continue;
        if (level < 0 || level >= LevelCount(comparison)) return Malformed();
        LevelTable& table = model.levels[static_cast<size_t>(c)];
        if (table.m[static_cast<size_t>(level)] != 0) return Malformed();
        table.m[static_cast<size_t>(level)] = m;
        table.u[static_cast<size_t>(level)] = u;
        known = true;
        ++levels;
      }
      if (!known) return Malformed();
      continue;
    }
    if (name == "calibration") {
      double weight = 0;
      double calibrated = 0;
      if (fields.size() != 3 || points.size() >= kMaxPoints ||
          !ParseDouble(fields[1], -1e4, 1e4, &weight) ||
          !ParseDouble(fields[2], -1e4, 1e4, &calibrated))
        return Malformed();
      points.emplace_back(weight, calibrated);
      continue;
    }
    if (fields.size() != 2) return Malformed();
    if (name == "match_rate") {
      if (!ParseDouble(fields[1], 1e-18, 0.999999, &model.match_rate))
        return Malformed();
      has_rate = true;
    } else if (name == "registered") {
      if (!ParseDouble(fields[1], 1e-6, 0.999999, &model.registered))
        return Malformed();
    } else if (name == "trained_records") {
      if (!absl::SimpleAtoi(fields[1], &model.trained_records))
        return Malformed();
    } else if (name == "trained_pairs") {
      if (!absl::SimpleAtoi(fields[1], &model.trained_pairs))
        return Malformed();
    } else if (name == "iterations") {
      if (!absl::SimpleAtoi(fields[1], &model.iterations)) return Malformed();
    } else {
      return Malformed();
    }
  }
  int expected = 0;
  for (int c = 0; c < kComparisonCount; ++c)
    expected += LevelCount(static_cast<Comparison>(c));
  if (!has_rate || levels != expected) return Malformed();
  if (!points.empty() && !model.calibration.SetPoints(std::move(points)))
    return Malformed();
  return model;
}

}  // namespace passerelle::matching
