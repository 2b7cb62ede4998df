#include "server/matching/link/outputs.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "server/matching/link/problem.h"

namespace passerelle::link {
namespace {

bool SameFile(const std::string& a, const std::string& b) {
  std::error_code error;
  if (a == b || std::filesystem::equivalent(a, b, error)) return true;
  namespace fs = std::filesystem;
  return fs::absolute(a, error).lexically_normal() ==
         fs::absolute(b, error).lexically_normal();
}

}  // namespace

absl::Status CheckOutputs(const std::vector<std::string>& inputs,
                          const std::vector<std::string>& outputs) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].empty()) continue;
    for (const std::string& input : inputs) {
      if (!input.empty() && SameFile(outputs[i], input)) {
        return UsageProblem(
            absl::StrCat(outputs[i], ": would overwrite what is read"));
      }
    }
    for (size_t j = 0; j < i; ++j) {
      if (!outputs[j].empty() && SameFile(outputs[i], outputs[j])) {
        return UsageProblem(absl::StrCat(outputs[i], ": is written twice"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace passerelle::link
