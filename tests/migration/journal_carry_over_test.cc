// A journal of schema 1, a hash chain, becomes the tree.

#include <array>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "openssl/sha.h"
#include "passerelle/internal/v1/stored.pb.h"
#include "server/journal/carry_over.h"
#include "server/journal/leaf_index.h"
#include "server/journal/tree.h"
#include "server/journal/verify.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/migrations.h"
#include "server/storage/sqlite/sqlite_store.h"
#include "server/storage/sqlite/statement.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace passerelle::journal {
namespace {

using ::passerelle::internal::v1::Leaf;
using ::passerelle::internal::v1::LeafBatch;
using ::passerelle::testing::IsOk;
using ::passerelle::testing::StatusIs;
using storage::sqlite::SqliteStore;

constexpr char kInsertSql[] =
    "INSERT INTO journal (first_sequence, count, time, chain_hash, leaves) "
    "VALUES (?, ?, ?, ?, ?)";
constexpr int kLeaves = 500;
constexpr int kLeavesPerRow = 3;

class CarryOverTest : public ::testing::Test {
 protected:
  // Writes the journal as schema 1 did, with one byte of one row's leaves
  // changed afterwards when `altered_row` is not negative.
  void WriteChain(int altered_row) {
    std::ofstream(path_, std::ios::app).flush();
    auto raw = storage::sqlite::Connection::Open(
        {.path = path_, .access = storage::sqlite::Access::kReadWrite});
    ASSERT_THAT(raw, IsOk());
    ASSERT_THAT(storage::sqlite::Migrate(
                    raw->get(), {},
                    {storage::sqlite::ReleasedMigrations().front()}, ""),
                IsOk());
    ASSERT_THAT((*raw)->BeginExclusive(), IsOk());
    std::string hash;
    for (int first = 0; first < kLeaves; first += kLeavesPerRow) {
      const int count = std::min(kLeavesPerRow, kLeaves - first);
      LeafBatch batch;
      for (int i = first; i < first + count; ++i) {
        Leaf leaf;
        leaf.set_sequence(i);
        leaf.set_resource(absl::StrCat("cases/c", i % 7));
        leaf.SerializeToString(batch.add_leaves());
        const std::string linked = absl::StrCat(hash, std::string(1, '\0'),
                                                batch.leaves().rbegin()[0]);
        hash.resize(SHA256_DIGEST_LENGTH);
        SHA256(reinterpret_cast<const unsigned char*>(linked.data()),
               linked.size(), reinterpret_cast<unsigned char*>(hash.data()));
      }
      std::string leaves = batch.SerializeAsString();
      if (first / kLeavesPerRow == altered_row) leaves.back() ^= 1;
      storage::sqlite::Statement row(raw->get(), kInsertSql);
      ASSERT_THAT(row.BindInt(first)
                      .BindInt(count)
                      .BindInt(int64_t{1700000000000000} + first)
                      .BindBlob(hash)
                      .BindBlob(leaves)
                      .Run(),
                  IsOk());
    }
    ASSERT_THAT((*raw)->Commit(), IsOk());
  }

  std::unique_ptr<SqliteStore> Open() {
    auto store = SqliteStore::Open({.path = path_});
    EXPECT_THAT(store, IsOk());
    return *std::move(store);
  }

  testing::TempDir dir_;
  const std::string path_ = dir_.File("store.db");
};

TEST_F(CarryOverTest, EveryLeafStandsInTheTreeAsItWas) {
  WriteChain(-1);
  const auto store = Open();
  ASSERT_THAT(CarryOverChain(store.get()), IsOk());
  ASSERT_THAT(CarryOverChain(store.get()), IsOk());  // nothing left to do
  ASSERT_THAT(LeafIndex::CatchUp(store.get()), IsOk());
  ASSERT_THAT(store->Read([&](storage::ReadTransaction& tx) {
    merkle::CompactRange tree;
    EXPECT_THAT(VerifyJournal(&tx, &tree), IsOk());
    EXPECT_EQ(tree.size(), kLeaves);
    merkle::CompactRange expected;
    LeafReader leaves(&tx);
    for (int i = 0; i < kLeaves; ++i) {
      std::string bytes;
      EXPECT_THAT(leaves.Read(i, &bytes), IsOk());
      expected.Append(merkle::HashLeaf(bytes));
      Leaf leaf;
      EXPECT_TRUE(leaf.ParseFromString(bytes));
      EXPECT_EQ(leaf.sequence(), i);
    }
    EXPECT_EQ(tree.Root(), expected.Root());
    storage::JournalBatch tail;
    EXPECT_THAT(tx.JournalTail(&tail), IsOk());
    EXPECT_EQ(tail.time, absl::FromUnixMicros(1700000000000000 + 498));
    std::vector<int64_t> found;
    EXPECT_THAT(tx.LeavesOfCase("c3", 0, 3, &found), IsOk());
    EXPECT_EQ(found, (std::vector<int64_t>{3, 10, 17}));
    return absl::OkStatus();
  }),
              IsOk());
}

TEST_F(CarryOverTest, AnAlteredChainIsRefusedAndLeftAsItWas) {
  WriteChain(120);
  const auto store = Open();
  EXPECT_THAT(CarryOverChain(store.get()),
              StatusIs(absl::StatusCode::kDataLoss));
  ASSERT_THAT(store->Read([&](storage::ReadTransaction& tx) {
    storage::JournalBatch tail;
    EXPECT_THAT(tx.JournalTail(&tail), IsOk());
    EXPECT_EQ(tail.count, 0);
    std::vector<storage::ChainedBatch> rows;
    EXPECT_THAT(tx.ReadChainedJournal(0, 1000, &rows), IsOk());
    EXPECT_EQ(rows.size(), 167u);
    return absl::OkStatus();
  }),
              IsOk());
}

}  // namespace
}  // namespace passerelle::journal
