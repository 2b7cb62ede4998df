#include "server/storage/sqlite/packing.h"

#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace passerelle::storage::sqlite {
namespace {

std::vector<std::string> Unpack(absl::string_view packed, bool* damaged) {
  std::vector<std::string> items;
  Unpacker unpacker(packed);
  absl::string_view item;
  while (unpacker.Next(&item)) items.emplace_back(item);
  *damaged = unpacker.damaged();
  return items;
}

TEST(PackingTest, GivesBackWhatWasPacked) {
  const std::vector<std::string> items = {"",
                                          "a",
                                          std::string("\0\xff", 2),
                                          std::string(127, 'x'),
                                          std::string(128, 'y'),
                                          std::string(70000, 'z'),
                                          ""};
  std::string packed;
  for (const std::string& item : items) Pack(item, &packed);
  bool damaged = true;
  EXPECT_EQ(Unpack(packed, &damaged), items);
  EXPECT_FALSE(damaged);
}

TEST(PackingTest, KeepsItsFormat) {
  std::string packed;
  Pack("hello", &packed);
  Pack(std::string(200, 'x'), &packed);
  EXPECT_EQ(packed, "\x05hello\xc8\x01" + std::string(200, 'x'));
}

TEST(PackingTest, NothingPackedIsNoItem) {
  bool damaged = true;
  EXPECT_TRUE(Unpack("", &damaged).empty());
  EXPECT_FALSE(damaged);
}

TEST(PackingTest, EveryTruncationIsDamageOrFewerItems) {
  std::string packed;
  for (const char* item : {"first", "second"}) Pack(item, &packed);
  Pack(std::string(300, 'x'), &packed);
  for (size_t size = 0; size < packed.size(); ++size) {
    bool damaged = false;
    const auto items =
        Unpack(absl::string_view(packed).substr(0, size), &damaged);
    EXPECT_LT(items.size(), 3u);
    EXPECT_EQ(damaged, size != 0 && size != 6 && size != 13) << size;
  }
}

TEST(PackingTest, OverlongLengthIsDamage) {
  bool damaged = false;
  Unpack("\xff\xff\xff\xff\xff\xff\x01", &damaged);
  EXPECT_TRUE(damaged);
}

TEST(PackingTest, GrowingNumbersComeBack) {
  constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
  for (const std::vector<int64_t>& numbers : {std::vector<int64_t>{},
                                              {0},
                                              {0, 1, 2},
                                              {5, 200, 70'000},
                                              {kLargest - 1, kLargest},
                                              {0, kLargest}}) {
    std::string packed;
    PackNumbers(numbers, &packed);
    std::vector<int64_t> found = {7};
    EXPECT_TRUE(UnpackNumbers(packed, &found));
    EXPECT_EQ(found, numbers);
    if (packed.empty()) continue;
    // Cut short in the last number.
    packed.back() = static_cast<char>(0x80);
    EXPECT_FALSE(UnpackNumbers(packed, &found));
  }
  std::vector<int64_t> found;
  EXPECT_FALSE(UnpackNumbers(std::string(10, '\xff'), &found));
}

}  // namespace
}  // namespace passerelle::storage::sqlite
