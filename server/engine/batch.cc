#include "server/engine/batch.h"

#include <algorithm>

#include "common/status_macros.h"

namespace passerelle::engine {

void Batch::Absorb(Effects effects) {
  for (internal::Leaf& leaf : effects.leaves) {
    journal_.Append(std::move(leaf));
  }
  for (auto& [mission, entry] : effects.mail) {
    mail_[mission].push_back(std::move(entry));
  }
  if (!effects.fingerprint.empty()) {
    requests_.emplace(std::move(effects.fingerprint),
                      std::move(effects.answer));
  }
  wake_time_ = std::min(wake_time_, effects.wake_time);
}

void Batch::AddRefusal(const internal::Leaf& leaf) {
  internal::Leaf key = leaf;
  key.clear_time();
  key.clear_count();
  key.clear_request_id();
  const auto [it, fresh] = refusals_.emplace(key.SerializeAsString(), leaf);
  const int64_t added = std::max<int64_t>(leaf.count(), 1);
  it->second.set_count(fresh ? added : it->second.count() + added);
  if (!fresh) it->second.clear_request_id();  // stands for several
}

const internal::RequestOutcome* Batch::FindRequest(
    absl::string_view fingerprint) const {
  const auto it = requests_.find(fingerprint);
  return it == requests_.end() ? nullptr : &it->second;
}

absl::Status Batch::Flush(absl::Time now, const MailboxHeads& heads,
                          storage::WriteTransaction* tx) {
  for (auto& [key, leaf] : refusals_) journal_.Append(leaf);
  refusals_.clear();
  PASSERELLE_RETURN_IF_ERROR(journal_.Flush(now, tx));
  for (const auto& [mission, entries] : mail_) {
    int64_t sequence = 0;
    if (const auto known = heads.find(mission); known != heads.end()) {
      sequence = known->second;
    } else {
      storage::MailboxState state;
      PASSERELLE_RETURN_IF_ERROR(tx->GetMailbox(mission, &state));
      sequence = state.last_sequence;
    }
    std::vector<storage::MailboxEntry> rows;
    rows.reserve(entries.size());
    for (const internal::MailEntry& entry : entries) {
      rows.push_back({++sequence, entry.SerializeAsString()});
    }
    PASSERELLE_RETURN_IF_ERROR(tx->AppendMailbox(mission, now, rows));
    new_heads_[mission] = sequence;
  }
  if (!requests_.empty()) {
    std::vector<storage::RememberedRequest> requests;
    requests.reserve(requests_.size());
    for (const auto& [fingerprint, answer] : requests_) {
      requests.push_back({fingerprint, answer.SerializeAsString()});
    }
    PASSERELLE_RETURN_IF_ERROR(tx->RememberRequests(now, requests));
  }
  return absl::OkStatus();
}

}  // namespace passerelle::engine
