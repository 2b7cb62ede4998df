// A kind of exchange that the server was never told of by hand: its states,
// clock, timers, administrative messages, access and redaction are enforced
// from its proto alone.

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/exchange.pb.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"
#include "toy_parcel.pb.h"

namespace passerelle::testing {
namespace {

namespace options = ::passerelle::options::v1;
namespace pb = ::passerelle::v1;
namespace toy = ::passerelle::toy::v1;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class ToyExchange : public ::testing::Test {
 protected:
  toy::Parcel Pack(int grams) {
    request_ =
        MakeRequest("CreateParcel",
                    absl::StrCat("parent: '$file' parcel { grams: ", grams,
                                 " sender_note: 'Blue paper.' }"),
                    file_.words());
    reply_ = Send(server_, "iom-tn/cm", "CreateParcel", *request_);
    EXPECT_THAT(reply_, IsOk());
    return reply_.as<toy::Parcel>();
  }
  toy::Parcel Sent(int grams) {
    return Must<toy::Parcel>(server_, "iom-tn/cm", "SendParcel",
                             Named(Pack(grams).name()));
  }

  TestServer server_;
  const Target file_ = Bring(server_, "case:ACCEPTED");
  MessagePtr request_;
  Reply reply_;
};

TEST_F(ToyExchange, GoesThroughItsStates) {
  const toy::Parcel packed = Pack(1200);
  const std::string name = packed.name();
  EXPECT_EQ(packed.state(), toy::Parcel::PACKED);
  EXPECT_EQ(packed.exchange().process_version(), 7u);
  EXPECT_THAT(packed.exchange().allowed_actions(),
              UnorderedElementsAre("SendParcel", "WithdrawExchange"));
  // A draft is nobody else's.
  EXPECT_THAT(Send(server_, "iom-ma/fp", "GetParcel", Named(name)),
              HasReason("NOT_VISIBLE"));
  EXPECT_THAT(Send(server_, "iom-tn/cm", "TakeInParcel", Named(name)),
              HasReason("OFFICER_NOT_AUTHORIZED"));
  EXPECT_THAT(Send(server_, "iom-tn/fp", "TakeInParcel", Named(name)),
              HasReason("NOT_VISIBLE"));
  EXPECT_THAT(
      Send(server_, "iom-tn/cm", "CreateParcel",
           absl::StrCat("parent: '", file_.name, "' parcel { grams: 90001 }")),
      HasReason("FIELD_INVALID"));

  const auto sent =
      Must<toy::Parcel>(server_, "iom-tn/cm", "SendParcel", Named(name));
  EXPECT_EQ(sent.exchange().awaited_mission(), "missions/iom-ma");
  EXPECT_EQ(sent.exchange().phase(), options::OPEN);
  EXPECT_TRUE(sent.exchange().has_due_time());
  const auto seen =
      Must<toy::Parcel>(server_, "iom-ma/fp", "GetParcel", Named(name));
  EXPECT_EQ(seen.sender_note(), "");
  EXPECT_EQ(seen.grams(), 1200);
  EXPECT_THAT(seen.exchange().allowed_actions(), ElementsAre("TakeInParcel"));
  EXPECT_THAT(Send(server_, "iom-es/cm", "GetParcel", Named(name)),
              HasReason("NOT_VISIBLE"));

  EXPECT_EQ(Must<pb::ExchangeView>(server_, "iom-tn/cm", "RemindExchange",
                                   Named(name))
                .exchange()
                .reminder_count(),
            1u);
  // What the kind does not declare it does not have.
  EXPECT_THAT(Send(server_, "iom-ma/fp", "AskClarification",
                   Named(name) + "question: 'What is in it?'"),
              HasReason("STATE_FORBIDS"));
  const auto taken =
      Must<toy::Parcel>(server_, "iom-ma/fp", "TakeInParcel", Named(name));
  EXPECT_EQ(taken.state(), toy::Parcel::TAKEN_IN);
  EXPECT_EQ(taken.exchange().phase(), options::DECIDED);
  EXPECT_EQ(
      Must<pb::ExchangeView>(server_, "iom-tn/fp", "CloseExchange", Named(name))
          .state(),
      "CLOSED");
  EXPECT_THAT(Events(server_, "iom-ma", name),
              ElementsAre("SendParcel", "RemindExchange", "CloseExchange"));
  EXPECT_THAT(Events(server_, "iom-tn", name), ElementsAre("TakeInParcel"));
  EXPECT_EQ(Must<toy::ListParcelsResponse>(server_, "iom-ma/fp", "ListParcels",
                                           "parent: 'cases/-'")
                .parcels_size(),
            1);
}

TEST_F(ToyExchange, TheGuardChoosesAmongDeclaredStates) {
  EXPECT_EQ(Must<toy::Parcel>(server_, "iom-ma/fp", "TakeInParcel",
                              Named(Sent(30001).name()))
                .state(),
            toy::Parcel::SENT_BACK);
}

TEST_F(ToyExchange, ARepetitionShowsWhatOnlyTheInitiatorSees) {
  const toy::Parcel packed = Pack(1200);
  EXPECT_EQ(packed.sender_note(), "Blue paper.");
  const Reply again = Send(server_, "iom-tn/cm", "CreateParcel", *request_);
  EXPECT_THAT(again, IsOk());
  EXPECT_EQ(again.bytes, reply_.bytes);
}

TEST_F(ToyExchange, TimeActsByItself) {
  const std::string name = Sent(1200).name();
  server_.clock().Advance(absl::Hours(24 * 4));
  server_.SettleTimers();
  EXPECT_TRUE(Must<toy::Parcel>(server_, "iom-tn/cm", "GetParcel", Named(name))
                  .exchange()
                  .overdue());
  server_.clock().Advance(absl::Hours(24 * 7));
  server_.SettleTimers();
  const auto lost =
      Must<toy::Parcel>(server_, "iom-tn/cm", "GetParcel", Named(name));
  EXPECT_EQ(lost.state(), toy::Parcel::LOST);
  EXPECT_EQ(lost.exchange().end_reason(), pb::TIME_PASSED);
  EXPECT_THAT(Events(server_, "iom-tn", name), ElementsAre("Overdue", "Lapse"));
}

TEST_F(ToyExchange, TimeTellsNobodyElseOfADraft) {
  const std::string name = Pack(1200).name();
  server_.clock().Advance(absl::Hours(24 * 30));
  server_.SettleTimers();
  server_.clock().Advance(absl::Hours(24 * 10));
  server_.SettleTimers();
  EXPECT_EQ(
      Must<toy::Parcel>(server_, "iom-tn/cm", "GetParcel", Named(name)).state(),
      toy::Parcel::WITHDRAWN);
  EXPECT_THAT(Events(server_, "iom-tn", name), ElementsAre("Overdue", "Lapse"));
  EXPECT_THAT(Events(server_, "iom-ma", name), ElementsAre());
  EXPECT_THAT(Send(server_, "iom-ma/fp", "GetParcel", Named(name)),
              HasReason("NOT_VISIBLE"));
}

TEST_F(ToyExchange, EndsWithItsFile) {
  const std::string name = Sent(1200).name();
  MustSend(server_, "iom-tn/cm", "WithdrawCase", Named(file_.name));
  EXPECT_EQ(
      Must<toy::Parcel>(server_, "iom-ma/fp", "GetParcel", Named(name)).state(),
      toy::Parcel::WITHDRAWN);
}

}  // namespace
}  // namespace passerelle::testing
