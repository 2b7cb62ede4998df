#ifndef PASSERELLE_TESTS_CONTRACT_STORE_CONTRACT_H_
#define PASSERELLE_TESTS_CONTRACT_STORE_CONTRACT_H_

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "server/storage/store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace passerelle::storage {

// One implementation under test.
struct StoreFactory {
  std::string name;
  std::function<std::unique_ptr<Store>(const testing::TempDir&)> make;
};

inline void PrintTo(const StoreFactory& factory, std::ostream* out) {
  *out << factory.name;
}

// What every Store must do, whatever holds its rows. Durability is tested with
// the implementations that have it.
class StoreContractTest : public ::testing::TestWithParam<StoreFactory> {
 protected:
  StoreContractTest() : store_(GetParam().make(dir_)) {}

  absl::Status Read(const std::function<absl::Status(ReadTransaction&)>& body) {
    return store_->Read(body);
  }
  absl::Status Write(
      const std::function<absl::Status(WriteTransaction&)>& body) {
    return store_->Write(body);
  }

  // Single reads, each in a transaction of its own.
  absl::Status Get(const RecordKey& key, Record* record) {
    return Read([&](ReadTransaction& t) { return t.Get(key, record); });
  }
  MailboxState Mailbox(absl::string_view mission) {
    MailboxState state;
    EXPECT_THAT(
        Read([&](ReadTransaction& t) { return t.GetMailbox(mission, &state); }),
        testing::IsOk());
    return state;
  }
  std::vector<MailboxEntry> Mail(absl::string_view mission, int64_t after,
                                 int limit) {
    std::vector<MailboxEntry> entries;
    EXPECT_THAT(Read([&](ReadTransaction& t) {
                  return t.ReadMailbox(mission, after, limit, &entries);
                }),
                testing::IsOk());
    return entries;
  }

  static Record MakeRecord(absl::string_view scope, absl::string_view id,
                           absl::string_view kind = "referrals") {
    Record record;
    record.key = {std::string(scope), std::string(id)};
    record.kind = std::string(kind);
    record.state = 3;
    record.version = 1;
    record.message = absl::StrCat("message of ", id);
    record.internal = std::string("\0\xff", 2);
    return record;
  }

  static absl::Time At(int64_t seconds) {
    return absl::FromUnixSeconds(1'700'000'000 + seconds);
  }

  testing::TempDir dir_;
  std::unique_ptr<Store> store_;
};

inline bool operator==(const Record& a, const Record& b) {
  return a.key == b.key && a.kind == b.kind && a.state == b.state &&
         a.version == b.version && a.wake_time == b.wake_time &&
         a.message == b.message && a.internal == b.internal;
}

inline bool operator==(const MailboxEntry& a, const MailboxEntry& b) {
  return a.sequence == b.sequence && a.entry == b.entry;
}

inline void PrintTo(const MailboxEntry& entry, std::ostream* out) {
  *out << entry.sequence << ":" << entry.entry;
}

}  // namespace passerelle::storage

#endif  // PASSERELLE_TESTS_CONTRACT_STORE_CONTRACT_H_
