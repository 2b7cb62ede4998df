#ifndef PASSERELLE_SERVER_ENGINE_GATE_H_
#define PASSERELLE_SERVER_ENGINE_GATE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/mutex.h"
#include "server/engine/reading.h"

namespace passerelle::engine {

// Where reads and withdrawals of consent meet. A read is admitted only while
// the consents it was decided on are current; its line of evidence then stands
// in the journal before the change that would have refused it. Thread safe.
class DisclosureGate {
 public:
  using Leaf = ::passerelle::internal::v1::Leaf;

  enum class Verdict {
    kAdmitted,
    kStale,  // a consent changed meanwhile: decide again
    kFull,   // evidence cannot be written as fast as this
  };

  // Admits all disclosures of one answer, or none; admitted leaves are taken.
  Verdict Admit(std::vector<Disclosure>* disclosures);

  // Lines of refused calls; beyond a bound they are only counted.
  void Refused(Leaf leaf);

  // For the writer. Moves out what was admitted and refused since.
  void Take(std::vector<Leaf>* admitted, std::vector<Leaf>* refused);
  // For the writer, when a command changed the consents of a file: what was
  // admitted before comes first, then nothing under an older epoch.
  void Raise(const std::string& case_id, int64_t epoch, absl::Time now,
             std::vector<Leaf>* admitted);
  // Undoes a Raise whose commit failed: reads need not be decided again.
  void Lower(const std::string& case_id, int64_t epoch);
  bool HasPending() const;

 private:
  struct Epoch {
    int64_t epoch;
    absl::Time time;
  };

  static constexpr size_t kPruneAbove = 1024;

  mutable Mutex mutex_;
  // Files whose consents changed lately. An entry is needed only as long as a
  // read may run that began before the change was committed.
  std::map<std::string, Epoch, std::less<>> epochs_ ABSL_GUARDED_BY(mutex_);
  size_t prune_at_ ABSL_GUARDED_BY(mutex_) = kPruneAbove;
  std::vector<Leaf> admitted_ ABSL_GUARDED_BY(mutex_);
  std::vector<Leaf> refused_ ABSL_GUARDED_BY(mutex_);
  int64_t uncounted_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_GATE_H_
