#include "server/matching/link/encoding/key.h"
#include "server/matching/link/problem.h"
#include "tests/fuzz/fuzz_target.h"

namespace passerelle::fuzz {

std::vector<std::string> Seeds() {
  return {"version = 1\nkey = \"" + std::string(64, 'a') +
          "\"\npurpose = \"fuzz\"\nfold = true\nflip_percent = 2\n"
          "salt = false\n"};
}

}  // namespace passerelle::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto key = passerelle::link::ParseKey(
      absl::string_view(reinterpret_cast<const char*>(data), size), "key");
  if (key.ok()) {
    passerelle::fuzz::Require(key->Fingerprint().size() == 16);
    passerelle::fuzz::Require(!key->purpose.empty());
  } else {
    passerelle::fuzz::Require(passerelle::link::ReasonOf(key.status()) ==
                              passerelle::link::Reason::kKey);
  }
  return 0;
}
