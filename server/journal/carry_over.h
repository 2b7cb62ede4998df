#ifndef PASSERELLE_SERVER_JOURNAL_CARRY_OVER_H_
#define PASSERELLE_SERVER_JOURNAL_CARRY_OVER_H_

#include "absl/status/status.h"
#include "server/storage/store.h"

namespace passerelle::journal {

// Carries the hash chain of a journal of schema 1, which each leaf's hash
// linked to the one before, over into the tree: in one transaction, leaf by
// leaf as it was, after verifying its link. Nothing to do otherwise.
// Returns: DATA_LOSS when the chain does not verify; nothing is changed then.
absl::Status CarryOverChain(storage::Store* store);

}  // namespace passerelle::journal

#endif  // PASSERELLE_SERVER_JOURNAL_CARRY_OVER_H_
