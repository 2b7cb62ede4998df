#include "server/matching/link/csv_reader.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/memory_file.h"

namespace passerelle::fuzz {

std::vector<std::string> Seeds() {
  return {"id,name\r\n1,\"a, \"\"b\"\"\"\r\n2,\n",
          "sep=;\nid;name\n1; \"x\ny\" \n",
          "id\tname\n1\té محمد\n",
          std::string("\xFF\xFEi\0d\0\n\0\x31\0\n\0", 12),
          "\xEF\xBB\xBFid\n1\n\n2\n",
          "nom;pr\xE9nom\nAm\xE9lie;Andr\xE9\n"};
}

}  // namespace passerelle::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using passerelle::fuzz::Require;
  const passerelle::fuzz::MemoryFile file(data, size);
  const auto reader = passerelle::link::CsvReader::Open(file.path(), {});
  if (!reader.ok()) return 0;
  uint64_t row = (*reader)->row();
  while (true) {
    const auto found = (*reader)->Next();
    if (!found.ok()) {
      Require(passerelle::link::PlaceOf(found.status()).row > 0);
      return 0;
    }
    if (!*found) return 0;
    Require((*reader)->fields().size() == (*reader)->header().size());
    Require((*reader)->row() > row);
    row = (*reader)->row();
  }
}
