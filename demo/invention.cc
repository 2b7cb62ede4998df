#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "common/status_macros.h"
#include "demo/caseload.h"

namespace passerelle::demo {
namespace {

using Values = std::vector<std::string>;

constexpr int kAdultAge = 18;
constexpr size_t kMaxChildren = 2;  // of one family

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

// A person in the making.
struct Draft {
  std::string host;
  std::string sex;
  std::string band;
  std::string region;
  size_t principal = 0;  // place of the principal; the own place for one
  const char* relation = "principal";
  size_t children = 0;

  bool principal_or_free() const { return relation[0] == 'p'; }
};

Draft Of(const std::string& host, const char* sex) {
  Draft one;
  one.host = host;
  one.sex = sex;
  return one;
}

// `value` as often as the row says, for each row.
absl::Status Expand(const Table& table, absl::string_view key,
                    absl::string_view count, Values* values) {
  const int key_column = table.Column(key);
  const int count_column = table.Column(count);
  if (key_column < 0 || count_column < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("columns ", key, " and ", count, " are needed"));
  }
  for (const Values& row : table.rows) {
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

// Takes one `value` out of `values`.
absl::Status Take(const std::string& value, Values* values) {
  const auto found = std::find(values->begin(), values->end(), value);
  if (found == values->end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("families need more of ", value, " than there is"));
  }
  values->erase(found);
  return absl::OkStatus();
}

// Makes `count` persons of a sex children of adults with the same host.
absl::Status AddChildren(const std::string& sex, size_t count,
                         std::vector<Draft>* people) {
  for (size_t i = 0; i < people->size() && count > 0; ++i) {
    Draft& child = (*people)[i];
    if (child.sex != sex || !child.principal_or_free() || child.children > 0) {
      continue;
    }
    for (size_t j = 0; j < people->size(); ++j) {
      Draft& parent = (*people)[j];
      if (j == i || parent.host != child.host || !parent.principal_or_free() ||
          parent.children == kMaxChildren) {
        continue;
      }
      ++parent.children;
      child.principal = j;
      child.relation = "child";
      --count;
      break;
    }
  }
  if (count == 0) return absl::OkStatus();
  return absl::InvalidArgumentError("a child has nobody to travel with");
}

// Whoever travels with children travels with the other parent, if one of the
// same host is left.
void AddSpouses(std::vector<Draft>* people) {
  for (size_t i = 0; i < people->size(); ++i) {
    if ((*people)[i].children == 0) continue;
    for (Draft& other : *people) {
      if (!other.principal_or_free() || other.children > 0 ||
          other.host != (*people)[i].host || other.sex == (*people)[i].sex) {
        continue;
      }
      other.principal = i;
      other.relation = "spouse";
      break;
    }
  }
}

// Ages and regions: a family returns to one region, its children stand in the
// youngest band and its parents in the oldest.
absl::Status Settle(const std::string& youngest, const std::string& oldest,
                    Values bands, Values regions, std::vector<Draft>* people) {
  for (Draft& one : *people) {
    const bool child = one.relation[0] == 'c';
    if (one.principal_or_free() && one.children == 0) continue;
    one.band = child ? youngest : oldest;
    PASSERELLE_RETURN_IF_ERROR(Take(one.band, &bands));
  }
  for (size_t i = 0; i < people->size(); ++i) {
    Draft& one = (*people)[i];
    if (one.band.empty()) {
      one.band = bands.back();
      bands.pop_back();
    }
    if (one.principal != i || one.children == 0) continue;
    one.region = regions.back();
    regions.pop_back();
    for (size_t j = 0; j < people->size(); ++j) {
      Draft& member = (*people)[j];
      if (j == i || member.principal != i) continue;
      member.region = one.region;
      PASSERELLE_RETURN_IF_ERROR(Take(one.region, &regions));
    }
  }
  for (Draft& one : *people) {
    if (!one.region.empty()) continue;
    one.region = regions.back();
    regions.pop_back();
  }
  return absl::OkStatus();
}

// A birth day that puts the person into the band on the reference day, and
// makes a child of who is one.
absl::StatusOr<absl::CivilDay> BirthDayOf(const Draft& one, Dice* dice) {
  const std::pair<std::string, std::string> ends =
      absl::StrSplit(one.band, '-');
  int low = 0;
  int high = 0;
  if (!absl::SimpleAtoi(ends.first, &low) ||
      !absl::SimpleAtoi(ends.second, &high) || low > high) {
    return absl::InvalidArgumentError(
        absl::StrCat("not an age band: ", one.band));
  }
  if (one.relation[0] == 'c') {
    high = std::min(high, kAdultAge - 1);
  } else {
    low = std::max(low, std::min(high, kAdultAge));
  }
  const int age = low + static_cast<int>(
                            dice->Below(static_cast<uint64_t>(high - low) + 1));
  const auto days_ago = static_cast<int>(dice->Below(365));
  return absl::CivilDay(kReferenceDay.year() - age, 12, 31) - days_ago;
}

absl::StatusOr<std::vector<Draft>> DraftPeople(const Margins& margins,
                                               Dice* dice) {
  Values women;
  Values men;
  Values bands;
  Values regions;
  Values categories;
  PASSERELLE_RETURN_IF_ERROR(
      Expand(margins.by_host, "country", "women_girls", &women));
  PASSERELLE_RETURN_IF_ERROR(
      Expand(margins.by_host, "country", "men_boys", &men));
  PASSERELLE_RETURN_IF_ERROR(Expand(margins.by_age, "band", "persons", &bands));
  PASSERELLE_RETURN_IF_ERROR(
      Expand(margins.by_region, "region", "persons", &regions));
  PASSERELLE_RETURN_IF_ERROR(
      Expand(margins.by_category, "category", "persons", &categories));
  std::vector<Draft> people;
  for (const std::string& host : women) people.push_back(Of(host, "female"));
  for (const std::string& host : men) people.push_back(Of(host, "male"));
  if (people.size() != bands.size() || people.size() != regions.size() ||
      people.size() != categories.size() || people.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the tables do not sum to the same: ", people.size(), ", ",
        bands.size(), ", ", regions.size(), ", ", categories.size()));
  }
  const auto counted = [&](const char* category) {
    return static_cast<size_t>(
        std::count(categories.begin(), categories.end(), category));
  };
  if (counted("women") + counted("girls") != women.size() ||
      counted("men") + counted("boys") != men.size()) {
    return absl::InvalidArgumentError(
        "hosts and categories do not agree on women and girls");
  }
  dice->Shuffle(&people);
  dice->Shuffle(&bands);
  dice->Shuffle(&regions);
  for (size_t i = 0; i < people.size(); ++i) people[i].principal = i;
  PASSERELLE_RETURN_IF_ERROR(AddChildren("female", counted("girls"), &people));
  PASSERELLE_RETURN_IF_ERROR(AddChildren("male", counted("boys"), &people));
  AddSpouses(&people);
  PASSERELLE_RETURN_IF_ERROR(Settle(
      margins.by_age.rows.front().front(), margins.by_age.rows.back().front(),
      std::move(bands), std::move(regions), &people));
  return people;
}

}  // namespace

