#include "server/storage/sqlite/result_code.h"

#include <sqlite3.h>

#include <cerrno>
#include <string>

#include "absl/strings/str_cat.h"

namespace passerelle::storage::sqlite {
namespace {

int Primary(int extended_code) { return extended_code & 0xff; }

absl::StatusCode CodeOf(int extended_code) {
  switch (extended_code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return absl::StatusCode::kAlreadyExists;
    case SQLITE_CONSTRAINT_FOREIGNKEY:
      return absl::StatusCode::kFailedPrecondition;
    // Checksums that do not match are damage, not a failing disk.
    case SQLITE_IOERR_CORRUPTFS:
    case SQLITE_IOERR_DATA:
      return absl::StatusCode::kDataLoss;
    default:
      break;
  }
  switch (Primary(extended_code)) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return absl::StatusCode::kUnavailable;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return absl::StatusCode::kResourceExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::StatusCode::kDataLoss;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return absl::StatusCode::kFailedPrecondition;
    case SQLITE_INTERRUPT:
      return absl::StatusCode::kCancelled;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace

absl::Status ResultCodeToStatus(int extended_code, absl::string_view context) {
  return absl::Status(CodeOf(extended_code),
                      absl::StrCat(context, ": ", sqlite3_errstr(extended_code),
                                   " (SQLite ", extended_code, ")"));
}

int WithSystemError(int extended_code, int system_errno) {
  // Not for a failed flush: there, earlier writes may be gone already.
  const bool at_write = extended_code == SQLITE_IOERR_WRITE ||
                        extended_code == SQLITE_IOERR_TRUNCATE ||
                        extended_code == SQLITE_IOERR_SHMSIZE;
  const bool no_room = system_errno == ENOSPC || system_errno == EDQUOT;
  return at_write && no_room ? SQLITE_FULL : extended_code;
}

bool EndsTransaction(int extended_code) {
  switch (Primary(extended_code)) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_INTERRUPT:
      return true;
    default:
      return false;
  }
}

bool LosesWrites(int extended_code) {
  switch (extended_code) {
    case SQLITE_IOERR_WRITE:
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
    case SQLITE_IOERR_TRUNCATE:
      return true;
    default:
      return false;
  }
}

}  // namespace passerelle::storage::sqlite
