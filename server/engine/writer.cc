// The writer thread: group commit, timers, maintenance.

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "common/log.h"
#include "common/status_macros.h"
#include "server/domain/lifecycle.h"
#include "server/engine/commands.h"
#include "server/engine/engine.h"
#include "server/journal/checkpoint.h"

namespace passerelle::engine {
namespace {

constexpr int kTimersAtOnce = 256;
constexpr absl::Duration kMaintenanceInterval = absl::Minutes(1);
constexpr absl::Duration kRequestMemory = absl::Hours(24 * 90);
constexpr absl::Duration kMailMemory = absl::Hours(24 * 180);
constexpr int kMaintenanceRows = 200;
constexpr size_t kMaxUnwritten = 1 << 17;
constexpr int64_t kIndexAtOnce = 1024;  // leaves; takes a millisecond or two

}  // namespace

void Engine::WriterLoop() {
  while (true) {
    std::vector<std::unique_ptr<Command>> commands;
    bool stopping = false;
    {
      MutexLock lock(&mutex_);
      if (queue_.empty() && !stopping_) {
        // Also the tick of timers and of lines that wait for a flush.
        writer_waits_ = true;
        wake_.WaitFor(&mutex_, absl::ToChronoMicroseconds(options_.leaf_delay));
        writer_waits_ = false;
      }
      stopping = stopping_;
      const auto limit = static_cast<size_t>(options_.max_batch);
      size_t bytes = 0;
      while (!queue_.empty() && commands.size() < limit) {
        const size_t more = queue_.front()->Bytes();
        if (bytes > 0 && bytes + more > options_.max_batch_bytes) break;
        bytes += more;
        queued_bytes_ -= more;
        commands.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
    }
    const bool idle = commands.empty();
    if (!idle || gate_.HasPending() || !unwritten_.empty() ||
        !unwritten_refusals_.empty()) {
      RunBatch(std::move(commands));
    }
    if (idle && stopping) return EndJournal();
    RunTimers();
    if (leaf_index_.behind() >= kIndexAtOnce ||
        (idle && leaf_index_.has_subjects())) {
      IndexLeaves();
    }
    // The first leaves of all at once, so that there is something to hold on
    // to.
    if (signed_size_ <= 0 ||
        core_.clock.Now() - sign_time_ >= options_.checkpoint_interval) {
      SignTree().IgnoreError();  // logged; tried again in its turn
    }
    if (idle || store_->WantsCheckpoint()) Maintain();
  }
}

void Engine::RunBatch(std::vector<std::unique_ptr<Command>> commands) {
  // Evidence that cannot be written waits here, then in the gate, which admits
  // no more when it is full and only counts refusals: no line is lost.
  if (unwritten_.size() + unwritten_refusals_.size() < kMaxUnwritten) {
    gate_.Take(&unwritten_, &unwritten_refusals_);
  }
  std::vector<absl::Status> results;
  const absl::Status committed = Commit(&commands, &results);
  if (!committed.ok()) {
    if (commands.size() > 1 && !absl::IsResourceExhausted(committed)) {
      // One command may be what the store cannot digest: give each a commit
      // of its own.
      for (auto& command : commands) {
        std::vector<std::unique_ptr<Command>> single;
        single.push_back(std::move(command));
        RunBatch(std::move(single));
      }
      return;
    }
    const absl::Status answer = Documented(committed);
    for (auto& command : commands) {
      internal::Leaf leaf;
      if (command->Refusal(answer, core_.clock.Now(), &leaf)) {
        gate_.Refused(std::move(leaf));
      }
      command->Done(answer);
    }
    return;
  }
  for (size_t i = 0; i < commands.size(); ++i) {
    commands[i]->Done(results[i]);
  }
}

absl::Status Engine::Commit(std::vector<std::unique_ptr<Command>>* commands,
                            std::vector<absl::Status>* results) {
  const auto directory = this->directory();
  const absl::Time now = core_.clock.Now();
  std::unique_ptr<Batch> batch;
  std::set<storage::RecordKey> changed;
  const absl::Status committed =
      store_->Write([&](storage::WriteTransaction& tx) {
        merkle::CompactRange tree;
        if (tree_) {
          tree = *tree_;
        } else {
          PASSERELLE_RETURN_IF_ERROR(journal::LoadTree(&tx, &tree));
        }
        batch = std::make_unique<Batch>(std::move(tree));
        results->assign(commands->size(), absl::OkStatus());
        for (const internal::Leaf& leaf : unwritten_) batch->AddLeaf(leaf);
        size_t written = unwritten_.size();
        for (const internal::Leaf& leaf : unwritten_refusals_) {
          batch->AddRefusal(leaf);
        }
        const WriterContext context{core_, *directory, *batch,  ids_,
                                    tx,    records_,   counts_, now};
        for (size_t i = 0; i < commands->size(); ++i) {
          Command& command = *(*commands)[i];
          Effects effects;
          const absl::Status status = tx.Savepoint([&] {
            effects = Effects{};
            command.consent_case.clear();
            command.erasure = {};
            return command.Run(context, &effects);
          });
          if (IsStoreError(status)) return status;
          if (status.ok()) {
            if (!command.consent_case.empty()) {
              // Reads admitted so far stand before this change.
              gate_.Raise(command.consent_case, command.consent_epoch, now,
                          &unwritten_);
              for (; written < unwritten_.size(); ++written) {
                batch->AddLeaf(unwritten_[written]);
              }
            }
            if (!effects.created_in.empty()) {
              counts_.Added(effects.created_in, effects.created_letter);
            }
            if (!effects.erasure.keys.empty() && options_.vault != nullptr) {
              // Nobody reads, and keeps parsed, what is about to be erased.
              options_.vault->Suspend(effects.erasure.keys);
              command.erasure = std::move(effects.erasure);
            }
            batch->Absorb(std::move(effects));
          } else {
            internal::Leaf leaf;
            if (command.Refusal(status, now, &leaf)) batch->AddRefusal(leaf);
          }
          (*results)[i] = status;
        }
        changed = tx.changed();
        records_.BeginCommit(changed);
        return batch->Flush(now, heads_, &tx);
      });
  records_.EndCommit();
  if (!committed.ok()) {
    heads_.clear();  // loaded again from what is really stored
    tree_.reset();
    counts_.Forget();
    for (const auto& command : *commands) {
      if (!command->consent_case.empty()) {
        gate_.Lower(command->consent_case, command->consent_epoch);
      }
      if (!command->erasure.keys.empty()) {
        options_.vault->Resume(command->erasure.keys);
      }
    }
    return committed;
  }
  tree_ = batch->journal().tree();
  leaf_index_.Add(batch->journal().subjects(), tree_->size());
  unwritten_.clear();
  unwritten_refusals_.clear();
  log_grew_ = true;
  next_wake_ = std::min(next_wake_, batch->wake_time());
  stale_missions_.merge(Directory::MissionsAmong(changed));
  if (!stale_missions_.empty()) {  // also those of a reload that failed
    if (const absl::Status status = ReloadDirectory(); !status.ok()) {
      Log(LogLevel::kError, "directory_reload_failed",
          {{"code", absl::StatusCodeToString(status.code())}});
    }
  }
  for (const auto& [mission, head] : batch->new_heads()) {
    heads_[mission] = head;
    mail_hub_.Delivered(mission, head);
  }
  for (const auto& command : *commands) CarryOut(command->erasure);
  return absl::OkStatus();
}

void Engine::CarryOut(const PlannedErasure& erasure) {
  if (erasure.keys.empty()) return;
  const absl::Status erased =
      options_.vault->Erase({erasure.id, core_.clock.Now(), erasure.keys});
  if (erased.ok()) {
    return Enqueue(std::make_unique<ConfirmErasureCommand>(erasure.id));
  }
  // The keys stay suspended, and the order's timer tries again.
  Log(LogLevel::kError, "erasure_failed",
      {{"code", absl::StatusCodeToString(erased.code())}});
}

void Engine::RunTimers() {
  const absl::Time now = core_.clock.Now();
  while (next_wake_ <= now) {
    std::vector<storage::RecordKey> due;
    const absl::Status read = store_->Read([&](storage::ReadTransaction& tx) {
      PASSERELLE_RETURN_IF_ERROR(tx.NextWake(&next_wake_));
      return tx.ListDue(now, kTimersAtOnce, &due);
    });
    if (!read.ok() || due.empty()) return;
    std::vector<std::unique_ptr<Command>> commands;
    commands.reserve(due.size());
    for (storage::RecordKey& key : due) {
      commands.push_back(
          std::make_unique<TimerCommand>(std::move(key), &records_set_aside_));
    }
    std::vector<absl::Status> results;
    const absl::Status committed = Commit(&commands, &results);
    next_wake_ = absl::InfinitePast();  // more may be due: look again
    if (!committed.ok()) return;        // tried again at the next tick
    bool failed = false;
    for (size_t i = 0; i < commands.size(); ++i) {
      commands[i]->Done(results[i]);
      failed |= !results[i].ok();
    }
    if (failed) return;
    // A backlog of timers does not keep calls waiting.
    if (MutexLock lock(&mutex_); !queue_.empty()) return;
  }
}

void Engine::IndexLeaves() {
  if (const absl::Status status = leaf_index_.Write(store_); !status.ok()) {
    Log(LogLevel::kWarning, "leaf_index_failed",
        {{"code", absl::StatusCodeToString(status.code())}});
  }
}

absl::Status Engine::SignTree() {
  sign_time_ = core_.clock.Now();
  if (!tree_ || tree_->size() == signed_size_) return absl::OkStatus();
  const absl::Status status =
      journal::MakeCheckpoint(store_, *tree_, core_.notary.key, sign_time_);
  if (status.ok()) {
    signed_size_ = tree_->size();
  } else {
    Log(LogLevel::kError, "checkpoint_not_signed",
        {{"code", absl::StatusCodeToString(status.code())}});
  }
  return status;
}

void Engine::EndJournal() {
  IndexLeaves();
  SignTree().IgnoreError();
}

void Engine::Maintain() {
  if (log_grew_) {
    log_grew_ = false;
    if (const absl::Status status = store_->Checkpoint(); !status.ok()) {
      Log(LogLevel::kWarning, "checkpoint_failed",
          {{"code", absl::StatusCodeToString(status.code())}});
    }
  }
  const absl::Time now = core_.clock.Now();
  if (now - last_maintenance_ < kMaintenanceInterval) return;
  last_maintenance_ = now;
  int64_t forgotten = 0;
  const absl::Status status = store_->Write([&](storage::WriteTransaction& tx) {
    PASSERELLE_RETURN_IF_ERROR(
        tx.ForgetRequests(now - kRequestMemory, kMaintenanceRows, &forgotten));
    return tx.CompactMailboxes(now - kMailMemory, kMaintenanceRows);
  });
  if (!status.ok()) {
    Log(LogLevel::kWarning, "maintenance_failed",
        {{"code", absl::StatusCodeToString(status.code())}});
  } else if (forgotten > 0) {
    last_maintenance_ = absl::InfinitePast();  // more may be old: look again
  }
}

}  // namespace passerelle::engine
