#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "server/matching/link/encoding/encoded_comparison.h"
#include "server/matching/link/encoding/encoded_file.h"
#include "server/matching/link/problem.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/temp_dir.h"

namespace passerelle::fuzz {

// A whole file, its hash included.
std::vector<std::string> Seeds() {
  link::EncodingKey key;
  key.purpose = "fuzz";
  link::Encoder encoder(key);
  std::vector<link::Encoding> people;
  for (int i = 0; i < 12; ++i) {
    matching::Record record;
    record.id = absl::StrCat("id ", i);
    record.full_name = i % 2 == 0 ? "Fatou Diallo" : "محمد";
    people.push_back(encoder.Encode(record));
  }
  const testing::TempDir folder;
  const std::string path = folder.File("a.enc");
  Require(link::SaveEncodings(key, people, path).ok());
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return {text.str()};
}

}  // namespace passerelle::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = passerelle::link::ParseEncodings(
      absl::string_view(reinterpret_cast<const char*>(data), size), "x");
  if (!file.ok()) {
    passerelle::fuzz::Require(passerelle::link::ExitCodeOf(file.status()) ==
                              passerelle::link::kRefused);
    return 0;
  }
  passerelle::link::CompareEncodings(*file, *file, 0.1);
  return 0;
}
