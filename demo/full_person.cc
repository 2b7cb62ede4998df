#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "demo/caseload.h"
#include "demo/rules.h"

namespace passerelle::demo {
namespace {

namespace pb = ::passerelle::v1;

// From here on the day of birth matters: the person comes of age about now.
constexpr int kYoung = 2003;

void AddName(const char* script, const std::string& given,
             const std::string& family, pb::Person* person) {
  pb::PersonName* name = person->add_names();
  name->set_kind(pb::PersonName::USUAL);
  name->set_script(script);
  name->set_given(given);
  name->set_family(family);
}

void SetBirthDate(const Invented& one, pb::Person* person) {
  pb::BirthDate* birth = person->mutable_birth_date();
  *birth->mutable_date() = one.person.birth_date();
  birth->set_precision(pb::BirthDate::DAY);
  if (OnlyTheYearIsKnown(one.number) && birth->date().year() < kYoung) {
    birth->mutable_date()->clear_month();
    birth->mutable_date()->clear_day();
    birth->set_precision(pb::BirthDate::YEAR);
  }
}

// Numbers of documents and telephones that nobody has.
void AddDocument(const Invented& one, pb::Person* person) {
  pb::IdentityDocument* document = person->add_identity_documents();
  document->set_type(one.number % 3 == 0 ? pb::IdentityDocument::PASSPORT
                                         : pb::IdentityDocument::NATIONAL_ID);
  document->set_number(absl::StrFormat("TEST%04d", one.number));
  document->set_country("MA");
}

void AddContacts(const Invented& one, pb::Person* person) {
  pb::Contact* phone = person->add_contacts();
  phone->set_type(pb::Contact::PHONE);
  phone->set_text(absl::StrFormat("05 00 00 %02d %02d", one.number / 100,
                                  one.number % 100));
  phone->set_country("MA");
  phone->set_safe(true);
  if (one.person.return_region().empty()) return;
  pb::Contact* address = person->add_contacts();
  address->set_type(pb::Contact::ADDRESS);
  address->set_text(
      absl::StrCat("Quartier Exemple, ", one.person.return_region()));
  address->set_country("MA");
}

}  // namespace

pb::Person FullPerson(const Invented& one) {
  pb::Person person;
  person.set_relation(one.relation);
  AddName("Latn", one.person.given_name(), one.person.family_name(), &person);
  AddName("Arab", one.arabic_given, one.arabic_family, &person);
  person.set_sex(one.person.sex());
  SetBirthDate(one, &person);
  person.add_nationalities("MA");
  person.add_languages("ar");
  if (one.number % 4 == 0) person.add_languages("fr");
  person.set_return_region(one.person.return_region());
  if (one.relation == pb::Person::CHILD) return person;
  AddDocument(one, &person);
  AddContacts(one, &person);
  person.add_return_reasons(ReasonOf(one.number));
  if (IsStranded(one.number)) {
    person.add_vulnerabilities()->set_code(pb::Vulnerability::STRANDED);
  }
  if (LivesWithDisability(one.number)) {
    person.add_vulnerabilities()->set_code(pb::Vulnerability::DISABILITY);
  }
  return person;
}

}  // namespace passerelle::demo
