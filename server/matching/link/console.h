#ifndef PASSERELLE_SERVER_MATCHING_LINK_CONSOLE_H_
#define PASSERELLE_SERVER_MATCHING_LINK_CONSOLE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "absl/strings/string_view.h"
#include "server/matching/linkage.h"

namespace passerelle::link {

// Where a command writes, and whether it should go on.
struct Console {
  std::ostream& out;  // results that were asked for
  std::ostream& err;  // everything else
  // `err` is a terminal: progress is shown.
  bool interactive = false;
  // True when the program was asked to stop.
  std::function<bool()> stopped = [] { return false; };
};

// One line on a terminal that is written over: "comparing 45 %". Nothing where
// there is no terminal. Not thread safe.
class ProgressLine {
 public:
  explicit ProgressLine(const Console& console) : console_(console) {}
  ~ProgressLine() { Clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // `total` 0: not known, `done` is shown. False when the program was asked to
  // stop.
  bool Show(absl::string_view stage, uint64_t done, uint64_t total);
  void Clear();

  // For the engine; must not outlive this.
  matching::Progress Callback();

 private:
  const Console& console_;
  std::string shown_;
  std::string stage_;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_CONSOLE_H_
