#ifndef PASSERELLE_SERVER_STORAGE_SQLITE_READER_POOL_H_
#define PASSERELLE_SERVER_STORAGE_SQLITE_READER_POOL_H_

#include <memory>
#include <vector>

#include "common/mutex.h"
#include "server/storage/sqlite/connection.h"

namespace passerelle::storage::sqlite {

// A fixed set of reading connections, lent one at a time. Who finds none waits
// until one comes back: readers are bounded by the pool, not refused. Thread
// safe.
class ReaderPool {
 public:
  class Lease {
   public:
    explicit Lease(ReaderPool* pool) : pool_(pool), connection_(pool->Take()) {}
    ~Lease() { pool_->GiveBack(connection_); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    Connection* connection() const { return connection_; }

   private:
    ReaderPool* const pool_;
    Connection* const connection_;
  };

  // `connections` is not empty.
  explicit ReaderPool(std::vector<std::unique_ptr<Connection>> connections);

 private:
  Connection* Take();
  void GiveBack(Connection* connection);

  const std::vector<std::unique_ptr<Connection>> connections_;
  Mutex mutex_;
  CondVar returned_;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  // The one used last is lent first: its cache is warm.
  std::vector<Connection*> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace passerelle::storage::sqlite

#endif  // PASSERELLE_SERVER_STORAGE_SQLITE_READER_POOL_H_
