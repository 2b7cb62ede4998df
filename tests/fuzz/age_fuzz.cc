// What reads files of the format age and keys survives any bytes, and hands on
// nothing that was not sealed.

#include <string>
#include <vector>

#include "common/age/age.h"
#include "tests/fuzz/fuzz_target.h"

namespace passerelle::fuzz {
namespace {

constexpr char kPlain[] = "what was sealed";

const age::Identity& Key() {
  static const auto* const key = new age::Identity(age::Identity::Generate());
  return *key;
}

}  // namespace

std::vector<std::string> Seeds() {
  std::string sealed;
  auto encryptor = age::Encryptor::Begin(
      {age::Identity::Generate().recipient(), Key().recipient()},
      [&](absl::string_view bytes) {
        sealed.append(bytes.data(), bytes.size());
        return absl::OkStatus();
      });
  Require(encryptor.ok() && encryptor->Add(kPlain).ok() &&
          encryptor->Finish().ok());
  return {sealed, "# a key\n" + Key().Text() + "\n", Key().recipient().Text()};
}

}  // namespace passerelle::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace passerelle;  // NOLINT(google-build-using-namespace)
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  std::string plain;
  age::Decryptor decryptor({fuzz::Key()}, [&](absl::string_view bytes) {
    plain.append(bytes.data(), bytes.size());
    return absl::OkStatus();
  });
  const bool opened = decryptor.Add(input).ok() && decryptor.Finish().ok();
  fuzz::Require(plain == (opened ? fuzz::kPlain : ""));
  if (const auto keys = age::Identity::ParseFile(input); keys.ok()) {
    for (const age::Identity& key : *keys) {
      fuzz::Require(age::Recipient::Parse(key.recipient().Text()).ok());
    }
  }
  if (const auto recipient = age::Recipient::Parse(input); recipient.ok()) {
    fuzz::Require(recipient->Text() == input);
  }
  return 0;
}
