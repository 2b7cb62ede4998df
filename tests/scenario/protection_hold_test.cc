// A hold for protection shows to the owner mission alone. To everybody else the
// file is, byte for byte, as if there were none.

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/mailbox.pb.h"
#include "passerelle/v1/person.pb.h"
#include "tests/scenario/file_fixture.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

constexpr const char* kOthers[] = {"iom-ma/fp", "iom-ma/cm", "iom-ma/po",
                                   "iom-ma/mo", "iom-es/cm", "iom-es/po"};
constexpr const char* kHolds[] = {
    "HoldForProtection name: '$name' concerns: TRAFFICKING concerns: DURESS",
    "RecordProtectionGate name: '$name' state: RED reason: ASYLUM"};

class ProtectionHold : public FileFixture {
 protected:
  pb::Case Hold(const Target& target, const std::string& call) {
    const size_t space = call.find(' ');
    const std::string method = call.substr(0, space);
    const Reply reply =
        Send(server_, "iom-tn/po", method,
             *MakeRequest(method, call.substr(space + 1), target.words()));
    EXPECT_THAT(reply, IsOk());
    return reply.as<pb::Case>();
  }
  pb::Case Clear(const Target& target) {
    return Do("iom-tn/po", "ClearProtectionHold", target,
              "decision { ground: SAFEGUARDED note: 'A shelter takes her.' }");
  }
  // All that a caller can learn of a file: itself, lists, mail, and what every
  // verb answers.
  std::vector<std::string> Known(const std::string& who, const Target& target) {
    std::vector<std::string> known = {
        Look(server_, who, target.name).bytes,
        Send(server_, who, "ListCases", "page_size: 1000").bytes,
        Send(server_, who.substr(0, 6), "FetchMailbox", "max_entries: 1000")
            .bytes};
    const auto* service = FindMethod("GetCase")->service();
    for (int i = 0; i < service->method_count(); ++i) {
      const auto* method = service->method(i);
      if (method->input_type()->FindFieldByName("name") == nullptr ||
          method->name() == "GetCase") {
        continue;
      }
      // Without what the method needs, and with a stale etag.
      const Reply reply = Send(server_, who, method->name(),
                               Named(target.name) + "etag: '\"stale\"'");
      known.push_back(absl::StrCat(method->name(), reply.details));
    }
    return known;
  }
};

TEST_F(ProtectionHold, ChangesNothingThatOthersCanLearn) {
  for (const char* hold : kHolds) {
    for (const char* stage :
         {"IN_PREPARATION", "READY", "BOOKED", "DEPARTING", "SUSPENDED"}) {
      SCOPED_TRACE(absl::StrCat(stage, " ", hold));
      const Target target = Bring(server_, absl::StrCat("outbound:", stage));
      const pb::Case stood =
          Must<pb::Case>(server_, "iom-tn/po", "GetCase", Named(target.name));
      std::map<std::string, std::vector<std::string>> before;
      for (const char* who : kOthers) before[who] = Known(who, target);
      server_.clock().Advance(absl::Minutes(1));
      const pb::Case held = Hold(target, hold);
      EXPECT_EQ(held.stage(), pb::Case::PROTECTION_HOLD);
      EXPECT_NE(held.etag(), stood.etag());
      for (const char* who : kOthers)
        EXPECT_EQ(Known(who, target), before[who]);
      server_.clock().Advance(absl::Minutes(1));
      const pb::Case cleared = Clear(target);
      EXPECT_EQ(cleared.protection_gate().state(), pb::Gate::GREEN);
      // A decision that turns the last gate green makes the file ready, which
      // says nothing of a hold.
      if (cleared.stage() == stood.stage()) {
        for (const char* who : kOthers) {
          EXPECT_EQ(Known(who, target), before[who]);
        }
      }
      EXPECT_EQ(cleared.stage(), stood.stage());
    }
  }
}

