// R05: a full disk refuses changes, keeps answering reads, and needs nobody to
// recover.
#include <sys/mount.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "server/storage/sqlite/fault_vfs.h"
#include "tests/support/arrange.h"
#include "tests/support/server_process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_server.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;

absl::StatusOr<pb::Case> CreateCase(client::Client& client) {
  pb::CreateCaseRequest request;
  *request.mutable_case_() = SampleCase();
  return client.Call<pb::Case>("passerelle.v1.CaseService/CreateCase", request);
}

absl::StatusOr<pb::Case> GetCase(client::Client& client,
                                 const std::string& name) {
  pb::GetCaseRequest request;
  request.set_name(name);
  return client.Call<pb::Case>("passerelle.v1.CaseService/GetCase", request);
}

// The disk fills, is full, and has room again, as every client sees it.
void ExpectRefusedThenRecovered(client::Client& client,
                                const std::string& existing,
                                const std::function<void()>& fill,
                                const std::function<void()>& free) {
  fill();
  // The store may have room in files it owns already.
  absl::StatusOr<pb::Case> refused = CreateCase(client);
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (refused.ok() && absl::Now() < deadline) refused = CreateCase(client);
  for (int i = 0; i < 20; ++i) {
    const absl::Time begin = absl::Now();
    refused = CreateCase(client);
    EXPECT_LT(absl::Now() - begin, absl::Seconds(1));
    ASSERT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted));
    EXPECT_THAT(refused, HasReason("STORAGE_FULL"));
    EXPECT_THAT(GetCase(client, existing), IsOk());
  }
  free();
  const absl::Time freed = absl::Now();
  absl::StatusOr<pb::Case> accepted = CreateCase(client);
  while (!accepted.ok() && absl::Now() < freed + absl::Seconds(10)) {
    accepted = CreateCase(client);
  }
  ASSERT_THAT(accepted, IsOk());
  EXPECT_LT(absl::Now() - freed, absl::Seconds(5));
  EXPECT_THAT(GetCase(client, accepted->name()), IsOk());
  std::cout << "recovered in " << absl::Now() - freed << std::endl;
}

TEST(DiskFullTest, RefusesChangesAndRecoversInProcess) {
  storage::sqlite::FaultVfs vfs("disk_full_test");
  app::Composition composition;
  composition.vfs = vfs.name();
  TestServer server(nullptr, std::move(composition));
  client::Client& client = server.As("iom-tn", "cm");
  const auto existing = CreateCase(client);
  ASSERT_THAT(existing, IsOk());
  for (int round = 0; round < 2; ++round) {
    ASSERT_NO_FATAL_FAILURE(ExpectRefusedThenRecovered(
        client, existing->name(), [&] { vfs.SetFull(true); },
        [&] { vfs.SetFull(false); }));
  }
}

// A small file system in memory, where the machine lets us mount one.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& path) : path_(path) {
    mounted_ = mkdir(path.c_str(), 0700) == 0 &&
               mount("tmpfs", path.c_str(), "tmpfs", 0, "size=64m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  std::string store() const { return path_ + "/store.db"; }
  // Leaves no byte.
  void Fill() const {
    std::ofstream filler(path_ + "/filler", std::ios::binary);
    const std::string block(4096, 'x');
    while (filler.write(block.data(), 4096).flush()) {
    }
  }
  void Free() const { std::remove((path_ + "/filler").c_str()); }

 private:
  const std::string path_;
  bool mounted_ = false;
};

TEST(DiskFullTest, RefusesChangesAndRecoversOnARealFileSystem) {
  const TempDir scratch;
  const SmallDisk disk(scratch.path() + "/disk");
  if (!disk.mounted()) GTEST_SKIP() << "mounting is not permitted here";
  ServerProcess server(
      ServerProcess::Settings{{"store.path", "\"" + disk.store() + "\""}});
  ASSERT_TRUE(server.Start());
  server.Register();
  client::Client& client = server.As("iom-tn", "cm");
  const auto existing = CreateCase(client);
  ASSERT_THAT(existing, IsOk());
  const pid_t pid = server.pid();
  for (int round = 0; round < 2; ++round) {
    ASSERT_NO_FATAL_FAILURE(ExpectRefusedThenRecovered(
        client, existing->name(), [&] { disk.Fill(); }, [&] { disk.Free(); }));
  }
  EXPECT_EQ(server.pid(), pid);
  EXPECT_EQ(server.Wait(absl::ZeroDuration()), -1);  // still the first one
}

}  // namespace
}  // namespace passerelle::testing
