// A consent that is withdrawn stops disclosure in that instant, for content
// already announced and for answers already given.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/consent.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "passerelle/v1/mailbox.pb.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::ElementsAre;

class ConsentWithdrawal : public ::testing::Test {
 protected:
  void Withdraw(absl::string_view who) {
    MustSend(server_, who, "WithdrawConsent", Named(study_.file.consent));
  }
  int Listed(absl::string_view who) {
    return Must<pb::ListFeasibilityStudiesResponse>(
               server_, who, "ListFeasibilityStudies", "parent: 'cases/-'")
        .feasibility_studies_size();
  }

  TestServer server_;
  const Target study_ = Bring(server_, "study:REQUESTED");
};

TEST_F(ConsentWithdrawal, StopsDisclosureAtOnce) {
  EXPECT_EQ(Listed("iom-ma/ro"), 1);
  Withdraw("iom-tn/cm");
  EXPECT_EQ(Listed("iom-ma/ro"), 0);
  EXPECT_EQ(Listed("iom-tn/cm"), 1);
  EXPECT_EQ(Must<pb::ListCasesResponse>(server_, "iom-ma/ro", "ListCases", "")
                .cases_size(),
            0);
  for (const std::string& name :
       {study_.name, study_.file.name, study_.file.plan, study_.file.consent}) {
    EXPECT_THAT(Look(server_, "iom-ma/ro", name), HasReason("NOT_VISIBLE"));
    EXPECT_THAT(Look(server_, "iom-tn/cm", name), IsOk());
  }
  EXPECT_THAT(Look(server_, "iom-es/cm", study_.file.name),
              HasReason("NOT_VISIBLE"));
  EXPECT_THAT(
      Send(server_, "iom-ma/ro", "AssignFeasibilityStudy", Named(study_.name)),
      HasReason("NOT_VISIBLE"));
  // The origin mission is told that it happened, and by reference only: what
  // the mail points at is not to be had any more.
  EXPECT_THAT(Events(server_, "iom-ma", study_.file.consent),
              ElementsAre("WithdrawConsent"));
  const auto mail =
      Must<pb::FetchMailboxResponse>(server_, "iom-ma", "FetchMailbox", "");
  for (const pb::MailboxEntry& entry : mail.entries()) {
    EXPECT_THAT(Look(server_, "iom-ma/ro", entry.resource()),
                HasReason("NOT_VISIBLE"));
  }
  // Nothing that happens from now on is announced to it.
  MustSend(server_, "iom-tn/cm", "WithdrawExchange", Named(study_.name));
  server_.clock().Advance(absl::Hours(24 * 60));
  server_.SettleTimers();
  EXPECT_EQ(
      Must<pb::FetchMailboxResponse>(server_, "iom-ma", "FetchMailbox", "")
          .last_sequence(),
      mail.last_sequence());
  // A new consent is a new beginning.
  MustSend(server_, "iom-tn/cm", "CreateConsent",
           absl::StrCat("parent: '", study_.file.name,
                        "' consent { scope: SHARE_WITH_ORIGIN_MISSION "
                        "recipient: 'missions/iom-ma' language: 'ar' form: "
                        "ORAL_WITNESSED witness_name: 'Ines' }"));
  EXPECT_EQ(Listed("iom-ma/ro"), 1);
}

TEST_F(ConsentWithdrawal, OneOfTwoLeavesTheOther) {
  MustSend(server_, "iom-tn/cm", "CreateConsent",
           absl::StrCat("parent: '", study_.file.name,
                        "' consent { scope: SHARE_WITH_ORIGIN_MISSION "
                        "recipient: 'missions/iom-ma' language: 'fr' form: "
                        "WRITTEN }"));
  Withdraw("iom-tn/cm");
  EXPECT_EQ(Listed("iom-ma/ro"), 1);
}

