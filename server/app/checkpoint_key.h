#ifndef PASSERELLE_SERVER_APP_CHECKPOINT_KEY_H_
#define PASSERELLE_SERVER_APP_CHECKPOINT_KEY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/signed_note.h"
#include "server/storage/store.h"

namespace passerelle::app {

// The key that signs the platform's journal, from a file that only its owner
// may read. Where nothing was signed yet and there is no file, one is made,
// mode 0600.
//
// Returns: kFailedPrecondition when the file is missing although the journal
// was signed before, or holds a key of another name; kPermissionDenied for a
// file that others may read; kInvalidArgument for one that holds no key; errors
// of the file system and the store.
absl::StatusOr<note::SignerKey> LoadCheckpointKey(
    const std::string& path, absl::string_view trust_domain,
    storage::Store* store);

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_CHECKPOINT_KEY_H_
