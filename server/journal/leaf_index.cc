#include "server/journal/leaf_index.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "passerelle/internal/v1/stored.pb.h"

namespace passerelle::journal {
namespace {

using ::passerelle::internal::v1::Leaf;
using ::passerelle::internal::v1::LeafBatch;

constexpr int kPage = 100;            // batches read at a time
constexpr size_t kCatchUp = 1 << 14;  // leaves indexed in one commit
constexpr size_t kMaxPending = 1 << 18;

// Calls `visit` for every leaf from `from` on that concerns a file, until it
// says false; `*end` is then the first leaf not seen.
absl::Status Scan(storage::ReadTransaction* tx, int64_t from, int64_t* end,
                  const std::function<bool(Subject)>& visit) {
  *end = from;
  std::vector<storage::JournalBatch> rows;
  do {
    PASSERELLE_RETURN_IF_ERROR(tx->ReadJournal(*end, kPage, &rows));
    for (const storage::JournalBatch& row : rows) {
      LeafBatch batch;
      if (!batch.ParseFromString(row.leaves) ||
          batch.leaves_size() != row.count || row.first_sequence > *end) {
        return absl::DataLossError(
            absl::StrCat("the journal is damaged after leaf ", *end));
      }
      for (int64_t i = *end - row.first_sequence; i < row.count; ++i) {
        Leaf leaf;
        if (!leaf.ParseFromString(batch.leaves(static_cast<int>(i)))) {
          return absl::DataLossError(
              absl::StrCat("the journal is damaged at leaf ", *end));
        }
        const absl::string_view file = CaseOf(leaf.resource());
        const int64_t sequence = (*end)++;
        if (!file.empty() && !visit({std::string(file), sequence})) {
          return absl::OkStatus();
        }
      }
    }
  } while (!rows.empty());
  return absl::OkStatus();
}

// By file, and in order in each.
std::vector<storage::CaseLeaves> ByCase(std::vector<Subject> subjects) {
  std::sort(subjects.begin(), subjects.end(),
            [](const Subject& a, const Subject& b) {
              return std::tie(a.case_id, a.sequence) <
                     std::tie(b.case_id, b.sequence);
            });
  std::vector<storage::CaseLeaves> rows;
  for (Subject& subject : subjects) {
    if (rows.empty() || rows.back().case_id != subject.case_id) {
      rows.push_back({std::move(subject.case_id), {}});
    }
    rows.back().sequences.push_back(subject.sequence);
  }
  return rows;
}

}  // namespace

absl::string_view CaseOf(absl::string_view resource) {
  if (!absl::ConsumePrefix(&resource, "cases/")) return {};
  const absl::string_view id = resource.substr(0, resource.find('/'));
  return id == "-" ? absl::string_view() : id;  // a list over all files
}

absl::Status LeafIndex::CatchUp(storage::Store* store) {
  while (true) {
    std::vector<Subject> subjects;
    int64_t begin = 0;
    int64_t end = 0;
    PASSERELLE_RETURN_IF_ERROR(store->Read([&](storage::ReadTransaction& tx) {
      subjects.clear();
      const absl::Status known = tx.LeafIndexEnd(&begin);
      if (!known.ok()) return known;
      return Scan(&tx, begin, &end, [&](Subject subject) {
        subjects.push_back(std::move(subject));
        return subjects.size() < kCatchUp;
      });
    }));
    if (begin == end) return absl::OkStatus();
    const auto rows = ByCase(std::move(subjects));
    PASSERELLE_RETURN_IF_ERROR(store->Write([&](storage::WriteTransaction& tx) {
      return tx.IndexLeaves(end, rows);
    }));
  }
}

void LeafIndex::Add(std::vector<Subject> subjects, int64_t end) {
  if (pending_.size() + subjects.size() > kMaxPending) gave_up_ = true;
  if (gave_up_) {
    pending_.clear();
    end_ = indexed_;
    return;
  }
  end_ = end;
  std::move(subjects.begin(), subjects.end(), std::back_inserter(pending_));
}

absl::Status LeafIndex::Write(storage::Store* store) {
  if (behind() == 0) return absl::OkStatus();
  const auto rows = ByCase(pending_);
  PASSERELLE_RETURN_IF_ERROR(store->Write([&](storage::WriteTransaction& tx) {
    return tx.IndexLeaves(end_, rows);
  }));
  pending_.clear();
  indexed_ = end_;
  return absl::OkStatus();
}

absl::Status FindLeaves(storage::ReadTransaction* tx, absl::string_view case_id,
                        int64_t from, int limit,
                        std::vector<int64_t>* sequences) {
  PASSERELLE_RETURN_IF_ERROR(tx->LeavesOfCase(case_id, from, limit, sequences));
  const auto wanted = static_cast<size_t>(std::max(limit, 0));
  if (sequences->size() >= wanted) return absl::OkStatus();
  int64_t begin = 0;
  int64_t end = 0;
  PASSERELLE_RETURN_IF_ERROR(tx->LeafIndexEnd(&begin));
  return Scan(tx, std::max(begin, from), &end, [&](const Subject& subject) {
    if (subject.case_id == case_id) sequences->push_back(subject.sequence);
    return sequences->size() < wanted;
  });
}

}  // namespace passerelle::journal
