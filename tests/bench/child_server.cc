#include "tests/bench/child_server.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace passerelle::bench {
namespace {

constexpr char kSelf[] = "/proc/self/exe";

}  // namespace

absl::StatusOr<std::unique_ptr<ChildServer>> ChildServer::Start(
    std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "passerelle-bench");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  int input[2];
  int output[2];
  if (pipe2(input, O_CLOEXEC) != 0) return absl::UnavailableError("no pipe");
  if (pipe2(output, O_CLOEXEC) != 0) {
    close(input[0]);
    close(input[1]);
    return absl::UnavailableError("no pipe");
  }
  std::unique_ptr<ChildServer> child(new ChildServer());
  child->hold_ = input[1];
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  if (posix_spawn(&child->pid_, kSelf, &actions, nullptr, argv.data(),
                  environ) != 0) {
    child->pid_ = -1;
  }
  posix_spawn_file_actions_destroy(&actions);
  close(input[0]);
  close(output[1]);
  std::string line;
  char byte = 0;
  while (read(output[0], &byte, 1) == 1 && byte != '\n') line.push_back(byte);
  close(output[0]);
  if (!absl::SimpleAtoi(line, &child->port_) || child->port_ == 0) {
    return absl::UnavailableError("the server process did not start");
  }
  return child;
}

ChildServer::~ChildServer() {
  close(hold_);
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
}

int64_t ChildServer::ResidentBytes() const {
  std::ifstream statm(absl::StrCat("/proc/", pid_, "/statm"));
  int64_t size = 0;
  int64_t resident = 0;
  if (!(statm >> size >> resident)) return 0;
  return resident * sysconf(_SC_PAGESIZE);
}

absl::Duration ChildServer::CpuTime() const {
  clockid_t clock = 0;
  timespec time{};
  if (clock_getcpuclockid(pid_, &clock) != 0 ||
      clock_gettime(clock, &time) != 0) {
    return absl::ZeroDuration();
  }
  return absl::DurationFromTimespec(time);
}

void DieWithParent() { prctl(PR_SET_PDEATHSIG, SIGKILL); }

void AnnounceAndWait(int port) {
  std::printf("%d\n", port);
  std::fflush(stdout);
  char ignored = 0;
  while (read(STDIN_FILENO, &ignored, 1) > 0) {
  }
}

}  // namespace passerelle::bench