TEST_F(ProtectionHold, StopsTheOwnerMission) {
  const Target target = Bring(server_, "outbound:READY");
  const pb::Case held =
      Do("iom-tn/cm", "HoldForProtection", target, "concerns: ASYLUM_WISH");
  // The case manager knows that it holds, not why.
  EXPECT_EQ(held.stage(), pb::Case::PROTECTION_HOLD);
  EXPECT_EQ(held.protection_hold().holder(), "missions/iom-tn/officers/cm");
  EXPECT_EQ(held.protection_hold().concerns_size(), 0);
  EXPECT_EQ(Must<pb::Case>(server_, "iom-tn/po", "GetCase", Named(target.name))
                .protection_hold()
                .concerns(0),
            pb::ProtectionHold::ASYLUM_WISH);
  EXPECT_THAT(held.allowed_actions(), Not(Contains("SuspendCase")));
  const Reply book = Try("iom-tn/mv", "BookTravel", target,
                         "departure_time { $departure } has_passport: true");
  EXPECT_THAT(book, HasReason("STATE_FORBIDS"));
  EXPECT_EQ(DetailsOf(book.status).metadata["state"], "PROTECTION_HOLD");
  EXPECT_THAT(Try("iom-tn/cm", "ClearProtectionHold", target,
                  "decision { ground: UNFOUNDED note: 'x' }"),
              HasReason("OFFICER_NOT_AUTHORIZED"));
  EXPECT_THAT(Try("iom-tn/po", "ClearProtectionHold", target,
                  "decision { ground: UNFOUNDED }"),
              HasReason("FIELD_INVALID"));
  // Concerns add up.
  Do("iom-tn/mo", "HoldForProtection", target,
     "concerns: ASYLUM_WISH concerns: TRAFFICKING");
  EXPECT_THAT(
      Must<pb::Case>(server_, "iom-tn/po", "GetCase", Named(target.name))
          .protection_hold()
          .concerns(),
      ElementsAre(pb::ProtectionHold::ASYLUM_WISH,
                  pb::ProtectionHold::TRAFFICKING));
  const pb::Case cleared = Clear(target);
  EXPECT_EQ(cleared.stage(), pb::Case::READY);
  EXPECT_EQ(cleared.protection_decision().note(), "A shelter takes her.");
  EXPECT_FALSE(
      Must<pb::Case>(server_, "iom-tn/cm", "GetCase", Named(target.name))
          .protection_decision()
          .note()
          .size() > 0);
}

TEST_F(ProtectionHold, OthersGoOnAsIfThereWereNone) {
  const Target held = Bring(server_, "outbound:PROTECTION");
  const Target free = Bring(server_, "outbound:PROTECTION");
  Hold(held, kHolds[0]);
  for (const Target* target : {&held, &free}) {
    EXPECT_EQ(
        Do("iom-ma/fp", "RecordOriginGate", *target, "state: GREEN").stage(),
        pb::Case::READY);
    EXPECT_EQ(
        Do("iom-tn/mo", "RecordMedicalGate", *target, "state: RED").stage(),
        target == &held ? pb::Case::PROTECTION_HOLD : pb::Case::IN_PREPARATION);
    EXPECT_EQ(
        Must<pb::Case>(server_, "iom-ma/fp", "GetCase", Named(target->name))
            .stage(),
        pb::Case::IN_PREPARATION);
  }
  EXPECT_EQ(Events(server_, "iom-ma", held.name),
            Events(server_, "iom-ma", free.name));
  EXPECT_EQ(Do("iom-ma/cm", "WithdrawCase", held).stage(), pb::Case::WITHDRAWN);
}

