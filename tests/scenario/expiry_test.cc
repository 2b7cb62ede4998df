// What ends by its date ends loudly: both sides are told once.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/consent.pb.h"
#include "passerelle/v1/grant.pb.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::Duration kDay = absl::Hours(24);

class Expiry : public ::testing::Test {
 protected:
  std::string In(absl::Duration time) {
    return absl::StrCat("expire_time { seconds: ",
                        absl::ToUnixSeconds(server_.clock().Now() + time),
                        " }");
  }
  std::string Consent(const std::string& scope, const std::string& recipient,
                      const std::string& expiry) {
    return Must<pb::Consent>(
               server_, "iom-tn/cm", "CreateConsent",
               absl::StrCat("parent: '", file_.name, "' consent { scope: ",
                            scope, " recipient: 'missions/", recipient,
                            "' language: 'ar' form: WRITTEN ", expiry, " }"))
        .name();
  }
  std::string Offer(const std::string& consent, const std::string& more = "") {
    return Must<pb::Grant>(
               server_, "iom-tn/fp", "CreateGrant",
               absl::StrCat("parent: '", file_.name,
                            "' grant { recipient: 'missions/ngo-tn' mode: READ "
                            "purpose: SERVICE_PROVISION basis: CONSENT "
                            "consent: '",
                            consent, "' ", more, " }"))
        .name();
  }
  pb::Grant Grant(const std::string& name) {
    return Must<pb::Grant>(server_, "iom-tn/fp", "GetGrant", Named(name));
  }
  pb::Consent::State StateOf(const std::string& consent) {
    return Must<pb::Consent>(server_, "iom-tn/cm", "GetConsent", Named(consent))
        .state();
  }
  void Pass(absl::Duration time) {
    server_.clock().Advance(time);
    server_.SettleTimers();
  }

  TestServer server_;
  const TestServer::File file_ = server_.RegisteredFile();
};

TEST_F(Expiry, AConsentThatEndsIsTold) {
  MustSend(server_, "iom-tn/cm", "WithdrawConsent", Named(file_.consent));
  const std::string consent =
      Consent("SHARE_WITH_ORIGIN_MISSION", "iom-ma", In(kDay));
  MustSend(server_, "iom-tn/cm", "ProposeCase",
           absl::StrCat(Named(file_.name), "consent: '", consent, "'"));
  Pass(kDay - absl::Seconds(1));
  EXPECT_EQ(StateOf(consent), pb::Consent::GIVEN);
  EXPECT_THAT(Look(server_, "iom-ma/fp", file_.name), IsOk());
  server_.clock().Advance(absl::Seconds(1));
  EXPECT_THAT(Look(server_, "iom-ma/fp", file_.name), HasReason("NOT_VISIBLE"));
  for (int i = 0; i < 2; ++i) {
    server_.Restart();
    server_.SettleTimers();
  }
  EXPECT_EQ(StateOf(consent), pb::Consent::EXPIRED);
  EXPECT_THAT(Events(server_, "iom-tn", consent), ElementsAre("Expire"));
  EXPECT_THAT(Events(server_, "iom-ma", consent), ElementsAre("Expire"));
  // A mission on the way is told of no consent, before or after.
  EXPECT_THAT(Events(server_, "iom-es", consent), IsEmpty());
  EXPECT_THAT(Look(server_, "iom-ma/fp", consent), HasReason("NOT_VISIBLE"));
  EXPECT_THAT(Send(server_, "iom-tn/cm", "WithdrawConsent", Named(consent)),
              HasReason("STATE_FORBIDS"));
}

TEST_F(Expiry, WhatWasWithdrawnDoesNotExpire) {
  const std::string consent = Consent("SHARE_WITH_PARTNER", "ngo-tn", In(kDay));
  MustSend(server_, "iom-tn/cm", "WithdrawConsent", Named(consent));
  Pass(2 * kDay);
  EXPECT_EQ(StateOf(consent), pb::Consent::WITHDRAWN);
  EXPECT_THAT(Events(server_, "iom-tn", consent), IsEmpty());
}

TEST_F(Expiry, AGrantThatEndsIsTold) {
  const std::string consent = Consent("SHARE_WITH_PARTNER", "ngo-tn", "");
  const std::string offered = Offer(consent, In(kDay));
  Pass(kDay);
  EXPECT_EQ(Grant(offered).state(), pb::Grant::EXPIRED);
  EXPECT_THAT(Events(server_, "ngo-tn", offered),
              ElementsAre("CreateGrant", "Expire"));
  EXPECT_THAT(Send(server_, "ngo-tn/fp", "AcceptGrant", Named(offered)),
              HasReason("NOT_VISIBLE"));
  // Another may take its place, and ends as it does.
  const std::string grant = Offer(consent, In(kDay));
  MustSend(server_, "ngo-tn/fp", "AcceptGrant", Named(grant));
  Pass(kDay);
  EXPECT_EQ(Grant(grant).state(), pb::Grant::EXPIRED);
  EXPECT_THAT(Events(server_, "ngo-tn", grant),
              ElementsAre("CreateGrant", "Expire"));
  EXPECT_THAT(Events(server_, "iom-tn", grant),
              ElementsAre("AcceptGrant", "Expire"));
  EXPECT_THAT(Events(server_, "iom-ma", grant), IsEmpty());
  EXPECT_THAT(
      Send(server_, "iom-tn/fp", "AmendGrant", Named(grant) + "mode: READ"),
      HasReason("STATE_FORBIDS"));
}

