#include "tests/support/writers.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/status_details.h"
#include "common/status_macros.h"
#include "passerelle/internal/v1/stored.pb.h"
#include "server/journal/tree.h"
#include "server/journal/verify.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/statement.h"
#include "tests/support/arrange.h"
#include "tests/support/integrity.h"
#include "tests/support/vault_beside.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
constexpr int kPage = 500;
constexpr int kFilesPerCommit = 1000;

client::ClientOptions OptionsOf(Writers::Patience patience) {
  client::ClientOptions options;
  options.retry.initial = absl::Milliseconds(50);
  options.retry.maximum = absl::Milliseconds(200);
  options.retry.max_attempts =
      patience == Writers::Patience::kRepeat ? 100000 : 1;
  return options;
}

int64_t CountRecords(const std::string& path) {
  namespace sqlite = storage::sqlite;
  const auto connection = sqlite::Connection::Open({.path = path});
  if (!connection.ok()) return 0;
  sqlite::Statement count(connection->get(), "SELECT COUNT(*) FROM record");
  return count.Step() ? count.Int(0) : 0;
}

absl::Status ReadFiles(storage::ReadTransaction& tx, StoreContent* content) {
  std::string after;
  while (true) {
    std::vector<std::string> ids;
    PASSERELLE_RETURN_IF_ERROR(
        tx.ListCases("missions/iom-tn", after, kPage, &ids));
    if (ids.empty()) return absl::OkStatus();
    after = ids.back();
    for (const std::string& id : ids) {
      storage::Record record;
      PASSERELLE_RETURN_IF_ERROR(tx.Get({id, id}, &record));
      pb::Case file;
      if (!file.ParseFromString(record.message)) {
        return absl::DataLossError("a file does not parse");
      }
      ++content->references[file.external_reference()];
      std::vector<storage::Record> consents;
      PASSERELLE_RETURN_IF_ERROR(tx.List(id, "consents", "", kPage, &consents));
      content->consents[file.name()] = static_cast<int>(consents.size());
    }
  }
}

absl::Status ReadProposals(storage::ReadTransaction& tx,
                           std::map<std::string, int>* proposals) {
  int64_t last = 0;
  while (true) {
    std::vector<storage::MailboxEntry> entries;
    PASSERELLE_RETURN_IF_ERROR(
        tx.ReadMailbox("missions/iom-ma", last, kPage, &entries));
    if (entries.empty()) return absl::OkStatus();
    for (const storage::MailboxEntry& entry : entries) {
      if (entry.sequence != last + 1) {
        return absl::DataLossError(absl::StrCat("gap after ", last));
      }
      last = entry.sequence;
      internal::v1::MailEntry mail;
      if (!mail.ParseFromString(entry.entry)) {
        return absl::DataLossError("mail does not parse");
      }
      if (mail.event() == "ProposeCase") ++(*proposals)[mail.resource()];
    }
  }
}

}  // namespace

Writers::Writers(const ServerProcess& server, int count, Patience patience,
                 std::string prefix)
    : prefix_(std::move(prefix)) {
  for (int i = 0; i < count; ++i) {
    clients_.push_back(server.Open("iom-tn", "cm", OptionsOf(patience)));
  }
  for (int i = 0; i < count; ++i) {
    threads_.emplace_back(
        [this, i] { Run(clients_[static_cast<size_t>(i)].get(), i); });
  }
}

Writers::~Writers() { Stop(); }

void Writers::Stop() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool Writers::Count(const absl::Status& status) {
  if (status.ok()) {
    ++acknowledged_;
    return true;
  }
  MutexLock lock(&mutex_);
  ++failures_[absl::StrCat(absl::StatusCodeToString(status.code()), " ",
                           ReasonOf(status))];
  return false;
}

void Writers::Run(client::Client* client, int number) {
  const client::CallOptions patient{.deadline = absl::Seconds(60)};
  for (int turn = 0; !stop_; ++turn) {
    const std::string reference = absl::StrCat(prefix_, number, "-", turn);
    pb::CreateCaseRequest create;
    *create.mutable_case_() = SampleCase();
    create.mutable_case_()->set_external_reference(reference);
    const auto file = client->Call<pb::Case>(
        "passerelle.v1.CaseService/CreateCase", create, patient);
    if (!Count(file.status())) continue;
    {
      MutexLock lock(&mutex_);
      journal_.created[reference] = file->name();
      progress_.NotifyAll();
    }
    pb::CreateConsentRequest consent;
    consent.set_parent(file->name());
    consent.mutable_consent()->set_scope(
        pb::Consent::SHARE_WITH_ORIGIN_MISSION);
    consent.mutable_consent()->set_recipient("missions/iom-ma");
    consent.mutable_consent()->set_language("ar");
    consent.mutable_consent()->set_form(pb::Consent::WRITTEN);
    const auto given = client->Call<pb::Consent>(
        "passerelle.v1.ConsentService/CreateConsent", consent, patient);
    if (!Count(given.status())) continue;
    {
      MutexLock lock(&mutex_);
      ++journal_.consented[file->name()];
    }
    pb::ProposeCaseRequest propose;
    propose.set_name(file->name());
    propose.set_consent(given->name());
    if (!Count(client
                   ->Call<pb::Case>("passerelle.v1.CaseService/ProposeCase",
                                    propose, patient)
                   .status())) {
      continue;
    }
    MutexLock lock(&mutex_);
    ++journal_.proposed[file->name()];
  }
}