absl::StatusOr<Table> InventCaseload(const Margins& margins, const Table& names,
                                     uint64_t seed) {
  std::map<std::string, std::vector<const Values*>> by_kind;
  for (const Values& row : names.rows) by_kind[row.front()].push_back(&row);
  for (const char* kind : {"female", "male", "family"}) {
    if (by_kind[kind].empty() || names.header.size() != 3) {
      return absl::InvalidArgumentError(absl::StrCat("no ", kind, " names"));
    }
  }
  Dice dice(seed);
  PASSERELLE_ASSIGN_OR_RETURN(const std::vector<Draft> people,
                              DraftPeople(margins, &dice));
  std::vector<const Values*> family;
  for (size_t i = 0; i < people.size(); ++i) {
    family.push_back(by_kind["family"][dice.Below(by_kind["family"].size())]);
  }
  std::map<size_t, std::set<std::string>> given_in;  // by family
  Table table;
  table.header = {"number",     "family",      "relation",     "host",
                  "given_name", "family_name", "arabic_given", "arabic_family",
                  "birth_date", "sex",         "region"};
  for (size_t i = 0; i < people.size(); ++i) {
    const Draft& one = people[i];
    const std::vector<const Values*>& names_of_sex = by_kind[one.sex];
    size_t place = dice.Below(names_of_sex.size());
    // Nobody has the name of another in the family, as far as names suffice.
    for (size_t tries = 0; tries < names_of_sex.size(); ++tries) {
      if (given_in[one.principal].insert((*names_of_sex[place])[1]).second) {
        break;
      }
      place = (place + 1) % names_of_sex.size();
    }
    const Values& given = *names_of_sex[place];
    // Children bear the principal's name.
    const Values& name = *family[one.relation[0] == 'c' ? one.principal : i];
    PASSERELLE_ASSIGN_OR_RETURN(const absl::CivilDay birth,
                                BirthDayOf(one, &dice));
    table.rows.push_back({absl::StrCat(i + 1), absl::StrCat(one.principal + 1),
                          one.relation, one.host, given[1], name[1], given[2],
                          name[2], absl::FormatCivilTime(birth), one.sex,
                          one.region});
  }
  return table;
}

}  // namespace passerelle::demo
