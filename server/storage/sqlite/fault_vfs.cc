#include "server/storage/sqlite/fault_vfs.h"

#include <sqlite3.h>

#include <chrono>
#include <new>
#include <thread>

namespace passerelle::storage::sqlite {

// SQLite hands back the pointers it was given, so each struct begins with the
// part SQLite knows.
struct FaultVfs::Registration {
  sqlite3_vfs vfs;
  sqlite3_vfs* real;
  Faults* faults;
};

namespace {

// The real file follows in the same allocation.
struct FaultFile {
  sqlite3_file base;
  FaultVfs::Faults* faults;
  const char* path;  // SQLite keeps it until the file is closed

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

FaultFile* Fault(sqlite3_file* file) {
  return reinterpret_cast<FaultFile*>(file);
}

sqlite3_file* Real(sqlite3_file* file) { return Fault(file)->real(); }

using Step = FaultVfs::Step;

std::string Path(sqlite3_file* file) {
  const char* path = Fault(file)->path;
  return path == nullptr ? "" : path;  // of a temporary file
}

int Close(sqlite3_file* file) {
  return Real(file)->pMethods->xClose(Real(file));
}

int Read(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
  FaultVfs::Faults* faults = Fault(file)->faults;
  if (faults->FailsNow() || faults->read_fails) return SQLITE_IOERR_READ;
  return Real(file)->pMethods->xRead(Real(file), data, size, offset);
}

int Write(sqlite3_file* file, const void* data, int size,
          sqlite3_int64 offset) {
  FaultVfs::Faults* faults = Fault(file)->faults;
  if (faults->full) return SQLITE_FULL;
  if (faults->FailsNow()) {
    if (faults->failure == FaultVfs::Failure::kFullDisk) return SQLITE_FULL;
    if (faults->failure == FaultVfs::Failure::kShortWrite) {
      Real(file)->pMethods->xWrite(Real(file), data, size / 2, offset);
    }
    return SQLITE_IOERR_WRITE;
  }
  if (faults->recording) {
    faults->Note({Step::Kind::kWrite, Path(file), offset,
                  std::string(static_cast<const char*>(data),
                              static_cast<size_t>(size))});
  }
  return Real(file)->pMethods->xWrite(Real(file), data, size, offset);
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  FaultVfs::Faults* faults = Fault(file)->faults;
  if (faults->FailsNow()) return SQLITE_IOERR_TRUNCATE;
  faults->Note({Step::Kind::kTruncate, Path(file), size, ""});
  return Real(file)->pMethods->xTruncate(Real(file), size);
}

int Sync(sqlite3_file* file, int flags) {
  FaultVfs::Faults* faults = Fault(file)->faults;
  ++faults->flushes;
  const int64_t delay = faults->flush_delay_us;
  if (delay > 0) std::this_thread::sleep_for(std::chrono::microseconds(delay));
  if (faults->FailsNow() || faults->flush_fails) return SQLITE_IOERR_FSYNC;
  faults->Note({Step::Kind::kFlush, Path(file), 0, ""});
  return Real(file)->pMethods->xSync(Real(file), flags);
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Real(file)->pMethods->xFileSize(Real(file), size);
}

int Lock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xLock(Real(file), level);
}

int Unlock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xUnlock(Real(file), level);
}

int CheckReservedLock(sqlite3_file* file, int* result) {
  return Real(file)->pMethods->xCheckReservedLock(Real(file), result);
}

int FileControl(sqlite3_file* file, int operation, void* argument) {
  return Real(file)->pMethods->xFileControl(Real(file), operation, argument);
}

int SectorSize(sqlite3_file* file) {
  return Real(file)->pMethods->xSectorSize(Real(file));
}

int DeviceCharacteristics(sqlite3_file* file) {
  return Real(file)->pMethods->xDeviceCharacteristics(Real(file));
}

int ShmMap(sqlite3_file* file, int page, int size, int extend,
           void volatile** memory) {
  return Real(file)->pMethods->xShmMap(Real(file), page, size, extend, memory);
}

int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return Real(file)->pMethods->xShmLock(Real(file), offset, count, flags);
}

void ShmBarrier(sqlite3_file* file) {
  Real(file)->pMethods->xShmBarrier(Real(file));
}

int ShmUnmap(sqlite3_file* file, int remove) {
  return Real(file)->pMethods->xShmUnmap(Real(file), remove);
}

// Version 2: shared memory for the log, no mapping of the file.
constexpr sqlite3_io_methods kMethods = {2,
                                         Close,
                                         Read,
                                         Write,
                                         Truncate,
                                         Sync,
                                         FileSize,
                                         Lock,
                                         Unlock,
                                         CheckReservedLock,
                                         FileControl,
                                         SectorSize,
                                         DeviceCharacteristics,
                                         ShmMap,
                                         ShmLock,
                                         ShmBarrier,
                                         ShmUnmap,
                                         nullptr,
                                         nullptr};

}  // namespace

FaultVfs::FaultVfs(absl::string_view name)
    : name_(name), registration_(std::make_unique<Registration>()) {
  sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
  registration_->vfs = *real;
  registration_->real = real;
  registration_->faults = &faults_;
  registration_->vfs.pNext = nullptr;
  registration_->vfs.zName = name_.c_str();
  registration_->vfs.szOsFile =
      static_cast<int>(sizeof(FaultFile)) + real->szOsFile;
  registration_->vfs.xOpen = [](sqlite3_vfs* vfs, const char* path,
                                sqlite3_file* file, int flags, int* out_flags) {
    auto* registration = reinterpret_cast<Registration*>(vfs);
    auto* fault = new (file) FaultFile{{nullptr}, registration->faults, path};
    const int code = registration->real->xOpen(registration->real, path,
                                               fault->real(), flags, out_flags);
    // Methods only after success: SQLite closes a file that has them.
    if (code == SQLITE_OK) fault->base.pMethods = &kMethods;
    return code;
  };
  registration_->vfs.xDelete = [](sqlite3_vfs* vfs, const char* path,
                                  int sync_folder) {
    auto* registration = reinterpret_cast<Registration*>(vfs);
    registration->faults->Note({Step::Kind::kDelete, path, 0, ""});
    return registration->real->xDelete(registration->real, path, sync_folder);
  };
  sqlite3_vfs_register(&registration_->vfs, /*makeDflt=*/0);
}

FaultVfs::~FaultVfs() { sqlite3_vfs_unregister(&registration_->vfs); }

}  // namespace passerelle::storage::sqlite
