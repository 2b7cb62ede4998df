#ifndef PASSERELLE_SERVER_STORAGE_SQLITE_STATEMENT_H_
#define PASSERELLE_SERVER_STORAGE_SQLITE_STATEMENT_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/storage/sqlite/connection.h"

struct sqlite3_stmt;

namespace passerelle::storage::sqlite {

// Times as they are stored: microseconds since 1970, rounded down.
int64_t ToColumn(absl::Time time);
absl::Time FromColumn(int64_t microseconds);

// One use of a cached statement; resets it on scope exit. The first failure is
// kept in status() and turns everything after it into a no-op, so that callers
// check once.
//
// Bound values must live until the statement does. Columns are valid until the
// next Step.
class Statement {
 public:
  // `sql` has static storage duration: its address names the statement.
  Statement(Connection* connection, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Bind the placeholders from left to right.
  Statement& BindInt(int64_t value);
  Statement& BindInt(int value) { return BindInt(int64_t{value}); }
  Statement& BindInt(double) = delete;
  Statement& BindInt(bool) = delete;
  Statement& BindText(absl::string_view value);
  Statement& BindBlob(absl::string_view value);
  Statement& BindTime(absl::Time value) { return BindInt(ToColumn(value)); }
  Statement& BindNull();

  // True when there is a row; false at the end and after a failure.
  bool Step();
  // Steps a statement that returns no rows to its end.
  absl::Status Run();

  // A column of another type is damage: STRICT tables never hold one.
  int64_t Int(int column);
  absl::string_view Text(int column);
  absl::string_view Blob(int column);
  absl::Time Time(int column) { return FromColumn(Int(column)); }
  bool IsNull(int column);

  const absl::Status& status() const { return status_; }

 private:
  bool Expect(int column, int type);
  void Check(int code);

  Connection* const connection_;
  const char* const sql_;
  sqlite3_stmt* statement_ = nullptr;
  int next_parameter_ = 1;
  absl::Status status_;
};

}  // namespace passerelle::storage::sqlite

#endif  // PASSERELLE_SERVER_STORAGE_SQLITE_STATEMENT_H_
