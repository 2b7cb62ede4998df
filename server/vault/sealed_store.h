#ifndef PASSERELLE_SERVER_VAULT_SEALED_STORE_H_
#define PASSERELLE_SERVER_VAULT_SEALED_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/store.h"
#include "server/vault/vault.h"

namespace passerelle::vault {

// A store whose rows are sealed: what lists and timers need stays in plain
// columns, everything else is written sealed and read opened.
//
// A record's messages are sealed under the key of its owner (KeyOwnerOf), for
// its scope, id, kind, state and version; a row of evidence, an entry of mail,
// the answer to a request and a named value under the platform's key, for
// their place. Whatever was altered, or stands elsewhere than it was written,
// does not open: a record then reads as damaged (Record::condition), the rest
// as DATA_LOSS. A record whose key was destroyed reads as erased.
//
// Thread safe, as the store below it.
class SealedStore final : public storage::Store {
 public:
  // `store` and `vault` outlive it. A new store is marked as the vault's.
  // Returns: FAILED_PRECONDITION for a store of other keys, or with rows that
  // were never sealed.
  static absl::StatusOr<std::unique_ptr<SealedStore>> Open(
      storage::Store* store, Vault* vault);

  absl::Status Read(
      const std::function<absl::Status(storage::ReadTransaction&)>& body)
      override;
  absl::Status Write(
      const std::function<absl::Status(storage::WriteTransaction&)>& body)
      override;
  bool WantsCheckpoint() override { return store_->WantsCheckpoint(); }
  absl::Status Checkpoint() override { return store_->Checkpoint(); }

  // Whether rows of a sealed store stand in `store`.
  static absl::Status IsSealed(storage::Store* store, bool* sealed);

 private:
  SealedStore(storage::Store* store, Vault* vault)
      : store_(store), vault_(vault) {}

  absl::Status CheckMark();

  storage::Store* const store_;
  Vault* const vault_;
  // Keys of files, by scope. Used in Write bodies, which run one at a time.
  absl::flat_hash_map<std::string, int64_t> file_keys_;
};

}  // namespace passerelle::vault

#endif  // PASSERELLE_SERVER_VAULT_SEALED_STORE_H_
