// What a sealed store shows of rows that were altered, moved or erased.

#include "server/vault/sealed_store.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/memory/memory_store.h"
#include "server/storage/sqlite/sqlite_key_store.h"
#include "server/vault/key_owner.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/support/vault_beside.h"

namespace passerelle::vault {
namespace {

using ::passerelle::testing::IsOk;
using ::passerelle::testing::MakeKeyFile;
using ::passerelle::testing::StatusIs;
using ::passerelle::testing::TempDir;
using storage::JournalBatch;
using storage::MailboxEntry;
using storage::MemoryStore;
using storage::ReadTransaction;
using storage::Record;
using storage::RecordKey;
using storage::WriteTransaction;
using ::testing::HasSubstr;
using ::testing::Not;
using Condition = Record::Condition;

const absl::Time kNow = absl::FromUnixSeconds(1'790'000'000);
constexpr char kCanary[] = "CANARY-7f3a-where-she-lives";

Record MakeRecord(const std::string& scope, const std::string& id,
                  const std::string& kind) {
  Record record;
  record.key = {scope, id};
  record.kind = kind;
  record.state = 2;
  record.version = 1;
  record.message = absl::StrCat(kCanary, " message of ", id);
  record.internal = absl::StrCat(kCanary, " companion of ", id);
  return record;
}

class SealedStoreTest : public ::testing::Test {
 protected:
  SealedStoreTest() {
    MakeKeyFile(dir_.File("vault.key"));
    auto keys =
        storage::sqlite::SqliteKeyStore::Open({.path = dir_.File("keys.db")});
    EXPECT_THAT(keys, IsOk());
    keys_ = *std::move(keys);
    auto vault = Vault::Open({.key_file = dir_.File("vault.key"),
                              .erasure_ledger = dir_.File("erasures.log"),
                              .cached_keys = 64},
                             keys_.get());
    EXPECT_THAT(vault, IsOk());
    vault_ = *std::move(vault);
    auto store = SealedStore::Open(&rows_, vault_.get());
    EXPECT_THAT(store, IsOk());
    store_ = *std::move(store);
    Insert(MakeRecord("c01", "c01", "cases"));
    Insert(MakeRecord("c01", "p01", "persons"));
    Insert(MakeRecord("c01", "p02", "persons"));
    Insert(MakeRecord("c01", "r01", "referrals"));
    Insert(MakeRecord("c01", "r02", "referrals"));
    Insert(MakeRecord("c02", "c02", "cases"));
    Insert(MakeRecord("c02", "r03", "referrals"));
    Insert(MakeRecord("missions", "iom-tn", "missions"));
  }

  void Insert(const Record& record) {
    ASSERT_THAT(
        store_->Write([&](WriteTransaction& tx) { return tx.Insert(record); }),
        IsOk());
  }
  Record Get(const RecordKey& key) {
    Record record;
    EXPECT_THAT(
        store_->Read([&](ReadTransaction& tx) { return tx.Get(key, &record); }),
        IsOk());
    return record;
  }
  Record Row(const RecordKey& key) {
    Record record;
    EXPECT_THAT(
        rows_.Read([&](ReadTransaction& tx) { return tx.Get(key, &record); }),
        IsOk());
    return record;
  }
  void PutRow(const Record& record) {
    ASSERT_THAT(
        rows_.Write([&](WriteTransaction& tx) { return tx.Update(record); }),
        IsOk());
  }
  std::vector<Condition> Conditions() {
    std::vector<Condition> conditions;
    for (const RecordKey& key : {RecordKey{"c01", "c01"},
                                 {"c01", "p01"},
                                 {"c01", "p02"},
                                 {"c01", "r01"},
                                 {"c01", "r02"},
                                 {"c02", "c02"},
                                 {"c02", "r03"},
                                 {"missions", "iom-tn"}}) {
      conditions.push_back(Get(key).condition);
    }
    return conditions;
  }

  const TempDir dir_;
  MemoryStore rows_;
  std::unique_ptr<storage::sqlite::SqliteKeyStore> keys_;
  std::unique_ptr<Vault> vault_;
  std::unique_ptr<SealedStore> store_;
};

TEST(KeyOwnerTest, FilesAndPersonsHaveKeysOfTheirOwn) {
  EXPECT_EQ(KeyOwnerOf({"c01", "c01"}, "cases"), KeyOwner::kItself);
  EXPECT_EQ(KeyOwnerOf({"c01", "p01"}, "persons"), KeyOwner::kItself);
  EXPECT_EQ(KeyOwnerOf({"c01", "p01"}, "plans"), KeyOwner::kFile);
  EXPECT_EQ(KeyOwnerOf({"missions", "iom-tn"}, "missions"),
            KeyOwner::kPlatform);
  EXPECT_EQ(KeyOwnerOf({"missions/iom-tn", "fp"}, "officers"),
            KeyOwner::kPlatform);
  EXPECT_EQ(KeyOwnerOf({"countryBriefs", "ma"}, "countryBriefs"),
            KeyOwner::kPlatform);
  EXPECT_EQ(KeyOwnerOf({"countryBriefs", "countryBriefs"}, "countryBriefs"),
            KeyOwner::kPlatform);
}

TEST_F(SealedStoreTest, NothingPrivateStandsInTheRows) {
  for (const RecordKey& key :
       {RecordKey{"c01", "c01"}, {"c01", "p01"}, {"missions", "iom-tn"}}) {
    const Record row = Row(key);
    EXPECT_THAT(row.message, Not(HasSubstr("CANARY")));
    EXPECT_EQ(row.internal, "");
    EXPECT_EQ(row.state, 2);
    const Record whole = Get(key);
    EXPECT_THAT(whole.message, HasSubstr(kCanary));
    EXPECT_THAT(whole.internal, HasSubstr("companion"));
  }
}

TEST_F(SealedStoreTest, KeysFollowTheirOwners) {
  EXPECT_EQ(Get({"c01", "r01"}).data_key, Get({"c01", "c01"}).data_key);
  EXPECT_EQ(Get({"c01", "r02"}).data_key, Get({"c01", "c01"}).data_key);
  EXPECT_EQ(Get({"missions", "iom-tn"}).data_key, kPlatformKey);
  const std::set<int64_t> own = {
      kPlatformKey, Get({"c01", "c01"}).data_key, Get({"c01", "p01"}).data_key,
      Get({"c01", "p02"}).data_key, Get({"c02", "c02"}).data_key};
  EXPECT_EQ(own.size(), 5);
  // Also after a change, whether or not the record was read before.
  Record change = MakeRecord("c01", "p01", "persons");
  change.version = 2;
  const int64_t key = Get({"c01", "p01"}).data_key;
  ASSERT_THAT(
      store_->Write([&](WriteTransaction& tx) { return tx.Update(change); }),
      IsOk());
  EXPECT_EQ(Get({"c01", "p01"}).data_key, key);
}

TEST_F(SealedStoreTest, WhatAFailedChangeLearnedIsForgotten) {
  const auto fail = [&](WriteTransaction& tx) {
    absl::Status status = tx.Insert(MakeRecord("c03", "c03", "cases"));
    status.Update(tx.Insert(MakeRecord("c03", "r01", "referrals")));
    status.Update(absl::AbortedError("undone"));
    return status;
  };
  EXPECT_THAT(store_->Write(fail), StatusIs(absl::StatusCode::kAborted));
  ASSERT_THAT(store_->Write([&](WriteTransaction& tx) {
    EXPECT_THAT(tx.Savepoint([&] { return fail(tx); }), Not(IsOk()));
    absl::Status status = tx.Insert(MakeRecord("c03", "c03", "cases"));
    status.Update(tx.Insert(MakeRecord("c03", "r01", "referrals")));
    return status;
  }),
              IsOk());
  EXPECT_EQ(Get({"c03", "r01"}).data_key, Get({"c03", "c03"}).data_key);
}

TEST_F(SealedStoreTest, SwappedOrAlteredRowsAreDamage) {
  const auto whole = Conditions();
  const Record r01 = Row({"c01", "r01"});
  const Record r02 = Row({"c01", "r02"});
  const Record r03 = Row({"c02", "r03"});
  const std::vector<std::pair<std::string, std::function<void(Record*)>>>
      kinds = {
          {"a neighbour's", [&](Record* row) { row->message = r02.message; }},
          {"another file's", [&](Record* row) { row->message = r03.message; }},
          {"state", [](Record* row) { ++row->state; }},
          {"version", [](Record* row) { ++row->version; }},
          {"kind", [](Record* row) { row->kind = "persons"; }},
          {"a byte", [](Record* row) { row->message.back() ^= 1; }},
          {"cut", [](Record* row) { row->message.pop_back(); }},
          {"empty", [](Record* row) { row->message.clear(); }},
          {"in clear", [](Record* row) { row->message = "\x0a\x01x"; }}};
  for (const auto& [what, alter] : kinds) {
    SCOPED_TRACE(what);
    Record row = r01;
    alter(&row);
    PutRow(row);
    EXPECT_EQ(Get({"c01", "r01"}).condition, Condition::kDamaged);
    EXPECT_EQ(Get({"c01", "r02"}).condition, Condition::kWhole);
    EXPECT_THAT(Get({"c01", "r01"}).message, Not(HasSubstr("CANARY")));
    PutRow(r01);
  }
  EXPECT_EQ(Conditions(), whole);
}

TEST_F(SealedStoreTest, AnOlderSelfUnderTheNewVersionIsDamage) {
  const Record old = Row({"c01", "r01"});
  Record change = Get({"c01", "r01"});
  change.version = 2;
  ASSERT_THAT(
      store_->Write([&](WriteTransaction& tx) { return tx.Update(change); }),
      IsOk());
  Record row = Row({"c01", "r01"});
  row.message = old.message;
  PutRow(row);
  EXPECT_EQ(Get({"c01", "r01"}).condition, Condition::kDamaged);
}

TEST_F(SealedStoreTest, ADamagedRecordIsSetAsideAsItIs) {
  Record row = Row({"c01", "r01"});
  row.message.back() ^= 1;
  PutRow(row);
  Record damaged = Get({"c01", "r01"});
  damaged.wake_time = kNow;
  ASSERT_THAT(
      store_->Write([&](WriteTransaction& tx) { return tx.Update(damaged); }),
      IsOk());
  const Record kept = Row({"c01", "r01"});
  EXPECT_EQ(kept.message, row.message);
  EXPECT_EQ(kept.wake_time, kNow);
  // Repaired, it reads again, whatever its wake time is now.
  row.message.back() ^= 1;
  row.wake_time = kNow;
  PutRow(row);
  EXPECT_EQ(Get({"c01", "r01"}).condition, Condition::kWhole);
}

TEST_F(SealedStoreTest, ListsGoOnBesideDamage) {
  Record row = Row({"c01", "r01"});
  row.message = Row({"c01", "r02"}).message;
  PutRow(row);
  std::vector<Record> records;
  ASSERT_THAT(store_->Read([&](ReadTransaction& tx) {
    return tx.List("c01", "referrals", "", 10, &records);
  }),
              IsOk());
  ASSERT_EQ(records.size(), 2);
  EXPECT_EQ(records[0].condition, Condition::kDamaged);
  EXPECT_EQ(records[1].condition, Condition::kWhole);
}

TEST_F(SealedStoreTest, EvidenceMailAnswersAndValuesOpenInTheirPlaceAlone) {
  JournalBatch batch;
  batch.count = 1;
  batch.time = kNow;
  batch.nodes = std::string(32, 'h');
  batch.leaves = absl::StrCat(kCanary, " leaves");
  const std::string one(22, '1');
  const std::string two(22, '2');
  ASSERT_THAT(store_->Write([&](WriteTransaction& tx) {
    absl::Status status = tx.AppendJournal(batch);
    status.Update(tx.AppendMailbox(
        "missions/iom-ma", kNow,
        {{1, absl::StrCat(kCanary, 1)}, {2, absl::StrCat(kCanary)}}));
    status.Update(tx.RememberRequests(
        kNow, {{one, absl::StrCat(kCanary, 1)}, {two, kCanary}}));
    status.Update(tx.PutMeta("store_key", kCanary));
    return status;
  }),
              IsOk());
  JournalBatch tail;
  std::vector<MailboxEntry> mail;
  std::string answer;
  std::string value;
  ASSERT_THAT(store_->Read([&](ReadTransaction& tx) {
    absl::Status status = tx.JournalTail(&tail);
    status.Update(tx.ReadMailbox("missions/iom-ma", 0, 9, &mail));
    status.Update(tx.FindRequest(two, &answer));
    status.Update(tx.GetMeta("store_key", &value));
    return status;
  }),
              IsOk());
  EXPECT_EQ(tail.leaves, batch.leaves);
  ASSERT_EQ(mail.size(), 2);
  EXPECT_EQ(mail[0].entry, absl::StrCat(kCanary, 1));
  EXPECT_EQ(answer, kCanary);
  EXPECT_EQ(value, kCanary);

  // The same rows in another place.
  MemoryStore moved;
  ASSERT_THAT(rows_.Read([&](ReadTransaction& from) {
    return moved.Write([&](WriteTransaction& to) {
      std::string mark;
      absl::Status status = from.GetMeta("vault.mark", &mark);
      status.Update(to.PutMeta("vault.mark", mark));
      status.Update(from.JournalTail(&tail));
      EXPECT_THAT(tail.leaves, Not(HasSubstr("CANARY")));
      tail.time += absl::Seconds(1);
      status.Update(to.AppendJournal(tail));
      status.Update(from.ReadMailbox("missions/iom-ma", 0, 9, &mail));
      EXPECT_THAT(mail[0].entry, Not(HasSubstr("CANARY")));
      std::swap(mail[0].entry, mail[1].entry);
      status.Update(to.AppendMailbox("missions/iom-ma", kNow, mail));
      status.Update(from.FindRequest(two, &answer));
      EXPECT_THAT(answer, Not(HasSubstr("CANARY")));
      status.Update(to.RememberRequests(kNow, {{one, answer}}));
      status.Update(from.GetMeta("store_key", &value));
      EXPECT_THAT(value, Not(HasSubstr("CANARY")));
      status.Update(to.PutMeta("other", value));
      return status;
    });
  }),
              IsOk());
  const auto again = SealedStore::Open(&moved, vault_.get());
  ASSERT_THAT(again, IsOk());
  const auto read =
      [&](const std::function<absl::Status(ReadTransaction&)>& b) {
        return (*again)->Read(b);
      };
  const auto lost = StatusIs(absl::StatusCode::kDataLoss);
  EXPECT_THAT(read([&](ReadTransaction& tx) { return tx.JournalTail(&tail); }),
              lost);
  EXPECT_THAT(read([&](ReadTransaction& tx) {
                return tx.ReadMailbox("missions/iom-ma", 0, 9, &mail);
              }),
              lost);
  EXPECT_THAT(
      read([&](ReadTransaction& tx) { return tx.FindRequest(one, &answer); }),
      lost);
  EXPECT_THAT(
      read([&](ReadTransaction& tx) { return tx.GetMeta("other", &value); }),
      lost);
}

TEST_F(SealedStoreTest, AnErasedPersonLeavesTheRest) {
  const Record row = Row({"c01", "p01"});
  ASSERT_THAT(vault_->Erase({"e1", kNow, {Get({"c01", "p01"}).data_key}}),
              IsOk());
  std::vector<Condition> expected(8, Condition::kWhole);
  expected[1] = Condition::kErased;
  EXPECT_EQ(Conditions(), expected);
  Record erased = Get({"c01", "p01"});
  EXPECT_THAT(erased.message, Not(HasSubstr("CANARY")));
  // Timers may still touch what is left, and nothing comes back by it.
  ASSERT_THAT(
      store_->Write([&](WriteTransaction& tx) { return tx.Update(erased); }),
      IsOk());
  EXPECT_EQ(Row({"c01", "p01"}).message, row.message);
}

TEST_F(SealedStoreTest, PartsAreSealedAsWhatTheyArePartOf) {
  Record about = MakeRecord("c01", "d01", "documents");
  about.data_key = Get({"c01", "p01"}).data_key;
  Insert(about);
  Record part = MakeRecord("c01/d01", "0000", "parts");
  part.data_key = about.data_key;
  Insert(part);
  Insert(MakeRecord("c01/d02", "0000", "parts"));  // of the file
  EXPECT_EQ(Get(about.key).data_key, about.data_key);
  EXPECT_EQ(Get({"c01/d02", "0000"}).data_key, Get({"c01", "c01"}).data_key);
  ASSERT_THAT(vault_->Erase({"e01", kNow, {about.data_key}}), IsOk());
  EXPECT_EQ(Get(about.key).condition, Condition::kErased);
  EXPECT_EQ(Get(part.key).condition, Condition::kErased);
  EXPECT_EQ(Get({"c01/d02", "0000"}).condition, Condition::kWhole);
  ASSERT_THAT(
      store_->Write([&](WriteTransaction& tx) { return tx.Delete(part.key); }),
      IsOk());
}

TEST_F(SealedStoreTest, AnErasedFileTakesWhatIsInIt) {
  ASSERT_THAT(vault_->Erase(
                  {"e1",
                   kNow,
                   {Get({"c01", "c01"}).data_key, Get({"c01", "p01"}).data_key,
                    Get({"c01", "p02"}).data_key}}),
              IsOk());
  const auto e = Condition::kErased;
  const auto w = Condition::kWhole;
  EXPECT_EQ(Conditions(), (std::vector<Condition>{e, e, e, e, e, w, w, w}));
  EXPECT_THAT(store_->Write([&](WriteTransaction& tx) {
    return tx.Insert(MakeRecord("c01", "r09", "referrals"));
  }),
              Not(IsOk()));
}

TEST_F(SealedStoreTest, AStoreOfOtherKeysIsRefused) {
  MakeKeyFile(dir_.File("other.key"));
  const auto keys =
      storage::sqlite::SqliteKeyStore::Open({.path = dir_.File("other.db")});
  ASSERT_THAT(keys, IsOk());
  const auto vault = Vault::Open({.key_file = dir_.File("other.key"),
                                  .erasure_ledger = dir_.File("other.log"),
                                  .cached_keys = 64},
                                 keys->get());
  ASSERT_THAT(vault, IsOk());
  EXPECT_THAT(SealedStore::Open(&rows_, vault->get()),
              StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(SealedStoreTest, AnUnsealedStoreIsRefusedAndLeftAlone) {
  MemoryStore clear;
  ASSERT_THAT(clear.Write([&](WriteTransaction& tx) {
    return tx.Insert(MakeRecord("missions", "iom-tn", "missions"));
  }),
              IsOk());
  EXPECT_THAT(SealedStore::Open(&clear, vault_.get()),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  bool sealed = true;
  ASSERT_THAT(SealedStore::IsSealed(&clear, &sealed), IsOk());
  EXPECT_FALSE(sealed);
}

TEST(SealedFilesTest, ADatabaseWithoutItsKeyStoreIsRefused) {
  const TempDir dir;
  const std::string path = dir.File("store.db");
  ASSERT_THAT(testing::OpenSealed(path), IsOk());
  std::filesystem::remove(path + ".keys");
  EXPECT_THAT(testing::OpenSealed(path),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_FALSE(std::filesystem::exists(path + ".keys"));
}

TEST(SealedFilesTest, WithoutAKeyFileNothingIsMade) {
  const TempDir dir;
  const std::string path = dir.File("store.db");
  auto vault = testing::VaultBeside(path);
  std::filesystem::remove(vault.key_file);
  EXPECT_THAT(app::SealedFiles::Open({.path = path}, vault),
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

}  // namespace
}  // namespace passerelle::vault
