#include "common/age/age.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <sodium.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/age/bech32.h"
#include "common/status_macros.h"

namespace passerelle::age {
namespace {

using Bytes16 = std::array<uint8_t, 16>;
using Bytes32 = std::array<uint8_t, 32>;

constexpr absl::string_view kVersionLine = "age-encryption.org/v1\n";
constexpr absl::string_view kX25519Info = "age-encryption.org/v1/X25519";
constexpr absl::string_view kPublicPrefix = "age";
constexpr absl::string_view kSecretPrefix = "age-secret-key-";
constexpr size_t kChunk = 64 * 1024;
constexpr size_t kTag = crypto_aead_chacha20poly1305_IETF_ABYTES;
constexpr size_t kNonce = 16;
constexpr size_t kMaxHeader = 64 * 1024;
constexpr int kMaxStanzas = 200;
constexpr size_t kMaxIdentities = 1000;
constexpr size_t kColumns = 64;

static_assert(crypto_scalarmult_BYTES == 32);
static_assert(crypto_aead_chacha20poly1305_IETF_KEYBYTES == 32);

const uint8_t* Raw(absl::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}
template <size_t N>
absl::string_view View(const std::array<uint8_t, N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), N};
}

// HKDF-SHA-256. OpenSSL's, because libsodium 1.0.18 has none. False only when
// OpenSSL cannot: no memory, no provider.
bool Hkdf(absl::string_view secret, absl::string_view salt,
          absl::string_view info, Bytes32* key) {
  const std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> kdf(
      EVP_KDF_fetch(nullptr, "HKDF", nullptr), EVP_KDF_free);
  if (kdf == nullptr) return false;
  const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context(
      EVP_KDF_CTX_new(kdf.get()), EVP_KDF_CTX_free);
  if (context == nullptr) return false;
  const auto octets = [](const char* name, absl::string_view value) {
    return OSSL_PARAM_construct_octet_string(
        name, const_cast<char*>(value.data()), value.size());
  };
  char digest[] = "SHA256";
  std::vector<OSSL_PARAM> parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      octets(OSSL_KDF_PARAM_KEY, secret), octets(OSSL_KDF_PARAM_INFO, info)};
  // An empty salt is the one that is not given.
  if (!salt.empty()) parameters.push_back(octets(OSSL_KDF_PARAM_SALT, salt));
  parameters.push_back(OSSL_PARAM_construct_end());
  return EVP_KDF_derive(context.get(), key->data(), key->size(),
                        parameters.data()) == 1;
}

absl::Status NoHkdf() { return absl::InternalError("HKDF is not available"); }

std::string ToBase64(absl::string_view bytes) {
  std::string text(sodium_base64_ENCODED_LEN(
                       bytes.size(), sodium_base64_VARIANT_ORIGINAL_NO_PADDING),
                   '\0');
  sodium_bin2base64(text.data(), text.size(), Raw(bytes), bytes.size(),
                    sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
  text.pop_back();  // the terminating zero
  return text;
}

// Only what ToBase64 writes: no padding, no line breaks, no bits left over.
bool FromBase64(absl::string_view text, std::string* bytes) {
  bytes->assign(text.size(), '\0');
  size_t size = 0;
  const char* end = nullptr;
  const bool decoded =
      sodium_base642bin(reinterpret_cast<uint8_t*>(bytes->data()),
                        bytes->size(), text.data(), text.size(), nullptr, &size,
                        &end, sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0 &&
      end == text.data() + text.size();
  bytes->resize(decoded ? size : 0);
  // libsodium 1.0.18 takes a byte beyond ASCII for a letter.
  return decoded && ToBase64(*bytes) == text;
}

// Nonce of a chunk: its number, 11 bytes, and whether it is the last.
std::array<uint8_t, 12> ChunkNonce(uint64_t number, bool last) {
  std::array<uint8_t, 12> nonce{};
  for (size_t i = 0; i < 8; ++i) {
    nonce[10 - i] = static_cast<uint8_t>(number >> (8 * i));
  }
  nonce[11] = last ? 1 : 0;
  return nonce;
}

// The key under which a stanza holds the file key. False for a point of low
// order.
bool WrappingKey(const Bytes32& shared_with, const Bytes32& secret,
                 const Bytes32& ephemeral, const Bytes32& recipient,
                 Bytes32* key) {
  Bytes32 shared;
  if (crypto_scalarmult(shared.data(), secret.data(), shared_with.data()) !=
      0) {
    return false;
  }
  const bool derived =
      Hkdf(View(shared), absl::StrCat(View(ephemeral), View(recipient)),
           kX25519Info, key);
  sodium_memzero(shared.data(), shared.size());
  return derived;
}

absl::StatusOr<std::string> HeaderMac(const Bytes16& file_key,
                                      absl::string_view header) {
  Bytes32 key;
  if (!Hkdf(View(file_key), "", "header", &key)) return NoHkdf();
  Bytes32 mac;
  crypto_auth_hmacsha256(mac.data(), Raw(header), header.size(), key.data());
  sodium_memzero(key.data(), key.size());
  return std::string(View(mac));
}

absl::Status BadHeader(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("age header: ", what));
}

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("age payload: ", what));
}

