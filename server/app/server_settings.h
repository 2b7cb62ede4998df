#ifndef PASSERELLE_SERVER_APP_SERVER_SETTINGS_H_
#define PASSERELLE_SERVER_APP_SERVER_SETTINGS_H_

#include <cstddef>

#include "absl/time/time.h"

namespace grpc {
class ServerBuilder;
}  // namespace grpc

namespace passerelle::app {

// What bounds one connection and the process. The defaults were measured
// against gRPC 1.51.1; each says what it stops.
struct ServerSettings {
  int max_receive_message_bytes = 4 << 20;  // attachments come in chunks
  // Trailing headers carry error details; 8 KiB is also gRPC's default.
  int max_metadata_bytes = 8192;
  // Per connection. Rapid resets pass it by: live handlers are counted in the
  // pipeline as well.
  int max_concurrent_streams = 64;
  absl::Duration handshake_timeout = absl::Seconds(10);  // silent sockets
  // Bounds how long an open connection outlives a change of authority. gRPC
  // spreads it by a tenth so that missions do not return all at once.
  absl::Duration max_connection_age = absl::Minutes(10);
  absl::Duration max_connection_age_grace = absl::Seconds(30);
  absl::Duration max_connection_idle = absl::Minutes(5);
  absl::Duration keepalive_time = absl::Seconds(60);  // dead satellite links
  absl::Duration keepalive_timeout = absl::Seconds(20);
  // Clients may ping this often, with or without calls.
  absl::Duration min_ping_interval = absl::Seconds(30);
  size_t memory_quota_bytes = size_t{256} << 20;
  int max_threads = 64;
};

// Applies `settings` and what is not for configuration: gRPC never inflates
// messages (a 261 kB bomb took 294 MB before the size limit answered), the port
// is not shared, channelz is off, transmit zero-copy (CVE-2024-11407) is off.
void ApplySettings(const ServerSettings& settings,
                   grpc::ServerBuilder* builder);

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_SERVER_SETTINGS_H_
