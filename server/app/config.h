#ifndef PASSERELLE_SERVER_APP_CONFIG_H_
#define PASSERELLE_SERVER_APP_CONFIG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/log.h"
#include "server/app/drain.h"
#include "server/app/listener.h"
#include "server/app/server_settings.h"
#include "server/app/tls_material.h"

namespace passerelle::app {

// What an operator may set, section by section of the TOML file. The defaults
// here are the ones that conf/server_full.toml and docs/configuration.md state;
// a test compares them.
struct ServerConfig {
  struct Listen {
    std::string address = "127.0.0.1";
    int64_t port = 8443;
  } listen;

  struct Tls {
    std::string certificate = "/etc/passerelle/tls/cert.pem";
    std::string key = "/etc/passerelle/tls/key.pem";
    std::string client_ca = "/etc/passerelle/tls/ca.pem";
    std::string staging_dir = "/run/passerelle/tls";
    std::string trust_domain = "passerelle.test";
    absl::Duration poll_interval = absl::Seconds(1);
  } tls;

  struct Revocation {
    std::string file;  // empty: nobody is revoked
  } revocation;

  struct Store {
    std::string path = "/var/lib/passerelle/passerelle.db";
    int64_t readers = 4;
  } store;

  struct Vault {
    std::string key_file = "/etc/passerelle/vault.key";
    std::string key_store = "/var/lib/passerelle/keys.db";
    std::string erasure_ledger = "/var/lib/passerelle/erasures.log";
  } vault;

  struct Evidence {
    // Private key that signs the journal; made at the first start. Empty:
    // `checkpoint.key` in the database's folder.
    std::string key;
    absl::Duration checkpoint_interval = absl::Seconds(60);
  } evidence;

  struct Limits {
    int64_t max_receive_bytes = 4 << 20;
    int64_t request_bytes = 64 << 10;
    int64_t live_calls_per_mission = 32;
    int64_t watches_per_mission = 8;
    int64_t calls_per_second_per_mission = 500;
    int64_t burst = 1000;
    int64_t connections = 2000;
    int64_t connections_per_source = 32;
    int64_t new_connections_per_second_per_source = 20;
    absl::Duration default_deadline = absl::Seconds(30);
    absl::Duration max_deadline = absl::Seconds(300);
    absl::Duration watch_duration = absl::Seconds(600);
  } limits;

  struct Engine {
    int64_t max_batch = 256;
    int64_t max_queue = 4096;
  } engine;

  struct CalendarData {
    std::string file;  // empty: the calendars built in
  } calendars;

  struct Bootstrap {
    std::string operator_mission = "platform";
    std::string operator_officer = "operator";
  } bootstrap;

  struct LogSettings {
    LogLevel level = LogLevel::kInfo;
  } log;

  struct Server {
    bool reflection = false;
    absl::Duration drain = absl::Seconds(8);
  } server;

  // The same as the parts of the transport take it.
  Listener::Options ListenerOptions() const;
  TlsMaterial::Options TlsOptions() const;
  ServerSettings TransportSettings() const;
  DrainOptions DrainSettings() const;
  std::string CheckpointKeyPath() const;
};

// Reads a file. Returns: kInvalidArgument with every problem, one a line;
// errors of the file system.
absl::StatusOr<ServerConfig> LoadConfig(const std::string& path);

// Reads a text; `source` names it in messages.
absl::StatusOr<ServerConfig> ParseConfig(absl::string_view text,
                                         absl::string_view source);

// One option as documentation shows it.
struct ConfigOption {
  std::string section;
  std::string key;
  std::string value;  // as TOML writes it
};

// Every option with the value it has in `config`, in the order of the file.
std::vector<ConfigOption> OptionsOf(const ServerConfig& config);

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_CONFIG_H_
