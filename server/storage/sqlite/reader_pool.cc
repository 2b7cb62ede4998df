#include "server/storage/sqlite/reader_pool.h"

#include <utility>

namespace passerelle::storage::sqlite {

ReaderPool::ReaderPool(std::vector<std::unique_ptr<Connection>> connections)
    : connections_(std::move(connections)) {
  MutexLock lock(&mutex_);
  for (const auto& connection : connections_) {
    idle_.push_back(connection.get());
  }
}

Connection* ReaderPool::Take() {
  MutexLock lock(&mutex_);
  while (idle_.empty()) {
    ++waiting_;
    returned_.Wait(&mutex_);
    --waiting_;
  }
  Connection* connection = idle_.back();
  idle_.pop_back();
  return connection;
}

void ReaderPool::GiveBack(Connection* connection) {
  MutexLock lock(&mutex_);
  idle_.push_back(connection);
  if (waiting_ > 0) returned_.NotifyOne();
}

}  // namespace passerelle::storage::sqlite
