// The persons of a file: each reader sees the classes it may see, and writes no
// others; nobody loses what is hidden from them.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/consent.pb.h"
#include "passerelle/v1/person.pb.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr char kPrincipal[] =
    "relation: PRINCIPAL sex: FEMALE names { kind: USUAL script: 'Latn' given: "
    "'Salma' family: 'Essai' } names { kind: DOCUMENTED script: 'Arab' given: "
    "'سلمى' family: 'الصائي' } birth_date { date { year: 1994 month: 3 day: 9 "
    "} precision: DAY } nationalities: 'MA' languages: 'ar'";

class Persons : public ::testing::Test {
 protected:
  std::string Add(absl::string_view who, const std::string& person) {
    return MustSend(server_, who, "CreatePerson",
                    absl::StrCat("parent: '", file_.name, "' person { ", person,
                                 " }"))
        .as<pb::Person>()
        .name();
  }
  Reply TryAdd(absl::string_view who, const std::string& person) {
    return Send(
        server_, who, "CreatePerson",
        absl::StrCat("parent: '", file_.name, "' person { ", person, " }"));
  }
  pb::Person Get(absl::string_view who, const std::string& name) {
    return Must<pb::Person>(server_, who, "GetPerson", Named(name));
  }
  std::vector<int> CodesFor(absl::string_view who, const std::string& name) {
    std::vector<int> codes;
    const pb::Person person = Get(who, name);
    for (const auto& one : person.vulnerabilities()) {
      codes.push_back(one.code());
    }
    return codes;
  }
  Reply Update(absl::string_view who, const std::string& name,
               const std::string& fields, const std::string& mask) {
    return Send(server_, who, "UpdatePerson",
                absl::StrCat("person { name: '", name, "' ", fields,
                             " } update_mask { ", mask, " } etag: '",
                             Get(who, name).etag(), "'"));
  }
  int Listed(absl::string_view who) {
    return Must<pb::ListPersonsResponse>(
               server_, who, "ListPersons",
               absl::StrCat("parent: '", file_.name, "'"))
        .persons_size();
  }

  TestServer server_;
  const TestServer::File file_ = server_.ProposedFile();
};

TEST_F(Persons, EachReaderSeesItsClasses) {
  const std::string name =
      Add("iom-tn/cm",
          absl::StrCat(kPrincipal,
                       " vulnerabilities { code: SINGLE_PARENT note: 'two' }"));
  EXPECT_THAT(
      Update("iom-tn/po", name,
             "vulnerabilities { code: SINGLE_PARENT note: 'two' } "
             "vulnerabilities { code: TRAFFICKING note: 'canary-protection' }",
             "paths: 'vulnerabilities'"),
      IsOk());
  EXPECT_THAT(
      Update("iom-tn/mo", name,
             "vulnerabilities { code: SINGLE_PARENT note: 'two' } "
             "vulnerabilities { code: PREGNANT note: 'canary-medical' }",
             "paths: 'vulnerabilities'"),
      IsOk());
  EXPECT_THAT(CodesFor("iom-tn/cm", name),
              ElementsAre(pb::Vulnerability::SINGLE_PARENT));
  EXPECT_THAT(CodesFor("iom-tn/po", name),
              UnorderedElementsAre(pb::Vulnerability::SINGLE_PARENT,
                                   pb::Vulnerability::TRAFFICKING));
  EXPECT_THAT(CodesFor("iom-tn/mo", name),
              UnorderedElementsAre(pb::Vulnerability::SINGLE_PARENT,
                                   pb::Vulnerability::PREGNANT));
  // On the other side likewise, what is medical under a consent of its own.
  EXPECT_THAT(CodesFor("iom-ma/fp", name),
              ElementsAre(pb::Vulnerability::SINGLE_PARENT));
  EXPECT_THAT(CodesFor("iom-ma/mo", name),
              ElementsAre(pb::Vulnerability::SINGLE_PARENT));
  MustSend(server_, "iom-tn/cm", "CreateConsent",
           absl::StrCat("parent: '", file_.name,
                        "' consent { scope: SHARE_MEDICAL recipient: "
                        "'missions/iom-ma' language: 'ar' form: WRITTEN }"));
  EXPECT_THAT(CodesFor("iom-ma/mo", name),
              UnorderedElementsAre(pb::Vulnerability::SINGLE_PARENT,
                                   pb::Vulnerability::PREGNANT));
  for (const char* who : {"iom-tn/cm", "iom-ma/fp"}) {
    const Reply reply = Look(server_, who, name);
    EXPECT_THAT(reply.bytes, Not(HasSubstr("canary")));
  }
}

