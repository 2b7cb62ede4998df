#include "server/storage/sqlite/statement.h"

#include <sqlite3.h>

#include "absl/strings/str_cat.h"

namespace passerelle::storage::sqlite {
namespace {

// SQLite takes a null pointer for NULL, and an empty view may hold one.
const char* NotNull(absl::string_view value) {
  return value.data() == nullptr ? "" : value.data();
}

}  // namespace

int64_t ToColumn(absl::Time time) { return absl::ToUnixMicros(time); }

absl::Time FromColumn(int64_t microseconds) {
  return absl::FromUnixMicros(microseconds);
}

Statement::Statement(Connection* connection, const char* sql)
    : connection_(connection),
      sql_(sql),
      status_(connection->transaction_error()) {
  if (status_.ok()) statement_ = connection->Prepared(sql, &status_);
}

Statement::~Statement() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);  // repeats the error of the last step
  // Bound memory belongs to the caller and ends now.
  if (next_parameter_ > 1) sqlite3_clear_bindings(statement_);
}

Statement& Statement::BindInt(int64_t value) {
  if (status_.ok()) {
    Check(sqlite3_bind_int64(statement_, next_parameter_++, value));
  }
  return *this;
}

Statement& Statement::BindText(absl::string_view value) {
  if (status_.ok()) {
    Check(sqlite3_bind_text64(statement_, next_parameter_++, NotNull(value),
                              value.size(), SQLITE_STATIC, SQLITE_UTF8));
  }
  return *this;
}

Statement& Statement::BindBlob(absl::string_view value) {
  if (status_.ok()) {
    Check(sqlite3_bind_blob64(statement_, next_parameter_++, NotNull(value),
                              value.size(), SQLITE_STATIC));
  }
  return *this;
}

Statement& Statement::BindNull() {
  if (status_.ok()) Check(sqlite3_bind_null(statement_, next_parameter_++));
  return *this;
}

bool Statement::Step() {
  if (!status_.ok()) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) Check(code);
  return false;
}

absl::Status Statement::Run() {
  while (Step()) {
  }
  return status_;
}

int64_t Statement::Int(int column) {
  if (!Expect(column, SQLITE_INTEGER)) return 0;
  return sqlite3_column_int64(statement_, column);
}

absl::string_view Statement::Text(int column) {
  if (!Expect(column, SQLITE_TEXT)) return "";
  const auto* text = sqlite3_column_text(statement_, column);
  return absl::string_view(
      reinterpret_cast<const char*>(text),
      static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
}

absl::string_view Statement::Blob(int column) {
  if (!Expect(column, SQLITE_BLOB)) return "";
  const void* blob = sqlite3_column_blob(statement_, column);
  if (blob == nullptr) {
    // Empty, or no memory to read a long one.
    if (sqlite3_column_bytes(statement_, column) != 0 ||
        sqlite3_errcode(connection_->handle()) == SQLITE_NOMEM) {
      Check(SQLITE_NOMEM);
    }
    return "";
  }
  return absl::string_view(
      static_cast<const char*>(blob),
      static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
}

bool Statement::IsNull(int column) {
  return status_.ok() && sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

bool Statement::Expect(int column, int type) {
  if (!status_.ok()) return false;
  if (sqlite3_column_type(statement_, column) == type) return true;
  status_ = absl::DataLossError(
      absl::StrCat("column ", column, " has another type: ", sql_));
  return false;
}

void Statement::Check(int code) {
  if (code != SQLITE_OK) status_ = connection_->Fail(code, sql_);
}

}  // namespace passerelle::storage::sqlite
