#include "server/journal/verify.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/journal/tree.h"
#include "server/storage/memory/memory_store.h"
#include "tests/support/status_matchers.h"

namespace passerelle::journal {
namespace {

using merkle::CompactRange;
using ::passerelle::internal::v1::Leaf;
using ::passerelle::internal::v1::LeafBatch;
using ::passerelle::testing::IsOk;
using ::passerelle::testing::StatusIs;
using storage::JournalBatch;
using storage::MemoryStore;
using Batches = std::vector<JournalBatch>;

const absl::Time kTime = absl::FromUnixSeconds(1'700'000'000);

CompactRange TreeOf(MemoryStore& store) {
  CompactRange tree;
  EXPECT_THAT(store.Read([&](storage::ReadTransaction& tx) {
    return LoadTree(&tx, &tree);
  }),
              IsOk());
  return tree;
}

// Writes leaves named `methods` as one batch.
void Append(MemoryStore& store, const std::vector<std::string>& methods) {
  Appender appender(TreeOf(store));
  for (const std::string& method : methods) {
    Leaf leaf;
    leaf.set_method(method);
    appender.Append(leaf);
  }
  EXPECT_THAT(store.Write([&](storage::WriteTransaction& tx) {
    return appender.Flush(kTime, &tx);
  }),
              IsOk());
}

absl::Status Verify(MemoryStore& store, int64_t* count) {
  CompactRange tree;
  const absl::Status status = store.Read(
      [&](storage::ReadTransaction& tx) { return VerifyJournal(&tx, &tree); });
  *count = tree.size();
  return status;
}

Batches BatchesOf(MemoryStore& store) {
  Batches batches;
  EXPECT_THAT(store.Read([&](storage::ReadTransaction& tx) {
    return tx.ReadJournal(0, 1000, &batches);
  }),
              IsOk());
  return batches;
}

// What a tampered database would give: a store that holds `batches`.
absl::Status VerifyRows(const Batches& batches) {
  MemoryStore store;
  const absl::Status written =
      store.Write([&](storage::WriteTransaction& tx) -> absl::Status {
        for (const JournalBatch& batch : batches) {
          if (auto s = tx.AppendJournal(batch); !s.ok()) return s;
        }
        return absl::OkStatus();
      });
  EXPECT_THAT(written, IsOk());
  int64_t count = 0;
  return Verify(store, &count);
}

// Changes the leaves of one batch and leaves the rest as it was.
JournalBatch Edit(JournalBatch batch,
                  const std::function<void(LeafBatch*)>& edit) {
  LeafBatch leaves;
  EXPECT_TRUE(leaves.ParseFromString(batch.leaves));
  edit(&leaves);
  batch.leaves = leaves.SerializeAsString();
  return batch;
}

void EditLeaf(LeafBatch* batch, int index,
              const std::function<void(Leaf*)>& edit) {
  Leaf leaf;
  ASSERT_TRUE(leaf.ParseFromString(batch->leaves(index)));
  edit(&leaf);
  *batch->mutable_leaves(index) = leaf.SerializeAsString();
}

class VerifyJournalTest : public ::testing::Test {
 protected:
  VerifyJournalTest() {
    Append(store_, {"a", "b", "c"});
    Append(store_, {"d"});
    Append(store_, {"e", "f"});
    rows_ = BatchesOf(store_);
  }

  void ExpectDetected(const Batches& rows) {
    EXPECT_THAT(VerifyRows(rows), StatusIs(absl::StatusCode::kDataLoss));
  }

  MemoryStore store_;
  Batches rows_;
};

TEST_F(VerifyJournalTest, AnEmptyJournalIsSound) {
  MemoryStore store;
  EXPECT_EQ(TreeOf(store).size(), 0);
  int64_t count = -1;
  EXPECT_THAT(Verify(store, &count), IsOk());
  EXPECT_EQ(count, 0);
}

TEST_F(VerifyJournalTest, WhatWasAppendedIsSound) {
  ASSERT_EQ(rows_.size(), 3u);
  int64_t count = 0;
  EXPECT_THAT(Verify(store_, &count), IsOk());
  EXPECT_EQ(count, 6);
  EXPECT_EQ(TreeOf(store_).size(), 6);
  EXPECT_THAT(VerifyRows(rows_), IsOk());
}

TEST_F(VerifyJournalTest, ManyBatchesAreReadPageByPage) {
  MemoryStore store;
  for (int i = 0; i < 250; ++i) Append(store, {absl::StrCat("m", i)});
  int64_t count = 0;
  EXPECT_THAT(Verify(store, &count), IsOk());
  EXPECT_EQ(count, 250);
}

TEST_F(VerifyJournalTest, AFailedCommitLeavesTheTree) {
  const CompactRange before = TreeOf(store_);
  store_.FailNextCommit(absl::UnavailableError("full"));
  Appender appender(before);
  appender.Append(Leaf());
  EXPECT_FALSE(store_
                   .Write([&](storage::WriteTransaction& tx) {
                     return appender.Flush(kTime, &tx);
                   })
                   .ok());
  EXPECT_EQ(TreeOf(store_).size(), before.size());
  EXPECT_EQ(TreeOf(store_).Root(), before.Root());
  Append(store_, {"g"});
  int64_t count = 0;
  EXPECT_THAT(Verify(store_, &count), IsOk());
  EXPECT_EQ(count, 7);
}

TEST_F(VerifyJournalTest, AnEmptyAppenderWritesNothing) {
  Append(store_, {});
  EXPECT_EQ(BatchesOf(store_).size(), 3u);
}

TEST_F(VerifyJournalTest, AChangedLeafIsDetected) {
  for (size_t row = 0; row < rows_.size(); ++row) {
    for (int leaf = 0; leaf < rows_[row].count; ++leaf) {
      Batches rows = rows_;
      rows[row] = Edit(rows[row], [&](LeafBatch* batch) {
        EditLeaf(batch, leaf, [](Leaf* l) { l->set_method("x"); });
      });
      ExpectDetected(rows);
    }
  }
}

TEST_F(VerifyJournalTest, ABitFlippedAnywhereIsDetected) {
  for (size_t row = 0; row < rows_.size(); ++row) {
    for (size_t byte = 0; byte < rows_[row].leaves.size(); ++byte) {
      for (int bit = 0; bit < 8; ++bit) {
        Batches rows = rows_;
        rows[row].leaves[byte] =
            static_cast<char>(rows[row].leaves[byte] ^ (1 << bit));
        ExpectDetected(rows);
      }
    }
    for (size_t byte = 0; byte < rows_[row].nodes.size(); ++byte) {
      Batches rows = rows_;
      rows[row].nodes[byte] = static_cast<char>(rows[row].nodes[byte] ^ 1);
      ExpectDetected(rows);
    }
  }
}

TEST_F(VerifyJournalTest, AFieldAddedToALeafOrBesideItIsDetected) {
  Batches rows = rows_;
  rows[0] = Edit(rows[0], [](LeafBatch* batch) {
    batch->mutable_leaves(0)->append("\xF8\x07\x01");  // an unknown field
  });
  ExpectDetected(rows);
  rows = rows_;
  rows[0].leaves.append("\xF8\x07\x01");
  ExpectDetected(rows);
}

TEST_F(VerifyJournalTest, ARemovedLeafIsDetected) {
  for (int leaf = 0; leaf < 3; ++leaf) {
    Batches rows = rows_;
    rows[0] = Edit(rows[0], [&](LeafBatch* batch) {
      batch->mutable_leaves()->DeleteSubrange(leaf, 1);
    });
    ExpectDetected(rows);
  }
}

TEST_F(VerifyJournalTest, SwappedLeavesAreDetected) {
  Batches rows = rows_;
  rows[0] = Edit(rows[0], [](LeafBatch* batch) {
    batch->mutable_leaves()->SwapElements(0, 1);
  });
  ExpectDetected(rows);
  // Also when they are numbered anew.
  rows[0] = Edit(rows[0], [](LeafBatch* batch) {
    EditLeaf(batch, 0, [](Leaf* leaf) { leaf->set_sequence(0); });
    EditLeaf(batch, 1, [](Leaf* leaf) { leaf->set_sequence(1); });
  });
  ExpectDetected(rows);
}

TEST_F(VerifyJournalTest, ALeafThatIsNoLeafIsDetected) {
  Batches rows = rows_;
  rows[1] = Edit(
      rows[1], [](LeafBatch* batch) { batch->set_leaves(0, "\xFF\xFF\xFF"); });
  ExpectDetected(rows);
  rows = rows_;
  rows[1].leaves = "\xFF\xFF\xFF";
  ExpectDetected(rows);
}

// A batch cut out of the middle, the later ones moved up.
TEST_F(VerifyJournalTest, ARemovedBatchIsDetected) {
  Batches rows = {rows_[0], rows_[2]};
  rows[1].first_sequence = 3;
  ExpectDetected(rows);
  rows[1] = Edit(rows[1], [](LeafBatch* batch) {
    for (int i = 0; i < batch->leaves_size(); ++i) {
      EditLeaf(batch, i, [&](Leaf* leaf) { leaf->set_sequence(3 + i); });
    }
  });
  ExpectDetected(rows);
}

// The first batch cut off: the rest does not begin at the beginning.
TEST_F(VerifyJournalTest, ARemovedBeginningIsDetected) {
  Batches rows = {rows_[1]};
  rows[0].first_sequence = 0;
  rows[0] = Edit(rows[0], [](LeafBatch* batch) {
    EditLeaf(batch, 0, [](Leaf* leaf) { leaf->set_sequence(0); });
  });
  ExpectDetected(rows);
}

// The tree alone cannot know of leaves after its end: whoever kept a later root
// does.
TEST_F(VerifyJournalTest, ARemovedEndShowsAgainstARootKeptElsewhere) {
  const Batches rows = {rows_[0], rows_[1]};
  MemoryStore shorter;
  ASSERT_THAT(shorter.Write([&](storage::WriteTransaction& tx) {
    absl::Status status = tx.AppendJournal(rows[0]);
    status.Update(tx.AppendJournal(rows[1]));
    return status;
  }),
              IsOk());
  EXPECT_THAT(VerifyRows(rows), IsOk());
  EXPECT_NE(TreeOf(shorter).Root(), TreeOf(store_).Root());
}

// Lines of a file that its index hides would be missing in what the owner sees.
TEST_F(VerifyJournalTest, ALeafMissingInTheIndexIsDetected) {
  MemoryStore store;
  Appender appender{CompactRange()};
  for (const char* resource : {"cases/a", "missions/x", "cases/b/plans/p"}) {
    Leaf leaf;
    leaf.set_resource(resource);
    appender.Append(leaf);
  }
  const auto index = [&](int64_t end,
                         const std::vector<storage::CaseLeaves>& leaves) {
    return store.Write([&](storage::WriteTransaction& tx) {
      return tx.IndexLeaves(end, leaves);
    });
  };
  ASSERT_THAT(store.Write([&](storage::WriteTransaction& tx) {
    return appender.Flush(kTime, &tx);
  }),
              IsOk());
  int64_t count = 0;
  EXPECT_THAT(Verify(store, &count), IsOk());
  ASSERT_THAT(index(1, {{"a", {0}}}), IsOk());
  EXPECT_THAT(Verify(store, &count), IsOk());
  ASSERT_THAT(index(3, {}), IsOk());
  EXPECT_THAT(Verify(store, &count), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace passerelle::journal