bool IsVisible(absl::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return c >= 33 && c <= 126;
  });
}

// Tries the stanza's body with an identity. True when it held the file key.
bool Unwrap(const Identity& identity, const Bytes32& ephemeral,
            absl::string_view body, Bytes16* file_key, bool* low_order) {
  Bytes32 key;
  *low_order = !WrappingKey(ephemeral, identity.secret(), ephemeral,
                            identity.recipient().point(), &key);
  if (*low_order) return false;
  const std::array<uint8_t, 12> zero{};
  const bool opened =
      crypto_aead_chacha20poly1305_ietf_decrypt(
          file_key->data(), nullptr, nullptr, Raw(body), body.size(), nullptr,
          0, zero.data(), key.data()) == 0;
  sodium_memzero(key.data(), key.size());
  return opened;
}

}  // namespace

absl::StatusOr<Recipient> Recipient::Parse(absl::string_view text) {
  std::string bytes;
  if (text != absl::AsciiStrToLower(text) ||
      !DecodeBech32(text, kPublicPrefix, &bytes) || bytes.size() != 32) {
    return absl::InvalidArgumentError("not an age public key");
  }
  Recipient recipient;
  std::copy(bytes.begin(), bytes.end(), recipient.point_.begin());
  // Whatever the secret, a point of low order gives zero.
  const Bytes32 any = Identity::Generate().secret();
  Bytes32 shared;
  if (crypto_scalarmult(shared.data(), any.data(), recipient.point_.data()) !=
      0) {
    return absl::InvalidArgumentError("the public key is of low order");
  }
  return recipient;
}

std::string Recipient::Text() const {
  return EncodeBech32(kPublicPrefix, View(point_));
}

Identity Identity::Generate() {
  Identity identity;
  randombytes_buf(identity.secret_.data(), identity.secret_.size());
  identity.Complete();
  return identity;
}

absl::StatusOr<Identity> Identity::Parse(absl::string_view text) {
  std::string bytes;
  // The error does not repeat the text: it may be a key with one letter wrong.
  if (!DecodeBech32(text, kSecretPrefix, &bytes) || bytes.size() != 32) {
    return absl::InvalidArgumentError("not an age secret key");
  }
  Identity identity;
  std::copy(bytes.begin(), bytes.end(), identity.secret_.begin());
  sodium_memzero(bytes.data(), bytes.size());
  identity.Complete();
  return identity;
}

absl::StatusOr<std::vector<Identity>> Identity::ParseFile(
    absl::string_view text) {
  std::vector<Identity> identities;
  for (const absl::string_view raw : absl::StrSplit(text, '\n')) {
    const absl::string_view line = absl::StripAsciiWhitespace(raw);
    if (line.empty() || line[0] == '#') continue;
    if (identities.size() == kMaxIdentities) {
      return absl::InvalidArgumentError("more keys than 1,000");
    }
    PASSERELLE_ASSIGN_OR_RETURN(const Identity identity, Parse(line));
    identities.push_back(identity);
  }
  if (identities.empty()) return absl::InvalidArgumentError("no key");
  return identities;
}

void Identity::Complete() {
  crypto_scalarmult_base(recipient_.point_.data(), secret_.data());
}

Identity::~Identity() { sodium_memzero(secret_.data(), secret_.size()); }

std::string Identity::Text() const {
  return absl::AsciiStrToUpper(EncodeBech32(kSecretPrefix, View(secret_)));
}

