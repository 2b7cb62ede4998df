#ifndef PASSERELLE_CLIENTS_CPP_PRIVATE_FILE_H_
#define PASSERELLE_CLIENTS_CPP_PRIVATE_FILE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace passerelle::client {

// A file of its owner alone (0600), open for reading and writing. Errors are
// those of the system, as FAILED_PRECONDITION FILE_UNUSABLE with the path.
class PrivateFile {
 public:
  // Makes the file, which must not exist. Returns: ALREADY_EXISTS as well.
  static absl::StatusOr<PrivateFile> Create(const std::string& path);
  // Opens it, or makes it. One that others may read or that is no regular file
  // is refused.
  static absl::StatusOr<PrivateFile> OpenOrCreate(const std::string& path);

  PrivateFile(PrivateFile&& other) noexcept;
  PrivateFile& operator=(PrivateFile&&) = delete;
  ~PrivateFile();

  absl::StatusOr<int64_t> Size() const;
  // `size` bytes from `offset`; fewer at the end of the file.
  absl::StatusOr<std::string> Read(int64_t offset, size_t size) const;
  absl::Status Append(absl::string_view bytes);
  absl::Status Truncate(int64_t size);
  // What was written survives a power cut.
  absl::Status Sync();

 private:
  PrivateFile(std::string path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}
  absl::Status Failed() const;

  std::string path_;
  int descriptor_;
};

// What becomes of a file that is in the way.
enum class Existing { kKeep, kReplace };

// Gives a file its final name in one step.
// Returns: ALREADY_EXISTS FILE_EXISTS, when one of that name is to be kept.
absl::Status MoveInPlace(const std::string& from, const std::string& to,
                         Existing existing);

// Removes a file; one that is not there is fine.
void RemoveFile(const std::string& path);

// Writes a whole private file and gives it its name in one step.
absl::Status WritePrivateFile(const std::string& path,
                              absl::string_view content, Existing existing);

}  // namespace passerelle::client

#endif  // PASSERELLE_CLIENTS_CPP_PRIVATE_FILE_H_
