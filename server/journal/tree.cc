#include "server/journal/tree.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "sodium.h"

namespace passerelle::journal {
namespace {

using merkle::Hash;
using ::passerelle::internal::v1::Leaf;
using ::passerelle::internal::v1::LeafBatch;

constexpr size_t kSaltBytes = 16;

// Subtrees of level 1 and above that the first `leaves` leaves complete.
int64_t NodesOf(int64_t leaves) {
  return leaves - std::popcount(static_cast<uint64_t>(leaves));
}

}  // namespace

void AppendLeaf(absl::string_view leaf, merkle::CompactRange* tree,
                std::string* nodes) {
  tree->Append(merkle::HashLeaf(leaf), [nodes](const Hash& node) {
    const absl::string_view bytes = merkle::View(node);
    nodes->append(bytes.data(), bytes.size());
  });
}

void Appender::Append(Leaf leaf) {
  leaf.set_sequence(tree_.size());
  leaf.mutable_salt()->resize(kSaltBytes);
  randombytes_buf(leaf.mutable_salt()->data(), kSaltBytes);
  const absl::string_view file = CaseOf(leaf.resource());
  if (!file.empty()) {
    subjects_.push_back({std::string(file), leaf.sequence()});
  }
  std::string* bytes = batch_.add_leaves();
  leaf.SerializeToString(bytes);
  AppendLeaf(*bytes, &tree_, &nodes_);
}

absl::Status Appender::Flush(absl::Time time,
                             storage::WriteTransaction* tx) const {
  if (empty()) return absl::OkStatus();
  storage::JournalBatch row;
  row.count = batch_.leaves_size();
  row.first_sequence = tree_.size() - row.count;
  row.time = time;
  row.nodes = nodes_;
  batch_.SerializeToString(&row.leaves);
  return tx->AppendJournal(row);
}

absl::Status LoadTree(storage::ReadTransaction* tx,
                      merkle::CompactRange* tree) {
  storage::JournalBatch last;
  PASSERELLE_RETURN_IF_ERROR(tx->JournalTail(&last));
  const int64_t size = last.first_sequence + last.count;
  Prover prover(tx);
  std::vector<Hash> roots;
  for (int64_t done = 0; done < size;) {
    const auto part = static_cast<int64_t>(
        std::bit_floor(static_cast<uint64_t>(size - done)));
    PASSERELLE_RETURN_IF_ERROR(
        prover.Range(done, done + part, &roots.emplace_back()));
    done += part;
  }
  *tree = merkle::CompactRange(size, std::move(roots));
  return absl::OkStatus();
}

absl::Status LeafReader::Read(int64_t sequence, std::string* leaf) {
  if (sequence < row_.first_sequence ||
      sequence >= row_.first_sequence + row_.count) {
    std::vector<storage::JournalBatch> rows;
    PASSERELLE_RETURN_IF_ERROR(tx_->ReadJournal(sequence, 1, &rows));
    row_ = storage::JournalBatch();
    if (rows.empty() || sequence < rows[0].first_sequence) {
      return absl::NotFoundError("no such leaf");
    }
    if (!batch_.ParseFromString(rows[0].leaves) ||
        batch_.leaves_size() != rows[0].count) {
      return absl::DataLossError(
          absl::StrCat("the journal is damaged at leaf ", sequence));
    }
    row_ = std::move(rows[0]);
  }
  *leaf = batch_.leaves(static_cast<int>(sequence - row_.first_sequence));
  return absl::OkStatus();
}

// RFC 6962, section 2.1.1, from the root down; the proof goes up.
absl::Status Prover::Inclusion(int64_t index, int64_t size,
                               std::vector<Hash>* proof) {
  proof->clear();
  int64_t begin = 0;
  int64_t end = size;
  while (end - begin > 1) {
    const int64_t middle = begin + merkle::SplitOf(end - begin);
    const bool left = index < middle;
    PASSERELLE_RETURN_IF_ERROR(
        left ? Range(middle, end, &proof->emplace_back())
             : Range(begin, middle, &proof->emplace_back()));
    (left ? end : begin) = middle;
  }
  std::reverse(proof->begin(), proof->end());
  return absl::OkStatus();
}

// RFC 6962, section 2.1.2, from the root down.
absl::Status Prover::Consistency(int64_t first, int64_t second,
                                 std::vector<Hash>* proof) {
  proof->clear();
  if (first == 0 || first == second) return absl::OkStatus();
  int64_t begin = 0;
  int64_t end = second;
  while (end != first) {
    const int64_t middle = begin + merkle::SplitOf(end - begin);
    const bool left = first <= middle;
    PASSERELLE_RETURN_IF_ERROR(
        left ? Range(middle, end, &proof->emplace_back())
             : Range(begin, middle, &proof->emplace_back()));
    (left ? end : begin) = middle;
  }
  // A whole left part is the smaller tree, whose root the verifier has.
  if (begin != 0) {
    PASSERELLE_RETURN_IF_ERROR(Range(begin, end, &proof->emplace_back()));
  }
  std::reverse(proof->begin(), proof->end());
  return absl::OkStatus();
}

absl::Status Prover::Root(int64_t size, Hash* root) {
  if (size == 0) {
    *root = merkle::EmptyRoot();
    return absl::OkStatus();
  }
  return Range(0, size, root);
}

absl::Status Prover::Range(int64_t begin, int64_t end, Hash* root) {
  const int64_t size = end - begin;
  if (std::has_single_bit(static_cast<uint64_t>(size))) {
    const int level = std::countr_zero(static_cast<uint64_t>(size));
    return Subtree(level, begin >> level, root);
  }
  const int64_t middle = begin + merkle::SplitOf(size);
  Hash left;
  Hash right;
  PASSERELLE_RETURN_IF_ERROR(Range(begin, middle, &left));
  PASSERELLE_RETURN_IF_ERROR(Range(middle, end, &right));
  *root = merkle::HashChildren(left, right);
  return absl::OkStatus();
}

absl::Status Prover::Subtree(int level, int64_t index, Hash* root) {
  const auto [entry, fresh] = known_.try_emplace({level, index});
  Hash& hash = entry->second;
  if (!fresh) {
    *root = hash;
    return absl::OkStatus();
  }
  absl::Status status;
  if (level == 0) {
    std::string leaf;
    status = leaves_.Read(index, &leaf);
    hash = merkle::HashLeaf(leaf);
  } else {
    const int64_t last = ((index + 1) << level) - 1;  // the leaf completing it
    const int64_t place = NodesOf(last) + level - 1;
    // The row read last may end before; then its hashes do as well.
    if (first_ < 0 || last < first_ || !Take(place, &hash)) {
      status = tx_->JournalNodes(last, &first_, &nodes_);
      if (status.ok() && !Take(place, &hash)) {
        status = absl::DataLossError(
            absl::StrCat("hashes of the journal are missing at leaf ", last));
      }
      if (!status.ok()) first_ = -1;
    }
  }
  *root = hash;
  if (!status.ok()) known_.erase(entry);
  return status;
}

bool Prover::Take(int64_t place, Hash* hash) const {
  const auto from =
      static_cast<uint64_t>(place - NodesOf(first_)) * hash->size();
  return from < nodes_.size() &&
         merkle::FromBytes(absl::string_view(nodes_).substr(from, hash->size()),
                           hash);
}

}  // namespace passerelle::journal