absl::StatusOr<Encryptor> Encryptor::Begin(
    const std::vector<Recipient>& recipients, Sink sink) {
  if (recipients.empty() || recipients.size() > kMaxRecipients) {
    return absl::InvalidArgumentError("1 to 100 recipients");
  }
  Bytes16 file_key;
  randombytes_buf(file_key.data(), file_key.size());
  std::string header(kVersionLine);
  for (const Recipient& recipient : recipients) {
    const Identity ephemeral = Identity::Generate();
    const Bytes32& share = ephemeral.recipient().point();
    Bytes32 key;
    if (!WrappingKey(recipient.point(), ephemeral.secret(), share,
                     recipient.point(), &key)) {
      return absl::InvalidArgumentError("a public key is of low order");
    }
    const std::array<uint8_t, 12> zero{};
    std::string body(file_key.size() + kTag, '\0');
    crypto_aead_chacha20poly1305_ietf_encrypt(
        reinterpret_cast<uint8_t*>(body.data()), nullptr, file_key.data(),
        file_key.size(), nullptr, 0, nullptr, zero.data(), key.data());
    sodium_memzero(key.data(), key.size());
    absl::StrAppend(&header, "-> X25519 ", ToBase64(View(share)), "\n",
                    ToBase64(body), "\n");
  }
  absl::StrAppend(&header, "---");
  PASSERELLE_ASSIGN_OR_RETURN(const std::string mac,
                              HeaderMac(file_key, header));
  absl::StrAppend(&header, " ", ToBase64(mac), "\n");
  std::array<uint8_t, kNonce> nonce;
  randombytes_buf(nonce.data(), nonce.size());
  Encryptor encryptor(std::move(sink));
  const bool derived =
      Hkdf(View(file_key), View(nonce), "payload", &encryptor.key_);
  sodium_memzero(file_key.data(), file_key.size());
  if (!derived) return NoHkdf();
  PASSERELLE_RETURN_IF_ERROR(encryptor.sink_(header));
  PASSERELLE_RETURN_IF_ERROR(encryptor.sink_(View(nonce)));
  return encryptor;
}

Encryptor::~Encryptor() {
  sodium_memzero(key_.data(), key_.size());
  sodium_memzero(held_.data(), held_.size());
}

// A full chunk waits until it is known whether it is the last.
absl::Status Encryptor::Add(absl::string_view plain) {
  while (!plain.empty()) {
    if (held_.size() == kChunk) {
      PASSERELLE_RETURN_IF_ERROR(WriteChunk(held_, false));
      held_.clear();
    }
    const size_t taken = std::min(plain.size(), kChunk - held_.size());
    held_.append(plain.data(), taken);
    plain.remove_prefix(taken);
  }
  return absl::OkStatus();
}

absl::Status Encryptor::Finish() { return WriteChunk(held_, true); }

absl::Status Encryptor::WriteChunk(absl::string_view plain, bool last) {
  if (counter_ == std::numeric_limits<uint64_t>::max()) {
    return absl::ResourceExhaustedError("the file is too large");
  }
  const auto nonce = ChunkNonce(counter_++, last);
  std::string sealed(plain.size() + kTag, '\0');
  crypto_aead_chacha20poly1305_ietf_encrypt(
      reinterpret_cast<uint8_t*>(sealed.data()), nullptr, Raw(plain),
      plain.size(), nullptr, 0, nullptr, nonce.data(), key_.data());
  return sink_(sealed);
}

Decryptor::Decryptor(std::vector<Identity> identities, Sink sink)
    : identities_(std::move(identities)), sink_(std::move(sink)) {}

Decryptor::~Decryptor() {
  sodium_memzero(file_key_.data(), file_key_.size());
  sodium_memzero(key_.data(), key_.size());
}

absl::Status Decryptor::Add(absl::string_view bytes) {
  if (!status_.ok()) return status_;
  if (stage_ == Stage::kEnded) return Damaged("bytes after the end");
  // Taken in pieces, so that what is held stays small.
  while (status_.ok() && !bytes.empty()) {
    const absl::string_view piece = bytes.substr(0, kChunk);
    bytes.remove_prefix(piece.size());
    held_.append(piece.data(), piece.size());
    if (stage_ == Stage::kHeader) status_ = ReadHeader();
    if (status_.ok() && stage_ == Stage::kNonce && held_.size() >= kNonce) {
      if (!Hkdf(View(file_key_), held_.substr(0, kNonce), "payload", &key_)) {
        status_ = NoHkdf();
      }
      held_.erase(0, kNonce);
      stage_ = Stage::kChunks;
    }
    if (status_.ok() && stage_ == Stage::kChunks) status_ = ReadChunks(false);
  }
  return status_;
}

absl::Status Decryptor::Finish() {
  if (!status_.ok()) return status_;
  if (stage_ == Stage::kHeader) {
    status_ = BadHeader("cut short");
  } else if (stage_ == Stage::kNonce) {
    status_ = Damaged("cut short");
  } else if (stage_ == Stage::kChunks) {
    status_ = ReadChunks(true);
    stage_ = Stage::kEnded;
  }
  return status_;
}

