#include "tests/bench/proofs.h"

#include <algorithm>
#include <ctime>
#include <functional>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/merkle.h"
#include "common/status_macros.h"
#include "passerelle/internal/v1/stored.pb.h"
#include "server/journal/tree.h"
#include "server/storage/sqlite/sqlite_store.h"
#include "tests/support/temp_dir.h"

namespace passerelle::bench {
namespace {

// A commit of 64 callers is of this size (docs/reliability.md).
constexpr int64_t kLeavesPerCommit = 20;
constexpr int kCommitsPerWrite = 2000;
constexpr int kProofs = 2000;

double CpuMicroseconds() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 +
         static_cast<double>(time.tv_nsec) / 1e3;
}

std::string LeafOf(int64_t index) { return absl::StrCat("leaf ", index); }

struct Filled {
  merkle::CompactRange tree;
  double first_append_us = 0;  // per leaf, of the first commits
  double last_append_us = 0;   // of the last ones
};

absl::Status Fill(storage::Store* store, int64_t leaves,
                  const std::atomic<bool>& stop, Filled* filled) {
  while (filled->tree.size() < leaves && !stop) {
    const int64_t before = filled->tree.size();
    double spent = 0;
    const absl::Status written =
        store->Write([&](storage::WriteTransaction& tx) -> absl::Status {
          for (int i = 0; i < kCommitsPerWrite && filled->tree.size() < leaves;
               ++i) {
            storage::JournalBatch row;
            row.first_sequence = filled->tree.size();
            row.count = std::min(kLeavesPerCommit, leaves - row.first_sequence);
            internal::v1::LeafBatch batch;
            for (int64_t j = 0; j < row.count; ++j) {
              *batch.add_leaves() = LeafOf(row.first_sequence + j);
            }
            const double begin = CpuMicroseconds();
            for (const std::string& leaf : batch.leaves()) {
              journal::AppendLeaf(leaf, &filled->tree, &row.nodes);
            }
            spent += CpuMicroseconds() - begin;
            batch.SerializeToString(&row.leaves);
            PASSERELLE_RETURN_IF_ERROR(tx.AppendJournal(row));
          }
          return absl::OkStatus();
        });
    PASSERELLE_RETURN_IF_ERROR(written);
    const double each =
        spent / static_cast<double>(filled->tree.size() - before);
    if (before == 0) filled->first_append_us = each;
    filled->last_append_us = each;
    PASSERELLE_RETURN_IF_ERROR(store->Checkpoint());
  }
  return absl::OkStatus();
}

struct Times {
  double median_us = 0;
  double p99_us = 0;
  double cpu_us = 0;  // mean
};

absl::StatusOr<Times> Measure(const std::function<absl::Status()>& proof) {
  std::vector<double> micros;
  const double cpu = CpuMicroseconds();
  for (int i = 0; i < kProofs; ++i) {
    const absl::Time begin = absl::Now();
    PASSERELLE_RETURN_IF_ERROR(proof());
    micros.push_back(absl::ToDoubleMicroseconds(absl::Now() - begin));
  }
  Times times;
  times.cpu_us = (CpuMicroseconds() - cpu) / kProofs;
  std::sort(micros.begin(), micros.end());
  times.median_us = micros[micros.size() / 2];
  times.p99_us = micros[micros.size() * 99 / 100];
  return times;
}

}  // namespace

absl::StatusOr<std::string> MeasureProofs(int64_t leaves,
                                          const std::atomic<bool>& stop) {
  const testing::TempDir scratch;
  PASSERELLE_ASSIGN_OR_RETURN(
      const auto store,
      storage::sqlite::SqliteStore::Open({.path = scratch.File("store.db")}));
  Filled filled;
  PASSERELLE_RETURN_IF_ERROR(Fill(store.get(), leaves, stop, &filled));
  if (stop) return std::string();
  const merkle::Hash root = filled.tree.Root();
  std::mt19937_64 random(1);
  const auto below = [&](int64_t bound) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(bound));
  };
  std::vector<merkle::Hash> proof;
  bool sound = true;
  PASSERELLE_ASSIGN_OR_RETURN(
      const Times inclusion, Measure([&] {
        const int64_t index = below(leaves);
        PASSERELLE_RETURN_IF_ERROR(
            store->Read([&](storage::ReadTransaction& tx) {
              return journal::Prover(&tx).Inclusion(index, leaves, &proof);
            }));
        sound &= merkle::VerifyInclusion(
            index, leaves, merkle::HashLeaf(LeafOf(index)), proof, root);
        return absl::OkStatus();
      }));
  PASSERELLE_ASSIGN_OR_RETURN(
      const Times consistency, Measure([&] {
        return store->Read([&](storage::ReadTransaction& tx) {
          return journal::Prover(&tx).Consistency(1 + below(leaves), leaves,
                                                  &proof);
        });
      }));
  PASSERELLE_ASSIGN_OR_RETURN(const Times load, Measure([&] {
                                merkle::CompactRange tree;
                                PASSERELLE_RETURN_IF_ERROR(store->Read(
                                    [&](storage::ReadTransaction& tx) {
                                      return journal::LoadTree(&tx, &tree);
                                    }));
                                sound &= tree.Root() == root;
                                return absl::OkStatus();
                              }));
  if (!sound) return absl::InternalError("a proof did not verify");
  return absl::StrFormat(
      "{\"bench\": \"proof\", \"leaves\": %d, \"inclusion_p50_us\": %.0f, "
      "\"inclusion_p99_us\": %.0f, \"inclusion_cpu_us\": %.0f, "
      "\"consistency_p50_us\": %.0f, \"consistency_p99_us\": %.0f, "
      "\"consistency_cpu_us\": %.0f, \"load_p50_us\": %.0f, "
      "\"first_append_cpu_us\": %.2f, \"last_append_cpu_us\": %.2f}",
      leaves, inclusion.median_us, inclusion.p99_us, inclusion.cpu_us,
      consistency.median_us, consistency.p99_us, consistency.cpu_us,
      load.median_us, filled.first_append_us, filled.last_append_us);
}

}  // namespace passerelle::bench
