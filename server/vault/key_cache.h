#ifndef PASSERELLE_SERVER_VAULT_KEY_CACHE_H_
#define PASSERELLE_SERVER_VAULT_KEY_CACHE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "common/mutex.h"
#include "server/vault/data_key.h"

namespace passerelle::vault {

// Unwrapped data keys, in memory that is locked where the system allows it,
// left out of core dumps and wiped. When all slots are taken, a key that was
// not used lately gives way. Thread safe.
class KeyCache {
 public:
  explicit KeyCache(size_t slots);
  ~KeyCache();
  KeyCache(const KeyCache&) = delete;
  KeyCache& operator=(const KeyCache&) = delete;

  // False when there was no memory for it.
  bool ready() const { return slab_ != nullptr; }

  enum class Found { kKey, kNothing, kBlocked };
  Found Find(int64_t number, DataKey* key);

  // Keeps a key unless its number is blocked.
  void Put(int64_t number, const DataKey& key);

  // Forgets keys and answers kBlocked for them: nobody brings back a key that
  // is being destroyed. Unblock undoes it.
  void Block(const std::vector<int64_t>& numbers);
  void Unblock(const std::vector<int64_t>& numbers);

 private:
  struct Slot {
    int64_t number = 0;
    bool used = false;    // holds a key
    bool recent = false;  // found since the hand last passed
  };

  unsigned char* KeyAt(size_t slot) { return slab_ + slot * DataKey::kSize; }
  size_t TakeSlot() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Drop(int64_t number) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  unsigned char* const slab_;
  Mutex mutex_;
  std::vector<Slot> slots_ ABSL_GUARDED_BY(mutex_);
  size_t hand_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<int64_t, size_t> index_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<int64_t> blocked_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace passerelle::vault

#endif  // PASSERELLE_SERVER_VAULT_KEY_CACHE_H_
