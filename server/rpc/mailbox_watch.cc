// WatchMailbox: the mailbox as a stream. It reads on a worker, writes one
// portion at a time, and waits without a thread. Ends by itself, on revocation,
// when the server stops, and when the reader does not read.

#include <atomic>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/grpc_status.h"
#include "common/mutex.h"
#include "common/status_macros.h"
#include "grpcpp/grpcpp.h"
#include "passerelle/v1/mailbox.pb.h"
#include "server/domain/errors.h"
#include "server/rpc/mailbox_calls.h"
#include "server/rpc/pipeline.h"

namespace passerelle::rpc {
namespace {

namespace pb = ::passerelle::v1;
constexpr int kPortion = 100;
constexpr absl::Duration kAdmissionInterval = absl::Seconds(1);

// Lives while gRPC or the ticker may call it; OnDone drops gRPC's reference.
class Watch final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                    public Ticker::Waiting,
                    public std::enable_shared_from_this<Watch> {
 public:
  Watch(Pipeline* pipeline, const domain::MethodSpec& method,
        grpc::CallbackServerContext* context, const grpc::ByteBuffer* request)
      : pipeline_(*pipeline), context_(context), bytes_(request) {
    call_.method = &method;
    call_.request = &request_;
    start_ = last_sign_ = last_admission_ = absl::Now();
  }

  // Keeps itself alive until OnDone.
  void Start() {
    self_ = shared_from_this();
    pipeline_.in_flight().Enter();
    const absl::Status admitted = Admit();
    if (!admitted.ok()) return End(admitted);
    pipeline_.ticker().Add(weak_from_this());
    Schedule();
  }

  void OnWriteDone(bool ok) override {
    {
      MutexLock lock(&mutex_);
      writing_ = false;
      last_sign_ = absl::Now();
      if (ended_) return;
    }
    if (!ok) return End(absl::CancelledError("the caller went away"));
    Schedule();
  }

  void OnCancel() override { End(absl::CancelledError("cancelled")); }

  void OnDone() override {
    if (entered_) pipeline_.limits().LeaveWatch(call_.caller.mission);
    InFlight& in_flight = pipeline_.in_flight();
    self_.reset();  // the last line that may touch this object
    in_flight.Leave();
  }

  bool Tick(absl::Time now) override {
    bool idle = false;
    {
      MutexLock lock(&mutex_);
      if (ended_) return false;
      if (writing_ &&
          now - last_sign_ > pipeline_.options().watch_write_limit) {
        context_->TryCancel();  // OnCancel follows
        return true;
      }
      idle =
          handle_ > 0 && now - last_sign_ > pipeline_.options().watch_idle_sign;
    }
    if (pipeline_.draining()) {
      End(domain::Draining());
      return false;
    }
    if (now - last_admission_ > kAdmissionInterval) {
      last_admission_ = now;
      if (const absl::Status still =
              pipeline_.StillAdmitted(*peer_, call_.caller.officer);
          !still.ok()) {
        End(still);
        return false;
      }
    }
    if (now - start_ > pipeline_.options().watch_duration) {
      End(absl::OkStatus());
      return false;
    }
    if (idle) WakeForSign();
    return true;
  }

 private:
  absl::Status Admit() {
    if (pipeline_.draining()) {
      return domain::Draining();
    }
    auto peer = pipeline_.Authenticate(context_);
    if (!peer.ok()) return peer.status();
    peer_ = *peer;
    call_.caller = Pipeline::CallerOf(*peer_, *context_);
    mission_ = absl::StrCat("missions/", call_.caller.mission);
    // Opening is a call like another; the open stream has places of its own.
    if (pipeline_.limits().Enter(call_.caller.mission, absl::Now()) !=
        MissionLimits::Verdict::kAdmitted) {
      return domain::RetryLater(
          pb::RATE_LIMITED,
          "The mission sends too fast or has too many calls at work.",
          absl::Milliseconds(250));
    }
    pipeline_.limits().Leave(call_.caller.mission);
    PASSERELLE_RETURN_IF_ERROR(pipeline_.ParseRequest(*bytes_, 0, &request_));
    if (auto actor = pipeline_.engine().Resolve(call_.caller); !actor.ok()) {
      return actor.status();
    }
    pipeline_.engine().core().Validate(&call_);
    PASSERELLE_RETURN_IF_ERROR(CheckMailRequest(call_));
    if (!pipeline_.limits().EnterWatch(call_.caller.mission)) {
      return domain::RetryLater(pb::TOO_MANY_WATCHES,
                                "The mission has too many streams open.",
                                absl::Seconds(10));
    }
    entered_ = true;
    cursor_ = request_.after_sequence();
    return absl::OkStatus();
  }

  void Schedule() {
    const bool queued = pipeline_.engine().workers().Run(
        [self = shared_from_this()] { self->Look(); });
    if (!queued) {
      End(domain::Overloaded());
    }
  }

  void Look() {
    const int look = ++looks_;
    pb::FetchMailboxResponse page;
    const absl::Status status =
        pipeline_.engine().ReadMail(mission_, cursor_, kPortion, &page);
    if (!status.ok()) return End(status);
    if (!page.entries().empty()) return Write(&page);
    {
      MutexLock lock(&mutex_);
      if (ended_) return;
      handle_ = kRegistering;
    }
    const int64_t handle = pipeline_.engine().mail_hub().Wait(
        mission_, cursor_, [self = shared_from_this()] { self->Woken(); });
    // Woken meanwhile, the next look may be at this very place already.
    MutexLock lock(&mutex_);
    if (ended_) {
      // Nobody else knows the handle.
      if (handle > 0) pipeline_.engine().mail_hub().Cancel(handle);
    } else if (handle_ == kRegistering && looks_ == look) {
      handle_ = handle;
    }
  }

  void Woken() {
    {
      MutexLock lock(&mutex_);
      handle_ = 0;
      if (ended_) return;
    }
    Schedule();
  }

  // Sends the entries, or an empty sign of life.
  void Write(pb::FetchMailboxResponse* page) {
    if (!page->entries().empty() && !pipeline_.engine().RecordMailRead(call_)) {
      return End(domain::Overloaded());
    }
    MutexLock lock(&mutex_);
    if (ended_) return;
    pb::WatchMailboxResponse response;
    response.mutable_entries()->Swap(page->mutable_entries());
    if (!response.entries().empty()) {
      cursor_ = response.entries().rbegin()->sequence();
    }
    response.set_resume_after(cursor_);
    bool own = false;
    response_.Clear();  // gRPC aborts on a buffer that holds something
    // Cannot fail: the message is ours and far below any limit.
    static_cast<void>(grpc::GenericSerialize<grpc::ProtoBufferWriter,
                                             pb::WatchMailboxResponse>(
        response, &response_, &own));
    writing_ = true;
    last_sign_ = absl::Now();
    StartWrite(&response_);
  }

  void WakeForSign() {
    {
      MutexLock lock(&mutex_);
      if (handle_ <= 0 || !pipeline_.engine().mail_hub().Cancel(handle_)) {
        return;
      }
      handle_ = 0;
    }
    pb::FetchMailboxResponse nothing;
    Write(&nothing);
  }

  void End(const absl::Status& status) {
    {
      MutexLock lock(&mutex_);
      if (ended_) return;
      ended_ = true;
      if (handle_ > 0) pipeline_.engine().mail_hub().Cancel(handle_);
      handle_ = 0;
    }
    if (!status.ok() && domain::ReasonNumber(status) != 0) {
      pipeline_.engine().RecordRefusal(call_, status);
    }
    Finish(ToGrpc(status));
  }

  static constexpr int64_t kRegistering = -1;

  Pipeline& pipeline_;
  grpc::CallbackServerContext* const context_;
  engine::Call call_;  // for evidence; never executed
  std::shared_ptr<const PeerIdentity> peer_;
  std::string mission_;
  bool entered_ = false;
  absl::Time start_;
  absl::Time last_admission_;  // ticker's thread only, after Start
  int64_t cursor_ = 0;         // one look or write at a time
  std::atomic<int> looks_{0};
  const grpc::ByteBuffer* const bytes_;  // read when it is opened
  pb::WatchMailboxRequest request_;
  grpc::ByteBuffer response_;

  Mutex mutex_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t handle_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time last_sign_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<Watch> self_;
};

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* StartWatchMailbox(
    CallSink* sink, const domain::MethodSpec& method,
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  auto watch = std::make_shared<Watch>(static_cast<Pipeline*>(sink), method,
                                       context, request);
  watch->Start();
  return watch.get();
}

}  // namespace passerelle::rpc
