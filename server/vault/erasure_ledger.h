#ifndef PASSERELLE_SERVER_VAULT_ERASURE_LEDGER_H_
#define PASSERELLE_SERVER_VAULT_ERASURE_LEDGER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/vault/data_key.h"

namespace passerelle::vault {

// What was erased: the numbers of data keys that must never open anything
// again, whatever is restored.
struct Erasure {
  std::string id;  // of the erasure, letters and digits
  absl::Time time;
  std::vector<int64_t> keys;
};

// An append-only text file, one erasure a line:
//
//     2026-03-02T07:00:00Z e0abc… 17,42 5f3a…
//
// time, id, numbers of keys, and a keyed hash over the line and all before it,
// so that no line can be added, changed, moved or left out in the middle. It
// is kept apart from database and keys: a backup of both must not bring back
// what was erased after it. A last line that was not finished does not count:
// its erasure was not confirmed to anybody. Not thread safe.
class ErasureLedger {
 public:
  // Opens or makes the file, for its owner alone.
  // Returns: DATA_LOSS when a line is not as it was written; PERMISSION_DENIED,
  // RESOURCE_EXHAUSTED or UNAVAILABLE for errors of the file system.
  static absl::StatusOr<std::unique_ptr<ErasureLedger>> Open(
      const std::string& path, const DataKey& key);

  ~ErasureLedger();
  ErasureLedger(const ErasureLedger&) = delete;
  ErasureLedger& operator=(const ErasureLedger&) = delete;

  const std::vector<std::string>& lines() const { return lines_; }

  // The line that would come next.
  std::string NextLine(const Erasure& erasure) const;
  // Adds a line and flushes it. After a failure the file ends where it did
  // before, or nothing can be added until it is opened again.
  absl::Status Append(const std::string& line);

  // Reads a line that was checked. Returns: DATA_LOSS.
  static absl::StatusOr<Erasure> Parse(absl::string_view line);
  // Whether `line` follows `before` (empty for the first).
  bool Follows(absl::string_view before, absl::string_view line) const;

 private:
  ErasureLedger(std::string path, int fd, const DataKey& key);
  absl::Status Load();
  std::string HashOf(absl::string_view before, absl::string_view text) const;

  const std::string path_;
  const int fd_;
  const DataKey key_;
  std::vector<std::string> lines_;
  int64_t size_ = 0;  // of the lines that count
  absl::Status broken_;
};

}  // namespace passerelle::vault

#endif  // PASSERELLE_SERVER_VAULT_ERASURE_LEDGER_H_
