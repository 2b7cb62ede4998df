#include "tests/support/integrity.h"

#include "absl/strings/str_cat.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/statement.h"

namespace passerelle::testing {

std::string IntegrityOf(const std::string& path) {
  const auto connection = storage::sqlite::Connection::Open(
      {.path = path, .access = storage::sqlite::Access::kReadWrite});
  if (!connection.ok()) return connection.status().ToString();
  storage::sqlite::Statement check(connection->get(), "PRAGMA integrity_check");
  std::string lines;
  while (check.Step()) absl::StrAppend(&lines, check.Text(0));
  return check.status().ok() ? lines : check.status().ToString();
}

}  // namespace passerelle::testing
