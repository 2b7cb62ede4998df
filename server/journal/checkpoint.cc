#include "server/journal/checkpoint.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/journal/tree.h"
#include "server/journal/verify.h"

namespace passerelle::journal {
namespace {

constexpr absl::Duration kKeep = absl::Hours(24 * 30);
constexpr int kDropAtOnce = 100;
constexpr int kPage = 100;  // checkpoints read at a time

// What the platform said, whoever signed it.
absl::StatusOr<note::CheckpointText> TextOf(
    const storage::Checkpoint& checkpoint) {
  const auto note = note::Split(checkpoint.note);
  if (note.ok()) {
    auto text = note::CheckpointText::Parse(note->text);
    if (text.ok() && text->tree_size == checkpoint.tree_size) return text;
  }
  return absl::DataLossError(absl::StrCat(
      "the checkpoint of ", checkpoint.tree_size, " leaves is damaged"));
}

// That the tree begins as the last checkpoint says.
absl::Status CheckLast(storage::ReadTransaction* tx,
                       const storage::Checkpoint& last, int64_t size) {
  PASSERELLE_ASSIGN_OR_RETURN(const note::CheckpointText text, TextOf(last));
  merkle::Hash root;
  if (last.tree_size <= size) {
    PASSERELLE_RETURN_IF_ERROR(Prover(tx).Root(last.tree_size, &root));
    if (root == text.root) return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(
      "the journal is not what was signed at ", last.tree_size, " leaves"));
}

}  // namespace

absl::Status MakeCheckpoint(storage::Store* store,
                            const merkle::CompactRange& tree,
                            const note::SignerKey& key, absl::Time now) {
  return store->Write([&](storage::WriteTransaction& tx) -> absl::Status {
    storage::Checkpoint last;
    const absl::Status found = tx.LatestCheckpoint(0, &last);
    if (!absl::IsNotFound(found)) {
      PASSERELLE_RETURN_IF_ERROR(found);
      PASSERELLE_RETURN_IF_ERROR(CheckLast(&tx, last, tree.size()));
      if (last.tree_size == tree.size()) return absl::OkStatus();
    }
    note::CheckpointText text;
    text.origin = key.verifier().name();
    text.tree_size = tree.size();
    text.root = tree.Root();
    const std::string body = text.Write();
    storage::Checkpoint checkpoint;
    checkpoint.tree_size = tree.size();
    checkpoint.time = now;
    checkpoint.note = note::Join({body, {key.Sign(body, now)}});
    PASSERELLE_RETURN_IF_ERROR(tx.PutCheckpoint(checkpoint));
    return tx.DropCheckpoints(now - kKeep, kDropAtOnce);
  });
}

absl::Status VerifyCheckpoints(storage::ReadTransaction* tx,
                               const note::VerifierKey& key,
                               merkle::CompactRange* tree) {
  PASSERELLE_RETURN_IF_ERROR(VerifyJournal(tx, tree));
  int64_t next = 0;
  std::vector<storage::Checkpoint> page;
  do {
    PASSERELLE_RETURN_IF_ERROR(tx->ListCheckpoints(next, kPage, &page));
    for (const storage::Checkpoint& checkpoint : page) {
      PASSERELLE_RETURN_IF_ERROR(CheckLast(tx, checkpoint, tree->size()));
      if (!note::OpenCheckpoint(checkpoint.note, key).ok()) {
        return absl::DataLossError(
            absl::StrCat("the checkpoint of ", checkpoint.tree_size,
                         " leaves is not signed by the key"));
      }
      next = checkpoint.tree_size + 1;
    }
  } while (!page.empty());
  return absl::OkStatus();
}

std::string LogName(absl::string_view trust_domain) {
  return absl::StrCat(trust_domain, "/journal");
}

std::string WitnessName(absl::string_view trust_domain,
                        absl::string_view mission) {
  return absl::StrCat(trust_domain, "/missions/", mission);
}

}  // namespace passerelle::journal
