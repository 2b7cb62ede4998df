#include "demo/caseload.h"

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

constexpr size_t kColumns = 11;

absl::StatusOr<pb::Person::Relation> RelationOf(const std::string& word) {
  if (word == "principal") return pb::Person::PRINCIPAL;
  if (word == "spouse") return pb::Person::SPOUSE;
  if (word == "child") return pb::Person::CHILD;
  return absl::InvalidArgumentError(absl::StrCat("not a relation: ", word));
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
  return absl::StrFormat("%s-2022-%03d", host, family);
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
  PASSERELLE_ASSIGN_OR_RETURN(margins.by_category,
                              ReadCsv(absl::StrCat(folder, "/", kByCategory)));
  return margins;
}

absl::StatusOr<std::vector<Invented>> ReadCaseload(const std::string& path) {
  PASSERELLE_ASSIGN_OR_RETURN(const Table table, ReadCsv(path));
  if (table.header.size() != kColumns) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": eleven columns"));
  }
  std::vector<Invented> people;
  for (const std::vector<std::string>& row : table.rows) {
    Invented one;
    absl::CivilDay birth;
    if (!absl::SimpleAtoi(row[0], &one.number) ||
        !absl::SimpleAtoi(row[1], &one.family) ||
        !absl::ParseCivilTime(row[8], &birth) ||
        (row[9] != "female" && row[9] != "male")) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": not a person: number ", row[0]));
    }
    PASSERELLE_ASSIGN_OR_RETURN(one.relation, RelationOf(row[2]));
    one.host = row[3];
    one.person.set_given_name(row[4]);
    one.person.set_family_name(row[5]);
    one.arabic_given = row[6];
    one.arabic_family = row[7];
    one.person.mutable_birth_date()->set_year(static_cast<int>(birth.year()));
    one.person.mutable_birth_date()->set_month(birth.month());
    one.person.mutable_birth_date()->set_day(birth.day());
    one.person.set_sex(row[9] == "female" ? pb::PersonSummary::FEMALE
                                          : pb::PersonSummary::MALE);
    one.person.set_nationality("MA");
    if (row[10] != kNotNamed) one.person.set_return_region(row[10]);
    people.push_back(std::move(one));
  }
  return people;
}

}  // namespace passerelle::demo
