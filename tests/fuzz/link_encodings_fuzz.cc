#include <sodium.h>

#include <fstream>
#include <sstream>

#include "absl/strings/escaping.h"
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

namespace {

using namespace passerelle;

void Load(absl::string_view text) {
  const auto file = link::ParseEncodings(text, "x");
  if (!file.ok()) {
    fuzz::Require(link::ExitCodeOf(file.status()) == link::kRefused);
    return;
  }
  link::CompareEncodings(*file, *file, 0.1);
}

}  // namespace

// As it is, and with the hash that its lines should have: damage on purpose
// comes with the right one.
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  Load(text);
  const size_t end = text.rfind("end ");
  if (end == absl::string_view::npos) return 0;
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(digest.data()), data,
                     end);
  Load(absl::StrCat(text.substr(0, end), "end ", absl::BytesToHexString(digest),
                    "\n"));
  return 0;
}
