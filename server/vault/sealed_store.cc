#include "server/vault/sealed_store.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/storage/forwarding_reads.h"
#include "server/vault/key_owner.h"

namespace passerelle::vault {
namespace {

using storage::JournalBatch;
using storage::MailboxEntry;
using storage::Record;
using storage::RecordKey;

constexpr char kMark[] = "vault.mark";
constexpr char kMarkValue[] = "sealed";
// Counted again when they are more: some 6 MiB.
constexpr size_t kMaxFileKeys = 1 << 16;
constexpr size_t kLengthBytes = 4;

// Identities: what a row is, in a form in which two never look the same. Texts
// are preceded by their length.
class Identity {
 public:
  explicit Identity(char what) : bytes_(1, what) { bytes_.reserve(160); }

  Identity& Add(absl::string_view text) {
    Add(static_cast<int64_t>(text.size()));
    bytes_.append(text.data(), text.size());
    return *this;
  }
  Identity& Add(int64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes_.push_back(static_cast<char>(number >> shift));
    }
    return *this;
  }
  absl::string_view bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Not of its wake time, which may be put off without reading the record.
Identity IdentityOf(const Record& record) {
  return Identity('r')
      .Add(record.key.scope)
      .Add(record.key.id)
      .Add(record.kind)
      .Add(record.state)
      .Add(record.version);
}
Identity IdentityOf(const JournalBatch& batch) {
  return Identity('j')
      .Add(batch.first_sequence)
      .Add(batch.count)
      .Add(absl::ToUnixMicros(batch.time));
}
Identity IdentityOf(absl::string_view mission, const MailboxEntry& entry) {
  return Identity('m').Add(mission).Add(entry.sequence);
}
Identity RequestIdentity(absl::string_view fingerprint) {
  return Identity('a').Add(fingerprint);
}
Identity MetaIdentity(absl::string_view name) {
  return Identity('n').Add(name);
}

// Message and companion in one piece: neither can be exchanged alone.
std::string Join(const Record& record) {
  std::string joined;
  joined.reserve(kLengthBytes + record.message.size() + record.internal.size());
  const auto length = static_cast<uint32_t>(record.message.size());
  for (int shift = 24; shift >= 0; shift -= 8) {
    joined.push_back(static_cast<char>(length >> shift));
  }
  joined += record.message;
  joined += record.internal;
  return joined;
}

bool Part(absl::string_view joined, Record* record) {
  if (joined.size() < kLengthBytes) return false;
  size_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length = (length << 8) | static_cast<unsigned char>(joined[i]);
  }
  joined.remove_prefix(kLengthBytes);
  if (length > joined.size()) return false;
  record->message.assign(joined.data(), length);
  record->internal.assign(joined.data() + length, joined.size() - length);
  return true;
}

// Opens what the store below it holds.
class SealedReader {
 public:
  SealedReader(storage::ReadTransaction* base, Vault* vault)
      : base_(*base), vault_(*vault) {}

