#include "tests/bench/linkage/generated.h"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/matching/linkage.h"
#include "server/matching/registry.h"

namespace passerelle::bench {
namespace {

using matching::Record;

constexpr uint32_t kSeed = 7;
constexpr size_t kSearches = 2000;
constexpr size_t kInserts = 2000;

// Shares by rank, the first being `top`: 1/(rank + shift) with the shift that
// makes it so.
std::vector<double> Zipf(size_t names, double top) {
  double low = 0;
  double high = 1000;
  std::vector<double> shares(names);
  for (int round = 0; round < 60; ++round) {
    const double shift = (low + high) / 2;
    double sum = 0;
    for (size_t i = 0; i < names; ++i)
      sum += shares[i] = 1 / (static_cast<double>(i) + 1 + shift);
    for (double& share : shares) share /= sum;
    (shares[0] > top ? low : high) = shift;
  }
  double sum = 0;
  for (double& share : shares) share = sum += share;
  return shares;
}

double Seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since)
      .count();
}

// Of this thread: other programs on the machine do not count.
double ThreadMilliseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 +
         static_cast<double>(now.tv_nsec) / 1e6;
}

double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) / 1e9;
}

// The most memory the process has had, in gigabytes.
double PeakGigabytes() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024 / 1024;
}

double Percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(share *
                                    static_cast<double>(values.size() - 1))];
}

}  // namespace

PeopleGenerator::PeopleGenerator(uint32_t seed) : random_(seed) {
  const auto fill = [this](std::vector<std::string>* names, size_t count,
                           int low, int high) {
    std::set<std::string> unique;
    while (names->size() < count) {
      std::string name = MakeName(
          low +
          static_cast<int>(random_() % static_cast<uint64_t>(high - low + 1)));
      if (unique.insert(name).second) names->push_back(std::move(name));
    }
  };
  fill(&given_, 2000, 2, 3);
  fill(&family_, 5000, 2, 4);
  fill(&places_, 400, 2, 4);
  given_shares_ = Zipf(given_.size(), 0.086);
  family_shares_ = Zipf(family_.size(), 0.05);
  place_shares_ = Zipf(places_.size(), 0.06);
}

std::string PeopleGenerator::MakeName(int syllables) {
  static constexpr const char* kOnsets[] = {
      "b", "d", "f",  "g", "h", "k", "kh", "l", "m",  "n",
      "r", "s", "sh", "t", "y", "z", "dj", "w", "th", "gh"};
  static constexpr const char* kVowels[] = {"a", "a", "i", "ou",
                                            "e", "o", "aa"};
  static constexpr const char* kCodas[] = {"", "", "", "n", "m", "r", "d", "l"};
  std::string name;
  for (int i = 0; i < syllables; ++i)
    absl::StrAppend(&name, kOnsets[random_() % std::size(kOnsets)],
                    kVowels[random_() % std::size(kVowels)],
                    kCodas[random_() % std::size(kCodas)]);
  return name;
}

const std::string& PeopleGenerator::Draw(
    const std::vector<std::string>& names,
    const std::vector<double>& cumulative) {
  const auto it =
      std::upper_bound(cumulative.begin(), cumulative.end(), Uniform());
  return names[std::min(static_cast<size_t>(it - cumulative.begin()),
                        names.size() - 1)];
}

std::string PeopleGenerator::Misspell(const std::string& name) {
  std::string out = name;
  if (out.size() < 3) return out;
  const size_t at = 1 + random_() % (out.size() - 2);
  switch (random_() % 4) {
    case 0:
      out.erase(at, 1);
      break;
    case 1:
      std::swap(out[at], out[at + 1]);
      break;
    case 2:
      out.insert(at, 1, out[at]);
      break;
    default:
      if (const size_t u = out.find("ou"); u != std::string::npos) {
        out.replace(u, 2, "u");
      } else {
        out[at] = static_cast<char>('a' + random_() % 26);
      }
  }
  return out;
}

Record PeopleGenerator::Distort(const Record& person) {
  Record out = person;
  if (Uniform() < 0.35) out.given = Misspell(out.given);
  if (Uniform() < 0.35) out.family = Misspell(out.family);
  if (Uniform() < 0.10) out.place.clear();
  if (Uniform() < 0.15 && out.birth.has_value()) {
    const auto year = out.birth->first.year() + (Uniform() < 0.3 ? 1 : 0);
    out.birth = *matching::BirthYears(year, year);
  }
  if (Uniform() < 0.5) out.phones.clear();
  return out;
}

