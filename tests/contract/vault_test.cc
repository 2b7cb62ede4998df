// The vault on its real key store: what opens, what no longer does, and what
// happens to keys that are rotated, restored or tampered with.

#include "server/vault/vault.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/sqlite_key_store.h"
#include "server/storage/sqlite/statement.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_pki.h"
#include "tests/support/vault_beside.h"

namespace passerelle::vault {
namespace {

namespace fs = std::filesystem;

using ::passerelle::testing::IsOk;
using ::passerelle::testing::MakeKeyFile;
using ::passerelle::testing::ReadFileOrDie;
using ::passerelle::testing::StatusIs;
using ::passerelle::testing::TempDir;
using ::passerelle::testing::WriteFileOrDie;
using storage::sqlite::SqliteKeyStore;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::string_view kPlace = "row 1";
const absl::Time kNow = absl::FromUnixSeconds(1'790'000'000);

class VaultTest : public ::testing::Test {
 protected:
  VaultTest() { MakeKeyFile(key_file_); }

  absl::Status TryOpen() {
    Close();
    auto store = SqliteKeyStore::Open({.path = store_path_});
    if (!store.ok()) return store.status();
    store_ = *std::move(store);
    auto vault = Vault::Open({.key_file = key_file_,
                              .erasure_ledger = ledger_path_,
                              .cached_keys = cached_keys_},
                             store_.get());
    if (!vault.ok()) return vault.status();
    vault_ = *std::move(vault);
    return absl::OkStatus();
  }
  void Open() { ASSERT_THAT(TryOpen(), IsOk()); }
  void Close() {
    vault_.reset();
    store_.reset();
  }

  int64_t NewKey() {
    const auto key = vault_->NewKey();
    EXPECT_THAT(key, IsOk());
    return key.ok() ? *key : 0;
  }
  std::string Seal(int64_t key, absl::string_view plain,
                   absl::string_view place = kPlace) {
    std::string sealed;
    EXPECT_THAT(vault_->Seal(key, place, plain, Padding::kBuckets, &sealed),
                IsOk());
    return sealed;
  }
  absl::Status TryUnseal(const std::string& sealed,
                         absl::string_view place = kPlace) {
    std::string plain;
    return vault_->Open(place, sealed, &plain);
  }
  std::string Unseal(const std::string& sealed,
                     absl::string_view place = kPlace) {
    std::string plain;
    EXPECT_THAT(vault_->Open(place, sealed, &plain), IsOk());
    return plain;
  }
  std::string WrappedBytes(int64_t key) {
    storage::WrappedKey wrapped;
    EXPECT_THAT(store_->Get(key, &wrapped), IsOk());
    return wrapped.wrapped;
  }

  void Rotate() {
    fs::copy_file(key_file_, OldKeyFile(key_file_));
    fs::permissions(OldKeyFile(key_file_), fs::perms::owner_read);
    fs::remove(key_file_);
    MakeKeyFile(key_file_);
  }

  // Everything in the folder but the key files, by name.
  std::map<std::string, std::string> Files() {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(dir_.path())) {
      const std::string path = entry.path();
      if (path.find("vault.key") != std::string::npos) continue;
      files[path] = ReadFileOrDie(path);
    }
    return files;
  }
  bool Anywhere(const std::string& bytes) {
    for (const auto& [path, content] : Files()) {
      if (content.find(bytes) != std::string::npos) return true;
    }
    return false;
  }

  const TempDir dir_;
  const std::string key_file_ = dir_.File("vault.key");
  const std::string store_path_ = dir_.File("keys.db");
  const std::string ledger_path_ = dir_.File("erasures.log");
  size_t cached_keys_ = 1024;
  std::unique_ptr<SqliteKeyStore> store_;
  std::unique_ptr<Vault> vault_;
};

TEST_F(VaultTest, WhatIsSealedOpensInItsPlaceAlone) {
  Open();
  const int64_t key = NewKey();
  for (const size_t size : {0, 1, 59, 60, 61, 1000, 100'000}) {
    const std::string plain(size, 'p');
    const std::string sealed = Seal(key, plain);
    EXPECT_EQ(Unseal(sealed), plain);
    EXPECT_THAT(TryUnseal(sealed, "row 2"),
                StatusIs(absl::StatusCode::kDataLoss));
    EXPECT_NE(Seal(key, plain), sealed);
  }
}

TEST_F(VaultTest, EveryAlteredByteIsSeen) {
  Open();
  const std::string sealed = Seal(NewKey(), "where she lives");
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string altered = sealed;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    EXPECT_THAT(TryUnseal(altered), StatusIs(absl::StatusCode::kDataLoss)) << i;
    EXPECT_THAT(TryUnseal(sealed.substr(0, i)),
                StatusIs(absl::StatusCode::kDataLoss));
  }
}

TEST_F(VaultTest, SizesTellLittle) {
  Open();
  const int64_t key = NewKey();
  EXPECT_EQ(Seal(key, "x").size(), Seal(key, std::string(60, 'x')).size());
  EXPECT_LT(Seal(key, "x").size(), Seal(key, std::string(61, 'x')).size());
  for (size_t size = 1; size < 10'000; size += 7) {
    EXPECT_LE(Seal(key, std::string(size, 'x')).size(),
              size + size / 8 + 64 + 60);
  }
}

TEST_F(VaultTest, KeysAreNeverGivenTwiceAndOutliveTheProcess) {
  std::set<int64_t> keys;
  std::vector<std::string> sealed;
  for (int start = 0; start < 3; ++start) {
    Open();
    for (const std::string& before : sealed) EXPECT_EQ(Unseal(before), "text");
    for (int i = 0; i < 700; ++i) {
      const int64_t key = NewKey();
      EXPECT_TRUE(keys.insert(key).second);
      if (i % 100 == 0) sealed.push_back(Seal(key, "text"));
    }
  }
}

TEST_F(VaultTest, FewPlacesInMemoryAreEnough) {
  cached_keys_ = 2;
  Open();
  std::vector<std::string> sealed;
  for (int i = 0; i < 20; ++i) {
    sealed.push_back(Seal(NewKey(), absl::StrCat(i)));
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Unseal(sealed[static_cast<size_t>(i)]), absl::StrCat(i));
  }
}

TEST_F(VaultTest, WrongKeyFileIsRefusedAndChangesNothing) {
  Open();
  const std::string sealed = Seal(NewKey(), "text");
  Close();
  const std::string before = ReadFileOrDie(store_path_);
  const std::string key = ReadFileOrDie(key_file_);
  fs::remove(key_file_);
  MakeKeyFile(key_file_);
  EXPECT_THAT(TryOpen(), StatusIs(absl::StatusCode::kFailedPrecondition));
  Close();
  EXPECT_TRUE(ReadFileOrDie(store_path_) == before);
  EXPECT_EQ(ReadFileOrDie(ledger_path_), "");
  WriteFileOrDie(key_file_, key);
  Open();
  EXPECT_EQ(Unseal(sealed), "text");
}

TEST_F(VaultTest, UnusableKeyFilesAreRefusedByName) {
  const std::string key = ReadFileOrDie(key_file_);
  struct Case {
    std::string what;
    std::string content;
    mode_t mode;
    absl::StatusCode code;
  };
  for (const Case& bad : std::vector<Case>{
           {"truncated", key.substr(0, 31), 0400,
            absl::StatusCode::kInvalidArgument},
           {"empty", "", 0400, absl::StatusCode::kInvalidArgument},
           {"longer", key + "\n", 0400, absl::StatusCode::kInvalidArgument},
           {"zeros", std::string(32, '\0'), 0400,
            absl::StatusCode::kInvalidArgument},
           {"for the group", key, 0440, absl::StatusCode::kPermissionDenied},
           {"for all", key, 0404, absl::StatusCode::kPermissionDenied},
           {"writable", key, 0620, absl::StatusCode::kPermissionDenied}}) {
    WriteFileOrDie(key_file_, bad.content);
    chmod(key_file_.c_str(), bad.mode);
    const auto read = ReadKeyFile(key_file_);
    EXPECT_THAT(read, StatusIs(bad.code)) << bad.what;
    EXPECT_THAT(std::string(read.status().message()), HasSubstr(key_file_));
  }
  fs::remove(key_file_);
  EXPECT_THAT(ReadKeyFile(key_file_), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(ReadKeyFile(dir_.path()), Not(IsOk()));
  ASSERT_EQ(mkfifo(key_file_.c_str(), 0400), 0);
  EXPECT_THAT(ReadKeyFile(key_file_),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(VaultTest, AKeyFileThatOthersMayReplaceIsRefused) {
  const std::string open = dir_.File("open");
  fs::create_directory(open);
  fs::copy_file(key_file_, open + "/vault.key");
  chmod((open + "/vault.key").c_str(), 0400);
  EXPECT_THAT(ReadKeyFile(open + "/vault.key"), IsOk());
  // A link is fine as long as what it leads to is safe.
  const std::string link = dir_.File("link");
  fs::create_symlink(open + "/vault.key", link);
  EXPECT_THAT(ReadKeyFile(link), IsOk());
  chmod(open.c_str(), 0777);
  EXPECT_THAT(ReadKeyFile(open + "/vault.key"),
              StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(ReadKeyFile(link), StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(VaultTest, SystemdCredentialsServeAsKeyFiles) {
  unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_THAT(ReadKeyFile("credential:vault.key"),
              StatusIs(absl::StatusCode::kNotFound));
  setenv("CREDENTIALS_DIRECTORY", dir_.path().c_str(), 1);
  chmod(key_file_.c_str(), 0440);  // as systemd's access list shows it
  const auto read = ReadKeyFile("credential:vault.key");
  EXPECT_THAT(read, IsOk());
  EXPECT_THAT(ReadKeyFile("credential:../vault.key"),
              StatusIs(absl::StatusCode::kInvalidArgument));
  chmod(key_file_.c_str(), 0444);
  EXPECT_THAT(ReadKeyFile("credential:vault.key"),
              StatusIs(absl::StatusCode::kPermissionDenied));
  unsetenv("CREDENTIALS_DIRECTORY");
}

TEST_F(VaultTest, SwappedWrappedKeysDoNotOpen) {
  Open();
  const int64_t a = NewKey();
  const int64_t b = NewKey();
  const std::string sealed = Seal(a, "text");
  std::vector<storage::WrappedKey> keys(2);
  ASSERT_THAT(store_->Get(a, &keys[0]), IsOk());
  ASSERT_THAT(store_->Get(b, &keys[1]), IsOk());
  std::swap(keys[0].number, keys[1].number);
  ASSERT_THAT(store_->Rewrap(keys), IsOk());
  Open();
  EXPECT_THAT(TryUnseal(sealed), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(VaultTest, RotationWrapsEveryKeyAnew) {
  Open();
  std::vector<std::string> sealed;
  std::vector<std::string> wrapped;
  for (int i = 0; i < 600; ++i) {
    const int64_t key = NewKey();
    sealed.push_back(Seal(key, absl::StrCat(i)));
    wrapped.push_back(WrappedBytes(key));
  }
  const std::string old_key = ReadFileOrDie(key_file_);
  Rotate();
  vault_->CheckKeyFile();
  vault_->WaitForRewrap();
  for (const std::string& bytes : wrapped) ASSERT_FALSE(Anywhere(bytes));
  fs::remove(OldKeyFile(key_file_));
  Open();
  for (size_t i = 0; i < sealed.size(); ++i) {
    ASSERT_EQ(Unseal(sealed[i]), absl::StrCat(i));
  }
  EXPECT_EQ(Unseal(Seal(kPlatformKey, "text")), "text");
  WriteFileOrDie(key_file_, old_key);
  EXPECT_THAT(TryOpen(), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(VaultTest, RotationGoesOnAfterAnyEnd) {
  Open();
  std::vector<std::string> sealed;
  for (int i = 0; i < 5'000; ++i) sealed.push_back(Seal(NewKey(), "text"));
  Close();
  Rotate();
  // Each start ends somewhere on the way.
  for (int start = 0; start < 5; ++start) {
    Open();
    EXPECT_EQ(Unseal(sealed[1000]), "text");
    absl::SleepFor(absl::Milliseconds(start));
  }
  vault_->WaitForRewrap();
  fs::remove(OldKeyFile(key_file_));
  Open();
  for (const std::string& each : sealed) ASSERT_EQ(Unseal(each), "text");
}

TEST_F(VaultTest, AnUnusableNewKeyFileChangesNothing) {
  Open();
  const std::string sealed = Seal(NewKey(), "text");
  const std::string key = ReadFileOrDie(key_file_);
  for (const std::string& bad : {key.substr(1), std::string()}) {
    WriteFileOrDie(key_file_, bad);
    vault_->CheckKeyFile();
    vault_->WaitForRewrap();
  }
  fs::remove(key_file_);
  vault_->CheckKeyFile();
  EXPECT_EQ(Unseal(sealed), "text");
  WriteFileOrDie(key_file_, key);
  Open();
  EXPECT_EQ(Unseal(sealed), "text");
}

TEST_F(VaultTest, RotationIsNotFeltByWhoSeals) {
  cached_keys_ = 8;  // most keys are unwrapped when they are used
  Open();
  std::vector<std::string> sealed;
  for (int i = 0; i < 500; ++i) sealed.push_back(Seal(NewKey(), "text"));
  std::atomic<bool> stop{false};
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = static_cast<size_t>(t); !stop; i += 7) {
        std::string plain;
        failures +=
            !vault_->Open(kPlace, sealed[i % sealed.size()], &plain).ok();
        const auto key = vault_->NewKey();
        failures +=
            !key.ok() ||
            !vault_->Seal(*key, kPlace, "x", Padding::kNone, &plain).ok();
      }
    });
  }
  for (int turn = 0; turn < 5; ++turn) {
    Rotate();
    vault_->CheckKeyFile();
    vault_->WaitForRewrap();
    fs::remove(OldKeyFile(key_file_));
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  Open();
  for (const std::string& each : sealed) ASSERT_EQ(Unseal(each), "text");
}

TEST_F(VaultTest, AnErasedKeyIsGoneEverywhereAndForGood) {
  Open();
  const int64_t key = NewKey();
  const int64_t neighbour = NewKey();
  const std::string sealed = Seal(key, "text");
  const std::string other = Seal(neighbour, "other");
  const std::string wrapped = WrappedBytes(key);
  ASSERT_TRUE(Anywhere(wrapped));
  ASSERT_THAT(vault_->Erase({"e1", kNow, {key}}), IsOk());
  EXPECT_FALSE(Anywhere(wrapped));
  for (int start = 0; start < 2; ++start) {
    EXPECT_THAT(TryUnseal(sealed), StatusIs(absl::StatusCode::kNotFound));
    std::string again;
    EXPECT_THAT(vault_->Seal(key, kPlace, "x", Padding::kNone, &again),
                StatusIs(absl::StatusCode::kNotFound));
    EXPECT_EQ(Unseal(other), "other");
    EXPECT_FALSE(Anywhere(wrapped));
    Open();
  }
  // Repeating it adds nothing.
  const std::string ledger = ReadFileOrDie(ledger_path_);
  EXPECT_THAT(vault_->Erase({"e1", kNow, {key}}), IsOk());
  EXPECT_EQ(ReadFileOrDie(ledger_path_), ledger);
  EXPECT_THAT(vault_->Erase({"e2", kNow, {kPlatformKey}}), Not(IsOk()));
}

TEST_F(VaultTest, AnErasureWaitsForWhoReadsTheKeyStore) {
  Open();
  const int64_t key = NewKey();
  const std::string sealed = Seal(key, "text");
  const std::string wrapped = WrappedBytes(key);
  auto reader = storage::sqlite::Connection::Open({.path = store_path_});
  ASSERT_THAT(reader, IsOk());
  ASSERT_THAT((*reader)->Begin(), IsOk());
  {
    static constexpr char kSql[] = "SELECT COUNT(*) FROM data_key";
    storage::sqlite::Statement count(reader->get(), kSql);
    ASSERT_TRUE(count.Step());
  }
  // Not said to be done, though nobody reads it any more.
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(vault_->Erase({"e1", kNow, {key}}),
                StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_THAT(TryUnseal(sealed), StatusIs(absl::StatusCode::kNotFound));
  }
  reader->reset();
  EXPECT_THAT(vault_->Erase({"e1", kNow, {key}}), IsOk());
  EXPECT_FALSE(Anywhere(wrapped));
  Open();
  EXPECT_THAT(TryUnseal(sealed), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(VaultTest, ARestoredKeyStoreIsErasedAgainBeforeItServes) {
  Open();
  const int64_t key = NewKey();
  const std::string sealed = Seal(key, "text");
  const std::string other = Seal(NewKey(), "other");
  Close();
  const std::string backup = ReadFileOrDie(store_path_);
  Open();
  ASSERT_THAT(vault_->Erase({"e1", kNow, {key}}), IsOk());
  ASSERT_THAT(vault_->Erase({"e2", kNow, {NewKey()}}), IsOk());
  Close();
  WriteFileOrDie(store_path_, backup);
  Open();
  EXPECT_THAT(TryUnseal(sealed), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(Unseal(other), "other");
  // And keys made since are not those that the backup had not seen.
  ASSERT_THAT(vault_->Erase({"e3", kNow, {NewKey()}}), IsOk());
  Open();
  EXPECT_EQ(Unseal(other), "other");
}

TEST_F(VaultTest, ALostLedgerIsWrittenAgain) {
  Open();
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(vault_->Erase({absl::StrCat("e", i), kNow, {NewKey()}}),
                IsOk());
  }
  const std::string ledger = ReadFileOrDie(ledger_path_);
  const std::string first = ledger.substr(0, ledger.find('\n') + 1);
  for (const std::string& left : {std::string(), first, ledger + "2026-03"}) {
    WriteFileOrDie(ledger_path_, left);
    Open();
    EXPECT_EQ(ReadFileOrDie(ledger_path_), ledger);
  }
  fs::remove(ledger_path_);
  Open();
  EXPECT_EQ(ReadFileOrDie(ledger_path_), ledger);
}

TEST_F(VaultTest, AnAlteredLedgerIsRefused) {
  Open();
  const int64_t live = NewKey();
  const std::string sealed = Seal(live, "text");
  const int64_t keys[] = {NewKey(), NewKey(), NewKey()};
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(vault_->Erase({absl::StrCat("e", i), kNow, {keys[i]}}), IsOk());
  }
  Close();
  const std::string ledger = ReadFileOrDie(ledger_path_);
  const size_t second = ledger.find('\n') + 1;
  const size_t third = ledger.find('\n', second) + 1;
  std::string other_key = ledger;
  const std::string number = absl::StrCat(keys[1]);
  other_key.replace(other_key.find(number), number.size(), absl::StrCat(live));
  for (const std::string& bad :
       {ledger.substr(second), other_key,
        ledger.substr(0, second) + ledger.substr(third), "x\n" + ledger,
        ledger + ledger.substr(third)}) {
    WriteFileOrDie(ledger_path_, bad);
    EXPECT_THAT(TryOpen(), StatusIs(absl::StatusCode::kDataLoss)) << bad;
  }
  WriteFileOrDie(ledger_path_, ledger);
  Open();
  EXPECT_EQ(Unseal(sealed), "text");
}

TEST_F(VaultTest, SuspendedKeysOpenNothing) {
  Open();
  const int64_t key = NewKey();
  const std::string sealed = Seal(key, "text");
  vault_->Suspend({key});
  EXPECT_THAT(TryUnseal(sealed), StatusIs(absl::StatusCode::kNotFound));
  vault_->Resume({key});
  EXPECT_EQ(Unseal(sealed), "text");
}

TEST_F(VaultTest, KeysOfAnotherPlatformAreNotTheLedgers) {
  Open();
  ASSERT_THAT(vault_->Erase({"e1", kNow, {NewKey()}}), IsOk());
  Close();
  fs::remove(store_path_);
  EXPECT_THAT(TryOpen(), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace passerelle::vault