TEST_F(Persons, WhatIsHiddenStaysAsItIsWhenOthersWrite) {
  const std::string name = Add("iom-tn/cm", kPrincipal);
  ASSERT_THAT(Update("iom-tn/po", name,
                     "vulnerabilities { code: TRAFFICKING note: 'kept' }",
                     "paths: 'vulnerabilities'"),
              IsOk());
  const std::string unseen = Get("iom-tn/cm", name).etag();
  ASSERT_THAT(Update("iom-tn/cm", name, "vulnerabilities { code: STRANDED }",
                     "paths: 'vulnerabilities'"),
              IsOk());
  EXPECT_NE(Get("iom-tn/cm", name).etag(), unseen);
  EXPECT_THAT(CodesFor("iom-tn/po", name),
              UnorderedElementsAre(pb::Vulnerability::STRANDED,
                                   pb::Vulnerability::TRAFFICKING));
  // `*` stands for what the caller sees: it clears that, and nothing else.
  const pb::Person seen = Get("iom-tn/cm", name);
  ASSERT_THAT(Send(server_, "iom-tn/cm", "UpdatePerson",
                   absl::StrCat("person { name: '", name, "' ", kPrincipal,
                                " } update_mask { paths: '*' } etag: '",
                                seen.etag(), "'")),
              IsOk());
  EXPECT_THAT(CodesFor("iom-tn/cm", name), IsEmpty());
  EXPECT_THAT(CodesFor("iom-tn/po", name),
              ElementsAre(pb::Vulnerability::TRAFFICKING));
}

TEST_F(Persons, AnEtagCoversWhatItsReaderSees) {
  const std::string name = Add("iom-tn/cm", kPrincipal);
  const std::string before = Get("iom-tn/cm", name).etag();
  ASSERT_THAT(Update("iom-tn/po", name, "vulnerabilities { code: DURESS }",
                     "paths: 'vulnerabilities'"),
              IsOk());
  EXPECT_EQ(Get("iom-tn/cm", name).etag(), before);
  EXPECT_NE(Get("iom-tn/po", name).etag(), before);
}

TEST_F(Persons, WhatSomebodyMayNotSeeTheyMayNotWrite) {
  EXPECT_THAT(TryAdd("iom-tn/cm",
                     absl::StrCat(kPrincipal,
                                  " vulnerabilities { code: TRAFFICKING }")),
              HasReason("FIELD_NOT_WRITABLE"));
  const std::string name = Add("iom-tn/cm", kPrincipal);
  for (const char* code : {"MEDICAL_NEEDS", "REFUGEE"}) {
    EXPECT_THAT(Update("iom-tn/cm", name,
                       absl::StrCat("vulnerabilities { code: ", code, " }"),
                       "paths: 'vulnerabilities'"),
                HasReason("FIELD_NOT_WRITABLE"));
  }
  EXPECT_THAT(CodesFor("iom-tn/po", name), IsEmpty());
}

TEST_F(Persons, ThePrincipalOfTheFileIsMadeFromThePerson) {
  const std::string name = Add("iom-tn/cm", kPrincipal);
  EXPECT_THAT(TryAdd("iom-tn/cm", kPrincipal), HasReason("PRINCIPAL_FIXED"));
  ASSERT_THAT(Update("iom-tn/cm", name,
                     "names { kind: USUAL given: 'Selma' family: 'Essai' }",
                     "paths: 'names'"),
              IsOk());
  const auto file =
      Must<pb::Case>(server_, "iom-ma/fp", "GetCase", Named(file_.name));
  EXPECT_EQ(file.principal().given_name(), "Selma");
  EXPECT_EQ(file.principal().nationality(), "MA");
  EXPECT_THAT(
      Send(server_, "iom-tn/cm", "UpdateCase",
           absl::StrCat("case { name: '", file_.name,
                        "' principal { given_name: 'Other' } } update_mask { "
                        "paths: 'principal.given_name' } etag: '",
                        Must<pb::Case>(server_, "iom-tn/cm", "GetCase",
                                       Named(file_.name))
                            .etag(),
                        "'")),
      HasReason("PRINCIPAL_IN_PERSON"));
  EXPECT_THAT(Send(server_, "iom-tn/cm", "RemovePerson", Named(name)),
              HasReason("PRINCIPAL_FIXED"));
  EXPECT_THAT(Update("iom-tn/cm", name, "relation: CHILD", "paths: 'relation'"),
              HasReason("PRINCIPAL_FIXED"));
}

