#ifndef PASSERELLE_SERVER_ENGINE_COMMANDS_H_
#define PASSERELLE_SERVER_ENGINE_COMMANDS_H_

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/status_macros.h"
#include "server/engine/engine.h"
#include "server/engine/erasure.h"
#include "server/engine/evidence.h"
#include "server/engine/evidence_calls.h"
#include "server/engine/execution.h"
#include "server/engine/reading.h"
#include "server/engine/timers.h"

namespace passerelle::engine {

// Something the writer runs in a savepoint of its own.
struct Engine::Command {
  virtual ~Command() = default;
  virtual absl::Status Run(const WriterContext& context, Effects* effects) = 0;
  // After the flush, or when nothing was done.
  virtual void Done(const absl::Status& status) = 0;
  // How large its request is; 0 for what has none worth counting.
  virtual size_t Bytes() const { return 0; }
  // The line of evidence of a refusal; none for the server's own commands.
  virtual bool Refusal(const absl::Status&, absl::Time, internal::Leaf*) {
    return false;
  }
  // File whose consents the command changed, and their new epoch.
  std::string consent_case;
  int64_t consent_epoch = 0;
  // What is erased once the command is flushed.
  PlannedErasure erasure;
};

class Engine::ChangeCommand final : public Engine::Command {
 public:
  explicit ChangeCommand(std::unique_ptr<Call> call) : call_(std::move(call)) {}

  absl::Status Run(const WriterContext& context, Effects* effects) override {
    // Real time, whatever clock drives the platform's own deadlines.
    if (call_->deadline <= absl::Now()) return DeadlinePassed();
    call_->response->Clear();
    ChangeExecution execution(context, *call_, effects);
    const absl::Status status = execution.Run();
    if (status.ok()) {
      consent_case = execution.consent_case();
      consent_epoch = execution.consent_epoch();
    }
    return status;
  }
  void Done(const absl::Status& status) override { call_->done(status); }
  size_t Bytes() const override { return call_->request_bytes; }
  bool Refusal(const absl::Status& status, absl::Time now,
               internal::Leaf* leaf) override {
    *leaf = RefusalLeaf(*call_, status, now);
    return true;
  }

 private:
  std::unique_ptr<Call> call_;
};

// A read whose consents changed while it ran: decided again by the writer.
class Engine::ReadCommand final : public Engine::Command {
 public:
  explicit ReadCommand(std::shared_ptr<Call> call) : call_(std::move(call)) {}

  absl::Status Run(const WriterContext& context, Effects* effects) override {
    std::vector<Disclosure> disclosures;
    const absl::Status status =
        ExecuteRead(context.core, context.directory, *call_, context.now,
                    {&context.tx, nullptr, {}}, &disclosures);
    for (Disclosure& disclosure : disclosures) {
      effects->leaves.push_back(std::move(disclosure.leaf));
    }
    return status;
  }
  void Done(const absl::Status& status) override { call_->done(status); }
  bool Refusal(const absl::Status& status, absl::Time now,
               internal::Leaf* leaf) override {
    *leaf = RefusalLeaf(*call_, status, now);
    return true;
  }

 private:
  std::shared_ptr<Call> call_;
};

// Completes a read once the lines admitted before it are flushed.
class Engine::FlushCommand final : public Engine::Command {
 public:
  explicit FlushCommand(std::shared_ptr<Call> call) : call_(std::move(call)) {}
  absl::Status Run(const WriterContext&, Effects*) override {
    return absl::OkStatus();
  }
  void Done(const absl::Status& status) override {
    if (!status.ok()) call_->response->Clear();
    call_->done(status);
  }
  bool Refusal(const absl::Status& status, absl::Time now,
               internal::Leaf* leaf) override {
    *leaf = RefusalLeaf(*call_, status, now);
    return true;
  }

 private:
  std::shared_ptr<Call> call_;
};

// Records what a mission has taken into its own keeping.
class Engine::AcknowledgeCommand final : public Engine::Command {
 public:
  explicit AcknowledgeCommand(std::unique_ptr<Call> call)
      : call_(std::move(call)) {}

  absl::Status Run(const WriterContext& context, Effects* effects) override;
  void Done(const absl::Status& status) override { call_->done(status); }
  bool Refusal(const absl::Status& status, absl::Time now,
               internal::Leaf* leaf) override {
    *leaf = RefusalLeaf(*call_, status, now);
    return true;
  }

 private:
  std::unique_ptr<Call> call_;
};

// Adds a mission's signature to a checkpoint.
class Engine::CosignCommand final : public Engine::Command {
 public:
  explicit CosignCommand(std::unique_ptr<Call> call) : call_(std::move(call)) {}

  absl::Status Run(const WriterContext& context, Effects* effects) override {
    PASSERELLE_RETURN_IF_ERROR(CosignCheckpoint(context, *call_));
    effects->leaves.push_back(LeafOf(*call_, context.now));
    return absl::OkStatus();
  }
  void Done(const absl::Status& status) override { call_->done(status); }
  bool Refusal(const absl::Status& status, absl::Time now,
               internal::Leaf* leaf) override {
    *leaf = RefusalLeaf(*call_, status, now);
    return true;
  }

 private:
  std::unique_ptr<Call> call_;
};

// Lets time act on one exchange.
class Engine::TimerCommand final : public Engine::Command {
 public:
  // `records_set_aside` counts those that could not be read.
  TimerCommand(storage::RecordKey key, std::atomic<int64_t>* records_set_aside)
      : key_(std::move(key)), records_set_aside_(*records_set_aside) {}
  absl::Status Run(const WriterContext& context, Effects* effects) override {
    return RunTimer(context, key_, effects, &set_aside_);
  }
  void Done(const absl::Status& status) override;

 private:
  const storage::RecordKey key_;
  std::atomic<int64_t>& records_set_aside_;
  std::string set_aside_;
};

// Records that the keys of an erasure are destroyed.
class Engine::ConfirmErasureCommand final : public Engine::Command {
 public:
  explicit ConfirmErasureCommand(std::string id) : id_(std::move(id)) {}
  absl::Status Run(const WriterContext& context, Effects* effects) override {
    return ConfirmErasure(context, id_, effects);
  }
  // Otherwise the order's timer brings it back.
  void Done(const absl::Status&) override {}

 private:
  const std::string id_;
};

// Registers the platform's operator.
class Engine::BootstrapCommand final : public Engine::Command {
 public:
  BootstrapCommand(std::string mission_id, std::string officer_id,
                   std::function<void(absl::Status)> done)
      : mission_id_(std::move(mission_id)),
        officer_id_(std::move(officer_id)),
        done_(std::move(done)) {}
  absl::Status Run(const WriterContext& context, Effects* effects) override;
  void Done(const absl::Status& status) override { done_(status); }

 private:
  const std::string mission_id_;
  const std::string officer_id_;
  const std::function<void(absl::Status)> done_;
};

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_COMMANDS_H_