  absl::Status Get(const RecordKey& key, Record* record) {
    PASSERELLE_RETURN_IF_ERROR(base_.Get(key, record));
    return OpenRecord(record);
  }
  absl::Status List(absl::string_view scope, absl::string_view kind,
                    absl::string_view after_id, int limit,
                    std::vector<Record>* records) {
    PASSERELLE_RETURN_IF_ERROR(
        base_.List(scope, kind, after_id, limit, records));
    for (Record& record : *records) {
      PASSERELLE_RETURN_IF_ERROR(OpenRecord(&record));
    }
    return absl::OkStatus();
  }
  absl::Status CountIds(absl::string_view scope, absl::string_view prefix,
                        int limit, int64_t* count) {
    return base_.CountIds(scope, prefix, limit, count);
  }
  absl::Status ListCases(absl::string_view mission,
                         absl::string_view after_case, int limit,
                         std::vector<std::string>* case_ids) {
    return base_.ListCases(mission, after_case, limit, case_ids);
  }
  absl::Status IsParty(absl::string_view mission, absl::string_view case_id,
                       bool* party) {
    return base_.IsParty(mission, case_id, party);
  }
  absl::Status ListDue(absl::Time now, int limit,
                       std::vector<RecordKey>* keys) {
    return base_.ListDue(now, limit, keys);
  }
  absl::Status NextWake(absl::Time* time) { return base_.NextWake(time); }
  absl::Status GetMailbox(absl::string_view mission,
                          storage::MailboxState* state) {
    return base_.GetMailbox(mission, state);
  }
  absl::Status ReadMailbox(absl::string_view mission, int64_t after, int limit,
                           std::vector<MailboxEntry>* entries) {
    PASSERELLE_RETURN_IF_ERROR(
        base_.ReadMailbox(mission, after, limit, entries));
    for (MailboxEntry& entry : *entries) {
      PASSERELLE_RETURN_IF_ERROR(
          OpenText(IdentityOf(mission, entry), &entry.entry));
    }
    return absl::OkStatus();
  }
  absl::Status FindRequest(absl::string_view fingerprint, std::string* answer) {
    PASSERELLE_RETURN_IF_ERROR(base_.FindRequest(fingerprint, answer));
    return OpenText(RequestIdentity(fingerprint), answer);
  }
  absl::Status JournalTail(JournalBatch* tail) {
    PASSERELLE_RETURN_IF_ERROR(base_.JournalTail(tail));
    if (tail->count == 0) return absl::OkStatus();
    return OpenText(IdentityOf(*tail), &tail->leaves);
  }
  absl::Status ReadJournal(int64_t from, int limit,
                           std::vector<JournalBatch>* batches) {
    PASSERELLE_RETURN_IF_ERROR(base_.ReadJournal(from, limit, batches));
    for (JournalBatch& batch : *batches) {
      PASSERELLE_RETURN_IF_ERROR(OpenText(IdentityOf(batch), &batch.leaves));
    }
    return absl::OkStatus();
  }
  // Hashes, numbers and what is public anyway stand as they are.
  absl::Status JournalNodes(int64_t sequence, int64_t* first_sequence,
                            std::string* nodes) {
    return base_.JournalNodes(sequence, first_sequence, nodes);
  }
  absl::Status LeavesOfCase(absl::string_view case_id, int64_t from, int limit,
                            std::vector<int64_t>* sequences) {
    return base_.LeavesOfCase(case_id, from, limit, sequences);
  }
  absl::Status LeafIndexEnd(int64_t* sequence) {
    return base_.LeafIndexEnd(sequence);
  }
  absl::Status ListCheckpoints(int64_t from_size, int limit,
                               std::vector<storage::Checkpoint>* checkpoints) {
    return base_.ListCheckpoints(from_size, limit, checkpoints);
  }
  absl::Status LatestCheckpoint(int min_cosignatures,
                                storage::Checkpoint* checkpoint) {
    return base_.LatestCheckpoint(min_cosignatures, checkpoint);
  }
  absl::Status GetMeta(absl::string_view name, std::string* value) {
    PASSERELLE_RETURN_IF_ERROR(base_.GetMeta(name, value));
    return OpenText(MetaIdentity(name), value);
  }

 private:
  // A record that does not open is the business of who asked for it alone; an
  // error of the key store is everybody's.
  absl::Status OpenRecord(Record* record) {
    record->data_key = Vault::KeyOf(record->message);
    std::string joined;
    const absl::Status opened =
        vault_.Open(IdentityOf(*record).bytes(), record->message, &joined);
    if (absl::IsNotFound(opened)) {
      record->condition = Record::Condition::kErased;
    } else if (absl::IsDataLoss(opened) ||
               (opened.ok() && !Part(joined, record))) {
      record->condition = Record::Condition::kDamaged;
    } else {
      PASSERELLE_RETURN_IF_ERROR(opened);
      record->condition = Record::Condition::kWhole;
    }
    return absl::OkStatus();
  }

  absl::Status OpenText(const Identity& identity, std::string* text) {
    return vault_.Open(identity.bytes(), *text, text);
  }

