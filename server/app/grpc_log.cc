#include "server/app/grpc_log.h"

#include <grpc/support/log.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/log.h"
#include "common/mutex.h"

namespace passerelle::app {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(10);
// OpenSSL has some twenty for a handshake; what is beyond counts as "other".
constexpr size_t kMaxCauses = 32;
constexpr size_t kMaxCause = 64;

struct Counts {
  Mutex mutex;
  std::map<std::string, int64_t> handshakes ABSL_GUARDED_BY(mutex);
  int64_t others ABSL_GUARDED_BY(mutex) = 0;
  std::string last ABSL_GUARDED_BY(mutex);
  absl::Time next_report ABSL_GUARDED_BY(mutex) = absl::InfinitePast();
};

// The hook is a bare function, so what it counts in cannot be handed to it.
// Never destroyed: gRPC's threads outlive main.
Counts& TheCounts() {
  static auto* const counts = new Counts();
  return *counts;
}

// Empty when the message is not of a failed handshake.
std::string CauseIn(absl::string_view message) {
  if (absl::StrContains(message, "Handshake timed out")) return "timed out";
  if (!absl::StrContains(message, "Handshake failed")) return "";
  const size_t words = message.rfind("::");
  if (words == absl::string_view::npos) return "other";
  const absl::string_view cause =
      absl::StripSuffix(message.substr(words + 2), ".");
  return cause.size() > kMaxCause ? "other" : std::string(cause);
}

void OnGrpcLog(gpr_log_func_args* args) {
  const absl::string_view path = args->file;
  const std::string place =
      absl::StrCat(path.substr(path.rfind('/') + 1), ":", args->line);
  if (args->severity != GPR_LOG_SEVERITY_ERROR) {
    // Only when a developer asked gRPC for it.
    Log(LogLevel::kDebug, "grpc", {{"at", place}, {"message", args->message}});
    return;
  }
  std::string cause = CauseIn(args->message);
  Counts& counts = TheCounts();
  MutexLock lock(&counts.mutex);
  if (cause.empty()) {
    ++counts.others;
    counts.last = place;
    return;
  }
  if (counts.handshakes.size() >= kMaxCauses &&
      counts.handshakes.count(cause) == 0) {
    cause = "other";
  }
  ++counts.handshakes[std::move(cause)];
}

}  // namespace

void RouteGrpcLog() { gpr_set_log_function(&OnGrpcLog); }

void ReportGrpcLog() {
  Counts& counts = TheCounts();
  std::map<std::string, int64_t> handshakes;
  int64_t others = 0;
  std::string last;
  {
    MutexLock lock(&counts.mutex);
    const absl::Time now = absl::Now();
    if (now < counts.next_report ||
        (counts.handshakes.empty() && counts.others == 0)) {
      return;
    }
    counts.next_report = now + kInterval;
    handshakes.swap(counts.handshakes);
    others = std::exchange(counts.others, 0);
    last.swap(counts.last);
  }
  for (const auto& [cause, count] : handshakes) {
    Log(LogLevel::kWarning, "tls_handshakes_failed",
        {{"cause", cause}, {"count", count}});
  }
  if (others > 0) {
    Log(LogLevel::kWarning, "grpc_errors", {{"count", others}, {"last", last}});
  }
}

}  // namespace passerelle::app
