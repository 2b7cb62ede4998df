#include "server/storage/sqlite/migrations.h"

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/storage/sqlite/backup.h"
#include "server/storage/sqlite/statement.h"

namespace passerelle::storage::sqlite {
namespace {

constexpr char kApplicationIdSql[] = "PRAGMA application_id";
constexpr char kUserVersionSql[] = "PRAGMA user_version";
constexpr char kObjectsSql[] = "SELECT COUNT(*) FROM sqlite_schema";
constexpr char kLowestSql[] =
    "SELECT value FROM meta WHERE name = 'storage.lowest_compatible_version'";

absl::StatusOr<int64_t> ReadNumber(Connection* connection, const char* sql) {
  Statement statement(connection, sql);
  int64_t number = 0;
  if (statement.Step()) number = statement.Int(0);
  PASSERELLE_RETURN_IF_ERROR(statement.status());
  return number;
}

absl::StatusOr<int> ReadLowest(Connection* connection) {
  Statement statement(connection, kLowestSql);
  int lowest = 0;
  if (statement.Step() && absl::SimpleAtoi(statement.Blob(0), &lowest)) {
    return lowest;
  }
  PASSERELLE_RETURN_IF_ERROR(statement.status());
  return absl::DataLossError("the file does not say who may read it");
}

absl::Status RunSteps(Connection* connection, int from,
                      const std::vector<Migration>& migrations,
                      int64_t application_id) {
  for (const Migration& migration : migrations) {
    if (migration.version <= from) continue;
    PASSERELLE_RETURN_IF_ERROR(connection->Execute(migration.sql));
    PASSERELLE_RETURN_IF_ERROR(connection->Execute(
        absl::StrCat("PRAGMA user_version = ", migration.version)));
  }
  return connection->Execute(
      absl::StrCat("PRAGMA application_id = ", application_id));
}

}  // namespace

absl::StatusOr<FileSchema> ReadFileSchema(Connection* connection,
                                          int64_t application_id) {
  PASSERELLE_ASSIGN_OR_RETURN(const int64_t found,
                              ReadNumber(connection, kApplicationIdSql));
  PASSERELLE_ASSIGN_OR_RETURN(const int64_t version,
                              ReadNumber(connection, kUserVersionSql));
  PASSERELLE_ASSIGN_OR_RETURN(const int64_t objects,
                              ReadNumber(connection, kObjectsSql));
  FileSchema schema;
  if (found == 0 && version == 0 && objects == 0) return schema;
  if (found != application_id) {
    return absl::FailedPreconditionError(
        "the file is a database of another program");
  }
  schema.empty = false;
  schema.version = static_cast<int>(version);
  PASSERELLE_ASSIGN_OR_RETURN(schema.lowest_compatible_version,
                              ReadLowest(connection));
  return schema;
}

absl::Status CheckCompatible(const FileSchema& schema, int newest) {
  if (schema.lowest_compatible_version <= newest) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the file has schema ", schema.version, " and needs a program that knows",
      " schema ", schema.lowest_compatible_version, "; this one knows ", newest,
      ": use the newer release, or restore a backup made before the upgrade"));
}

absl::Status Migrate(Connection* connection, const FileSchema& schema,
                     const std::vector<Migration>& migrations,
                     const std::string& backup_path, int64_t application_id) {
  const int newest = migrations.empty() ? 0 : migrations.back().version;
  if (schema.version >= newest) return absl::OkStatus();
  if (!schema.empty) {
    PASSERELLE_RETURN_IF_ERROR(Backup(connection, backup_path));
  }
  PASSERELLE_RETURN_IF_ERROR(connection->BeginExclusive());
  const absl::Status status =
      RunSteps(connection, schema.version, migrations, application_id);
  if (status.ok()) return connection->Commit();
  connection->Rollback();
  return status;
}

}  // namespace passerelle::storage::sqlite
