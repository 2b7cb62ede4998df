#ifndef PASSERELLE_SERVER_ENGINE_EXECUTION_H_
#define PASSERELLE_SERVER_ENGINE_EXECUTION_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "passerelle/internal/v1/stored.pb.h"
#include "server/domain/actor.h"
#include "server/domain/change.h"
#include "server/domain/lifecycle.h"
#include "server/domain/visibility.h"
#include "server/engine/batch.h"
#include "server/engine/core.h"
#include "server/engine/file.h"
#include "server/engine/writer_context.h"
#include "server/storage/store.h"

namespace passerelle::engine {

// Executes one changing call inside a savepoint: access, rules, idempotency,
// state, etag, guard, record, mail, evidence, answer. Used once, on the
// writer's stack.
class ChangeExecution {
 public:
  ChangeExecution(const WriterContext& context, const Call& call,
                  Effects* effects)
      : context_(context),
        call_(call),
        method_(*call.method),
        effects_(effects) {}

  // OK: the response is filled and `effects` hold what joins the batch.
  absl::Status Run();

  // The file whose consents changed, and its new epoch; empty for none.
  const std::string& consent_case() const { return consent_case_; }
  int64_t consent_epoch() const {
    return file_now_ == nullptr ? 0 : file_now_->facts.consent_epoch();
  }

 private:
  absl::Status CheckRequest() const;
  void Finish();
  void ShowAsSeenFromNowOn();
  domain::EnumSet FillAnswer();

  // execution_target.cc
  absl::Status Locate();
  absl::Status Authorize();
  absl::Status AuthorizeExisting();
  void TakeFileAsTarget();

  // execution_replay.cc
  absl::Status Replay(bool* replayed);
  absl::Status ShowAgain();
  absl::Status FindMade();
  bool MayGet() const;
  absl::Status RefuseUnlessMade(absl::Status refusal);

  // execution_change.cc
  absl::Status Prepare();
  absl::Status RequireWritable() const;
  absl::Status CheckRoom() const;
  absl::Status CheckEtagAndState() const;
  std::string EtagFor(const domain::Relation& relation) const;
  absl::Status Apply();
  absl::Status Settle(domain::AnyChange* change);
  absl::Status SealWith(const std::string& person);
  absl::Status MoveAutomatically(const domain::Course& course);
  absl::Status Save();
  void SetTimes();
  absl::Status SaveFile();
  absl::Status AddParties();

  // execution_end.cc
  absl::Status EndOpenExchanges(::passerelle::v1::EndReason reason);
  absl::Status EndExchange(const domain::AdministrativeMove& move,
                           const domain::KindSpec& kind,
                           ::passerelle::v1::EndReason reason,
                           storage::Record record);

  // execution_sweep.cc
  absl::Status RunSweep(const domain::AnyChange::Sweep& sweep);
  absl::Status SweepRecord(const domain::KindSpec& kind,
                           const domain::AnyChange::Sweep& sweep,
                           storage::Record record);
  // execution_erase.cc
  absl::Status Erase();
  absl::Status EraseContent(std::vector<int64_t>* keys);
  absl::Status OrderErasure(std::vector<int64_t> keys);

  // execution_mail.cc
  void SendMail();
  void MailAll(const domain::KindSpec& kind,
               const google::protobuf::Message& resource,
               const std::string& event);
  void MailTo(const std::string& mission, const domain::KindSpec& kind,
              const google::protobuf::Message& resource,
              const std::string& event);

  bool creates() const {
    return method_.shape == domain::MethodSpec::Shape::kCreate;
  }
  // The file as the call leaves it.
  const File& file_now() const {
    return file_now_ != nullptr ? *file_now_ : *file_;
  }
  bool on_file() const { return kind_->in_case() && kind_->is_root(); }

  const WriterContext& context_;
  const Call& call_;
  const domain::MethodSpec& method_;
  Effects* const effects_;

  domain::Actor actor_;
  const domain::KindSpec* kind_ = nullptr;
  const domain::AdministrativeMove* move_ = nullptr;
  storage::RecordKey key_;   // of the resource; id empty until created
  std::string parent_name_;  // for creation
  // As the call found it; null outside files and for a new file.
  std::shared_ptr<const File> file_;
  // Where the call may change the file itself or its consents: its copy.
  std::unique_ptr<File> file_now_;
  domain::Relation relation_;
  Loaded target_;
  int state_before_ = 0;         // as the caller finds it
  bool for_owner_only_ = false;  // what was changed
  // The resource as the call found it, of kinds that keep times for classes.
  std::unique_ptr<google::protobuf::Message> before_;
  domain::EnumSet changed_ = ~domain::EnumSet{0};  // classes
  std::vector<domain::AnyChange::Sweep> sweeps_;
  std::optional<domain::AnyChange::Part> part_;
  internal::RequestOutcome answered_;  // before, under the same request_id
  std::string consent_case_;
  bool erases_ = false;
  bool tell_actor_ = false;
};

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_EXECUTION_H_
