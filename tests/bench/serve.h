#ifndef PASSERELLE_TESTS_BENCH_SERVE_H_
#define PASSERELLE_TESTS_BENCH_SERVE_H_

#include <string>

#include "absl/time/time.h"
#include "server/app/config.h"

namespace passerelle::bench {

// What a server process is told.
struct ServeOptions {
  std::string pki_dir;    // made by certs/passerelle-certs
  std::string store_dir;  // an empty folder
  int max_batch = 0;      // commands in one commit; 0: the default
  absl::Duration flush_delay;
  bool unsealed = false;  // rows are stored as they are
};

// The server's configuration: limits that a benchmark would meet are raised.
app::ServerConfig BenchConfig(const ServeOptions& options);

// Serves until standard input ends. Returns the exit status of the process.
int Serve(const ServeOptions& options);

// The same for a bare gRPC server with the same transport settings.
int ServeEcho(const ServeOptions& options);

}  // namespace passerelle::bench

#endif  // PASSERELLE_TESTS_BENCH_SERVE_H_
