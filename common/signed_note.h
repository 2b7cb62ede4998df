#ifndef PASSERELLE_COMMON_SIGNED_NOTE_H_
#define PASSERELLE_COMMON_SIGNED_NOTE_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// Signed notes as C2SP specifies them (https://c2sp.org/signed-note): a text,
// an empty line, and signature lines "— name base64(key id ‖ signature)". Keys
// are Ed25519. A note says nothing until a key one trusts has verified it.
namespace passerelle::note {

// What a signature covers.
enum class KeyType : uint8_t {
  kSigner = 1,    // the text: what a log signs
  kCosigner = 4,  // a time and the text (https://c2sp.org/tlog-cosignature)
};

// A public key with its name, written "name+id+base64(type ‖ key)".
class VerifierKey {
 public:
  // Returns: INVALID_ARGUMENT for anything that Text() does not write.
  static absl::StatusOr<VerifierKey> Parse(absl::string_view text);

  std::string Text() const;
  const std::string& name() const { return name_; }
  KeyType type() const { return type_; }

  // Whether `line` is this key's signature of `text`. `*time`, when given, is
  // set to what a cosigner states, in whole seconds.
  bool Verifies(absl::string_view text, absl::string_view line,
                absl::Time* time = nullptr) const;

  friend bool operator==(const VerifierKey&, const VerifierKey&) = default;

 private:
  friend class SignerKey;
  std::array<unsigned char, 4> Id() const;

  std::string name_;
  KeyType type_ = KeyType::kSigner;
  std::array<unsigned char, 32> key_ = {};
};

// A private key with its name, written "PRIVATE+KEY+name+id+base64(type ‖
// seed)". Wiped from memory when it is destroyed.
class SignerKey {
 public:
  // `name` as IsKeyName says.
  static SignerKey Generate(absl::string_view name, KeyType type);
  // Returns: INVALID_ARGUMENT; never with what it was given.
  static absl::StatusOr<SignerKey> Parse(absl::string_view text);
  SignerKey(const SignerKey&) = default;
  SignerKey& operator=(const SignerKey&) = default;
  ~SignerKey();

  std::string Text() const;
  const VerifierKey& verifier() const { return verifier_; }

  // The signature line, without a newline. Only a cosigner's states `time`.
  std::string Sign(absl::string_view text, absl::Time time) const;

 private:
  SignerKey() = default;
  void Derive();

  std::array<unsigned char, 32> seed_ = {};
  std::array<unsigned char, 64> secret_ = {};
  VerifierKey verifier_;
};

// 1 to 200 printable ASCII characters without spaces and '+'.
bool IsKeyName(absl::string_view name);

struct Note {
  std::string text;                // ends in a newline
  std::vector<std::string> lines;  // signatures, without newlines
};

// Returns: INVALID_ARGUMENT when it is no note or has more than 64 signatures.
absl::StatusOr<Note> Split(absl::string_view note);
std::string Join(const Note& note);

// What a log signs of its tree (https://c2sp.org/tlog-checkpoint): three lines,
// the log's name, the number of leaves, the root.
struct CheckpointText {
  std::string origin;
  int64_t tree_size = 0;
  std::array<unsigned char, 32> root = {};

  // Returns: INVALID_ARGUMENT for anything that Write() does not write.
  static absl::StatusOr<CheckpointText> Parse(absl::string_view text);
  std::string Write() const;
};

// The checkpoint in a note that `key` signed, whose name is the log's.
// Returns: INVALID_ARGUMENT when the key did not sign it, or it is none.
absl::StatusOr<CheckpointText> OpenCheckpoint(absl::string_view note,
                                              const VerifierKey& key);

}  // namespace passerelle::note

#endif  // PASSERELLE_COMMON_SIGNED_NOTE_H_
