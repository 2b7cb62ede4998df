// What a proceeding needs is kept: two officers place a hold, two release it.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/legal_hold.pb.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LegalHold : public ::testing::Test {
 protected:
  std::string Place() {
    return Must<pb::LegalHold>(
               server_, "iom-tn/fp", "PlaceLegalHold",
               absl::StrCat("parent: '", file_.name,
                            "' legal_hold { ground: LITIGATION reference: "
                            "'12/26' }"))
        .name();
  }
  Reply Do(absl::string_view who, absl::string_view method,
           const std::string& hold) {
    return Send(server_, who, method, Named(hold));
  }
  Reply Erase() {
    return Send(server_, "iom-tn/dp", "EraseCase",
                Named(file_.name) + "reason: PERSON_ASKED");
  }

  TestServer server_;
  const Target person_ = Bring(server_, "person:");
  const TestServer::File& file_ = person_.file;
};

TEST_F(LegalHold, StopsEveryErasureUntilTwoOfficersReleaseIt) {
  const std::string hold = Place();
  // The one who has to decide finds it in the mission's own mailbox.
  EXPECT_THAT(Events(server_, "iom-tn", hold), ElementsAre("PlaceLegalHold"));
  ASSERT_THAT(Do("iom-tn/dp", "ApproveLegalHold", hold), IsOk());
  const std::string other = Place();
  ASSERT_THAT(Do("iom-tn/dp", "ApproveLegalHold", other), IsOk());
  const auto held = [&] {
    EXPECT_THAT(Erase(), HasReason("LEGAL_HOLD"));
    EXPECT_THAT(Send(server_, "iom-tn/cm", "RemovePerson", Named(person_.name)),
                HasReason("LEGAL_HOLD"));
  };
  held();
  ASSERT_THAT(Do("iom-tn/fp", "RequestLegalHoldRelease", hold), IsOk());
  held();
  ASSERT_THAT(Do("iom-tn/dp", "ApproveLegalHoldRelease", hold), IsOk());
  held();  // by the other
  server_.Restart();
  held();
  ASSERT_THAT(Do("iom-tn/po", "RequestLegalHoldRelease", other), IsOk());
  ASSERT_THAT(Do("iom-tn/dp", "RefuseLegalHold", other), IsOk());
  held();
  ASSERT_THAT(Do("iom-tn/po", "RequestLegalHoldRelease", other), IsOk());
  ASSERT_THAT(Do("iom-tn/dp", "ApproveLegalHoldRelease", other), IsOk());
  EXPECT_THAT(Send(server_, "iom-tn/cm", "RemovePerson", Named(person_.name)),
              IsOk());
  EXPECT_THAT(Erase(), IsOk());
  EXPECT_THAT(Send(server_, "iom-tn/fp", "PlaceLegalHold",
                   absl::StrCat("parent: '", file_.name,
                                "' legal_hold { ground: AUDIT reference: 'x' "
                                "}")),
              HasReason("STATE_FORBIDS"));
}

TEST_F(LegalHold, TakesTwoPersonsOfTwoRoles) {
  server_.AddOfficer("iom-tn", "both",
                     "roles: FOCAL_POINT roles: DATA_PROTECTION_OFFICER");
  const std::string hold =
      Must<pb::LegalHold>(server_, "iom-tn/both", "PlaceLegalHold",
                          absl::StrCat("parent: '", file_.name,
                                       "' legal_hold { ground: COMPLAINT "
                                       "reference: 'C-1' }"))
          .name();
  EXPECT_THAT(Do("iom-tn/both", "ApproveLegalHold", hold),
              HasReason("SECOND_OFFICER_REQUIRED"));
  EXPECT_THAT(Do("iom-tn/fp", "ApproveLegalHold", hold),
              HasReason("OFFICER_NOT_AUTHORIZED"));
  ASSERT_THAT(Do("iom-tn/dp", "ApproveLegalHold", hold), IsOk());
  ASSERT_THAT(Do("iom-tn/both", "RequestLegalHoldRelease", hold), IsOk());
  EXPECT_THAT(Do("iom-tn/both", "ApproveLegalHoldRelease", hold),
              HasReason("SECOND_OFFICER_REQUIRED"));
  const Reply released = Do("iom-tn/dp", "ApproveLegalHoldRelease", hold);
  ASSERT_THAT(released, IsOk());
  const auto& seen = released.as<pb::LegalHold>();
  EXPECT_EQ(seen.author(), "missions/iom-tn/officers/both");
  EXPECT_EQ(seen.approver(), "missions/iom-tn/officers/dp");
  EXPECT_EQ(seen.release_author(), "missions/iom-tn/officers/both");
  EXPECT_EQ(seen.release_approver(), "missions/iom-tn/officers/dp");
}

TEST_F(LegalHold, WhatOneOfficerAsksForHoldsNothing) {
  const std::string refused = Place();
  ASSERT_THAT(Do("iom-tn/dp", "RefuseLegalHold", refused), IsOk());
  Place();
  EXPECT_THAT(Erase(), IsOk());
}

TEST_F(LegalHold, IsTheOwnersAlone) {
  const Reply before = Look(server_, "iom-ma/fp", file_.name);
  ASSERT_THAT(before, IsOk());
  const size_t mail = Events(server_, "iom-ma").size();
  const std::string hold = Place();
  ASSERT_THAT(Do("iom-tn/dp", "ApproveLegalHold", hold), IsOk());
  for (const char* who : {"iom-ma/fp", "iom-ma/dp", "iom-de/dp"}) {
    EXPECT_THAT(Look(server_, who, hold), HasReason("NOT_VISIBLE"));
    EXPECT_THAT(Do(who,
                   who == std::string("iom-ma/fp") ? "RequestLegalHoldRelease"
                                                   : "RefuseLegalHold",
                   hold),
                HasReason("NOT_VISIBLE"));
  }
  EXPECT_EQ(Look(server_, "iom-ma/fp", file_.name).bytes, before.bytes);
  EXPECT_EQ(Events(server_, "iom-ma").size(), mail);
  const auto queue = [&](const std::string& state) {
    return Must<pb::ListLegalHoldsResponse>(
               server_, "iom-tn/dp", "ListLegalHolds",
               absl::StrCat("parent: 'cases/-' state: ", state))
        .legal_holds_size();
  };
  EXPECT_EQ(queue("IN_FORCE"), 1);
  EXPECT_EQ(queue("AWAITING_APPROVAL"), 0);
}

}  // namespace
}  // namespace passerelle::testing
