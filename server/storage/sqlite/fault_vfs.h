#ifndef PASSERELLE_SERVER_STORAGE_SQLITE_FAULT_VFS_H_
#define PASSERELLE_SERVER_STORAGE_SQLITE_FAULT_VFS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mutex.h"

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

  // How the call fails that FailCall names.
  enum class Failure { kError, kShortWrite, kFullDisk };
  // The `number`th call from now on that reads, writes, cuts or flushes a file
  // fails, counted from 1; a short write leaves half of the bytes and is an
  // error for all other calls. 0: none does.
  void FailCall(int64_t number, Failure failure) {
    faults_.failure = failure;
    faults_.calls = 0;
    faults_.fail_call = number;
  }
  // Whether that call came.
  bool failed() const {
    return faults_.fail_call != 0 && faults_.calls >= faults_.fail_call;
  }
  int64_t calls() const { return faults_.calls; }

  // What was done to a file, for those who ask what of it a power cut leaves.
  struct Step {
    enum class Kind { kWrite, kTruncate, kFlush, kDelete };
    Kind kind;
    std::string path;
    int64_t offset = 0;  // of a write; size after a truncation
    std::string bytes;   // of a write
  };
  // Notes every step from now on.
  void Record() { faults_.recording = true; }
  int64_t steps() const {
    MutexLock lock(&faults_.mutex);
    return static_cast<int64_t>(faults_.steps.size());
  }
  std::vector<Step> TakeSteps() {
    MutexLock lock(&faults_.mutex);
    return std::move(faults_.steps);
  }

  struct Faults {
    // Whether the call at hand is the one that fails.
    bool FailsNow() { return ++calls == fail_call; }
    void Note(Step step) {
      if (!recording) return;
      MutexLock lock(&mutex);
      steps.push_back(std::move(step));
    }

    std::atomic<Failure> failure = Failure::kError;
    std::atomic<int64_t> fail_call = 0;
    std::atomic<int64_t> calls = 0;
    std::atomic<bool> recording = false;
    mutable Mutex mutex;
    std::vector<Step> steps ABSL_GUARDED_BY(mutex);
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
