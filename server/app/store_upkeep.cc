#include "server/app/store_upkeep.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/app/checkpoint_key.h"
#include "server/app/sealed_files.h"
#include "server/journal/checkpoint.h"

namespace passerelle::app {

absl::Status MigrateStore(const ServerConfig& config) {
  return SealedFiles::Open(config.store, config.vault).status();
}

absl::StatusOr<int64_t> VerifyStoredJournal(const ServerConfig& config) {
  // A store would be made where there is none.
  if (access(config.store.path.c_str(), F_OK) != 0) {
    return absl::NotFoundError(
        absl::StrCat(config.store.path, ": there is no store"));
  }
  PASSERELLE_ASSIGN_OR_RETURN(
      const auto files, SealedFiles::Open(config.store, config.vault, "",
                                          storage::sqlite::Upgrade::kRefuse));
  storage::Store* const store = files->store();
  PASSERELLE_ASSIGN_OR_RETURN(
      const note::SignerKey key,
      LoadCheckpointKey(config.CheckpointKeyPath(), config.tls.trust_domain,
                        store));
  merkle::CompactRange tree;
  PASSERELLE_RETURN_IF_ERROR(store->Read([&](storage::ReadTransaction& tx) {
    return journal::VerifyCheckpoints(&tx, key.verifier(), &tree);
  }));
  return tree.size();
}

}  // namespace passerelle::app
