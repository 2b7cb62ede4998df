#include <cstdlib>
#include <string>

#include "server/matching/model.h"
#include "tests/fuzz/fuzz_target.h"

std::vector<std::string> passerelle::fuzz::Seeds() {
  return {matching::SerialiseModel(matching::DefaultModel())};
}

namespace {

// A model is read or refused; one that is read writes itself the same again.
void Load(absl::string_view text) {
  using namespace passerelle::matching;
  const auto model = ParseModel(text);
  if (!model.ok()) return;
  const auto again = ParseModel(SerialiseModel(*model));
  if (!again.ok() || again->Version() != model->Version()) std::abort();
}

}  // namespace

// As it is, and with the checksum that its lines should have: damage on purpose
// comes with the right one.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  Load(text);
  const size_t checksum = text.rfind("checksum ");
  Load(passerelle::matching::SealModel(text.substr(0, checksum)));
  return 0;
}
