#ifndef PASSERELLE_SERVER_ENGINE_SECRETS_H_
#define PASSERELLE_SERVER_ENGINE_SECRETS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/storage/store.h"

namespace passerelle::engine {

// The store's own key and what is derived with it: fingerprints, commitments,
// etags, sealed page tokens. None of them can be computed, or tried out, by
// somebody who only sees them. Immutable and thread safe.
class Secrets {
 public:
  // Reads the key from the store; makes one in a new store.
  static absl::StatusOr<Secrets> Load(storage::Store* store);

  // `size` bytes (16 to 64) of keyed BLAKE2b over `context` and `data`.
  std::string Hash(absl::string_view context, absl::string_view data,
                   size_t size) const;

  // Authenticated encryption; Open returns false on anything not sealed here.
  std::string Seal(absl::string_view context, absl::string_view plain) const;
  bool Open(absl::string_view context, absl::string_view sealed,
            std::string* plain) const;

 private:
  explicit Secrets(std::string key) : key_(std::move(key)) {}
  std::string key_;
};

// URL-safe base64 without padding.
std::string ToBase64(absl::string_view bytes);
bool FromBase64(absl::string_view text, std::string* bytes);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_SECRETS_H_
