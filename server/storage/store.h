#ifndef PASSERELLE_SERVER_STORAGE_STORE_H_
#define PASSERELLE_SERVER_STORAGE_STORE_H_

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace passerelle::storage {

// Where a record lives. `scope` is the case id for a case and everything in
// it, so that one file is one contiguous range; "missions" for missions;
// "missions/{mission}" for a mission's officers. `id` is the last segment of
// the resource name; ids made by the server start with their kind's letter and
// are time-ordered, so ids of one kind in one scope are contiguous too and
// sort by creation.
struct RecordKey {
  std::string scope;
  std::string id;

  friend bool operator==(const RecordKey&, const RecordKey&) = default;
  friend auto operator<=>(const RecordKey&, const RecordKey&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const RecordKey& key) {
    return H::combine(std::move(state), key.scope, key.id);
  }
};

// One stored resource: plain columns for lists and timers, the rest is one
// serialised contract message and one serialised internal companion.
struct Record {
  RecordKey key;
  std::string kind;     // collection id, e.g. "feasibilityStudies"
  int32_t state = 0;    // number of the state enum, 0 when the kind has none
  int64_t version = 0;  // 1 after creation, +1 with every change
  // When a timer must look at this record; InfiniteFuture for never.
  absl::Time wake_time = absl::InfiniteFuture();
  std::string message;   // the contract message, without computed fields
  std::string internal;  // passerelle.internal.v1 companion, may be empty

  // Set by a store that seals (vault::SealedStore). Of a record that is not
  // whole, `message` holds what the store holds, so that Update keeps it.
  enum class Condition {
    kWhole,
    kDamaged,  // altered, or not in its own place
    kErased,   // its key was destroyed
  };
  Condition condition = Condition::kWhole;
  // Number of the key that seals it; 0: not known. Insert takes a given one, so
  // that a record is sealed as another of its file is.
  int64_t data_key = 0;
};

// What a mission is told: a serialised reference, never content.
struct MailboxEntry {
  int64_t sequence = 0;  // dense per mission: 1, 2, 3 …
  std::string entry;     // serialised passerelle.internal.v1.MailEntry
};

struct MailboxState {
  int64_t last_sequence = 0;          // 0: nothing was ever delivered
  int64_t oldest_sequence = 1;        // entries below were compacted
  int64_t acknowledged_sequence = 0;  // 0: nothing acknowledged
  absl::Time acknowledge_time = absl::InfinitePast();
};

// One committed mutation, remembered for replays.
struct RememberedRequest {
  // 22 bytes: the first six of the id, then a keyed hash of mission, method,
  // id.
  std::string fingerprint;
  std::string answer;  // serialised passerelle.internal.v1.RequestOutcome
};

// Leaves first_sequence … first_sequence + count − 1, as one row.
struct JournalBatch {
  int64_t first_sequence = 0;
  int64_t count = 0;
  absl::Time time;
  // Hashes of the subtrees that these leaves complete (journal/tree.h), 32
  // bytes each.
  std::string nodes;
  std::string leaves;  // serialised passerelle.internal.v1.LeafBatch
};

// Leaves that concern one file.
struct CaseLeaves {
  std::string case_id;
  std::vector<int64_t> sequences;  // at least one, growing
};

// What the platform signed of its journal at one size.
struct Checkpoint {
  int64_t tree_size = 0;
  absl::Time time;
  std::string note;  // C2SP signed note with the platform's signature
  // Serialised passerelle.internal.v1.Cosignature, one per mission.
  std::vector<std::string> cosignatures;
};

// A snapshot. Valid only inside the body it was given to; one thread.
//
// Lists replace what the vector held; a limit below one lists nothing. Times
// come back in whole microseconds, rounded down.
//
// Every method returns DATA_LOSS when the file is damaged, RESOURCE_EXHAUSTED
// when there is no room, UNAVAILABLE when the store is closing, else INTERNAL.
class ReadTransaction {
 public:
  virtual ~ReadTransaction() = default;

  // Returns: NOT_FOUND when there is no such record.
  virtual absl::Status Get(const RecordKey& key, Record* record) = 0;

  // Records of `kind` in `scope` with id > `after_id`, by id, at most `limit`.
  virtual absl::Status List(absl::string_view scope, absl::string_view kind,
                            absl::string_view after_id, int limit,
                            std::vector<Record>* records) = 0;

  // How many records in `scope` have ids that begin with `prefix`, in ASCII,
  // counted up to `limit`; an empty prefix counts all.
  virtual absl::Status CountIds(absl::string_view scope,
                                absl::string_view prefix, int limit,
                                int64_t* count) = 0;

  // Ids of the cases in which `mission` is a party, above `after_case`, by id.
  virtual absl::Status ListCases(absl::string_view mission,
                                 absl::string_view after_case, int limit,
                                 std::vector<std::string>* case_ids) = 0;

  // Whether `mission` is a party of the case.
  virtual absl::Status IsParty(absl::string_view mission,
                               absl::string_view case_id, bool* party) = 0;

  // Keys of records whose wake_time is at or before `now`, earliest first.
  virtual absl::Status ListDue(absl::Time now, int limit,
                               std::vector<RecordKey>* keys) = 0;
  // The earliest wake_time; InfiniteFuture when there is none.
  virtual absl::Status NextWake(absl::Time* time) = 0;

  // A mission that never had mail has the default state.
  virtual absl::Status GetMailbox(absl::string_view mission,
                                  MailboxState* state) = 0;
  // Entries with sequence > `after`, in order, at most `limit`.
  virtual absl::Status ReadMailbox(absl::string_view mission, int64_t after,
                                   int limit,
                                   std::vector<MailboxEntry>* entries) = 0;

  // Returns: NOT_FOUND when it was never remembered or is forgotten.
  virtual absl::Status FindRequest(absl::string_view fingerprint,
                                   std::string* answer) = 0;

  // The last batch; count 0 when the journal is empty.
  virtual absl::Status JournalTail(JournalBatch* tail) = 0;
  // Batches that hold a leaf with sequence >= `from`, in order.
  virtual absl::Status ReadJournal(int64_t from, int limit,
                                   std::vector<JournalBatch>* batches) = 0;
  // Of the batch that holds leaf `sequence`, without its leaves.
  // Returns: NOT_FOUND.
  virtual absl::Status JournalNodes(int64_t sequence, int64_t* first_sequence,
                                    std::string* nodes) = 0;
  // Leaves indexed for a file, with sequence >= `from`, in order, at most
  // `limit`.
  virtual absl::Status LeavesOfCase(absl::string_view case_id, int64_t from,
                                    int limit,
                                    std::vector<int64_t>* sequences) = 0;
  // The first leaf that is not indexed yet.
  virtual absl::Status LeafIndexEnd(int64_t* sequence) = 0;

  // Checkpoints of at least `from_size` leaves, smallest first.
  virtual absl::Status ListCheckpoints(
      int64_t from_size, int limit, std::vector<Checkpoint>* checkpoints) = 0;
  // The largest with at least `min_cosignatures`. Returns: NOT_FOUND.
  virtual absl::Status LatestCheckpoint(int min_cosignatures,
                                        Checkpoint* checkpoint) = 0;

  // Returns: NOT_FOUND.
  virtual absl::Status GetMeta(absl::string_view name, std::string* value) = 0;
};

// The only writing transaction of the process; it also sees its own writes.
class WriteTransaction : public ReadTransaction {
 public:
  // Runs `body` in a savepoint: kept when it returns OK, else undone and its
  // status returned. Savepoints do not nest.
  virtual absl::Status Savepoint(const std::function<absl::Status()>& body) = 0;

  // Returns: ALREADY_EXISTS.
  absl::Status Insert(const Record& record) {
    changed_.insert(record.key);
    return DoInsert(record);
  }
  // Replaces the record. Returns: NOT_FOUND.
  absl::Status Update(const Record& record) {
    changed_.insert(record.key);
    return DoUpdate(record);
  }
  // Removes the record. Returns: NOT_FOUND.
  absl::Status Delete(const RecordKey& key) {
    changed_.insert(key);
    return DoDelete(key);
  }
  // Keys given to Insert, Update and Delete so far, whether kept or undone
  // since.
  const std::set<RecordKey>& changed() const { return changed_; }

  // Makes `mission` a party of the case. Repeating it changes nothing.
  virtual absl::Status AddParty(absl::string_view mission,
                                absl::string_view case_id) = 0;

  // `batch.first_sequence` must follow the tail (0 in an empty journal) and
  // `batch.count` be at least 1. Returns: FAILED_PRECONDITION.
  virtual absl::Status AppendJournal(const JournalBatch& batch) = 0;

  // Indexes leaves LeafIndexEnd() … `end` − 1, of which `leaves` are those that
  // concern a file. Returns: FAILED_PRECONDITION when `end` would step back.
  virtual absl::Status IndexLeaves(int64_t end,
                                   const std::vector<CaseLeaves>& leaves) = 0;

  // Adds a checkpoint, or replaces that of the same size.
  virtual absl::Status PutCheckpoint(const Checkpoint& checkpoint) = 0;
  // Drops checkpoints older than `before` that no mission signed, never the
  // largest; at most `limit`.
  virtual absl::Status DropCheckpoints(absl::Time before, int limit) = 0;

  // Stores entries that must follow the mailbox's last sequence without a gap,
  // as one row. Returns: FAILED_PRECONDITION.
  virtual absl::Status AppendMailbox(
      absl::string_view mission, absl::Time time,
      const std::vector<MailboxEntry>& entries) = 0;
  // Raises acknowledged_sequence; a lower value changes nothing.
  // Returns: OUT_OF_RANGE beyond last_sequence.
  virtual absl::Status AcknowledgeMailbox(absl::string_view mission,
                                          int64_t sequence,
                                          absl::Time time) = 0;
  // Drops whole rows of entries that are acknowledged and older than `before`;
  // at most `limit` rows over all missions.
  virtual absl::Status CompactMailboxes(absl::Time before, int limit) = 0;

  // Remembers the requests of one batch. Returns: ALREADY_EXISTS.
  virtual absl::Status RememberRequests(
      absl::Time time, const std::vector<RememberedRequest>& requests) = 0;
  // Forgets requests remembered before `before`, at most `limit` batches;
  // `*forgotten` is the number of requests.
  virtual absl::Status ForgetRequests(absl::Time before, int limit,
                                      int64_t* forgotten) = 0;

  virtual absl::Status PutMeta(absl::string_view name,
                               absl::string_view value) = 0;

 protected:
  virtual absl::Status DoInsert(const Record& record) = 0;
  virtual absl::Status DoUpdate(const Record& record) = 0;
  virtual absl::Status DoDelete(const RecordKey& key) = 0;

 private:
  std::set<RecordKey> changed_;
};

// A durable store with one writer and many readers.
//
// Transactions exist only as bodies. A body does no other I/O, keeps the
// transaction to itself and may be run again, so it keeps no state across
// runs. Thread safe; Write bodies run one at a time.
class Store {
 public:
  virtual ~Store() = default;

  // Runs `body` on one snapshot. Returns the body's status.
  virtual absl::Status Read(
      const std::function<absl::Status(ReadTransaction&)>& body) = 0;

  // Runs `body` and, when it returned OK, commits and flushes. OK means the
  // changes survive a power cut. Any other status means that none of them was
  // kept. A commit that fails is never OK.
  virtual absl::Status Write(
      const std::function<absl::Status(WriteTransaction&)>& body) = 0;

  // Whether the log has grown enough for Checkpoint to be worth its pause.
  virtual bool WantsCheckpoint() = 0;
  // Moves the log into the main file, off the commit path. The engine calls it
  // when the writer is idle or the store wants it; OK also when busy readers
  // leave part of the work for later.
  virtual absl::Status Checkpoint() = 0;
};

}  // namespace passerelle::storage

#endif  // PASSERELLE_SERVER_STORAGE_STORE_H_
