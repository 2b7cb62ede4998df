#include "server/engine/record_cache.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/storage/memory/memory_store.h"

namespace passerelle::engine {
namespace {

using storage::RecordKey;

constexpr size_t kRoom = 16 << 20;
const RecordKey kFile{"c1", "c1"};
const RecordKey kStudy{"c1", "s1"};

template <typename Parsed>
std::shared_ptr<const Parsed> Make(const RecordKey& key, int64_t version,
                                   size_t bytes = 100) {
  auto parsed = std::make_shared<Parsed>();
  parsed->record.key = key;
  parsed->record.version = version;
  parsed->record.message = std::string(bytes, 'm');
  return parsed;
}

TEST(RecordCacheTest, FindsFileAndResourceTogether) {
  RecordCache cache(kRoom);
  const uint64_t position = cache.Find(kStudy).position;
  cache.Add(position, Make<File>(kFile, 3));
  cache.Add(position, Make<Loaded>(kStudy, 5));

  const RecordCache::Found found = cache.Find(kStudy);
  ASSERT_NE(found.file, nullptr);
  EXPECT_EQ(found.file->record.version, 3);
  ASSERT_NE(found.resource, nullptr);
  EXPECT_EQ(found.resource->record.version, 5);
  EXPECT_EQ(cache.Find({"c1", "s2"}).resource, nullptr);
  EXPECT_EQ(cache.Find({"c2", "c2"}).file, nullptr);
}

TEST(RecordCacheTest, ACommitDropsWhatItChangesAndNothingElse) {
  RecordCache cache(kRoom);
  cache.Add(0, Make<File>(kFile, 3));
  cache.Add(0, Make<Loaded>(kStudy, 5));
  cache.BeginCommit({kStudy});
  cache.EndCommit();

  EXPECT_EQ(cache.Find(kStudy).resource, nullptr);
  EXPECT_NE(cache.Find(kStudy).file, nullptr);
}

TEST(RecordCacheTest, ASnapshotFromBeforeACommitIsNotKept) {
  RecordCache cache(kRoom);
  const uint64_t before = cache.Find(kStudy).position;
  cache.BeginCommit({kStudy});
  const uint64_t during = cache.Find(kStudy).position;
  cache.Add(before, Make<Loaded>(kStudy, 1));
  cache.Add(during, Make<Loaded>(kStudy, 1));
  EXPECT_EQ(cache.Find(kStudy).resource, nullptr);
  cache.EndCommit();
  cache.Add(before, Make<Loaded>(kStudy, 1));
  cache.Add(during, Make<Loaded>(kStudy, 1));
  EXPECT_EQ(cache.Find(kStudy).resource, nullptr);

  cache.Add(cache.Find(kStudy).position, Make<Loaded>(kStudy, 2));
  EXPECT_NE(cache.Find(kStudy).resource, nullptr);
}

TEST(RecordCacheTest, KeepsTheLastUsedWithinItsRoom) {
  RecordCache cache(1 << 20);
  for (int i = 0; i < 1000; ++i) {
    const RecordKey key{"c1", absl::StrCat("s", i)};
    cache.Add(cache.Find(kFile).position, Make<Loaded>(key, 1));
    cache.Find({"c1", "s0"});  // stays in use
  }
  int held = 0;
  for (int i = 0; i < 1000; ++i) {
    held += cache.Find({"c1", absl::StrCat("s", i)}).resource != nullptr;
  }
  // One file has the room of one shard of sixteen.
  EXPECT_GT(held, 10);
  EXPECT_LT(held, 100);
  EXPECT_NE(cache.Find({"c1", "s0"}).resource, nullptr);
  EXPECT_NE(cache.Find({"c1", "s999"}).resource, nullptr);
  EXPECT_EQ(cache.Find({"c1", "s500"}).resource, nullptr);
}

TEST(RecordCacheTest, OneLargeRecordDoesNotPushOutTheOthers) {
  RecordCache cache(1 << 20);
  cache.Add(0, Make<Loaded>(kStudy, 1));
  cache.Add(0, Make<Loaded>({"c1", "large"}, 1, 64 << 10));
  EXPECT_NE(cache.Find(kStudy).resource, nullptr);
  EXPECT_EQ(cache.Find({"c1", "large"}).resource, nullptr);
}

// Readers that use the cache as the engine does never see a version older than
// one that was acknowledged before they began, nor go back.
TEST(RecordCacheTest, NobodySeesThePast) {
  constexpr int kVersions = 3000;
  RecordCache cache(kRoom);
  storage::MemoryStore store;
  std::atomic<int64_t> acknowledged{0};
  std::atomic<int64_t> hits{0};
  std::atomic<bool> stale{false};

  const auto read = [&]() -> int64_t {
    RecordCache::Found found = cache.Find(kStudy);
    if (found.resource != nullptr) {
      ++hits;
      return found.resource->record.version;
    }
    auto loaded = std::make_shared<Loaded>();
    const absl::Status status = store.Read([&](storage::ReadTransaction& tx) {
      return tx.Get(kStudy, &loaded->record);
    });
    if (!status.ok()) return 0;
    cache.Add(found.position, std::shared_ptr<const Loaded>(loaded));
    return loaded->record.version;
  };
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      int64_t last = 0;
      while (acknowledged < kVersions) {
        const int64_t floor = acknowledged;
        const int64_t seen = read();
        if (seen < floor || seen < last) stale = true;
        last = seen;
      }
    });
  }
  for (int64_t version = 1; version <= kVersions; ++version) {
    const absl::Status status = store.Write([&](storage::WriteTransaction& tx) {
      storage::Record record;
      record.key = kStudy;
      record.kind = "feasibilityStudies";
      record.version = version;
      const absl::Status written =
          version == 1 ? tx.Insert(record) : tx.Update(record);
      cache.BeginCommit(tx.changed());
      return written;
    });
    cache.EndCommit();
    ASSERT_TRUE(status.ok());
    acknowledged = version;
    std::this_thread::yield();
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_FALSE(stale);
  EXPECT_GT(hits, 0);
}

}  // namespace
}  // namespace passerelle::engine
