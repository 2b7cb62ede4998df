#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/migrations.h"
#include "server/storage/sqlite/sqlite_store.h"
#include "server/storage/sqlite/statement.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace passerelle::storage::sqlite {
namespace {

using ::passerelle::testing::IsOk;
using ::passerelle::testing::StatusIs;
using ::passerelle::testing::TempDir;

// Steps of releases to come.
int Newest() { return ReleasedMigrations().back().version; }
Migration NextStep() {
  return {Newest() + 1, "CREATE TABLE later (a INTEGER) STRICT"};
}
Migration BreakingNextStep() {
  return {Newest() + 1,
          absl::StrCat("CREATE TABLE later (a INTEGER) STRICT;"
                       "UPDATE meta SET value = CAST('",
                       Newest() + 1,
                       "' AS BLOB) "
                       "WHERE name = 'storage.lowest_compatible_version';")};
}
Migration FailingStepAfter() {
  return {Newest() + 2, "CREATE TABLE later (a INTEGER)"};
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class SqliteMigrationTest : public ::testing::Test {
 protected:
  std::unique_ptr<Connection> OpenRaw(const std::string& path) {
    std::ofstream(path, std::ios::app).flush();
    auto connection =
        Connection::Open({.path = path, .access = Access::kReadWrite});
    EXPECT_THAT(connection, IsOk());
    return *std::move(connection);
  }

  void LoadDump(const std::string& name) {
    const auto raw = OpenRaw(path_);
    const std::string dump =
        ReadFile(absl::StrCat(PASSERELLE_DUMPS, "/", name));
    ASSERT_FALSE(dump.empty());
    ASSERT_THAT(raw->Execute(dump), IsOk());
  }

  // Every definition in a file, in one text.
  std::string Schema(const std::string& path) {
    const auto raw = OpenRaw(path);
    Statement row(raw.get(),
                  "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL "
                  "ORDER BY type, name");
    std::string schema;
    while (row.Step()) absl::StrAppend(&schema, row.Text(0), "\n");
    EXPECT_THAT(row.status(), IsOk());
    return schema;
  }

  int64_t Version(const std::string& path) {
    const auto raw = OpenRaw(path);
    Statement row(raw.get(), "PRAGMA user_version");
    return row.Step() ? row.Int(0) : -1;
  }

  static void ExpectContentOfDump(Store* store) {
    Record record;
    JournalBatch tail;
    MailboxState mailbox;
    std::vector<MailboxEntry> mail;
    std::string answer;
    ASSERT_THAT(store->Read([&](ReadTransaction& t) {
      absl::Status status = t.Get({"c1", "r1"}, &record);
      status.Update(t.JournalTail(&tail));
      status.Update(t.GetMailbox("tunis", &mailbox));
      status.Update(t.ReadMailbox("tunis", 0, 10, &mail));
      status.Update(t.FindRequest("0123456789abcdef", &answer));
      return status;
    }),
                IsOk());
    EXPECT_EQ(record.kind, "referrals");
    EXPECT_EQ(record.version, 2);
    EXPECT_EQ(record.wake_time, absl::FromUnixMicros(1700000000000000));
    EXPECT_EQ(record.message, "hello");
    // The chain stays beside the tree, which is begun anew.
    EXPECT_EQ(tail.count, 0);
    EXPECT_EQ(mailbox.acknowledged_sequence, 3);
    ASSERT_EQ(mail.size(), 2u);
    EXPECT_EQ(mail[0].sequence, 3);
    EXPECT_EQ(mail[1].entry, "bb");
    EXPECT_EQ(answer, "yes");
  }

  TempDir dir_;
  const std::string path_ = dir_.File("store.db");
};

TEST_F(SqliteMigrationTest, ReleasedStepsAreNumberedWithoutGaps) {
  int version = 0;
  for (const Migration& migration : ReleasedMigrations()) {
    EXPECT_EQ(migration.version, ++version);
  }
  EXPECT_GE(version, 1);
}

TEST_F(SqliteMigrationTest, SchemaOneWasNotEditedAfterItsRelease) {
  LoadDump("schema_1.sql");
  const std::string fresh = dir_.File("fresh.db");
  {
    const auto raw = OpenRaw(fresh);
    ASSERT_THAT(Migrate(raw.get(), FileSchema(), {ReleasedMigrations()[0]}, ""),
                IsOk());
  }
  EXPECT_EQ(Schema(fresh), Schema(path_));
}

TEST_F(SqliteMigrationTest, SchemaOneOpensAndIsUpgraded) {
  LoadDump("schema_1.sql");
  {
    auto store = SqliteStore::Open({.path = path_});
    ASSERT_THAT(store, IsOk());
    ExpectContentOfDump(store->get());
  }
  {
    auto store = SqliteStore::Open(
        {.path = path_, .extra_migrations = {BreakingNextStep()}});
    ASSERT_THAT(store, IsOk());
    ExpectContentOfDump(store->get());
  }
  EXPECT_EQ(Version(path_), Newest() + 1);
}

TEST_F(SqliteMigrationTest, UpgradeLeavesABackupThatOpens) {
  LoadDump("schema_1.sql");
  ASSERT_THAT(
      SqliteStore::Open({.path = path_, .extra_migrations = {NextStep()}}),
      IsOk());
  const std::string backup = path_ + ".schema-1.backup";
  EXPECT_EQ(Version(backup), 1);
  auto store = SqliteStore::Open({.path = backup});
  ASSERT_THAT(store, IsOk());
  ExpectContentOfDump(store->get());
}

TEST_F(SqliteMigrationTest, FreshFileNeedsNoBackup) {
  ASSERT_THAT(SqliteStore::Open({.path = path_}), IsOk());
  EXPECT_EQ(ReadFile(path_ + ".schema-0.backup"), "");
}

TEST_F(SqliteMigrationTest, FailedUpgradeChangesNothing) {
  LoadDump("schema_1.sql");
  EXPECT_THAT(
      SqliteStore::Open({.path = path_,
                         .extra_migrations = {NextStep(), FailingStepAfter()}}),
      StatusIs(absl::StatusCode::kInternal));
  EXPECT_EQ(Version(path_), 1);
  auto store = SqliteStore::Open({.path = path_});
  ASSERT_THAT(store, IsOk());
  ExpectContentOfDump(store->get());
}

TEST_F(SqliteMigrationTest, UpgradeCanBeForbidden) {
  LoadDump("schema_1.sql");
  const std::string before = ReadFile(path_);
  EXPECT_THAT(SqliteStore::Open({.path = path_,
                                 .upgrade = Upgrade::kRefuse,
                                 .extra_migrations = {NextStep()}}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(ReadFile(path_), before);
  ASSERT_THAT(SqliteStore::Open({.path = path_}), IsOk());
  EXPECT_THAT(SqliteStore::Open({.path = path_, .upgrade = Upgrade::kRefuse}),
              IsOk());
}

TEST_F(SqliteMigrationTest, NewerFileIsRefusedAndLeftAsItWas) {
  ASSERT_THAT(SqliteStore::Open(
                  {.path = path_, .extra_migrations = {BreakingNextStep()}}),
              IsOk());
  const std::string before = ReadFile(path_);
  EXPECT_THAT(SqliteStore::Open({.path = path_}),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(ReadFile(path_), before);
}

TEST_F(SqliteMigrationTest, NewerFileThatAllowsItIsOpenedAndNotDowngraded) {
  ASSERT_THAT(
      SqliteStore::Open({.path = path_, .extra_migrations = {NextStep()}}),
      IsOk());
  EXPECT_THAT(SqliteStore::Open({.path = path_}), IsOk());
  EXPECT_EQ(Version(path_), Newest() + 1);
}

}  // namespace
}  // namespace passerelle::storage::sqlite
