#include "server/engine/gate.h"

#include <algorithm>
#include <utility>

namespace passerelle::engine {
namespace {

constexpr size_t kMaxPending = 1 << 16;
// Longer than any call may last, whatever is configured.
constexpr absl::Duration kKeepEpochs = absl::Hours(2);

}  // namespace

DisclosureGate::Verdict DisclosureGate::Admit(
    std::vector<Disclosure>* disclosures) {
  MutexLock lock(&mutex_);
  if (admitted_.size() + disclosures->size() > kMaxPending) {
    return Verdict::kFull;
  }
  for (const Disclosure& disclosure : *disclosures) {
    const auto it = epochs_.find(disclosure.case_id);
    if (it != epochs_.end() && it->second.epoch > disclosure.epoch) {
      return Verdict::kStale;
    }
  }
  for (Disclosure& disclosure : *disclosures) {
    admitted_.push_back(std::move(disclosure.leaf));
  }
  return Verdict::kAdmitted;
}

void DisclosureGate::Refused(Leaf leaf) {
  MutexLock lock(&mutex_);
  if (refused_.size() < kMaxPending) {
    refused_.push_back(std::move(leaf));
  } else {
    ++uncounted_;
  }
}

void DisclosureGate::Take(std::vector<Leaf>* admitted,
                          std::vector<Leaf>* refused) {
  MutexLock lock(&mutex_);
  for (Leaf& leaf : admitted_) admitted->push_back(std::move(leaf));
  admitted_.clear();
  for (Leaf& leaf : refused_) refused->push_back(std::move(leaf));
  refused_.clear();
  if (uncounted_ > 0) {
    Leaf rest;
    rest.set_method("refused calls beyond what is told apart");
    rest.set_count(uncounted_);
    refused->push_back(std::move(rest));
    uncounted_ = 0;
  }
}

void DisclosureGate::Raise(const std::string& case_id, int64_t epoch,
                           absl::Time now, std::vector<Leaf>* admitted) {
  MutexLock lock(&mutex_);
  for (Leaf& leaf : admitted_) admitted->push_back(std::move(leaf));
  admitted_.clear();
  epochs_[case_id] = {epoch, now};
  if (epochs_.size() < prune_at_) return;
  std::erase_if(epochs_, [&](const auto& entry) {
    return now - entry.second.time > kKeepEpochs;
  });
  // Twice what is left: each change pays for looking at two entries.
  prune_at_ = std::max(kPruneAbove, 2 * epochs_.size());
}

void DisclosureGate::Lower(const std::string& case_id, int64_t epoch) {
  MutexLock lock(&mutex_);
  const auto it = epochs_.find(case_id);
  // One below what failed is what stands; still older reads stay stale.
  if (it != epochs_.end() && it->second.epoch >= epoch) {
    it->second.epoch = epoch - 1;
  }
}

bool DisclosureGate::HasPending() const {
  MutexLock lock(&mutex_);
  return !admitted_.empty() || !refused_.empty() || uncounted_ > 0;
}

}  // namespace passerelle::engine