// Waits for the whole header, then opens it.
absl::Status Decryptor::ReadHeader() {
  const absl::string_view seen = held_;
  if (!absl::StartsWith(seen, kVersionLine.substr(0, seen.size()))) {
    return BadHeader("not of version 1");
  }
  const size_t end = seen.find("\n---");
  const size_t line =
      end == absl::string_view::npos ? end : seen.find('\n', end + 1);
  if (std::min(line, seen.size()) > kMaxHeader) {
    return BadHeader("larger than 64 KiB");
  }
  if (line == absl::string_view::npos) return absl::OkStatus();
  PASSERELLE_RETURN_IF_ERROR(OpenHeader(seen.substr(0, line)));
  held_.erase(0, line + 1);
  stage_ = Stage::kNonce;
  return absl::OkStatus();
}

// `header`: up to, and without, the line feed after the MAC.
absl::Status Decryptor::OpenHeader(absl::string_view header) {
  std::vector<absl::string_view> lines = absl::StrSplit(header, '\n');
  bool found = false;
  int stanzas = 0;
  size_t at = 1;  // after the version
  while (at + 1 < lines.size()) {
    absl::string_view first = lines[at++];
    if (!absl::ConsumePrefix(&first, "-> ")) return BadHeader("no stanza");
    if (++stanzas > kMaxStanzas) return BadHeader("more than 200 stanzas");
    const std::vector<absl::string_view> words = absl::StrSplit(first, ' ');
    if (!std::all_of(words.begin(), words.end(), IsVisible)) {
      return BadHeader("malformed stanza");
    }
    std::string body;
    // Full lines, then one that is not full.
    while (true) {
      if (at + 1 >= lines.size()) return BadHeader("a stanza has no end");
      const absl::string_view text = lines[at++];
      std::string part;
      if (text.size() > kColumns || !FromBase64(text, &part)) {
        return BadHeader("malformed stanza body");
      }
      body += part;
      if (text.size() < kColumns) break;
    }
    if (words[0] != "X25519") continue;  // of another kind, or grease
    std::string share;
    if (words.size() != 2 || !FromBase64(words[1], &share) ||
        share.size() != 32 || body.size() != file_key_.size() + kTag) {
      return BadHeader("malformed X25519 stanza");
    }
    Bytes32 ephemeral;
    std::copy(share.begin(), share.end(), ephemeral.begin());
    for (const Identity& identity : identities_) {
      bool low_order = false;
      Bytes16 key;
      if (Unwrap(identity, ephemeral, body, &key, &low_order) && !found) {
        file_key_ = key;
        found = true;
      }
      sodium_memzero(key.data(), key.size());
      if (low_order) return BadHeader("a share of low order");
    }
  }
  if (stanzas == 0) return BadHeader("no stanza");
  if (!found) return BadHeader("it is encrypted to other keys");
  absl::string_view text = lines.back();
  std::string mac;
  if (!absl::ConsumePrefix(&text, "--- ") || !FromBase64(text, &mac)) {
    return BadHeader("malformed MAC");
  }
  const absl::string_view covered =
      header.substr(0, header.size() - lines.back().size() + 3);
  PASSERELLE_ASSIGN_OR_RETURN(const std::string expected,
                              HeaderMac(file_key_, covered));
  if (mac.size() != expected.size() ||
      sodium_memcmp(mac.data(), expected.data(), mac.size()) != 0) {
    return BadHeader("altered");
  }
  return absl::OkStatus();
}

// A chunk is known not to be the last when more than it is there.
absl::Status Decryptor::ReadChunks(bool ended) {
  constexpr size_t kFull = kChunk + kTag;
  while (held_.size() > kFull) {
    PASSERELLE_RETURN_IF_ERROR(
        OpenChunk(absl::string_view(held_).substr(0, kFull), false));
    held_.erase(0, kFull);
  }
  if (!ended) return absl::OkStatus();
  if (held_.size() < kTag) return Damaged("cut short");
  if (held_.size() == kTag && counter_ > 0) return Damaged("an empty end");
  return OpenChunk(held_, true);
}

absl::Status Decryptor::OpenChunk(absl::string_view sealed, bool last) {
  const auto nonce = ChunkNonce(counter_++, last);
  std::string plain(sealed.size() - kTag, '\0');
  if (crypto_aead_chacha20poly1305_ietf_decrypt(
          reinterpret_cast<uint8_t*>(plain.data()), nullptr, nullptr,
          Raw(sealed), sealed.size(), nullptr, 0, nonce.data(),
          key_.data()) != 0) {
    return Damaged("altered, exchanged or cut short");
  }
  const absl::Status handed = sink_(plain);
  sodium_memzero(plain.data(), plain.size());
  return handed;
}

}  // namespace passerelle::age
