#ifndef PASSERELLE_TESTS_FUZZ_MEMORY_FILE_H_
#define PASSERELLE_TESTS_FUZZ_MEMORY_FILE_H_

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace passerelle::fuzz {

// A file in memory, for parsers that read files: a path and its content.
class MemoryFile {
 public:
  MemoryFile(const uint8_t* data, size_t size)
      : fd_(memfd_create("fuzz", MFD_CLOEXEC)) {
    if (fd_ < 0 || write(fd_, data, size) != static_cast<ssize_t>(size)) {
      __builtin_trap();
    }
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  const int fd_;
};

}  // namespace passerelle::fuzz

#endif  // PASSERELLE_TESTS_FUZZ_MEMORY_FILE_H_