  storage::ReadTransaction& base_;
  Vault& vault_;
};

using SealedReadTransaction =
    storage::ForwardingReads<storage::ReadTransaction, SealedReader>;

class SealedWriteTransaction final
    : public storage::ForwardingReads<storage::WriteTransaction, SealedReader> {
 public:
  SealedWriteTransaction(storage::WriteTransaction* base, Vault* vault,
                         absl::flat_hash_map<std::string, int64_t>* file_keys)
      : ForwardingReads(SealedReader(base, vault)),
        base_(*base),
        vault_(*vault),
        file_keys_(*file_keys) {}

  absl::Status Savepoint(const std::function<absl::Status()>& body) override {
    const size_t learned = learned_.size();
    const absl::Status status = base_.Savepoint(body);
    if (!status.ok()) Unlearn(learned);
    return status;
  }
  // Forgets the keys of files learned since, which may never have been.
  void Unlearn(size_t count) {
    for (; learned_.size() > count; learned_.pop_back()) {
      file_keys_.erase(learned_.back());
    }
  }
  absl::Status AddParty(absl::string_view mission,
                        absl::string_view case_id) override {
    return base_.AddParty(mission, case_id);
  }

  absl::Status AppendJournal(const JournalBatch& batch) override {
    JournalBatch sealed;
    sealed.first_sequence = batch.first_sequence;
    sealed.count = batch.count;
    sealed.time = batch.time;
    sealed.nodes = batch.nodes;
    PASSERELLE_RETURN_IF_ERROR(SealText(IdentityOf(batch), batch.leaves,
                                        Padding::kNone, &sealed.leaves));
    return base_.AppendJournal(sealed);
  }

  absl::Status IndexLeaves(
      int64_t end, const std::vector<storage::CaseLeaves>& leaves) override {
    return base_.IndexLeaves(end, leaves);
  }
  absl::Status PutCheckpoint(const storage::Checkpoint& checkpoint) override {
    return base_.PutCheckpoint(checkpoint);
  }
  absl::Status DropCheckpoints(absl::Time before, int limit) override {
    return base_.DropCheckpoints(before, limit);
  }

  absl::Status AppendMailbox(
      absl::string_view mission, absl::Time time,
      const std::vector<MailboxEntry>& entries) override {
    std::vector<MailboxEntry> sealed(entries.size());
    for (size_t i = 0; i < entries.size(); ++i) {
      sealed[i].sequence = entries[i].sequence;
      PASSERELLE_RETURN_IF_ERROR(SealText(IdentityOf(mission, entries[i]),
                                          entries[i].entry, Padding::kBuckets,
                                          &sealed[i].entry));
    }
    return base_.AppendMailbox(mission, time, sealed);
  }
  absl::Status AcknowledgeMailbox(absl::string_view mission, int64_t sequence,
                                  absl::Time time) override {
    return base_.AcknowledgeMailbox(mission, sequence, time);
  }
  absl::Status CompactMailboxes(absl::Time before, int limit) override {
    return base_.CompactMailboxes(before, limit);
  }

  absl::Status RememberRequests(
      absl::Time time,
      const std::vector<storage::RememberedRequest>& requests) override {
    std::vector<storage::RememberedRequest> sealed(requests.size());
    for (size_t i = 0; i < requests.size(); ++i) {
      sealed[i].fingerprint = requests[i].fingerprint;
      PASSERELLE_RETURN_IF_ERROR(
          SealText(RequestIdentity(requests[i].fingerprint), requests[i].answer,
                   Padding::kBuckets, &sealed[i].answer));
    }
    return base_.RememberRequests(time, sealed);
  }
  absl::Status ForgetRequests(absl::Time before, int limit,
                              int64_t* forgotten) override {
    return base_.ForgetRequests(before, limit, forgotten);
  }

  absl::Status PutMeta(absl::string_view name,
                       absl::string_view value) override {
    std::string sealed;
    PASSERELLE_RETURN_IF_ERROR(
        SealText(MetaIdentity(name), value, Padding::kNone, &sealed));
    return base_.PutMeta(name, sealed);
  }

 protected:
  absl::Status DoInsert(const Record& record) override {
    int64_t key = kPlatformKey;
    KeyOwner owner = KeyOwnerOf(record.key, record.kind);
    if (record.data_key != 0) {
      key = record.data_key;
      owner = KeyOwner::kNamed;
    }
    if (owner == KeyOwner::kFile) {
      PASSERELLE_ASSIGN_OR_RETURN(key, KeyOfFile(record.key.scope.substr(
                                           0, record.key.scope.find('/'))));
    }
    if (owner == KeyOwner::kItself || key == 0) {
      PASSERELLE_ASSIGN_OR_RETURN(key, vault_.NewKey());
    }
    Record sealed;
    PASSERELLE_RETURN_IF_ERROR(SealRecord(record, key, &sealed));
    return base_.Insert(sealed);
  }

  absl::Status DoDelete(const RecordKey& key) override {
    return base_.Delete(key);
  }

  absl::Status DoUpdate(const Record& record) override {
    // What could not be opened is kept as it is, for whoever can repair it.
    if (record.condition != Record::Condition::kWhole) {
      Record as_it_is = record;
      as_it_is.internal.clear();
      return base_.Update(as_it_is);
    }
    int64_t key = record.data_key;
    if (key == 0) {
      Record present;
      PASSERELLE_RETURN_IF_ERROR(base_.Get(record.key, &present));
      key = Vault::KeyOf(present.message);
    }
    Record sealed;
    PASSERELLE_RETURN_IF_ERROR(SealRecord(record, key, &sealed));
    return base_.Update(sealed);
  }

 private:
  // 0 when the file itself is not there: then nothing in it is erased with it.
  absl::StatusOr<int64_t> KeyOfFile(const std::string& scope) {
    if (const auto known = file_keys_.find(scope); known != file_keys_.end()) {
      return known->second;
    }
    Record file;
    const absl::Status found = base_.Get({scope, scope}, &file);
    if (absl::IsNotFound(found)) return 0;
    PASSERELLE_RETURN_IF_ERROR(found);
    if (file_keys_.size() >= kMaxFileKeys) file_keys_.clear();
    learned_.push_back(scope);
    return file_keys_[scope] = Vault::KeyOf(file.message);
  }

  absl::Status SealRecord(const Record& record, int64_t key, Record* sealed) {
    sealed->key = record.key;
    sealed->kind = record.kind;
    sealed->state = record.state;
    sealed->version = record.version;
    sealed->wake_time = record.wake_time;
    return vault_.Seal(key, IdentityOf(record).bytes(), Join(record),
                       Padding::kBuckets, &sealed->message);
  }

  absl::Status SealText(const Identity& identity, absl::string_view text,
                        Padding padding, std::string* sealed) {
    return vault_.Seal(kPlatformKey, identity.bytes(), text, padding, sealed);
  }

  storage::WriteTransaction& base_;
  Vault& vault_;
  absl::flat_hash_map<std::string, int64_t>& file_keys_;
  std::vector<std::string> learned_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SealedStore>> SealedStore::Open(
    storage::Store* store, Vault* vault) {
  std::unique_ptr<SealedStore> sealed(new SealedStore(store, vault));
  PASSERELLE_RETURN_IF_ERROR(sealed->CheckMark());
  return sealed;
}

absl::Status SealedStore::IsSealed(storage::Store* store, bool* sealed) {
  std::string mark;
  const absl::Status found = store->Read(
      [&](storage::ReadTransaction& tx) { return tx.GetMeta(kMark, &mark); });
  *sealed = found.ok();
  return absl::IsNotFound(found) ? absl::OkStatus() : found;
}

absl::Status SealedStore::CheckMark() {
  bool marked = false;
  PASSERELLE_RETURN_IF_ERROR(IsSealed(store_, &marked));
  if (marked) {
    std::string mark;
    const absl::Status opened = Read(
        [&](storage::ReadTransaction& tx) { return tx.GetMeta(kMark, &mark); });
    if (!absl::IsDataLoss(opened)) return opened;
    return absl::FailedPreconditionError(
        "the database and the key store are not of the same platform; nothing "
        "was changed");
  }
  // A platform that served once has missions.
  int64_t missions = 0;
  PASSERELLE_RETURN_IF_ERROR(store_->Read([&](storage::ReadTransaction& tx) {
    return tx.CountIds("missions", "", 1, &missions);
  }));
  if (missions > 0) {
    return absl::FailedPreconditionError(
        "the database was made by a program that did not seal what it stored; "
        "begin with a new one");
  }
  return Write([](storage::WriteTransaction& tx) {
    return tx.PutMeta(kMark, kMarkValue);
  });
}

absl::Status SealedStore::Read(
    const std::function<absl::Status(storage::ReadTransaction&)>& body) {
  return store_->Read([&](storage::ReadTransaction& base) {
    SealedReadTransaction transaction{SealedReader(&base, vault_)};
    return body(transaction);
  });
}

absl::Status SealedStore::Write(
    const std::function<absl::Status(storage::WriteTransaction&)>& body) {
  const absl::Status status =
      store_->Write([&](storage::WriteTransaction& base) {
        SealedWriteTransaction transaction(&base, vault_, &file_keys_);
        return body(transaction);
      });
  // What was learned from changes that were undone may never have been.
  if (!status.ok()) file_keys_.clear();
  return status;
}

}  // namespace passerelle::vault
