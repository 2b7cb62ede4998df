// The five gates of an OUTBOUND return: the server enters READY when all of
// them are green and valid on the day of travel, and leaves it when one is not.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "tests/scenario/file_fixture.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::Contains;

struct Recorder {
  const char* who;
  const char* method;
};
constexpr Recorder kRecorders[] = {
    {"iom-tn/mo", "RecordMedicalGate"},
    {"iom-tn/mv", "RecordTravelDocumentGate"},
    {"iom-tn/po", "RecordProtectionGate"},
    {"iom-ma/fp", "RecordOriginGate"},
};
constexpr char kSign[] =
    "declaration { sign_date { $today } language: 'ar' understood: true ";

using Gates = FileFixture;

TEST_F(Gates, ReadyExactlyWhenAllFiveAreGreen) {
  for (int green = 0; green < 32; ++green) {
    SCOPED_TRACE(green);
    const Target target = Bring(server_, "outbound:ELIGIBLE");
    // The declaration's gate is green once signed; here it ends too early.
    Do("iom-tn/cm", "SignDeclaration", target,
       absl::StrCat(
           kSign, (green & 1) != 0 ? "" : "valid_until_date { $today }", " }"));
    for (int i = 0; i < 4; ++i) {
      // UNKNOWN for the protection gate: a red one holds the file.
      const char* not_green = i == 2 ? "state: UNKNOWN" : "state: RED";
      Do(kRecorders[i].who, kRecorders[i].method, target,
         (green & (2 << i)) != 0 ? "state: GREEN" : not_green);
    }
    EXPECT_EQ(Seen(target).stage(),
              green == 31 ? pb::Case::READY : pb::Case::IN_PREPARATION);
  }
}

TEST_F(Gates, OneThatTurnsLeadsBackFromEveryStageBeforeDeparture) {
  for (const char* stage : {"READY", "BOOKED", "DEPARTING"}) {
    for (int i = 0; i < 4; ++i) {
      SCOPED_TRACE(absl::StrCat(stage, " ", kRecorders[i].method));
      const Target target = Bring(server_, absl::StrCat("outbound:", stage));
      const pb::Case turned =
          Do(kRecorders[i].who, kRecorders[i].method, target,
             i == 2 ? "state: UNKNOWN" : "state: RED");
      EXPECT_EQ(turned.stage(), pb::Case::IN_PREPARATION);
      EXPECT_FALSE(turned.has_departure_time());
      if (std::string(stage) != "READY") continue;
      EXPECT_EQ(
          Do(kRecorders[i].who, kRecorders[i].method, target, "state: GREEN")
              .stage(),
          pb::Case::READY);
    }
  }
}

TEST_F(Gates, ValidityIsThatOfTheDayOfTravel) {
  const Target target = Bring(server_, "outbound:PROTECTION");
  // The last day is the day of travel itself.
  EXPECT_EQ(Do("iom-ma/fp", "RecordOriginGate", target,
               "state: GREEN valid_until_date { $travel_day }")
                .stage(),
            pb::Case::READY);
  EXPECT_EQ(Do("iom-ma/fp", "RecordOriginGate", target,
               "state: GREEN valid_until_date { $today }")
                .stage(),
            pb::Case::IN_PREPARATION);
  // An earlier travel makes it valid again.
  const auto plan = [&](const std::string& day) {
    return Send(
        server_, "iom-tn/cm", "UpdateCase",
        *MakeRequest(
            "UpdateCase",
            absl::StrCat("case { name: '$name' travel_date { ", day,
                         " } } etag: '", Seen(target, "iom-tn/cm").etag(), "'"),
            target.words()));
  };
  EXPECT_EQ(plan("$today").as<pb::Case>().stage(), pb::Case::READY);
  EXPECT_EQ(plan("$travel_day").as<pb::Case>().stage(),
            pb::Case::IN_PREPARATION);
  EXPECT_THAT(plan("year: 2020 month: 1 day: 1"),
              HasReason("TRAVEL_DATE_INVALID"));
}

TEST_F(Gates, AreRecordedByTheOfficerWhoseTheyAre) {
  const Target target = Bring(server_, "outbound:IN_PREPARATION");
  const std::vector<std::string> officers = {"cm", "fp", "ro", "me",
                                             "po", "mo", "mv"};
  const std::vector<std::set<std::string>> admitted = {
      {"mo"}, {"mv"}, {"po"}, {"fp", "ro", "mv"}};
  for (int i = 0; i < 4; ++i) {
    const std::string own = i == 3 ? "iom-ma" : "iom-tn";
    const std::string other = i == 3 ? "iom-tn" : "iom-ma";
    for (const std::string& officer : officers) {
      SCOPED_TRACE(absl::StrCat(kRecorders[i].method, " ", officer));
      const bool may = admitted[static_cast<size_t>(i)].count(officer) > 0;
      const std::string stale = "state: GREEN etag: '\"stale\"'";
      EXPECT_THAT(Try(own + "/" + officer, kRecorders[i].method, target, stale),
                  HasReason(may ? "ETAG_MISMATCH" : "OFFICER_NOT_AUTHORIZED"));
      EXPECT_THAT(
          Try(other + "/" + officer, kRecorders[i].method, target, stale),
          HasReason(may ? "NOT_VISIBLE" : "OFFICER_NOT_AUTHORIZED"));
    }
  }
}

