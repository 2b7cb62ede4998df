#include "server/engine/record_cache.h"

#include <utility>

#include "absl/hash/hash.h"

namespace passerelle::engine {
namespace {

// What a record takes in memory, reckoned from its bytes: parsed messages are
// some three times as large, and the entry itself has its price.
constexpr size_t kParsedTimes = 3;
constexpr size_t kEntryBytes = 1024;
// One large record is not worth a hundred small ones.
constexpr size_t kShareOfShard = 16;

template <typename Parsed>
size_t BytesOf(const Parsed& parsed) {
  return kEntryBytes + kParsedTimes * parsed.record.message.size() +
         kParsedTimes * parsed.record.internal.size();
}

}  // namespace

RecordCache::RecordCache(size_t max_bytes)
    : max_shard_bytes_(max_bytes / kShards) {}

RecordCache::Shard& RecordCache::ShardOf(absl::string_view case_id) {
  return shards_[absl::HashOf(case_id) % kShards];
}

const RecordCache::Entry* RecordCache::Use(Shard* shard,
                                           const storage::RecordKey& key) {
  const auto found = shard->index.find(key);
  if (found == shard->index.end()) return nullptr;
  shard->entries.splice(shard->entries.begin(), shard->entries, found->second);
  return &*found->second;
}

RecordCache::Found RecordCache::Find(const storage::RecordKey& key) {
  Found found;
  Shard& shard = ShardOf(key.scope);
  MutexLock lock(&shard.mutex);
  found.position = shard.changes;
  if (const Entry* entry = Use(&shard, {key.scope, key.scope})) {
    found.file = entry->file;
  }
  if (key.id != key.scope) {
    if (const Entry* entry = Use(&shard, key)) found.resource = entry->resource;
  }
  return found;
}

void RecordCache::Add(uint64_t position, std::shared_ptr<const File> file) {
  const size_t bytes = BytesOf(*file);
  const storage::RecordKey& key = file->record.key;
  Keep(position, {key, std::move(file), nullptr, bytes});
}

void RecordCache::Add(uint64_t position,
                      std::shared_ptr<const Loaded> resource) {
  const size_t bytes = BytesOf(*resource);
  const storage::RecordKey& key = resource->record.key;
  Keep(position, {key, nullptr, std::move(resource), bytes});
}

void RecordCache::Keep(uint64_t position, Entry entry) {
  if (entry.bytes > max_shard_bytes_ / kShareOfShard) return;
  Shard& shard = ShardOf(entry.key.scope);
  MutexLock lock(&shard.mutex);
  if (shard.committing || shard.changes != position) return;
  Drop(&shard, entry.key);
  shard.bytes += entry.bytes;
  shard.entries.push_front(std::move(entry));
  shard.index.emplace(shard.entries.front().key, shard.entries.begin());
  while (shard.bytes > max_shard_bytes_) {
    const storage::RecordKey last = shard.entries.back().key;
    Drop(&shard, last);
  }
}

void RecordCache::Drop(Shard* shard, const storage::RecordKey& key) {
  const auto found = shard->index.find(key);
  if (found == shard->index.end()) return;
  shard->bytes -= found->second->bytes;
  shard->entries.erase(found->second);
  shard->index.erase(found);
}

void RecordCache::BeginCommit(const std::set<storage::RecordKey>& changed) {
  for (const storage::RecordKey& key : changed) {
    Shard& shard = ShardOf(key.scope);
    MutexLock lock(&shard.mutex);
    Drop(&shard, key);
    ++shard.changes;
    shard.committing = true;
  }
}

void RecordCache::EndCommit() {
  for (Shard& shard : shards_) {
    MutexLock lock(&shard.mutex);
    shard.changes += shard.committing ? 1 : 0;
    shard.committing = false;
  }
}

}  // namespace passerelle::engine
