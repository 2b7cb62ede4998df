// T3 of the threat model: a server that crashes leaves nothing of its memory on
// disk, wherever the system is told to put it.
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace passerelle::testing {
namespace {

namespace fs = std::filesystem;

int FilesIn(const std::string& folder) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  return files;
}

TEST(CoreDumpTest, ACrashLeavesNoMemoryOnDisk) {
  const std::string pattern = ReadFileOrDie("/proc/sys/kernel/core_pattern");
  if (pattern[0] == '|' || pattern[0] == '/') {
    GTEST_SKIP() << "cores do not go to the working folder: " << pattern;
  }
  const TempDir cores;
  ASSERT_EQ(chdir(cores.path().c_str()), 0);
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_CORE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(setrlimit(RLIMIT_CORE, &limit), 0);
  // Any other program would.
  const pid_t other = fork();
  if (other == 0) std::abort();
  int status = 0;
  ASSERT_EQ(waitpid(other, &status, 0), other);
  if (!WCOREDUMP(status)) GTEST_SKIP() << "the machine writes no cores";
  const int before = FilesIn(cores.path());
  ASSERT_GE(before, 1);

  ServerProcess server;
  ASSERT_TRUE(server.Start());
  server.Register();
  EXPECT_THAT(
      ReadFileOrDie("/proc/" + std::to_string(server.pid()) + "/limits"),
      ::testing::ContainsRegex("Max core file size +0 +0 "));
  for (const int signal : {SIGABRT, SIGSEGV}) {
    server.Signal(signal);
    EXPECT_EQ(server.Wait(absl::Seconds(20)), 128 + signal);
    EXPECT_EQ(FilesIn(cores.path()), before);
    ASSERT_TRUE(server.Start());
  }
}

}  // namespace
}  // namespace passerelle::testing
