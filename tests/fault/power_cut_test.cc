// R02: what a power cut leaves. Everything that was written and flushed is
// recorded; images are made of what was flushed and a random part of the rest,
// torn at sectors, and each must open with all that was acknowledged.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/sqlite/fault_vfs.h"
#include "server/storage/sqlite/sqlite_store.h"
#include "tests/fault/store_scenario.h"
#include "tests/support/integrity.h"
#include "tests/support/seed.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace passerelle::testing {
namespace {

namespace fs = std::filesystem;
using storage::sqlite::FaultVfs;
using storage::sqlite::SqliteStore;
using Step = FaultVfs::Step;

constexpr int kChanges = 120;
constexpr int kImages = 500;
constexpr size_t kSector = 512;

// A run of the store, and when each change was acknowledged.
struct Recording {
  std::vector<Step> steps;
  std::vector<int64_t> acknowledged;  // number of steps, by change
};

Recording RecordChanges(const std::string& path) {
  FaultVfs vfs("power");
  vfs.Record();
  Recording run;
  run.acknowledged.push_back(0);  // there is no change 0
  auto store = SqliteStore::Open({.path = path, .vfs = vfs.name()});
  EXPECT_THAT(store, IsOk());
  StoreScenario scenario(store->get());
  for (int number = 1; number <= kChanges; ++number) {
    EXPECT_THAT(scenario.Change(number), IsOk());
    run.acknowledged.push_back(vfs.steps());
    // Sometimes the log is moved into the file, and begins anew.
    if (number % 17 == 0) EXPECT_THAT((*store)->Checkpoint(), IsOk());
    if (number == kChanges / 2) {
      store->reset();
      store = SqliteStore::Open({.path = path, .vfs = vfs.name()});
      EXPECT_THAT(store, IsOk());
      scenario = StoreScenario(store->get());
    }
  }
  store->reset();
  run.steps = vfs.TakeSteps();
  return run;
}

// What may stand on the disk when the power is cut after `end` steps.
class Image {
 public:
  Image(const Recording& run, size_t end, bool believe_flushes,
        std::mt19937_64* random)
      : random_(*random) {
    std::map<std::string, size_t>
        flushed;  // steps of a file that must be there
    // SQLite flushes the folder with the first flush of a new log or journal.
    size_t folder_flushed = 0;
    for (size_t i = 0; i < end && believe_flushes; ++i) {
      const Step& step = run.steps[i];
      if (step.kind == Step::Kind::kDelete) flushed.erase(step.path);
      if (step.kind != Step::Kind::kFlush) continue;
      const bool is_new = flushed.insert_or_assign(step.path, i).second;
      if (is_new && absl::StrContains(step.path, "store.db-")) {
        folder_flushed = i;
      }
    }
    for (size_t i = 0; i < end; ++i) {
      const Step& step = run.steps[i];
      const auto until = flushed.find(step.path);
      Apply(step, step.kind == Step::Kind::kDelete
                      ? i < folder_flushed
                      : until != flushed.end() && i < until->second);
    }
  }

  void Save(const std::string& from, const std::string& to) const {
    for (const auto& [path, content] : files_) {
      std::ofstream file(absl::StrCat(to, absl::StripPrefix(path, from)),
                         std::ios::binary);
      file.write(content.data(), static_cast<std::streamsize>(content.size()));
    }
  }

 private:
  void Apply(const Step& step, bool sure) {
    if (step.kind == Step::Kind::kFlush) return;
    if (!sure && std::bernoulli_distribution(0.5)(random_)) return;
    switch (step.kind) {
      case Step::Kind::kDelete:
        files_.erase(step.path);
        return;
      case Step::Kind::kTruncate:
        files_[step.path].resize(static_cast<size_t>(step.offset));
        return;
      default:
        break;
    }
    std::string bytes = step.bytes;
    if (!sure && std::bernoulli_distribution(0.3)(random_)) {
      const size_t sectors = bytes.size() / kSector;
      bytes.resize(kSector *
                   std::uniform_int_distribution<size_t>(0, sectors)(random_));
    }
    std::string& file = files_[step.path];
    const auto offset = static_cast<size_t>(step.offset);
    if (file.size() < offset + bytes.size()) {
      file.resize(offset + bytes.size());
    }
    std::copy(bytes.begin(), bytes.end(),
              file.begin() + static_cast<std::ptrdiff_t>(offset));
  }

  std::mt19937_64& random_;
  std::map<std::string, std::string> files_;
};

// What is wrong with an image; empty when nothing is.
std::string Wrong(const Recording& run, size_t end, const std::string& path) {
  std::set<int> found;
  {
    auto store = SqliteStore::Open({.path = path});
    if (!store.ok()) return store.status().ToString();
    const absl::Status status =
        StoreScenario::Find(store->get(), kChanges, &found);
    if (!status.ok()) return status.ToString();
    // And it goes on from there.
    const absl::Status more = StoreScenario(store->get()).Change(kChanges + 1);
    if (!more.ok()) return more.ToString();
  }
  for (int number = 1; number <= kChanges; ++number) {
    const bool acknowledged = run.acknowledged[static_cast<size_t>(number)] <=
                              static_cast<int64_t>(end);
    if (acknowledged && !found.contains(number)) {
      return absl::StrCat("change ", number, " is lost");
    }
    if (found.contains(number) && number > 1 && !found.contains(number - 1)) {
      return absl::StrCat("change ", number, " without the one before");
    }
  }
  const std::string integrity = IntegrityOf(path);
  return integrity == "ok" ? "" : integrity;
}

class PowerCut : public ::testing::Test {
 protected:
  // Images in which something is wrong.
  std::vector<std::string> Try(int images, bool believe_flushes) {
    const TempDir folder;
    const Recording run = RecordChanges(folder.File("store.db"));
    std::vector<std::string> wrong;
    for (int i = 0; i < images; ++i) {
      // Once the file was made.
      const size_t end = std::uniform_int_distribution<size_t>(
          static_cast<size_t>(run.acknowledged[1]), run.steps.size())(random_);
      const TempDir image;
      Image(run, end, believe_flushes, &random_)
          .Save(folder.path(), image.path());
      const std::string what = Wrong(run, end, image.File("store.db"));
      if (!what.empty()) wrong.push_back(absl::StrCat(end, ": ", what));
    }
    return wrong;
  }

  std::mt19937_64 random_{Seed()};
};

TEST_F(PowerCut, NothingAcknowledgedIsLostAndNothingIsHalfThere) {
  EXPECT_THAT(Try(kImages, true), ::testing::IsEmpty());
  std::cout << kImages << " images" << std::endl;
}

// The test would see a flush that is missing.
TEST_F(PowerCut, ADiskThatOnlySaysItFlushedLoses) {
  EXPECT_THAT(Try(20, false), ::testing::Not(::testing::IsEmpty()));
}

}  // namespace
}  // namespace passerelle::testing
