#ifndef PASSERELLE_SERVER_STORAGE_KEY_STORE_H_
#define PASSERELLE_SERVER_STORAGE_KEY_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace passerelle::storage {

// A data key as it is stored: wrapped by a key-encryption key.
struct WrappedKey {
  int64_t number = 0;      // chosen by who makes it; never used again
  std::string wrapped_by;  // 16 bytes: which key-encryption key
  std::string wrapped;     // nonce and ciphertext; empty once destroyed
};

// Wrapped keys, in a file of their own: whoever has the database and its
// backups has none of them. Every change is flushed before it is answered.
//
// A key that was destroyed leaves its number, and nowhere in the file or
// beside it the bytes that were wrapped.
//
// Thread safe. Errors as of Store.
class KeyStore {
 public:
  virtual ~KeyStore() = default;

  // All or none. Returns: ALREADY_EXISTS when a number was used before.
  virtual absl::Status Add(const std::vector<WrappedKey>& keys) = 0;

  // Returns: NOT_FOUND when there never was such a key.
  virtual absl::Status Get(int64_t number, WrappedKey* key) = 0;

  // Keys with number > `after` that are not destroyed, by number.
  virtual absl::Status List(int64_t after, int limit,
                            std::vector<WrappedKey>* keys) = 0;

  // Ids of the key-encryption keys that may be needed to unwrap a key.
  virtual absl::Status Wrappers(std::vector<std::string>* ids) = 0;
  // Wraps keys anew; leaves alone what was destroyed meanwhile.
  virtual absl::Status Rewrap(const std::vector<WrappedKey>& keys) = 0;
  // Says that every key is wrapped by `id` alone, and clears away what earlier
  // wrappings left in the log. Returns: as Destroy.
  virtual absl::Status KeepOnlyWrapper(absl::string_view id) = 0;

  // Destroys keys, those that are there, and keeps `line` of the erasure
  // ledger, as one change; repeating it changes nothing. What was wrapped is
  // overwritten, in the log too. Returns: UNAVAILABLE while a foreign program
  // reads the file, which keeps the log; repeat it then.
  virtual absl::Status Destroy(const std::vector<int64_t>& numbers,
                               absl::string_view line) = 0;
  // What Destroy does after its change was flushed, for whoever was interrupted
  // there. Returns: as Destroy.
  virtual absl::Status ClearLog() = 0;
  // Lines kept by Destroy, in order, from the `skip`-th on.
  virtual absl::Status Lines(int64_t skip, int limit,
                             std::vector<std::string>* lines) = 0;
};

}  // namespace passerelle::storage

#endif  // PASSERELLE_SERVER_STORAGE_KEY_STORE_H_
