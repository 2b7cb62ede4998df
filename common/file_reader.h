#ifndef PASSERELLE_COMMON_FILE_READER_H_
#define PASSERELLE_COMMON_FILE_READER_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace passerelle {

enum class FilePrivacy { kAny, kOwnerOnly };

// Reads a small configuration file whole. With kOwnerOnly the open file (not
// the path, which may be changed meanwhile) must give group and others nothing.
// Returns: kNotFound; kPermissionDenied (also for a mode too wide);
// kInvalidArgument when not a regular file or larger than `max_bytes`;
// kUnavailable for other errors of the system.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path,
                                          FilePrivacy privacy,
                                          size_t max_bytes);

}  // namespace passerelle

#endif  // PASSERELLE_COMMON_FILE_READER_H_
