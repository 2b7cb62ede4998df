#ifndef PASSERELLE_SERVER_MATCHING_LINK_MODEL_FILE_H_
#define PASSERELLE_SERVER_MATCHING_LINK_MODEL_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/matching/model.h"

namespace passerelle::link {

// Returns: reason kModel when it is damaged, no model, or of a newer version;
// errors of the system.
absl::StatusOr<matching::Model> LoadModel(const std::string& path);

// Errors of the system.
absl::Status SaveModel(const matching::Model& model, const std::string& path);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_MODEL_FILE_H_
