#include "server/app/listener.h"

#include <fcntl.h>
#include <grpcpp/server_builder.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/log.h"
#include "common/mutex.h"
#include "server/app/source_limits.h"

namespace passerelle::app {
namespace {

constexpr int kBacklog = 512;
// Connections taken in one turn, so that closes are seen in between.
constexpr int kAcceptsPerTurn = 64;
// How long to leave the port alone when not even the spare descriptor helps:
// the loop must not spin, and recovery stays far below the promised 2 s.
constexpr int kPauseMilliseconds = 20;
// Descriptor shortages come in floods: one line a minute is enough.
constexpr absl::Duration kLogInterval = absl::Minutes(1);

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    Reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~Descriptor() { Reset(); }

  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void Reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_;
};

int OpenSpare() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

// The bytes that stand for a source: IPv4 address or IPv6 /64, because one
// subscriber is usually given that many.
std::string SourceOf(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return std::string(reinterpret_cast<const char*>(&v4.sin_addr), 4);
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  return std::string(reinterpret_cast<const char*>(&v6.sin6_addr), 8);
}

bool OutOfDescriptors(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS ||
         error == ENOMEM;
}

int EffectiveLimit(const Listener::Options& options) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return options.max_connections;
  const auto descriptors =
      static_cast<int64_t>(std::min<rlim_t>(limit.rlim_cur, rlim_t{1} << 30));
  const int64_t room = (descriptors - options.reserved_descriptors) / 2;
  return static_cast<int>(
      std::clamp<int64_t>(room, 1, options.max_connections));
}

}  // namespace

class Listener::Loop {
 public:
  Loop(const Options& options, Descriptor socket, Descriptor epoll,
       Descriptor wake, int port)
      : port_(port),
        max_connections_(EffectiveLimit(options)),
        socket_(std::move(socket)),
        epoll_(std::move(epoll)),
        wake_(std::move(wake)),
        spare_(OpenSpare()),
        limits_(options.max_connections_per_source,
                options.new_per_second_per_source,
                options.new_burst_per_source) {}

  ~Loop() {
    StopAccepting();
    stopping_.store(true);
    Wake();
    if (thread_.joinable()) thread_.join();
    for (const auto& [fd, source] : open_) close(fd);
  }

  int port() const { return port_; }
  int max_connections() const { return max_connections_; }

