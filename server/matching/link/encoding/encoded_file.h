#ifndef PASSERELLE_SERVER_MATCHING_LINK_ENCODING_ENCODED_FILE_H_
#define PASSERELLE_SERVER_MATCHING_LINK_ENCODING_ENCODED_FILE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/matching/link/encoding/encoder.h"
#include "server/matching/link/encoding/key.h"

namespace passerelle::link {

// Fewer people are not encoded: a filter would stand out among so few.
inline constexpr size_t kMinBatch = 10;
inline constexpr size_t kMaxBatch = 2'000'000;

// A file of encodings. Text, one line each:
//
//   passerelle-encodings 1
//   key 5f0c1f3a9be01c2d        fingerprint, not the key
//   hardening fold=1 flip=2 salt=0
//   bits 512
//   batch 0f9a…                 random; tells a file from another
//   people 5000
//   FILTER[,FILTER…] BLOCKS ID  in base64; blocks of 8 bytes each; the id with
//   …                           "%", spaces and control characters as %XX
//   end 9f86d081…               SHA-256 of everything before
//
// People are in the order of their filters: the order of the source is lost.
struct EncodedFile {
  std::string path;  // for messages
  std::string fingerprint;
  Hardening hardening;
  std::string batch;
  std::vector<Encoding> people;
};

// Whether two files may be compared. Returns: reason kOtherKey when they were
// made under another key, purpose or hardening.
absl::Status CheckComparable(const EncodedFile& a, const EncodedFile& b);

// Writes `people` under `key`. Returns: reason kTooFewPeople; errors of the
// system.
absl::Status SaveEncodings(const EncodingKey& key, std::vector<Encoding> people,
                           const std::string& path);

// Returns: reason kEncoding (damaged, cut short, of another version, not such a
// file), with the line as row; kTooFewPeople; errors of the system.
absl::StatusOr<EncodedFile> LoadEncodings(const std::string& path);

// The same of a text already read.
absl::StatusOr<EncodedFile> ParseEncodings(absl::string_view text,
                                           const std::string& path);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_ENCODING_ENCODED_FILE_H_
