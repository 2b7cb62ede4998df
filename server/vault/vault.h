#ifndef PASSERELLE_SERVER_VAULT_VAULT_H_
#define PASSERELLE_SERVER_VAULT_VAULT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/mutex.h"
#include "server/storage/key_store.h"
#include "server/vault/erasure_ledger.h"
#include "server/vault/key_cache.h"
#include "server/vault/key_file.h"

namespace passerelle::vault {

struct VaultOptions {
  std::string key_file;        // see ReadKeyFile
  std::string erasure_ledger;  // see ErasureLedger
  // Unwrapped keys in memory, 32 bytes each: one per file or person at work.
  size_t cached_keys = 1 << 16;
};

// The platform's own key: of what belongs to no file, such as the directory,
// evidence and mailboxes. It is never destroyed.
inline constexpr int64_t kPlatformKey = 1;

enum class Padding {
  kNone,
  // Sizes tell little: multiples of 64 bytes; above 1 KiB steps are between a
  // sixteenth and an eighth of the size.
  kBuckets,
};

// Data keys, what they seal, and their end.
//
// Each data key is 32 random bytes, wrapped by the key-encryption key in a
// KeyStore. Keys are made and flushed in blocks before anybody uses one, so
// that no transaction spans two files; one that was taken by a change that
// failed is never used, which harms nothing.
//
// When the key file holds another key than before, every data key is wrapped
// anew in the background, in small steps that survive a restart; until the end
// the key before stands beside it (OldKeyFile).
//
// Thread safe.
class Vault {
 public:
  // Opens the keys of a platform; makes the first ones in an empty store.
  // Carries out every erasure that the ledger knows of and the store does not,
  // and the other way round. `store` outlives the vault.
  // Returns: FAILED_PRECONDITION when the key file is not the one that wraps
  // the keys; DATA_LOSS when keys or ledger are damaged or of different
  // platforms; errors of ReadKeyFile and of the file system.
  static absl::StatusOr<std::unique_ptr<Vault>> Open(
      const VaultOptions& options, storage::KeyStore* store);
  ~Vault();
  Vault(const Vault&) = delete;
  Vault& operator=(const Vault&) = delete;

  // Number of a key that nothing was sealed with.
  absl::StatusOr<int64_t> NewKey();

  // Seals `plain` for the place that `identity` describes: it opens nowhere
  // else. Returns: NOT_FOUND when the key is destroyed.
  absl::Status Seal(int64_t key, absl::string_view identity,
                    absl::string_view plain, Padding padding,
                    std::string* sealed);

  // Opens what Seal made of the same identity. `plain` may be `sealed`, which
  // is changed on success only. Returns: NOT_FOUND when the key is destroyed;
  // DATA_LOSS for what was not sealed so, or with a key that never was.
  absl::Status Open(absl::string_view identity, const std::string& sealed,
                    std::string* plain);

  // The key with which `sealed` was sealed; 0 when it is too short to say.
  static int64_t KeyOf(absl::string_view sealed);

  // From here on keys open and seal nothing, until Resume or the end of the
  // process: what is about to be erased is not read meanwhile.
  void Suspend(const std::vector<int64_t>& keys);
  void Resume(const std::vector<int64_t>& keys);

  // Destroys keys for good: first a line in the ledger, then the keys. Does
  // nothing when the keys are destroyed already. May be repeated after a
  // failure. Returns: errors of the file system.
  absl::Status Erase(const Erasure& erasure);

  // Looks whether the key file holds another key now, and if so begins to wrap
  // with it. An unusable file is reported in the log and changes nothing.
  void CheckKeyFile();
  // Waits until no key is left to be wrapped anew. For tests.
  void WaitForRewrap();

 private:
  Vault(VaultOptions options, storage::KeyStore* store);

  absl::Status LoadKeyFiles();
  absl::Status CheckWrappers();
  absl::Status LoadPlatformKey();
  absl::Status OpenLedger();
  absl::Status ApplyLedger() ABSL_EXCLUSIVE_LOCKS_REQUIRED(erasure_mutex_);
  absl::Status AreErased(const std::vector<int64_t>& keys, bool* erased);

  storage::WrappedKey Wrap(int64_t number, const DataKey& key);
  absl::Status Unwrap(const storage::WrappedKey& wrapped, DataKey* key);
  absl::Status FindKey(int64_t number, DataKey* key);
  absl::Status MakeKeys() ABSL_EXCLUSIVE_LOCKS_REQUIRED(making_mutex_);

  void Keep();
  absl::Status RewrapAll(int64_t* count, bool* finished);

  const VaultOptions options_;
  storage::KeyStore* const store_;
  KeyCache cache_;
  DataKey platform_key_;

  Mutex kek_mutex_;
  // The one that wraps comes last.
  std::vector<KeyEncryptionKey> keks_ ABSL_GUARDED_BY(kek_mutex_);
  std::string key_file_problem_ ABSL_GUARDED_BY(kek_mutex_);

  Mutex making_mutex_;  // taken before ready_mutex_
  Mutex ready_mutex_;
  std::vector<int64_t> ready_ ABSL_GUARDED_BY(ready_mutex_);

  Mutex erasure_mutex_;
  std::unique_ptr<ErasureLedger> ledger_ ABSL_GUARDED_BY(erasure_mutex_);
  // Lines of the ledger that the store has as well.
  size_t applied_lines_ ABSL_GUARDED_BY(erasure_mutex_) = 0;

  // The keeper makes keys and wraps them anew.
  Mutex keeper_mutex_;
  CondVar keeper_wake_;
  bool stopping_ ABSL_GUARDED_BY(keeper_mutex_) = false;
  bool keys_wanted_ ABSL_GUARDED_BY(keeper_mutex_) = true;
  bool rewrap_wanted_ ABSL_GUARDED_BY(keeper_mutex_) = false;
  bool rewrapping_ ABSL_GUARDED_BY(keeper_mutex_) = false;
  std::thread keeper_;
};

}  // namespace passerelle::vault

#endif  // PASSERELLE_SERVER_VAULT_VAULT_H_
