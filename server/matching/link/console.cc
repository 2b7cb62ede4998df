#include "server/matching/link/console.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace passerelle::link {

bool ProgressLine::Show(absl::string_view stage, uint64_t done,
                        uint64_t total) {
  constexpr std::chrono::milliseconds kPause(100);
  const auto now = std::chrono::steady_clock::now();
  if (console_.interactive && (stage != stage_ || now - last_ >= kPause)) {
    last_ = now;
    stage_ = std::string(stage);
    std::string line =
        total > 0 ? absl::StrCat(stage, " ",
                                 std::min(done, total) * 100 / total, " %")
                  : absl::StrCat(stage, " ", done);
    // What was longer before is written over.
    std::string padded = line;
    if (padded.size() < shown_.size()) padded.resize(shown_.size(), ' ');
    console_.err << '\r' << padded << std::flush;
    shown_ = std::move(line);
  }
  return !console_.stopped();
}

void ProgressLine::Clear() {
  if (shown_.empty()) return;
  console_.err << '\r' << std::string(shown_.size(), ' ') << '\r' << std::flush;
  shown_.clear();
}

matching::Progress ProgressLine::Callback() {
  return [this](absl::string_view stage, uint64_t done, uint64_t total) {
    return Show(stage, done, total);
  };
}

}  // namespace passerelle::link
