// The person may stop at any moment before departure, by anyone's hand in the
// room, with no approval.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;

constexpr const char* kRoles[] = {
    "CASE_MANAGER",         "FOCAL_POINT",
    "PROTECTION_OFFICER",   "MEDICAL_OFFICER",
    "MOVEMENT_OFFICER",     "REINTEGRATION_OFFICER",
    "MONITORING_OFFICER",   "CONSULAR_OFFICER",
    "MINISTRY_FOCAL_POINT", "BORDER_OFFICER",
    "SERVICE_PROVIDER",     "GUARDIAN",
    "PANEL_MEMBER",         "DATA_PROTECTION_OFFICER"};
// Read logs or figures: they stand beside nobody.
constexpr const char* kOtherRoles[] = {"AUDITOR", "STATISTICS_READER"};

struct Stage {
  const char* wanted;
  const char* owner;
  bool sent;
};
constexpr Stage kStages[] = {{"case:REGISTERED", "iom-tn", false},
                             {"case:PROPOSED", "iom-tn", true},
                             {"case:ACCEPTED", "iom-tn", true},
                             {"case:DECLINED", "iom-tn", true},
                             {"case:PLAN_PRELIMINARY", "iom-tn", true},
                             {"case:TRAVEL_NOTIFIED", "iom-tn", true},
                             {"retroactive:SELF_PRESENTED", "iom-ma", false},
                             {"retroactive:PROPOSED", "iom-ma", true},
                             {"outbound:CONTACTED", "iom-tn", false},
                             {"outbound:REGISTERED", "iom-tn", false},
                             {"outbound:COUNSELLED", "iom-tn", false},
                             {"outbound:ELIGIBLE", "iom-tn", false},
                             {"outbound:INELIGIBLE", "iom-tn", false},
                             {"outbound:PROTECTION_HOLD", "iom-tn", true},
                             {"outbound:IN_PREPARATION", "iom-tn", true},
                             {"outbound:SUSPENDED", "iom-tn", true},
                             {"outbound:READY", "iom-tn", true},
                             {"outbound:BOOKED", "iom-tn", true},
                             {"outbound:DEPARTING", "iom-tn", true}};

class Withdrawal : public ::testing::Test {
 protected:
  Withdrawal() {
    for (const char* mission : kMissions) {
      for (const char* role : kRoles) Add(mission, role);
      for (const char* role : kOtherRoles) Add(mission, role);
    }
  }
  void Add(const char* mission, const std::string& role) {
    server_.AddOfficer(mission, Id(role), "roles: " + role);
  }
  static std::string Id(std::string role) {
    for (char& c : role) c = c == '_' ? '-' : static_cast<char>(tolower(c));
    return "the-" + role;
  }
  Reply Withdraw(const std::string& mission, const std::string& role,
                 const Target& target, const std::string& rest = "") {
    return Send(server_, absl::StrCat(mission, "/", Id(role)), "WithdrawCase",
                Named(target.name) + rest);
  }

  static constexpr const char* kMissions[] = {"iom-tn", "iom-ma", "iom-es"};
  TestServer server_;
};

// Whether it is admitted shows by a stale etag: nothing ends.
TEST_F(Withdrawal, IsOpenToEveryRoleOfEveryMissionThatSeesTheFile) {
  int cells = 0;
  for (const Stage& stage : kStages) {
    const Target target = Bring(server_, stage.wanted);
    for (const std::string mission : kMissions) {
      const bool sees = stage.sent || mission == stage.owner;
      for (const char* role : kRoles) {
        SCOPED_TRACE(absl::StrCat(stage.wanted, " ", mission, " ", role));
        EXPECT_THAT(Withdraw(mission, role, target, "etag: '\"stale\"'"),
                    HasReason(sees ? "ETAG_MISMATCH" : "NOT_VISIBLE"));
        ++cells;
      }
      for (const char* role : kOtherRoles) {
        EXPECT_THAT(Withdraw(mission, role, target),
                    HasReason("OFFICER_NOT_AUTHORIZED"));
      }
    }
    EXPECT_THAT(Send(server_, "iom-de/cm", "WithdrawCase", Named(target.name)),
                HasReason("NOT_VISIBLE"));
  }
  EXPECT_EQ(cells, 19 * 14 * 3);
}

TEST_F(Withdrawal, EndsTheFileAtOnceAndLeavesNoMark) {
  size_t turn = 0;
  for (const Stage& stage : kStages) {
    const Target target = Bring(server_, stage.wanted);
    const std::string mission = stage.sent ? kMissions[turn % 3] : stage.owner;
    const std::string role = kRoles[turn++ % std::size(kRoles)];
    SCOPED_TRACE(absl::StrCat(stage.wanted, " ", mission, " ", role));
    const Reply reply = Withdraw(mission, role, target);
    ASSERT_THAT(reply, IsOk());
    EXPECT_EQ(reply.as<pb::Case>().stage(), pb::Case::WITHDRAWN);
    const pb::Case file =
        Must<pb::Case>(server_, absl::StrCat(stage.owner, "/po"), "GetCase",
                       Named(target.name));
    EXPECT_EQ(file.stage(), pb::Case::WITHDRAWN);
    EXPECT_FALSE(file.has_protection_hold());
    EXPECT_FALSE(file.has_suspension());
    EXPECT_FALSE(file.has_departure_time());
    EXPECT_FALSE(file.has_due_time());
    EXPECT_EQ(file.outcome(), pb::Case::OUTCOME_UNSPECIFIED);
    EXPECT_EQ(file.allowed_actions_size(), 0);
    // Who never saw it does not see it now.
    if (!stage.sent) {
      for (const std::string other : kMissions) {
        if (other == stage.owner) continue;
        EXPECT_THAT(Send(server_, other + "/cm", "GetCase", Named(target.name)),
                    HasReason("NOT_VISIBLE"));
      }
    }
  }
}

TEST_F(Withdrawal, EndsWithDeparture) {
  const Target target = Bring(server_, "outbound:DEPARTED");
  EXPECT_THAT(Withdraw("iom-tn", "CASE_MANAGER", target),
              HasReason("STATE_FORBIDS"));
}

}  // namespace
}  // namespace passerelle::testing
