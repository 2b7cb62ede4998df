#ifndef PASSERELLE_SERVER_JOURNAL_LEAF_INDEX_H_
#define PASSERELLE_SERVER_JOURNAL_LEAF_INDEX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/storage/store.h"

namespace passerelle::journal {

// A leaf that concerns a file.
struct Subject {
  std::string case_id;
  int64_t sequence = 0;
};

// Id of the file that a resource name is in; empty outside files.
absl::string_view CaseOf(absl::string_view resource);

// Tells which leaves concern which file. It follows the journal: a row per leaf
// in every commit would cost more than the leaf, so some thousand leaves are
// indexed at once, or what there is when nothing else is to do. Readers look at
// the journal itself from the index's end on. Of the writer thread alone.
class LeafIndex {
 public:
  // Indexes what a stopped server left.
  static absl::Status CatchUp(storage::Store* store);

  // The index ends at leaf `end`.
  explicit LeafIndex(int64_t end = 0) : indexed_(end), end_(end) {}

  // What a commit appended up to `end`.
  void Add(std::vector<Subject> subjects, int64_t end);
  // How many leaves wait, and whether any of them concerns a file.
  int64_t behind() const { return end_ - indexed_; }
  bool has_subjects() const { return !pending_.empty(); }

  // Writes what waits in a commit of its own.
  absl::Status Write(storage::Store* store);

 private:
  std::vector<Subject> pending_;
  int64_t indexed_;
  int64_t end_;
  bool gave_up_ = false;  // readers and the next start do the rest
};

// Leaves of a file with sequence >= `from`, in order, at most `limit`: from the
// index, then from the journal behind its end.
absl::Status FindLeaves(storage::ReadTransaction* tx, absl::string_view case_id,
                        int64_t from, int limit,
                        std::vector<int64_t>* sequences);

}  // namespace passerelle::journal

#endif  // PASSERELLE_SERVER_JOURNAL_LEAF_INDEX_H_
