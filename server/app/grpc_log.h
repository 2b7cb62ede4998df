#ifndef PASSERELLE_SERVER_APP_GRPC_LOG_H_
#define PASSERELLE_SERVER_APP_GRPC_LOG_H_

namespace passerelle::app {

// gRPC writes a line of its own for each handshake that fails, which anybody
// can bring about as often as he likes. From this call on its errors are
// counted instead, and told as events of ours (ReportGrpcLog). For main: the
// hook is the process's. Call before any other use of gRPC.
void RouteGrpcLog();

// Tells what was counted, at most every ten seconds:
//   tls_handshakes_failed {cause, count}: one line for each cause, in the words
//     of OpenSSL, e.g. "peer did not return a certificate"; no address, since
//     behind one may stand a person
//   grpc_errors {count, last}: anything else; `last` is a place in its source
// Called by a Poller. Thread safe.
void ReportGrpcLog();

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_GRPC_LOG_H_
