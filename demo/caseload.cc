#include "demo/caseload.h"

#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "common/status_macros.h"

namespace passerelle::demo {
namespace {

namespace pb = ::passerelle::v1;

// SplitMix64 with Fisher and Yates' shuffle: unlike those of the standard
// library they give the same result with every compiler.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}

  // 0 to `bound` - 1; the bias is far below what a caseload shows.
  uint64_t Below(uint64_t bound) {
    state_ += 0x9e3779b97f4a7c15;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (z ^ (z >> 31)) % bound;
  }

  template <typename T>
  void Shuffle(std::vector<T>* values) {
    for (size_t i = values->size(); i > 1; --i) {
      std::swap((*values)[i - 1], (*values)[Below(i)]);
    }
  }

 private:
  uint64_t state_;
};

// `value` as often as the row says, for each row.
absl::Status Expand(const Table& table, absl::string_view key,
                    absl::string_view count, std::vector<std::string>* values) {
  const int key_column = table.Column(key);
  const int count_column = table.Column(count);
  if (key_column < 0 || count_column < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("columns ", key, " and ", count, " are needed"));
  }
  for (const std::vector<std::string>& row : table.rows) {
    int times = 0;
    const std::string& text = row[static_cast<size_t>(count_column)];
    if (!absl::SimpleAtoi(text, &times) || times < 0 || times > 100000) {
      return absl::InvalidArgumentError(absl::StrCat("not a count: ", text));
    }
    values->insert(values->end(), static_cast<size_t>(times),
                   row[static_cast<size_t>(key_column)]);
  }
  return absl::OkStatus();
}

// A birth day that puts the person into the band on the reference day. Files
// of the demonstration have one person, so nobody in it is a child travelling
// alone: in the youngest band everybody is 18.
absl::StatusOr<absl::CivilDay> BirthDayIn(absl::string_view band, Dice* dice) {
  const std::pair<std::string, std::string> ends = absl::StrSplit(band, '-');
  int low = 0;
  int high = 0;
  if (!absl::SimpleAtoi(ends.first, &low) ||
      !absl::SimpleAtoi(ends.second, &high) || low > high) {
    return absl::InvalidArgumentError(absl::StrCat("not an age band: ", band));
  }
  low = std::max(low, std::min(high, 18));
  const int age = low + static_cast<int>(
                            dice->Below(static_cast<uint64_t>(high - low) + 1));
  const auto days_ago = static_cast<int>(dice->Below(365));
  return absl::CivilDay(kReferenceDay.year() - age, 12, 31) - days_ago;
}

}  // namespace

int AgeOn(absl::CivilDay day, absl::CivilDay birth) {
  int age = static_cast<int>(day.year() - birth.year());
  if (std::make_pair(day.month(), day.day()) <
      std::make_pair(birth.month(), birth.day())) {
    --age;
  }
  return age;
}

std::string Invented::Reference() const {
  return absl::StrFormat("%s-2022-%03d", host, number);
}

int NumberOf(const std::string& reference) {
  const std::vector<std::string> parts = absl::StrSplit(reference, '-');
  int number = 0;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[2], &number)) return 0;
  return number;
}

absl::StatusOr<Margins> ReadMargins(const std::string& folder) {
  Margins margins;
  PASSERELLE_ASSIGN_OR_RETURN(margins.by_host,
                              ReadCsv(absl::StrCat(folder, "/", kByHost)));
  PASSERELLE_ASSIGN_OR_RETURN(margins.by_age,
                              ReadCsv(absl::StrCat(folder, "/", kByAge)));
  PASSERELLE_ASSIGN_OR_RETURN(margins.by_region,
                              ReadCsv(absl::StrCat(folder, "/", kByRegion)));
  return margins;
}

absl::StatusOr<Table> InventCaseload(const Margins& margins, const Table& names,
                                     uint64_t seed) {
  std::map<std::string, std::vector<std::string>> by_kind;
  for (const std::vector<std::string>& row : names.rows) {
    by_kind[row.front()].push_back(row.back());
  }
  for (const char* kind : {"female", "male", "family"}) {
    if (by_kind[kind].empty()) {
      return absl::InvalidArgumentError(absl::StrCat("no ", kind, " names"));
    }
  }
  std::vector<std::string> women;
  std::vector<std::string> men;
  std::vector<std::string> bands;
  std::vector<std::string> regions;
  PASSERELLE_RETURN_IF_ERROR(
      Expand(margins.by_host, "country", "women_girls", &women));
  PASSERELLE_RETURN_IF_ERROR(
      Expand(margins.by_host, "country", "men_boys", &men));
  PASSERELLE_RETURN_IF_ERROR(Expand(margins.by_age, "band", "persons", &bands));
  PASSERELLE_RETURN_IF_ERROR(
      Expand(margins.by_region, "region", "persons", &regions));
  std::vector<std::pair<std::string, std::string>> people;  // host, sex
  for (const std::string& host : women) people.emplace_back(host, "female");
  for (const std::string& host : men) people.emplace_back(host, "male");
  if (people.size() != bands.size() || people.size() != regions.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the tables do not sum to the same: ", people.size(), ", ",
                     bands.size(), ", ", regions.size()));
  }
  Dice dice(seed);
  dice.Shuffle(&people);
  dice.Shuffle(&bands);
  dice.Shuffle(&regions);
  Table table;
  table.header = {"number",     "host", "given_name", "family_name",
                  "birth_date", "sex",  "region"};
  for (size_t i = 0; i < people.size(); ++i) {
    const auto& [host, sex] = people[i];
    const std::vector<std::string>& given = by_kind[sex];
    const std::vector<std::string>& family = by_kind["family"];
    PASSERELLE_ASSIGN_OR_RETURN(const absl::CivilDay birth,
                                BirthDayIn(bands[i], &dice));
    table.rows.push_back({absl::StrCat(i + 1), host,
                          given[dice.Below(given.size())],
                          family[dice.Below(family.size())],
                          absl::FormatCivilTime(birth), sex, regions[i]});
  }
  return table;
}

absl::StatusOr<std::vector<Invented>> ReadCaseload(const std::string& path) {
  PASSERELLE_ASSIGN_OR_RETURN(const Table table, ReadCsv(path));
  if (table.header.size() != 7) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": seven columns"));
  }
  std::vector<Invented> people;
  for (const std::vector<std::string>& row : table.rows) {
    Invented one;
    absl::CivilDay birth;
    if (!absl::SimpleAtoi(row[0], &one.number) ||
        !absl::ParseCivilTime(row[4], &birth) ||
        (row[5] != "female" && row[5] != "male")) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": not a person: number ", row[0]));
    }
    one.host = row[1];
    one.person.set_given_name(row[2]);
    one.person.set_family_name(row[3]);
    one.person.mutable_birth_date()->set_year(static_cast<int>(birth.year()));
    one.person.mutable_birth_date()->set_month(birth.month());
    one.person.mutable_birth_date()->set_day(birth.day());
    one.person.set_sex(row[5] == "female" ? pb::PersonSummary::FEMALE
                                          : pb::PersonSummary::MALE);
    one.person.set_nationality("MA");
    if (row[6] != kNotNamed) one.person.set_return_region(row[6]);
    people.push_back(std::move(one));
  }
  return people;
}

}  // namespace passerelle::demo
