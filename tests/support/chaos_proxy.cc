#include "tests/support/chaos_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace passerelle::testing {
namespace {

sockaddr_in Loopback(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

bool SendAll(int descriptor, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t sent = send(descriptor, data, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<size_t>(sent);
  }
  return true;
}

// Closing then sends a reset: what was on its way is lost.
void Linger(int descriptor) {
  const linger option = {1, 0};
  setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, sizeof(option));
}

}  // namespace

ChaosProxy::ChaosProxy(Options options)
    : options_(options), random_(options.seed) {
  listener_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (listener_ < 0 ||
      bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 64) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) !=
          0 ||
      pipe(wake_) != 0) {
    abort();
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Loop(); });
}

ChaosProxy::~ChaosProxy() {
  close(wake_[1]);
  thread_.join();
  while (!sides_.empty()) Close(sides_.begin()->first);
  close(wake_[0]);
  close(listener_);
}

void ChaosProxy::Loop() {
  while (true) {
    std::vector<pollfd> waiting = {{wake_[0], POLLIN, 0},
                                   {listener_, POLLIN, 0}};
    for (const auto& [descriptor, side] : sides_) {
      waiting.push_back({descriptor, POLLIN, 0});
    }
    if (poll(waiting.data(), waiting.size(), -1) < 0) continue;
    if (waiting[0].revents != 0) return;
    for (size_t i = 2; i < waiting.size(); ++i) {
      if (waiting[i].revents != 0) Carry(waiting[i].fd);
    }
    if (waiting[1].revents != 0) Accept();
  }
}

void ChaosProxy::Accept() {
  const int client = accept(listener_, nullptr, nullptr);
  if (client < 0) return;
  const int server = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = Loopback(options_.target_port);
  if (server < 0 || connect(server, reinterpret_cast<const sockaddr*>(&address),
                            sizeof(address)) != 0) {
    if (server >= 0) close(server);
    close(client);
    return;
  }
  sides_[client] = {server, false};
  sides_[server] = {client, true};
  Link link;
  if (options_.max_bytes > 0) {
    link.left = std::uniform_int_distribution<int64_t>(
        options_.min_bytes, options_.max_bytes)(random_);
  }
  links_[server] = link;
}

void ChaosProxy::Carry(int from) {
  const auto side = sides_.find(from);
  if (side == sides_.end()) return;  // closed in this round
  std::array<char, 16384> buffer;
  const ssize_t got = recv(from, buffer.data(), buffer.size(), 0);
  if (got <= 0) return Close(from);
  auto size = static_cast<size_t>(got);
  bool reset = false;
  if (side->second.from_server) {
    Link& link = links_[from];
    if (link.left >= 0 && !calm_.load()) {
      reset = link.left < got;
      size = std::min(size, static_cast<size_t>(link.left));
      link.left -= static_cast<int64_t>(size);
    }
  }
  if (!SendAll(side->second.peer, buffer.data(), size)) return Close(from);
  if (!reset) return;
  resets_.fetch_add(1);
  Linger(from);
  Linger(side->second.peer);
  Close(from);
}

void ChaosProxy::Close(int descriptor) {
  const auto side = sides_.find(descriptor);
  if (side == sides_.end()) return;
  const int peer = side->second.peer;
  for (const int each : {descriptor, peer}) {
    close(each);
    sides_.erase(each);
    links_.erase(each);
  }
}

}  // namespace passerelle::testing
