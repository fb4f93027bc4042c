// SQLite behind Result: the only header of the tape that the rest of the module needs to talk to
// the file. Names a fault by what it means for a tape: `malformed` is damage, `unavailable` a disk,
// a lock or a permission.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace delever::tape {

class Statement {
 public:
  Statement& bind(int at, int64_t value);
  Statement& bind(int at, std::string_view text);  // not copied: alive until the next step
  Statement& bind_blob(int at, std::string_view bytes);
  Result<bool> row();   // steps; true when there is a row. Resets itself after the last one.
  Result<void> done();  // steps a statement that gives no rows
  void reset();

  bool is_null(int column) const;
  int64_t integer(int column) const;
  std::string_view text(int column) const;  // valid until the next step
  std::string_view blob(int column) const;

 private:
  friend class Database;
  struct Close {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  Statement(sqlite3* db, sqlite3_stmt* statement) : db_(db), statement_(statement) {}

  sqlite3* db_;
  std::unique_ptr<sqlite3_stmt, Close> statement_;
};

class Database {
 public:
  enum class Mode { read, write };  // write creates the file
  static Result<Database> open(const std::string& path, Mode mode, const std::string& vfs = {});
  // Folds the WAL into the file. Where a reader holds on it stays in WAL mode: no loss.
  Result<void> leave_wal();
  Result<void> run(const char* sql);
  Result<Statement> prepare(const char* sql);
  Result<int64_t> integer(
      const char* sql);  // the first column of the first row; 0 when there is none

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  explicit Database(sqlite3* db) : db_(db) {}

  std::unique_ptr<sqlite3, Close> db_;
};

}  // namespace delever::tape
