#include "server/app/source_limits.h"

#include <algorithm>

namespace passerelle::app {

void SourceLimits::Refill(absl::Time now, Source* source) const {
  const double seconds =
      std::max(0.0, absl::ToDoubleSeconds(now - source->refilled));
  source->tokens = std::min(burst_, source->tokens + seconds * new_per_second_);
  source->refilled = now;
}

SourceLimits::Verdict SourceLimits::Admit(absl::string_view name,
                                          absl::Time now) {
  if (sources_.size() >= prune_at_) Prune(now);
  const auto [found, is_new] = sources_.try_emplace(name);
  Source& source = found->second;
  if (is_new) {
    source.tokens = burst_;
    source.refilled = now;
  }
  Refill(now, &source);
  if (source.open >= max_open_) return Verdict::kTooManyOpen;
  if (source.tokens < 1) return Verdict::kTooFast;
  source.tokens -= 1;
  ++source.open;
  return Verdict::kAdmitted;
}

void SourceLimits::Closed(absl::string_view name) {
  const auto found = sources_.find(name);
  if (found != sources_.end() && found->second.open > 0) --found->second.open;
}

// Forgets sources about which there is nothing to remember. The threshold
// doubles with what must stay, so that the cost per connection is constant.
void SourceLimits::Prune(absl::Time now) {
  absl::erase_if(sources_, [&](auto& entry) {
    Refill(now, &entry.second);
    return entry.second.open == 0 && entry.second.tokens >= burst_;
  });
  prune_at_ = std::max<size_t>(1024, sources_.size() * 2);
}

}  // namespace passerelle::app
