#include "server/engine/engine.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/log.h"
#include "common/status_macros.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"
#include "server/engine/commands.h"
#include "server/engine/erasure.h"
#include "server/engine/evidence.h"

namespace passerelle::engine {

namespace pb = ::passerelle::v1;

absl::StatusOr<std::unique_ptr<Engine>> Engine::Start(
    EngineOptions options, const domain::Contract* contract,
    storage::Store* store, const Clock* clock, domain::Calendars calendars,
    Notary notary) {
  PASSERELLE_RETURN_IF_ERROR(journal::LeafIndex::CatchUp(store));
  PASSERELLE_ASSIGN_OR_RETURN(Secrets secrets, Secrets::Load(store));
  auto engine = std::unique_ptr<Engine>(
      new Engine(options, *contract, store, *clock, std::move(secrets),
                 std::move(calendars), std::move(notary)));
  PASSERELLE_ASSIGN_OR_RETURN(std::shared_ptr<const Directory> directory,
                              Directory::Load(store));
  {
    MutexLock lock(&engine->directory_mutex_);
    engine->directory_ = std::move(directory);
  }
  if (options.vault != nullptr) {
    PASSERELLE_RETURN_IF_ERROR(
        ResumeErasures(store, options.vault, clock->Now()));
  }
  engine->tree_.emplace();
  PASSERELLE_RETURN_IF_ERROR(store->Read([&](storage::ReadTransaction& tx) {
    return journal::LoadTree(&tx, &*engine->tree_);
  }));
  engine->leaf_index_ = journal::LeafIndex(engine->tree_->size());
  PASSERELLE_RETURN_IF_ERROR(engine->SignTree());
  engine->writer_ = std::thread([e = engine.get()] { e->WriterLoop(); });
  return engine;
}

Engine::Engine(EngineOptions options, const domain::Contract& contract,
               storage::Store* store, const Clock& clock, Secrets secrets,
               domain::Calendars calendars, Notary notary)
    : options_(options),
      store_(store),
      records_(options.cache_bytes),
      core_(contract, std::move(secrets), clock, std::move(calendars),
            std::move(notary)),
      workers_(options.read_threads, options.max_queue) {}

Engine::~Engine() { Stop(); }

void Engine::Stop() {
  // The writer may still wake waiters, which then find no worker.
  workers_.Stop();
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
  if (writer_.joinable()) writer_.join();
}

std::shared_ptr<const Directory> Engine::directory() const {
  MutexLock lock(&directory_mutex_);
  return directory_;
}

absl::Status Engine::ReloadDirectory() {
  PASSERELLE_ASSIGN_OR_RETURN(std::shared_ptr<const Directory> fresh,
                              directory()->Reload(store_, stale_missions_));
  stale_missions_.clear();
  MutexLock lock(&directory_mutex_);
  directory_ = std::move(fresh);
  return absl::OkStatus();
}

absl::StatusOr<domain::Actor> Engine::Resolve(
    const CallerIdentity& caller) const {
  return directory()->Resolve(caller, core_.clock.Now());
}

void Engine::RecordRefusal(const Call& call, const absl::Status& status) {
  gate_.Refused(RefusalLeaf(call, status, core_.clock.Now()));
}

bool Engine::RecordMailRead(const Call& call) {
  std::vector<Disclosure> disclosures;
  disclosures.push_back({"", 0, LeafOf(call, core_.clock.Now())});
  return gate_.Admit(&disclosures) == DisclosureGate::Verdict::kAdmitted;
}

void Engine::Execute(std::unique_ptr<Call> call) {
  core_.Validate(call.get());
  switch (call->method->shape) {
    case domain::MethodSpec::Shape::kGet:
      // A point read takes some 20 µs: less than handing it to a thread.
      return Read(std::shared_ptr<Call>(std::move(call)));
    case domain::MethodSpec::Shape::kEvidence:
      if (call->method->effect == domain::options::WITNESS) {
        return Enqueue(std::make_unique<CosignCommand>(std::move(call)));
      }
      [[fallthrough]];
    case domain::MethodSpec::Shape::kGetPart:
    case domain::MethodSpec::Shape::kList: {
      std::shared_ptr<Call> shared(std::move(call));
      if (!workers_.Run([this, shared] { Read(shared); })) {
        RecordRefusal(*shared, domain::Overloaded());
        shared->done(domain::Overloaded());
      }
      return;
    }
    default:
      if (call->violations.empty()) {
        call->identity = IdentifyRequest(core_.secrets, *call);
      }
      return Enqueue(std::make_unique<ChangeCommand>(std::move(call)));
  }
}

void Engine::AcknowledgeMail(std::unique_ptr<Call> call) {
  Enqueue(std::make_unique<AcknowledgeCommand>(std::move(call)));
}

void Engine::Enqueue(std::unique_ptr<Command> command) {
  absl::Status refused;
  {
    MutexLock lock(&mutex_);
    if (stopping_) {
      refused = domain::Draining();
    } else if (queue_.size() >= options_.max_queue ||
               queued_bytes_ + command->Bytes() > options_.max_queue_bytes) {
      refused = domain::Overloaded();
    } else {
      queued_bytes_ += command->Bytes();
      queue_.push_back(std::move(command));
      if (!writer_waits_) return;
      writer_waits_ = false;
    }
  }
  if (!refused.ok()) {
    internal::Leaf leaf;
    if (command->Refusal(refused, core_.clock.Now(), &leaf)) {
      gate_.Refused(std::move(leaf));
    }
    return command->Done(refused);
  }
  wake_.NotifyOne();
}

void Engine::Read(std::shared_ptr<Call> call) {
  if (call->deadline <= absl::Now()) {
    RecordRefusal(*call, DeadlinePassed());
    return call->done(DeadlinePassed());
  }
  const auto directory = this->directory();
  const absl::Time now = core_.clock.Now();
  std::vector<Disclosure> disclosures;
  ReadSource source{nullptr, &records_, FindCached(*call, &records_)};
  const auto read = [&] {
    return ExecuteRead(core_, *directory, *call, now, source, &disclosures);
  };
  const absl::Status status =
      IsWhole(*call, source.found)
          ? read()
          : store_->Read([&](storage::ReadTransaction& tx) {
              source.tx = &tx;
              return read();
            });
  if (!status.ok()) {
    const absl::Status documented = Documented(status);
    RecordRefusal(*call, documented);
    call->response->Clear();
    return call->done(documented);
  }
  const bool restricted = IsRestricted(disclosures);
  switch (gate_.Admit(&disclosures)) {
    case DisclosureGate::Verdict::kAdmitted:
      if (!restricted) return call->done(absl::OkStatus());
      return Enqueue(std::make_unique<FlushCommand>(std::move(call)));
    case DisclosureGate::Verdict::kStale:
      return Enqueue(std::make_unique<ReadCommand>(std::move(call)));
    case DisclosureGate::Verdict::kFull:
      call->response->Clear();
      RecordRefusal(*call, domain::Overloaded());
      return call->done(domain::Overloaded());
  }
}

absl::Status Engine::ReadMail(absl::string_view mission, int64_t after,
                              int limit, pb::FetchMailboxResponse* page) {
  page->Clear();
  const absl::Status status = store_->Read([&](storage::ReadTransaction& tx) {
    storage::MailboxState state;
    PASSERELLE_RETURN_IF_ERROR(tx.GetMailbox(mission, &state));
    if (after > state.last_sequence) {
      return domain::Failure(
          pb::CURSOR_INVALID, "The position lies beyond the mailbox.",
          {{"lastSequence", absl::StrCat(state.last_sequence)}});
    }
    if (after + 1 < state.oldest_sequence) {
      return domain::Failure(
          pb::CURSOR_EXPIRED, "Entries after the position were compacted.",
          {{"oldestSequence", absl::StrCat(state.oldest_sequence)}});
    }
    page->set_last_sequence(state.last_sequence);
    page->mutable_acknowledgement()->set_sequence(state.acknowledged_sequence);
    if (state.acknowledged_sequence > 0) {
      *page->mutable_acknowledgement()->mutable_acknowledge_time() =
          domain::ToTimestamp(state.acknowledge_time);
    }
    std::vector<storage::MailboxEntry> entries;
    PASSERELLE_RETURN_IF_ERROR(tx.ReadMailbox(mission, after, limit, &entries));
    for (const storage::MailboxEntry& stored : entries) {
      internal::MailEntry mail;
      if (!mail.ParseFromString(stored.entry)) {
        return absl::DataLossError("mail damaged");
      }
      pb::MailboxEntry* entry = page->add_entries();
      entry->set_sequence(stored.sequence);
      *entry->mutable_event_time() = mail.event_time();
      entry->set_event(mail.event());
      entry->set_resource(mail.resource());
      entry->set_state(mail.state());
      entry->set_actor_mission(mail.actor_mission());
    }
    return absl::OkStatus();
  });
  if (!status.ok()) page->Clear();
  return Documented(status);
}

absl::Status Engine::Bootstrap(absl::string_view mission_id,
                               absl::string_view officer_id) {
  std::mutex mutex;
  std::condition_variable condition;
  absl::Status result;
  bool finished = false;
  Enqueue(std::make_unique<BootstrapCommand>(
      std::string(mission_id), std::string(officer_id),
      [&](absl::Status status) {
        const std::lock_guard<std::mutex> lock(mutex);
        result = std::move(status);
        finished = true;
        condition.notify_one();
      }));
  std::unique_lock<std::mutex> lock(mutex);
  condition.wait(lock, [&] { return finished; });
  return result;
}

}  // namespace passerelle::engine