TEST_F(Gates, ColoursAreForBothMissionsReasonsForTheirOfficers) {
  const Target target = Bring(server_, "outbound:IN_PREPARATION");
  Do("iom-tn/mo", "RecordMedicalGate", target, "state: RED reason: PREGNANCY");
  Do("iom-tn/po", "RecordProtectionGate", target,
     "state: UNKNOWN reason: TRAFFICKING_ASSESSMENT");
  const auto medical = [&](const std::string& who) {
    return Seen(target, who).gates(1);
  };
  for (const char* who : {"iom-tn/cm", "iom-tn/po", "iom-ma/fp", "iom-ma/mo"}) {
    EXPECT_EQ(medical(who).kind(), pb::Gate::MEDICAL);
    EXPECT_EQ(medical(who).state(), pb::Gate::RED);
    EXPECT_EQ(medical(who).medical_reason(),
              pb::Gate::MEDICAL_REASON_UNSPECIFIED);
  }
  EXPECT_EQ(medical("iom-tn/mo").medical_reason(), pb::Gate::PREGNANCY);
  MustSend(server_, "iom-tn/cm", "CreateConsent",
           absl::StrCat("parent: '", target.name,
                        "' consent { scope: SHARE_MEDICAL recipient: "
                        "'missions/iom-ma' language: 'ar' form: WRITTEN }"));
  EXPECT_EQ(medical("iom-ma/mo").medical_reason(), pb::Gate::PREGNANCY);
  EXPECT_EQ(Seen(target, "iom-tn/cm").protection_gate().state(),
            pb::Gate::UNKNOWN);
  EXPECT_EQ(Seen(target, "iom-tn/cm").protection_gate().protection_reason(),
            pb::Gate::PROTECTION_REASON_UNSPECIFIED);
  EXPECT_EQ(Seen(target, "iom-tn/po").protection_gate().protection_reason(),
            pb::Gate::TRAFFICKING_ASSESSMENT);
  EXPECT_FALSE(Seen(target, "iom-ma/po").has_protection_gate());
  EXPECT_EQ(Seen(target, "iom-es/cm").gates_size(), 0);
  // Another reason for the same colour shows to nobody who may not read it.
  const std::string before = Look(server_, "iom-ma/fp", target.name).bytes;
  const size_t mail = Events(server_, "iom-ma").size();
  server_.clock().Advance(absl::Hours(1));
  Do("iom-tn/mo", "RecordMedicalGate", target, "state: RED reason: UNFIT");
  EXPECT_EQ(medical("iom-tn/mo").medical_reason(), pb::Gate::UNFIT);
  EXPECT_EQ(Look(server_, "iom-ma/fp", target.name).bytes, before);
  EXPECT_EQ(Events(server_, "iom-ma").size(), mail);
}

TEST_F(Gates, TravelIsBookedCheckedAndPostponed) {
  const Target target = Bring(server_, "outbound:READY");
  const auto book = [&](const std::string& rest) {
    return Try("iom-tn/mv", "BookTravel", target, rest);
  };
  EXPECT_THAT(book("departure_time { seconds: 1700000000 } has_passport: true"),
              HasReason("TRAVEL_DATE_INVALID"));
  EXPECT_THAT(book("departure_time { $departure }"),
              HasReason("EXIT_AUTHORISATION_MISSING"));
  Do("iom-ma/fp", "RecordOriginGate", target,
     "state: GREEN valid_until_date { $travel_day }");
  const int64_t later =
      absl::ToUnixSeconds(target.begun + absl::Hours(24 * 30));
  EXPECT_THAT(book(absl::StrCat("departure_time { seconds: ", later,
                                " } has_passport: true")),
              HasReason("GATE_NOT_VALID"));
  EXPECT_THAT(book("departure_time { $departure } exit_authorisation_date { "
                   "$today }"),
              IsOk());
  EXPECT_TRUE(Seen(target).has_exit_authorisation_date());

  const auto check = [&](const std::string& confirmed) {
    return Try("iom-tn/mo", "RecordPreEmbarkationCheck", target, confirmed);
  };
  const absl::Time departure = target.begun + absl::Hours(24 * 18);
  const auto go_to = [&](absl::Duration left) {
    server_.clock().Advance(departure - left - server_.clock().Now());
  };
  go_to(absl::Hours(72) + absl::Seconds(1));
  EXPECT_THAT(check("consent_confirmed: true"),
              HasReason("CHECK_OUTSIDE_WINDOW"));
  go_to(absl::Hours(72));
  // Whoever no longer wants to return withdraws.
  EXPECT_THAT(check(""), HasReason("FIELD_INVALID"));
  EXPECT_THAT(check("consent_confirmed: true"), IsOk());
  EXPECT_EQ(Do("iom-tn/mv", "PostponeDeparture", target, "reason: MISSED")
                .postpone_reason(),
            pb::Case::MISSED);
  go_to(absl::Hours(24) - absl::Seconds(1));
  EXPECT_THAT(check("consent_confirmed: true"),
              HasReason("CHECK_OUTSIDE_WINDOW"));
  EXPECT_EQ(Seen(target).stage(), pb::Case::BOOKED);
  // The day of travel is the booking's now.
  EXPECT_THAT(
      Send(server_, "iom-tn/cm", "UpdateCase",
           *MakeRequest("UpdateCase",
                        absl::StrCat("case { name: '$name' travel_date { year: "
                                     "2030 month: 1 day: 1 } } etag: '",
                                     Seen(target, "iom-tn/cm").etag(), "'"),
                        target.words())),
      HasReason("TRAVEL_DATE_INVALID"));
}

