#include "server/domain/persons.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "server/domain/age.h"
#include "server/domain/phone.h"

namespace passerelle::domain {
namespace {

namespace pb = ::passerelle::v1;

constexpr int kEarliestYear = 1900;

bool HasPart(const pb::PersonName& name) {
  return !name.given().empty() || !name.father().empty() ||
         !name.grandfather().empty() || !name.family().empty() ||
         !name.full().empty();
}

// What is known of the date is what its precision says, and exists.
bool DateFits(const pb::BirthDate& birth) {
  const google::type::Date& date = birth.date();
  switch (birth.precision()) {
    case pb::BirthDate::DAY: {
      const absl::CivilDay day(date.year(), date.month(), date.day());
      return date.month() != 0 && date.day() != 0 &&
             day.month() == date.month() && day.day() == date.day();
    }
    case pb::BirthDate::MONTH:
      return date.month() >= 1 && date.month() <= 12 && date.day() == 0;
    default:
      return date.month() == 0 && date.day() == 0;
  }
}

bool NotAfter(const google::type::Date& date, absl::CivilDay today) {
  return absl::CivilDay(date.year(), date.month() == 0 ? 1 : date.month(),
                        date.day() == 0 ? 1 : date.day()) <= today;
}

}  // namespace

std::vector<FieldViolation> CheckPerson(const pb::Person& person,
                                        absl::Time now) {
  std::vector<FieldViolation> violations;
  for (int i = 0; i < person.names_size(); ++i) {
    if (!HasPart(person.names(i))) {
      violations.push_back({absl::StrCat("person.names[", i, "]"),
                            "at least one part of the name is given"});
    }
  }
  if (person.has_birth_date()) {
    const pb::BirthDate& birth = person.birth_date();
    const int year = birth.date().year();
    if (year < kEarliestYear || year > 9999 || !DateFits(birth)) {
      violations.push_back(
          {"person.birth_date.date",
           "must be a date from 1900 on, known as far as its precision says"});
    } else if (!NotAfter(birth.date(), DayOf(now))) {
      violations.push_back(
          {"person.birth_date.date", "must not be in the future"});
    }
    if (birth.tolerance_years() != 0 &&
        birth.precision() != pb::BirthDate::ESTIMATED) {
      violations.push_back(
          {"person.birth_date.tolerance_years", "is for estimated dates only"});
    }
  }
  std::set<std::string> seen;
  for (int i = 0; i < person.nationalities_size(); ++i) {
    if (!seen.insert(person.nationalities(i)).second) {
      violations.push_back({absl::StrCat("person.nationalities[", i, "]"),
                            "stands in the list before"});
    }
  }
  if (person.stateless() && !person.nationalities().empty()) {
    violations.push_back(
        {"person.stateless", "a stateless person has no nationality"});
  }
  return violations;
}

void CompletePerson(pb::Person* person) {
  for (pb::Contact& contact : *person->mutable_contacts()) {
    contact.clear_e164();
    if (contact.type() == pb::Contact::PHONE ||
        contact.type() == pb::Contact::MESSENGER) {
      contact.set_e164(ToE164(contact.text(), contact.country()));
    }
  }
}

pb::PersonSummary SummaryOf(const pb::Person& person) {
  pb::PersonSummary summary;
  if (person.names_size() > 0) {
    const pb::PersonName& name = person.names(0);
    summary.set_given_name(name.given().empty() ? name.full() : name.given());
    summary.set_family_name(name.family().empty() ? name.father()
                                                  : name.family());
  }
  summary.set_sex(person.sex());
  if (person.has_birth_date()) {
    *summary.mutable_birth_date() = person.birth_date().date();
  }
  if (!person.nationalities().empty()) {
    summary.set_nationality(person.nationalities(0));
  }
  summary.set_return_region(person.return_region());
  return summary;
}

std::vector<pb::ProtectionHold::Concern> ConcernsOf(const pb::Person& person) {
  std::set<pb::ProtectionHold::Concern> concerns;
  for (const pb::Vulnerability& vulnerability : person.vulnerabilities()) {
    switch (vulnerability.code()) {
      case pb::Vulnerability::UNACCOMPANIED_CHILD:
      case pb::Vulnerability::SEPARATED_CHILD:
        concerns.insert(pb::ProtectionHold::UNACCOMPANIED_CHILD);
        break;
      case pb::Vulnerability::TRAFFICKING:
        concerns.insert(pb::ProtectionHold::TRAFFICKING);
        break;
      case pb::Vulnerability::ASYLUM_SEEKER:
      case pb::Vulnerability::REFUGEE:
      case pb::Vulnerability::PERSECUTED_IDENTITY:
        concerns.insert(pb::ProtectionHold::ASYLUM_WISH);
        break;
      case pb::Vulnerability::DURESS:
        concerns.insert(pb::ProtectionHold::DURESS);
        break;
      default:
        break;
    }
  }
  return {concerns.begin(), concerns.end()};
}

bool IsProtectedFromOwnCountry(const pb::Person& person) {
  for (const pb::Vulnerability& vulnerability : person.vulnerabilities()) {
    if (vulnerability.code() == pb::Vulnerability::ASYLUM_SEEKER ||
        vulnerability.code() == pb::Vulnerability::REFUGEE) {
      return true;
    }
  }
  return false;
}

}  // namespace passerelle::domain
