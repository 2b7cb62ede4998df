#ifndef PASSERELLE_SERVER_ENGINE_ENGINE_H_
#define PASSERELLE_SERVER_ENGINE_ENGINE_H_

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "passerelle/v1/mailbox.pb.h"
#include "server/domain/calendar.h"
#include "server/engine/batch.h"
#include "server/engine/core.h"
#include "server/engine/gate.h"
#include "server/engine/id_generator.h"
#include "server/engine/mail_hub.h"
#include "server/engine/record_cache.h"
#include "server/engine/scope_counts.h"
#include "server/engine/workers.h"
#include "server/journal/leaf_index.h"
#include "server/storage/store.h"
#include "server/vault/vault.h"

namespace passerelle::engine {

struct EngineOptions {
  int max_batch = 256;  // commands in one commit
  // Request bytes in one commit, one request at least: chunks of documents are
  // large, and everybody in a batch waits for all of it.
  size_t max_batch_bytes = 1 << 20;
  size_t max_queue = 4096;            // commands waiting; more are refused
  size_t max_queue_bytes = 32 << 20;  // of their requests; the same
  int read_threads = 2;
  size_t cache_bytes = 32 << 20;  // of records kept parsed
  // How long a routine disclosure's line may wait for a flush: what a crash
  // may lose of them.
  absl::Duration leaf_delay = absl::Milliseconds(50);
  // Destroys the keys of what is erased; outlives the engine. Null where rows
  // are not sealed.
  vault::Vault* vault = nullptr;
  // While the journal grows it is signed so often, and at every stop.
  absl::Duration checkpoint_interval = absl::Seconds(60);
};

// Executes calls: the one place where domain, storage and journal meet.
//
// Changes go to a single writer thread, which drains its queue, runs each
// command in a savepoint of its own and commits them together with one flush;
// only then are the calls completed. Batches grow by themselves under load.
// Reads run on the calling thread or a worker, in one snapshot, and are
// admitted by the gate. Timers are commands of the server itself. Thread safe.
class Engine {
 public:
  // `contract`, `store` and `clock` outlive the engine.
  // Returns: DATA_LOSS when the journal is not what was signed before.
  static absl::StatusOr<std::unique_ptr<Engine>> Start(
      EngineOptions options, const domain::Contract* contract,
      storage::Store* store, const Clock* clock, domain::Calendars calendars,
      Notary notary);
  ~Engine();  // as Stop

  // Executes a call on a resource; `call.done` is called once.
  void Execute(std::unique_ptr<Call> call);

  // Records a call that was refused before it came here.
  void RecordRefusal(const Call& call, const absl::Status& status);

  // Who a caller is, as of the last commit. Returns: see Directory::Resolve.
  absl::StatusOr<domain::Actor> Resolve(const CallerIdentity& caller) const;

  // Entries after a position. Returns: CURSOR_EXPIRED, CURSOR_INVALID.
  absl::Status ReadMail(absl::string_view mission, int64_t after, int limit,
                        ::passerelle::v1::FetchMailboxResponse* page);
  // The line of evidence of mail that was read.
  // False when evidence cannot be written: the mail must not be shown then.
  [[nodiscard]] bool RecordMailRead(const Call& call);
  // Records what a mission holds; `call.done` is called after the flush.
  void AcknowledgeMail(std::unique_ptr<Call> call);
  MailHub& mail_hub() { return mail_hub_; }
  Workers& workers() { return workers_; }

  // Registers the operator of the platform in an empty directory, who then
  // registers everybody else. Does nothing when the mission exists.
  absl::Status Bootstrap(absl::string_view mission_id,
                         absl::string_view officer_id);

  // How often a timer met a damaged record and set it aside.
  int64_t records_set_aside() const { return records_set_aside_; }

  // Completes what is queued and flushes; later calls are refused (DRAINING).
  void Stop();

  const Core& core() const { return core_; }

 private:
  struct Command;
  class ChangeCommand;
  class ReadCommand;
  class FlushCommand;
  class AcknowledgeCommand;
  class CosignCommand;
  class TimerCommand;
  class BootstrapCommand;
  class ConfirmErasureCommand;

  Engine(EngineOptions options, const domain::Contract& contract,
         storage::Store* store, const Clock& clock, Secrets secrets,
         domain::Calendars calendars, Notary notary);

  void Enqueue(std::unique_ptr<Command> command);
  void Read(std::shared_ptr<Call> call);
  void WriterLoop();
  void RunBatch(std::vector<std::unique_ptr<Command>> commands);
  absl::Status Commit(std::vector<std::unique_ptr<Command>>* commands,
                      std::vector<absl::Status>* results);
  void CarryOut(const PlannedErasure& erasure);
  void RunTimers();
  void IndexLeaves();
  absl::Status SignTree();
  void EndJournal();  // what a stop leaves behind
  void Maintain();
  std::shared_ptr<const Directory> directory() const;
  absl::Status ReloadDirectory();  // of `stale_missions_`

  const EngineOptions options_;
  storage::Store* const store_;
  RecordCache records_;
  const Core core_;
  DisclosureGate gate_;
  MailHub mail_hub_;
  Workers workers_;

  mutable Mutex directory_mutex_;
  std::shared_ptr<const Directory> directory_ ABSL_GUARDED_BY(directory_mutex_);

  Mutex mutex_;
  CondVar wake_;
  std::deque<std::unique_ptr<Command>> queue_ ABSL_GUARDED_BY(mutex_);
  size_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool writer_waits_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::atomic<int64_t> records_set_aside_{0};

  // Of the writer thread alone.
  IdGenerator ids_;
  // Right edge of the journal; none after a commit that failed.
  std::optional<merkle::CompactRange> tree_;
  journal::LeafIndex leaf_index_;
  int64_t signed_size_ = -1;
  absl::Time sign_time_ = absl::InfinitePast();
  MailboxHeads heads_;
  ScopeCounts counts_;
  std::set<std::string> stale_missions_;  // changed since they were loaded
  absl::Time next_wake_ = absl::InfinitePast();
  std::vector<internal::Leaf> unwritten_;  // admitted, not yet flushed
  std::vector<internal::Leaf> unwritten_refusals_;
  absl::Time last_maintenance_ = absl::InfinitePast();
  bool log_grew_ = false;
  std::thread writer_;
};

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_ENGINE_H_