TEST_F(ConsentWithdrawal, AReplayIsTold) {
  const MessagePtr assign =
      MakeRequest("AssignFeasibilityStudy", Named(study_.name));
  const MessagePtr plan = MakeRequest(
      "CreatePlan",
      "parent: '$file' plan { outline: 'x' ceiling { currency: 'MAD' } lines { "
      "category: CASH amount { currency: 'MAD' } } }",
      study_.words());
  ASSERT_THAT(Send(server_, "iom-ma/ro", "AssignFeasibilityStudy", *assign),
              IsOk());
  ASSERT_THAT(Send(server_, "iom-ma/ro", "CreatePlan", *plan), IsOk());
  const MessagePtr withdraw =
      MakeRequest("WithdrawConsent", Named(study_.file.consent));
  // The origin mission may record the withdrawal itself; then it sees nothing.
  ASSERT_THAT(Send(server_, "iom-ma/ro", "WithdrawConsent", *withdraw), IsOk());
  EXPECT_THAT(Send(server_, "iom-ma/ro", "AssignFeasibilityStudy", *assign),
              HasReason("RESULT_WITHHELD"));
  EXPECT_THAT(Send(server_, "iom-ma/ro", "CreatePlan", *plan),
              HasReason("RESULT_WITHHELD"));
  EXPECT_THAT(Send(server_, "iom-ma/ro", "WithdrawConsent", *withdraw),
              HasReason("RESULT_WITHHELD"));
  // Another content under that id is not even looked at.
  SetString(assign.get(), "etag", "x");
  EXPECT_THAT(Send(server_, "iom-ma/ro", "AssignFeasibilityStudy", *assign),
              HasReason("NOT_VISIBLE"));
  // An officer whose validity has ended learns nothing at all.
  EXPECT_THAT(Send(server_, "iom-ma/nobody", "CreatePlan", *plan),
              HasReason("OFFICER_NOT_AUTHORIZED"));
}

TEST_F(ConsentWithdrawal, ContentHiddenSinceIsNotReplayed) {
  const MessagePtr assign =
      MakeRequest("AssignFeasibilityStudy", Named(study_.name));
  const Reply assigned =
      Send(server_, "iom-ma/ro", "AssignFeasibilityStudy", *assign);
  ASSERT_THAT(assigned, IsOk());
  EXPECT_NE(assigned.as<pb::FeasibilityStudy>().question(), "");
  const MessagePtr invalidate = MakeRequest(
      "InvalidateExchange", Named(study_.name) + "reason: WRONG_FILE");
  const Reply tombstone =
      Send(server_, "iom-tn/fp", "InvalidateExchange", *invalidate);
  ASSERT_THAT(tombstone, IsOk());
  EXPECT_THAT(Send(server_, "iom-ma/ro", "AssignFeasibilityStudy", *assign),
              HasReason("RESULT_WITHHELD"));
  EXPECT_EQ(Send(server_, "iom-tn/fp", "InvalidateExchange", *invalidate).bytes,
            tombstone.bytes);
}

TEST_F(ConsentWithdrawal, AReplayIsTheSameForAColleagueAndAfterARestart) {
  const MessagePtr assign =
      MakeRequest("AssignFeasibilityStudy", Named(study_.name));
  const Reply first =
      Send(server_, "iom-ma/ro", "AssignFeasibilityStudy", *assign);
  server_.Restart();
  const Reply again =
      Send(server_, "iom-ma/ro2", "AssignFeasibilityStudy", *assign);
  EXPECT_THAT(again, IsOk());
  EXPECT_EQ(again.bytes, first.bytes);
}

TEST_F(ConsentWithdrawal, AReplayLeavesALineOfWhatItShowed) {
  const MessagePtr assign =
      MakeRequest("AssignFeasibilityStudy", Named(study_.name));
  for (int i = 0; i < 2; ++i) {
    ASSERT_THAT(Send(server_, "iom-ma/ro", "AssignFeasibilityStudy", *assign),
                IsOk());
  }
  std::vector<passerelle::internal::v1::Leaf> lines;
  for (auto& leaf : server_.Journal()) {
    if (leaf.method() == FullName("AssignFeasibilityStudy")) {
      lines.push_back(std::move(leaf));
    }
  }
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].classes(), 0u);
  EXPECT_EQ(lines[1].classes(), lines[0].classes());
  EXPECT_EQ(lines[1].consent(), study_.file.consent);
  EXPECT_EQ(lines[1].commitment(), "") << "a replay writes nothing";
}

}  // namespace
}  // namespace passerelle::testing
