# Writes the bytes of IN as a C++ array to OUT.
file(READ "${IN}" bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n" bytes
  "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE "${OUT}" "// Made by clients/cli/embed.cmake.
#include <cstddef>

namespace passerelle::cli {
extern const unsigned char kEmbeddedContract[];
extern const std::size_t kEmbeddedContractSize;
const unsigned char kEmbeddedContract[] = {
${bytes}};
const std::size_t kEmbeddedContractSize = sizeof(kEmbeddedContract);
}  // namespace passerelle::cli
")