bool Writers::WaitForAcknowledged(int64_t count, absl::Duration timeout) const {
  const absl::Time deadline = absl::Now() + timeout;
  MutexLock lock(&mutex_);
  while (acknowledged_ < count && absl::Now() < deadline) {
    progress_.WaitFor(&mutex_,
                      absl::ToChronoMicroseconds(deadline - absl::Now()));
  }
  return acknowledged_ >= count;
}

Writers::Journal Writers::journal() const {
  MutexLock lock(&mutex_);
  return journal_;
}

std::map<std::string, int> Writers::failures() const {
  MutexLock lock(&mutex_);
  return failures_;
}

void FillStore(const std::string& path, int files) {
  const auto files_there = OpenSealed(path);
  absl::Status status = files_there.status();
  for (int first = 0; status.ok() && first < files; first += kFilesPerCommit) {
    status = (*files_there)->store()->Write([&](storage::WriteTransaction& tx) {
      merkle::CompactRange tree;
      PASSERELLE_RETURN_IF_ERROR(journal::LoadTree(&tx, &tree));
      journal::Appender lines(std::move(tree));
      const int end = std::min(files, first + kFilesPerCommit);
      for (int i = first; i < end; ++i) {
        const std::string id = absl::StrFormat("c%026d", i);
        pb::Case file = SampleCase();
        file.set_name(absl::StrCat("cases/", id));
        file.set_host_mission("missions/iom-de");
        file.set_origin_mission("missions/iom-es");
        storage::Record record;
        record.key = {id, id};
        record.kind = "cases";
        record.version = 1;
        record.message = file.SerializeAsString();
        PASSERELLE_RETURN_IF_ERROR(tx.Insert(record));
        PASSERELLE_RETURN_IF_ERROR(tx.AddParty(file.host_mission(), id));
        PASSERELLE_RETURN_IF_ERROR(tx.AddParty(file.origin_mission(), id));
        internal::v1::Leaf line;
        line.set_mission("missions/iom-de");
        line.set_resource(file.name());
        lines.Append(std::move(line));
      }
      return lines.Flush(absl::Now(), &tx);
    });
  }
  if (status.ok()) return;
  std::fprintf(stderr, "fill store: %s\n", status.ToString().c_str());
  std::abort();
}

StoreContent ReadStore(const std::string& path) {
  const TempDir scratch;
  const std::string copy = scratch.path() + "/store.db";
  std::filesystem::copy_file(path, copy);
  std::error_code absent;
  for (const char* beside :
       {"-wal", ".key", ".keys", ".keys-wal", ".erasures"}) {
    std::filesystem::copy_file(path + beside, copy + beside, absent);
  }
  StoreContent content;
  content.integrity = IntegrityOf(copy);
  content.records = CountRecords(copy);
  const auto files = OpenSealed(copy);
  if (!files.ok()) {
    content.journal = files.status();
    return content;
  }
  storage::Store* const store = (*files)->store();
  content.journal = store->Read([&](storage::ReadTransaction& tx) {
    merkle::CompactRange tree;
    const absl::Status status = journal::VerifyJournal(&tx, &tree);
    content.leaves = tree.size();
    return status;
  });
  content.mail = store->Read([&](storage::ReadTransaction& tx) {
    PASSERELLE_RETURN_IF_ERROR(ReadFiles(tx, &content));
    return ReadProposals(tx, &content.proposals);
  });
  return content;
}

Comparison Compare(const Writers::Journal& journal,
                   const StoreContent& content) {
  Comparison result;
  for (const auto& [reference, file] : journal.created) {
    result.lost += content.references.count(reference) == 0 ? 1 : 0;
  }
  for (const auto& [file, times] : journal.consented) {
    const auto found = content.consents.find(file);
    result.lost += found == content.consents.end() || found->second == 0;
  }
  for (const auto& [file, times] : content.consents) {
    result.duplicated += std::max(0, times - 1);
  }
  for (const auto& [file, times] : journal.proposed) {
    result.lost += content.proposals.count(file) == 0 ? 1 : 0;
  }
  for (const auto& [reference, times] : content.references) {
    result.duplicated += times - 1;
  }
  for (const auto& [file, times] : content.proposals) {
    result.duplicated += times - 1;
  }
  return result;
}

}  // namespace passerelle::testing
