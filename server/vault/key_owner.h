#ifndef PASSERELLE_SERVER_VAULT_KEY_OWNER_H_
#define PASSERELLE_SERVER_VAULT_KEY_OWNER_H_

#include "absl/strings/string_view.h"
#include "server/storage/store.h"

namespace passerelle::vault {

// Whose key seals a record. The one place that says it.
enum class KeyOwner {
  kItself,    // a key of its own: files and persons, which can be erased
  kFile,      // the key of the file that it, or what it is part of, is in
  kNamed,     // the key that the record names
  kPlatform,  // kPlatformKey: the directory and whatever is in no file
};
KeyOwner KeyOwnerOf(const storage::RecordKey& key, absl::string_view kind);

}  // namespace passerelle::vault

#endif  // PASSERELLE_SERVER_VAULT_KEY_OWNER_H_