TEST_F(Expiry, AGrantEndsWithItsConsent) {
  const absl::Time end = server_.clock().Now() + 2 * kDay;
  const std::string consent =
      Consent("SHARE_WITH_PARTNER", "ngo-tn", In(2 * kDay));
  const std::string grant = Offer(consent);
  EXPECT_EQ(absl::FromUnixSeconds(Grant(grant).expire_time().seconds()), end);
  MustSend(server_, "iom-tn/fp", "AmendGrant",
           absl::StrCat(Named(grant), "mode: READ ", In(9 * kDay)));
  EXPECT_EQ(absl::FromUnixSeconds(Grant(grant).expire_time().seconds()), end);
  MustSend(server_, "iom-tn/fp", "AmendGrant",
           absl::StrCat(Named(grant), "mode: READ ", In(kDay)));
  EXPECT_EQ(absl::FromUnixSeconds(Grant(grant).expire_time().seconds()),
            end - kDay);
  MustSend(server_, "iom-tn/fp", "AmendGrant", Named(grant) + "mode: READ");
  MustSend(server_, "ngo-tn/fp", "AcceptGrant", Named(grant));
  Pass(2 * kDay);
  EXPECT_EQ(Grant(grant).state(), pb::Grant::EXPIRED);
  EXPECT_EQ(StateOf(consent), pb::Consent::EXPIRED);
  // A partner with a grant reads no consents: it is told of the grant.
  EXPECT_THAT(Events(server_, "ngo-tn", grant), Contains("Expire"));
  EXPECT_THAT(Events(server_, "ngo-tn", consent), IsEmpty());
  EXPECT_THAT(Events(server_, "iom-tn", consent), Contains("Expire"));
}

TEST_F(Expiry, AHandOverThatWasDoneDoesNotEnd) {
  const std::string consent = Consent("SHARE_WITH_PARTNER", "iom-de", In(kDay));
  const std::string grant =
      Must<pb::Grant>(server_, "iom-tn/fp", "CreateGrant",
                      absl::StrCat("parent: '", file_.name,
                                   "' grant { recipient: 'missions/iom-de' "
                                   "mode: OWN purpose: CASE_MANAGEMENT basis: "
                                   "CONSENT consent: '",
                                   consent, "' }"))
          .name();
  MustSend(server_, "iom-de/fp", "AcceptGrant", Named(grant));
  Pass(2 * kDay);
  EXPECT_EQ(
      Must<pb::Grant>(server_, "iom-de/fp", "GetGrant", Named(grant)).state(),
      pb::Grant::HANDED_OVER);
  EXPECT_THAT(Events(server_, "iom-tn", grant), Not(Contains("Expire")));
}

TEST_F(Expiry, ReceiptsOfAnErasureAreAskedForAgain) {
  const Target file = Bring(server_, "case:ACCEPTED");
  const auto rest = [&] {
    return Must<pb::Case>(server_, "iom-tn/dp", "GetCase", Named(file.name));
  };
  const auto reminders = [&](absl::string_view mission) {
    int count = 0;
    for (const std::string& event : Events(server_, mission, file.name)) {
      count += event == "Overdue" ? 1 : 0;
    }
    return count;
  };
  MustSend(server_, "iom-tn/dp", "EraseCase",
           Named(file.name) + "reason: PERSON_ASKED");
  MustSend(server_, "iom-es/dp", "ConfirmErasure", Named(file.name));
  EXPECT_EQ(absl::FromUnixSeconds(rest().receipts_due_time().seconds()),
            server_.clock().Now() + 14 * kDay);
  Pass(14 * kDay - absl::Seconds(1));
  EXPECT_EQ(reminders("iom-ma"), 0);
  Pass(absl::Seconds(1));
  EXPECT_EQ(reminders("iom-ma"), 1);
  EXPECT_EQ(reminders("iom-tn"), 1);
  EXPECT_EQ(reminders("iom-es"), 0);  // has confirmed
  Pass(14 * kDay);
  EXPECT_EQ(reminders("iom-ma"), 2);
  MustSend(server_, "iom-ma/dp", "ConfirmErasure", Named(file.name));
  EXPECT_FALSE(rest().has_receipts_due_time());
  Pass(60 * kDay);
  EXPECT_EQ(reminders("iom-ma"), 2);
  EXPECT_EQ(reminders("iom-tn"), 2);
}

TEST_F(Expiry, RemindersEnd) {
  const Target file = Bring(server_, "case:ACCEPTED");
  MustSend(server_, "iom-tn/dp", "EraseCase",
           Named(file.name) + "reason: PERSON_ASKED");
  for (int i = 0; i < 30; ++i) Pass(14 * kDay);
  int count = 0;
  for (const std::string& event : Events(server_, "iom-tn", file.name)) {
    count += event == "Overdue" ? 1 : 0;
  }
  EXPECT_EQ(count, 26);  // of 14 days each, in a year
}

TEST_F(Expiry, WhereNobodySawTheFileNoReceiptIsDue) {
  const auto erased =
      Must<pb::Case>(server_, "iom-tn/dp", "EraseCase",
                     Named(file_.name) + "reason: OPENED_IN_ERROR");
  EXPECT_FALSE(erased.has_receipts_due_time());
}

}  // namespace
}  // namespace passerelle::testing
