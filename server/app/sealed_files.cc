#include "server/app/sealed_files.h"

#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/vault/key_file.h"

namespace passerelle::app {

absl::StatusOr<std::unique_ptr<SealedFiles>> SealedFiles::Open(
    const ServerConfig::Store& store, const ServerConfig::Vault& vault,
    const std::string& vfs, storage::sqlite::Upgrade upgrade) {
  // Without a usable key no file is made.
  PASSERELLE_RETURN_IF_ERROR(vault::ReadKeyFile(vault.key_file).status());
  std::unique_ptr<SealedFiles> files(new SealedFiles());
  storage::sqlite::SqliteOptions options;
  options.path = store.path;
  options.readers = static_cast<int>(store.readers);
  options.vfs = vfs;
  options.upgrade = upgrade;
  PASSERELLE_ASSIGN_OR_RETURN(files->rows_,
                              storage::sqlite::SqliteStore::Open(options));
  bool sealed = false;
  PASSERELLE_RETURN_IF_ERROR(
      vault::SealedStore::IsSealed(files->rows(), &sealed));
  if (sealed && access(vault.key_store.c_str(), F_OK) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        vault.key_store, ": there is no key store, but ", store.path,
        " is sealed with one; put it back from its backup"));
  }
  PASSERELLE_ASSIGN_OR_RETURN(files->keys_,
                              storage::sqlite::SqliteKeyStore::Open(
                                  {.path = vault.key_store, .vfs = vfs}));
  PASSERELLE_ASSIGN_OR_RETURN(
      files->vault_,
      vault::Vault::Open(
          {.key_file = vault.key_file, .erasure_ledger = vault.erasure_ledger},
          files->keys_.get()));
  PASSERELLE_ASSIGN_OR_RETURN(
      files->store_, vault::SealedStore::Open(files->rows(), files->vault()));
  return files;
}

}  // namespace passerelle::app
