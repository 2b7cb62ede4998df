#ifndef PASSERELLE_SERVER_MATCHING_LINK_OUTPUTS_H_
#define PASSERELLE_SERVER_MATCHING_LINK_OUTPUTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace passerelle::link {

// Fails where an output would overwrite an input, or another output. Empty
// paths are passed over. Usage problem.
absl::Status CheckOutputs(const std::vector<std::string>& inputs,
                          const std::vector<std::string>& outputs);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_OUTPUTS_H_
