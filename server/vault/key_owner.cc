#include "server/vault/key_owner.h"

namespace passerelle::vault {
namespace {

// A file's id is its letter and a number whose first digit is 0 to 7
// (IdGenerator); every other scope is a collection's name or begins with one.
bool IsFile(absl::string_view scope) {
  return scope.size() > 1 && scope[0] == 'c' && scope[1] >= '0' &&
         scope[1] <= '7';
}

}  // namespace

KeyOwner KeyOwnerOf(const storage::RecordKey& key, absl::string_view kind) {
  if (!IsFile(key.scope)) return KeyOwner::kPlatform;
  if (key.id == key.scope || kind == "persons") return KeyOwner::kItself;
  return KeyOwner::kFile;
}

}  // namespace passerelle::vault
