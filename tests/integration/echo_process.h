#ifndef PASSERELLE_TESTS_INTEGRATION_ECHO_PROCESS_H_
#define PASSERELLE_TESTS_INTEGRATION_ECHO_PROCESS_H_

#include <sys/types.h>

#include <string>

#include "absl/time/time.h"

namespace passerelle::testing {

// The echo server as a process of its own, see echo_server_main.cc.
class EchoProcess {
 public:
  struct Options {
    std::string pki_dir;
    std::string staging_dir;
    int descriptor_limit = 0;  // RLIMIT_NOFILE; 0: unchanged
    int reserved_descriptors = 128;
    absl::Duration lead = absl::Seconds(2);
  };

  // Returns once the server listens; port() is 0 if it did not come up.
  explicit EchoProcess(const Options& options);
  ~EchoProcess();  // kills what still runs
  EchoProcess(const EchoProcess&) = delete;
  EchoProcess& operator=(const EchoProcess&) = delete;

  int port() const { return port_; }
  pid_t pid() const { return pid_; }
  void Signal(int signal) const;

  // Waits for the end. Returns: the exit status; 128 and the signal if one
  // ended it.
  int Wait();

 private:
  pid_t pid_ = -1;
  int port_ = 0;
};

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_INTEGRATION_ECHO_PROCESS_H_
