#ifndef PASSERELLE_SERVER_STORAGE_SQLITE_FILE_LOCK_H_
#define PASSERELLE_SERVER_STORAGE_SQLITE_FILE_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace passerelle::storage::sqlite {

// Keeps a second process (or a second store of this one) away from a file.
// SQLite would let both write, and two checkpointing processes can lose pages.
// The lock ends with the process; the file stays, since removing it would let
// two processes lock two files of one name.
class FileLock {
 public:
  // Returns: FAILED_PRECONDITION when another one holds it or the file cannot
  // be made.
  static absl::StatusOr<std::unique_ptr<FileLock>> Acquire(
      const std::string& path);

  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}

  const int descriptor_;
};

// Makes an empty file that only its owner may read, unless it is there. SQLite
// gives log and index files the same mode. Not while SQLite has the file open:
// closing a descriptor drops the process's locks.
absl::Status EnsurePrivateFile(const std::string& path);

}  // namespace passerelle::storage::sqlite

#endif  // PASSERELLE_SERVER_STORAGE_SQLITE_FILE_LOCK_H_
