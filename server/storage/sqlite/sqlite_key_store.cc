#include "server/storage/sqlite/sqlite_key_store.h"

#include <algorithm>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/storage/sqlite/migrations.h"
#include "server/storage/sqlite/statement.h"

namespace passerelle::storage::sqlite {
namespace {

constexpr int64_t kApplicationId = 0x50534b59;  // "PSKY"

// `wrapped` is empty once the key is destroyed. `wrapper` has no foreign key:
// removing one would look through every key. A line of the erasure ledger
// stands here too, so that ledger and keys show which of them is the older.
constexpr char kSchema[] = R"sql(
CREATE TABLE meta (
  name TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta (name, value)
  VALUES ('storage.lowest_compatible_version', CAST('1' AS BLOB));
CREATE TABLE wrapper (
  wrapper INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE
) STRICT;
CREATE TABLE data_key (
  number INTEGER PRIMARY KEY,
  wrapper INTEGER NOT NULL,
  wrapped BLOB NOT NULL
) STRICT;
CREATE TABLE erasure (
  row INTEGER PRIMARY KEY,
  line TEXT NOT NULL UNIQUE
) STRICT;
)sql";

constexpr char kAddWrapperSql[] =
    "INSERT INTO wrapper (id) VALUES (?) ON CONFLICT DO NOTHING";
constexpr char kWrappersSql[] = "SELECT id FROM wrapper ORDER BY wrapper";
constexpr char kDropWrappersSql[] = "DELETE FROM wrapper WHERE id <> ?";
constexpr char kAddKeySql[] =
    "INSERT INTO data_key (number, wrapper, wrapped) "
    "VALUES (?, (SELECT wrapper FROM wrapper WHERE id = ?), ?)";
// Wrapper numbers of keys destroyed long ago may be gone.
constexpr char kGetKeySql[] =
    "SELECT COALESCE(wrapper.id, x''), wrapped FROM data_key "
    "LEFT JOIN wrapper ON wrapper.wrapper = data_key.wrapper "
    "WHERE number = ?";
constexpr char kListKeysSql[] =
    "SELECT number, wrapper.id, wrapped FROM data_key "
    "JOIN wrapper ON wrapper.wrapper = data_key.wrapper "
    "WHERE number > ? AND wrapped <> x'' ORDER BY number LIMIT ?";
constexpr char kRewrapSql[] =
    "UPDATE data_key "
    "SET wrapper = (SELECT wrapper FROM wrapper WHERE id = ?), wrapped = ? "
    "WHERE number = ? AND wrapped <> x''";
constexpr char kDestroySql[] =
    "UPDATE data_key SET wrapped = x'' WHERE number = ?";
// Again after a failure that left it open whether the line was stored.
constexpr char kAddLineSql[] =
    "INSERT INTO erasure (line) VALUES (?) ON CONFLICT DO NOTHING";
constexpr char kLinesSql[] =
    "SELECT line FROM erasure ORDER BY row LIMIT ? OFFSET ?";

absl::Status AddWrapper(Connection* connection, absl::string_view id) {
  Statement statement(connection, kAddWrapperSql);
  return statement.BindBlob(id).Run();
}

// Commits what `body` did, or undoes it.
absl::Status Write(Connection* connection,
                   absl::FunctionRef<absl::Status()> body) {
  PASSERELLE_RETURN_IF_ERROR(connection->durability_error());
  PASSERELLE_RETURN_IF_ERROR(connection->BeginImmediate());
  absl::Status status = body();
  if (!connection->transaction_error().ok()) {
    status = connection->transaction_error();
  }
  if (status.ok()) return connection->Commit();
  connection->Rollback();
  return status;
}

// What a commit overwrote is gone from the file once the log is in it, and
// from the log once that is empty.
absl::Status EmptyLog(Connection* connection) {
  int log_pages = 0;
  PASSERELLE_RETURN_IF_ERROR(
      connection->Checkpoint(CheckpointMode::kTruncate, &log_pages));
  return log_pages == 0 ? absl::OkStatus()
                        : absl::UnavailableError(
                              "another program is reading the key store");
}

// Pages of 4 KiB after which the log is moved into the file: 8 MiB.
constexpr int kCheckpointPages = 2048;

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteKeyStore>> SqliteKeyStore::Open(
    const KeyStoreOptions& options) {
  PASSERELLE_ASSIGN_OR_RETURN(
      std::unique_ptr<FileLock> lock,
      FileLock::Acquire(absl::StrCat(options.path, ".lock")));
  PASSERELLE_RETURN_IF_ERROR(EnsurePrivateFile(options.path));
  PASSERELLE_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection,
                              Connection::Open({.path = options.path,
                                                .access = Access::kReadWrite,
                                                .vfs = options.vfs}));
  const std::vector<Migration> migrations = {{1, kSchema}};
  PASSERELLE_ASSIGN_OR_RETURN(const FileSchema schema,
                              ReadFileSchema(connection.get(), kApplicationId));
  PASSERELLE_RETURN_IF_ERROR(
      CheckCompatible(schema, migrations.back().version));
  PASSERELLE_RETURN_IF_ERROR(connection->Configure());
  PASSERELLE_RETURN_IF_ERROR(connection->Execute("PRAGMA secure_delete = ON;"));
  PASSERELLE_RETURN_IF_ERROR(
      Migrate(connection.get(), schema, migrations,
              absl::StrCat(options.path, ".schema-", schema.version, ".backup"),
              kApplicationId));
  // A process that died between destroying a key and clearing the log.
  if (const absl::Status cleared = EmptyLog(connection.get());
      !cleared.ok() && !absl::IsUnavailable(cleared)) {
    return cleared;
  }
  return std::unique_ptr<SqliteKeyStore>(
      new SqliteKeyStore(std::move(lock), std::move(connection)));
}

SqliteKeyStore::SqliteKeyStore(std::unique_ptr<FileLock> lock,
                               std::unique_ptr<Connection> connection)
    : lock_(std::move(lock)), connection_(std::move(connection)) {}

SqliteKeyStore::~SqliteKeyStore() {
  MutexLock lock(&mutex_);
  // What cannot be moved now is moved at the next start.
  if (connection_->durability_error().ok()) {
    EmptyLog(connection_.get()).IgnoreError();
  }
}

absl::Status SqliteKeyStore::Add(const std::vector<WrappedKey>& keys) {
  MutexLock lock(&mutex_);
  Connection* connection = connection_.get();
  const absl::Status added = Write(connection, [&]() -> absl::Status {
    for (size_t i = 0; i < keys.size(); ++i) {
      if (i == 0 || keys[i].wrapped_by != keys[i - 1].wrapped_by) {
        PASSERELLE_RETURN_IF_ERROR(AddWrapper(connection, keys[i].wrapped_by));
      }
      Statement statement(connection, kAddKeySql);
      PASSERELLE_RETURN_IF_ERROR(statement.BindInt(keys[i].number)
                                     .BindBlob(keys[i].wrapped_by)
                                     .BindBlob(keys[i].wrapped)
                                     .Run());
    }
    return absl::OkStatus();
  });
  if (added.ok() && connection->log_growth() >= kCheckpointPages) {
    // What cannot be moved beside a reader is moved with a later block.
    EmptyLog(connection).IgnoreError();
  }
  return added;
}

absl::Status SqliteKeyStore::Get(int64_t number, WrappedKey* key) {
  MutexLock lock(&mutex_);
  Statement row(connection_.get(), kGetKeySql);
  row.BindInt(number);
  if (!row.Step()) {
    return row.status().ok() ? absl::NotFoundError("no such key")
                             : row.status();
  }
  key->number = number;
  key->wrapped_by = std::string(row.Blob(0));
  key->wrapped = std::string(row.Blob(1));
  return row.status();
}

absl::Status SqliteKeyStore::List(int64_t after, int limit,
                                  std::vector<WrappedKey>* keys) {
  keys->clear();
  MutexLock lock(&mutex_);
  Statement row(connection_.get(), kListKeysSql);
  row.BindInt(after).BindInt(std::max(limit, 0));
  while (row.Step()) {
    WrappedKey& key = keys->emplace_back();
    key.number = row.Int(0);
    key.wrapped_by = std::string(row.Blob(1));
    key.wrapped = std::string(row.Blob(2));
  }
  return row.status();
}

absl::Status SqliteKeyStore::Wrappers(std::vector<std::string>* ids) {
  ids->clear();
  MutexLock lock(&mutex_);
  Statement row(connection_.get(), kWrappersSql);
  while (row.Step()) ids->emplace_back(row.Blob(0));
  return row.status();
}

absl::Status SqliteKeyStore::Rewrap(const std::vector<WrappedKey>& keys) {
  if (keys.empty()) return absl::OkStatus();
  MutexLock lock(&mutex_);
  Connection* connection = connection_.get();
  return Write(connection, [&]() -> absl::Status {
    for (size_t i = 0; i < keys.size(); ++i) {
      if (i == 0 || keys[i].wrapped_by != keys[i - 1].wrapped_by) {
        PASSERELLE_RETURN_IF_ERROR(AddWrapper(connection, keys[i].wrapped_by));
      }
      Statement statement(connection, kRewrapSql);
      PASSERELLE_RETURN_IF_ERROR(statement.BindBlob(keys[i].wrapped_by)
                                     .BindBlob(keys[i].wrapped)
                                     .BindInt(keys[i].number)
                                     .Run());
    }
    return absl::OkStatus();
  });
}

absl::Status SqliteKeyStore::KeepOnlyWrapper(absl::string_view id) {
  MutexLock lock(&mutex_);
  Connection* connection = connection_.get();
  const absl::Status kept = Write(connection, [&]() -> absl::Status {
    PASSERELLE_RETURN_IF_ERROR(AddWrapper(connection, id));
    Statement statement(connection, kDropWrappersSql);
    return statement.BindBlob(id).Run();
  });
  return kept.ok() ? EmptyLog(connection) : kept;
}

absl::Status SqliteKeyStore::Destroy(const std::vector<int64_t>& numbers,
                                     absl::string_view line) {
  MutexLock lock(&mutex_);
  Connection* connection = connection_.get();
  const absl::Status destroyed = Write(connection, [&]() -> absl::Status {
    for (const int64_t number : numbers) {
      Statement statement(connection, kDestroySql);
      PASSERELLE_RETURN_IF_ERROR(statement.BindInt(number).Run());
    }
    Statement statement(connection, kAddLineSql);
    return statement.BindText(line).Run();
  });
  return destroyed.ok() ? EmptyLog(connection) : destroyed;
}

absl::Status SqliteKeyStore::ClearLog() {
  MutexLock lock(&mutex_);
  return EmptyLog(connection_.get());
}

absl::Status SqliteKeyStore::Lines(int64_t skip, int limit,
                                   std::vector<std::string>* lines) {
  lines->clear();
  MutexLock lock(&mutex_);
  Statement row(connection_.get(), kLinesSql);
  row.BindInt(std::max(limit, 0)).BindInt(skip);
  while (row.Step()) lines->emplace_back(row.Text(0));
  return row.status();
}

}  // namespace passerelle::storage::sqlite
