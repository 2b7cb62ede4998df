#ifndef PASSERELLE_SERVER_VAULT_KEY_FILE_H_
#define PASSERELLE_SERVER_VAULT_KEY_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/vault/data_key.h"

namespace passerelle::vault {

// The key that wraps the data keys. It is never written by the server.
struct KeyEncryptionKey {
  DataKey key;
  std::string id;  // 16 bytes, which tell nothing of the key
};

// Reads a key-encryption key: 32 random bytes and nothing else.
//
// `source` is a path, or `credential:NAME` for a file that systemd put into
// $CREDENTIALS_DIRECTORY. The file must be regular, belong to the process's
// user or to root and give nothing to anybody else (a credential may give its
// group reading, which is how systemd shows it to the service); nobody else
// may be able to replace it in its folder.
// Returns: NOT_FOUND, PERMISSION_DENIED, INVALID_ARGUMENT for what is no key;
// each message says what to do.
absl::StatusOr<KeyEncryptionKey> ReadKeyFile(const std::string& source);

// Where the key before `source` stands while keys are wrapped anew: `.old`
// behind it.
std::string OldKeyFile(const std::string& source);

}  // namespace passerelle::vault

#endif  // PASSERELLE_SERVER_VAULT_KEY_FILE_H_
