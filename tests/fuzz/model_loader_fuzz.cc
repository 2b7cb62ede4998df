#include <cstdlib>
#include <string>

#include "server/matching/model.h"
#include "tests/fuzz/fuzz_target.h"

std::vector<std::string> passerelle::fuzz::Seeds() {
  return {matching::SerialiseModel(matching::DefaultModel())};
}

// A model is read or refused; one that is read writes itself the same again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace passerelle::matching;
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto model = ParseModel(text);
  if (!model.ok()) return 0;
  const auto again = ParseModel(SerialiseModel(*model));
  if (!again.ok() || again->Version() != model->Version()) std::abort();
  return 0;
}
