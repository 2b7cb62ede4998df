#include "server/storage/memory/memory_store.h"

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace passerelle::storage {
namespace {

using ::passerelle::testing::IsOk;
using ::passerelle::testing::StatusIs;

TEST(MemoryStoreTest, FailedCommitKeepsNothingAndFailsOnce) {
  MemoryStore store;
  const auto put = [](WriteTransaction& t) { return t.PutMeta("a", "b"); };
  store.FailNextCommit(absl::ResourceExhaustedError("full"));
  EXPECT_THAT(
      store.Write([](WriteTransaction&) { return absl::AbortedError("x"); }),
      StatusIs(absl::StatusCode::kAborted));
  EXPECT_THAT(store.Write(put), StatusIs(absl::StatusCode::kResourceExhausted));
  std::string value;
  const auto get = [&](ReadTransaction& t) { return t.GetMeta("a", &value); };
  EXPECT_THAT(store.Read(get), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(store.Write(put), IsOk());
  EXPECT_THAT(store.Read(get), IsOk());
}

}  // namespace
}  // namespace passerelle::storage
