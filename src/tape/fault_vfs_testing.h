// A disk that fails, for tests only: an SQLite VFS over the real one. Operations (write, truncate,
// fsync, delete) are counted, and at a chosen one it refuses, writes a part, reports a full disk,
// fails an fsync, or loses power: then every write that no fsync has covered is undone, or a random
// half of them, and nothing works any more. What is left lies in the real file, to be opened with
// SQLite's own VFS.
#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"

namespace delever::tape::fixture {

enum class DiskFault {
  none,
  write_error,
  short_write,
  disk_full,
  sync_error,
  power_cut,
  torn_power_cut
};

class FaultDisk {
 public:
  // Over `real`, or over the machine's own disk.
  FaultDisk(DiskFault fault, uint64_t at, uint64_t seed = 1, sqlite3_vfs* real = nullptr)
      : fault_(fault),
        at_(at),
        random_(seed, {}),
        real_(real != nullptr ? real : sqlite3_vfs_find(nullptr)) {
    CHECK(real_ != nullptr);
    name_ = "faults " + std::to_string(reinterpret_cast<uintptr_t>(this));
    vfs_ = *real_;
    vfs_.zName = name_.c_str();
    vfs_.pAppData = this;
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
    vfs_.xOpen = open;
    vfs_.xDelete = remove;
    // The rest is handed on as it is, with the real VFS as its own argument.
    vfs_.xAccess = [](sqlite3_vfs* v, const char* n, int f, int* o) {
      return of(v)->real_->xAccess(of(v)->real_, n, f, o);
    };
    vfs_.xFullPathname = [](sqlite3_vfs* v, const char* n, int s, char* o) {
      return of(v)->real_->xFullPathname(of(v)->real_, n, s, o);
    };
    CHECK(sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK);
  }
  ~FaultDisk() { sqlite3_vfs_unregister(&vfs_); }
  FaultDisk(const FaultDisk&) = delete;
  FaultDisk& operator=(const FaultDisk&) = delete;

  const std::string& name() const { return name_; }
  uint64_t operations() const { return operations_; }
  bool struck() const { return struck_; }

 private:
  struct Undo {
    sqlite3_int64 at = 0, size_before = 0;
    std::string before;  // what lay there
  };
  struct Disk {  // one file of the disk, whoever has it open
    std::vector<Undo> unsynced;
  };
  struct File {
    sqlite3_file base;  // first: SQLite sees this
    FaultDisk* disk;
    Disk* content;
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };
  static File* of(sqlite3_file* f) { return reinterpret_cast<File*>(f); }
  static FaultDisk* of(sqlite3_vfs* v) { return static_cast<FaultDisk*>(v->pAppData); }

  // Whether this operation is the one to fail. A sync error waits for the first fsync from there
  // on.
  bool strikes(bool is_sync) {
    if (struck_) return false;
    const bool now = ++operations_ >= at_ && fault_ != DiskFault::none &&
                     (fault_ != DiskFault::sync_error || is_sync);
    struck_ = now;
    return now;
  }
  bool dead() const {
    return struck_ && (fault_ == DiskFault::power_cut || fault_ == DiskFault::torn_power_cut);
  }

  // The files as the disk has them after the cut.
  void lose_power() {
    for (File* file : open_files_) {
      auto& undo = file->content->unsynced;
      if (fault_ == DiskFault::torn_power_cut) {
        std::vector<Undo> lost;
        for (Undo& u : undo) {
          if (random_.chance(0.5)) lost.push_back(std::move(u));
        }
        // What is undone must not bring back a neighbour's loss: sizes stay as they are now.
        for (Undo& u : lost) u.size_before = -1;
        undo = std::move(lost);
      }
      for (auto u = undo.rbegin(); u != undo.rend(); ++u) {
        sqlite3_file* real = file->real();
        if (!u->before.empty())
          real->pMethods->xWrite(real, u->before.data(), static_cast<int>(u->before.size()), u->at);
        if (u->size_before >= 0) real->pMethods->xTruncate(real, u->size_before);
      }
      undo.clear();
    }
  }

  static sqlite3_int64 size_of(sqlite3_file* real) {
    sqlite3_int64 size = 0;
    real->pMethods->xFileSize(real, &size);
    return size;
  }
  static void remember(File* f, sqlite3_int64 at, sqlite3_int64 bytes) {
    sqlite3_file* real = f->real();
    Undo u;
    u.at = at;
    u.size_before = size_of(real);
    u.before.resize(static_cast<size_t>(std::clamp<sqlite3_int64>(u.size_before - at, 0, bytes)));
    if (!u.before.empty())
      real->pMethods->xRead(real, u.before.data(), static_cast<int>(u.before.size()), at);
    f->content->unsynced.push_back(std::move(u));
  }

  int fail(File* f, const void* bytes, int size, sqlite3_int64 at) {
    switch (fault_) {
      case DiskFault::short_write:
        f->real()->pMethods->xWrite(f->real(), bytes, size / 2, at);
        return SQLITE_IOERR_WRITE;
      case DiskFault::disk_full:
        return SQLITE_FULL;
      case DiskFault::power_cut:
      case DiskFault::torn_power_cut:
        lose_power();
        return SQLITE_IOERR_WRITE;
      case DiskFault::sync_error:
        return SQLITE_IOERR_FSYNC;
      case DiskFault::none:
      case DiskFault::write_error:
        return SQLITE_IOERR_WRITE;
    }
    return SQLITE_IOERR;
  }