TEST_F(Persons, TelephoneNumbersAreKeptAsGivenAndAsDialled) {
  const std::string name = Add(
      "iom-tn/cm",
      absl::StrCat(kPrincipal,
                   " contacts { type: PHONE text: '05 37 65 28 81' country: "
                   "'MA' } contacts { type: PHONE text: '+216 71 123 456' } "
                   "contacts { type: PHONE text: 'at the grocer' }"));
  const pb::Person person = Get("iom-ma/ro", name);
  ASSERT_EQ(person.contacts_size(), 3);
  EXPECT_EQ(person.contacts(0).text(), "05 37 65 28 81");
  EXPECT_EQ(person.contacts(0).e164(), "+212537652881");
  EXPECT_EQ(person.contacts(1).e164(), "+21671123456");
  EXPECT_EQ(person.contacts(2).text(), "at the grocer");
  EXPECT_EQ(person.contacts(2).e164(), "");
}

TEST_F(Persons, AnAdultOfTheFamilyIsSharedUnderTheirOwnConsent) {
  Add("iom-tn/cm", kPrincipal);
  const std::string spouse =
      Add("iom-tn/cm",
          "relation: SPOUSE sex: MALE names { kind: USUAL given: 'Karim' } "
          "birth_date { date { year: 1990 } precision: YEAR }");
  Add("iom-tn/cm",
      "relation: CHILD sex: MALE names { kind: USUAL given: 'Adam' } "
      "birth_date { date { year: 2019 month: 5 } precision: MONTH }");
  EXPECT_EQ(Listed("iom-tn/cm"), 3);
  EXPECT_EQ(Listed("iom-ma/fp"), 2);
  EXPECT_THAT(Look(server_, "iom-ma/fp", spouse), HasReason("NOT_VISIBLE"));
  const std::string own =
      absl::StrCat("parent: '", file_.name,
                   "' consent { scope: SHARE_WITH_ORIGIN_MISSION recipient: "
                   "'missions/iom-ma' language: 'ar' form: WRITTEN subject: '",
                   spouse, "' }");
  const auto consent =
      Must<pb::Consent>(server_, "iom-tn/cm", "CreateConsent", own);
  EXPECT_EQ(Listed("iom-ma/fp"), 3);
  MustSend(server_, "iom-tn/cm", "WithdrawConsent", Named(consent.name()));
  EXPECT_EQ(Listed("iom-ma/fp"), 2);
}

TEST_F(Persons, AnAsylumSeekersFileIsClosedToTheirOwnCountry) {
  const std::string name = Add("iom-tn/cm", kPrincipal);
  EXPECT_THAT(Look(server_, "iom-ma/fp", file_.name), IsOk());
  ASSERT_THAT(
      Update("iom-tn/po", name, "vulnerabilities { code: ASYLUM_SEEKER }",
             "paths: 'vulnerabilities'"),
      IsOk());
  for (const char* who : {"iom-ma/fp", "iom-ma/po"}) {
    EXPECT_THAT(Look(server_, who, file_.name), HasReason("NOT_VISIBLE"));
  }
  EXPECT_THAT(
      Send(server_, "iom-tn/cm", "CreateConsent",
           absl::StrCat("parent: '", file_.name,
                        "' consent { scope: SHARE_WITH_ORIGIN_AUTHORITIES "
                        "recipient: 'missions/consulate-ma' language: 'ar' "
                        "form: WRITTEN }")),
      HasReason("RECIPIENT_BARRED"));
  // The flag is taken back: the file is as it was.
  ASSERT_THAT(Update("iom-tn/po", name, "", "paths: 'vulnerabilities'"),
              IsOk());
  EXPECT_THAT(Look(server_, "iom-ma/fp", file_.name), IsOk());
}

