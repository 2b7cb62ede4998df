#ifndef PASSERELLE_SERVER_STORAGE_MEMORY_MEMORY_STORE_H_
#define PASSERELLE_SERVER_STORAGE_MEMORY_MEMORY_STORE_H_

#include <functional>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "common/mutex.h"
#include "server/storage/memory/memory_tables.h"
#include "server/storage/store.h"

namespace passerelle::storage {

// Store without a file, for tests of what stands above storage: fast for some
// thousands of rows, and it fails on demand. The contract suite keeps it
// honest; only durability is missing. Thread safe.
class MemoryStore final : public Store {
 public:
  // The next Write whose body returned OK keeps nothing and returns `status`,
  // which is not OK.
  void FailNextCommit(absl::Status status);

  absl::Status Read(
      const std::function<absl::Status(ReadTransaction&)>& body) override;
  absl::Status Write(
      const std::function<absl::Status(WriteTransaction&)>& body) override;
  bool WantsCheckpoint() override { return false; }
  absl::Status Checkpoint() override { return absl::OkStatus(); }

 private:
  std::shared_ptr<const MemoryTables> Snapshot();

  Mutex writer_mutex_;  // held during a whole Write; taken before mutex_
  Mutex mutex_;
  std::shared_ptr<const MemoryTables> committed_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<MemoryTables>();
  std::optional<absl::Status> next_failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace passerelle::storage

#endif  // PASSERELLE_SERVER_STORAGE_MEMORY_MEMORY_STORE_H_