TEST_F(Gates, DeclarationsWaitForTheDayAndTheGuardian) {
  const Target target = Bring(server_, "outbound:REGISTERED");
  const auto sign = [&](const std::string& rest) {
    return Try("iom-tn/cm", "SignDeclaration", target, kSign + rest + "}");
  };
  Do("iom-tn/cm", "RecordCounselling", target,
     "counselling_date { $today } alternatives_explained: true "
     "reflection_days: 3");
  Do("iom-tn/fp", "DecideEligibility", target,
     "eligibility { decision: CAN_ASSIST funding_line: 'EU-1' }");
  const Reply early = sign("");
  EXPECT_THAT(early, HasReason("REFLECTION_RUNNING"));
  EXPECT_EQ(DetailsOf(early.status).metadata["until"], "2026-03-05");
  // A child signs with a guardian.
  const auto person = [&](int year) {
    MustSend(server_, "iom-tn/cm", "UpdateCase",
             absl::StrCat("case { name: '", target.name,
                          "' principal { birth_date { year: ", year,
                          " month: 3 day: 5 } } } update_mask { paths: "
                          "'principal.birth_date' } etag: '",
                          Seen(target, "iom-tn/cm").etag(), "'"));
  };
  server_.clock().Advance(absl::Hours(24 * 3));
  const std::string on_the_day =
      "declaration { sign_date { year: 2026 month: 3 day: 5 } language: 'ar' "
      "understood: true ";
  person(2009);
  EXPECT_THAT(Try("iom-tn/cm", "SignDeclaration", target, on_the_day + "}"),
              HasReason("GUARDIAN_REQUIRED"));
  EXPECT_THAT(Try("iom-tn/cm", "SignDeclaration", target,
                  on_the_day + "guardian_signed: true }"),
              IsOk());
  // Eighteen on that very day: nobody else has to sign.
  person(2008);
  EXPECT_THAT(Try("iom-tn/cm", "SignDeclaration", target, on_the_day + "}"),
              IsOk());
  EXPECT_THAT(Try("iom-tn/cm", "SignDeclaration", target,
                  on_the_day + "valid_until_date { year: 2026 month: 3 day: 4 "
                               "} }"),
              HasReason("FIELD_INVALID"));
}

TEST_F(Gates, ASuspendedFileGoesOnWhereItStood) {
  for (const char* stage :
       {"CONTACTED", "REGISTERED", "COUNSELLED", "ELIGIBLE", "INELIGIBLE",
        "IN_PREPARATION", "READY", "BOOKED", "DEPARTING"}) {
    SCOPED_TRACE(stage);
    const Target target = Bring(server_, absl::StrCat("outbound:", stage));
    const absl::CivilDay today =
        absl::ToCivilDay(server_.clock().Now(), absl::UTCTimeZone());
    const auto suspend = [&](int days) {
      const absl::CivilDay day = today + days;
      return Try(
          "iom-tn/po", "SuspendCase", target,
          absl::StrCat("reason: SECURITY review_date { year: ", day.year(),
                       " month: ", day.month(), " day: ", day.day(), " }"));
    };
    EXPECT_THAT(suspend(-1), HasReason("REVIEW_DATE_INVALID"));
    EXPECT_THAT(suspend(367), HasReason("REVIEW_DATE_INVALID"));
    ASSERT_THAT(suspend(30), IsOk());
    const pb::Case suspended = Seen(target);
    EXPECT_EQ(suspended.stage(), pb::Case::SUSPENDED);
    EXPECT_EQ(pb::Case::Stage_Name(suspended.suspension().stage_before()),
              stage);
    const pb::Case resumed = Do("iom-tn/mo", "ResumeCase", target, "");
    EXPECT_FALSE(resumed.has_suspension());
    // A booking is lost; with green gates the file is ready for another.
    const std::string expected =
        std::string(stage) == "BOOKED" || std::string(stage) == "DEPARTING"
            ? "READY"
            : stage;
    EXPECT_EQ(pb::Case::Stage_Name(resumed.stage()), expected);
    EXPECT_FALSE(resumed.has_departure_time());
  }
}

}  // namespace
}  // namespace passerelle::testing
