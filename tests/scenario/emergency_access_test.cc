// The glass is broken: what opens, to whom, for how long, who is told, and who
// looks into it afterwards.

#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/consent.pb.h"
#include "passerelle/v1/emergency_access.pb.h"
#include "passerelle/v1/evidence.pb.h"
#include "passerelle/v1/grant.pb.h"
#include "passerelle/v1/person.pb.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace options = ::passerelle::options::v1;
namespace pb = ::passerelle::v1;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr absl::Duration kWindow = absl::Hours(2);

class EmergencyAccess : public ::testing::Test {
 protected:
  EmergencyAccess() {
    principal_ =
        Add("iom-tn/cm",
            "relation: PRINCIPAL sex: FEMALE names { kind: USUAL given: "
            "'Salma' family: 'Essai' } birth_date { date { year: 1994 month: 3 "
            "day: 9 } precision: DAY } nationalities: 'MA' vulnerabilities { "
            "code: SINGLE_PARENT }");
    Note("iom-tn/mo", "PREGNANT");
    Note("iom-tn/po", "TRAFFICKING");
  }

  std::string Add(absl::string_view who, const std::string& person) {
    return MustSend(server_, who, "CreatePerson",
                    absl::StrCat("parent: '", file_.name, "' person { ", person,
                                 " }"))
        .as<pb::Person>()
        .name();
  }
  // Adds a vulnerability to those that the officer sees already.
  void Note(absl::string_view who, const std::string& code) {
    MustSend(server_, who, "UpdatePerson",
             absl::StrCat("person { name: '", principal_,
                          "' vulnerabilities { code: SINGLE_PARENT } "
                          "vulnerabilities { code: ",
                          code, " } } update_mask { paths: 'vulnerabilities' }",
                          " etag: '", Person(who).etag(), "'"));
  }
  pb::Person Person(absl::string_view who) {
    return Must<pb::Person>(server_, who, "GetPerson", Named(principal_));
  }
  std::vector<int> Codes(absl::string_view who) {
    std::vector<int> codes;
    const pb::Person person = Person(who);
    for (const auto& one : person.vulnerabilities()) {
      codes.push_back(one.code());
    }
    return codes;
  }
  Reply TryBreak(absl::string_view who,
                 const std::string& classes = "classes: MEDICAL") {
    return Send(
        server_, who, "BreakGlass",
        absl::StrCat("parent: '", file_.name,
                     "' emergency_access { ground: MEDICAL_EMERGENCY ", classes,
                     " justification: 'Unconscious on arrival.' }"));
  }
  pb::EmergencyAccess Break(absl::string_view who,
                            const std::string& classes = "classes: MEDICAL") {
    const Reply reply = TryBreak(who, classes);
    EXPECT_THAT(reply, IsOk());
    return reply.ok() ? reply.as<pb::EmergencyAccess>() : pb::EmergencyAccess();
  }
  Reply Review(absl::string_view who, const std::string& access,
               const std::string& finding = "finding: JUSTIFIED") {
    return Send(server_, who, "ReviewEmergencyAccess", Named(access) + finding);
  }
  pb::EmergencyAccess Seen(absl::string_view who, const std::string& access) {
    return Must<pb::EmergencyAccess>(server_, who, "GetEmergencyAccess",
                                     Named(access));
  }
  std::vector<std::string> Queue(absl::string_view who,
                                 const std::string& state) {
    std::vector<std::string> names;
    const auto list = Must<pb::ListEmergencyAccessesResponse>(
        server_, who, "ListEmergencyAccesses",
        absl::StrCat("parent: 'cases/-' state: ", state));
    for (const auto& access : list.emergency_accesses()) {
      names.push_back(access.name());
    }
    return names;
  }
  void Pass(absl::Duration time) {
    server_.clock().Advance(time);
    server_.SettleTimers();
  }

  TestServer server_;
  const TestServer::File file_ = server_.ProposedFile();
  std::string principal_;
};

