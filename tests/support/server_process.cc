#include "tests/support/server_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "tests/support/arrange.h"
#include "tests/support/vault_beside.h"

namespace passerelle::testing {
namespace {

[[noreturn]] void Die(absl::string_view what) {
  std::fprintf(stderr, "server process: %s\n", std::string(what).c_str());
  std::abort();
}

std::string Quote(absl::string_view text) {
  return absl::StrCat("\"", text, "\"");
}

// The port in {"event":"serving",…,"port":N}, after byte `from`; 0 if absent.
int PortIn(absl::string_view log, size_t from) {
  const size_t event = log.find("\"event\":\"serving\"", from);
  if (event == absl::string_view::npos) return 0;
  constexpr absl::string_view kKey = "\"port\":";
  const size_t key = log.find(kKey, event);
  const size_t end = log.find_first_of(",}", key);
  if (key == absl::string_view::npos || end == absl::string_view::npos) {
    return 0;
  }
  int port = 0;
  const size_t value = key + kKey.size();
  return absl::SimpleAtoi(log.substr(value, end - value), &port) ? port : 0;
}

}  // namespace

ServerProcess::ServerProcess(Settings settings, TestPki& pki)
    : pki_(pki), config_path_(scratch_.path() + "/server.toml") {
  // Copies, so that a test can replace them.
  const TestPki::Pair pair = pki.Server();
  WriteFileOrDie(certificate_path(), ReadFileOrDie(pair.certificate_path));
  WriteFileOrDie(key_path(), ReadFileOrDie(pair.key_path));
  WriteFileOrDie(ca_path(), ReadFileOrDie(pki.ca_path()));
  WriteFileOrDie(revocation_path(), "");
  const app::ServerConfig::Vault vault =
      VaultBeside(scratch_.path() + "/store.db");
  settings_ = {
      {"listen.port", absl::StrCat(reserved_.number())},
      {"tls.certificate", Quote(certificate_path())},
      {"tls.key", Quote(key_path())},
      {"tls.client_ca", Quote(ca_path())},
      {"tls.staging_dir", Quote(scratch_.path() + "/tls")},
      {"tls.poll_interval", "\"100ms\""},
      {"revocation.file", Quote(revocation_path())},
      {"store.path", Quote(scratch_.path() + "/store.db")},
      {"vault.key_file", Quote(vault.key_file)},
      {"vault.key_store", Quote(vault.key_store)},
      {"vault.erasure_ledger", Quote(vault.erasure_ledger)},
      // Whoever tests a limit sets it.
      {"limits.connections_per_source", "1000"},
      {"limits.new_connections_per_second_per_source", "10000"},
      {"limits.calls_per_second_per_mission", "1000000"},
      {"limits.burst", "1000000"},
      {"log.level", "\"debug\""},
  };
  for (auto& [key, value] : settings) settings_[key] = std::move(value);
  WriteConfig();
}

ServerProcess::~ServerProcess() {
  clients_.clear();
  if (pid_ > 0) Kill();
  if (log_reader_.joinable()) log_reader_.join();
}

std::string ServerProcess::Text(const std::string& key) const {
  const std::string& quoted = settings_.at(key);
  return quoted.substr(1, quoted.size() - 2);
}

void ServerProcess::WriteConfig() const {
  std::string text;
  std::string section;
  for (const auto& [key, value] : settings_) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(key, absl::MaxSplits('.', 1));
    if (parts.first != section) {
      section = parts.first;
      absl::StrAppend(&text, "[", section, "]\n");
    }
    absl::StrAppend(&text, parts.second, " = ", value, "\n");
  }
  WriteFileOrDie(config_path_, text);
}

void ServerProcess::ReadLog(int fd) {
  char buffer[4096];
  ssize_t count = 0;
  while ((count = read(fd, buffer, sizeof(buffer))) > 0) {
    MutexLock lock(&mutex_);
    log_.append(buffer, static_cast<size_t>(count));
    grown_.NotifyAll();
  }
  close(fd);
  MutexLock lock(&mutex_);
  log_ended_ = true;
  grown_.NotifyAll();
}

void ServerProcess::Spawn(const std::vector<std::string>& more_arguments) {
  if (pid_ > 0) Die("it runs already");
  if (log_reader_.joinable()) log_reader_.join();
  std::vector<std::string> arguments = {PASSERELLED, "--config", config_path_};
  if (descriptor_limit_ > 0) {
    // Before it starts: it reads its own limit.
    arguments.insert(arguments.begin(),
                     {"/usr/bin/prlimit",
                      absl::StrCat("--nofile=", descriptor_limit_), "--"});
  }
  arguments.insert(arguments.end(), more_arguments.begin(),
                   more_arguments.end());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  int pipes[2];
  if (pipe2(pipes, O_CLOEXEC) != 0) Die("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipes[1], STDERR_FILENO);
  if (posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ) !=
      0) {
    Die("cannot spawn");
  }
  posix_spawn_file_actions_destroy(&actions);
  close(pipes[1]);
  {
    MutexLock lock(&mutex_);
    log_ended_ = false;
  }
  log_reader_ = std::thread([this, fd = pipes[0]] { ReadLog(fd); });
}