TEST_F(ProtectionHold, HoldsBeforeTheFileWasSentAndClearsToWhereItStood) {
  for (const char* stage :
       {"CONTACTED", "REGISTERED", "COUNSELLED", "ELIGIBLE", "INELIGIBLE"}) {
    SCOPED_TRACE(stage);
    const Target target = Bring(server_, absl::StrCat("outbound:", stage));
    EXPECT_EQ(Hold(target, kHolds[0]).stage(), pb::Case::PROTECTION_HOLD);
    EXPECT_EQ(pb::Case::Stage_Name(Clear(target).stage()), stage);
  }
}

// A flag in a person holds the file; taking it away does not end the hold, and
// what was decided on holds it no more.
TEST_F(ProtectionHold, APersonsFlagHoldsTheFile) {
  const Target target = Bring(server_, "outbound:READY");
  const pb::Case stood = Seen(target, "iom-ma/po");
  server_.clock().Advance(absl::Minutes(1));
  const std::string person =
      Must<pb::Person>(
          server_, "iom-tn/po", "CreatePerson",
          absl::StrCat("parent: '", target.name,
                       "' person { relation: SIBLING sex: FEMALE names { kind: "
                       "USUAL given: 'Amal' } "
                       "}"))
          .name();
  EXPECT_EQ(Seen(target).stage(), pb::Case::READY);
  const auto flag = [&](const std::string& codes) {
    server_.clock().Advance(absl::Minutes(1));
    MustSend(server_, "iom-tn/po", "UpdatePerson",
             absl::StrCat("person { name: '", person, "' ", codes,
                          " } update_mask { paths: 'vulnerabilities' } etag: '",
                          Must<pb::Person>(server_, "iom-tn/po", "GetPerson",
                                           Named(person))
                              .etag(),
                          "'"));
    return Seen(target);
  };
  EXPECT_EQ(flag("vulnerabilities { code: DISABILITY }").stage(),
            pb::Case::READY);
  const pb::Case held = flag(
      "vulnerabilities { code: TRAFFICKING } vulnerabilities { code: REFUGEE "
      "}");
  EXPECT_EQ(held.stage(), pb::Case::PROTECTION_HOLD);
  EXPECT_EQ(held.protection_hold().holder(), "missions/iom-tn/officers/po");
  EXPECT_THAT(held.protection_hold().concerns(),
              ElementsAre(pb::ProtectionHold::TRAFFICKING,
                          pb::ProtectionHold::ASYLUM_WISH));
  EXPECT_EQ(flag("").stage(), pb::Case::PROTECTION_HOLD);
  flag("vulnerabilities { code: DURESS }");
  // The hold is in the file, and others see the file as it was.
  const pb::Case seen = Seen(target, "iom-ma/po");
  EXPECT_EQ(seen.SerializeAsString(), stood.SerializeAsString());
  EXPECT_EQ(Clear(target).stage(), pb::Case::READY);
  EXPECT_EQ(flag("vulnerabilities { code: DURESS note: 'As before.' }").stage(),
            pb::Case::READY);
}

TEST_F(ProtectionHold, AFlagHoldsNoFileThatComesHome) {
  const Target target = Bring(server_, "case:ACCEPTED");
  MustSend(
      server_, "iom-tn/po", "CreatePerson",
      absl::StrCat("parent: '", target.name,
                   "' person { relation: SIBLING sex: FEMALE names { kind: "
                   "USUAL given: 'Amal' } "
                   "vulnerabilities { code: TRAFFICKING } }"));
  EXPECT_EQ(Seen(target).stage(), pb::Case::ACCEPTED);
}

TEST_F(ProtectionHold, SurvivesARestart) {
  const Target target = Bring(server_, "outbound:PROTECTION_HOLD");
  server_.Restart();
  EXPECT_EQ(Must<pb::Case>(server_, "iom-tn/cm", "GetCase", Named(target.name))
                .stage(),
            pb::Case::PROTECTION_HOLD);
  EXPECT_EQ(Must<pb::Case>(server_, "iom-ma/po", "GetCase", Named(target.name))
                .stage(),
            pb::Case::IN_PREPARATION);
}

}  // namespace
}  // namespace passerelle::testing
