#ifndef PASSERELLE_SERVER_APP_SEALED_FILES_H_
#define PASSERELLE_SERVER_APP_SEALED_FILES_H_

#include <memory>

#include "absl/status/statusor.h"
#include "server/app/config.h"
#include "server/storage/sqlite/sqlite_key_store.h"
#include "server/storage/sqlite/sqlite_store.h"
#include "server/vault/sealed_store.h"
#include "server/vault/vault.h"

namespace passerelle::app {

// Everything the platform keeps on disk: database, keys, ledger of erasures,
// opened together and in the order in which nothing is made or changed before
// it is known that the others fit.
class SealedFiles {
 public:
  // Returns: errors of Vault::Open, SealedStore::Open, SqliteStore::Open and
  // SqliteKeyStore::Open; FAILED_PRECONDITION when a database is there and its
  // key store is not.
  static absl::StatusOr<std::unique_ptr<SealedFiles>> Open(
      const ServerConfig::Store& store, const ServerConfig::Vault& vault,
      const std::string& vfs = "",
      storage::sqlite::Upgrade upgrade = storage::sqlite::Upgrade::kAllow);

  storage::Store* store() { return store_.get(); }
  storage::Store* rows() { return rows_.get(); }  // as they are on disk
  vault::Vault* vault() { return vault_.get(); }

 private:
  SealedFiles() = default;

  // In the order of their making.
  std::unique_ptr<storage::sqlite::SqliteStore> rows_;
  std::unique_ptr<storage::sqlite::SqliteKeyStore> keys_;
  std::unique_ptr<vault::Vault> vault_;
  std::unique_ptr<vault::SealedStore> store_;
};

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_SEALED_FILES_H_
