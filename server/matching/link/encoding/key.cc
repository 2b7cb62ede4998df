#include "server/matching/link/encoding/key.h"

#include <sodium.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/file_reader.h"
#include "common/status_macros.h"
#include "server/matching/link/encoding/keyed_hash.h"
#include "server/matching/link/output_file.h"
#include "server/matching/link/problem.h"
#include "toml++/toml.h"

namespace passerelle::link {
namespace {

constexpr size_t kMaxFileBytes = 4 << 10;
constexpr size_t kMaxPurposeBytes = 200;

bool IsPurpose(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxPurposeBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return !absl::ascii_iscntrl(byte) && c != '"' && c != '\\';
         });
}

absl::Status NotAKey(const std::string& path, absl::string_view what) {
  return Problem(Reason::kKey, {path, 0, ""}, what);
}

}  // namespace

std::string HardeningText(const Hardening& hardening) {
  return absl::StrCat("fold=", hardening.fold ? 1 : 0,
                      " flip=", hardening.flip_percent,
                      " salt=", hardening.salt ? 1 : 0);
}

EncodingKey::~EncodingKey() { sodium_memzero(secret.data(), secret.size()); }

std::string EncodingKey::Fingerprint() const {
  const Digest digest = KeyedHash(secret).Of(
      absl::StrCat("fingerprint\n", kEncodingVersion, "\n", kFilterBits, "\n",
                   HardeningText(hardening), "\n", purpose));
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest.data()), 8));
}

absl::StatusOr<EncodingKey> MakeKey(absl::string_view purpose,
                                    const Hardening& hardening) {
  if (!IsPurpose(purpose)) {
    return UsageProblem(absl::StrCat("a purpose is one line of at most ",
                                     kMaxPurposeBytes,
                                     " characters, without quotes"));
  }
  if (hardening.flip_percent < 0 || hardening.flip_percent > kMaxFlipPercent) {
    return UsageProblem(
        absl::StrCat("flip is between 0 and ", kMaxFlipPercent, " percent"));
  }
  if (sodium_init() < 0) return absl::InternalError("libsodium does not start");
  EncodingKey key;
  randombytes_buf(key.secret.data(), key.secret.size());
  key.purpose = std::string(purpose);
  key.hardening = hardening;
  return key;
}

absl::Status SaveKey(const EncodingKey& key, const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    return UsageProblem(absl::StrCat(path, ": exists; a key is not replaced"));
  }
  PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> file,
                              OutputFile::Open(path));
  file->Write(absl::StrCat(
      "# The secret of one exchange. Hand it to that partner only, over a "
      "safe\n# way, and delete it on both sides when the exchange is done.\n",
      "version = ", kEncodingVersion, "\nkey = \"",
      absl::BytesToHexString(absl::string_view(
          reinterpret_cast<const char*>(key.secret.data()), key.secret.size())),
      "\"\npurpose = \"", key.purpose,
      "\"\nfold = ", key.hardening.fold ? "true" : "false",
      "\nflip_percent = ", key.hardening.flip_percent,
      "\nsalt = ", key.hardening.salt ? "true" : "false", "\n"));
  return file->Commit();
}

absl::StatusOr<EncodingKey> ParseKey(absl::string_view text,
                                     const std::string& path) {
  toml::table root;
  try {
    root = toml::parse(std::string_view(text.data(), text.size()),
                       std::string_view(path));
  } catch (const toml::parse_error&) {
    // The parser's message might quote the secret.
    return NotAKey(path, "not a key file");
  }
  for (const auto& [name, node] : root) {
    const std::string_view known[] = {"version", "key",          "purpose",
                                      "fold",    "flip_percent", "salt"};
    if (std::find(std::begin(known), std::end(known), name.str()) ==
        std::end(known)) {
      return NotAKey(path, "a key file has no such entry; was it changed?");
    }
  }
  const auto version = root["version"].value<int64_t>();
  const auto hex = root["key"].value_exact<std::string>();
  const auto purpose = root["purpose"].value_exact<std::string>();
  const auto fold = root["fold"].value_exact<bool>();
  const auto flip = root["flip_percent"].value_exact<int64_t>();
  const auto salt = root["salt"].value_exact<bool>();
  if (!version || !hex || !purpose || !fold || !flip || !salt) {
    return NotAKey(path, "not a key file, or an entry is missing");
  }
  if (*version != kEncodingVersion) {
    return NotAKey(path, absl::StrCat("of version ", *version, ", not ",
                                      kEncodingVersion));
  }
  if (hex->size() != 2 * EncodingKey::kSecretBytes ||
      !std::all_of(hex->begin(), hex->end(), [](char c) {
        return absl::ascii_isxdigit(static_cast<unsigned char>(c));
      })) {
    return NotAKey(
        path, absl::StrCat("the key is not ", 2 * EncodingKey::kSecretBytes,
                           " hexadecimal digits"));
  }
  if (*flip < 0 || *flip > kMaxFlipPercent || !IsPurpose(*purpose)) {
    return NotAKey(path, "purpose or flip_percent is out of range");
  }
  EncodingKey key;
  std::string secret = absl::HexStringToBytes(*hex);
  std::copy(secret.begin(), secret.end(), key.secret.begin());
  sodium_memzero(secret.data(), secret.size());
  key.purpose = *purpose;
  key.hardening = {*fold, static_cast<int>(*flip), *salt};
  return key;
}

absl::StatusOr<EncodingKey> LoadKey(const std::string& path) {
  if (sodium_init() < 0) return absl::InternalError("libsodium does not start");
  absl::StatusOr<std::string> text =
      ReadSmallFile(path, FilePrivacy::kOwnerOnly, kMaxFileBytes);
  if (text.status().code() == absl::StatusCode::kInvalidArgument ||
      text.status().code() == absl::StatusCode::kPermissionDenied) {
    return Problem(Reason::kKey, {}, text.status().message());
  }
  if (!text.ok()) return text.status();
  absl::StatusOr<EncodingKey> key = ParseKey(*text, path);
  sodium_memzero(text->data(), text->size());
  return key;
}

}  // namespace passerelle::link
