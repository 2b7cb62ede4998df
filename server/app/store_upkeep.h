#ifndef PASSERELLE_SERVER_APP_STORE_UPKEEP_H_
#define PASSERELLE_SERVER_APP_STORE_UPKEEP_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/app/config.h"

// What an operator does to the store of a stopped server.
namespace passerelle::app {

// Brings the store to this version.
absl::Status MigrateStore(const ServerConfig& config);

// Verifies the journal from its first line to its last against every checkpoint
// that was signed; changes nothing. Returns: the number of lines;
// kDataLoss; kFailedPrecondition for an older store.
absl::StatusOr<int64_t> VerifyStoredJournal(const ServerConfig& config);

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_STORE_UPKEEP_H_
