#include "tests/integration/echo_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace passerelle::testing {

EchoProcess::EchoProcess(const Options& options) {
  std::vector<std::string> arguments = {
      ECHO_SERVER,
      options.pki_dir,
      options.staging_dir,
      absl::StrCat(options.descriptor_limit),
      absl::StrCat(options.reserved_descriptors),
      absl::StrCat(absl::ToInt64Milliseconds(options.lead))};
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  int pipes[2];
  if (pipe2(pipes, O_CLOEXEC) != 0) return;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
  if (posix_spawn(&pid_, ECHO_SERVER, &actions, nullptr, argv.data(),
                  environ) != 0) {
    pid_ = -1;
  }
  posix_spawn_file_actions_destroy(&actions);
  close(pipes[1]);
  std::string line;
  char byte = 0;
  while (read(pipes[0], &byte, 1) == 1 && byte != '\n') line.push_back(byte);
  close(pipes[0]);
  if (!absl::SimpleAtoi(line, &port_)) port_ = 0;
}

EchoProcess::~EchoProcess() {
  if (pid_ <= 0) return;
  Signal(SIGKILL);
  Wait();
}

void EchoProcess::Signal(int signal) const {
  if (pid_ > 0) kill(pid_, signal);
}

int EchoProcess::Wait() {
  int status = 0;
  if (pid_ <= 0 || waitpid(pid_, &status, 0) != pid_) return -1;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace passerelle::testing
