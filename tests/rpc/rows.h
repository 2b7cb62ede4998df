#ifndef PASSERELLE_TESTS_RPC_ROWS_H_
#define PASSERELLE_TESTS_RPC_ROWS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace passerelle::testing {

// One method of the contract: how it is called well, from which everything
// that is wrong is derived.
struct Row {
  std::string method;
  std::string who;     // mission and officer that may call it
  std::string target;  // for Bring: a state that admits it
  std::string text;    // request; $name, $file, $consent, $plan are replaced
  // Makes another request under the same request_id. Empty: another etag.
  std::string other = {};
  // Whether the caller can get the resource.
  enum class Sight { kKeeps, kLoses, kNever };
  Sight sight = Sight::kKeeps;
};

// One row for each method; a test compares them with the contract.
const std::vector<Row>& Rows();
const Row& RowOf(absl::string_view method);

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_RPC_ROWS_H_
