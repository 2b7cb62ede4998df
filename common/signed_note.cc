#include "common/signed_note.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "sodium.h"

namespace passerelle::note {
namespace {

constexpr char kDash[] = "\xE2\x80\x94 ";  // em dash, space
constexpr char kPrivate[] = "PRIVATE+KEY+";
constexpr size_t kMaxName = 200;
constexpr size_t kMaxLines = 64;
constexpr size_t kIdBytes = 4;
constexpr size_t kTimeBytes = 8;

absl::string_view View(const unsigned char* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}
const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Only what the encoder writes: one text has one meaning.
bool FromBase64(absl::string_view text, std::string* bytes) {
  return absl::Base64Unescape(text, bytes) &&
         absl::Base64Escape(*bytes) == text;
}

bool IsKnown(unsigned char type) {
  return type == static_cast<unsigned char>(KeyType::kSigner) ||
         type == static_cast<unsigned char>(KeyType::kCosigner);
}

// What a signature of the type covers.
std::string Message(KeyType type, absl::string_view text, int64_t seconds) {
  return type == KeyType::kSigner
             ? std::string(text)
             : absl::StrCat("cosignature/v1\ntime ", seconds, "\n", text);
}

absl::Status NotAKey() { return absl::InvalidArgumentError("not a key"); }

// "name+id+base64(type ‖ 32 bytes)" in its parts.
absl::Status ParseKey(absl::string_view text, std::string* name,
                      std::string* id, KeyType* type,
                      std::array<unsigned char, 32>* key) {
  // The base64 part may hold further '+'.
  const std::vector<absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('+', 2));
  std::string bytes;
  if (parts.size() != 3 || !IsKeyName(parts[0]) ||
      !FromBase64(parts[2], &bytes) || bytes.size() != 1 + key->size() ||
      !IsKnown(static_cast<unsigned char>(bytes[0]))) {
    return NotAKey();
  }
  *name = std::string(parts[0]);
  *id = std::string(parts[1]);
  *type = static_cast<KeyType>(bytes[0]);
  std::copy(bytes.begin() + 1, bytes.end(), key->begin());
  sodium_memzero(bytes.data(), bytes.size());
  return absl::OkStatus();
}

std::string WriteKey(const std::string& name,
                     const std::array<unsigned char, 4>& id, KeyType type,
                     const std::array<unsigned char, 32>& key) {
  std::string bytes(1, static_cast<char>(type));
  absl::StrAppend(&bytes, View(key.data(), key.size()));
  return absl::StrCat(name, "+",
                      absl::BytesToHexString(View(id.data(), id.size())), "+",
                      absl::Base64Escape(bytes));
}

}  // namespace

bool IsKeyName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxName &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return c > ' ' && c < 0x7f && c != '+'; });
}

std::array<unsigned char, 4> VerifierKey::Id() const {
  std::string text = absl::StrCat(name_, "\n");
  text.push_back(static_cast<char>(type_));
  absl::StrAppend(&text, View(key_.data(), key_.size()));
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash;
  crypto_hash_sha256(hash.data(), Bytes(text), text.size());
  std::array<unsigned char, 4> id;
  std::copy_n(hash.begin(), id.size(), id.begin());
  return id;
}

absl::StatusOr<VerifierKey> VerifierKey::Parse(absl::string_view text) {
  VerifierKey key;
  std::string id;
  PASSERELLE_RETURN_IF_ERROR(
      ParseKey(text, &key.name_, &id, &key.type_, &key.key_));
  if (key.Text() != text) return NotAKey();  // also another id
  return key;
}

std::string VerifierKey::Text() const {
  return WriteKey(name_, Id(), type_, key_);
}

bool VerifierKey::Verifies(absl::string_view text, absl::string_view line,
                           absl::Time* time) const {
  std::string bytes;
  if (!absl::ConsumePrefix(&line, kDash) ||
      !absl::ConsumePrefix(&line, name_) || !absl::ConsumePrefix(&line, " ") ||
      !FromBase64(line, &bytes)) {
    return false;
  }
  const bool timed = type_ == KeyType::kCosigner;
  const auto id = Id();
  if (bytes.size() != kIdBytes + (timed ? kTimeBytes : 0) + crypto_sign_BYTES ||
      !absl::StartsWith(bytes, View(id.data(), id.size()))) {
    return false;
  }
  absl::string_view rest = absl::string_view(bytes).substr(kIdBytes);
  uint64_t seconds = 0;
  if (timed) {
    for (const char c : rest.substr(0, kTimeBytes)) {
      seconds = seconds << 8 | static_cast<unsigned char>(c);
    }
    rest.remove_prefix(kTimeBytes);
    if (seconds > uint64_t{1} << 62) return false;
  }
  const std::string message =
      Message(type_, text, static_cast<int64_t>(seconds));
  if (time != nullptr) {
    *time = absl::FromUnixSeconds(static_cast<int64_t>(seconds));
  }
  return crypto_sign_verify_detached(Bytes(rest), Bytes(message),
                                     message.size(), key_.data()) == 0;
}

