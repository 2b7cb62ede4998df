#ifndef PASSERELLE_SERVER_MATCHING_LINK_OUTPUT_FILE_H_
#define PASSERELLE_SERVER_MATCHING_LINK_OUTPUT_FILE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace passerelle::link {

// A file that is there whole or not at all: it has no name until Commit, which
// puts it in the place of what was there, flushed. A program that fails or is
// killed leaves nothing behind. Only its owner can read it: results name
// people. Not thread safe.
class OutputFile {
 public:
  // Errors of the system: the folder is not there or not writable.
  static absl::StatusOr<std::unique_ptr<OutputFile>> Open(
      const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // An error is kept and returned by Commit.
  void Write(absl::string_view text);

  // Errors of the system; then nothing changed.
  absl::Status Commit();

  const std::string& path() const { return path_; }

 private:
  OutputFile(std::string path, int fd, std::string temporary);
  void Flush();
  absl::Status Name();

  const std::string path_;
  int fd_;
  // Its name until committed, where the file system cannot keep it nameless.
  std::string temporary_;
  std::string buffer_;
  absl::Status status_;
};

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_OUTPUT_FILE_H_
