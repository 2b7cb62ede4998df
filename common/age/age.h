#ifndef PASSERELLE_COMMON_AGE_AGE_H_
#define PASSERELLE_COMMON_AGE_AGE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Files in the format age v1 (C2SP, age.md) for X25519 recipients: what is
// written here opens with the `age` program, and the other way round.
//
// Streaming: whatever the file's size, a writer or reader holds one chunk of 64
// KiB. Nothing is handed on that was not authenticated.

namespace passerelle::age {

// Receives bytes in order. An error ends the work and is returned.
using Sink = std::function<absl::Status(absl::string_view)>;

// A public key, `age1…`.
class Recipient {
 public:
  // Returns: INVALID_ARGUMENT, also for points of low order, with which every
  // secret would be the same.
  static absl::StatusOr<Recipient> Parse(absl::string_view text);

  std::string Text() const;
  const std::array<uint8_t, 32>& point() const { return point_; }

 private:
  friend class Identity;
  std::array<uint8_t, 32> point_{};
};

// A private key, `AGE-SECRET-KEY-1…`. Its memory is wiped at the end.
class Identity {
 public:
  static Identity Generate();
  // Returns: INVALID_ARGUMENT.
  static absl::StatusOr<Identity> Parse(absl::string_view text);
  // Every key of an identity file: one a line, `#` begins a comment. At least
  // one, at most 1,000. Returns: INVALID_ARGUMENT.
  static absl::StatusOr<std::vector<Identity>> ParseFile(
      absl::string_view text);

  Identity(const Identity&) = default;
  Identity& operator=(const Identity&) = default;
  ~Identity();

  std::string Text() const;
  const Recipient& recipient() const { return recipient_; }
  const std::array<uint8_t, 32>& secret() const { return secret_; }

 private:
  Identity() = default;
  void Complete();

  std::array<uint8_t, 32> secret_{};
  Recipient recipient_;
};

inline constexpr size_t kMaxRecipients = 100;

// Encrypts one file. Thread compatible.
class Encryptor {
 public:
  // Gives `sink` the header. `recipients`: 1 to kMaxRecipients.
  // Returns: INVALID_ARGUMENT; errors of `sink`.
  static absl::StatusOr<Encryptor> Begin(
      const std::vector<Recipient>& recipients, Sink sink);

  Encryptor(Encryptor&& other) noexcept = default;
  Encryptor& operator=(Encryptor&&) = delete;
  ~Encryptor();

  // Adds plain bytes. Returns: errors of the sink; RESOURCE_EXHAUSTED after
  // 2^64 bytes.
  absl::Status Add(absl::string_view plain);
  // Writes the end, without which the file does not open. Once, at the end.
  absl::Status Finish();

 private:
  explicit Encryptor(Sink sink) : sink_(std::move(sink)) {}
  absl::Status WriteChunk(absl::string_view plain, bool last);

  Sink sink_;
  std::array<uint8_t, 32> key_{};
  uint64_t counter_ = 0;
  std::string held_;
};

// Decrypts one file that comes in pieces of any size. Thread compatible.
//
// Refuses (INVALID_ARGUMENT) headers larger than 64 KiB, of more than 200
// stanzas, with a stanza for none of the identities, malformed in any way, or
// whose MAC is not the file key's; and (DATA_LOSS) chunks that are altered,
// exchanged, missing or too many.
class Decryptor {
 public:
  // `identities` is not empty. `sink` gets plain bytes, authenticated.
  Decryptor(std::vector<Identity> identities, Sink sink);
  ~Decryptor();
  Decryptor(const Decryptor&) = delete;
  Decryptor& operator=(const Decryptor&) = delete;

  // After an error nothing more is accepted.
  absl::Status Add(absl::string_view bytes);
  // The file ended here. Returns: DATA_LOSS when it was cut short.
  absl::Status Finish();

 private:
  absl::Status ReadHeader();
  absl::Status OpenHeader(absl::string_view header);
  absl::Status ReadChunks(bool ended);
  absl::Status OpenChunk(absl::string_view sealed, bool last);

  const std::vector<Identity> identities_;
  const Sink sink_;
  absl::Status status_;
  std::string held_;
  std::array<uint8_t, 16> file_key_{};
  std::array<uint8_t, 32> key_{};
  enum class Stage { kHeader, kNonce, kChunks, kEnded } stage_ = Stage::kHeader;
  uint64_t counter_ = 0;
};

}  // namespace passerelle::age

#endif  // PASSERELLE_COMMON_AGE_AGE_H_
