#include "tests/bench/figures.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"
#include "server/app/server_settings.h"
#include "tests/bench/child_server.h"
#include "tests/bench/fleet.h"
#include "tests/bench/proofs.h"
#include "tests/bench/serve.h"
#include "tests/support/test_pki.h"

namespace passerelle::bench {
namespace {

using testing::TempDir;
using testing::TestPki;

struct Bench {
  const char* name;
  Work work;
};
constexpr Bench kBenches[] = {{"write", Work::kWrite},
                              {"read", Work::kRead},
                              {"mailbox_fetch", Work::kMailboxFetch}};
constexpr char kGroupCommit[] = "group_commit";
constexpr char kSealing[] = "sealing";
constexpr char kMemory[] = "memory";
constexpr char kProof[] = "proof";
constexpr int kDefaultClients[] = {1, 8, 64, 256};
constexpr int kGroupCommitClients = 64;
constexpr int kSealingClients = 64;
constexpr int kMemoryClients = 64;
constexpr absl::Duration kFlushDelay = absl::Milliseconds(1);
constexpr double kWarmUpShare = 0.15;

// Our server on a fresh store with its fleet.
struct Ours {
  static absl::StatusOr<std::unique_ptr<Ours>> Start(
      std::vector<std::string> extra = {}) {
    auto ours = std::make_unique<Ours>();
    std::vector<std::string> arguments = {"--serve", "--pki",
                                          TestPki::Shared().dir(), "--store",
                                          ours->store.path()};
    arguments.insert(arguments.end(), extra.begin(), extra.end());
    PASSERELLE_ASSIGN_OR_RETURN(ours->server,
                                ChildServer::Start(std::move(arguments)));
    PASSERELLE_ASSIGN_OR_RETURN(ours->fleet,
                                Fleet::Prepare(ours->server->port()));
    return ours;
  }

  TempDir store;
  std::unique_ptr<ChildServer> server;
  std::unique_ptr<Fleet> fleet;
};

// Processor time that a server spends on a call: says where speed is lost, and
// stays steady on a busy machine.
class CpuMeter {
 public:
  explicit CpuMeter(const ChildServer& server) : server_(server) {}

  template <typename Body>
  RoundResult Count(const Body& body) {
    const absl::Duration before = server_.CpuTime();
    RoundResult result = body();
    spent_ += server_.CpuTime() - before;
    calls_ += result.calls;
    return result;
  }

  double MicrosecondsPerCall() const {
    return absl::ToDoubleMicroseconds(spent_) /
           static_cast<double>(std::max<int64_t>(1, calls_));
  }

 private:
  const ChildServer& server_;
  absl::Duration spent_;
  int64_t calls_ = 0;
};

class Runner {
 public:
  Runner(const BenchOptions& options, const std::atomic<bool>& stop)
      : options_(options), stop_(stop) {}

  absl::Status Run() {
    PrintCaps();
    for (const Bench& bench : kBenches) {
      if (!Wanted(bench.name)) continue;
      for (const int clients : Clients()) {
        if (stop_) return absl::OkStatus();
        PASSERELLE_RETURN_IF_ERROR(Compare(bench, clients));
      }
    }
    if (Wanted(kGroupCommit) && !stop_) {
      PASSERELLE_RETURN_IF_ERROR(GroupCommit());
    }
    if (Wanted(kSealing) && !stop_) {
      PASSERELLE_RETURN_IF_ERROR(Sealing("write_sealed", Work::kWrite));
      PASSERELLE_RETURN_IF_ERROR(Sealing("read_sealed", Work::kRead));
      PASSERELLE_RETURN_IF_ERROR(
          Sealing("mailbox_fetch_sealed", Work::kMailboxFetch));
    }
    if (Wanted(kMemory) && !stop_) PASSERELLE_RETURN_IF_ERROR(Memory());
    if (Wanted(kProof) && !stop_) {
      PASSERELLE_ASSIGN_OR_RETURN(const std::string line,
                                  MeasureProofs(options_.leaves, stop_));
      if (!line.empty()) Print(line);
    }
    return absl::OkStatus();
  }

  int64_t errors() const { return errors_; }
  const std::string& first_error() const { return first_error_; }

 private:
  bool Wanted(const std::string& name) const {
    return options_.benches.empty() ||
           std::find(options_.benches.begin(), options_.benches.end(), name) !=
               options_.benches.end();
  }

  std::vector<int> Clients() const {
    return options_.clients.empty()
               ? std::vector<int>(std::begin(kDefaultClients),
                                  std::end(kDefaultClients))
               : options_.clients;
  }

