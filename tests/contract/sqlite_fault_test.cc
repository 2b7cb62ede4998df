#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/storage/sqlite/fault_vfs.h"
#include "server/storage/sqlite/sqlite_store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace passerelle::storage::sqlite {
namespace {

using ::passerelle::testing::IsOk;
using ::passerelle::testing::StatusIs;
using ::passerelle::testing::TempDir;

class SqliteFaultTest : public ::testing::Test {
 protected:
  SqliteFaultTest() {
    auto store =
        SqliteStore::Open({.path = dir_.File("store.db"), .vfs = vfs_.name()});
    EXPECT_THAT(store, IsOk());
    store_ = *std::move(store);
  }

  absl::Status Insert(absl::string_view id, size_t bytes = 100) {
    return store_->Write(
        [&](WriteTransaction& t) { return Insert(t, id, bytes); });
  }

  static absl::Status Insert(WriteTransaction& t, absl::string_view id,
                             size_t bytes) {
    Record record;
    record.key = {"c1", std::string(id)};
    record.kind = "referrals";
    record.version = 1;
    record.message = std::string(bytes, 'm');
    return t.Insert(record);
  }

  absl::Status Get(absl::string_view id) {
    Record record;
    return store_->Read([&](ReadTransaction& t) {
      return t.Get({"c1", std::string(id)}, &record);
    });
  }

  TempDir dir_;
  FaultVfs vfs_{"fault"};
  std::unique_ptr<SqliteStore> store_;
};

TEST_F(SqliteFaultTest, FullDiskFailsTheBatchAndLaterWritesGoOn) {
  ASSERT_THAT(Insert("before"), IsOk());
  vfs_.SetFull(true);
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(Insert("during"),
                StatusIs(absl::StatusCode::kResourceExhausted));
    EXPECT_THAT(Get("before"), IsOk());
    EXPECT_THAT(Get("during"), StatusIs(absl::StatusCode::kNotFound));
  }
  vfs_.SetFull(false);
  EXPECT_THAT(Insert("after"), IsOk());
  EXPECT_THAT(Get("during"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(store_->Checkpoint(), IsOk());
}

TEST_F(SqliteFaultTest, NothingRunsAfterSqliteEndedTheTransaction) {
  vfs_.SetFull(true);
  // More than the page cache holds, so that the disk is met inside the body.
  absl::Status met;
  const absl::Status status = store_->Write([&](WriteTransaction& t) {
    for (int i = 0; i < 100 && met.ok(); ++i) {
      met = t.Savepoint(
          [&] { return Insert(t, absl::StrCat("big", i), 1 << 20); });
    }
    // There is room again, but this batch is lost and must not come in part.
    vfs_.SetFull(false);
    EXPECT_THAT(Insert(t, "small", 10),
                StatusIs(absl::StatusCode::kResourceExhausted));
    EXPECT_THAT(t.Savepoint([] { return absl::OkStatus(); }),
                StatusIs(absl::StatusCode::kResourceExhausted));
    EXPECT_THAT(t.PutMeta("a", "b"),
                StatusIs(absl::StatusCode::kResourceExhausted));
    Record record;
    EXPECT_THAT(t.Get({"c1", "big0"}, &record),
                StatusIs(absl::StatusCode::kResourceExhausted));
    return absl::OkStatus();
  });
  EXPECT_THAT(met, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(Get("small"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Get("big0"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Insert("after"), IsOk());
}

TEST_F(SqliteFaultTest, AfterAFailedFlushEveryWriteIsRefused) {
  ASSERT_THAT(Insert("before"), IsOk());
  vfs_.SetFlushFails(true);
  EXPECT_THAT(Insert("during"), StatusIs(absl::StatusCode::kInternal));
  vfs_.SetFlushFails(false);
  EXPECT_THAT(Insert("after"), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(store_->Checkpoint(), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(Get("before"), IsOk());
  EXPECT_THAT(Get("during"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(Get("after"), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(SqliteFaultTest, FailedReadEndsTheBatchButNotTheStore) {
  for (int i = 0; i < 200; ++i) {
    ASSERT_THAT(Insert(absl::StrCat("r", i), 2000), IsOk());
  }
  store_.reset();
  auto store =
      SqliteStore::Open({.path = dir_.File("store.db"), .vfs = vfs_.name()});
  ASSERT_THAT(store, IsOk());
  store_ = *std::move(store);
  vfs_.SetReadFails(true);
  EXPECT_THAT(Get("r100"), StatusIs(absl::StatusCode::kInternal));
  EXPECT_THAT(Insert("r500"), StatusIs(absl::StatusCode::kInternal));
  vfs_.SetReadFails(false);
  EXPECT_THAT(Get("r100"), IsOk());
  EXPECT_THAT(Insert("r500"), IsOk());
}

TEST_F(SqliteFaultTest, EveryCommitIsFlushed) {
  for (int i = 0; i < 3; ++i) {
    const int64_t before = vfs_.flushes();
    ASSERT_THAT(Insert(absl::StrCat("r", i)), IsOk());
    EXPECT_GT(vfs_.flushes(), before);
  }
}

}  // namespace
}  // namespace passerelle::storage::sqlite
