#ifndef PASSERELLE_SERVER_JOURNAL_CHAIN_H_
#define PASSERELLE_SERVER_JOURNAL_CHAIN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "passerelle/internal/v1/stored.pb.h"
#include "server/storage/store.h"

namespace passerelle::journal {

// The end of the journal: each leaf's hash covers the leaf and the hash before
// it, so that a rewritten, removed or swapped line shows.
struct Tail {
  int64_t next = 0;        // index of the next leaf, as RFC 6962 counts
  std::string chain_hash;  // 32 bytes; empty when there is none
};

// Leaves of one commit, chained to a tail. The tail moves only when the caller
// takes `tail()` after the commit, so a failed commit leaves nothing to undo.
class Appender {
 public:
  explicit Appender(Tail tail) : tail_(std::move(tail)) {}

  void Append(::passerelle::internal::v1::Leaf leaf);
  bool empty() const { return batch_.leaves().empty(); }
  const Tail& tail() const { return tail_; }

  // Writes the appended leaves as one row.
  absl::Status Flush(absl::Time time, storage::WriteTransaction* tx) const;

 private:
  Tail tail_;
  ::passerelle::internal::v1::LeafBatch batch_;
};

absl::Status LoadTail(storage::ReadTransaction* tx, Tail* tail);

// Recomputes the chain from the first leaf to the last.
// Returns: DATA_LOSS when a leaf is missing, changed or out of order.
absl::Status VerifyChain(storage::ReadTransaction* tx, int64_t* leaf_count);

}  // namespace passerelle::journal

#endif  // PASSERELLE_SERVER_JOURNAL_CHAIN_H_
