#include "clients/cpp/tls_probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <openssl/err.h>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "clients/cpp/errors.h"
#include "clients/cpp/openssl_ptr.h"
#include "common/status_macros.h"

namespace passerelle::client {
namespace {

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

struct HostPort {
  std::string host;
  std::string port;
};

HostPort SplitAddress(absl::string_view address) {
  absl::ConsumePrefix(&address, "dns:");
  while (absl::ConsumePrefix(&address, "/")) {
  }
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos) {
    return {std::string(address.data(), address.size()), "443"};
  }
  absl::string_view host = address.substr(0, colon);
  absl::ConsumePrefix(&host, "[");
  absl::ConsumeSuffix(&host, "]");
  const absl::string_view port = address.substr(colon + 1);
  return {std::string(host.data(), host.size()),
          std::string(port.data(), port.size())};
}

// Waits until `fd` is ready for `events`. False when time is up.
bool WaitFor(int fd, short events, absl::Time until) {
  pollfd item = {fd, events, 0};
  const int64_t left = absl::ToInt64Milliseconds(until - absl::Now());
  return left > 0 && poll(&item, 1, static_cast<int>(left)) > 0;
}

absl::StatusOr<Socket> Connect(const Profile& profile, const HostPort& target,
                               absl::Time until) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code =
      getaddrinfo(target.host.c_str(), target.port.c_str(), &hints, &found);
  if (code != 0) {
    return ServerNotReachable(
        absl::StrCat("the name in the address ", profile.address,
                     " is not known: ", gai_strerror(code)));
  }
  int error = ETIMEDOUT;
  for (const addrinfo* item = found; item != nullptr; item = item->ai_next) {
    Socket socket(::socket(item->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0));
    if (connect(socket.fd(), item->ai_addr, item->ai_addrlen) != 0) {
      error = errno;
      if (error != EINPROGRESS) continue;
      error = ETIMEDOUT;
      if (!WaitFor(socket.fd(), POLLOUT, until)) continue;
      socklen_t size = sizeof(error);
      getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) continue;
    }
    freeaddrinfo(found);
    return socket;
  }
  freeaddrinfo(found);
  return ServerNotReachable(absl::StrCat(
      "no server answers at ", profile.address, ": ", std::strerror(error)));
}

absl::StatusOr<SslContextPtr> MakeContext(const Profile& profile) {
  SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_locations(context.get(), profile.ca.c_str(),
                                    nullptr) != 1 ||
      SSL_CTX_use_certificate_chain_file(context.get(),
                                         profile.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), profile.key.c_str(),
                                  SSL_FILETYPE_PEM) != 1) {
    return ProfileInvalid("certificate, key or CA cannot be used");
  }
  static constexpr unsigned char kAlpn[] = {2, 'h', '2'};
  SSL_CTX_set_alpn_protos(context.get(), kAlpn, sizeof(kAlpn));
  return context;
}

// The last TLS alert received, in words; empty when there was none.
std::string AlertText() {
  std::string text;
  for (unsigned long code = ERR_get_error(); code != 0;
       code = ERR_get_error()) {
    const int reason = ERR_GET_REASON(code);
    if (ERR_GET_LIB(code) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET) {
      text = SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET);
    }
  }
  return text;
}

absl::Status Untrusted(const Profile& profile, const std::string& name,
                       long verdict) {
  std::string why = X509_verify_cert_error_string(verdict);
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH ||
      verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    why = absl::StrCat("it is not made out to ", name,
                       "; set server_name if it bears another name");
  } else if (verdict == X509_V_ERR_CERT_HAS_EXPIRED) {
    why = "it has expired";
  } else if (verdict == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
             verdict == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
             verdict == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
             verdict == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
             verdict == X509_V_ERR_CERT_SIGNATURE_FAILURE) {
    why = absl::StrCat("it was not issued by the CA in ", profile.ca);
  }
  return ServerNotTrusted(absl::StrCat("the certificate of the server at ",
                                       profile.address,
                                       " is not accepted: ", why));
}

absl::Status Refused(const Profile& profile, const std::string& alert) {
  return CertificateRefused(absl::StrCat(
      "the server at ", profile.address, " refuses the certificate ",
      profile.certificate, alert.empty() ? "" : absl::StrCat(" (", alert, ")"),
      "; certificate and server do not fit: it may have been issued by another "
      "CA, revoked, or have expired by the server's clock"));
}

// Runs `step` until it succeeds or fails for good. Returns SSL_ERROR_NONE,
// SSL_ERROR_WANT_READ when time is up, or the error.
template <typename Step>
int Drive(SSL* ssl, int fd, absl::Time until, const Step& step) {
  for (;;) {
    ERR_clear_error();
    const int result = step();
    if (result > 0) return SSL_ERROR_NONE;
    const int error = SSL_get_error(ssl, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
      return error;
    }
    if (!WaitFor(fd, error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, until)) {
      return SSL_ERROR_WANT_READ;
    }
  }
}

}  // namespace

absl::Status ProbeTls(const Profile& profile, absl::Duration timeout) {
  const absl::Time until = absl::Now() + timeout;
  const HostPort target = SplitAddress(profile.address);
  PASSERELLE_ASSIGN_OR_RETURN(SslContextPtr context, MakeContext(profile));
  PASSERELLE_ASSIGN_OR_RETURN(const Socket socket,
                              Connect(profile, target, until));
  const std::string name =
      profile.server_name.empty() ? target.host : profile.server_name;
  SslPtr ssl(SSL_new(context.get()));
  SSL_set_fd(ssl.get(), socket.fd());
  X509_VERIFY_PARAM* param = SSL_get0_param(ssl.get());
  if (X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str()) != 1) {
    // SSL_set_tlsext_host_name, whose macro casts in the old style.
    SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(name.c_str()));
    SSL_set1_host(ssl.get(), name.c_str());
  }
  int error = Drive(ssl.get(), socket.fd(), until,
                    [&] { return SSL_connect(ssl.get()); });
  if (error != SSL_ERROR_NONE) {
    const long verdict = SSL_get_verify_result(ssl.get());
    if (verdict != X509_V_OK) return Untrusted(profile, name, verdict);
    if (error == SSL_ERROR_WANT_READ) {
      return ServerNotReachable(
          absl::StrCat("the server at ", profile.address,
                       " accepts connections but does not answer"));
    }
    const std::string alert = AlertText();
    if (!alert.empty()) return Refused(profile, alert);
    return ServerNotReachable(
        absl::StrCat("what answers at ", profile.address, " is not TLS"));
  }
  // In TLS 1.3 the verdict on our certificate arrives with the first read.
  char byte = 0;
  error = Drive(ssl.get(), socket.fd(), until,
                [&] { return SSL_read(ssl.get(), &byte, 1); });
  if (error == SSL_ERROR_NONE || error == SSL_ERROR_WANT_READ) {
    return absl::OkStatus();
  }
  // gRPC servers close at once, most without an alert. One that accepted us
  // would have sent its settings.
  return Refused(profile, AlertText());
}

}  // namespace passerelle::client
