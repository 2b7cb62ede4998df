// R03 and R04: the n-th call of the file system, the n-th allocation of SQLite,
// fails; for every n that a run of the store comes to.

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/sqlite/fault_memory.h"
#include "server/storage/sqlite/fault_vfs.h"
#include "server/storage/sqlite/sqlite_store.h"
#include "tests/fault/store_scenario.h"
#include "tests/support/integrity.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace passerelle::testing {
namespace {

using storage::sqlite::FaultMemory;
using storage::sqlite::FaultVfs;
using storage::sqlite::SqliteStore;

constexpr int kChanges = 12;

// What a run was told.
struct Told {
  std::set<int> acknowledged;
  std::set<int> failed;
  absl::Status first_failure;
  bool opened = false;
};

// `begin` is called once the store is open.
Told RunScenario(
    const std::string& path, const std::string& vfs, int changes,
    const std::function<void()>& begin = [] {}) {
  Told told;
  auto store = SqliteStore::Open({.path = path, .readers = 1, .vfs = vfs});
  begin();
  told.opened = store.ok();
  if (!store.ok()) {
    told.first_failure = store.status();
    return told;
  }
  StoreScenario scenario(store->get());
  for (int number = 1; number <= changes; ++number) {
    absl::Status status = scenario.Change(number);
    (status.ok() ? told.acknowledged : told.failed).insert(number);
    if (status.ok() && number % 2 == 0) status = (*store)->Checkpoint();
    std::set<int> found;
    const absl::Status read = StoreScenario::Find(store->get(), number, &found);
    if (status.ok()) status = read;
    if (!status.ok() && told.first_failure.ok()) told.first_failure = status;
    if (read.ok()) EXPECT_EQ(found, told.acknowledged);
  }
  return told;
}

// What was acknowledged is there after a new start; what failed may have been
// on its way, whole.
void CheckAfterwards(const std::string& path, const Told& told) {
  auto store = SqliteStore::Open({.path = path});
  ASSERT_THAT(store, IsOk());
  std::set<int> found;
  ASSERT_THAT(StoreScenario::Find(store->get(), kChanges, &found), IsOk());
  for (const int number : told.acknowledged) {
    EXPECT_TRUE(found.contains(number)) << "lost: " << number;
  }
  EXPECT_THAT(StoreScenario(store->get()).Change(kChanges + 1), IsOk());
  store->reset();
  EXPECT_EQ(IntegrityOf(path), "ok");
}

bool IsExpected(const absl::Status& status) {
  // A failure while the file is looked at or made says that it cannot be
  // opened.
  return absl::IsInternal(status) || absl::IsResourceExhausted(status) ||
         absl::IsFailedPrecondition(status) || absl::IsDataLoss(status);
}

class NthCall : public ::testing::TestWithParam<FaultVfs::Failure> {};

TEST_P(NthCall, ThatFailsIsNeverAnsweredWithOk) {
  int64_t number = 0;
  bool failed = true;
  int runs_with_refusals = 0;
  while (failed) {
    SCOPED_TRACE(absl::StrCat("call ", ++number));
    const TempDir folder;
    const std::string path = folder.File("store.db");
    Told told;
    {
      FaultVfs vfs("nth");
      vfs.FailCall(number, GetParam());
      told = RunScenario(path, vfs.name(), kChanges);
      failed = vfs.failed();
      vfs.FailCall(0, GetParam());
    }
    if (!failed) {
      EXPECT_THAT(told.first_failure, IsOk());
      EXPECT_EQ(told.acknowledged.size(), static_cast<size_t>(kChanges));
    }
    if (!told.first_failure.ok()) {
      EXPECT_TRUE(IsExpected(told.first_failure)) << told.first_failure;
    }
    runs_with_refusals += told.failed.empty() ? 0 : 1;
    CheckAfterwards(path, told);
  }
  EXPECT_GT(number, 200);
  EXPECT_GT(runs_with_refusals, 20);
  std::cout << number - 1 << " calls, " << runs_with_refusals
            << " runs with refusals" << std::endl;
}

INSTANTIATE_TEST_SUITE_P(Failures, NthCall,
                         ::testing::Values(FaultVfs::Failure::kError,
                                           FaultVfs::Failure::kShortWrite,
                                           FaultVfs::Failure::kFullDisk));

// Runs until no allocation fails any more. Returns: how many there were.
int64_t FailEachAllocation(int changes, bool while_opening) {
  int64_t number = 0;
  bool failed = true;
  while (failed) {
    SCOPED_TRACE(absl::StrCat("allocation ", ++number));
    const TempDir folder;
    const std::string path = folder.File("store.db");
    if (while_opening) FaultMemory::FailAllocation(number);
    const Told told = RunScenario(path, "", changes, [&] {
      if (!while_opening) FaultMemory::FailAllocation(number);
    });
    failed = FaultMemory::failed();
    FaultMemory::FailAllocation(0);
    if (!told.first_failure.ok()) {
      EXPECT_TRUE(IsExpected(told.first_failure)) << told.first_failure;
    }
    CheckAfterwards(path, told);
  }
  return number - 1;
}

TEST(NthAllocation, ThatFailsLeavesTheStateBeforeOrAfter) {
  const int64_t at_work = FailEachAllocation(3, false);
  EXPECT_GT(at_work, 100);
  const int64_t opening = FailEachAllocation(0, true);
  EXPECT_GT(opening, 100);
  std::cout << at_work << " allocations at work, " << opening
            << " while opening" << std::endl;
}

// Before SQLite is first used.
const bool installed = [] {
  FaultMemory::Install();
  // A flush takes no time there; thousands of runs begin with an empty folder.
  if (std::filesystem::exists("/dev/shm")) setenv("TMPDIR", "/dev/shm", 1);
  return true;
}();

}  // namespace
}  // namespace passerelle::testing
