#ifndef PASSERELLE_COMMON_STATUS_MACROS_H_
#define PASSERELLE_COMMON_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define PASSERELLE_RETURN_IF_ERROR(expr)                                  \
  do {                                                                    \
    if (absl::Status passerelle_status = (expr); !passerelle_status.ok()) \
      return passerelle_status;                                           \
  } while (false)

#define PASSERELLE_CONCAT_INNER(a, b) a##b
#define PASSERELLE_CONCAT(a, b) PASSERELLE_CONCAT_INNER(a, b)

// PASSERELLE_ASSIGN_OR_RETURN(auto value, Compute());
#define PASSERELLE_ASSIGN_OR_RETURN(lhs, expr) \
  PASSERELLE_ASSIGN_OR_RETURN_INNER(           \
      PASSERELLE_CONCAT(passerelle_or_, __LINE__), lhs, expr)
#define PASSERELLE_ASSIGN_OR_RETURN_INNER(statusor, lhs, expr) \
  auto statusor = (expr);                                      \
  if (!statusor.ok()) return std::move(statusor).status();     \
  lhs = *std::move(statusor)

#endif  // PASSERELLE_COMMON_STATUS_MACROS_H_
