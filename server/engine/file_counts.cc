#include "server/engine/file_counts.h"

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace passerelle::engine {
namespace {

constexpr size_t kMaxKept = 1 << 14;

std::string KeyOf(const std::string& case_id, char letter) {
  return absl::StrCat(std::string(1, letter), case_id);
}

}  // namespace

absl::Status FileCounts::Count(storage::WriteTransaction* tx,
                               const std::string& case_id, char letter,
                               int limit, int64_t* count) {
  const std::string key = KeyOf(case_id, letter);
  if (const auto known = counts_.find(key); known != counts_.end()) {
    *count = known->second;
    return absl::OkStatus();
  }
  PASSERELLE_RETURN_IF_ERROR(tx->CountIds(case_id, letter, limit, count));
  if (counts_.size() >= kMaxKept) counts_.clear();  // counted again when asked
  counts_.emplace(key, *count);
  return absl::OkStatus();
}

void FileCounts::Added(const std::string& case_id, char letter) {
  const auto known = counts_.find(KeyOf(case_id, letter));
  if (known != counts_.end()) ++known->second;
}

}  // namespace passerelle::engine
