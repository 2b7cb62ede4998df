#include "tests/support/test_pki.h"

#include <fcntl.h>
#include <grpcpp/security/credentials.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace passerelle::testing {
namespace {

[[noreturn]] void Die(absl::string_view what) {
  std::fprintf(stderr, "test PKI: %s\n", std::string(what).c_str());
  std::abort();
}

std::string MakeScratch() {
  std::string path =
      (std::filesystem::temp_directory_path() / "passerelle.XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) Die("no temporary folder");
  return path;
}

}  // namespace

ProgramResult RunProgram(const std::vector<std::string>& arguments) {
  int pipes[2];
  if (pipe2(pipes, O_CLOEXEC) != 0) return {};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipes[1], STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int failed =
      posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(pipes[1]);
  ProgramResult result;
  if (failed == 0) {
    char buffer[4096];
    ssize_t count = 0;
    while ((count = read(pipes[0], buffer, sizeof(buffer))) > 0) {
      result.output.append(buffer, static_cast<size_t>(count));
    }
    int status = 0;
    if (waitpid(pid, &status, 0) == pid && WIFEXITED(status)) {
      result.exit_status = WEXITSTATUS(status);
    }
  }
  close(pipes[0]);
  return result;
}

std::string ReadFileOrDie(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) Die(absl::StrCat("cannot read ", path));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void WriteFileOrDie(const std::string& path, absl::string_view content) {
  const std::string next = path + ".next";
  {
    std::ofstream out(next, std::ios::binary | std::ios::trunc);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    if (!out.flush()) Die(absl::StrCat("cannot write ", path));
  }
  if (chmod(next.c_str(), 0600) != 0 ||
      rename(next.c_str(), path.c_str()) != 0) {
    Die(absl::StrCat("cannot replace ", path));
  }
}

TestPki::TestPki(absl::string_view trust_domain) : dir_(MakeScratch()) {
  Run("init", {"--trust-domain", std::string(trust_domain)});
  Run("server");
}

TestPki::~TestPki() {
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

TestPki& TestPki::Shared() {
  static TestPki pki;
  return pki;
}

std::string TestPki::Run(absl::string_view command,
                         const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {PASSERELLE_CERTS_TOOL, std::string(command),
                                  dir_};
  all.insert(all.end(), arguments.begin(), arguments.end());
  ProgramResult result = RunProgram(all);
  if (result.exit_status != 0) {
    Die(absl::StrCat("passerelle-certs ", command, ": ", result.output));
  }
  return std::move(result.output);
}

TestPki::Pair TestPki::Mission(absl::string_view mission,
                               absl::string_view workload) {
  const std::string folder =
      absl::StrCat(dir_, "/missions/", mission, "/", workload);
  if (!std::filesystem::exists(folder)) {
    Run("mission", {std::string(mission), std::string(workload)});
  }
  return {.certificate_path = folder + "/cert.pem",
          .key_path = folder + "/key.pem"};
}

TestPki::Pair TestPki::Server() {
  return {.certificate_path = dir_ + "/server/cert.pem",
          .key_path = dir_ + "/server/key.pem"};
}

std::shared_ptr<grpc::ChannelCredentials> TestPki::Client(
    absl::string_view mission, absl::string_view workload) {
  const Pair pair = Mission(mission, workload);
  return grpc::SslCredentials(
      {.pem_root_certs = ReadFileOrDie(ca_path()),
       .pem_private_key = ReadFileOrDie(pair.key_path),
       .pem_cert_chain = ReadFileOrDie(pair.certificate_path)});
}

ScratchDir::ScratchDir() : path_(MakeScratch()) {}

ScratchDir::~ScratchDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace passerelle::testing
