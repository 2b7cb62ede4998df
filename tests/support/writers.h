#ifndef PASSERELLE_TESTS_SUPPORT_WRITERS_H_
#define PASSERELLE_TESTS_SUPPORT_WRITERS_H_

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "common/mutex.h"
#include "tests/support/server_process.h"

namespace passerelle::testing {

// Threads of mission iom-tn that open a file, take a consent and propose the
// file to iom-ma, again and again, and keep a journal of what the server
// acknowledged. Each file bears a reference of its own, so that a change done
// twice shows.
class Writers {
 public:
  // Repeat: like a client library in production, until the server answers.
  // GiveUp: no attempt is repeated; every failure is counted.
  enum class Patience { kRepeat, kGiveUp };

  // `prefix` tells its references from those of other objects.
  Writers(const ServerProcess& server, int count, Patience patience,
          std::string prefix = "r");
  ~Writers();
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

  // Lets every thread finish the change it is at. Safe to repeat.
  void Stop();

  // Acknowledged changes so far.
  int64_t acknowledged() const { return acknowledged_.load(); }
  // Returns: whether so many were acknowledged before `timeout`.
  bool WaitForAcknowledged(int64_t count, absl::Duration timeout) const;

  struct Journal {
    std::map<std::string, std::string> created;  // reference to case
    std::map<std::string, int> consented;        // case
    std::map<std::string, int> proposed;         // case
  };
  Journal journal() const;
  // Failures that a caller saw, by "CODE REASON".
  std::map<std::string, int> failures() const;

 private:
  void Run(client::Client* client, int number);
  bool Count(const absl::Status& status);

  const std::string prefix_;  // of references
  std::vector<std::unique_ptr<client::Client>> clients_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_{false};
  std::atomic<int64_t> acknowledged_{0};
  mutable Mutex mutex_;
  mutable CondVar progress_;
  Journal journal_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int> failures_ ABSL_GUARDED_BY(mutex_);
};

// What a server's store holds while no server runs on it.
struct StoreContent {
  std::string integrity;                  // of PRAGMA integrity_check: "ok"
  absl::Status journal;                   // whether its tree verifies
  int64_t leaves = 0;                     // in the journal
  int64_t records = 0;                    // of every kind and mission
  std::map<std::string, int> references;  // of iom-tn's files
  std::map<std::string, int> consents;    // to those files, by file
  std::map<std::string, int> proposals;   // mail to iom-ma, by file
  absl::Status mail;                      // whether that mailbox has no gap
};

// Puts so many files of missions that no writer acts for into a store on which
// no server runs, each with its line of evidence: a server that has been at
// work for years.
void FillStore(const std::string& path, int files);

// Reads a copy, so that recovery is left to the server's next start.
StoreContent ReadStore(const std::string& path);

// Expects that everything acknowledged is there, once.
// Returns: how many acknowledged changes were lost or done twice.
struct Comparison {
  int lost = 0;
  int duplicated = 0;
};
Comparison Compare(const Writers::Journal& journal,
                   const StoreContent& content);

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_SUPPORT_WRITERS_H_