TEST_F(EmergencyAccess, OpensListedClassesToOneOfficerForTwoHours) {
  const absl::Time now = server_.clock().Now();
  ASSERT_THAT(Codes("iom-ma/fp"),
              ElementsAre(pb::Vulnerability::SINGLE_PARENT));
  const pb::EmergencyAccess access = Break("iom-ma/fp");
  EXPECT_EQ(access.state(), pb::EmergencyAccess::IN_FORCE);
  EXPECT_EQ(access.mission(), "missions/iom-ma");
  EXPECT_EQ(access.officer(), "missions/iom-ma/officers/fp");
  EXPECT_EQ(absl::FromUnixSeconds(access.expire_time().seconds()),
            now + kWindow);
  EXPECT_EQ(absl::FromUnixSeconds(access.review_due_time().seconds()),
            now + absl::Hours(24));
  // The listed class and no other; that officer and no other.
  EXPECT_THAT(Codes("iom-ma/fp"),
              UnorderedElementsAre(pb::Vulnerability::SINGLE_PARENT,
                                   pb::Vulnerability::PREGNANT));
  EXPECT_THAT(Codes("iom-ma/ro"),
              ElementsAre(pb::Vulnerability::SINGLE_PARENT));
  EXPECT_THAT(Codes("iom-ma/mo"),
              ElementsAre(pb::Vulnerability::SINGLE_PARENT));
  const auto listed =
      Must<pb::ListPersonsResponse>(server_, "iom-ma/fp", "ListPersons",
                                    absl::StrCat("parent: '", file_.name, "'"));
  EXPECT_EQ(listed.persons(0).vulnerabilities_size(), 2);
  // By the server's time, whether its timer has run or not.
  server_.clock().Advance(kWindow - absl::Seconds(1));
  EXPECT_EQ(Codes("iom-ma/fp").size(), 2u);
  server_.clock().Advance(absl::Seconds(1));
  EXPECT_THAT(Codes("iom-ma/fp"),
              ElementsAre(pb::Vulnerability::SINGLE_PARENT));
}

TEST_F(EmergencyAccess, TheOwnerIsToldInTheSameTransaction) {
  const std::string access = Break("iom-ma/fp").name();
  EXPECT_THAT(Events(server_, "iom-tn", access), ElementsAre("BreakGlass"));
  EXPECT_THAT(Events(server_, "iom-ma", access), ElementsAre("BreakGlass"));
  EXPECT_THAT(Events(server_, "iom-es", access), IsEmpty());
  EXPECT_EQ(Seen("iom-tn/dp", access).justification(),
            "Unconscious on arrival.");
  EXPECT_THAT(Look(server_, "iom-es/po", access), HasReason("NOT_VISIBLE"));
  EXPECT_THAT(Look(server_, "iom-de/po", access), HasReason("NOT_VISIBLE"));
  // The owner's own officer is no exception.
  const std::string own = Break("iom-tn/fp").name();
  EXPECT_THAT(Events(server_, "iom-tn", own), ElementsAre("BreakGlass"));
  EXPECT_THAT(Look(server_, "iom-ma/po", own), HasReason("NOT_VISIBLE"));
}

TEST_F(EmergencyAccess, IsNotRenewedBeforeItsReview) {
  const std::string access = Break("iom-ma/fp").name();
  for (const absl::Duration wait : {absl::ZeroDuration(), absl::Hours(3)}) {
    Pass(wait);
    for (const char* who : {"iom-ma/fp", "iom-ma/mo"}) {
      EXPECT_THAT(TryBreak(who), HasReason("EMERGENCY_REVIEW_OWED"));
    }
  }
  // What one mission owes does not bind another.
  EXPECT_THAT(TryBreak("iom-tn/fp"), IsOk());
  EXPECT_THAT(Review("iom-ma/dp", access), HasReason("NOT_VISIBLE"));
  EXPECT_THAT(Review("iom-tn/fp", access), HasReason("OFFICER_NOT_AUTHORIZED"));
  EXPECT_THAT(Review("iom-tn/dp", access, "finding: EXCESSIVE"),
              HasReason("FIELD_INVALID"));
  ASSERT_THAT(
      Review("iom-tn/dp", access, "finding: EXCESSIVE comment: 'Ask first.'"),
      IsOk());
  EXPECT_THAT(Events(server_, "iom-ma", access),
              Contains("ReviewEmergencyAccess"));
  const pb::EmergencyAccess reviewed = Seen("iom-ma/fp", access);
  EXPECT_EQ(reviewed.finding(), pb::EmergencyAccess::EXCESSIVE);
  EXPECT_EQ(reviewed.review_comment(), "Ask first.");
  EXPECT_EQ(reviewed.reviewer(), "missions/iom-tn/officers/dp");
  EXPECT_THAT(Review("iom-tn/dp", access), HasReason("STATE_FORBIDS"));
  EXPECT_THAT(TryBreak("iom-ma/fp"), IsOk());
}

