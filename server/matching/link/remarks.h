#ifndef PASSERELLE_SERVER_MATCHING_LINK_REMARKS_H_
#define PASSERELLE_SERVER_MATCHING_LINK_REMARKS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/matching/link/problem.h"

namespace passerelle::link {

enum class Strictness : uint8_t {
  kRemark,  // a value that cannot be read counts as unknown, with a remark
  kRefuse,  // it is an error
};

// Values that could not be read: how many, and the first few places of each
// reason. Never the values themselves. Not thread safe.
class Remarks {
 public:
  explicit Remarks(Strictness strictness) : strictness_(strictness) {}

  // Keeps the remark; with kRefuse returns it as an error instead.
  absl::Status Add(Reason reason, const Place& place,
                   const std::string& message);

  // One line a reason and place, at most kShown of a reason, then "and 12
  // more".
  std::vector<std::string> Lines() const;
  uint64_t count(Reason reason) const;
  void Clear() { kept_.clear(); }

  static constexpr uint64_t kShown = 3;

 private:
  struct Kept {
    uint64_t count = 0;
    std::vector<std::string> lines;
  };
  const Strictness strictness_;
  std::map<Reason, Kept> kept_;
};

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_REMARKS_H_
