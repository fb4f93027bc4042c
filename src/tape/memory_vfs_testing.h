// A disk in memory, for tests only: an SQLite VFS whose files are read from the real disk when they
// are opened and written to it when they are closed. Nobody else may have them open in between:
// then locks, shared memory and syncs cost nothing, and they are half of what a small commit costs.
#pragma once

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "base/check.h"

namespace delever::tape::fixture {

class MemoryDisk {
 public:
  MemoryDisk() : real_(sqlite3_vfs_find(nullptr)) {
    CHECK(real_ != nullptr);
    name_ = "memory " + std::to_string(reinterpret_cast<uintptr_t>(this));
    vfs_ = *real_;
    vfs_.zName = name_.c_str();
    vfs_.pAppData = this;
    vfs_.szOsFile = static_cast<int>(sizeof(File));
    vfs_.xOpen = open;
    vfs_.xDelete = remove;
    vfs_.xAccess = access_of;
    vfs_.xFullPathname = [](sqlite3_vfs* v, const char* n, int s, char* o) {
      return of(v)->real_->xFullPathname(of(v)->real_, n, s, o);
    };
    CHECK(sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK);
  }
  ~MemoryDisk() { sqlite3_vfs_unregister(&vfs_); }
  MemoryDisk(const MemoryDisk&) = delete;
  MemoryDisk& operator=(const MemoryDisk&) = delete;

  const std::string& name() const { return name_; }
  sqlite3_vfs* vfs() { return &vfs_; }

 private:
  struct Content {
    std::string path, bytes;
    bool changed = false, gone = false;
    std::vector<std::unique_ptr<char[]>> shared;  // the WAL's index
  };
  struct File {
    sqlite3_file base;  // first: SQLite sees this
    MemoryDisk* disk;
    std::shared_ptr<Content> content;
  };
  static MemoryDisk* of(sqlite3_vfs* v) { return static_cast<MemoryDisk*>(v->pAppData); }
  static Content& at(sqlite3_file* f) { return *reinterpret_cast<File*>(f)->content; }

  static int open(sqlite3_vfs* v, const char* path, sqlite3_file* file, int flags, int* out) {
    MemoryDisk* disk = of(v);
    auto* f = new (file) File{};
    const std::string name = path != nullptr ? path : "";
    std::shared_ptr<Content> content = disk->open_[name].lock();
    if (!content) {
      content = std::make_shared<Content>();
      content->path = name;
      std::ifstream there(name, std::ios::binary);
      if (!there && (flags & SQLITE_OPEN_CREATE) == 0) return f->~File(), SQLITE_CANTOPEN;
      content->changed = !there;
      content->bytes.assign(std::istreambuf_iterator<char>(there), {});
      if (!name.empty()) disk->open_[name] = content;
    }
    f->disk = disk;
    f->content = std::move(content);
    f->base.pMethods = methods();
    if (out != nullptr) *out = flags;
    return SQLITE_OK;
  }
  static int close(sqlite3_file* file) {
    auto* f = reinterpret_cast<File*>(file);
    const std::shared_ptr<Content> c = std::move(f->content);
    if (c.use_count() == 1) {
      if (!c->gone && !c->path.empty()) f->disk->open_.erase(c->path);
      if (c->changed && !c->gone && !c->path.empty())
        std::ofstream(c->path, std::ios::binary | std::ios::trunc)
            .write(c->bytes.data(), static_cast<std::streamsize>(c->bytes.size()));
    }
    f->~File();
    return SQLITE_OK;
  }
  static int remove(sqlite3_vfs* v, const char* path, int) {
    if (const auto content = of(v)->open_[path].lock()) content->gone = true;
    of(v)->open_.erase(path);
    ::unlink(path);
    return SQLITE_OK;
  }
  static int access_of(sqlite3_vfs* v, const char* path, int flags, int* out) {
    const auto found = of(v)->open_.find(path);
    if (found == of(v)->open_.end() || found->second.expired())
      return of(v)->real_->xAccess(of(v)->real_, path, flags, out);
    *out = 1;
    return SQLITE_OK;
  }
  static int read(sqlite3_file* f, void* to, int size, sqlite3_int64 from) {
    const std::string& bytes = at(f).bytes;
    const auto begin = std::min(static_cast<size_t>(from), bytes.size());
    const size_t got = std::min(static_cast<size_t>(size), bytes.size() - begin);
    std::memcpy(to, bytes.data() + begin, got);
    std::memset(static_cast<char*>(to) + got, 0, static_cast<size_t>(size) - got);
    return got == static_cast<size_t>(size) ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
  }
  static int write(sqlite3_file* f, const void* from, int size, sqlite3_int64 to) {
    Content& c = at(f);
    const size_t end = static_cast<size_t>(to) + static_cast<size_t>(size);
    if (c.bytes.size() < end) c.bytes.resize(end);
    std::memcpy(c.bytes.data() + to, from, static_cast<size_t>(size));
    c.changed = true;
    return SQLITE_OK;
  }
  static int truncate(sqlite3_file* f, sqlite3_int64 size) {
    at(f).bytes.resize(static_cast<size_t>(size));
    at(f).changed = true;
    return SQLITE_OK;
  }
  static int map_shared(sqlite3_file* f, int page, int size, int extend, void volatile** out) {
    auto& shared = at(f).shared;
    *out = nullptr;
    while (extend != 0 && shared.size() <= static_cast<size_t>(page))
      shared.push_back(std::make_unique<char[]>(static_cast<size_t>(size)));
    if (static_cast<size_t>(page) < shared.size()) *out = shared[static_cast<size_t>(page)].get();
    return SQLITE_OK;
  }

  static const sqlite3_io_methods* methods() {
    static const sqlite3_io_methods table = [] {
      sqlite3_io_methods m{};
      m.iVersion = 2;
      m.xClose = close;
      m.xRead = read;
      m.xWrite = write;
      m.xTruncate = truncate;
      m.xSync = [](sqlite3_file*, int) { return SQLITE_OK; };
      m.xFileSize = [](sqlite3_file* f, sqlite3_int64* n) {
        *n = static_cast<sqlite3_int64>(at(f).bytes.size());
        return SQLITE_OK;
      };
      m.xLock = [](sqlite3_file*, int) { return SQLITE_OK; };
      m.xUnlock = [](sqlite3_file*, int) { return SQLITE_OK; };
      m.xCheckReservedLock = [](sqlite3_file*, int* held) {
        *held = 0;
        return SQLITE_OK;
      };
      m.xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; };
      m.xSectorSize = [](sqlite3_file*) { return 4096; };
      m.xDeviceCharacteristics = [](sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; };
      m.xShmMap = map_shared;
      m.xShmLock = [](sqlite3_file*, int, int, int) { return SQLITE_OK; };
      m.xShmBarrier = [](sqlite3_file*) {};
      m.xShmUnmap = [](sqlite3_file* f, int) {
        at(f).shared.clear();
        return SQLITE_OK;
      };
      return m;
    }();
    return &table;
  }

  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_{};
  std::string name_;
  std::map<std::string, std::weak_ptr<Content>> open_;
};

}  // namespace delever::tape::fixture
