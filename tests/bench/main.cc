// passerelle-bench: our server beside a bare gRPC server, under the same load.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "server/app/drain.h"
#include "tests/bench/child_server.h"
#include "tests/bench/figures.h"
#include "tests/bench/serve.h"

namespace {

namespace bench = passerelle::bench;

constexpr char kHelp[] =
    "passerelle-bench: throughput and latency of the server on this machine.\n"
    "\n"
    "Starts the server and a bare gRPC echo server (mutual TLS, the same\n"
    "transport settings, requests and answers of the same size) as processes\n"
    "of their own, puts both in turn under the same load, and prints JSON\n"
    "lines: first the caps in force, then one line per figure. The ratio is\n"
    "the median over rounds of ours to echo; it is what to trust, absolute\n"
    "numbers depend on the machine and on what else it does. Exit status: 0\n"
    "when every call succeeded, 1 when one failed, 130 when interrupted.";

}  // namespace

int main(int argc, char** argv) {
  bench::BenchOptions options;
  bench::ServeOptions serve;
  bool serve_ours = false;
  bool serve_echo = false;
  int64_t flush_delay_us = 0;
  CLI::App command(kHelp);
  command
      .add_option("--bench", options.benches,
                  "What to measure, may be repeated; default: all")
      ->check(CLI::IsMember(bench::AllBenches()));
  command
      .add_option("--clients", options.clients,
                  "Callers at once, may be repeated; default: 1 8 64 256")
      ->check(CLI::Range(1, 1000));
  command.add_option("--seconds", options.seconds, "Length of a round")
      ->check(CLI::Range(0.01, 600.0))
      ->capture_default_str();
  command.add_option("--rounds", options.rounds, "Rounds of each server")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command
      .add_option("--exchanges", options.exchanges,
                  "Exchanges stored before memory is measured")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  command
      .add_option("--leaves", options.leaves,
                  "Leaves in the journal before proofs are measured")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  // How the program starts itself; not for people.
  command.add_flag("--serve", serve_ours)->group("");
  command.add_flag("--serve-echo", serve_echo)->group("");
  command.add_option("--pki", serve.pki_dir)->group("");
  command.add_option("--store", serve.store_dir)->group("");
  command.add_option("--max-batch", serve.max_batch)->group("");
  command.add_flag("--unsealed", serve.unsealed)->group("");
  command.add_option("--flush-delay-us", flush_delay_us)->group("");
  CLI11_PARSE(command, argc, argv);

  passerelle::app::BlockSignals();
  if (serve_ours || serve_echo) {
    bench::DieWithParent();
    serve.flush_delay = absl::Microseconds(flush_delay_us);
    return serve_echo ? bench::ServeEcho(serve) : bench::Serve(serve);
  }
  std::atomic<bool> stop{false};
  const passerelle::app::SignalThread signals([&stop](int) { stop = true; });
  const bench::Outcome outcome = bench::RunBenches(options, stop);
  if (outcome.failed_calls > 0 || !outcome.status.ok()) {
    std::fprintf(stderr, "passerelle-bench: %lld failed calls; %s\n",
                 static_cast<long long>(outcome.failed_calls),
                 outcome.status.ToString().c_str());
    return 1;
  }
  return stop ? 130 : 0;
}