SignerKey SignerKey::Generate(absl::string_view name, KeyType type) {
  SignerKey key;
  key.verifier_.name_ = std::string(name);
  key.verifier_.type_ = type;
  randombytes_buf(key.seed_.data(), key.seed_.size());
  key.Derive();
  return key;
}

absl::StatusOr<SignerKey> SignerKey::Parse(absl::string_view text) {
  SignerKey key;
  std::string id;
  if (!absl::ConsumePrefix(&text, kPrivate)) return NotAKey();
  PASSERELLE_RETURN_IF_ERROR(ParseKey(text, &key.verifier_.name_, &id,
                                      &key.verifier_.type_, &key.seed_));
  key.Derive();
  const auto expected = key.verifier_.Id();
  if (id != absl::BytesToHexString(View(expected.data(), expected.size()))) {
    return NotAKey();
  }
  return key;
}

void SignerKey::Derive() {
  crypto_sign_seed_keypair(verifier_.key_.data(), secret_.data(), seed_.data());
}

SignerKey::~SignerKey() {
  sodium_memzero(seed_.data(), seed_.size());
  sodium_memzero(secret_.data(), secret_.size());
}

std::string SignerKey::Text() const {
  return absl::StrCat(kPrivate, WriteKey(verifier_.name_, verifier_.Id(),
                                         verifier_.type_, seed_));
}

std::string SignerKey::Sign(absl::string_view text, absl::Time time) const {
  const int64_t seconds = absl::ToUnixSeconds(time);
  const std::string message = Message(verifier_.type_, text, seconds);
  const auto id = verifier_.Id();
  std::string bytes(View(id.data(), id.size()));
  if (verifier_.type_ == KeyType::kCosigner) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<char>(seconds >> shift & 0xff));
    }
  }
  std::array<unsigned char, crypto_sign_BYTES> signature;
  crypto_sign_detached(signature.data(), nullptr, Bytes(message),
                       message.size(), secret_.data());
  absl::StrAppend(&bytes, View(signature.data(), signature.size()));
  return absl::StrCat(kDash, verifier_.name_, " ", absl::Base64Escape(bytes));
}

absl::StatusOr<Note> Split(absl::string_view note) {
  const auto bad = [] { return absl::InvalidArgumentError("not a note"); };
  const bool control = std::any_of(note.begin(), note.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n';
  });
  const size_t end = note.rfind("\n\n");
  if (control || end == absl::string_view::npos || end == 0 ||
      !absl::ConsumeSuffix(&note, "\n") || note.size() < end + 2) {
    return bad();
  }
  Note parts;
  parts.text = std::string(note.substr(0, end + 1));
  for (const absl::string_view line :
       absl::StrSplit(note.substr(end + 2), '\n')) {
    if (!absl::StartsWith(line, kDash) || parts.lines.size() == kMaxLines) {
      return bad();
    }
    parts.lines.emplace_back(line);
  }
  return parts;
}

std::string Join(const Note& note) {
  std::string text = absl::StrCat(note.text, "\n");
  for (const std::string& line : note.lines) absl::StrAppend(&text, line, "\n");
  return text;
}

absl::StatusOr<CheckpointText> CheckpointText::Parse(absl::string_view text) {
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  CheckpointText checkpoint;
  std::string root;
  if (lines.size() != 4 || !IsKeyName(lines[0]) ||
      !absl::SimpleAtoi(lines[1], &checkpoint.tree_size) ||
      checkpoint.tree_size < 0 || !FromBase64(lines[2], &root) ||
      root.size() != checkpoint.root.size()) {
    return absl::InvalidArgumentError("not a checkpoint");
  }
  checkpoint.origin = std::string(lines[0]);
  std::copy(root.begin(), root.end(), checkpoint.root.begin());
  if (checkpoint.Write() != text) {
    return absl::InvalidArgumentError("not a checkpoint");
  }
  return checkpoint;
}

std::string CheckpointText::Write() const {
  return absl::StrCat(origin, "\n", tree_size, "\n",
                      absl::Base64Escape(View(root.data(), root.size())), "\n");
}

absl::StatusOr<CheckpointText> OpenCheckpoint(absl::string_view note,
                                              const VerifierKey& key) {
  PASSERELLE_ASSIGN_OR_RETURN(const Note parts, Split(note));
  if (key.type() != KeyType::kSigner ||
      std::none_of(parts.lines.begin(), parts.lines.end(),
                   [&](const std::string& line) {
                     return key.Verifies(parts.text, line);
                   })) {
    return absl::InvalidArgumentError(
        "the checkpoint is not signed by the platform's key");
  }
  PASSERELLE_ASSIGN_OR_RETURN(CheckpointText checkpoint,
                              CheckpointText::Parse(parts.text));
  if (checkpoint.origin != key.name()) {
    return absl::InvalidArgumentError("the checkpoint is of another log");
  }
  return checkpoint;
}

}  // namespace passerelle::note
