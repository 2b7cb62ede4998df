#ifndef PASSERELLE_TESTS_SUPPORT_TEST_SERVER_H_
#define PASSERELLE_TESTS_SUPPORT_TEST_SERVER_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "clients/cpp/client.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "passerelle/internal/v1/stored.pb.h"
#include "server/app/server.h"
#include "server/storage/store.h"
#include "tests/support/arrange.h"
#include "tests/support/reserved_port.h"
#include "tests/support/test_pki.h"

namespace passerelle::testing {

// The real server in this process: SQLite in a scratch folder, mutual TLS on a
// free loopback port, a driven clock that starts on a Monday. Registers
// missions iom-tn (Tunisia), iom-ma (Morocco), iom-es (Spain) and iom-de
// (Germany), each with officers cm, fp, ro, ro2, me, po, mo, mv, dp;
// and partners ngo-tn, ngo-es, consulate-ma, each with an officer fp.
class TestServer {
 public:
  using Tweak = std::function<void(app::ServerConfig*)>;

  explicit TestServer(Tweak tweak = nullptr, app::Composition composition = {});
  ~TestServer();

  DrivenClock& clock() { return clock_; }
  int port() const { return port_.number(); }
  app::Server& server() { return *server_; }
  const std::string& dir() const { return scratch_.path(); }
  std::string store_path() const { return scratch_.path() + "/store.db"; }

  // Stops the server and starts it again on the same store and port. `As` has
  // new clients then, because a call on an old one is lost while its channel
  // has not seen the connection's end; old ones connect again by themselves.
  void Restart();

  // Changes the store behind the server's back. Restarts the server.
  void Tamper(
      const std::function<absl::Status(storage::WriteTransaction&)>& body);

  // The same below the sealing: to rows as they are on disk.
  void TamperRows(
      const std::function<absl::Status(storage::WriteTransaction&)>& body);
  // Does something to the store's files while the server is stopped.
  void WhileStopped(const std::function<void()>& body);

  // Every line of evidence, after verifying their tree. Restarts the server.
  std::vector<passerelle::internal::v1::Leaf> Journal();

  // Returns once the timers due at the clock's present time have run.
  void SettleTimers();

  // Registers an officer; `fields` in text form, e.g. `roles: FOCAL_POINT`.
  void AddOfficer(absl::string_view mission, absl::string_view officer,
                  const std::string& fields);

  // A client of the mission's batch workload, acting for one of its officers
  // (`fp`); an empty officer asserts none. It lives as long as this. Thread
  // safe.
  client::Client& As(absl::string_view mission, absl::string_view officer);

  // A file of host iom-tn and origin iom-ma with transit iom-es, with consent
  // and plan, at stage REGISTERED or PROPOSED.
  using File = ArrangedFile;
  File RegisteredFile();
  File ProposedFile();
  // A study of that file's plan, requested.
  passerelle::v1::FeasibilityStudy RequestedStudy(const File& file);

 private:
  void Start();

  TempDir scratch_;
  const ReservedPort port_;
  app::ServerConfig config_;
  app::Composition composition_;
  DrivenClock clock_;
  std::unique_ptr<app::Server> server_;
  Mutex clients_mutex_;
  std::map<std::string, std::unique_ptr<client::Client>> clients_
      ABSL_GUARDED_BY(clients_mutex_);
  std::vector<std::unique_ptr<client::Client>> old_clients_
      ABSL_GUARDED_BY(clients_mutex_);
  int settled_ = 0;
};

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_SUPPORT_TEST_SERVER_H_
