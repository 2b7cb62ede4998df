// Every verb of the returnee file in every stage of both lives: admitted, or
// refused with STATE_FORBIDS. The table is written down from the procedures,
// not read from the contract. Whether a verb is admitted shows by a stale etag,
// which is looked at after the stage: nothing moves, and one file does for all
// verbs.

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "tests/rpc/evidence.h"
#include "tests/rpc/rows.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace options = ::passerelle::options::v1;
namespace pb = ::passerelle::v1;

enum class Side { kOwner, kOther, kHost, kOrigin };

// `open`: every stage that has not ended; `any`: those that have, too.
struct Verb {
  const char* method;
  Side side;
  const char* inbound;
  const char* outbound;
};

constexpr char kBefore[] =
    "CONTACTED REGISTERED COUNSELLED ELIGIBLE INELIGIBLE IN_PREPARATION READY "
    "BOOKED DEPARTING";
constexpr char kHeld[] =
    "CONTACTED REGISTERED COUNSELLED ELIGIBLE INELIGIBLE IN_PREPARATION READY "
    "BOOKED DEPARTING SUSPENDED PROTECTION_HOLD";
constexpr char kGated[] =
    "COUNSELLED ELIGIBLE IN_PREPARATION READY BOOKED DEPARTING SUSPENDED "
    "PROTECTION_HOLD";

constexpr Verb kVerbs[] = {
    {"UpdateCase", Side::kOwner, "open", "open"},
    {"ProposeCase", Side::kOwner, "REGISTERED DECLINED SELF_PRESENTED", ""},
    {"AcceptCase", Side::kOther, "PROPOSED", ""},
    {"DeclineCase", Side::kOther, "PROPOSED", ""},
    {"RecordPreliminaryPlan", Side::kOrigin, "ACCEPTED", ""},
    {"NotifyTravel", Side::kHost, "PLAN_PRELIMINARY TRAVEL_NOTIFIED", ""},
    {"ConfirmArrival", Side::kOrigin,
     "ACCEPTED PLAN_PRELIMINARY TRAVEL_NOTIFIED", "DEPARTED"},
    {"RecordContact", Side::kOrigin, "ARRIVED UNREACHABLE", ""},
    {"RecordContactAttempt", Side::kOrigin, "ARRIVED IN_CONTACT", ""},
    {"AgreePlan", Side::kOrigin, "IN_CONTACT", ""},
    {"StartImplementation", Side::kOrigin, "PLAN_AGREED", ""},
    {"StartMonitoring", Side::kOrigin, "IMPLEMENTING", "REINTEGRATION"},
    {"CloseCase", Side::kOrigin,
     "ARRIVED IN_CONTACT UNREACHABLE PLAN_AGREED IMPLEMENTING MONITORING",
     "ARRIVED REINTEGRATION MONITORING"},
    {"WithdrawCase", Side::kOwner,
     "REGISTERED PROPOSED ACCEPTED DECLINED PLAN_PRELIMINARY TRAVEL_NOTIFIED "
     "SELF_PRESENTED",
     kHeld},
    {"WithdrawCase", Side::kOther,
     "REGISTERED PROPOSED ACCEPTED DECLINED PLAN_PRELIMINARY TRAVEL_NOTIFIED "
     "SELF_PRESENTED",
     kHeld},
    {"RecordDeath", Side::kHost, "open", "open"},
    {"RecordDeath", Side::kOrigin, "open", "open"},
    {"CloseCaseAdministratively", Side::kOwner, "open", "open"},
    {"RegisterCase", Side::kOwner, "", "CONTACTED"},
    {"RecordCounselling", Side::kOwner, "", "REGISTERED"},
    {"HoldForProtection", Side::kOwner, "", kHeld},
    {"ClearProtectionHold", Side::kOwner, "", "PROTECTION_HOLD"},
    {"DecideEligibility", Side::kOwner, "", "COUNSELLED"},
    {"SignDeclaration", Side::kOwner, "", "ELIGIBLE IN_PREPARATION"},
    {"RecordMedicalGate", Side::kOwner, "", kGated},
    {"RecordTravelDocumentGate", Side::kOwner, "", kGated},
    {"RecordProtectionGate", Side::kOwner, "",
     "COUNSELLED ELIGIBLE IN_PREPARATION READY BOOKED DEPARTING SUSPENDED"},
    {"RecordOriginGate", Side::kOrigin, "",
     "IN_PREPARATION READY BOOKED DEPARTING SUSPENDED"},
    {"BookTravel", Side::kOwner, "", "READY BOOKED"},
    {"RecordPreEmbarkationCheck", Side::kOwner, "", "BOOKED"},
    {"PostponeDeparture", Side::kOwner, "", "DEPARTING"},
    {"RecordDeparture", Side::kOwner, "", "DEPARTING"},
    {"TakeOverCase", Side::kOrigin, "", "ARRIVED"},
    {"SuspendCase", Side::kOwner, "", kBefore},
    {"ResumeCase", Side::kOwner, "", "SUSPENDED"},
    {"EraseCase", Side::kOwner, "any", "any"},
    // Erased files have tests of their own: erasure_test.cc.
    {"ConfirmErasure", Side::kOther, "ERASED", "ERASED"},
};

bool Lists(absl::string_view stages, absl::string_view stage) {
  const bool ended = stage == "CLOSED" || stage == "WITHDRAWN" ||
                     stage == "PERSON_DECEASED" || stage == "ADMIN_CLOSED";
  if (stages == "any") return true;
  if (stages == "open") return !ended;
  const std::vector<std::string> list = absl::StrSplit(stages, ' ');
  return std::find(list.begin(), list.end(), stage) != list.end();
}

