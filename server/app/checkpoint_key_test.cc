#include "server/app/checkpoint_key.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"
#include "server/journal/checkpoint.h"
#include "server/storage/memory/memory_store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace passerelle::app {
namespace {

using ::passerelle::testing::IsOk;
using ::passerelle::testing::StatusIs;

class CheckpointKeyTest : public ::testing::Test {
 protected:
  absl::StatusOr<note::SignerKey> Load(
      absl::string_view trust_domain = "p.example") {
    return LoadCheckpointKey(path_, trust_domain, &store_);
  }
  void Write(const std::string& text, mode_t mode = 0600) {
    std::ofstream(path_) << text;
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
  }

  testing::TempDir dir_;
  const std::string path_ = dir_.File("checkpoint.key");
  storage::MemoryStore store_;
};

TEST_F(CheckpointKeyTest, IsMadeOnceForItsOwnerAlone) {
  const auto made = Load();
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->verifier().name(), "p.example/journal");
  struct stat info = {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
  const auto again = Load();
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->Text(), made->Text());
}

TEST_F(CheckpointKeyTest, IsNotMadeAnewOnceTheJournalWasSigned) {
  const auto made = Load();
  ASSERT_THAT(made, IsOk());
  ASSERT_THAT(journal::MakeCheckpoint(&store_, merkle::CompactRange(), *made,
                                      absl::UnixEpoch()),
              IsOk());
  ASSERT_EQ(remove(path_.c_str()), 0);
  EXPECT_THAT(Load(), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_FALSE(std::ifstream(path_).good()) << "nothing was made";
}

TEST_F(CheckpointKeyTest, AnOpenFileIsRefused) {
  ASSERT_THAT(Load(), IsOk());
  for (const mode_t mode : {0640, 0604, 0660}) {
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
    EXPECT_THAT(Load(), StatusIs(absl::StatusCode::kPermissionDenied));
  }
}

TEST_F(CheckpointKeyTest, AnotherKeyIsRefusedAndNotShown) {
  ASSERT_THAT(Load(), IsOk());
  EXPECT_THAT(Load("q.example"),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  const auto witness =
      note::SignerKey::Generate("p.example/journal", note::KeyType::kCosigner);
  Write(witness.Text());
  EXPECT_THAT(Load(), StatusIs(absl::StatusCode::kFailedPrecondition));
  const std::string cut = witness.Text().substr(0, 60);
  for (const std::string& text : {std::string(), std::string("x"), cut}) {
    Write(text);
    const auto refused = Load();
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument));
    EXPECT_EQ(refused.status().message().find("PRIVATE"), std::string::npos);
  }
}

}  // namespace
}  // namespace passerelle::app
