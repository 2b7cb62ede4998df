#include "server/journal/carry_over.h"

#include <array>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/merkle.h"
#include "common/status_macros.h"
#include "server/journal/tree.h"
#include "sodium.h"

namespace passerelle::journal {
namespace {

using ::passerelle::internal::v1::Leaf;
using ::passerelle::internal::v1::LeafBatch;

constexpr int kPage = 100;  // batches read at a time

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// How schema 1 chained: SHA-256(previous ‖ 0x00 ‖ leaf).
std::string Link(absl::string_view previous, absl::string_view leaf) {
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  crypto_hash_sha256_update(&state, Bytes(previous), previous.size());
  const unsigned char mark = 0;
  crypto_hash_sha256_update(&state, &mark, 1);
  crypto_hash_sha256_update(&state, Bytes(leaf), leaf.size());
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash;
  crypto_hash_sha256_final(&state, hash.data());
  return std::string(reinterpret_cast<const char*>(hash.data()), hash.size());
}

// Verifies a row of the chain and appends its leaves to the tree.
absl::Status Carry(const storage::ChainedBatch& old, std::string* chain_hash,
                   merkle::CompactRange* tree, storage::WriteTransaction* tx) {
  storage::JournalBatch row{tree->size(), old.count, old.time, "", old.leaves};
  LeafBatch batch;
  if (!batch.ParseFromString(old.leaves) ||
      batch.SerializeAsString() != old.leaves ||
      batch.leaves_size() != old.count || old.first_sequence != tree->size()) {
    return absl::DataLossError(
        absl::StrCat("chained journal broken before leaf ", tree->size()));
  }
  for (const std::string& bytes : batch.leaves()) {
    Leaf leaf;
    if (!leaf.ParseFromString(bytes) || leaf.sequence() != tree->size()) {
      return absl::DataLossError(
          absl::StrCat("chained journal broken at leaf ", tree->size()));
    }
    *chain_hash = Link(*chain_hash, bytes);
    AppendLeaf(bytes, tree, &row.nodes);
  }
  if (*chain_hash != old.chain_hash) {
    return absl::DataLossError(
        absl::StrCat("chained journal altered before leaf ", tree->size()));
  }
  return tx->AppendJournal(row);
}

}  // namespace

absl::Status CarryOverChain(storage::Store* store) {
  std::vector<storage::ChainedBatch> rows;
  PASSERELLE_RETURN_IF_ERROR(store->Read([&](storage::ReadTransaction& tx) {
    return tx.ReadChainedJournal(0, 1, &rows);
  }));
  if (rows.empty()) return absl::OkStatus();
  return store->Write([&](storage::WriteTransaction& tx) -> absl::Status {
    merkle::CompactRange tree;
    std::string chain_hash;
    while (true) {
      PASSERELLE_RETURN_IF_ERROR(
          tx.ReadChainedJournal(tree.size(), kPage, &rows));
      if (rows.empty()) break;
      for (const storage::ChainedBatch& row : rows) {
        PASSERELLE_RETURN_IF_ERROR(Carry(row, &chain_hash, &tree, &tx));
      }
    }
    return tx.DropChainedJournal();
  });
}

}  // namespace passerelle::journal
