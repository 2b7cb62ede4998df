#ifndef PASSERELLE_TESTS_SUPPORT_VAULT_BESIDE_H_
#define PASSERELLE_TESTS_SUPPORT_VAULT_BESIDE_H_

#include <unistd.h>

#include <memory>
#include <random>
#include <string>

#include "server/app/config.h"
#include "server/app/sealed_files.h"
#include "tests/support/test_pki.h"

namespace passerelle::testing {

// Makes a key-encryption key, unless the file is there.
inline void MakeKeyFile(const std::string& path) {
  if (access(path.c_str(), F_OK) == 0) return;
  std::random_device random;
  std::string key;
  while (key.size() < 32) key.push_back(static_cast<char>(random()));
  WriteFileOrDie(path, key);
}

// The vault of a database, beside it; makes the key file.
inline app::ServerConfig::Vault VaultBeside(const std::string& store_path) {
  app::ServerConfig::Vault vault;
  vault.key_file = store_path + ".key";
  vault.key_store = store_path + ".keys";
  vault.erasure_ledger = store_path + ".erasures";
  MakeKeyFile(vault.key_file);
  return vault;
}

// Opens a database with the vault beside it.
inline absl::StatusOr<std::unique_ptr<app::SealedFiles>> OpenSealed(
    const std::string& store_path) {
  return app::SealedFiles::Open({.path = store_path}, VaultBeside(store_path));
}

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_SUPPORT_VAULT_BESIDE_H_
