// The format against itself, against every way of damaging it, and against the
// reference implementation: the program `age` of Debian.

#include "common/age/age.h"

#include <sodium.h>

#include <cstdlib>
#include <random>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/age/bech32.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/seed.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_pki.h"

namespace passerelle::age {
namespace {

using ::passerelle::testing::ProgramResult;
using ::passerelle::testing::ReadFileOrDie;
using ::passerelle::testing::RunProgram;
using ::passerelle::testing::TempDir;
using ::passerelle::testing::WriteFileOrDie;

constexpr size_t kChunk = 64 * 1024;

std::string Seal(absl::string_view plain,
                 const std::vector<Recipient>& recipients,
                 size_t piece = 10000) {
  std::string sealed;
  auto encryptor = Encryptor::Begin(recipients, [&](absl::string_view bytes) {
    sealed.append(bytes.data(), bytes.size());
    return absl::OkStatus();
  });
  EXPECT_TRUE(encryptor.ok());
  for (size_t at = 0; at < plain.size(); at += piece) {
    EXPECT_TRUE(encryptor->Add(plain.substr(at, piece)).ok());
  }
  EXPECT_TRUE(encryptor->Finish().ok());
  return sealed;
}

absl::Status Open(absl::string_view sealed,
                  const std::vector<Identity>& identities, std::string* plain,
                  size_t piece = 9999) {
  plain->clear();
  Decryptor decryptor(identities, [&](absl::string_view bytes) {
    plain->append(bytes.data(), bytes.size());
    return absl::OkStatus();
  });
  for (size_t at = 0; at < sealed.size(); at += piece) {
    if (absl::Status s = decryptor.Add(sealed.substr(at, piece)); !s.ok()) {
      return s;
    }
  }
  return decryptor.Finish();
}

std::string Text(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>(i * 7 + i / 256);
  return text;
}

size_t HeaderSize(absl::string_view sealed) {
  const size_t end = sealed.find("\n---");
  return sealed.find('\n', end + 1) + 1;
}

TEST(Bech32Test, RefusesWhatIsNotOneKey) {
  const std::string text = EncodeBech32("age", std::string(32, '\x5a'));
  std::string bytes;
  EXPECT_TRUE(DecodeBech32(text, "age", &bytes));
  EXPECT_EQ(bytes, std::string(32, '\x5a'));
  EXPECT_TRUE(DecodeBech32(absl::AsciiStrToUpper(text), "age", &bytes));
  EXPECT_FALSE(DecodeBech32("AGE" + text.substr(3), "age", &bytes));
  EXPECT_FALSE(DecodeBech32(text, "eag", &bytes));
  EXPECT_FALSE(DecodeBech32("", "age", &bytes));
  EXPECT_FALSE(DecodeBech32("age1", "age", &bytes));
  // One wrong symbol anywhere.
  for (size_t i = 4; i < text.size(); ++i) {
    std::string wrong = text;
    wrong[i] = wrong[i] == 'q' ? 'p' : 'q';
    EXPECT_FALSE(DecodeBech32(wrong, "age", &bytes)) << i;
  }
}

TEST(AgeTest, OpensWhatItSealedAtEverySizeThatMatters) {
  const Identity identity = Identity::Generate();
  for (const size_t size :
       {size_t{0}, size_t{1}, kChunk - 1, kChunk, kChunk + 1, 2 * kChunk,
        2 * kChunk + 1, 5 * kChunk - 17}) {
    const std::string plain = Text(size);
    const std::string sealed = Seal(plain, {identity.recipient()});
    for (const size_t piece : {size_t{1 << 20}, size_t{70001}, size_t{977}}) {
      std::string opened;
      ASSERT_TRUE(Open(sealed, {identity}, &opened, piece).ok()) << size;
      EXPECT_EQ(opened, plain) << size;
    }
  }
}

TEST(AgeTest, EveryRecipientOpensItAndNobodyElse) {
  std::vector<Identity> identities;
  std::vector<Recipient> recipients;
  for (int i = 0; i < 10; ++i) {
    identities.push_back(Identity::Generate());
    recipients.push_back(identities.back().recipient());
  }
  const std::string sealed = Seal("secret", recipients);
  std::string opened;
  for (const Identity& identity : identities) {
    EXPECT_TRUE(Open(sealed, {Identity::Generate(), identity}, &opened).ok());
    EXPECT_EQ(opened, "secret");
  }
  EXPECT_EQ(Open(sealed, {Identity::Generate()}, &opened).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(opened, "");
}

TEST(AgeTest, KeysAreReadAsTheyAreWritten) {
  const Identity identity = Identity::Generate();
  EXPECT_EQ(Identity::Parse(identity.Text())->recipient().Text(),
            identity.recipient().Text());
  EXPECT_EQ(Recipient::Parse(identity.recipient().Text())->Text(),
            identity.recipient().Text());
  const auto file =
      Identity::ParseFile(absl::StrCat("# made today\n\n", identity.Text(),
                                       "\r\n", Identity::Generate().Text()));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->size(), 2u);
  for (const std::string& wrong :
       {std::string(), std::string("# nothing"), identity.recipient().Text(),
        identity.Text() + "\nrubbish", identity.Text().substr(1)}) {
    EXPECT_FALSE(Identity::ParseFile(wrong).ok()) << wrong;
  }
  EXPECT_FALSE(Recipient::Parse(identity.Text()).ok());
  EXPECT_FALSE(
      Recipient::Parse(absl::AsciiStrToUpper(identity.recipient().Text()))
          .ok());
  EXPECT_FALSE(
      Recipient::Parse(EncodeBech32("age", std::string(31, '\x09'))).ok());
}

TEST(AgeTest, PointsOfLowOrderAreRefused) {
  std::vector<std::string> points(2, std::string(32, '\0'));
  points[1][0] = 1;
  for (const char* hex :
       {"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    std::string bytes(32, '\0');
    sodium_hex2bin(reinterpret_cast<uint8_t*>(bytes.data()), 32, hex, 64,
                   nullptr, nullptr, nullptr);
    points.push_back(bytes);
  }
  const Identity identity = Identity::Generate();
  const std::string sealed = Seal("secret", {identity.recipient()});
  for (const std::string& point : points) {
    EXPECT_FALSE(Recipient::Parse(EncodeBech32("age", point)).ok());
    // As the share of a stanza: refused, not skipped.
    char share[44];
    sodium_bin2base64(share, sizeof share,
                      reinterpret_cast<const uint8_t*>(point.data()), 32,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    std::string forged = sealed;
    forged.replace(forged.find("X25519 ") + 7, 43, share);
    std::string opened;
    EXPECT_EQ(Open(forged, {identity}, &opened).code(),
              absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(opened, "");
  }
}

TEST(AgeTest, NoTruncationOpens) {
  const Identity identity = Identity::Generate();
  const std::string plain = Text(2 * kChunk + 100);
  const std::string sealed = Seal(plain, {identity.recipient()});
  const size_t payload = HeaderSize(sealed);
  std::vector<size_t> lengths;
  // Every length around the header and each border of a chunk.
  for (size_t n = 0; n < payload + 60; ++n) lengths.push_back(n);
  for (int chunk = 1; chunk <= 2; ++chunk) {
    const size_t border =
        payload + 16 + static_cast<size_t>(chunk) * (kChunk + 16);
    for (size_t n = border - 40; n < border + 40; ++n) lengths.push_back(n);
  }
  for (size_t n = sealed.size() - 130; n < sealed.size(); ++n) {
    lengths.push_back(n);
  }
  for (const size_t length : lengths) {
    std::string opened;
    EXPECT_FALSE(
        Open(absl::string_view(sealed).substr(0, length), {identity}, &opened)
            .ok())
        << length;
    // What came out is the beginning of what went in, whole chunks.
    EXPECT_EQ(opened.size() % kChunk, 0u) << length;
    EXPECT_EQ(opened, plain.substr(0, opened.size()));
  }
}

TEST(AgeTest, NoFlippedBitOpens) {
  const Identity identity = Identity::Generate();
  const std::string sealed = Seal(Text(3 * kChunk), {identity.recipient()});
  const size_t header = HeaderSize(sealed);
  std::mt19937_64 random(testing::Seed());
  std::vector<size_t> positions;
  for (size_t i = 0; i < header + 16; ++i) positions.push_back(i);
  for (int i = 0; i < 500; ++i) positions.push_back(random() % sealed.size());
  for (const size_t at : positions) {
    std::string wrong = sealed;
    wrong[at] = static_cast<char>(wrong[at] ^ (1 << (random() % 8)));
    std::string opened;
    EXPECT_FALSE(Open(wrong, {identity}, &opened).ok()) << at;
  }
}

TEST(AgeTest, NoByteOfTheCodeIsTakenForAnother) {
  const Identity identity = Identity::Generate();
  const std::string sealed = Seal("x", {identity.recipient()});
  for (size_t at = 0; at < HeaderSize(sealed); ++at) {
    std::string wrong = sealed;
    wrong[at] = static_cast<char>(wrong[at] ^ 0x80);
    std::string opened;
    EXPECT_FALSE(Open(wrong, {identity}, &opened).ok()) << at;
  }
}

TEST(AgeTest, ChunksCannotBeExchangedRepeatedDroppedOrAdded) {
  const Identity identity = Identity::Generate();
  const std::string sealed = Seal(Text(4 * kChunk), {identity.recipient()});
  const size_t full = kChunk + 16;
  const size_t begin = sealed.size() - 4 * full;
  const auto chunk = [&](size_t i) {
    return sealed.substr(begin + i * full, full);
  };
  const std::string head = sealed.substr(0, begin);
  for (const std::string& payload :
       {chunk(1) + chunk(0) + chunk(2) + chunk(3),
        chunk(0) + chunk(0) + chunk(2) + chunk(3),
        chunk(0) + chunk(2) + chunk(3), chunk(0) + chunk(1) + chunk(2),
        chunk(0) + chunk(1) + chunk(2) + chunk(3) + chunk(3),
        chunk(0) + chunk(1) + chunk(2) + chunk(3) + std::string(16, 'x'),
        chunk(3), std::string()}) {
    std::string opened;
    EXPECT_EQ(Open(head + payload, {identity}, &opened).code(),
              absl::StatusCode::kDataLoss);
  }
  // A payload under another file's header.
  const std::string other = Seal("x", {identity.recipient()});
  std::string opened;
  EXPECT_FALSE(
      Open(other.substr(0, HeaderSize(other)) + sealed.substr(head.size() - 16),
           {identity}, &opened)
          .ok());
}

TEST(AgeTest, HostileHeadersAreRefusedWithinBounds) {
  const Identity identity = Identity::Generate();
  const std::string sealed = Seal("secret", {identity.recipient()});
  const std::string version = "age-encryption.org/v1\n";
  const std::string stanza =
      sealed.substr(version.size(), sealed.find("\n---") + 1 - version.size());
  const std::string rest = sealed.substr(version.size() + stanza.size());
  std::string many;
  for (int i = 0; i < 201; ++i) many += stanza;
  const std::vector<std::string> hostile = {
      "",
      "age-encryption.org/v2\n" + stanza + rest,
      version + rest,
      version + many + rest,
      version + std::string(70000, 'A'),
      version + "-> X25519 " + std::string(70000, 'A'),
      version + "-> grease " + std::string(70000, '\n') + rest,
      version + "->  x\n\n" + stanza + rest,
      version + "-> \n\n" + stanza + rest,
      version + "-> x \n\n" + stanza + rest,
      version + "-> x\n" + std::string(65, 'A') + "\n" + stanza + rest,
      version + "-> x\nA\n" + stanza + rest,
      version + "-> x\nAB==\n" + stanza + rest,
      version + "-> x\nAB\n" + stanza + rest,  // bits left over
      version + "-> X25519\n\n" + stanza + rest,
      absl::StrReplaceAll(sealed, {{"\n", "\r\n"}}),
      absl::StrReplaceAll(sealed, {{"--- ", "---  "}}),
      absl::StrReplaceAll(sealed, {{"-> X25519", "-> X25519 "}}),
      absl::StrReplaceAll(sealed, {{"-> X25519", "-> x25519"}}),
      absl::StrReplaceAll(sealed, {{"-> X25519", "->  X25519"}}),
  };
  for (size_t i = 0; i < hostile.size(); ++i) {
    std::string opened;
    EXPECT_EQ(Open(hostile[i], {identity}, &opened).code(),
              absl::StatusCode::kInvalidArgument)
        << i;
    EXPECT_EQ(opened, "") << i;
  }
}

TEST(AgeTest, TheSinkCanStopTheWork) {
  const Identity identity = Identity::Generate();
  const std::string sealed = Seal(Text(kChunk * 2), {identity.recipient()});
  int calls = 0;
  Decryptor decryptor({identity}, [&](absl::string_view) {
    ++calls;
    return absl::ResourceExhaustedError("full");
  });
  EXPECT_EQ(decryptor.Add(sealed).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(decryptor.Add("more").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(decryptor.Finish().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(calls, 1);
}

// The reference implementation opens what we seal, and we what it seals.
class Reference : public ::testing::Test {
 protected:
  std::string Path(absl::string_view name) { return dir_.File(name); }
  static void Run(const std::vector<std::string>& words) {
    const ProgramResult result = RunProgram(words);
    ASSERT_EQ(result.exit_status, 0) << result.output;
  }
  TempDir dir_;
};

TEST_F(Reference, OpensWhatWeSeal) {
  const Identity identity = Identity::Generate();
  const Identity other = Identity::Generate();
  WriteFileOrDie(Path("key"), identity.Text() + "\n");
  for (const size_t size : {size_t{0}, size_t{5}, kChunk, 3 * kChunk + 7}) {
    WriteFileOrDie(Path("sealed"),
                   Seal(Text(size), {other.recipient(), identity.recipient()}));
    WriteFileOrDie(Path("plain"), "");  // of nothing it makes no file
    Run({PASSERELLE_AGE, "--decrypt", "-i", Path("key"), "-o", Path("plain"),
         Path("sealed")});
    EXPECT_EQ(ReadFileOrDie(Path("plain")), Text(size));
  }
}

TEST_F(Reference, WeOpenWhatItSeals) {
  Run({PASSERELLE_AGE_KEYGEN, "-o", Path("key")});
  const auto identities = Identity::ParseFile(ReadFileOrDie(Path("key")));
  ASSERT_TRUE(identities.ok());
  for (const size_t size : {size_t{0}, size_t{5}, kChunk, 3 * kChunk + 7}) {
    WriteFileOrDie(Path("plain"), Text(size));
    Run({PASSERELLE_AGE, "-r", Identity::Generate().recipient().Text(), "-r",
         identities->front().recipient().Text(), "-o", Path("sealed"),
         Path("plain")});
    std::string opened;
    EXPECT_TRUE(Open(ReadFileOrDie(Path("sealed")), *identities, &opened).ok());
    EXPECT_EQ(opened, Text(size));
  }
}

}  // namespace
}  // namespace passerelle::age
