#include "server/matching/link/remarks.h"

#include "absl/strings/str_cat.h"

namespace passerelle::link {

absl::Status Remarks::Add(Reason reason, const Place& place,
                          const std::string& message) {
  const absl::Status problem = Problem(reason, place, message);
  if (strictness_ == Strictness::kRefuse) return problem;
  Kept& kept = kept_[reason];
  if (kept.count++ < kShown) kept.lines.emplace_back(problem.message());
  return absl::OkStatus();
}

std::vector<std::string> Remarks::Lines() const {
  std::vector<std::string> lines;
  for (const auto& [reason, kept] : kept_) {
    lines.insert(lines.end(), kept.lines.begin(), kept.lines.end());
    if (kept.count > kShown) {
      lines.push_back(absl::StrCat("and ", kept.count - kShown, " more [",
                                   ReasonWord(reason), "]"));
    }
  }
  return lines;
}

uint64_t Remarks::count(Reason reason) const {
  const auto found = kept_.find(reason);
  return found == kept_.end() ? 0 : found->second.count;
}

}  // namespace passerelle::link
