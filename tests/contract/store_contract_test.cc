#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/memory/memory_store.h"
#include "server/storage/sqlite/sqlite_store.h"
#include "server/storage/store.h"
#include "tests/contract/store_contract.h"
#include "tests/support/vault_beside.h"

namespace passerelle::storage {
namespace {

using ::passerelle::testing::IsOk;
using ::passerelle::testing::StatusIs;
using ::passerelle::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Ids(const std::vector<Record>& records) {
  std::vector<std::string> ids;
  for (const Record& record : records) ids.push_back(record.key.id);
  return ids;
}

TEST_P(StoreContractTest, RecordComesBackWhole) {
  Record record = MakeRecord("c1", "r1");
  record.wake_time = At(5) + absl::Microseconds(7);
  Record forever = MakeRecord("c1", "r2");
  forever.message.clear();
  forever.internal.clear();
  ASSERT_THAT(Write([&](WriteTransaction& t) {
                absl::Status status = t.Insert(record);
                status.Update(t.Insert(forever));
                return status;
              }),
              IsOk());
  Record found;
  ASSERT_THAT(Get(record.key, &found), IsOk());
  EXPECT_TRUE(found == record);
  ASSERT_THAT(Get(forever.key, &found), IsOk());
  EXPECT_TRUE(found == forever);
}

TEST_P(StoreContractTest, UnknownRecordIsNotFound) {
  Record record;
  EXPECT_THAT(Get({"c1", "r1"}, &record),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(StoreContractTest, SecondInsertAlreadyExistsAndTheBatchGoesOn) {
  absl::Status second;
  ASSERT_THAT(Write([&](WriteTransaction& t) {
                absl::Status status = t.Insert(MakeRecord("c1", "r1"));
                second = t.Insert(MakeRecord("c1", "r1", "cases"));
                status.Update(t.Insert(MakeRecord("c1", "r2")));
                return status;
              }),
              IsOk());
  EXPECT_THAT(second, StatusIs(absl::StatusCode::kAlreadyExists));
  Record found;
  ASSERT_THAT(Get({"c1", "r1"}, &found), IsOk());
  EXPECT_EQ(found.kind, "referrals");
  EXPECT_THAT(Get({"c1", "r2"}, &found), IsOk());
}

TEST_P(StoreContractTest, UpdateReplacesAndNeedsTheRecord) {
  Record record = MakeRecord("c1", "r1");
  record.wake_time = At(1);
  ASSERT_THAT(Write([&](WriteTransaction& t) { return t.Insert(record); }),
              IsOk());
  record.state = 9;
  record.version = 2;
  record.wake_time = absl::InfiniteFuture();
  record.message = "other";
  ASSERT_THAT(Write([&](WriteTransaction& t) { return t.Update(record); }),
              IsOk());
  Record found;
  ASSERT_THAT(Get(record.key, &found), IsOk());
  EXPECT_TRUE(found == record);
  EXPECT_THAT(Write([&](WriteTransaction& t) {
                return t.Update(MakeRecord("c1", "r2"));
              }),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(StoreContractTest, DeletedIsGoneWithItsTimer) {
  Record record = MakeRecord("c1", "r1");
  record.wake_time = At(1);
  Record large = MakeRecord("c1/d1", "0000");
  large.message = std::string(256 * 1024, 'x');
  ASSERT_THAT(
      Write([&](WriteTransaction& t) {
        for (const Record& each : {record, MakeRecord("c1", "r2"), large}) {
          if (absl::Status s = t.Insert(each); !s.ok()) return s;
        }
        return absl::OkStatus();
      }),
      IsOk());
  // One that is undone is there again.
  ASSERT_THAT(Write([&](WriteTransaction& t) {
                EXPECT_FALSE(t.Savepoint([&] {
                                EXPECT_THAT(t.Delete(large.key), IsOk());
                                return absl::AbortedError("undone");
                              }).ok());
                EXPECT_THAT(t.Delete(record.key), IsOk());
                EXPECT_TRUE(t.changed().contains(record.key));
                EXPECT_THAT(t.Delete(record.key),
                            StatusIs(absl::StatusCode::kNotFound));
                return absl::OkStatus();
              }),
              IsOk());
  Record found;
  EXPECT_THAT(Get(record.key, &found), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Get({"c1", "r2"}, &found), IsOk());
  EXPECT_THAT(Get(large.key, &found), IsOk());
  EXPECT_EQ(found.message, large.message);
  EXPECT_THAT(Read([&](ReadTransaction& t) {
                absl::Time wake;
                const absl::Status status = t.NextWake(&wake);
                EXPECT_EQ(wake, absl::InfiniteFuture());
                return status;
              }),
              IsOk());
  // The key is free again.
  EXPECT_THAT(Write([&](WriteTransaction& t) { return t.Insert(record); }),
              IsOk());
}

TEST_P(StoreContractTest, VersionBelowOneIsABug) {
  Record record = MakeRecord("c1", "r1");
  record.version = 0;
  EXPECT_THAT(Write([&](WriteTransaction& t) { return t.Insert(record); }),
              StatusIs(absl::StatusCode::kInternal));
}

TEST_P(StoreContractTest, ListStaysInScopeAndKindAndPages) {
  ASSERT_THAT(Write([&](WriteTransaction& t) {
                absl::Status status;
                for (const char* id : {"r3", "r1", "r2"}) {
                  status.Update(t.Insert(MakeRecord("c1", id)));
                }
                status.Update(t.Insert(MakeRecord("c1", "m1", "messages")));
                status.Update(t.Insert(MakeRecord("c1", "r25", "messages")));
                status.Update(t.Insert(MakeRecord("c0", "r4")));
                status.Update(t.Insert(MakeRecord("c2", "r5")));
                return status;
              }),
              IsOk());
  std::vector<Record> records(7);
  ASSERT_THAT(Read([&](ReadTransaction& t) {
                return t.List("c1", "referrals", "", 10, &records);
              }),
              IsOk());
  EXPECT_THAT(Ids(records), ElementsAre("r1", "r2", "r3"));
  EXPECT_TRUE(records[0] == MakeRecord("c1", "r1"));
  ASSERT_THAT(Read([&](ReadTransaction& t) {
                return t.List("c1", "referrals", "r1", 1, &records);
              }),
              IsOk());
  EXPECT_THAT(Ids(records), ElementsAre("r2"));
  for (int limit : {0, -1}) {
    ASSERT_THAT(Read([&](ReadTransaction& t) {
                  return t.List("c1", "referrals", "", limit, &records);
                }),
                IsOk());
    EXPECT_THAT(records, IsEmpty());
  }
}

TEST_P(StoreContractTest, IdsOfAPrefixAreCountedUpToALimit) {
  ASSERT_THAT(Write([&](WriteTransaction& t) {
                absl::Status status;
                for (const char* id : {"q9", "r1", "r2", "r3", "s1"}) {
                  status.Update(t.Insert(MakeRecord("c1", id)));
                }
                status.Update(t.Insert(MakeRecord("c2", "r1")));
                return status;
              }),
              IsOk());
  const struct {
    const char* scope;
    const char* prefix;
    int limit;
    int64_t count;
  } kCounts[] = {{"c1", "r", 10, 3}, {"c1", "r", 3, 3},  {"c1", "r", 2, 2},
                 {"c1", "r", 0, 0},  {"c1", "p", 10, 0}, {"c2", "r", 10, 1},
                 {"c2", "s", 10, 0}, {"c3", "r", 10, 0}, {"c1", "", 10, 5},
                 {"c1", "", 4, 4},   {"c1", "r1", 9, 1}, {"c2", "", 10, 1}};
  for (const auto& wanted : kCounts) {
    int64_t count = -1;
    ASSERT_THAT(Read([&](ReadTransaction& t) {
                  return t.CountIds(wanted.scope, wanted.prefix, wanted.limit,
                                    &count);
                }),
                IsOk());
    EXPECT_EQ(count, wanted.count) << wanted.scope << wanted.prefix;
  }
}

TEST_P(StoreContractTest, MissionsListTheirCases) {
  ASSERT_THAT(Write([&](WriteTransaction& t) {
                absl::Status status = t.AddParty("tunis", "c2");
                status.Update(t.AddParty("tunis", "c1"));
                status.Update(t.AddParty("tunis", "c1"));
                status.Update(t.AddParty("rabat", "c3"));
                return status;
              }),
              IsOk());
  std::vector<std::string> cases;
  const auto list = [&](absl::string_view after, int limit) {
    return Read([&](ReadTransaction& t) {
      return t.ListCases("tunis", after, limit, &cases);
    });
  };
  ASSERT_THAT(list("", 10), IsOk());
  EXPECT_THAT(cases, ElementsAre("c1", "c2"));
  ASSERT_THAT(list("", 1), IsOk());
  EXPECT_THAT(cases, ElementsAre("c1"));
  ASSERT_THAT(list("c1", 10), IsOk());
  EXPECT_THAT(cases, ElementsAre("c2"));
  const auto is_party = [&](absl::string_view mission, absl::string_view id) {
    bool party = false;
    EXPECT_THAT(Read([&](ReadTransaction& t) {
                  return t.IsParty(mission, id, &party);
                }),
                IsOk());
    return party;
  };
  EXPECT_TRUE(is_party("tunis", "c1"));
  EXPECT_TRUE(is_party("rabat", "c3"));
  EXPECT_FALSE(is_party("rabat", "c1"));
  EXPECT_FALSE(is_party("rabat", "c"));
  EXPECT_FALSE(is_party("lima", "c1"));
}

TEST_P(StoreContractTest, DueRecordsComeEarliestFirst) {
  absl::Time next;
  ASSERT_THAT(Read([&](ReadTransaction& t) { return t.NextWake(&next); }),
              IsOk());
  EXPECT_EQ(next, absl::InfiniteFuture());
  ASSERT_THAT(Write([&](WriteTransaction& t) {
                absl::Status status = t.Insert(MakeRecord("c1", "never"));
                for (int seconds : {30, 10, 20}) {
                  Record record = MakeRecord("c1", absl::StrCat("r", seconds));
                  record.wake_time = At(seconds);
                  status.Update(t.Insert(record));
                }
                return status;
              }),
              IsOk());
  ASSERT_THAT(Read([&](ReadTransaction& t) { return t.NextWake(&next); }),
              IsOk());
  EXPECT_EQ(next, At(10));
  std::vector<RecordKey> due;
  const auto list = [&](absl::Time now, int limit) {
    return Read(
        [&](ReadTransaction& t) { return t.ListDue(now, limit, &due); });
  };
  ASSERT_THAT(list(At(20), 10), IsOk());
  EXPECT_THAT(due, ElementsAre(RecordKey{"c1", "r10"}, RecordKey{"c1", "r20"}));
  ASSERT_THAT(list(At(40), 1), IsOk());
  EXPECT_THAT(due, ElementsAre(RecordKey{"c1", "r10"}));
  ASSERT_THAT(list(At(9), 10), IsOk());
  EXPECT_THAT(due, IsEmpty());
}

TEST_P(StoreContractTest, FailedBodyKeepsNothing) {
  EXPECT_THAT(Write([&](WriteTransaction& t) {
                EXPECT_THAT(t.Insert(MakeRecord("c1", "r1")), IsOk());
                EXPECT_THAT(t.PutMeta("epoch", "1"), IsOk());
                return absl::AbortedError("changed its mind");
              }),
              StatusIs(absl::StatusCode::kAborted));
  Record record;
  EXPECT_THAT(Get({"c1", "r1"}, &record),
              StatusIs(absl::StatusCode::kNotFound));
  std::string value;
  EXPECT_THAT(
      Read([&](ReadTransaction& t) { return t.GetMeta("epoch", &value); }),
      StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(StoreContractTest, ReadReturnsTheStatusOfItsBody) {
  EXPECT_THAT(Read([](ReadTransaction&) { return absl::CancelledError("x"); }),
              StatusIs(absl::StatusCode::kCancelled));
}

TEST_P(StoreContractTest, SavepointUndoesOnlyItsOwnCommand) {
  ASSERT_THAT(
      Write([&](WriteTransaction& t) {
        EXPECT_THAT(t.Savepoint([&] { return t.Insert(MakeRecord("c", "a")); }),
                    IsOk());
        EXPECT_THAT(t.Savepoint([&]() -> absl::Status {
          EXPECT_THAT(t.Insert(MakeRecord("c", "b")), IsOk());
          Record changed = MakeRecord("c", "a");
          changed.version = 2;
          EXPECT_THAT(t.Update(changed), IsOk());
          EXPECT_THAT(t.AddParty("tunis", "c"), IsOk());
          EXPECT_THAT(t.AppendMailbox("tunis", At(0), {{1, "x"}}), IsOk());
          EXPECT_THAT(t.AppendJournal({0, 1, At(0), "h", "l"}), IsOk());
          EXPECT_THAT(t.RememberRequests(At(0), {{"f", "a"}}), IsOk());
          EXPECT_THAT(t.PutMeta("m", "v"), IsOk());
          return absl::FailedPreconditionError("refused");
        }),
                    StatusIs(absl::StatusCode::kFailedPrecondition));
        // The transaction itself sees the undoing.
        Record record;
        EXPECT_THAT(t.Get({"c", "b"}, &record),
                    StatusIs(absl::StatusCode::kNotFound));
        return t.Savepoint([&] { return t.Insert(MakeRecord("c", "d")); });
      }),
      IsOk());
  std::vector<Record> records;
  std::vector<std::string> cases;
  MailboxState mailbox;
  JournalBatch tail;
  std::string value;
  ASSERT_THAT(Read([&](ReadTransaction& t) {
                absl::Status status = t.List("c", "referrals", "", 9, &records);
                status.Update(t.ListCases("tunis", "", 9, &cases));
                status.Update(t.GetMailbox("tunis", &mailbox));
                status.Update(t.JournalTail(&tail));
                EXPECT_THAT(t.FindRequest("f", &value),
                            StatusIs(absl::StatusCode::kNotFound));
                EXPECT_THAT(t.GetMeta("m", &value),
                            StatusIs(absl::StatusCode::kNotFound));
                return status;
              }),
              IsOk());
  EXPECT_THAT(Ids(records), ElementsAre("a", "d"));
  EXPECT_EQ(records[0].version, 1);
  EXPECT_THAT(cases, IsEmpty());
  EXPECT_EQ(mailbox.last_sequence, 0);
  EXPECT_EQ(tail.count, 0);
}

TEST_P(StoreContractTest, SavepointsDoNotNest) {
  EXPECT_THAT(Write([](WriteTransaction& t) {
                return t.Savepoint([&] {
                  return t.Savepoint([] { return absl::OkStatus(); });
                });
              }),
              StatusIs(absl::StatusCode::kInternal));
}

TEST_P(StoreContractTest, KeptSavepointGoesWithItsTransaction) {
  EXPECT_THAT(Write([&](WriteTransaction& t) {
                EXPECT_THAT(
                    t.Savepoint([&] { return t.Insert(MakeRecord("c", "a")); }),
                    IsOk());
                return absl::AbortedError("no");
              }),
              StatusIs(absl::StatusCode::kAborted));
  Record record;
  EXPECT_THAT(Get({"c", "a"}, &record), StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(StoreContractTest, ReaderKeepsItsSnapshotBesideAWriter) {
  ASSERT_THAT(Write([&](WriteTransaction& t) {
                return t.Insert(MakeRecord("c", "a"));
              }),
              IsOk());
  ASSERT_THAT(Read([&](ReadTransaction& t) {
                Record record;
                EXPECT_THAT(t.Get({"c", "a"}, &record), IsOk());
                std::thread writer([&] {
                  Record changed = MakeRecord("c", "a");
                  changed.version = 2;
                  EXPECT_THAT(Write([&](WriteTransaction& w) {
                                absl::Status status = w.Update(changed);
                                status.Update(w.Insert(MakeRecord("c", "b")));
                                return status;
                              }),
                              IsOk());
                  EXPECT_THAT(store_->Checkpoint(), IsOk());
                });
                writer.join();
                EXPECT_THAT(t.Get({"c", "a"}, &record), IsOk());
                EXPECT_EQ(record.version, 1);
                EXPECT_THAT(t.Get({"c", "b"}, &record),
                            StatusIs(absl::StatusCode::kNotFound));
                return absl::OkStatus();
              }),
              IsOk());
  Record record;
  ASSERT_THAT(Get({"c", "a"}, &record), IsOk());
  EXPECT_EQ(record.version, 2);
}

TEST_P(StoreContractTest, ReaderDoesNotSeeAnOpenTransaction) {
  ASSERT_THAT(Write([&](WriteTransaction& t) {
                EXPECT_THAT(t.Insert(MakeRecord("c", "a")), IsOk());
                Record record;
                EXPECT_THAT(t.Get({"c", "a"}, &record), IsOk());
                std::thread reader([&] {
                  EXPECT_THAT(Get({"c", "a"}, &record),
                              StatusIs(absl::StatusCode::kNotFound));
                });
                reader.join();
                return absl::OkStatus();
              }),
              IsOk());
}

TEST_P(StoreContractTest, ManyReadersAndWritersKeepEveryChange) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([this, i] {
      for (int j = 0; j < 20; ++j) {
        const Record record =
            MakeRecord(absl::StrCat("c", i), absl::StrCat("r", j));
        EXPECT_THAT(
            Write([&](WriteTransaction& t) { return t.Insert(record); }),
            IsOk());
        Record found;
        EXPECT_THAT(Get(record.key, &found), IsOk());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 6; ++i) {
    std::vector<Record> records;
    ASSERT_THAT(Read([&](ReadTransaction& t) {
                  return t.List(absl::StrCat("c", i), "referrals", "", 100,
                                &records);
                }),
                IsOk());
    EXPECT_EQ(records.size(), 20u);
  }
}

TEST_P(StoreContractTest, JournalStartsAtZeroAndHasNoGaps) {
  JournalBatch tail{7, 7, At(0), "x", "x"};
  ASSERT_THAT(Read([&](ReadTransaction& t) { return t.JournalTail(&tail); }),
              IsOk());
  EXPECT_EQ(tail.first_sequence + tail.count, 0);
  const auto append = [&](int64_t first, int64_t count) {
    return Write([&](WriteTransaction& t) {
      return t.AppendJournal({first, count, At(first),
                              absl::StrCat("nodes", first),
                              absl::StrCat("leaves", first)});
    });
  };
  EXPECT_THAT(append(1, 1), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(append(0, 0), StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_THAT(append(0, 3), IsOk());
  EXPECT_THAT(append(0, 3), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(append(2, 1), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(append(4, 1), StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_THAT(append(3, 1), IsOk());
  ASSERT_THAT(append(4, 2), IsOk());
  ASSERT_THAT(Read([&](ReadTransaction& t) { return t.JournalTail(&tail); }),
              IsOk());
  EXPECT_EQ(tail.first_sequence, 4);
  EXPECT_EQ(tail.count, 2);
  EXPECT_EQ(tail.time, At(4));
  EXPECT_EQ(tail.nodes, "nodes4");
  EXPECT_EQ(tail.leaves, "leaves4");

  const auto read = [&](int64_t from, int limit) {
    std::vector<JournalBatch> batches;
    EXPECT_THAT(Read([&](ReadTransaction& t) {
                  return t.ReadJournal(from, limit, &batches);
                }),
                IsOk());
    std::vector<int64_t> firsts;
    for (const auto& batch : batches) firsts.push_back(batch.first_sequence);
    return firsts;
  };
  EXPECT_THAT(read(0, 10), ElementsAre(0, 3, 4));
  EXPECT_THAT(read(2, 10), ElementsAre(0, 3, 4));
  EXPECT_THAT(read(3, 10), ElementsAre(3, 4));
  EXPECT_THAT(read(5, 10), ElementsAre(4));
  EXPECT_THAT(read(6, 10), IsEmpty());
  EXPECT_THAT(read(1, 2), ElementsAre(0, 3));

  const auto nodes = [&](int64_t sequence) {
    int64_t first = -1;
    std::string found;
    const absl::Status status = Read([&](ReadTransaction& t) {
      return t.JournalNodes(sequence, &first, &found);
    });
    return status.ok() ? absl::StrCat(first, " ", found)
                       : absl::StatusCodeToString(status.code());
  };
  EXPECT_EQ(nodes(0), "0 nodes0");
  EXPECT_EQ(nodes(2), "0 nodes0");
  EXPECT_EQ(nodes(3), "3 nodes3");
  EXPECT_EQ(nodes(5), "4 nodes4");
  EXPECT_EQ(nodes(6), "NOT_FOUND");
  EXPECT_EQ(nodes(-1), "NOT_FOUND");
}

TEST_P(StoreContractTest, LeavesAreFoundByFile) {
  const auto index = [&](int64_t end, const std::vector<CaseLeaves>& leaves) {
    return Write(
        [&](WriteTransaction& t) { return t.IndexLeaves(end, leaves); });
  };
  const auto find = [&](absl::string_view id, int64_t from, int limit) {
    std::vector<int64_t> found = {-1};
    EXPECT_THAT(Read([&](ReadTransaction& t) {
                  return t.LeavesOfCase(id, from, limit, &found);
                }),
                IsOk());
    return found;
  };
  int64_t end = -1;
  const auto read_end = [&] {
    EXPECT_THAT(Read([&](ReadTransaction& t) { return t.LeafIndexEnd(&end); }),
                IsOk());
    return end;
  };
  EXPECT_EQ(read_end(), 0);
  constexpr int64_t kLarge = int64_t{1} << 60;
  ASSERT_THAT(index(10, {{"a", {0, 3, 9}}, {"b", {4}}}), IsOk());
  ASSERT_THAT(index(kLarge, {{"a", {10, kLarge - 1}}}), IsOk());
  ASSERT_THAT(index(kLarge, {}), IsOk());
  EXPECT_EQ(read_end(), kLarge);
  EXPECT_THAT(index(9, {{"b", {5}}}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(find("a", 0, 10), ElementsAre(0, 3, 9, 10, kLarge - 1));
  EXPECT_THAT(find("a", 3, 10), ElementsAre(3, 9, 10, kLarge - 1));
  EXPECT_THAT(find("a", 4, 2), ElementsAre(9, 10));
  EXPECT_THAT(find("a", kLarge, 10), IsEmpty());
  EXPECT_THAT(find("b", 0, 10), ElementsAre(4));
  EXPECT_THAT(find("b", 0, 0), IsEmpty());
  EXPECT_THAT(find("c", 0, 10), IsEmpty());
}

TEST_P(StoreContractTest, CheckpointsAreKeptBySize) {
  const auto put = [&](const Checkpoint& checkpoint) {
    return Write(
        [&](WriteTransaction& t) { return t.PutCheckpoint(checkpoint); });
  };
  const auto list = [&](int64_t from, int limit) {
    std::vector<Checkpoint> found(1);
    EXPECT_THAT(Read([&](ReadTransaction& t) {
                  return t.ListCheckpoints(from, limit, &found);
                }),
                IsOk());
    std::vector<int64_t> sizes;
    for (const Checkpoint& checkpoint : found) {
      sizes.push_back(checkpoint.tree_size);
    }
    return sizes;
  };
  Checkpoint found;
  const auto latest = [&](int cosignatures) {
    const absl::Status status = Read([&](ReadTransaction& t) {
      return t.LatestCheckpoint(cosignatures, &found);
    });
    return status.ok() ? found.tree_size : -1;
  };
  EXPECT_EQ(latest(0), -1);
  ASSERT_THAT(put({10, At(0), "ten", {}}), IsOk());
  ASSERT_THAT(put({20, At(1), "twenty", {}}), IsOk());
  ASSERT_THAT(put({30, At(2), "thirty", {}}), IsOk());
  EXPECT_EQ(latest(1), -1);
  ASSERT_THAT(put({20, At(1), "twenty", {"x", "y"}}), IsOk());
  EXPECT_EQ(latest(0), 30);
  EXPECT_EQ(found.note, "thirty");
  EXPECT_EQ(latest(1), 20);
  EXPECT_EQ(latest(2), 20);
  EXPECT_THAT(found.cosignatures, ElementsAre("x", "y"));
  EXPECT_EQ(found.time, At(1));
  EXPECT_EQ(latest(3), -1);
  EXPECT_THAT(list(11, 10), ElementsAre(20, 30));
  EXPECT_THAT(list(0, 2), ElementsAre(10, 20));
  EXPECT_THAT(list(0, 0), IsEmpty());
  // Kept are what missions signed, and the last.
  const auto drop = [&](int64_t before, int limit) {
    return Write([&](WriteTransaction& t) {
      return t.DropCheckpoints(At(before), limit);
    });
  };
  ASSERT_THAT(drop(0, 10), IsOk());
  ASSERT_THAT(drop(100, 0), IsOk());
  EXPECT_THAT(list(0, 10), ElementsAre(10, 20, 30));
  ASSERT_THAT(drop(100, 10), IsOk());
  EXPECT_THAT(list(0, 10), ElementsAre(20, 30));
}

TEST_P(StoreContractTest, MetaIsReplaced) {
  for (const std::string& value :
       {std::string("one"), std::string("\0", 1), std::string()}) {
    ASSERT_THAT(
        Write([&](WriteTransaction& t) { return t.PutMeta("name", value); }),
        IsOk());
    std::string found = "before";
    ASSERT_THAT(
        Read([&](ReadTransaction& t) { return t.GetMeta("name", &found); }),
        IsOk());
    EXPECT_EQ(found, value);
  }
}

TEST_P(StoreContractTest, CheckpointOfAnIdleStoreIsFine) {
  EXPECT_THAT(store_->Checkpoint(), IsOk());
  EXPECT_THAT(store_->Checkpoint(), IsOk());
}

// A sealed store with what it stands on.
class OwnedSealedStore final : public Store {
 public:
  explicit OwnedSealedStore(const TempDir& dir) {
    auto files = testing::OpenSealed(dir.File("store.db"));
    EXPECT_THAT(files, IsOk());
    files_ = *std::move(files);
  }
  absl::Status Read(
      const std::function<absl::Status(ReadTransaction&)>& body) override {
    return files_->store()->Read(body);
  }
  absl::Status Write(
      const std::function<absl::Status(WriteTransaction&)>& body) override {
    return files_->store()->Write(body);
  }
  bool WantsCheckpoint() override { return files_->store()->WantsCheckpoint(); }
  absl::Status Checkpoint() override { return files_->store()->Checkpoint(); }

 private:
  std::unique_ptr<app::SealedFiles> files_;
};

INSTANTIATE_TEST_SUITE_P(
    Stores, StoreContractTest,
    ::testing::Values(
        StoreFactory{"Memory",
                     [](const TempDir&) -> std::unique_ptr<Store> {
                       return std::make_unique<MemoryStore>();
                     }},
        StoreFactory{"Sqlite",
                     [](const TempDir& dir) -> std::unique_ptr<Store> {
                       auto store = sqlite::SqliteStore::Open(
                           {.path = dir.File("store.db")});
                       EXPECT_THAT(store, IsOk());
                       return *std::move(store);
                     }},
        StoreFactory{"Sealed",
                     [](const TempDir& dir) -> std::unique_ptr<Store> {
                       return std::make_unique<OwnedSealedStore>(dir);
                     }}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace passerelle::storage
