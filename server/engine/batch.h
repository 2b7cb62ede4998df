#ifndef PASSERELLE_SERVER_ENGINE_BATCH_H_
#define PASSERELLE_SERVER_ENGINE_BATCH_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/merkle.h"
#include "passerelle/internal/v1/stored.pb.h"
#include "server/journal/tree.h"
#include "server/storage/store.h"

namespace passerelle::engine {

namespace internal = ::passerelle::internal::v1;

// Data keys that are destroyed once the commit is flushed, and the record of
// the order (scope kErasures). No keys: nothing is.
struct PlannedErasure {
  std::string id;
  std::vector<int64_t> keys;
};

// What one command adds beside its records. It joins the batch only when the
// command succeeded, so a savepoint that rolls back leaves nothing to undo.
struct Effects {
  std::vector<internal::Leaf> leaves;
  std::vector<std::pair<std::string, internal::MailEntry>> mail;  // by mission
  std::string fingerprint;  // empty: nothing to remember
  internal::RequestOutcome answer;
  // Scope and letter of a resource that was created; no scope for none.
  std::string created_in;
  std::string created_letter;
  absl::Time wake_time = absl::InfiniteFuture();  // of the records written
  PlannedErasure erasure;
};

// Last sequence of each mailbox, as committed. Loaded on first use.
using MailboxHeads = std::map<std::string, int64_t, std::less<>>;

// One commit in the making: sequences are given when the batch is flushed.
class Batch {
 public:
  explicit Batch(merkle::CompactRange tree) : journal_(std::move(tree)) {}

  void Absorb(Effects effects);
  void AddLeaf(internal::Leaf leaf) { journal_.Append(std::move(leaf)); }
  // Equal refusals of one batch become one leaf with a count.
  void AddRefusal(const internal::Leaf& leaf);

  // The answer remembered in this batch, which the store does not hold yet.
  const internal::RequestOutcome* FindRequest(
      absl::string_view fingerprint) const;

  // Writes journal, mailboxes and requests, each as one row.
  absl::Status Flush(absl::Time now, const MailboxHeads& heads,
                     storage::WriteTransaction* tx);

  // How many parts of resources may still be removed in this commit: a removed
  // part is overwritten, and callers wait for the commit.
  int part_drops_left() const { return part_drops_left_; }
  void CountPartDrop() { --part_drops_left_; }

  // After the commit.
  const journal::Appender& journal() const { return journal_; }
  const MailboxHeads& new_heads() const { return new_heads_; }
  absl::Time wake_time() const { return wake_time_; }

 private:
  journal::Appender journal_;
  std::map<std::string, internal::Leaf> refusals_;  // by what makes them equal
  std::map<std::string, std::vector<internal::MailEntry>> mail_;
  std::map<std::string, internal::RequestOutcome, std::less<>> requests_;
  MailboxHeads new_heads_;
  absl::Time wake_time_ = absl::InfiniteFuture();
  int part_drops_left_ = 16;  // 4 MiB of chunks
};

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_BATCH_H_
