#include "server/journal/chain.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "sodium.h"

namespace passerelle::journal {
namespace {

using ::passerelle::internal::v1::Leaf;
using ::passerelle::internal::v1::LeafBatch;

constexpr int kVerifyPage = 100;  // batches read at a time

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// SHA-256(previous ‖ 0x00 ‖ leaf). The prefix is RFC 6962's mark of a leaf.
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

}  // namespace

void Appender::Append(Leaf leaf) {
  leaf.set_sequence(tail_.next++);
  std::string* bytes = batch_.add_leaves();
  leaf.SerializeToString(bytes);
  tail_.chain_hash = Link(tail_.chain_hash, *bytes);
}

absl::Status Appender::Flush(absl::Time time,
                             storage::WriteTransaction* tx) const {
  if (empty()) return absl::OkStatus();
  storage::JournalBatch row;
  row.count = batch_.leaves_size();
  row.first_sequence = tail_.next - row.count;
  row.time = time;
  row.chain_hash = tail_.chain_hash;
  batch_.SerializeToString(&row.leaves);
  return tx->AppendJournal(row);
}

absl::Status LoadTail(storage::ReadTransaction* tx, Tail* tail) {
  storage::JournalBatch last;
  PASSERELLE_RETURN_IF_ERROR(tx->JournalTail(&last));
  *tail = Tail{};
  if (last.count > 0) {
    tail->next = last.first_sequence + last.count;
    tail->chain_hash = last.chain_hash;
  }
  return absl::OkStatus();
}

absl::Status VerifyChain(storage::ReadTransaction* tx, int64_t* leaf_count) {
  std::string hash;
  int64_t next = 0;
  while (true) {
    std::vector<storage::JournalBatch> rows;
    PASSERELLE_RETURN_IF_ERROR(tx->ReadJournal(next, kVerifyPage, &rows));
    if (rows.empty()) break;
    for (const storage::JournalBatch& row : rows) {
      // The hash covers the leaves; bytes beside them would go unseen, so the
      // row must be exactly what writing them gives.
      LeafBatch batch;
      if (!batch.ParseFromString(row.leaves) ||
          batch.SerializeAsString() != row.leaves ||
          !batch.GetReflection()->GetUnknownFields(batch).empty() ||
          batch.leaves_size() != row.count || row.first_sequence != next) {
        return absl::DataLossError(
            absl::StrCat("journal broken before leaf ", next));
      }
      for (const std::string& bytes : batch.leaves()) {
        Leaf leaf;
        if (!leaf.ParseFromString(bytes) || leaf.sequence() != next) {
          return absl::DataLossError(
              absl::StrCat("journal broken at leaf ", next));
        }
        ++next;
        hash = Link(hash, bytes);
      }
      if (hash != row.chain_hash) {
        return absl::DataLossError(
            absl::StrCat("journal altered before leaf ", next));
      }
    }
  }
  *leaf_count = next;
  return absl::OkStatus();
}

}  // namespace passerelle::journal