TEST_F(EmergencyAccess, AReviewEndsIt) {
  const std::string access = Break("iom-ma/fp").name();
  ASSERT_EQ(Codes("iom-ma/fp").size(), 2u);
  Pass(absl::Hours(1));
  ASSERT_THAT(
      Review("iom-tn/dp", access, "finding: UNJUSTIFIED comment: 'No.'"),
      IsOk());
  EXPECT_EQ(Codes("iom-ma/fp").size(), 1u);
  const pb::EmergencyAccess reviewed = Seen("iom-tn/dp", access);
  EXPECT_EQ(absl::FromUnixSeconds(reviewed.expire_time().seconds()),
            server_.clock().Now());
  Pass(absl::Hours(48));
  EXPECT_EQ(Seen("iom-tn/dp", access).state(), pb::EmergencyAccess::REVIEWED);
}

TEST_F(EmergencyAccess, WhoBrokeTheGlassDoesNotReviewIt) {
  server_.AddOfficer("iom-tn", "both",
                     "roles: MEDICAL_OFFICER roles: DATA_PROTECTION_OFFICER");
  const std::string access = Break("iom-tn/both", "classes: PROTECTION").name();
  EXPECT_THAT(Review("iom-tn/both", access),
              HasReason("SECOND_OFFICER_REQUIRED"));
  EXPECT_THAT(Review("iom-tn/dp", access), IsOk());
}

TEST_F(EmergencyAccess, AnOverdueReviewIsMailedAndQueued) {
  const std::string access = Break("iom-ma/fp").name();
  Pass(kWindow);
  EXPECT_THAT(Queue("iom-tn/dp", "AWAITING_REVIEW"), ElementsAre(access));
  EXPECT_THAT(Queue("iom-tn/dp", "REVIEW_OVERDUE"), IsEmpty());
  EXPECT_THAT(Events(server_, "iom-tn", access),
              ElementsAre("BreakGlass", "Expire"));
  Pass(absl::Hours(22) - absl::Seconds(1));
  EXPECT_THAT(Queue("iom-tn/dp", "REVIEW_OVERDUE"), IsEmpty());
  Pass(absl::Seconds(1));
  EXPECT_THAT(Queue("iom-tn/dp", "REVIEW_OVERDUE"), ElementsAre(access));
  EXPECT_THAT(Queue("iom-tn/dp", "AWAITING_REVIEW"), IsEmpty());
  EXPECT_THAT(Queue("iom-de/dp", "REVIEW_OVERDUE"), IsEmpty());
  EXPECT_THAT(Events(server_, "iom-tn", access),
              ElementsAre("BreakGlass", "Expire", "Overdue"));
  EXPECT_THAT(Events(server_, "iom-ma", access),
              ElementsAre("BreakGlass", "Expire", "Overdue"));
  EXPECT_THAT(Events(server_, "iom-es", access), IsEmpty());
  EXPECT_THAT(Review("iom-tn/dp", access), IsOk());
  EXPECT_THAT(Queue("iom-tn/dp", "REVIEW_OVERDUE"), IsEmpty());
}

