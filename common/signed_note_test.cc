#include "common/signed_note.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace passerelle::note {
namespace {

using ::passerelle::testing::IsOk;
using ::passerelle::testing::StatusIs;

const absl::Time kTime = absl::FromUnixSeconds(1'700'000'000);

// The key of Go's package sumdb/note, with the signature its tests expect.
constexpr char kGoVerifier[] =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr char kGoSigner[] =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+"
    "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr char kGoText[] =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
constexpr char kGoLine[] =
    "\xE2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngot"
    "pRZb6KE6RyyBwJnAM=";

TEST(SignedNoteTest, KnownKeysAndSignature) {
  const auto signer = SignerKey::Parse(kGoSigner);
  ASSERT_THAT(signer, IsOk());
  EXPECT_EQ(signer->verifier().Text(), kGoVerifier);
  EXPECT_EQ(signer->Text(), kGoSigner);
  EXPECT_EQ(signer->Sign(kGoText, kTime), kGoLine);
  EXPECT_TRUE(signer->verifier().Verifies(kGoText, kGoLine));
}

TEST(SignedNoteTest, EveryFlippedBitIsRefused) {
  for (const KeyType type : {KeyType::kSigner, KeyType::kCosigner}) {
    const SignerKey signer = SignerKey::Generate("a.example/log", type);
    const VerifierKey& key = signer.verifier();
    const std::string text = "a.example/log\n7\nAAAA\n";
    const std::string line = signer.Sign(text, kTime);
    absl::Time time;
    ASSERT_TRUE(key.Verifies(text, line, &time));
    EXPECT_EQ(time, type == KeyType::kCosigner ? kTime : absl::UnixEpoch());
    for (size_t i = 0; i < line.size() * 8; ++i) {
      std::string other = line;
      other[i / 8] = static_cast<char>(other[i / 8] ^ (1 << (i % 8)));
      EXPECT_FALSE(key.Verifies(text, other)) << i;
    }
    for (size_t i = 0; i < text.size(); ++i) {
      std::string other = text;
      other[i] = static_cast<char>(other[i] ^ 1);
      EXPECT_FALSE(key.Verifies(other, line)) << i;
    }
    EXPECT_FALSE(key.Verifies(text, line.substr(0, line.size() - 4)));
    EXPECT_FALSE(key.Verifies(text, line + " "));
    EXPECT_FALSE(SignerKey::Generate("a.example/log", type)
                     .verifier()
                     .Verifies(text, line));
  }
}

// A log's key must not be taken for a witness's, nor the other way round.
TEST(SignedNoteTest, SignaturesOfTheOtherTypeAreRefused) {
  const SignerKey log = SignerKey::Generate("log", KeyType::kSigner);
  std::string bytes;
  ASSERT_TRUE(absl::Base64Unescape(log.Text().substr(log.Text().rfind('+') + 1),
                                   &bytes));
  const std::string text = "log\n0\nx\n";
  EXPECT_FALSE(SignerKey::Generate("log", KeyType::kCosigner)
                   .verifier()
                   .Verifies(text, log.Sign(text, kTime)));
}

TEST(SignedNoteTest, KeysAreReadOnlyAsTheyAreWritten) {
  const SignerKey signer = SignerKey::Generate("x.example/a", KeyType::kSigner);
  const std::string text = signer.verifier().Text();
  ASSERT_THAT(VerifierKey::Parse(text), IsOk());
  EXPECT_EQ(*VerifierKey::Parse(text), signer.verifier());
  for (const std::string& bad :
       {std::string(), std::string("x"), text + "=", text + "\n", " " + text,
        absl::StrReplaceAll(text, {{"x.example", "y.example"}}),
        text.substr(0, text.size() - 4),
        absl::StrReplaceAll(text, {{"+A", "+B"}})}) {
    EXPECT_THAT(VerifierKey::Parse(bad),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << bad;
    EXPECT_THAT(SignerKey::Parse(bad),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
  EXPECT_THAT(SignerKey::Parse(text),
              StatusIs(absl::StatusCode::kInvalidArgument));
  const std::string wrong_id =
      absl::StrReplaceAll(signer.Text(), {{"x.example/a", "x.example/b"}});
  EXPECT_THAT(SignerKey::Parse(wrong_id),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(SignedNoteTest, NotesAreTakenApartAndPutTogether) {
  const std::string note =
      "a\n\nb\n\n\xE2\x80\x94 x AAAA\n\xE2\x80\x94 y BBBB\n";
  const auto parts = Split(note);
  ASSERT_THAT(parts, IsOk());
  EXPECT_EQ(parts->text, "a\n\nb\n");
  EXPECT_EQ(parts->lines.size(), 2u);
  EXPECT_EQ(Join(*parts), note);
  std::string many = "a\n\n";
  for (int i = 0; i < 65; ++i) many += "\xE2\x80\x94 x AAAA\n";
  for (const std::string& bad :
       {std::string(), std::string("\n\n"), std::string("a\n\n"),
        std::string("a\n"), std::string("a\n\n\xE2\x80\x94 x AAAA"),
        std::string("a\n\nb AAAA\n"),
        std::string("a\r\n\n\xE2\x80\x94 x AAAA\n"), many}) {
    EXPECT_THAT(Split(bad), StatusIs(absl::StatusCode::kInvalidArgument))
        << bad;
  }
}

TEST(SignedNoteTest, CheckpointsAreReadOnlyAsTheyAreWritten) {
  CheckpointText checkpoint;
  checkpoint.origin = "passerelle.example/journal";
  checkpoint.tree_size = 20852163;
  checkpoint.root.fill(7);
  const std::string text = checkpoint.Write();
  const auto read = CheckpointText::Parse(text);
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->tree_size, 20852163);
  EXPECT_EQ(read->root, checkpoint.root);
  for (const std::string& bad : {std::string(), text + "\n", text + "more\n",
                                 text.substr(0, text.size() - 1),
                                 absl::StrReplaceAll(text, {{"\n2", "\n02"}}),
                                 absl::StrReplaceAll(text, {{"\n2", "\n-2"}}),
                                 absl::StrReplaceAll(text, {{"\n2", "\n+2"}}),
                                 absl::StrReplaceAll(text, {{"\n2", "\n 2"}}),
                                 absl::StrReplaceAll(text, {{"=\n", "\n"}})}) {
    EXPECT_THAT(CheckpointText::Parse(bad),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << bad;
  }
}

TEST(SignedNoteTest, ACheckpointCountsOnlyUnderItsLogsKey) {
  const SignerKey log = SignerKey::Generate("p.example/j", KeyType::kSigner);
  const SignerKey other = SignerKey::Generate("p.example/j", KeyType::kSigner);
  CheckpointText checkpoint;
  checkpoint.origin = "p.example/j";
  checkpoint.tree_size = 3;
  const std::string text = checkpoint.Write();
  const std::string note =
      Join({text, {other.Sign(text, kTime), log.Sign(text, kTime)}});
  ASSERT_THAT(OpenCheckpoint(note, log.verifier()), IsOk());
  EXPECT_EQ(OpenCheckpoint(note, log.verifier())->tree_size, 3);
  EXPECT_THAT(
      OpenCheckpoint(
          note,
          SignerKey::Generate("p.example/j", KeyType::kSigner).verifier()),
      StatusIs(absl::StatusCode::kInvalidArgument));
  // Signed, but in the name of another log.
  checkpoint.origin = "q.example/j";
  const std::string foreign = checkpoint.Write();
  EXPECT_THAT(OpenCheckpoint(Join({foreign, {log.Sign(foreign, kTime)}}),
                             log.verifier()),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace passerelle::note
