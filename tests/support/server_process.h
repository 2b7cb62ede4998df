#ifndef PASSERELLE_TESTS_SUPPORT_SERVER_PROCESS_H_
#define PASSERELLE_TESTS_SUPPORT_SERVER_PROCESS_H_

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/cpp/client.h"
#include "common/mutex.h"
#include "tests/support/reserved_port.h"
#include "tests/support/test_pki.h"

namespace passerelle::testing {

// passerelled as an operator runs it: a process of its own with a configuration
// file, SQLite in a scratch folder, mutual TLS on a loopback port. The port is
// free at the first start and kept over restarts. Killed with its folder when
// the scope ends. Not thread safe, except `log` and `WaitForLog`.
class ServerProcess {
 public:
  // "limits.burst" to what TOML writes: "30", "\"debug\"".
  using Settings = std::map<std::string, std::string>;

  // Does not start yet. `pki` must outlive the object.
  explicit ServerProcess(Settings settings = {},
                         TestPki& pki = TestPki::Shared());
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Lets the server open so many descriptors, from its next start.
  void LimitDescriptors(int limit) { descriptor_limit_ = limit; }

  // Spawns and waits until the server says that it serves.
  // Returns: whether it does, within `timeout`.
  bool Start(absl::Duration timeout = absl::Seconds(20));
  // Spawns only, e.g. where the start must fail; then Wait.
  void Spawn(const std::vector<std::string>& more_arguments = {});

  void Signal(int signal) const;
  // Waits for the end. Returns: the exit status; 128 and the signal if one
  // ended it; -1 if it still runs after `timeout`.
  int Wait(absl::Duration timeout);
  // SIGKILL, and waits. Returns: as Wait.
  int Kill();

  int port() const { return port_; }
  pid_t pid() const { return pid_; }
  const std::string& dir() const { return scratch_.path(); }
  const std::string& config_path() const { return config_path_; }
  std::string store_path() const { return Text("store.path"); }
  std::string revocation_path() const { return scratch_.path() + "/revoked"; }
  std::string certificate_path() const { return scratch_.path() + "/cert.pem"; }
  std::string key_path() const { return scratch_.path() + "/key.pem"; }
  std::string ca_path() const { return scratch_.path() + "/ca.pem"; }

  // What the server wrote on standard error since the first start.
  std::string log() const;
  // Waits until `text` stands in the log after byte `from`.
  bool WaitForLog(absl::string_view text, size_t from, absl::Duration timeout);

  // Peak of resident memory, and processor time, of the running process.
  int64_t PeakResidentBytes() const;
  void ResetPeakResidentBytes() const;  // to what is resident now
  absl::Duration ProcessorTime() const;

  // A profile of the mission's workload, acting for one of its officers (`fp`);
  // an empty officer asserts none.
  client::Profile ProfileOf(absl::string_view mission,
                            absl::string_view officer,
                            absl::string_view workload = "batch") const;
  // A fresh client with that profile.
  std::unique_ptr<client::Client> Open(
      absl::string_view mission, absl::string_view officer,
      client::ClientOptions options = {}) const;
  // The same, kept for this object's life.
  client::Client& As(absl::string_view mission, absl::string_view officer);
  // Registers what arrange.h says.
  void Register();

 private:
  std::string Text(const std::string& key) const;
  void WriteConfig() const;
  void ReadLog(int fd);

  TestPki& pki_;
  TempDir scratch_;
  std::string config_path_;
  Settings settings_;
  pid_t pid_ = -1;
  const ReservedPort reserved_;  // used unless the settings name another
  int port_ = 0;
  int descriptor_limit_ = 0;  // 0: the test's own
  std::map<std::string, std::unique_ptr<client::Client>> clients_;
  std::thread log_reader_;
  mutable Mutex mutex_;
  CondVar grown_;
  std::string log_ ABSL_GUARDED_BY(mutex_);
  bool log_ended_ ABSL_GUARDED_BY(mutex_) = true;
};

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_SUPPORT_SERVER_PROCESS_H_
