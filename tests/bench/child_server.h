#ifndef PASSERELLE_TESTS_BENCH_CHILD_SERVER_H_
#define PASSERELLE_TESTS_BENCH_CHILD_SERVER_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace passerelle::bench {

// This program once more, as a server. It announces its port on standard output
// and serves until its standard input ends; it does not outlive its parent.
class ChildServer {
 public:
  // Returns: kUnavailable when the child did not announce a port.
  static absl::StatusOr<std::unique_ptr<ChildServer>> Start(
      std::vector<std::string> arguments);
  ~ChildServer();  // waits for the orderly end
  ChildServer(const ChildServer&) = delete;
  ChildServer& operator=(const ChildServer&) = delete;

  int port() const { return port_; }
  // Memory that is really in use, in bytes; 0 when unknown.
  int64_t ResidentBytes() const;
  // Processor time of all its threads since it started.
  absl::Duration CpuTime() const;

 private:
  ChildServer() = default;

  pid_t pid_ = -1;
  int hold_ = -1;  // write end of the child's standard input
  int port_ = 0;
};

// For the child, first thing in main: ends with the parent.
void DieWithParent();
// For the child: announces the port and returns when standard input ends.
void AnnounceAndWait(int port);

}  // namespace passerelle::bench

#endif  // PASSERELLE_TESTS_BENCH_CHILD_SERVER_H_
