#include "server/storage/sqlite/sqlite_store.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/sql.h"
#include "server/storage/sqlite/statement.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace passerelle::storage::sqlite {
namespace {

using ::passerelle::testing::IsOk;
using ::passerelle::testing::StatusIs;
using ::passerelle::testing::TempDir;
using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kNow = absl::UnixEpoch() + absl::Hours(480'000);

Record MakeRecord(absl::string_view id) {
  Record record;
  record.key = {"c1", std::string(id)};
  record.kind = "referrals";
  record.version = 1;
  record.message = std::string(1000, 'm');
  return record;
}

class SqliteStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<SqliteStore> Open() {
    auto store = SqliteStore::Open({.path = path_});
    EXPECT_THAT(store, IsOk());
    return store.ok() ? *std::move(store) : nullptr;
  }

  // A connection of the test's own, once no store has the file open.
  std::unique_ptr<Connection> OpenRaw() {
    auto connection =
        Connection::Open({.path = path_, .access = Access::kReadWrite});
    EXPECT_THAT(connection, IsOk());
    EXPECT_THAT((*connection)->Configure(), IsOk());
    return *std::move(connection);
  }

  TempDir dir_;
  const std::string path_ = dir_.File("store.db");
};

TEST_F(SqliteStoreTest, EverythingSurvivesReopening) {
  ASSERT_THAT(Open()->Write([](WriteTransaction& t) {
    absl::Status status = t.Insert(MakeRecord("r1"));
    status.Update(t.AddParty("tunis", "c1"));
    status.Update(t.AppendJournal({0, 2, kNow, "hash", "leaves"}));
    status.Update(t.AppendMailbox("tunis", kNow, {{1, "a"}, {2, "b"}}));
    status.Update(t.AcknowledgeMailbox("tunis", 1, kNow));
    status.Update(t.RememberRequests(kNow, {{"f", "answer"}}));
    status.Update(t.PutMeta("epoch", "7"));
    return status;
  }),
              IsOk());
  Record record;
  JournalBatch tail;
  MailboxState mailbox;
  std::string answer;
  std::string epoch;
  std::vector<std::string> cases;
  ASSERT_THAT(Open()->Read([&](ReadTransaction& t) {
    absl::Status status = t.Get({"c1", "r1"}, &record);
    status.Update(t.JournalTail(&tail));
    status.Update(t.GetMailbox("tunis", &mailbox));
    status.Update(t.FindRequest("f", &answer));
    status.Update(t.GetMeta("epoch", &epoch));
    status.Update(t.ListCases("tunis", "", 9, &cases));
    return status;
  }),
              IsOk());
  EXPECT_EQ(record.message.size(), 1000u);
  EXPECT_EQ(tail.count, 2);
  EXPECT_EQ(mailbox.last_sequence, 2);
  EXPECT_EQ(mailbox.acknowledged_sequence, 1);
  EXPECT_EQ(mailbox.acknowledge_time, kNow);
  EXPECT_EQ(answer, "answer");
  EXPECT_EQ(epoch, "7");
  EXPECT_EQ(cases.size(), 1u);
}

TEST_F(SqliteStoreTest, CommittedChangesSurviveAKill) {
  const pid_t child = fork();
  if (child == 0) {
    auto store = SqliteStore::Open({.path = path_});
    if (!store.ok()) _exit(1);
    if (!(*store)
             ->Write([](WriteTransaction& t) {
               return t.Insert(MakeRecord("kept"));
             })
             .ok()) {
      _exit(2);
    }
    (*store)
        ->Write([](WriteTransaction& t) -> absl::Status {
          if (!t.Insert(MakeRecord("lost")).ok()) _exit(3);
          _exit(0);  // no destructor runs: as if killed in mid-batch
        })
        .IgnoreError();
  }
  int result = -1;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  ASSERT_EQ(result, 0);
  Record record;
  ASSERT_THAT(Open()->Read([&](ReadTransaction& t) {
    EXPECT_THAT(t.Get({"c1", "lost"}, &record),
                StatusIs(absl::StatusCode::kNotFound));
    return t.Get({"c1", "kept"}, &record);
  }),
              IsOk());
}

TEST_F(SqliteStoreTest, SecondStoreIsRefusedWhileTheFirstLives) {
  auto first = Open();
  EXPECT_THAT(SqliteStore::Open({.path = path_}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  first.reset();
  EXPECT_NE(Open(), nullptr);
}

TEST_F(SqliteStoreTest, SecondProcessIsRefused) {
  auto first = Open();
  const pid_t child = fork();
  if (child == 0) {
    // Nothing here may touch the connections of the parent.
    const auto second = SqliteStore::Open({.path = path_});
    _exit(second.status().code() == absl::StatusCode::kFailedPrecondition ? 0
                                                                          : 1);
  }
  int result = -1;
  ASSERT_EQ(waitpid(child, &result, 0), child);
  EXPECT_EQ(result, 0);
  EXPECT_THAT(first->Checkpoint(), IsOk());
}

TEST_F(SqliteStoreTest, BadOptionsAreRefused) {
  EXPECT_THAT(SqliteStore::Open({.path = ""}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(SqliteStore::Open({.path = path_, .readers = 0}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(SqliteStore::Open({.path = dir_.File("no/such/folder.db")}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(SqliteStoreTest, FilesAreReadableByTheirOwnerOnly) {
  auto store = Open();
  ASSERT_THAT(store->Write([](WriteTransaction& t) {
    return t.Insert(MakeRecord("r1"));
  }),
              IsOk());
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat info = {};
    ASSERT_EQ(stat(absl::StrCat(path_, suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777u, 0600u) << suffix;
  }
}

TEST_F(SqliteStoreTest, MoreReadersThanConnectionsWait) {
  auto store = SqliteStore::Open({.path = path_, .readers = 1});
  ASSERT_THAT(store, IsOk());
  std::atomic<int> inside = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) {
        EXPECT_THAT((*store)->Read([&](ReadTransaction&) {
          EXPECT_EQ(++inside, 1);
          --inside;
          return absl::OkStatus();
        }),
                    IsOk());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(SqliteStoreTest, LogIsEmptiedAboveItsBoundUnlessReadersNeedIt) {
  auto store = SqliteStore::Open({.path = path_, .log_bound_pages = 8});
  ASSERT_THAT(store, IsOk());
  const auto log_size = [&] {
    struct stat info = {};
    stat(absl::StrCat(path_, "-wal").c_str(), &info);
    return info.st_size;
  };
  const auto fill = [&](absl::string_view prefix) {
    return (*store)->Write([&](WriteTransaction& t) {
      absl::Status status;
      for (int i = 0; i < 50; ++i) {
        status.Update(t.Insert(MakeRecord(absl::StrCat(prefix, i))));
      }
      return status;
    });
  };
  ASSERT_THAT(fill("a"), IsOk());
  EXPECT_GT(log_size(), 0);
  ASSERT_THAT((*store)->Read([&](ReadTransaction& t) {
    Record record;
    EXPECT_THAT(t.Get({"c1", "a1"}, &record), IsOk());
    std::thread writer([&] {
      EXPECT_THAT(fill("b"), IsOk());
      EXPECT_THAT((*store)->Checkpoint(), IsOk());
    });
    writer.join();
    EXPECT_GT(log_size(), 0);
    return t.Get({"c1", "a2"}, &record);
  }),
              IsOk());
  ASSERT_THAT((*store)->Checkpoint(), IsOk());
  EXPECT_EQ(log_size(), 0);
}

TEST_F(SqliteStoreTest, EveryListUsesItsIndex) {
  Open();
  const auto raw = OpenRaw();
  const struct {
    const char* sql;
    const char* plan;
  } kPlans[] = {
      {kGetRecordSql,
       "SEARCH record USING INDEX record_by_key (scope=? AND "
       "id=?)"},
      {kListRecordsSql,
       "SEARCH record USING INDEX record_by_key (scope=? AND "
       "id>?)"},
      {kCountIdsSql,
       "SEARCH record USING COVERING INDEX record_by_key (scope=? AND id>? "
       "AND id<?)"},
      {kListCasesSql,
       "SEARCH party USING PRIMARY KEY (mission=? AND "
       "case_id>?)"},
      {kIsPartySql, "SEARCH party USING PRIMARY KEY (mission=? AND case_id=?)"},
      {kListDueSql,
       "SEARCH record USING INDEX record_by_wake_time "
       "(wake_time<?)"},
      {kNextWakeSql,
       "SEARCH record USING COVERING INDEX record_by_wake_time "
       "(wake_time>?)"},
      {kUpdateRecordSql,
       "SEARCH record USING INDEX record_by_key (scope=? AND "
       "id=?)"},
      {kDeleteRecordSql,
       "SEARCH record USING INDEX record_by_key (scope=? AND "
       "id=?)"},
      {kReadJournalSql, "SEARCH journal USING INTEGER PRIMARY KEY (rowid>?)"},
      {kJournalNodesSql, "SEARCH journal USING INTEGER PRIMARY KEY (rowid<?)"},
      {kLeavesOfCaseSql,
       "SEARCH case_leaf USING PRIMARY KEY (case_id=? AND last_sequence>?)"},
      {kListCheckpointsSql,
       "SEARCH checkpoint USING INTEGER PRIMARY KEY (rowid>?)"},
      {kLatestCosignedSql, "SCAN checkpoint USING INDEX checkpoint_cosigned"},
      {kGetMailboxSql, "SEARCH mailbox USING PRIMARY KEY (mission=?)"},
      {kReadMailSql,
       "SEARCH mail USING INDEX mail_by_sequence (mission=? AND "
       "last_sequence>?)"},
      {kAcknowledgedMailSql,
       "SEARCH mail USING INDEX mail_by_sequence "
       "(mission=? AND last_sequence<?)"},
      {kDropMailSql,
       "SEARCH mail USING INDEX mail_by_sequence (mission=? AND "
       "last_sequence<?)"},
      {kFindRequestSql, "SEARCH request USING PRIMARY KEY (fingerprint=?)"},
      {kFindRequestSql, "SEARCH answer USING INTEGER PRIMARY KEY (rowid=?)"},
      {kOldAnswersSql, "SEARCH answer USING INDEX answer_by_time (time<?)"},
      {kDropRequestSql, "SEARCH request USING PRIMARY KEY (fingerprint=?)"},
      {kGetMetaSql, "SEARCH meta USING PRIMARY KEY (name=?)"},
      // Ends after one row.
      {kJournalTailSql, "SCAN journal"},
      {kLatestCheckpointSql, "SCAN checkpoint"},
      // From the oldest on, a maintenance job.
      {kDropCheckpointsSql, "SEARCH checkpoint USING INTEGER PRIMARY KEY"},
      // One short row per mission, a maintenance job.
      {kCompactibleSql, "SCAN mailbox"},
  };
  for (const auto& expected : kPlans) {
    const std::string sql = absl::StrCat("EXPLAIN QUERY PLAN ", expected.sql);
    // A connection of its own: statements are cached by address.
    const auto connection =
        Connection::Open({.path = path_, .access = Access::kReadWrite});
    ASSERT_THAT(connection, IsOk());
    std::string plan;
    {
      Statement row(connection->get(), sql.c_str());
      while (row.Step()) absl::StrAppend(&plan, row.Text(3), "\n");
      EXPECT_THAT(row.status(), IsOk());
    }
    EXPECT_THAT(plan, HasSubstr(expected.plan)) << expected.sql;
    EXPECT_THAT(plan, Not(HasSubstr("TEMP B-TREE"))) << expected.sql;
  }
}

TEST_F(SqliteStoreTest, StrictTablesRefuseAnotherType) {
  Open();
  const auto raw = OpenRaw();
  EXPECT_THAT(raw->Execute("INSERT INTO party (mission, case_id) "
                           "VALUES (X'00', 'c1')"),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(raw->Execute("INSERT INTO answer (time, answers) "
                           "VALUES ('noon', X'00')"),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(raw->Execute("INSERT INTO answer (time) VALUES (1)"),
              StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(raw->Execute("INSERT INTO meta (name, value) VALUES "
                           "('storage.lowest_compatible_version', X'00')"),
              StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST_F(SqliteStoreTest, ConnectionsFlushAndCheckpointAsPromised) {
  Open();
  const auto raw = OpenRaw();
  const struct {
    const char* pragma;
    int64_t value;
  } kSettings[] = {{"PRAGMA synchronous", 2},
                   {"PRAGMA foreign_keys", 1},
                   {"PRAGMA trusted_schema", 0},
                   {"PRAGMA wal_autocheckpoint", 0},
                   {"PRAGMA busy_timeout", 5000}};
  for (const auto& setting : kSettings) {
    Statement row(raw.get(), setting.pragma);
    ASSERT_TRUE(row.Step()) << setting.pragma;
    EXPECT_EQ(row.Int(0), setting.value) << setting.pragma;
  }
}

TEST_F(SqliteStoreTest, DamagedPageIsDataLoss) {
  Open()
      ->Write([](WriteTransaction& t) {
        absl::Status status;
        for (int i = 0; i < 300; ++i) {
          status.Update(t.Insert(MakeRecord(absl::StrCat("r", i))));
        }
        return status;
      })
      .IgnoreError();
  {
    // Everything behind the schema page.
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(0, std::ios::end);
    const auto size = static_cast<size_t>(file.tellp());
    ASSERT_GT(size, 300'000u);
    file.seekp(4096);
    file << std::string(size - 4096, '\x5a');
  }
  auto store = SqliteStore::Open({.path = path_});
  if (!store.ok()) {
    EXPECT_THAT(store, StatusIs(absl::StatusCode::kDataLoss));
    return;
  }
  Record record;
  EXPECT_THAT((*store)->Read([&](ReadTransaction& t) {
    return t.Get({"c1", "r7"}, &record);
  }),
              StatusIs(absl::StatusCode::kDataLoss));
  // A body that hides the damage still commits nothing.
  EXPECT_THAT((*store)->Write([&](WriteTransaction& t) {
    t.Insert(MakeRecord("new")).IgnoreError();
    return absl::OkStatus();
  }),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(SqliteStoreTest, FileThatIsNoDatabaseIsDataLoss) {
  std::ofstream(path_) << std::string(10'000, 'x');
  EXPECT_THAT(SqliteStore::Open({.path = path_}),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(SqliteStoreTest, DatabaseOfAnotherProgramIsRefused) {
  {
    std::ofstream(path_).flush();
    const auto raw = OpenRaw();
    ASSERT_THAT(raw->Execute("CREATE TABLE t (a) "), IsOk());
  }
  EXPECT_THAT(SqliteStore::Open({.path = path_}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

}  // namespace
}  // namespace passerelle::storage::sqlite