  void PrintCaps() const {
    const app::ServerConfig config = BenchConfig({});
    const app::ServerSettings settings = config.TransportSettings();
    Print(absl::StrFormat(
        "{\"caps\": {\"cores\": %d, \"payload_bytes\": %d, \"missions\": %d, "
        "\"connections\": %d, \"cases\": %d, \"fetched_entries\": %d, "
        "\"live_calls_per_mission\": %d, \"calls_per_second_per_mission\": %d, "
        "\"burst\": %d, \"request_bytes\": %d, "
        "\"concurrent_streams_per_connection\": %d, \"max_batch\": %d, "
        "\"max_queue\": %d, \"readers\": %d, \"seconds\": %g, "
        "\"rounds\": %d}}",
        std::thread::hardware_concurrency(), kPayloadBytes, kMissions, kLines,
        kCases, kFetchedEntries, config.limits.live_calls_per_mission,
        config.limits.calls_per_second_per_mission, config.limits.burst,
        config.limits.request_bytes, settings.max_concurrent_streams,
        config.engine.max_batch, config.engine.max_queue, config.store.readers,
        options_.seconds, options_.rounds));
  }

  // Ours and echo in turn.
  absl::Status Compare(const Bench& bench, int clients) {
    if (echo_ == nullptr) {
      PASSERELLE_ASSIGN_OR_RETURN(
          echo_, ChildServer::Start(
                     {"--serve-echo", "--pki", TestPki::Shared().dir()}));
      echo_fleet_ = std::make_unique<EchoFleet>(echo_->port());
    }
    PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<Ours> ours,
                                Ours::Start());
    const Target calls = ours->fleet->Calls(bench.work, clients);
    PASSERELLE_ASSIGN_OR_RETURN(const int answer, AnswerBytes(calls));
    const Target echoes = echo_fleet_->CallsLike(calls, answer);
    std::vector<double> speeds;
    std::vector<double> echo_speeds;
    std::vector<double> ratios;
    std::vector<uint32_t> latencies;
    CpuMeter cpu(*ours->server);
    CpuMeter echo_cpu(*echo_);
    for (int round = 0; round < options_.rounds && !stop_; ++round) {
      const RoundResult echoed =
          echo_cpu.Count([&] { return Round(echoes, clients); });
      echo_speeds.push_back(echoed.calls_per_second);
      const RoundResult result =
          cpu.Count([&] { return Round(calls, clients); });
      speeds.push_back(result.calls_per_second);
      ratios.push_back(speeds.back() / std::max(1.0, echo_speeds.back()));
      latencies.insert(latencies.end(), result.latencies_us.begin(),
                       result.latencies_us.end());
    }
    if (stop_) return absl::OkStatus();
    Print(absl::StrFormat(
        "{\"bench\": \"%s\", \"clients\": %d, \"ops_per_s\": %.0f, "
        "\"echo_ops_per_s\": %.0f, \"ratio\": %.3f, \"p50_us\": %d, "
        "\"p99_us\": %d, \"server_cpu_us\": %.1f, "
        "\"echo_server_cpu_us\": %.1f}",
        bench.name, clients, Median(speeds), Median(echo_speeds),
        Median(ratios), Percentile(&latencies, 0.5),
        Percentile(&latencies, 0.99), cpu.MicrosecondsPerCall(),
        echo_cpu.MicrosecondsPerCall()));
    return absl::OkStatus();
  }

  // Commits of many commands beside commits of one, on a slower disk.
  absl::Status GroupCommit() {
    const std::string delay =
        absl::StrCat(absl::ToInt64Microseconds(kFlushDelay));
    PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<Ours> group,
                                Ours::Start({"--flush-delay-us", delay}));
    PASSERELLE_ASSIGN_OR_RETURN(
        const std::unique_ptr<Ours> single,
        Ours::Start({"--flush-delay-us", delay, "--max-batch", "1"}));
    const Target group_calls =
        group->fleet->Calls(Work::kWrite, kGroupCommitClients);
    const Target single_calls =
        single->fleet->Calls(Work::kWrite, kGroupCommitClients);
    std::vector<double> speeds;
    std::vector<double> single_speeds;
    std::vector<double> ratios;
    for (int round = 0; round < options_.rounds && !stop_; ++round) {
      single_speeds.push_back(
          Round(single_calls, kGroupCommitClients).calls_per_second);
      speeds.push_back(
          Round(group_calls, kGroupCommitClients).calls_per_second);
      ratios.push_back(speeds.back() / std::max(1.0, single_speeds.back()));
    }
    if (stop_) return absl::OkStatus();
    Print(absl::StrFormat(
        "{\"bench\": \"group_commit_1ms\", \"clients\": %d, "
        "\"ops_per_s\": %.0f, \"single_commit_ops_per_s\": %.0f, "
        "\"ratio\": %.1f}",
        kGroupCommitClients, Median(speeds), Median(single_speeds),
        Median(ratios)));
    return absl::OkStatus();
  }