class CaseStages : public ::testing::Test {
 protected:
  // Tries every verb in a stage of one life.
  void TryAll(const std::string& life, const std::string& stage) {
    const Target target = Bring(server_, absl::StrCat(life, ":", stage));
    const std::string owner_mission =
        life == "retroactive" || stage == "REINTEGRATION" ||
                (life == "outbound" &&
                 (stage == "MONITORING" || stage == "CLOSED"))
            ? "iom-ma"
            : "iom-tn";
    const std::string other = owner_mission == "iom-ma" ? "iom-tn" : "iom-ma";
    const Reply before = Look(server_, owner_mission + "/po", target.name);
    ASSERT_THAT(before, IsOk());
    const auto& file = before.as<pb::Case>();
    ASSERT_EQ(pb::Case::Stage_Name(file.stage()), stage);
    for (const Verb& verb : kVerbs) {
      std::string mission = owner_mission;
      if (verb.side == Side::kOther) mission = other;
      if (verb.side == Side::kHost) mission = "iom-tn";
      if (verb.side == Side::kOrigin) mission = "iom-ma";
      const std::string officer =
          RowOf(verb.method).who.substr(sizeof("iom-xx"));
      const std::string who = absl::StrCat(mission, "/", officer);
      SCOPED_TRACE(
          absl::StrCat(life, ":", stage, " ", verb.method, " by ", who));
      const MessagePtr request =
          MakeRequest(verb.method, RowOf(verb.method).text, target.words());
      ASSERT_TRUE(SetString(request.get(), "etag", "\"stale\""));
      const Reply reply = Send(server_, who, verb.method, *request);
      if (mission != owner_mission && !file.has_sent_time()) {
        evidence_.Refused(verb.method, reply, "NOT_VISIBLE");
        ++hidden_;
        continue;
      }
      // To others a file on hold stands where it stood.
      const std::string seen =
          stage == "PROTECTION_HOLD" && mission != owner_mission
              ? "IN_PREPARATION"
              : stage;
      const bool admitted =
          Lists(life == "outbound" ? verb.outbound : verb.inbound, seen);
      evidence_.Refused(verb.method, reply,
                        admitted ? "ETAG_MISMATCH" : "STATE_FORBIDS");
      if (!admitted) {
        EXPECT_EQ(DetailsOf(reply.status).metadata["state"], seen);
      }
      const Reply shown = Look(server_, who, target.name);
      const auto& actions = shown.as<pb::Case>().allowed_actions();
      EXPECT_EQ(std::count(actions.begin(), actions.end(), verb.method),
                admitted ? 1 : 0);
      ++(admitted ? admitted_ : refused_);
    }
    EXPECT_EQ(Look(server_, owner_mission + "/po", target.name).bytes,
              before.bytes);
  }

  TestServer server_;
  Evidence evidence_{server_};
  int admitted_ = 0;
  int refused_ = 0;
  int hidden_ = 0;
};

TEST(CaseStagesTable, NamesEveryVerbOfAFile) {
  std::set<std::string> named;
  for (const Verb& verb : kVerbs) named.insert(verb.method);
  std::set<std::string> declared;
  const auto* service = FindMethod("GetCase")->service();
  for (int i = 0; i < service->method_count(); ++i) {
    const auto& transition =
        service->method(i)->options().GetExtension(options::transition);
    if (!transition.from().empty()) {
      declared.insert(service->method(i)->name());
    }
  }
  EXPECT_EQ(named, declared);
}

TEST_F(CaseStages, OfAnInboundFile) {
  for (const char* stage :
       {"REGISTERED", "PROPOSED", "ACCEPTED", "DECLINED", "PLAN_PRELIMINARY",
        "TRAVEL_NOTIFIED", "ARRIVED", "IN_CONTACT", "UNREACHABLE",
        "PLAN_AGREED", "IMPLEMENTING", "MONITORING", "CLOSED", "WITHDRAWN",
        "PERSON_DECEASED", "ADMIN_CLOSED"}) {
    TryAll("case", stage);
  }
  EXPECT_GT(refused_, 400);
  EXPECT_GT(admitted_, 60);
  evidence_.Compare();
}

TEST_F(CaseStages, OfARetroactiveFile) {
  for (const char* stage :
       {"SELF_PRESENTED", "PROPOSED", "DECLINED", "ARRIVED"}) {
    TryAll("retroactive", stage);
  }
  EXPECT_GT(hidden_, 0);
  evidence_.Compare();
}

TEST_F(CaseStages, OfAnOutboundFile) {
  for (const char* stage :
       {"CONTACTED", "REGISTERED", "COUNSELLED", "PROTECTION_HOLD", "ELIGIBLE",
        "INELIGIBLE", "IN_PREPARATION", "READY", "BOOKED", "DEPARTING",
        "DEPARTED", "ARRIVED", "REINTEGRATION", "MONITORING", "CLOSED",
        "SUSPENDED", "WITHDRAWN", "PERSON_DECEASED", "ADMIN_CLOSED"}) {
    TryAll("outbound", stage);
  }
  EXPECT_GT(refused_, 400);
  EXPECT_GT(admitted_, 100);
  EXPECT_GT(hidden_, 30);
  evidence_.Compare();
}

}  // namespace
}  // namespace passerelle::testing
