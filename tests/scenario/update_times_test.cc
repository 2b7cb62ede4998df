// Whoever does not see what changed does not see that something changed: not in
// the resource, its etag or times, and a mission none of whose officers sees it
// gets no mail.

#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/person.pb.h"
#include "tests/scenario/file_fixture.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class UpdateTimes : public FileFixture {
 protected:
  pb::Person Person(const std::string& who, const std::string& name) {
    return Must<pb::Person>(server_, who, "GetPerson", Named(name));
  }
  std::string Bytes(const std::string& who, const std::string& name) {
    return Look(server_, who, name).bytes;
  }
  void Update(const std::string& who, const std::string& name,
              const std::string& fields, const std::string& path) {
    server_.clock().Advance(absl::Minutes(1));
    MustSend(server_, who, "UpdatePerson",
             absl::StrCat("person { name: '", name, "' ", fields,
                          " } update_mask { paths: '", path, "' } etag: '",
                          Person(who, name).etag(), "'"));
  }
  // A file in which ngo-tn takes part to provide a service, and a person of it.
  std::string SharedPerson() {
    const Target target = Bring(server_, "grant:IN_FORCE");
    return Must<pb::Person>(
               server_, "iom-tn/cm", "CreatePerson",
               absl::StrCat("parent: '", target.file.name,
                            "' person { relation: CHILD sex: MALE names { "
                            "kind: USUAL given: 'Adam' } birth_date { date { "
                            "year: 2019 } precision: YEAR } }"))
        .name();
  }
};

TEST_F(UpdateTimes, OfAPersonMoveForThoseWhoSeeTheChange) {
  const std::string name = SharedPerson();
  const char* const blind[] = {"iom-tn/cm", "iom-tn/mo", "iom-ma/fp",
                               "iom-ma/mo", "ngo-tn/fp"};
  const char* const seeing[] = {"iom-tn/po", "iom-ma/po"};
  std::vector<std::string> before;
  for (const char* who : blind) before.push_back(Bytes(who, name));
  const pb::Person was = Person("iom-ma/po", name);
  Update("iom-tn/po", name, "vulnerabilities { code: TRAFFICKING }",
         "vulnerabilities");
  for (size_t i = 0; i < std::size(blind); ++i) {
    EXPECT_EQ(Bytes(blind[i], name), before[i]) << blind[i];
  }
  for (const char* who : seeing) {
    const pb::Person now = Person(who, name);
    EXPECT_EQ(now.update_time().seconds(), was.update_time().seconds() + 60);
    EXPECT_NE(now.etag(), was.etag()) << who;
  }
  // An update by whoever does not see it goes on from the etag that was.
  Update("iom-tn/cm", name, "languages: 'ar'", "languages");
  EXPECT_EQ(Person("iom-ma/po", name).vulnerabilities_size(), 1);
  EXPECT_EQ(Person("ngo-tn/fp", name).update_time().seconds(),
            was.update_time().seconds() + 120);
}

TEST_F(UpdateTimes, WhatChangesNothingMovesNothing) {
  const std::string name = SharedPerson();
  const std::string before = Bytes("iom-tn/po", name);
  Update("iom-tn/po", name, "vulnerabilities { code: TRAFFICKING }",
         "vulnerabilities");
  const std::string flagged = Bytes("iom-tn/po", name);
  EXPECT_NE(flagged, before);
  Update("iom-tn/po", name, "vulnerabilities { code: TRAFFICKING }",
         "vulnerabilities");
  EXPECT_EQ(Bytes("iom-tn/po", name), flagged);
}

TEST_F(UpdateTimes, MailIsForMissionsThatSeeTheChange) {
  const std::string name = SharedPerson();
  const auto told = [&](const std::string& mission) {
    return Events(server_, mission, name);
  };
  EXPECT_THAT(told("ngo-tn"), ElementsAre("CreatePerson"));
  Update("iom-tn/po", name, "vulnerabilities { code: TRAFFICKING }",
         "vulnerabilities");
  Update("iom-tn/mo", name, "vulnerabilities { code: PREGNANT }",
         "vulnerabilities");
  EXPECT_THAT(told("ngo-tn"), ElementsAre("CreatePerson"));
  // The protection officers there must know; nobody consented to medical.
  EXPECT_THAT(told("iom-ma"), ElementsAre("CreatePerson", "UpdatePerson"));
  Update("iom-tn/cm", name,
         "contacts { type: ADDRESS text: 'Rue Exemple' country: 'TN' }",
         "contacts");
  EXPECT_THAT(told("ngo-tn"), ElementsAre("CreatePerson", "UpdatePerson"));
  EXPECT_THAT(told("iom-es"), IsEmpty());
}

// A country crossed sees that there is a file, and where it stands.
TEST_F(UpdateTimes, OfAFileMoveForThoseWhoSeeTheChange) {
  const Target target = Bring(server_, "case:ACCEPTED");
  const std::string before = Bytes("iom-es/cm", target.name);
  const auto mail = Events(server_, "iom-es", target.name);
  const pb::Case file = Seen(target, "iom-tn/cm");
  server_.clock().Advance(absl::Minutes(1));
  MustSend(
      server_, "iom-tn/cm", "UpdateCase",
      absl::StrCat("case { name: '", target.name,
                   "' principal { given_name: 'Selma' family_name: "
                   "'Essai' sex: FEMALE nationality: 'MA' birth_date { year: "
                   "1994 month: 3 day: 9 } } } "
                   "update_mask { paths: 'principal' } etag: '",
                   file.etag(), "'"));
  EXPECT_EQ(Bytes("iom-es/cm", target.name), before);
  EXPECT_EQ(Events(server_, "iom-es", target.name), mail);
  EXPECT_NE(Seen(target, "iom-ma/fp").update_time().seconds(),
            file.update_time().seconds());
  EXPECT_THAT(Events(server_, "iom-ma", target.name), Contains("UpdateCase"));
  // The principal in a person of the file changes the summary in the file.
  MustSend(server_, "iom-tn/cm", "CreatePerson",
           absl::StrCat("parent: '", target.name,
                        "' person { relation: PRINCIPAL sex: FEMALE names { "
                        "kind: USUAL given: 'Salma' } }"));
  EXPECT_EQ(Bytes("iom-es/cm", target.name), before);
  // Time moves for everybody what everybody sees.
  server_.clock().Advance(absl::Minutes(1));
  MustSend(server_, "iom-ma/fp", "ConfirmArrival",
           absl::StrCat(Named(target.name),
                        "arrival_date { year: 2026 month: 3 day: 1 }"));
  EXPECT_NE(Bytes("iom-es/cm", target.name), before);
}

}  // namespace
}  // namespace passerelle::testing