Record PeopleGenerator::Next() {
  if (!earlier_.empty() && Uniform() < 1.0 / 12) {
    Record again = Distort(earlier_[random_() % earlier_.size()]);
    again.id = absl::StrCat("p", next_id_++);
    return again;
  }
  Record out;
  out.id = absl::StrCat("p", next_id_++);
  out.given = Draw(given_, given_shares_);
  out.family = Draw(family_, family_shares_);
  out.sex = random_() % 2 == 0 ? matching::Sex::kFemale : matching::Sex::kMale;
  out.place = Draw(places_, place_shares_);
  const auto year = static_cast<int64_t>(1945 + random_() % 75);
  const double kind = Uniform();
  if (kind < 0.10) {
    out.birth = *matching::BirthYears(year, year);
  } else if (kind < 0.25) {
    out.birth = *matching::BirthDay(year, 1, 1);
  } else {
    out.birth = *matching::BirthDay(year, static_cast<int>(1 + random_() % 12),
                                    static_cast<int>(1 + random_() % 28));
  }
  if (Uniform() < 0.33)
    out.phones.push_back(absl::StrFormat("6%08d", random_() % 100000000));
  // A bounded sample is written twice.
  constexpr size_t kMaxEarlier = 50'000;
  if (earlier_.size() < kMaxEarlier) {
    earlier_.push_back(out);
  } else if (Uniform() < 0.1) {
    earlier_[random_() % kMaxEarlier] = out;
  }
  return out;
}

void MeasureSpeed(size_t people, int threads, Report* report) {
  PeopleGenerator generator(kSeed);
  const std::string data = absl::StrFormat("%d made-up people", people);
  std::vector<Record> sample;
  matching::Population population;
  const auto begin = std::chrono::steady_clock::now();
  const double cpu_begin = CpuSeconds();
  for (size_t i = 0; i < people; ++i) {
    Record record = generator.Next();
    if (i % (people / kSearches + 1) == 0) sample.push_back(record);
    if (!population.Add(record).ok()) std::abort();
  }
  const double loaded = Seconds(begin);
  matching::LinkageOptions options;
  options.threads = threads;
  options.progress = [&](absl::string_view stage, uint64_t done,
                         uint64_t total) {
    if (std::getenv("PASSERELLE_LINKAGE_VERBOSE") != nullptr)
      std::printf("%6.1f s %s %llu/%llu %.2f GB\n", Seconds(begin),
                  std::string(stage).c_str(),
                  static_cast<unsigned long long>(done),
                  static_cast<unsigned long long>(total), PeakGigabytes());
    return true;
  };
  const auto both =
      matching::TrainAndDedupe(population, matching::DefaultModel(), options);
  if (!both.ok()) std::abort();
  const double bulk = Seconds(begin);
  report->AtMost(data, "bulk with loading and EM, elapsed", "Splink 485 CPU-s",
                 60, bulk, " s");
  report->Note(data, "the same, CPU time", "485 s",
               absl::StrFormat("%.0f s", CpuSeconds() - cpu_begin));
  report->Note(data, "of which loading", "", absl::StrFormat("%.0f s", loaded));
  report->Note(data, "candidate pairs compared", "",
               absl::StrFormat(
                   "%.1f million",
                   static_cast<double>(both->result.report.candidates) / 1e6));
  report->AtMost(data, "bulk, memory", "Splink 12.5 GB", 2, PeakGigabytes(),
                 " GB");

  matching::Registry registry(std::move(population), both->model);
  std::vector<double> times;
  std::vector<double> compared;
  for (const Record& person : sample) {
    const Record request = generator.Distort(person);
    const double start = ThreadMilliseconds();
    const auto result = registry.Search(request, {});
    times.push_back(ThreadMilliseconds() - start);
    if (!result.ok()) std::abort();
    compared.push_back(static_cast<double>(result->compared));
  }
  report->AtMost(data, "one search, p50 (processor time)", "Splink 410 ms", 1,
                 Percentile(times, 0.5), " ms");
  report->AtMost(data, "one search, p99 (processor time)", "Splink 470 ms", 10,
                 Percentile(times, 0.99), " ms");
  report->Note(data, "people compared in one search, median", "",
               absl::StrFormat("%.0f", Percentile(compared, 0.5)));
  times.clear();
  for (size_t i = 0; i < kInserts; ++i) {
    const Record record = generator.Next();
    const double start = ThreadMilliseconds();
    if (!registry.Insert(record).ok()) std::abort();
    times.push_back(ThreadMilliseconds() - start);
  }
  report->AtMost(data, "one insert, p99 (processor time)", "", 1,
                 Percentile(times, 0.99), " ms");
  report->Note(data, "memory with the search index", "",
               absl::StrFormat("%.2f GB", PeakGigabytes()));
}

}  // namespace passerelle::bench