bool ServerProcess::Start(absl::Duration timeout) {
  const size_t from = log().size();
  const absl::Time deadline = absl::Now() + timeout;
  Spawn();
  MutexLock lock(&mutex_);
  int port = 0;
  while ((port = PortIn(log_, from)) == 0 && !log_ended_ &&
         absl::Now() < deadline) {
    grown_.WaitFor(&mutex_, absl::ToChronoMicroseconds(deadline - absl::Now()));
  }
  if (port == 0) {
    std::fprintf(stderr, "the server did not start:\n%s",
                 log_.substr(from).c_str());
    return false;
  }
  port_ = port;
  return true;
}

void ServerProcess::Signal(int signal) const {
  if (pid_ > 0) kill(pid_, signal);
}

int ServerProcess::Wait(absl::Duration timeout) {
  if (pid_ <= 0) return -1;
  // By number: the header of glibc 2.36 is not for C++.
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  if (fd < 0) Die("pidfd_open");
  pollfd ended{fd, POLLIN, 0};
  const int ready =
      poll(&ended, 1, static_cast<int>(absl::ToInt64Milliseconds(timeout)));
  close(fd);
  if (ready != 1) return -1;
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) Die("waitpid");
  pid_ = -1;
  if (log_reader_.joinable()) log_reader_.join();
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int ServerProcess::Kill() {
  Signal(SIGKILL);
  return Wait(absl::Seconds(20));
}

std::string ServerProcess::log() const {
  MutexLock lock(&mutex_);
  return log_;
}

bool ServerProcess::WaitForLog(absl::string_view text, size_t from,
                               absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  MutexLock lock(&mutex_);
  while (true) {
    if (absl::string_view(log_).find(text, from) != absl::string_view::npos) {
      return true;
    }
    if (log_ended_ || absl::Now() >= deadline) return false;
    grown_.WaitFor(&mutex_, absl::ToChronoMicroseconds(deadline - absl::Now()));
  }
}

int64_t ServerProcess::PeakResidentBytes() const {
  const std::string status =
      ReadFileOrDie(absl::StrCat("/proc/", pid_, "/status"));
  constexpr absl::string_view kKey = "VmHWM:";
  const size_t key = status.find(std::string(kKey));
  int64_t kilobytes = 0;
  const std::string value = status.substr(key + kKey.size());
  if (!absl::SimpleAtoi(value.substr(0, value.find(" kB")), &kilobytes)) {
    Die("no VmHWM");
  }
  return kilobytes * 1024;
}

void ServerProcess::ResetPeakResidentBytes() const {
  std::ofstream clear(absl::StrCat("/proc/", pid_, "/clear_refs"));
  if (!clear.write("5", 1).flush()) Die("cannot reset VmHWM");
}

absl::Duration ServerProcess::ProcessorTime() const {
  const std::string stat = ReadFileOrDie(absl::StrCat("/proc/", pid_, "/stat"));
  // After the name in parentheses: state is field 3, utime 14, stime 15.
  const std::vector<std::string> fields =
      absl::StrSplit(stat.substr(stat.rfind(')') + 2), ' ');
  int64_t user = 0;
  int64_t system = 0;
  if (!absl::SimpleAtoi(fields[11], &user) ||
      !absl::SimpleAtoi(fields[12], &system)) {
    Die("no processor time");
  }
  return absl::Seconds(user + system) / sysconf(_SC_CLK_TCK);
}

client::Profile ServerProcess::ProfileOf(absl::string_view mission,
                                         absl::string_view officer,
                                         absl::string_view workload) const {
  const TestPki::Pair pair = pki_.Mission(mission, workload);
  client::Profile profile;
  // By address: c-ares leaks a few bytes at exit.
  profile.address = absl::StrCat("127.0.0.1:", port_);
  profile.server_name = "localhost";
  profile.certificate = pair.certificate_path;
  profile.key = pair.key_path;
  profile.ca = pki_.ca_path();
  if (!officer.empty()) {
    profile.officer = absl::StrCat("missions/", mission, "/officers/", officer);
  }
  return profile;
}

std::unique_ptr<client::Client> ServerProcess::Open(
    absl::string_view mission, absl::string_view officer,
    client::ClientOptions options) const {
  auto opened =
      client::Client::Open(ProfileOf(mission, officer), std::move(options));
  if (!opened.ok()) Die(opened.status().ToString());
  return *std::move(opened);
}

client::Client& ServerProcess::As(absl::string_view mission,
                                  absl::string_view officer) {
  auto& kept = clients_[absl::StrCat(mission, "/", officer)];
  if (kept == nullptr) kept = Open(mission, officer);
  return *kept;
}

void ServerProcess::Register() { RegisterMissions(As("platform", "operator")); }

}  // namespace passerelle::testing
