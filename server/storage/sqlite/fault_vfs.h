#ifndef PASSERELLE_SERVER_STORAGE_SQLITE_FAULT_VFS_H_
#define PASSERELLE_SERVER_STORAGE_SQLITE_FAULT_VFS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace passerelle::storage::sqlite {

// A VFS over SQLite's default one that fails or delays on demand, for tests
// and measurements. Registered under its name while it lives; must outlive
// every connection that uses it. Thread safe.
class FaultVfs {
 public:
  explicit FaultVfs(absl::string_view name);
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  const std::string& name() const { return name_; }

  // Every write fails as on a full disk, until told otherwise.
  void SetFull(bool full) { faults_.full = full; }
  // Every flush fails with an I/O error.
  void SetFlushFails(bool fails) { faults_.flush_fails = fails; }
  // Every read fails with an I/O error.
  void SetReadFails(bool fails) { faults_.read_fails = fails; }
  // Every flush takes this much longer, as a slower disk would.
  void SetFlushDelay(absl::Duration delay) {
    faults_.flush_delay_us = absl::ToInt64Microseconds(delay);
  }
  int64_t flushes() const { return faults_.flushes; }

  struct Faults {
    std::atomic<bool> full = false;
    std::atomic<bool> flush_fails = false;
    std::atomic<bool> read_fails = false;
    std::atomic<int64_t> flush_delay_us = 0;
    std::atomic<int64_t> flushes = 0;
  };

 private:
  struct Registration;

  const std::string name_;
  Faults faults_;
  std::unique_ptr<Registration> registration_;
};

}  // namespace passerelle::storage::sqlite

#endif  // PASSERELLE_SERVER_STORAGE_SQLITE_FAULT_VFS_H_