TEST_F(EmergencyAccess, AStandstillCatchesUpOnce) {
  const std::string access = Break("iom-ma/fp").name();
  server_.clock().Advance(absl::Hours(24 * 30));
  for (int i = 0; i < 2; ++i) {
    server_.Restart();
    server_.SettleTimers();
  }
  EXPECT_EQ(Seen("iom-tn/dp", access).state(),
            pb::EmergencyAccess::REVIEW_OVERDUE);
  EXPECT_THAT(Events(server_, "iom-tn", access),
              ElementsAre("BreakGlass", "Expire", "Overdue"));
  EXPECT_THAT(TryBreak("iom-ma/fp"), HasReason("EMERGENCY_REVIEW_OWED"));
}

TEST_F(EmergencyAccess, OpensNoMoreThanThePolicyAllows) {
  for (const char* classes :
       {"classes: PROTECTION", "classes: SEALED", "classes: FINANCE",
        "classes: MEDICAL classes: PROTECTION",
        // Of these everything is seen already.
        "classes: IDENTITY classes: CONTACT"}) {
    EXPECT_THAT(TryBreak("iom-ma/fp", classes),
                HasReason("EMERGENCY_CLASSES_INVALID"))
        << classes;
  }
  EXPECT_EQ(DetailsOf(TryBreak("iom-ma/fp", "classes: PROTECTION").status)
                .metadata["classes"],
            "PROTECTION");
  EXPECT_THAT(TryBreak("iom-ma/fp", ""), HasReason("FIELD_INVALID"));
  EXPECT_THAT(TryBreak("iom-ma/cm"), HasReason("OFFICER_NOT_AUTHORIZED"));
  EXPECT_THAT(TryBreak("iom-ma/dp"), HasReason("OFFICER_NOT_AUTHORIZED"));
  EXPECT_THAT(Queue("iom-tn/dp", "IN_FORCE"), IsEmpty());
  Break("iom-ma/mo", "classes: MEDICAL classes: PROTECTION");
  EXPECT_EQ(Codes("iom-ma/mo").size(), 3u);
}

TEST_F(EmergencyAccess, OpensNothingWithoutAPosition) {
  EXPECT_THAT(TryBreak("iom-de/po"), HasReason("NOT_VISIBLE"));
  server_.AddOfficer("ngo-tn", "po", "roles: PROTECTION_OFFICER");
  EXPECT_THAT(TryBreak("ngo-tn/po"), HasReason("MISSION_KIND_NOT_AUTHORIZED"));
  // An offer is none, nor is what was recalled; a withdrawal wins.
  Break("iom-ma/po");
  ASSERT_THAT(Look(server_, "iom-ma/po", file_.name), IsOk());
  MustSend(server_, "iom-tn/cm", "WithdrawConsent", Named(file_.consent));
  EXPECT_THAT(Look(server_, "iom-ma/po", file_.name), HasReason("NOT_VISIBLE"));
  EXPECT_THAT(Look(server_, "iom-ma/po", principal_), HasReason("NOT_VISIBLE"));
  EXPECT_THAT(TryBreak("iom-ma/mo"), HasReason("NOT_VISIBLE"));
}

TEST_F(EmergencyAccess, AnOfferIsNoPosition) {
  const std::string consent =
      Must<pb::Consent>(server_, "iom-tn/cm", "CreateConsent",
                        absl::StrCat("parent: '", file_.name,
                                     "' consent { scope: SHARE_WITH_PARTNER "
                                     "recipient: 'missions/iom-de' language: "
                                     "'ar' form: WRITTEN }"))
          .name();
  const std::string grant =
      Must<pb::Grant>(server_, "iom-tn/fp", "CreateGrant",
                      absl::StrCat("parent: '", file_.name,
                                   "' grant { recipient: 'missions/iom-de' "
                                   "mode: READ purpose: CASE_MANAGEMENT basis: "
                                   "CONSENT classes: IDENTITY consent: '",
                                   consent, "' }"))
          .name();
  EXPECT_THAT(TryBreak("iom-de/po"), HasReason("NOT_VISIBLE"));
  MustSend(server_, "iom-de/fp", "AcceptGrant", Named(grant));
  EXPECT_EQ(Codes("iom-de/po").size(), 0u);
  Break("iom-de/po", "classes: MEDICAL");
  EXPECT_THAT(Codes("iom-de/po"), ElementsAre(pb::Vulnerability::PREGNANT));
  MustSend(server_, "iom-tn/cm", "RecallGrant", Named(grant));
  EXPECT_THAT(Look(server_, "iom-de/po", principal_), HasReason("NOT_VISIBLE"));
}

