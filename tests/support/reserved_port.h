#ifndef PASSERELLE_TESTS_SUPPORT_RESERVED_PORT_H_
#define PASSERELLE_TESTS_SUPPORT_RESERVED_PORT_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace passerelle::testing {

// A loopback port that stays a server's between its end and its next start: a
// bound socket that does not listen keeps it from other programs, and lets one
// listen there that sets SO_REUSEADDR, as ours does.
class ReservedPort {
 public:
  ReservedPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (socket_ < 0 ||
        setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(socket_, any, size) != 0 ||
        getsockname(socket_, any, &size) != 0) {
      std::perror("reserve a port");
      std::abort();
    }
    number_ = ntohs(address.sin_port);
  }
  ~ReservedPort() { close(socket_); }
  ReservedPort(const ReservedPort&) = delete;
  ReservedPort& operator=(const ReservedPort&) = delete;

  int number() const { return number_; }

 private:
  const int socket_;
  int number_ = 0;
};

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_SUPPORT_RESERVED_PORT_H_
