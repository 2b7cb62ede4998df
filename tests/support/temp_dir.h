#ifndef PASSERELLE_TESTS_SUPPORT_TEMP_DIR_H_
#define PASSERELLE_TESTS_SUPPORT_TEMP_DIR_H_

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "absl/strings/string_view.h"

namespace passerelle::testing {

// A fresh folder, removed with everything in it at the end of the scope.
class TempDir {
 public:
  TempDir()
      : path_(std::filesystem::temp_directory_path() / "passerelleXXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) abort();
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }

  // The path of a file in it, which need not exist.
  std::string File(absl::string_view name) const {
    return path_ + "/" + std::string(name);
  }

  // Makes such a file, for its owner only, as keys must be.
  // Returns: its path.
  std::string Write(absl::string_view name, absl::string_view content) const {
    namespace fs = std::filesystem;
    const std::string path = File(name);
    std::ofstream(path, std::ios::binary) << content;
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    return path;
  }

 private:
  std::string path_;
};

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_SUPPORT_TEMP_DIR_H_