TEST_F(EmergencyAccess, AMissionOnTheWayFindsOutWhoIsInDanger) {
  EXPECT_EQ(Must<pb::Case>(server_, "iom-es/po", "GetCase", Named(file_.name))
                .principal()
                .given_name(),
            "");
  EXPECT_THAT(Look(server_, "iom-es/po", principal_), HasReason("NOT_VISIBLE"));
  Break("iom-es/po", "classes: IDENTITY classes: MEDICAL");
  EXPECT_EQ(Must<pb::Case>(server_, "iom-es/po", "GetCase", Named(file_.name))
                .principal()
                .given_name(),
            "Salma");
  EXPECT_THAT(Codes("iom-es/po"), ElementsAre(pb::Vulnerability::PREGNANT));
  EXPECT_THAT(Look(server_, "iom-es/mo", principal_), HasReason("NOT_VISIBLE"));
  Pass(kWindow);
  EXPECT_THAT(Look(server_, "iom-es/po", principal_), HasReason("NOT_VISIBLE"));
}

TEST_F(EmergencyAccess, NobodyElseOfTheFamilyIsOpened) {
  const std::string spouse =
      Add("iom-tn/cm",
          "relation: SPOUSE sex: MALE names { kind: USUAL given: 'Karim' } "
          "birth_date { date { year: 1990 } precision: YEAR }");
  Break("iom-ma/mo", "classes: MEDICAL classes: PROTECTION");
  EXPECT_THAT(Look(server_, "iom-ma/mo", spouse), HasReason("NOT_VISIBLE"));
}

TEST_F(EmergencyAccess, TheOwnCountryOfARefugeeStaysOutside) {
  Break("iom-ma/mo");
  ASSERT_THAT(Look(server_, "iom-ma/mo", principal_), IsOk());
  Note("iom-tn/po", "ASYLUM_SEEKER");
  EXPECT_THAT(Look(server_, "iom-ma/mo", principal_), HasReason("NOT_VISIBLE"));
  EXPECT_THAT(TryBreak("iom-ma/po"), HasReason("NOT_VISIBLE"));
  // Nor does it help to own the file.
  const Target own = Bring(server_, "retroactive:SELF_PRESENTED");
  MustSend(server_, "iom-ma/po", "CreatePerson",
           absl::StrCat("parent: '", own.name,
                        "' person { relation: PRINCIPAL sex: FEMALE names { "
                        "kind: USUAL given: 'Salma' family: 'Essai' } "
                        "birth_date { date { year: 1994 month: 3 day: 9 } "
                        "precision: DAY } nationalities: 'MA' vulnerabilities "
                        "{ code: REFUGEE } }"));
  EXPECT_THAT(Send(server_, "iom-ma/fp", "BreakGlass",
                   absl::StrCat("parent: '", own.name,
                                "' emergency_access { ground: LIFE_IN_DANGER "
                                "classes: MEDICAL justification: 'On the "
                                "road.' }")),
              HasReason("RECIPIENT_BARRED"));
}

TEST_F(EmergencyAccess, AHoldForProtectionStaysItsOwners) {
  const Target target = Bring(server_, "outbound:PROTECTION_HOLD");
  ASSERT_THAT(Send(server_, "iom-ma/mo", "BreakGlass",
                   absl::StrCat("parent: '", target.name,
                                "' emergency_access { ground: LIFE_IN_DANGER "
                                "classes: MEDICAL classes: PROTECTION "
                                "justification: 'At the border.' }")),
              IsOk());
  const auto seen =
      Must<pb::Case>(server_, "iom-ma/mo", "GetCase", Named(target.name));
  EXPECT_FALSE(seen.has_protection_hold());
  EXPECT_NE(seen.stage(), pb::Case::PROTECTION_HOLD);
}

