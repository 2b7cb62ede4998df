#include "server/engine/scope_counts.h"

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace passerelle::engine {
namespace {

constexpr size_t kMaxKept = 1 << 14;

std::string KeyOf(const std::string& scope, const std::string& letter) {
  return absl::StrCat(letter, "/", scope);
}

}  // namespace

absl::Status ScopeCounts::Count(storage::WriteTransaction* tx,
                                const std::string& scope,
                                const std::string& letter, int limit,
                                int64_t* count) {
  const std::string key = KeyOf(scope, letter);
  if (const auto known = counts_.find(key); known != counts_.end()) {
    *count = known->second;
    return absl::OkStatus();
  }
  PASSERELLE_RETURN_IF_ERROR(tx->CountIds(scope, letter, limit, count));
  if (counts_.size() >= kMaxKept) counts_.clear();  // counted again when asked
  counts_.emplace(key, *count);
  return absl::OkStatus();
}

void ScopeCounts::Added(const std::string& scope, const std::string& letter) {
  const auto known = counts_.find(KeyOf(scope, letter));
  if (known != counts_.end()) ++known->second;
}

}  // namespace passerelle::engine
