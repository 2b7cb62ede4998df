#include "server/storage/sqlite/connection.h"

#include <sqlite3.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/storage/sqlite/result_code.h"
#include "server/storage/sqlite/statement.h"

namespace passerelle::storage::sqlite {
namespace {

constexpr char kBeginSql[] = "BEGIN";
constexpr char kBeginImmediateSql[] = "BEGIN IMMEDIATE";
constexpr char kBeginExclusiveSql[] = "BEGIN EXCLUSIVE";
constexpr char kCommitSql[] = "COMMIT";
constexpr char kRollbackSql[] = "ROLLBACK";

// The largest row: a batch of answers or leaves. Far above the largest
// message the server takes, far below what would exhaust memory.
constexpr int kMaxRowBytes = 64 << 20;
// Our longest statements are migrations.
constexpr int kMaxSqlBytes = 1 << 20;

// Memory statistics take a global mutex at every allocation; off is worth
// 1.3 times with two threads. Only possible before the first connection, so
// once per process and whether or not it succeeds.
void ConfigureLibraryOnce() {
  static const int kResult = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(kResult);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(
    const ConnectionOptions& options) {
  ConfigureLibraryOnce();
  const int access = options.access == Access::kReadWrite
                         ? SQLITE_OPEN_READWRITE
                         : SQLITE_OPEN_READONLY;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(
      options.path.c_str(), &handle, access | SQLITE_OPEN_NOMUTEX,
      options.vfs.empty() ? nullptr : options.vfs.c_str());
  if (handle == nullptr) return ResultCodeToStatus(SQLITE_NOMEM, "open");
  // Owns the handle from here, failed or not.
  std::unique_ptr<Connection> connection(new Connection(handle, options));
  sqlite3_extended_result_codes(handle, 1);
  if (code != SQLITE_OK) {
    return ResultCodeToStatus(sqlite3_extended_errcode(handle),
                              absl::StrCat("open ", options.path));
  }
  PASSERELLE_RETURN_IF_ERROR(connection->SetLimits());
  return connection;
}

absl::Status Connection::SetLimits() {
  sqlite3_busy_timeout(
      handle_,
      static_cast<int>(absl::ToInt64Milliseconds(options_.busy_timeout)));
  const std::pair<int, int> kSettings[] = {
      {SQLITE_DBCONFIG_DEFENSIVE, 1},
      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
      {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
      {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
      // The store checkpoints when it closes. A connection that only looked at
      // a file must leave it as it was.
      {SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1},
      // A quoted word is a name, never a string by mistake.
      {SQLITE_DBCONFIG_DQS_DML, 0},
      {SQLITE_DBCONFIG_DQS_DDL, 0},
  };
  for (const auto& [setting, value] : kSettings) {
    const int code = sqlite3_db_config(handle_, setting, value, nullptr);
    if (code != SQLITE_OK) return Fail(code, "configure connection");
  }
  sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, kMaxRowBytes);
  sqlite3_limit(handle_, SQLITE_LIMIT_SQL_LENGTH, kMaxSqlBytes);
  sqlite3_limit(handle_, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(handle_, SQLITE_LIMIT_VARIABLE_NUMBER, 32);
  sqlite3_limit(handle_, SQLITE_LIMIT_TRIGGER_DEPTH, 0);
  sqlite3_limit(handle_, SQLITE_LIMIT_WORKER_THREADS, 0);
  return absl::OkStatus();
}

Connection::~Connection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close_v2(handle_);
}

absl::Status Connection::Configure() {
  // wal_autocheckpoint and mmap_size: with the WAL-reset defect of SQLite
  // below 3.51.3 one connection must do every checkpoint, and nothing may map
  // the file it writes. temp_store keeps savepoints out of temporary files.
  // cell_size_check finds damage before it spreads. 16 MiB of cache hold the
  // upper levels of every index.
  std::string sql =
      "PRAGMA synchronous = FULL;"
      "PRAGMA foreign_keys = ON;"
      "PRAGMA trusted_schema = OFF;"
      "PRAGMA wal_autocheckpoint = 0;"
      "PRAGMA mmap_size = 0;"
      "PRAGMA temp_store = MEMORY;"
      "PRAGMA cell_size_check = ON;"
      "PRAGMA cache_size = -16384;";
  // The mode itself is part of the file: only a writer can set it.
  if (options_.access == Access::kReadWrite) {
    sql = absl::StrCat("PRAGMA journal_mode = WAL;", sql);
  } else {
    sql += "PRAGMA query_only = ON;";
  }
  PASSERELLE_RETURN_IF_ERROR(Execute(sql));
  sqlite3_wal_hook(
      handle_,
      [](void* self, sqlite3*, const char*, int log_pages) {
        static_cast<Connection*>(self)->CountLog(log_pages);
        return SQLITE_OK;
      },
      this);
  static constexpr char kModeSql[] = "PRAGMA journal_mode";
  Statement mode(this, kModeSql);
  if (mode.Step() && mode.Text(0) == "wal") return mode.status();
  PASSERELLE_RETURN_IF_ERROR(mode.status());
  return absl::FailedPreconditionError(
      "the file system cannot hold a write-ahead log: use a local disk");
}

absl::Status Connection::Execute(const std::string& sql) {
  const int code =
      sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : Fail(code, "execute");
}

absl::Status Connection::Begin() { return Begin(kBeginSql); }

absl::Status Connection::BeginImmediate() { return Begin(kBeginImmediateSql); }

absl::Status Connection::BeginExclusive() { return Begin(kBeginExclusiveSql); }

absl::Status Connection::Begin(const char* sql) {
  transaction_error_ = absl::OkStatus();
  Statement statement(this, sql);
  PASSERELLE_RETURN_IF_ERROR(statement.Run());
  in_transaction_ = true;
  return absl::OkStatus();
}

absl::Status Connection::Commit() {
  absl::Status status = transaction_error_;
  if (status.ok()) {
    Statement statement(this, kCommitSql);
    status = statement.Run();
  }
  if (status.ok()) {
    in_transaction_ = false;
  } else {
    Rollback();
  }
  return status;
}

void Connection::Rollback() {
  in_transaction_ = false;
  transaction_error_ = absl::OkStatus();
  // SQLite may have rolled back already.
  if (sqlite3_get_autocommit(handle_) != 0) return;
  Statement statement(this, kRollbackSql);
  statement.Run().IgnoreError();  // nothing is left to do about a failure
}

absl::Status Connection::Checkpoint(CheckpointMode mode, int* log_pages) {
  // Zero: never wait for a reader while the writer waits for us.
  sqlite3_busy_timeout(handle_, 0);
  int done_pages = 0;
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr,
                                             mode == CheckpointMode::kTruncate
                                                 ? SQLITE_CHECKPOINT_TRUNCATE
                                                 : SQLITE_CHECKPOINT_PASSIVE,
                                             log_pages, &done_pages);
  sqlite3_busy_timeout(
      handle_,
      static_cast<int>(absl::ToInt64Milliseconds(options_.busy_timeout)));
  log_growth_ = 0;
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY) {
    return absl::OkStatus();
  }
  return Fail(code, "checkpoint");
}

void Connection::CountLog(int log_pages) {
  // A log that shrank began anew.
  log_growth_ += log_pages < log_pages_ ? log_pages : log_pages - log_pages_;
  log_pages_ = log_pages;
}

int64_t Connection::changes() const { return sqlite3_changes64(handle_); }

int64_t Connection::last_insert_row() const {
  return sqlite3_last_insert_rowid(handle_);
}

absl::Status Connection::Fail(int extended_code, absl::string_view context) {
  const int code =
      WithSystemError(extended_code, sqlite3_system_errno(handle_));
  absl::Status status = ResultCodeToStatus(code, context);
  if (LosesWrites(code) && durability_error_.ok()) durability_error_ = status;
  if (in_transaction_ && transaction_error_.ok() &&
      (EndsTransaction(code) || sqlite3_get_autocommit(handle_) != 0)) {
    transaction_error_ = status;
  }
  return status;
}

sqlite3_stmt* Connection::Prepared(const char* sql, absl::Status* error) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return found->second;
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(
      handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) {
    *error = Fail(code, absl::StrCat("prepare ", sql));
    return nullptr;
  }
  statements_.emplace(sql, statement);
  return statement;
}

}  // namespace passerelle::storage::sqlite