TEST_F(EmergencyAccess, ReadsAndNeverWrites) {
  Break("iom-tn/fp");
  const pb::Person read = Person("iom-tn/fp");
  ASSERT_EQ(read.vulnerabilities_size(), 2);
  const auto update = [&](const std::string& fields, const std::string& mask) {
    return Send(server_, "iom-tn/fp", "UpdatePerson",
                absl::StrCat("person { name: '", principal_, "' ", fields,
                             " } update_mask { paths: '", mask, "' } etag: '",
                             read.etag(), "'"));
  };
  EXPECT_THAT(update("vulnerabilities { code: SINGLE_PARENT } vulnerabilities "
                     "{ code: PREGNANT }",
                     "vulnerabilities"),
              HasReason("FIELD_NOT_WRITABLE"));
  // What was read under it serves for what may be written all the same.
  const Reply updated = update("return_region: 'Souss'", "return_region");
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated.as<pb::Person>().vulnerabilities_size(), 1);
  EXPECT_EQ(Codes("iom-tn/fp").size(), 2u);
  EXPECT_THAT(update("return_region: 'Fez'", "return_region"),
              HasReason("ETAG_MISMATCH"));
}

TEST_F(EmergencyAccess, EveryReadUnderItLeavesItsName) {
  Person("iom-ma/fp");
  const std::string access = Break("iom-ma/fp").name();
  Person("iom-ma/fp");
  Person("iom-ma/ro");
  Pass(kWindow);
  Person("iom-ma/fp");
  server_.SettleTimers();
  const auto accesses = Must<pb::ListAccessesResponse>(
      server_, "iom-tn/dp", "ListAccesses",
      absl::StrCat("page_size: 1000 parent: '", file_.name, "'"));
  std::vector<std::string> named;
  for (const pb::Access& line : accesses.accesses()) {
    if (absl::EndsWith(line.method(), "/BreakGlass")) {
      EXPECT_EQ(line.purpose(), options::EMERGENCY);
      EXPECT_EQ(line.resource(), access);
    }
    if (absl::EndsWith(line.method(), "/GetPerson") &&
        line.mission() == "missions/iom-ma") {
      named.push_back(line.emergency_access());
      EXPECT_EQ(line.emergency_access() == access,
                absl::c_linear_search(line.classes(), options::MEDICAL));
    }
  }
  EXPECT_THAT(named, ElementsAre("", access, "", ""));
}

TEST_F(EmergencyAccess, EndsWithTheFile) {
  const std::string access = Break("iom-ma/mo").name();
  MustSend(server_, "iom-tn/dp", "EraseCase",
           Named(file_.name) + "reason: PERSON_ASKED");
  EXPECT_THAT(TryBreak("iom-ma/po"), HasReason("STATE_FORBIDS"));
  EXPECT_THAT(Look(server_, "iom-tn/dp", access), Not(IsOk()));
  EXPECT_EQ(Must<pb::Case>(server_, "iom-ma/mo", "GetCase", Named(file_.name))
                .principal()
                .given_name(),
            "");
}

TEST_F(EmergencyAccess, APageBelongsToTheStateAskedFor) {
  Break("iom-ma/mo");
  const Reply page = Send(server_, "iom-tn/dp", "ListEmergencyAccesses",
                          "parent: 'cases/-' page_size: 1 state: IN_FORCE");
  ASSERT_THAT(page, IsOk());
  const std::string token =
      page.as<pb::ListEmergencyAccessesResponse>().next_page_token();
  ASSERT_FALSE(token.empty());
  EXPECT_THAT(Send(server_, "iom-tn/dp", "ListEmergencyAccesses",
                   absl::StrCat("parent: 'cases/-' page_size: 1 state: "
                                "REVIEWED page_token: '",
                                token, "'")),
              HasReason("PAGE_TOKEN_INVALID"));
}

}  // namespace
}  // namespace passerelle::testing