  static int open(sqlite3_vfs* v, const char* path, sqlite3_file* file, int flags, int* out) {
    FaultDisk* disk = of(v);
    File* f = of(file);
    f->base.pMethods = nullptr;
    f->disk = disk;
    if (disk->dead()) return SQLITE_CANTOPEN;
    const int code = disk->real_->xOpen(disk->real_, path, f->real(), flags, out);
    if (code != SQLITE_OK) return code;
    auto& content = disk->contents_[path != nullptr ? path : ""];
    if (!content) content = std::make_unique<Disk>();
    f->content = content.get();
    f->base.pMethods = methods();
    disk->open_files_.push_back(f);
    return SQLITE_OK;
  }
  static int remove(sqlite3_vfs* v, const char* path, int sync) {
    FaultDisk* disk = of(v);
    if (disk->dead()) return SQLITE_IOERR_DELETE;
    if (disk->strikes(false)) {
      if (disk->dead()) disk->lose_power();
      return SQLITE_IOERR_DELETE;
    }
    disk->contents_.erase(path);
    return disk->real_->xDelete(disk->real_, path, sync);
  }
  static int close(sqlite3_file* file) {
    File* f = of(file);
    auto& all = f->disk->open_files_;
    all.erase(std::remove(all.begin(), all.end(), f), all.end());
    return f->real()->pMethods->xClose(f->real());
  }
  static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
    File* f = of(file);
    if (f->disk->dead()) return SQLITE_IOERR_WRITE;
    if (f->disk->strikes(false)) return f->disk->fail(f, bytes, size, at);
    remember(f, at, size);
    return f->real()->pMethods->xWrite(f->real(), bytes, size, at);
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    File* f = of(file);
    if (f->disk->dead()) return SQLITE_IOERR_TRUNCATE;
    if (f->disk->strikes(false)) {
      if (f->disk->dead()) f->disk->lose_power();
      return f->disk->fault_ == DiskFault::disk_full ? SQLITE_FULL : SQLITE_IOERR_TRUNCATE;
    }
    remember(f, size, size_of(f->real()) - size);
    return f->real()->pMethods->xTruncate(f->real(), size);
  }
  static int sync(sqlite3_file* file, int flags) {
    File* f = of(file);
    if (f->disk->dead()) return SQLITE_IOERR_FSYNC;
    if (f->disk->strikes(true)) {
      if (f->disk->dead()) f->disk->lose_power();
      return f->disk->fault_ == DiskFault::disk_full ? SQLITE_FULL : SQLITE_IOERR_FSYNC;
    }
    f->content->unsynced.clear();
    (void)flags;  // the machine itself keeps its power: no real fsync, which would cost the test
    return SQLITE_OK;
  }

  static const sqlite3_io_methods* methods() {
    static const sqlite3_io_methods table = [] {
      sqlite3_io_methods m{};
      m.iVersion = 2;  // with shared memory, which the WAL needs; without mapped files
      m.xClose = close;
      m.xRead = [](sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
        return of(f)->real()->pMethods->xRead(of(f)->real(), to, n, at);
      };
      m.xWrite = write;
      m.xTruncate = truncate;
      m.xSync = sync;
      m.xFileSize = [](sqlite3_file* f, sqlite3_int64* n) {
        return of(f)->real()->pMethods->xFileSize(of(f)->real(), n);
      };
      m.xLock = [](sqlite3_file* f, int n) {
        return of(f)->real()->pMethods->xLock(of(f)->real(), n);
      };
      m.xUnlock = [](sqlite3_file* f, int n) {
        return of(f)->real()->pMethods->xUnlock(of(f)->real(), n);
      };
      m.xCheckReservedLock = [](sqlite3_file* f, int* n) {
        return of(f)->real()->pMethods->xCheckReservedLock(of(f)->real(), n);
      };
      m.xFileControl = [](sqlite3_file* f, int op, void* arg) {
        return of(f)->real()->pMethods->xFileControl(of(f)->real(), op, arg);
      };
      m.xSectorSize = [](sqlite3_file* f) {
        return of(f)->real()->pMethods->xSectorSize(of(f)->real());
      };
      m.xDeviceCharacteristics = [](sqlite3_file* f) {
        return of(f)->real()->pMethods->xDeviceCharacteristics(of(f)->real());
      };
      m.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
        return of(f)->real()->pMethods->xShmMap(of(f)->real(), page, size, extend, out);
      };
      m.xShmLock = [](sqlite3_file* f, int at, int n, int flags) {
        return of(f)->real()->pMethods->xShmLock(of(f)->real(), at, n, flags);
      };
      m.xShmBarrier = [](sqlite3_file* f) { of(f)->real()->pMethods->xShmBarrier(of(f)->real()); };
      m.xShmUnmap = [](sqlite3_file* f, int remove) {
        return of(f)->real()->pMethods->xShmUnmap(of(f)->real(), remove);
      };
      return m;
    }();
    return &table;
  }

  const DiskFault fault_;
  const uint64_t at_;
  Random random_;
  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_{};
  std::string name_;
  uint64_t operations_ = 0;
  bool struck_ = false;
  std::map<std::string, std::unique_ptr<Disk>> contents_;
  std::vector<File*> open_files_;
};

}  // namespace delever::tape::fixture
