#ifndef PASSERELLE_SERVER_STORAGE_SQLITE_PACKING_H_
#define PASSERELLE_SERVER_STORAGE_SQLITE_PACKING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace passerelle::storage::sqlite {

// Several byte strings in one column. Format: for each item its length as a
// base-128 varint (low group first, at most five bytes), then its bytes; the
// column's end is the end of the list. Rows cost more than bytes, so whatever
// a batch writes together stands in one row.
void Pack(absl::string_view item, std::string* packed);

// Walks a packed column, which must outlive it.
class Unpacker {
 public:
  explicit Unpacker(absl::string_view packed) : rest_(packed) {}

  // False at the end and at the first damaged item.
  bool Next(absl::string_view* item);

  // Whether the walk ended before the end of the column.
  bool damaged() const { return damaged_; }

 private:
  absl::string_view rest_;
  bool damaged_ = false;
};

// Growing numbers in one column: the first, then how much each is above the one
// before, as varints.
void PackNumbers(const std::vector<int64_t>& numbers, std::string* packed);
// False when the column is damaged.
bool UnpackNumbers(absl::string_view packed, std::vector<int64_t>* numbers);

}  // namespace passerelle::storage::sqlite

#endif  // PASSERELLE_SERVER_STORAGE_SQLITE_PACKING_H_
