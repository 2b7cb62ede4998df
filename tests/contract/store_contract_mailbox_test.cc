#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/store.h"
#include "tests/contract/store_contract.h"

namespace passerelle::storage {
namespace {

using ::passerelle::testing::IsOk;
using ::passerelle::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_P(StoreContractTest, MailboxWithoutMailHasTheDefaultState) {
  const MailboxState state = Mailbox("tunis");
  EXPECT_EQ(state.last_sequence, 0);
  EXPECT_EQ(state.oldest_sequence, 1);
  EXPECT_EQ(state.acknowledged_sequence, 0);
  EXPECT_EQ(state.acknowledge_time, absl::InfinitePast());
  EXPECT_THAT(Mail("tunis", 0, 10), IsEmpty());
}

TEST_P(StoreContractTest, MailboxHasNoGaps) {
  const auto append = [&](std::vector<MailboxEntry> entries) {
    return Write([&](WriteTransaction& t) {
      return t.AppendMailbox("tunis", At(0), entries);
    });
  };
  EXPECT_THAT(append({{2, "b"}}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(append({{0, "b"}}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(append({{1, "a"}, {3, "c"}}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(append({}), IsOk());
  EXPECT_EQ(Mailbox("tunis").last_sequence, 0);
  ASSERT_THAT(append({{1, "a"}, {2, ""}}), IsOk());
  EXPECT_THAT(append({{2, "b"}}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_THAT(append({{3, "c"}, {4, "d"}, {5, "e"}}), IsOk());
  EXPECT_EQ(Mailbox("tunis").last_sequence, 5);
  EXPECT_EQ(Mailbox("rabat").last_sequence, 0);
}

TEST_P(StoreContractTest, MailIsReadInOrderFromAnyPoint) {
  ASSERT_THAT(Write([&](WriteTransaction& t) {
                absl::Status status =
                    t.AppendMailbox("tunis", At(0), {{1, "a"}, {2, "b"}});
                status.Update(t.AppendMailbox("rabat", At(0), {{1, "other"}}));
                status.Update(t.AppendMailbox("tunis", At(1),
                                              {{3, "c"}, {4, "d"}, {5, "e"}}));
                return status;
              }),
              IsOk());
  using E = MailboxEntry;
  EXPECT_THAT(Mail("tunis", 0, 10), ElementsAre(E{1, "a"}, E{2, "b"}, E{3, "c"},
                                                E{4, "d"}, E{5, "e"}));
  EXPECT_THAT(Mail("tunis", 1, 2), ElementsAre(E{2, "b"}, E{3, "c"}));
  EXPECT_THAT(Mail("tunis", 3, 10), ElementsAre(E{4, "d"}, E{5, "e"}));
  EXPECT_THAT(Mail("tunis", 3, 1), ElementsAre(E{4, "d"}));
  EXPECT_THAT(Mail("tunis", 5, 10), IsEmpty());
  EXPECT_THAT(Mail("tunis", 0, 0), IsEmpty());
  EXPECT_THAT(Mail("rabat", 0, 10), ElementsAre(E{1, "other"}));
}

TEST_P(StoreContractTest, AcknowledgementOnlyRises) {
  const auto acknowledge = [&](int64_t sequence, absl::Time time) {
    return Write([&](WriteTransaction& t) {
      return t.AcknowledgeMailbox("tunis", sequence, time);
    });
  };
  EXPECT_THAT(acknowledge(0, At(0)), IsOk());
  EXPECT_THAT(acknowledge(1, At(0)), StatusIs(absl::StatusCode::kOutOfRange));
  ASSERT_THAT(
      Write([&](WriteTransaction& t) {
        return t.AppendMailbox("tunis", At(0), {{1, "a"}, {2, "b"}, {3, "c"}});
      }),
      IsOk());
  EXPECT_THAT(acknowledge(4, At(0)), StatusIs(absl::StatusCode::kOutOfRange));
  ASSERT_THAT(acknowledge(2, At(5)), IsOk());
  ASSERT_THAT(acknowledge(1, At(6)), IsOk());
  ASSERT_THAT(acknowledge(2, At(7)), IsOk());
  EXPECT_EQ(Mailbox("tunis").acknowledged_sequence, 2);
  EXPECT_EQ(Mailbox("tunis").acknowledge_time, At(5));
  ASSERT_THAT(acknowledge(3, At(8)), IsOk());
  EXPECT_EQ(Mailbox("tunis").acknowledged_sequence, 3);
  EXPECT_EQ(Mailbox("tunis").acknowledge_time, At(8));
}

TEST_P(StoreContractTest, CompactionDropsWholeOldAcknowledgedRows) {
  ASSERT_THAT(
      Write([&](WriteTransaction& t) {
        absl::Status status =
            t.AppendMailbox("tunis", At(10), {{1, "a"}, {2, "b"}});
        status.Update(t.AppendMailbox("tunis", At(20), {{3, "c"}, {4, "d"}}));
        status.Update(t.AppendMailbox("tunis", At(30), {{5, "e"}}));
        status.Update(t.AcknowledgeMailbox("tunis", 3, At(40)));
        return status;
      }),
      IsOk());
  const auto compact = [&](absl::Time before, int limit) {
    ASSERT_THAT(Write([&](WriteTransaction& t) {
                  return t.CompactMailboxes(before, limit);
                }),
                IsOk());
  };
  compact(At(10), 10);  // none is older
  EXPECT_EQ(Mailbox("tunis").oldest_sequence, 1);
  compact(At(100), 0);
  EXPECT_EQ(Mailbox("tunis").oldest_sequence, 1);
  compact(At(100), 10);  // the second row is acknowledged only in part
  EXPECT_EQ(Mailbox("tunis").oldest_sequence, 3);
  EXPECT_THAT(Mail("tunis", 0, 10),
              ElementsAre(MailboxEntry{3, "c"}, MailboxEntry{4, "d"},
                          MailboxEntry{5, "e"}));
}

TEST_P(StoreContractTest, CompactionNeverLeavesAHole) {
  // A clock that was set back between two deliveries.
  ASSERT_THAT(
      Write([&](WriteTransaction& t) {
        absl::Status status = t.AppendMailbox("tunis", At(50), {{1, "a"}});
        status.Update(t.AppendMailbox("tunis", At(10), {{2, "b"}}));
        status.Update(t.AcknowledgeMailbox("tunis", 2, At(60)));
        status.Update(t.CompactMailboxes(At(20), 10));
        return status;
      }),
      IsOk());
  EXPECT_EQ(Mailbox("tunis").oldest_sequence, 1);
  EXPECT_EQ(Mail("tunis", 0, 10).size(), 2u);
}

TEST_P(StoreContractTest, SequencesGoOnAfterEverythingWasCompacted) {
  ASSERT_THAT(Write([&](WriteTransaction& t) {
                absl::Status status =
                    t.AppendMailbox("tunis", At(0), {{1, "a"}, {2, "b"}});
                status.Update(t.AcknowledgeMailbox("tunis", 2, At(1)));
                return status;
              }),
              IsOk());
  ASSERT_THAT(Write([&](WriteTransaction& t) {
                return t.CompactMailboxes(At(100), 10);
              }),
              IsOk());
  MailboxState state = Mailbox("tunis");
  EXPECT_EQ(state.last_sequence, 2);
  EXPECT_EQ(state.oldest_sequence, 3);
  EXPECT_EQ(state.acknowledged_sequence, 2);
  EXPECT_THAT(Mail("tunis", 0, 10), IsEmpty());
  ASSERT_THAT(Write([&](WriteTransaction& t) {
                return t.AppendMailbox("tunis", At(200), {{3, "c"}});
              }),
              IsOk());
  EXPECT_THAT(Mail("tunis", 0, 10), ElementsAre(MailboxEntry{3, "c"}));
  EXPECT_EQ(Mailbox("tunis").oldest_sequence, 3);
}

TEST_P(StoreContractTest, CompactionLimitCountsRowsOverAllMissions) {
  ASSERT_THAT(Write([&](WriteTransaction& t) {
                absl::Status status;
                for (const char* mission : {"a", "b", "c"}) {
                  for (int64_t i = 1; i <= 2; ++i) {
                    status.Update(t.AppendMailbox(mission, At(i), {{i, "x"}}));
                  }
                  status.Update(t.AcknowledgeMailbox(mission, 2, At(3)));
                }
                return status;
              }),
              IsOk());
  const auto left = [&] {
    size_t rows = 0;
    for (const char* mission : {"a", "b", "c"}) {
      rows += Mail(mission, 0, 10).size();
    }
    return rows;
  };
  for (size_t expected : {3u, 0u, 0u}) {
    ASSERT_THAT(Write([&](WriteTransaction& t) {
                  return t.CompactMailboxes(At(100), 3);
                }),
                IsOk());
    EXPECT_EQ(left(), expected);
  }
}

TEST_P(StoreContractTest, RequestIsFoundUntilForgotten) {
  std::string answer;
  const auto find = [&](absl::string_view fingerprint) {
    return Read([&](ReadTransaction& t) {
      return t.FindRequest(fingerprint, &answer);
    });
  };
  EXPECT_THAT(find("f1"), StatusIs(absl::StatusCode::kNotFound));
  ASSERT_THAT(Write([&](WriteTransaction& t) {
                absl::Status status = t.RememberRequests(At(0), {});
                status.Update(t.RememberRequests(
                    At(10), {{"f1", "one"}, {"f2", ""}, {"f3", "three"}}));
                status.Update(t.RememberRequests(At(20), {{"f4", "four"}}));
                return status;
              }),
              IsOk());
  ASSERT_THAT(find("f3"), IsOk());
  EXPECT_EQ(answer, "three");
  ASSERT_THAT(find("f2"), IsOk());
  EXPECT_EQ(answer, "");
  ASSERT_THAT(find("f4"), IsOk());
  EXPECT_EQ(answer, "four");

  int64_t forgotten = -1;
  const auto forget = [&](absl::Time before, int limit) {
    return Write([&](WriteTransaction& t) {
      return t.ForgetRequests(before, limit, &forgotten);
    });
  };
  ASSERT_THAT(forget(At(10), 10), IsOk());
  EXPECT_EQ(forgotten, 0);
  ASSERT_THAT(forget(At(20), 10), IsOk());
  EXPECT_EQ(forgotten, 3);
  EXPECT_THAT(find("f1"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(find("f4"), IsOk());
  // A forgotten request may come again.
  ASSERT_THAT(Write([&](WriteTransaction& t) {
                return t.RememberRequests(At(30), {{"f1", "again"}});
              }),
              IsOk());
  ASSERT_THAT(forget(At(100), 1), IsOk());
  EXPECT_EQ(forgotten, 1);
  EXPECT_THAT(find("f4"), StatusIs(absl::StatusCode::kNotFound));
  ASSERT_THAT(find("f1"), IsOk());
  EXPECT_EQ(answer, "again");
}

TEST_P(StoreContractTest, RepeatedRequestAlreadyExistsAndNoneIsKept) {
  ASSERT_THAT(Write([&](WriteTransaction& t) {
                return t.RememberRequests(At(0), {{"f1", "one"}});
              }),
              IsOk());
  ASSERT_THAT(
      Write([&](WriteTransaction& t) {
        EXPECT_THAT(t.RememberRequests(At(1), {{"f2", "two"}, {"f1", "x"}}),
                    StatusIs(absl::StatusCode::kAlreadyExists));
        EXPECT_THAT(t.RememberRequests(At(1), {{"f3", "a"}, {"f3", "b"}}),
                    StatusIs(absl::StatusCode::kAlreadyExists));
        return absl::OkStatus();
      }),
      IsOk());
  std::string answer;
  ASSERT_THAT(Read([&](ReadTransaction& t) {
                EXPECT_THAT(t.FindRequest("f2", &answer),
                            StatusIs(absl::StatusCode::kNotFound));
                EXPECT_THAT(t.FindRequest("f3", &answer),
                            StatusIs(absl::StatusCode::kNotFound));
                return t.FindRequest("f1", &answer);
              }),
              IsOk());
  EXPECT_EQ(answer, "one");
}

TEST_P(StoreContractTest, ClockThatRanAheadDoesNotStopForgetting) {
  int64_t forgotten = 0;
  ASSERT_THAT(Write([&](WriteTransaction& t) {
                absl::Status status =
                    t.RememberRequests(At(1'000'000), {{"ahead", "x"}});
                status.Update(t.RememberRequests(At(10), {{"f", "y"}}));
                status.Update(t.ForgetRequests(At(20), 10, &forgotten));
                return status;
              }),
              IsOk());
  EXPECT_EQ(forgotten, 1);
}

}  // namespace
}  // namespace passerelle::storage
