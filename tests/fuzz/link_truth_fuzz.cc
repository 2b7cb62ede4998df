#include "server/matching/link/truth.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/memory_file.h"

namespace passerelle::fuzz {

std::vector<std::string> Seeds() {
  return {"id,cluster\n1,a\n2,a\n3,b\n4,\n", "id_a,id_b\n1,2\n2,1\n3,3\n4,\n",
          "request_id,reg_id\nQ1,R1\nQ2,\n"};
}

}  // namespace passerelle::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const passerelle::fuzz::MemoryFile file(data, size);
  const auto truth = passerelle::link::Truth::Load(file.path(), std::nullopt);
  if (!truth.ok()) return 0;
  for (const char* id : {"1", "2", "3", "Q1"}) {
    passerelle::fuzz::Require(!truth->HasMatch(id) || truth->Knows(id));
    passerelle::fuzz::Require(!truth->Same(id, "2") ||
                              (truth->HasMatch(id) && truth->pairs() > 0));
  }
  return 0;
}
