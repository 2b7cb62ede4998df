#include "server/rpc/mailbox_calls.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/mutex.h"
#include "passerelle/v1/mailbox.pb.h"
#include "server/domain/errors.h"
#include "server/rpc/pipeline.h"

namespace passerelle::rpc {
namespace {

namespace pb = ::passerelle::v1;

constexpr int kDefaultEntries = 100;
constexpr int kMaxEntries = 1000;
constexpr absl::Duration kAdmissionInterval = absl::Seconds(1);

// One FetchMailbox call. It reads on a worker; finding nothing, it waits to be
// woken by a commit or by the ticker, and reads again.
class Fetch final : public Ticker::Waiting,
                    public std::enable_shared_from_this<Fetch> {
 public:
  Fetch(Pipeline* pipeline, std::shared_ptr<const PeerIdentity> peer,
        std::unique_ptr<engine::Call> call)
      : pipeline_(*pipeline),
        peer_(std::move(peer)),
        call_(std::move(call)),
        request_(static_cast<const pb::FetchMailboxRequest&>(*call_->request)),
        mission_(absl::StrCat("missions/", call_->caller.mission)) {
    const absl::Duration wanted = absl::Seconds(request_.wait().seconds()) +
                                  absl::Nanoseconds(request_.wait().nanos());
    const absl::Duration wait =
        std::clamp(wanted, absl::ZeroDuration(), pipeline_.options().max_wait);
    waits_ = wait > absl::ZeroDuration();
    last_admission_ = absl::Now();
    end_ = std::min(last_admission_ + wait, call_->deadline);
  }

  void Start() {
    if (waits_) pipeline_.ticker().Add(weak_from_this());
    Schedule();
  }

  bool Tick(absl::Time now) override {
    bool admitted = true;
    if (now - last_admission_ > kAdmissionInterval) {
      last_admission_ = now;
      admitted = pipeline_.StillAdmitted(*peer_, call_->caller.officer).ok();
    }
    {
      MutexLock lock(&mutex_);
      if (finished_) return false;
      // A caller who went away gives the place back at once.
      const bool gone = call_->gone && call_->gone();
      if (now < end_ && !pipeline_.draining() && admitted && !gone) return true;
      last_look_ = true;
      // When there is nothing to cancel, a look is on its way.
      if (handle_ <= 0 || !pipeline_.engine().mail_hub().Cancel(handle_)) {
        return true;
      }
      handle_ = 0;
    }
    Schedule();
    return true;
  }

 private:
  void Schedule() {
    const bool queued = pipeline_.engine().workers().Run(
        [self = shared_from_this()] { self->Look(); });
    if (queued) return;
    Finish(domain::Overloaded());
  }

  void Finish(const absl::Status& status) {
    {
      MutexLock lock(&mutex_);
      finished_ = true;
    }
    absl::Status answer = status;
    if (answer.ok() && !pipeline_.engine().RecordMailRead(*call_)) {
      call_->response->Clear();
      answer = domain::Overloaded();
    }
    if (!answer.ok()) pipeline_.engine().RecordRefusal(*call_, answer);
    call_->done(answer);
  }

  void Look() {
    const int look = ++looks_;
    if (waited_) {
      // Whoever waited may have been shut out meanwhile.
      const absl::Status still =
          pipeline_.StillAdmitted(*peer_, call_->caller.officer);
      if (!still.ok()) return Finish(still);
    }
    auto* page = static_cast<pb::FetchMailboxResponse*>(call_->response);
    const int limit = request_.max_entries() == 0
                          ? kDefaultEntries
                          : std::min(request_.max_entries(), kMaxEntries);
    const absl::Status status = pipeline_.engine().ReadMail(
        mission_, request_.after_sequence(), limit, page);
    bool wait_on = false;
    {
      MutexLock lock(&mutex_);
      wait_on = status.ok() && page->entries().empty() && waits_ && !last_look_;
      if (wait_on) handle_ = kRegistering;
    }
    if (!wait_on) return Finish(status);
    waited_ = true;
    // Calls Woken at once when mail came in since the look.
    const int64_t handle = pipeline_.engine().mail_hub().Wait(
        mission_, request_.after_sequence(),
        [self = shared_from_this()] { self->Woken(); });
    // Woken meanwhile, the next look may be at this very place already.
    MutexLock lock(&mutex_);
    if (handle_ == kRegistering && looks_ == look) handle_ = handle;
  }

  void Woken() {
    {
      MutexLock lock(&mutex_);
      handle_ = 0;
    }
    Schedule();
  }

  static constexpr int64_t kRegistering = -1;

  Pipeline& pipeline_;
  const std::shared_ptr<const PeerIdentity> peer_;
  const std::unique_ptr<engine::Call> call_;
  const pb::FetchMailboxRequest& request_;
  const std::string mission_;
  bool waits_ = false;
  bool waited_ = false;  // one look at a time
  std::atomic<int> looks_{0};
  absl::Time end_;
  absl::Time last_admission_;  // ticker's thread only, after Start
  Mutex mutex_;
  int64_t handle_ ABSL_GUARDED_BY(mutex_) = 0;
  bool last_look_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

absl::Status CheckMailRequest(const engine::Call& call) {
  if (!call.violations.empty()) return domain::FieldsInvalid(call.violations);
  if (call.unknown_fields) {
    return domain::Failure(pb::UNKNOWN_FIELD,
                           "The request carries fields that this server does "
                           "not know.");
  }
  return absl::OkStatus();
}

void StartMailboxCall(Pipeline* pipeline, grpc::CallbackServerContext* context,
                      std::unique_ptr<engine::Call> call) {
  engine::Engine& engine = pipeline->engine();
  engine.core().Validate(call.get());
  absl::Status status = engine.Resolve(call->caller).status();
  if (status.ok()) status = CheckMailRequest(*call);
  if (!status.ok()) {
    engine.RecordRefusal(*call, status);
    call->done(status);
    return;
  }
  if (call->request->GetDescriptor() ==
      pb::AcknowledgeMailboxRequest::descriptor()) {
    engine.AcknowledgeMail(std::move(call));
    return;
  }
  auto peer = pipeline->Authenticate(context);
  if (!peer.ok()) {
    engine.RecordRefusal(*call, peer.status());
    call->done(peer.status());
    return;
  }
  std::make_shared<Fetch>(pipeline, *std::move(peer), std::move(call))->Start();
}

}  // namespace passerelle::rpc
