#include "tests/bench/load.h"

#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>

#include "absl/strings/str_format.h"
#include "common/mutex.h"

namespace passerelle::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr char kOfficerKey[] = "passerelle-officer";
constexpr auto kDeadline = std::chrono::seconds(60);
constexpr auto kLook = std::chrono::milliseconds(5);
constexpr int64_t kMaxErrors = 100;
constexpr size_t kTimeEnd = 13;  // of a UUID, version 7: 8 digits, dash, 4

enum class Phase { kWarmUp, kMeasure, kStop };

// What the callers of a round share.
struct Shared {
  std::atomic<Phase> phase{Phase::kWarmUp};
  std::atomic<int64_t> calls{0};
  std::atomic<int64_t> errors{0};
  Mutex mutex;
  CondVar idle;
  int busy ABSL_GUARDED_BY(mutex) = 0;
};

class Caller {
 public:
  Caller(const Target& target, const Line& line, size_t first_template,
         uint32_t nonce, Shared* shared)
      : method_(target.method),
        line_(line),
        stub_(line.channel),
        next_template_(first_template),
        id_(absl::StrFormat("00000000-0000-7%03x-8%03x-000000000000",
                            nonce & 0xfff, (nonce >> 12) & 0xfff)),
        shared_(*shared) {
    latencies_.reserve(1 << 12);
  }

  void Next() {
    FillRequest();
    response_.Clear();
    context_.emplace();
    context_->set_deadline(std::chrono::system_clock::now() + kDeadline);
    context_->AddMetadata(kOfficerKey, line_.officer);
    started_ = SteadyClock::now();
    stub_.UnaryCall(&*context_, method_, grpc::StubOptions(), &request_,
                    &response_,
                    [this](const grpc::Status& status) { Ended(status); });
  }

  // After the round.
  void AddTo(RoundResult* result) const {
    result->latencies_us.insert(result->latencies_us.end(), latencies_.begin(),
                                latencies_.end());
    if (result->first_error.empty()) result->first_error = first_error_;
  }

 private:
  void FillRequest() {
    const Template& next =
        line_.templates[next_template_++ % line_.templates.size()];
    scratch_ = next.bytes;
    if (next.id_offset != Template::kNoId) {
      NextId();
      scratch_.replace(next.id_offset, id_.size(), id_);
    }
    const grpc::Slice slice(scratch_);
    request_ = grpc::ByteBuffer(&slice, 1);
  }

  // Time-ordered, as the ids of our client library: the milliseconds in front,
  // digits of a counter from the end.
  void NextId() {
    static constexpr char kDigits[] = "0123456789abcdef";
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    auto millis = static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
    for (size_t at = kTimeEnd; at-- > 0; millis >>= 4) {
      if (id_[at] == '-') --at;
      id_[at] = kDigits[millis & 15];
    }
    size_t at = id_.size();
    for (uint64_t left = ++count_; left != 0; left >>= 4) {
      id_[--at] = kDigits[left & 15];
    }
  }

  void Ended(const grpc::Status& status) {
    const auto now = SteadyClock::now();
    const Phase phase = shared_.phase.load(std::memory_order_relaxed);
    if (status.ok()) {
      shared_.calls.fetch_add(1, std::memory_order_relaxed);
      if (phase == Phase::kMeasure) {
        latencies_.push_back(static_cast<uint32_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(now -
                                                                  started_)
                .count()));
      }
    } else {
      if (first_error_.empty()) {
        first_error_ = absl::StrFormat("%s: code %d: %s", method_,
                                       static_cast<int>(status.error_code()),
                                       status.error_message());
      }
      shared_.errors.fetch_add(1, std::memory_order_relaxed);
    }
    if (phase != Phase::kStop) return Next();
    MutexLock lock(&shared_.mutex);
    if (--shared_.busy == 0) shared_.idle.NotifyAll();
  }

  const std::string method_;
  const Line& line_;
  grpc::GenericStub stub_;
  size_t next_template_;
  uint64_t count_ = 0;
  std::string id_;
  std::string scratch_;
  Shared& shared_;
  std::optional<grpc::ClientContext> context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
  SteadyClock::time_point started_;
  std::vector<uint32_t> latencies_;
  std::string first_error_;
};

// Sleeps, but not when the round should end.
void Pass(absl::Duration time, const RoundOptions& options,
          const std::atomic<bool>& stop, const Shared& shared) {
  const auto end = SteadyClock::now() + absl::ToChronoNanoseconds(time);
  while (SteadyClock::now() < end && !stop.load() &&
         shared.errors.load() < kMaxErrors) {
    if (options.max_calls > 0 && shared.calls.load() >= options.max_calls) {
      return;
    }
    timespec pause = absl::ToTimespec(std::min<absl::Duration>(
        absl::FromChrono(kLook),
        absl::FromChrono(std::chrono::nanoseconds(end - SteadyClock::now()))));
    if (pause.tv_sec >= 0) nanosleep(&pause, nullptr);
  }
}

}  // namespace

RoundResult RunRound(const Target& target, const RoundOptions& options,
                     const std::atomic<bool>& stop) {
  Shared shared;
  std::random_device random;
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < options.clients; ++i) {
    const Line& line =
        target.lines[static_cast<size_t>(i) % target.lines.size()];
    callers.push_back(std::make_unique<Caller>(
        target, line, static_cast<size_t>(i), random(), &shared));
  }
  {
    MutexLock lock(&shared.mutex);
    shared.busy = options.clients;
  }
  for (const auto& caller : callers) caller->Next();
  Pass(options.warm_up, options, stop, shared);
  shared.phase = Phase::kMeasure;
  const auto begin = SteadyClock::now();
  Pass(options.time, options, stop, shared);
  const auto end = SteadyClock::now();
  shared.phase = Phase::kStop;
  {
    MutexLock lock(&shared.mutex);
    while (shared.busy > 0) shared.idle.Wait(&shared.mutex);
  }
  RoundResult result;
  for (const auto& caller : callers) caller->AddTo(&result);
  result.calls = shared.calls.load();
  result.errors = shared.errors.load();
  result.calls_per_second = static_cast<double>(result.latencies_us.size()) /
                            std::chrono::duration<double>(end - begin).count();
  return result;
}

uint32_t Percentile(std::vector<uint32_t>* values, double share) {
  if (values->empty()) return 0;
  const auto rank =
      static_cast<int64_t>(share * static_cast<double>(values->size() - 1));
  std::nth_element(values->begin(), values->begin() + rank, values->end());
  return (*values)[static_cast<size_t>(rank)];
}

double Median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle]
                                : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace passerelle::bench
