#ifndef PASSERELLE_SERVER_ENGINE_RECORD_CACHE_H_
#define PASSERELLE_SERVER_ENGINE_RECORD_CACHE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <set>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/mutex.h"
#include "server/engine/file.h"
#include "server/storage/store.h"

namespace passerelle::engine {

// Records of files as last committed, parsed once for all who read them: the
// files that are worked on are neither fetched from the store nor parsed
// again. Holds nothing that a commit in progress changes, so what is found is
// never older than any answer already given. Thread safe.
class RecordCache {
 public:
  explicit RecordCache(size_t max_bytes);

  struct Found {
    std::shared_ptr<const File> file;
    std::shared_ptr<const Loaded> resource;
    // How often records near the file have changed: proves to Add that a
    // snapshot begun afterwards is not older than the cache.
    uint64_t position = 0;
  };
  // The file of `key` and, unless `key` is the file's own, the resource, both
  // as of the same commit. Null for what is not held.
  Found Find(const storage::RecordKey& key);

  // Keeps what a snapshot showed, if nothing changed since `position`.
  void Add(uint64_t position, std::shared_ptr<const File> file);
  void Add(uint64_t position, std::shared_ptr<const Loaded> resource);

  // Around a commit, whether it succeeds or not: the records it changes are
  // dropped, and nothing is added beside them until its end is known.
  void BeginCommit(const std::set<storage::RecordKey>& changed);
  void EndCommit();

 private:
  struct Entry {
    storage::RecordKey key;
    std::shared_ptr<const File> file;        // one of the two
    std::shared_ptr<const Loaded> resource;  // is set
    size_t bytes = 0;
  };
  using Entries = std::list<Entry>;  // last used first
  // A file and all that is in it share a shard.
  struct Shard {
    Mutex mutex;
    Entries entries ABSL_GUARDED_BY(mutex);
    absl::flat_hash_map<storage::RecordKey, Entries::iterator> index
        ABSL_GUARDED_BY(mutex);
    size_t bytes ABSL_GUARDED_BY(mutex) = 0;
    uint64_t changes ABSL_GUARDED_BY(mutex) = 0;
    bool committing ABSL_GUARDED_BY(mutex) = false;
  };

  Shard& ShardOf(absl::string_view case_id);
  static const Entry* Use(Shard* shard, const storage::RecordKey& key)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard->mutex);
  static void Drop(Shard* shard, const storage::RecordKey& key)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard->mutex);
  void Keep(uint64_t position, Entry entry);

  static constexpr size_t kShards = 16;
  const size_t max_shard_bytes_;
  std::array<Shard, kShards> shards_;
};

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_RECORD_CACHE_H_
