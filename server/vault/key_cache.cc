#include "server/vault/key_cache.h"

#include <cstring>

namespace passerelle::vault {

// sodium_malloc locks what it may, and sodium_free wipes.
KeyCache::KeyCache(size_t slots)
    : slab_(static_cast<unsigned char*>(
          sodium_allocarray(slots, DataKey::kSize))),
      slots_(slots) {}

KeyCache::~KeyCache() { sodium_free(slab_); }

KeyCache::Found KeyCache::Find(int64_t number, DataKey* key) {
  MutexLock lock(&mutex_);
  const auto found = index_.find(number);
  if (found == index_.end()) {
    return blocked_.contains(number) ? Found::kBlocked : Found::kNothing;
  }
  slots_[found->second].recent = true;
  std::memcpy(key->data(), KeyAt(found->second), DataKey::kSize);
  return Found::kKey;
}

void KeyCache::Put(int64_t number, const DataKey& key) {
  MutexLock lock(&mutex_);
  if (blocked_.contains(number) || index_.contains(number)) return;
  const size_t slot = TakeSlot();
  slots_[slot] = {number, true, true};
  std::memcpy(KeyAt(slot), key.data(), DataKey::kSize);
  index_.emplace(number, slot);
}

// The hand goes round and takes the first slot that was not used since it last
// came by.
size_t KeyCache::TakeSlot() {
  while (true) {
    const size_t slot = hand_;
    hand_ = (hand_ + 1) % slots_.size();
    if (!slots_[slot].used) return slot;
    if (!slots_[slot].recent) {
      index_.erase(slots_[slot].number);
      return slot;
    }
    slots_[slot].recent = false;
  }
}

void KeyCache::Drop(int64_t number) {
  const auto found = index_.find(number);
  if (found == index_.end()) return;
  sodium_memzero(KeyAt(found->second), DataKey::kSize);
  slots_[found->second] = {};
  index_.erase(found);
}

void KeyCache::Block(const std::vector<int64_t>& numbers) {
  MutexLock lock(&mutex_);
  for (const int64_t number : numbers) {
    Drop(number);
    blocked_.insert(number);
  }
}

void KeyCache::Unblock(const std::vector<int64_t>& numbers) {
  MutexLock lock(&mutex_);
  for (const int64_t number : numbers) blocked_.erase(number);
}

}  // namespace passerelle::vault
