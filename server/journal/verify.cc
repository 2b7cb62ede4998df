#include "server/journal/verify.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "passerelle/internal/v1/stored.pb.h"
#include "server/journal/leaf_index.h"
#include "server/journal/tree.h"

namespace passerelle::journal {
namespace {

using ::passerelle::internal::v1::Leaf;
using ::passerelle::internal::v1::LeafBatch;

constexpr int kPage = 100;  // batches read at a time

absl::Status VerifyRow(const storage::JournalBatch& row, int64_t indexed,
                       storage::ReadTransaction* tx,
                       merkle::CompactRange* tree) {
  // Hashes cover the leaves; bytes beside them would go unseen, so the row
  // must be exactly what writing them gives.
  LeafBatch batch;
  if (!batch.ParseFromString(row.leaves) ||
      batch.SerializeAsString() != row.leaves ||
      !batch.GetReflection()->GetUnknownFields(batch).empty() ||
      batch.leaves_size() != row.count || row.first_sequence != tree->size()) {
    return absl::DataLossError(
        absl::StrCat("journal broken before leaf ", tree->size()));
  }
  std::string nodes;
  std::vector<int64_t> found;
  for (const std::string& bytes : batch.leaves()) {
    const int64_t sequence = tree->size();
    Leaf leaf;
    if (!leaf.ParseFromString(bytes) || leaf.sequence() != sequence) {
      return absl::DataLossError(
          absl::StrCat("journal broken at leaf ", sequence));
    }
    AppendLeaf(bytes, tree, &nodes);
    const absl::string_view file = CaseOf(leaf.resource());
    if (file.empty() || sequence >= indexed) continue;
    PASSERELLE_RETURN_IF_ERROR(tx->LeavesOfCase(file, sequence, 1, &found));
    if (found.empty() || found[0] != sequence) {
      return absl::DataLossError(
          absl::StrCat("leaf ", sequence, " is missing in its file's index"));
    }
  }
  return nodes == row.nodes
             ? absl::OkStatus()
             : absl::DataLossError(
                   absl::StrCat("journal altered before leaf ", tree->size()));
}

}  // namespace

absl::Status VerifyJournal(storage::ReadTransaction* tx,
                           merkle::CompactRange* tree) {
  *tree = merkle::CompactRange();
  int64_t indexed = 0;
  PASSERELLE_RETURN_IF_ERROR(tx->LeafIndexEnd(&indexed));
  std::vector<storage::JournalBatch> rows;
  do {
    PASSERELLE_RETURN_IF_ERROR(tx->ReadJournal(tree->size(), kPage, &rows));
    for (const storage::JournalBatch& row : rows) {
      PASSERELLE_RETURN_IF_ERROR(VerifyRow(row, indexed, tx, tree));
    }
  } while (!rows.empty());
  return indexed <= tree->size()
             ? absl::OkStatus()
             : absl::DataLossError("the index goes beyond the journal");
}

}  // namespace passerelle::journal