TEST_F(Persons, WhoIsRemovedLeavesNothing) {
  const std::string name =
      Add("iom-tn/cm",
          "relation: CHILD sex: MALE names { kind: USUAL given: 'canary' } "
          "birth_date { date { year: 2019 } precision: YEAR }");
  MustSend(server_, "iom-tn/cm", "RemovePerson", Named(name));
  const Reply left = Look(server_, "iom-tn/po", name);
  ASSERT_THAT(left, IsOk());
  EXPECT_EQ(left.as<pb::Person>().state(), pb::Person::REMOVED);
  EXPECT_THAT(left.bytes, Not(HasSubstr("canary")));
  EXPECT_THAT(Look(server_, "iom-ma/fp", name), HasReason("NOT_VISIBLE"));
  EXPECT_THAT(
      Update("iom-tn/cm", name, "stateless: true", "paths: 'stateless'"),
      HasReason("STATE_FORBIDS"));
}

TEST_F(Persons, WhatCannotBeIsRefusedWithEveryReason) {
  const std::string names = "relation: SIBLING sex: MALE names { kind: USUAL ";
  for (const std::string& bad : {
           names + "}",
           names + "given: 'A' } birth_date { date { year: 2025 month: 2 day: "
                   "30 } precision: DAY }",
           names + "given: 'A' } birth_date { date { year: 1990 } precision: "
                   "DAY }",
           names + "given: 'A' } birth_date { date { year: 1990 month: 3 } "
                   "precision: YEAR }",
           names + "given: 'A' } birth_date { date { year: 2099 } precision: "
                   "YEAR }",
           names + "given: 'A' } birth_date { date { year: 1850 } precision: "
                   "YEAR }",
           names + "given: 'A' } birth_date { date { year: 1990 } precision: "
                   "YEAR tolerance_years: 2 }",
           names + "given: 'A' } nationalities: 'MA' nationalities: 'MA'",
           names + "given: 'A' } nationalities: 'ZQ'",
           names + "given: 'A' } nationalities: 'MA' stateless: true",
           names + "given: 'A' script: 'arabic' }",
           names + "given: 'A' } languages: '?'",
       }) {
    EXPECT_THAT(TryAdd("iom-tn/cm", bad), HasReason("FIELD_INVALID")) << bad;
  }
  EXPECT_EQ(Listed("iom-tn/cm"), 0);
}

TEST_F(Persons, AChildConsentsThroughItsGuardian) {
  const std::string child =
      Add("iom-tn/cm",
          "relation: CHILD sex: FEMALE names { kind: USUAL given: 'Aya' } "
          "birth_date { date { year: 2012 } precision: YEAR }");
  const std::string consent =
      absl::StrCat("parent: '", file_.name,
                   "' consent { scope: TRACING language: 'ar' form: WRITTEN "
                   "subject: '",
                   child, "' ");
  EXPECT_THAT(Send(server_, "iom-tn/po", "CreateConsent", consent + "}"),
              HasReason("FIELD_INVALID"));
  EXPECT_THAT(
      Send(server_, "iom-tn/po", "CreateConsent",
           consent + "guardian { display_name: 'Ali' authority: 'father' } }"),
      HasReason("FIELD_INVALID"));
  EXPECT_THAT(
      Send(server_, "iom-tn/po", "CreateConsent",
           consent + "guardian { display_name: 'Ali' authority: 'father' } "
                     "assent: ASSENTED }"),
      IsOk());
  EXPECT_THAT(
      Send(server_, "iom-tn/po", "CreateConsent",
           absl::StrCat("parent: '", file_.name,
                        "' consent { scope: TRACING language: 'ar' form: "
                        "WRITTEN subject: 'cases/c0/persons/h0' }")),
      HasReason("FIELD_INVALID"));
}

}  // namespace
}  // namespace passerelle::testing
