#include "server/storage/sqlite/fault_memory.h"

#include <sqlite3.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

namespace passerelle::storage::sqlite {
namespace {

sqlite3_mem_methods real;
std::atomic<int64_t> fail_allocation = 0;
std::atomic<int64_t> allocations = 0;

bool FailsNow() { return ++allocations == fail_allocation; }

void* Allocate(int size) { return FailsNow() ? nullptr : real.xMalloc(size); }

void* Reallocate(void* memory, int size) {
  return FailsNow() ? nullptr : real.xRealloc(memory, size);
}

}  // namespace

void FaultMemory::Install() {
  sqlite3_mem_methods faulty;
  if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real) == SQLITE_OK) {
    faulty = real;
    faulty.xMalloc = &Allocate;
    faulty.xRealloc = &Reallocate;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &faulty) == SQLITE_OK) return;
  }
  std::fprintf(stderr, "SQLite is in use already\n");
  std::abort();
}

void FaultMemory::FailAllocation(int64_t number) {
  allocations = 0;
  fail_allocation = number;
}

bool FaultMemory::failed() {
  return fail_allocation != 0 && allocations >= fail_allocation;
}

}  // namespace passerelle::storage::sqlite
