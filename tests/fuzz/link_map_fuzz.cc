#include "server/matching/link/column_map.h"
#include "tests/fuzz/fuzz_target.h"

namespace passerelle::fuzz {

std::vector<std::string> Seeds() {
  return {
      "[columns]\nid = \"a\"\ngiven = [\"b\", 'c']\n[formats]\n"
      "birth_date = \"%Y%m%d\"\ndelimiter = \"tab\"\n",
      "[columns]\nid='a'\nfull_name='b'\nphone=['c','d']\n"
      "[formats]\nencoding='windows-1256'\nbirth_date=['%d.%m.%y','%b %Y']"};
}

}  // namespace passerelle::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using passerelle::link::Role;
  const auto map = passerelle::link::ParseColumnMap(
      absl::string_view(reinterpret_cast<const char*>(data), size), "map");
  if (!map.ok()) {
    passerelle::fuzz::Require(passerelle::link::ReasonOf(map.status()) ==
                              passerelle::link::Reason::kMap);
    return 0;
  }
  passerelle::fuzz::Require(!(*map)[Role::kId].empty());
  return 0;
}
