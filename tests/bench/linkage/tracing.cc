#include "tests/bench/linkage/tracing.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "server/matching/linkage.h"
#include "server/matching/registry.h"

namespace passerelle::bench {
namespace {

using matching::Record;

std::optional<matching::BirthInterval> Birth(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '-');
  int year = 0;
  int month = 0;
  int day = 0;
  if (!absl::SimpleAtoi(parts[0], &year)) return std::nullopt;
  if (parts.size() == 1) {
    const auto birth = matching::BirthYears(year, year);
    return birth.ok() ? std::optional(*birth) : std::nullopt;
  }
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[1], &month) ||
      !absl::SimpleAtoi(parts[2], &day))
    return std::nullopt;
  const auto birth = matching::BirthDay(year, month, day);
  return birth.ok() ? std::optional(*birth) : std::nullopt;
}

Record ReadRecord(const CsvFile& file, size_t i, absl::string_view id) {
  Record record;
  record.id = std::string(file.at(i, id));
  record.full_name = std::string(file.at(i, "full_name"));
  record.birth = Birth(file.at(i, "dob"));
  const absl::string_view sex = file.at(i, "sex");
  record.sex = sex == "m"   ? matching::Sex::kMale
               : sex == "f" ? matching::Sex::kFemale
                            : matching::Sex::kUnknown;
  record.place = std::string(file.at(i, "place_of_origin"));
  if (const auto mother = file.at(i, "mother_name"); !mother.empty())
    record.relatives.push_back(
        {std::string(mother), matching::Relation::kMother});
  if (const auto phone = file.at(i, "phone"); !phone.empty())
    record.phones.push_back(std::string(phone));
  return record;
}

bool IsArabic(absl::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0xD8 && byte <= 0xDB;
  });
}

}  // namespace

void MeasureTracing(const std::string& folder, int threads, Report* report) {
  const CsvFile registry_file(folder + "/tracing_composed/registry.csv");
  const CsvFile request_file(folder + "/tracing_composed/requests.csv");
  const CsvFile truth_file(folder + "/tracing_composed/truth.csv");
  std::map<std::string, std::string> truth;
  for (size_t i = 0; i < truth_file.size(); ++i)
    truth[std::string(truth_file.at(i, "request_id"))] =
        std::string(truth_file.at(i, "reg_id"));
  matching::Population registered;
  std::map<std::string, bool> arabic;
  for (size_t i = 0; i < registry_file.size(); ++i) {
    const Record record = ReadRecord(registry_file, i, "reg_id");
    arabic[record.id] = IsArabic(record.full_name);
    if (!registered.Add(record).ok()) std::abort();
  }
  matching::Population sought;
  std::vector<Record> requests;
  for (size_t i = 0; i < request_file.size(); ++i) {
    requests.push_back(ReadRecord(request_file, i, "request_id"));
    if (!sought.Add(requests.back()).ok()) std::abort();
  }
  matching::LinkageOptions options;
  options.threads = threads;
  const auto model =
      matching::Train(registered, sought, matching::DefaultModel(), options);
  if (!model.ok()) std::abort();
  const matching::Registry registry(std::move(registered), *model);

  double present = 0;
  double first = 0;
  double in_ten = 0;
  double across = 0;
  double across_first = 0;
  std::vector<double> said;
  const auto right = std::make_unique<bool[]>(requests.size());
  size_t judged = 0;
  for (const Record& request : requests) {
    matching::SearchOptions search;
    search.top = 10;
    search.explain = std::getenv("PASSERELLE_LINKAGE_VERBOSE") != nullptr;
    const auto result = registry.Search(request, search);
    if (!result.ok()) std::abort();
    const std::string& answer = truth[request.id];
    size_t rank = 0;
    while (rank < result->candidates.size() &&
           result->candidates[rank].id != answer)
      ++rank;
    const bool found = rank < result->candidates.size();
    if (!answer.empty()) {
      ++present;
      first += found && rank == 0;
      in_ten += found;
      if (IsArabic(request.full_name) != arabic[answer]) {
        ++across;
        across_first += found && rank == 0;
      }
    }
    // The top answer: a person, or nobody.
    const double best =
        result->candidates.empty() ? 0 : result->candidates[0].probability;
    const bool says_nobody = result->nobody >= best;
    said.push_back(says_nobody ? result->nobody : best);
    right[judged++] = says_nobody ? answer.empty() : found && rank == 0;
    if (search.explain && !answer.empty() && (!found || rank != 0)) {
      std::printf("MISS %s %s\n", request.id.c_str(),
                  request.full_name.c_str());
      for (size_t k = 0; k < std::min<size_t>(result->candidates.size(),
                                              found ? rank + 1 : 1);
           ++k) {
        if (k != 0 && k != rank) continue;
        std::printf("   %s p=%.3f%s\n", result->candidates[k].id.c_str(),
                    result->candidates[k].probability,
                    k == rank ? " TRUE" : "");
        for (const auto& c : result->candidates[k].explanation.contributions)
          std::printf(
              "     %+6.2f %s %s [%s|%s]\n", c.weight,
              std::string(matching::ComparisonName(c.comparison)).c_str(),
              std::string(c.level_name()).c_str(), c.value_a.c_str(),
              c.value_b.c_str());
      }
    }
  }
  report->AtLeast("tracing, composed", "R@1", "ICU + Levenshtein 0.560", 0.95,
                  first / present);
  report->AtLeast("tracing, composed", "R@10", "0.685", 0.985,
                  in_ten / present);
  report->AtLeast("tracing, across scripts", "R@1", "0.240", 0.92,
                  across_first / across);
  const matching::Reliability reliability = matching::MeasureReliability(
      said, std::span<const bool>(right.get(), judged));
  report->AtMost("tracing, top answer", "ECE", "none", 0.03,
                 reliability.expected_error, "");
  if (std::getenv("PASSERELLE_LINKAGE_VERBOSE") != nullptr) {
    for (const auto& bin : reliability.bins)
      std::printf("bin mean %.3f true %.3f n %.0f\n", bin.mean_probability,
                  bin.share_true, bin.count);
    std::printf("registered %.3f\n", model->registered);
  }
}

}  // namespace passerelle::bench
