#include "server/storage/sqlite/result_code.h"

#include <sqlite3.h>

#include <cerrno>

#include "gtest/gtest.h"

namespace passerelle::storage::sqlite {
namespace {

TEST(ResultCodeTest, EveryCodeHasItsStatus) {
  const struct {
    int code;
    absl::StatusCode status;
  } kCases[] = {
      {SQLITE_CONSTRAINT_UNIQUE, absl::StatusCode::kAlreadyExists},
      {SQLITE_CONSTRAINT_PRIMARYKEY, absl::StatusCode::kAlreadyExists},
      {SQLITE_CONSTRAINT_ROWID, absl::StatusCode::kAlreadyExists},
      {SQLITE_CONSTRAINT_FOREIGNKEY, absl::StatusCode::kFailedPrecondition},
      {SQLITE_CONSTRAINT_CHECK, absl::StatusCode::kInternal},
      {SQLITE_CONSTRAINT_NOTNULL, absl::StatusCode::kInternal},
      {SQLITE_CONSTRAINT_DATATYPE, absl::StatusCode::kInternal},
      {SQLITE_BUSY, absl::StatusCode::kUnavailable},
      {SQLITE_BUSY_SNAPSHOT, absl::StatusCode::kUnavailable},
      {SQLITE_LOCKED, absl::StatusCode::kUnavailable},
      {SQLITE_FULL, absl::StatusCode::kResourceExhausted},
      {SQLITE_NOMEM, absl::StatusCode::kResourceExhausted},
      {SQLITE_IOERR_NOMEM, absl::StatusCode::kInternal},
      {SQLITE_CORRUPT, absl::StatusCode::kDataLoss},
      {SQLITE_CORRUPT_INDEX, absl::StatusCode::kDataLoss},
      {SQLITE_NOTADB, absl::StatusCode::kDataLoss},
      {SQLITE_READONLY, absl::StatusCode::kFailedPrecondition},
      {SQLITE_CANTOPEN, absl::StatusCode::kFailedPrecondition},
      {SQLITE_INTERRUPT, absl::StatusCode::kCancelled},
      {SQLITE_IOERR_WRITE, absl::StatusCode::kInternal},
      {SQLITE_MISUSE, absl::StatusCode::kInternal},
      {SQLITE_RANGE, absl::StatusCode::kInternal},
      {SQLITE_TOOBIG, absl::StatusCode::kInternal},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(ResultCodeToStatus(c.code, "x").code(), c.status) << c.code;
  }
}

TEST(ResultCodeTest, QuotaCountsAsFullAtWriteButNotAtFlush) {
  EXPECT_EQ(WithSystemError(SQLITE_IOERR_WRITE, EDQUOT), SQLITE_FULL);
  EXPECT_EQ(WithSystemError(SQLITE_IOERR_WRITE, ENOSPC), SQLITE_FULL);
  EXPECT_EQ(WithSystemError(SQLITE_IOERR_WRITE, EIO), SQLITE_IOERR_WRITE);
  EXPECT_EQ(WithSystemError(SQLITE_IOERR_FSYNC, ENOSPC), SQLITE_IOERR_FSYNC);
  EXPECT_EQ(WithSystemError(SQLITE_CORRUPT, ENOSPC), SQLITE_CORRUPT);
}

TEST(ResultCodeTest, GraveCodesEndTheTransaction) {
  for (int code : {SQLITE_FULL, SQLITE_IOERR_READ, SQLITE_IOERR_FSYNC,
                   SQLITE_NOMEM, SQLITE_CORRUPT_INDEX}) {
    EXPECT_TRUE(EndsTransaction(code)) << code;
  }
  EXPECT_FALSE(EndsTransaction(SQLITE_CONSTRAINT_UNIQUE));
  EXPECT_FALSE(EndsTransaction(SQLITE_BUSY));
}

TEST(ResultCodeTest, OnlyFailedWritesAndFlushesLoseWrites) {
  EXPECT_TRUE(LosesWrites(SQLITE_IOERR_FSYNC));
  EXPECT_TRUE(LosesWrites(SQLITE_IOERR_WRITE));
  EXPECT_FALSE(LosesWrites(SQLITE_IOERR_READ));
  EXPECT_FALSE(LosesWrites(SQLITE_FULL));
}

}  // namespace
}  // namespace passerelle::storage::sqlite