  void AttachTo(grpc::ServerBuilder* builder,
                std::shared_ptr<grpc::ServerCredentials> credentials) {
    acceptor_ = builder->experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        std::move(credentials));
  }

  void Start() {
    Watch(wake_.get(), EPOLLIN);
    WatchSocket();
    thread_ = std::thread([this] { Run(); });
  }

  void StopAccepting() {
    MutexLock lock(&accept_mutex_);
    socket_.Reset();  // leaves the epoll set by being closed
  }

  void EndConnections() {
    if (!thread_.joinable()) return;
    MutexLock lock(&ending_mutex_);
    ending_ = Ending::kAsked;
    Wake();
    while (ending_ != Ending::kDone) ended_.Wait(&ending_mutex_);
  }

  Counters counters() const {
    MutexLock lock(&counters_mutex_);
    return counters_;
  }

 private:
  enum class Ending { kNo, kAsked, kDone };

  void Wake() {
    const uint64_t one = 1;
    if (write(wake_.get(), &one, sizeof(one)) < 0) {
      Log(LogLevel::kError, "listener_wake_failed");
    }
  }

  void OnWake() {
    uint64_t ignored = 0;
    if (read(wake_.get(), &ignored, sizeof(ignored)) < 0) return;
    MutexLock lock(&ending_mutex_);
    if (ending_ != Ending::kAsked) return;
    for (const auto& [fd, source] : open_) shutdown(fd, SHUT_RDWR);
    ending_ = Ending::kDone;
    ended_.NotifyAll();
  }

  void Watch(int fd, uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  }

  void WatchSocket() {
    MutexLock lock(&accept_mutex_);
    if (socket_.get() >= 0) Watch(socket_.get(), EPOLLIN);
    paused_ = false;
  }

  void Pause() ABSL_EXCLUSIVE_LOCKS_REQUIRED(accept_mutex_) {
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket_.get(), nullptr);
    paused_ = true;
  }

  void Run() {
    std::array<epoll_event, 128> events{};
    while (!stopping_.load()) {
      const int count = epoll_wait(epoll_.get(), events.data(),
                                   static_cast<int>(events.size()),
                                   paused_ ? kPauseMilliseconds : -1);
      bool accept_now = false;
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<size_t>(i)].data.fd;
        if (fd == wake_.get()) {
          OnWake();
          continue;
        }
        // A connection's end frees its places before new ones are judged. An
        // unknown descriptor is the listening socket.
        if (!ForgetIfOpen(fd)) accept_now = true;
      }
      if (paused_) {
        WatchSocket();
      } else if (accept_now) {
        AcceptSome();
      }
    }
  }

  // The duplicate becomes readable at its end, whoever ended it: gRPC shuts a
  // socket down before closing it.
  bool ForgetIfOpen(int fd) {
    const auto found = open_.find(fd);
    if (found == open_.end()) return false;
    limits_.Closed(found->second);
    open_.erase(found);
    close(fd);
    MutexLock lock(&counters_mutex_);
    --counters_.open;
    return true;
  }

  void AcceptSome() {
    MutexLock lock(&accept_mutex_);
    for (int i = 0; i < kAcceptsPerTurn && socket_.get() >= 0; ++i) {
      sockaddr_storage address{};
      socklen_t size = sizeof(address);
      Descriptor connection(accept4(socket_.get(),
                                    reinterpret_cast<sockaddr*>(&address),
                                    &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (connection.get() < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK) return;
        if (OutOfDescriptors(errno) && !ShedWithSpare()) {
          Pause();
          return;
        }
        continue;  // the peer's or the network's trouble, not the port's
      }
      Admit(std::move(connection), SourceOf(address));
    }
  }

  // Gives up the spare descriptor for one accept, so that the waiting peer is
  // told at once instead of hanging, and the queue moves on.
  bool ShedWithSpare() ABSL_EXCLUSIVE_LOCKS_REQUIRED(accept_mutex_) {
    spare_.Reset();
    Descriptor shed(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const bool done = shed.get() >= 0;
    shed.Reset();
    spare_.Reset(OpenSpare());
    CountShed(&Counters::shed_descriptors, "descriptors");
    return done;
  }

  void Admit(Descriptor connection, const std::string& source) {
    if (static_cast<int>(open_.size()) >= max_connections_) {
      CountShed(&Counters::shed_total, "total");
      return;
    }
    switch (limits_.Admit(source, absl::Now())) {
      case SourceLimits::Verdict::kAdmitted:
        break;
      case SourceLimits::Verdict::kTooManyOpen:
        CountShed(&Counters::shed_source, "source");
        return;
      case SourceLimits::Verdict::kTooFast:
        CountShed(&Counters::shed_rate, "rate");
        return;
    }
    // gRPC owns the descriptor from here and never tells when it closes it; a
    // duplicate sees the end of the connection.
    const int watched = fcntl(connection.get(), F_DUPFD_CLOEXEC, 0);
    if (watched < 0) {
      limits_.Closed(source);
      CountShed(&Counters::shed_descriptors, "descriptors");
      return;
    }
    const int on = 1;
    setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    open_.emplace(watched, source);
    Watch(watched, EPOLLRDHUP | EPOLLET);
    {
      MutexLock lock(&counters_mutex_);
      ++counters_.accepted;
      ++counters_.open;
    }
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters
        parameters;
    parameters.fd = connection.release();
    acceptor_->HandleNewConnection(&parameters);
  }

  void CountShed(int64_t Counters::*cause, absl::string_view name) {
    {
      MutexLock lock(&counters_mutex_);
      ++(counters_.*cause);
    }
    const absl::Time now = absl::Now();
    if (now < next_log_) return;
    next_log_ = now + kLogInterval;
    Log(LogLevel::kWarning, "connections_shed", {{"cause", name}});
  }

  const int port_;
  const int max_connections_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;

  // Held while connections are taken: StopAccepting waits for it.
  Mutex accept_mutex_;
  Descriptor socket_ ABSL_GUARDED_BY(accept_mutex_);
  const Descriptor epoll_;
  const Descriptor wake_;
  std::atomic<bool> stopping_{false};

  // The loop's thread only.
  Descriptor spare_;
  bool paused_ = false;
  SourceLimits limits_;
  absl::flat_hash_map<int, std::string> open_;  // duplicate to source
  absl::Time next_log_ = absl::InfinitePast();

  Mutex ending_mutex_;
  CondVar ended_;
  Ending ending_ ABSL_GUARDED_BY(ending_mutex_) = Ending::kNo;

  mutable Mutex counters_mutex_;
  Counters counters_ ABSL_GUARDED_BY(counters_mutex_);
  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<Listener>> Listener::Bind(
    const Options& options) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(options.address.c_str(), absl::StrCat(options.port).c_str(),
                  &hints, &found) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.address, ": not a numeric address"));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> address(
      found, &freeaddrinfo);
  Descriptor socket(::socket(address->ai_family,
                             SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // REUSEADDR lets a restart pass over old connections; never REUSEPORT, by
  // which a second process could take a share of the callers.
  const int on = 1;
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  if (socket.get() < 0 ||
      setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) !=
          0 ||
      bind(socket.get(), address->ai_addr, address->ai_addrlen) != 0 ||
      listen(socket.get(), kBacklog) != 0 ||
      getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &size) !=
          0) {
    return absl::UnavailableError(absl::StrCat(
        options.address, ":", options.port, ": ", strerror(errno)));
  }
  const int port =
      ntohs(bound.ss_family == AF_INET
                ? reinterpret_cast<sockaddr_in&>(bound).sin_port
                : reinterpret_cast<sockaddr_in6&>(bound).sin6_port);
  Descriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  Descriptor wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (epoll.get() < 0 || wake.get() < 0) {
    return absl::UnavailableError(strerror(errno));
  }
  return std::unique_ptr<Listener>(new Listener(std::make_unique<Loop>(
      options, std::move(socket), std::move(epoll), std::move(wake), port)));
}

Listener::Listener(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
Listener::~Listener() = default;

int Listener::port() const { return loop_->port(); }
int Listener::max_connections() const { return loop_->max_connections(); }

void Listener::AttachTo(grpc::ServerBuilder* builder,
                        std::shared_ptr<grpc::ServerCredentials> credentials) {
  loop_->AttachTo(builder, std::move(credentials));
}

void Listener::Start() { loop_->Start(); }
void Listener::StopAccepting() { loop_->StopAccepting(); }
void Listener::EndConnections() { loop_->EndConnections(); }
Listener::Counters Listener::counters() const { return loop_->counters(); }

}  // namespace passerelle::app
