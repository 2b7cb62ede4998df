#ifndef PASSERELLE_SERVER_STORAGE_SQLITE_FAULT_MEMORY_H_
#define PASSERELLE_SERVER_STORAGE_SQLITE_FAULT_MEMORY_H_

#include <cstdint>

namespace passerelle::storage::sqlite {

// SQLite's allocator, failing on demand, for tests. Of the whole process.
class FaultMemory {
 public:
  // Must come before SQLite is first used. Ends the program when it does not.
  static void Install();

  // The `number`th allocation from now on fails, counted from 1, and those
  // after it succeed. 0: none does.
  static void FailAllocation(int64_t number);
  // Whether that allocation came.
  static bool failed();
};

}  // namespace passerelle::storage::sqlite

#endif  // PASSERELLE_SERVER_STORAGE_SQLITE_FAULT_MEMORY_H_
