#ifndef PASSERELLE_SERVER_ENGINE_DAMAGE_H_
#define PASSERELLE_SERVER_ENGINE_DAMAGE_H_

#include <string>

#include "absl/status/status.h"
#include "server/domain/actor.h"
#include "server/domain/contract.h"
#include "server/domain/visibility.h"
#include "server/engine/file.h"
#include "server/storage/store.h"

namespace passerelle::engine {

// Who may learn that a record exists which cannot be read. What it says of its
// parties is lost with it; what the plain columns say of them is not.

// True for the refusal of a damaged record, false for errors of the store.
bool IsDamaged(const absl::Status& status);
// The same for one that was erased.
bool IsErased(const absl::Status& status);

// What `actor` hears of a file that was not loaded. A damaged or erased one
// exists for its parties.
// Returns: NOT_VISIBLE, else `why`.
absl::Status FileNotLoaded(storage::ReadTransaction* tx,
                           const domain::Actor& actor,
                           const std::string& case_id, const absl::Status& why);

// Whether a record of the kind that cannot be read exists for a mission with
// this relation to its file: others may hold it, and a draft those may begin.
bool MayKnow(const domain::KindSpec& kind, const storage::Record& record,
             const domain::Relation& relation);

// As FileNotLoaded, for a resource in a file that was. `loaded` holds its
// record when it cannot be read.
absl::Status ResourceNotLoaded(const domain::KindSpec& kind, const File& file,
                               const Loaded& loaded, const domain::Actor& actor,
                               absl::Time now, const absl::Status& why);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_DAMAGE_H_