  // The server beside one that leaves its rows unsealed.
  absl::Status Sealing(const char* name, Work work) {
    PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<Ours> sealed,
                                Ours::Start());
    PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<Ours> unsealed,
                                Ours::Start({"--unsealed"}));
    const Target sealed_calls = sealed->fleet->Calls(work, kSealingClients);
    const Target unsealed_calls = unsealed->fleet->Calls(work, kSealingClients);
    std::vector<double> speeds;
    std::vector<double> unsealed_speeds;
    std::vector<double> ratios;
    CpuMeter cpu(*sealed->server);
    CpuMeter unsealed_cpu(*unsealed->server);
    for (int round = 0; round < options_.rounds && !stop_; ++round) {
      unsealed_speeds.push_back(
          unsealed_cpu
              .Count([&] { return Round(unsealed_calls, kSealingClients); })
              .calls_per_second);
      speeds.push_back(
          cpu.Count([&] { return Round(sealed_calls, kSealingClients); })
              .calls_per_second);
      ratios.push_back(speeds.back() / std::max(1.0, unsealed_speeds.back()));
    }
    if (stop_) return absl::OkStatus();
    Print(absl::StrFormat(
        "{\"bench\": \"%s\", \"clients\": %d, \"ops_per_s\": %.0f, "
        "\"unsealed_ops_per_s\": %.0f, \"ratio\": %.3f, "
        "\"server_cpu_us\": %.1f, \"unsealed_server_cpu_us\": %.1f}",
        name, kSealingClients, Median(speeds), Median(unsealed_speeds),
        Median(ratios), cpu.MicrosecondsPerCall(),
        unsealed_cpu.MicrosecondsPerCall()));
    return absl::OkStatus();
  }

  absl::Status Memory() {
    PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<Ours> ours,
                                Ours::Start());
    const int64_t prepared = kCases;
    RoundOptions round;
    round.clients = kMemoryClients;
    round.time = absl::Minutes(2);
    round.max_calls = std::max<int64_t>(1, options_.exchanges - prepared);
    const RoundResult result = Count(RunRound(
        ours->fleet->Calls(Work::kWrite, kMemoryClients), round, stop_));
    if (stop_) return absl::OkStatus();
    Print(absl::StrFormat(
        "{\"bench\": \"memory\", \"exchanges\": %d, \"rss_mb\": %.1f}",
        prepared + result.calls,
        static_cast<double>(ours->server->ResidentBytes()) / (1 << 20)));
    return absl::OkStatus();
  }

  RoundResult Round(const Target& target, int clients) {
    RoundOptions round;
    round.clients = clients;
    round.time = absl::Seconds(options_.seconds);
    round.warm_up = round.time * kWarmUpShare;
    return Count(RunRound(target, round, stop_));
  }

  RoundResult Count(RoundResult result) {
    errors_ += result.errors;
    if (first_error_.empty()) first_error_ = result.first_error;
    return result;
  }

  static void Print(const std::string& line) {
    std::puts(line.c_str());
    std::fflush(stdout);
  }

  const BenchOptions& options_;
  const std::atomic<bool>& stop_;
  std::unique_ptr<ChildServer> echo_;
  std::unique_ptr<EchoFleet> echo_fleet_;
  int64_t errors_ = 0;
  std::string first_error_;
};

}  // namespace

std::vector<std::string> AllBenches() {
  std::vector<std::string> names;
  for (const Bench& bench : kBenches) names.emplace_back(bench.name);
  names.emplace_back(kGroupCommit);
  names.emplace_back(kSealing);
  names.emplace_back(kMemory);
  names.emplace_back(kProof);
  return names;
}

Outcome RunBenches(const BenchOptions& options, const std::atomic<bool>& stop) {
  Runner runner(options, stop);
  Outcome outcome;
  outcome.status = runner.Run();
  outcome.failed_calls = runner.errors();
  if (outcome.status.ok() && !runner.first_error().empty()) {
    outcome.status = absl::InternalError(runner.first_error());
  }
  return outcome;
}

}  // namespace passerelle::bench
