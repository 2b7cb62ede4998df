#ifndef PASSERELLE_SERVER_STORAGE_SQLITE_RESULT_CODE_H_
#define PASSERELLE_SERVER_STORAGE_SQLITE_RESULT_CODE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace passerelle::storage::sqlite {

// The status of an extended SQLite result code that is not OK, ROW or DONE.
// Decides by the code alone; `context` says what was being done.
absl::Status ResultCodeToStatus(int extended_code, absl::string_view context);

// `extended_code`, but SQLITE_FULL when the system says that a failed write
// found no room: SQLite itself knows ENOSPC at write only, not quotas.
int WithSystemError(int extended_code, int system_errno);

// Whether the rest of a transaction that met this code cannot be trusted, even
// when SQLite has not ended it: the whole batch then fails.
bool EndsTransaction(int extended_code);

// Whether bytes handed to the system may be lost although a later flush
// succeeds. Nothing may be promised durable after it in this process.
bool LosesWrites(int extended_code);

}  // namespace passerelle::storage::sqlite

#endif  // PASSERELLE_SERVER_STORAGE_SQLITE_RESULT_CODE_H_
