#ifndef PASSERELLE_SERVER_MATCHING_LINK_BYTE_FILE_H_
#define PASSERELLE_SERVER_MATCHING_LINK_BYTE_FILE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace passerelle::link {

// A regular file read from its beginning, piece by piece. Not thread safe.
class ByteFile {
 public:
  static constexpr size_t kPieceBytes = 256 << 10;

  // Errors of the system; a pipe or a folder is a usage problem, because files
  // are read twice: once to see their encoding.
  static absl::StatusOr<std::unique_ptr<ByteFile>> Open(
      const std::string& path);
  ~ByteFile();
  ByteFile(const ByteFile&) = delete;
  ByteFile& operator=(const ByteFile&) = delete;

  // The next piece, valid until the next call; empty at the end.
  absl::StatusOr<absl::string_view> Next();
  // Back to byte `offset`.
  absl::Status Rewind(size_t offset);

  const std::string& path() const { return path_; }

 private:
  ByteFile(std::string path, int fd);

  const std::string path_;
  const int fd_;
  std::string buffer_;
};

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_BYTE_FILE_H_
