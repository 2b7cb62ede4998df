#include "server/engine/secrets.h"

#include <array>

#include "absl/strings/escaping.h"
#include "common/status_macros.h"
#include "sodium.h"

namespace passerelle::engine {
namespace {

constexpr char kMetaName[] = "store_key";
constexpr size_t kKeySize = crypto_secretbox_KEYBYTES;
constexpr size_t kNonceSize = crypto_secretbox_NONCEBYTES;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string* text) {
  return reinterpret_cast<unsigned char*>(text->data());
}

}  // namespace

absl::StatusOr<Secrets> Secrets::Load(storage::Store* store) {
  if (sodium_init() < 0)
    return absl::InternalError("libsodium failed to start");
  std::string key;
  absl::Status status = store->Read([&](storage::ReadTransaction& tx) {
    return tx.GetMeta(kMetaName, &key);
  });
  if (absl::IsNotFound(status)) {
    key.resize(kKeySize);
    randombytes_buf(key.data(), key.size());
    status = store->Write([&](storage::WriteTransaction& tx) {
      return tx.PutMeta(kMetaName, key);
    });
  }
  PASSERELLE_RETURN_IF_ERROR(status);
  if (key.size() != kKeySize) return absl::DataLossError("store key damaged");
  return Secrets(std::move(key));
}

std::string Secrets::Hash(absl::string_view context, absl::string_view data,
                          size_t size) const {
  crypto_generichash_state state;
  crypto_generichash_init(&state, Bytes(key_), key_.size(), size);
  // The length keeps ("ab", "c") and ("a", "bc") apart.
  const auto length = static_cast<unsigned char>(context.size());
  crypto_generichash_update(&state, &length, 1);
  crypto_generichash_update(&state, Bytes(context), context.size());
  crypto_generichash_update(&state, Bytes(data), data.size());
  std::string hash(size, '\0');
  crypto_generichash_final(&state, Bytes(&hash), size);
  return hash;
}

std::string Secrets::Seal(absl::string_view context,
                          absl::string_view plain) const {
  const std::string key = Hash("seal", context, kKeySize);
  std::string sealed(kNonceSize + crypto_secretbox_MACBYTES + plain.size(),
                     '\0');
  randombytes_buf(sealed.data(), kNonceSize);
  crypto_secretbox_easy(Bytes(&sealed) + kNonceSize, Bytes(plain), plain.size(),
                        Bytes(sealed), Bytes(key));
  return sealed;
}

bool Secrets::Open(absl::string_view context, absl::string_view sealed,
                   std::string* plain) const {
  if (sealed.size() < kNonceSize + crypto_secretbox_MACBYTES) return false;
  const std::string key = Hash("seal", context, kKeySize);
  plain->resize(sealed.size() - kNonceSize - crypto_secretbox_MACBYTES);
  return crypto_secretbox_open_easy(Bytes(plain), Bytes(sealed) + kNonceSize,
                                    sealed.size() - kNonceSize, Bytes(sealed),
                                    Bytes(key)) == 0;
}

std::string ToBase64(absl::string_view bytes) {
  return absl::WebSafeBase64Escape(bytes);
}

bool FromBase64(absl::string_view text, std::string* bytes) {
  return absl::WebSafeBase64Unescape(text, bytes);
}

}  // namespace passerelle::engine
