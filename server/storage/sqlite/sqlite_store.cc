#include "server/storage/sqlite/sqlite_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/storage/sqlite/reader.h"
#include "server/storage/sqlite/write_transaction.h"

namespace passerelle::storage::sqlite {
namespace {

absl::StatusOr<std::unique_ptr<Connection>> OpenConnection(
    const SqliteOptions& options, Access access) {
  return Connection::Open({.path = options.path,
                           .access = access,
                           .vfs = options.vfs,
                           .busy_timeout = options.busy_timeout});
}

// Brings the file to the newest schema. Nothing is changed before it is known
// that we may.
absl::Status PrepareFile(const SqliteOptions& options, Connection* writer) {
  std::vector<Migration> migrations = ReleasedMigrations();
  migrations.insert(migrations.end(), options.extra_migrations.begin(),
                    options.extra_migrations.end());
  const int newest = migrations.back().version;
  PASSERELLE_ASSIGN_OR_RETURN(const FileSchema schema, ReadFileSchema(writer));
  PASSERELLE_RETURN_IF_ERROR(CheckCompatible(schema, newest));
  if (!schema.empty && schema.version < newest &&
      options.upgrade == Upgrade::kRefuse) {
    return absl::FailedPreconditionError(
        absl::StrCat("the file has schema ", schema.version,
                     ", this program needs ", newest, ": allow the upgrade"));
  }
  PASSERELLE_RETURN_IF_ERROR(writer->Configure());
  return Migrate(
      writer, schema, migrations,
      absl::StrCat(options.path, ".schema-", schema.version, ".backup"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteStore>> SqliteStore::Open(
    SqliteOptions options) {
  if (options.path.empty() || options.readers < 1) {
    return absl::InvalidArgumentError(
        "a store needs a path and at least one reader");
  }
  PASSERELLE_ASSIGN_OR_RETURN(
      std::unique_ptr<FileLock> lock,
      FileLock::Acquire(absl::StrCat(options.path, ".lock")));
  PASSERELLE_RETURN_IF_ERROR(EnsurePrivateFile(options.path));
  PASSERELLE_ASSIGN_OR_RETURN(std::unique_ptr<Connection> writer,
                              OpenConnection(options, Access::kReadWrite));
  PASSERELLE_RETURN_IF_ERROR(PrepareFile(options, writer.get()));
  std::vector<std::unique_ptr<Connection>> readers;
  for (int i = 0; i < options.readers; ++i) {
    PASSERELLE_ASSIGN_OR_RETURN(std::unique_ptr<Connection> reader,
                                OpenConnection(options, Access::kReadOnly));
    PASSERELLE_RETURN_IF_ERROR(reader->Configure());
    readers.push_back(std::move(reader));
  }
  return std::unique_ptr<SqliteStore>(
      new SqliteStore(std::move(options), std::move(lock), std::move(writer),
                      std::move(readers)));
}

SqliteStore::SqliteStore(SqliteOptions options, std::unique_ptr<FileLock> lock,
                         std::unique_ptr<Connection> writer,
                         std::vector<std::unique_ptr<Connection>> readers)
    : options_(std::move(options)),
      lock_(std::move(lock)),
      writer_(std::move(writer)),
      readers_(std::move(readers)) {}

SqliteStore::~SqliteStore() {
  MutexLock lock(&writer_mutex_);
  int log_pages = 0;
  // What cannot be moved now is moved after the next start.
  if (writer_->durability_error().ok()) {
    writer_->Checkpoint(CheckpointMode::kTruncate, &log_pages).IgnoreError();
  }
}

absl::Status SqliteStore::Read(
    const std::function<absl::Status(ReadTransaction&)>& body) {
  ReaderPool::Lease lease(&readers_);
  Connection* connection = lease.connection();
  PASSERELLE_RETURN_IF_ERROR(connection->Begin());
  absl::Status status;
  {
    SqliteReadTransaction transaction{Reader(connection)};
    status = body(transaction);
  }
  if (status.ok()) return connection->Commit();
  connection->Rollback();
  return status;
}

absl::Status SqliteStore::Write(
    const std::function<absl::Status(WriteTransaction&)>& body) {
  MutexLock lock(&writer_mutex_);
  PASSERELLE_RETURN_IF_ERROR(writer_->durability_error());
  PASSERELLE_RETURN_IF_ERROR(writer_->BeginImmediate());
  absl::Status status;
  {
    SqliteWriteTransaction transaction(writer_.get());
    status = body(transaction);
  }
  // The body may not have noticed, or may hide, that the transaction ended.
  if (!writer_->transaction_error().ok()) status = writer_->transaction_error();
  if (status.ok()) return writer_->Commit();
  writer_->Rollback();
  return status;
}

bool SqliteStore::WantsCheckpoint() {
  MutexLock lock(&writer_mutex_);
  return writer_->log_growth() >= options_.checkpoint_pages;
}

absl::Status SqliteStore::Checkpoint() {
  MutexLock lock(&writer_mutex_);
  PASSERELLE_RETURN_IF_ERROR(writer_->durability_error());
  int log_pages = 0;
  PASSERELLE_RETURN_IF_ERROR(
      writer_->Checkpoint(CheckpointMode::kPassive, &log_pages));
  if (log_pages < options_.log_bound_pages) return absl::OkStatus();
  return writer_->Checkpoint(CheckpointMode::kTruncate, &log_pages);
}

}  // namespace passerelle::storage::sqlite
