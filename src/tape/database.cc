#include "tape/database.h"

#include <fmt/format.h>
#include <unistd.h>

namespace delever::tape {
namespace {

// One code per process would do, but another process may hold the file for as long as a checkpoint
// takes.
constexpr int kBusyMs = 10'000;

Error failed(sqlite3* db, int code) {
  const int kind = code & 0xff;
  const bool damage = kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_FORMAT ||
                      kind == SQLITE_ERROR || kind == SQLITE_MISMATCH || kind == SQLITE_TOOBIG ||
                      kind == SQLITE_CONSTRAINT;
  const int detail = db != nullptr ? sqlite3_extended_errcode(db) : code;
  if (kind == SQLITE_FULL)
    return {Fault::unavailable, "the disk is full (SQLite: database or disk is full)"};
  if (kind == SQLITE_CANTOPEN)
    return {Fault::unavailable,
            "the disk or a permission keeps a file from being opened (SQLite: unable to open "
            "database file)"};
  if (detail == SQLITE_IOERR_WRITE || detail == SQLITE_IOERR_TRUNCATE)
    return {Fault::unavailable, "the disk refused a write (SQLite: disk I/O error)"};
  if (detail == SQLITE_IOERR_FSYNC || detail == SQLITE_IOERR_DIR_FSYNC)
    return {Fault::unavailable,
            "the disk did not confirm what was written (fsync failed; SQLite: disk I/O error)"};
  return {damage ? Fault::malformed : Fault::unavailable,
          fmt::format("SQLite: {}", db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code))};
}

// A file in WAL mode needs -wal and -shm beside it even to be read. Where they cannot be made (a
// read-only disk) and there is no -wal to miss, `immutable` reads the file as it stands.
std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '.' || c == '-' || c == '_';
    if (plain)
      uri += c;
    else
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return uri + "?immutable=1";
}

}  // namespace

Statement& Statement::bind(int at, int64_t value) {
  CHECK(sqlite3_bind_int64(statement_.get(), at, value) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(int at, std::string_view text) {
  CHECK(sqlite3_bind_text64(statement_.get(), at, text.data() != nullptr ? text.data() : "",
                            text.size(), SQLITE_STATIC, SQLITE_UTF8) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind_blob(int at, std::string_view bytes) {
  CHECK(sqlite3_bind_blob64(statement_.get(), at, bytes.data(), bytes.size(), SQLITE_STATIC) ==
        SQLITE_OK);
  return *this;
}

Result<bool> Statement::row() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  Error error = code == SQLITE_DONE ? Error{} : failed(db_, code);
  sqlite3_reset(statement_.get());
  if (code == SQLITE_DONE) return false;
  return error;
}

Result<void> Statement::done() {
  TRY(row());
  reset();
  return {};
}

void Statement::reset() { sqlite3_reset(statement_.get()); }
bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}
int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (data == nullptr) return {};
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string_view Statement::blob(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  if (data == nullptr) return {};
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Result<Database> Database::open(const std::string& path, Mode mode, const std::string& vfs) {
  const int flags =
      mode == Mode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  sqlite3* handle = nullptr;
  int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX,
                             vfs.empty() ? nullptr : vfs.c_str());
  Database db(handle);
  // Opening reads nothing yet; asking for the schema does.
  if (code == SQLITE_OK)
    code = sqlite3_exec(handle, "SELECT 1 FROM sqlite_schema LIMIT 1", nullptr, nullptr, nullptr);
  // A journal beside it: its writer was killed while it changed the file (the last step of close).
  // Rolling that back writes, so once the file is opened for writing.
  if ((code & 0xff) == SQLITE_READONLY && mode == Mode::read) {
    sqlite3* writable = nullptr;
    code = sqlite3_open_v2(path.c_str(), &writable, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                           nullptr);
    db.db_.reset(writable);
    handle = writable;
    if (code == SQLITE_OK)
      code = sqlite3_exec(handle, "SELECT 1 FROM sqlite_schema LIMIT 1", nullptr, nullptr, nullptr);
  }
  if (code == SQLITE_CANTOPEN && mode == Mode::read && access((path + "-wal").c_str(), F_OK) != 0) {
    sqlite3* still = nullptr;
    code = sqlite3_open_v2(immutable_uri(path).c_str(), &still,
                           flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, nullptr);
    db.db_.reset(still);
    handle = still;
  }
  if (code != SQLITE_OK) return failed(handle, code);
  sqlite3_busy_timeout(handle, kBusyMs);
  // The file may come from anybody: nothing in its schema is to run, and a damaged page is to be
  // told, not followed.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  TRY(db.run("PRAGMA cell_size_check = ON"));
  return db;
}

Result<void> Database::run(const char* sql) {
  const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failed(db_.get(), code);
  return {};
}

Result<void> Database::leave_wal() {
  sqlite3_busy_timeout(db_.get(), 0);
  const int code =
      sqlite3_exec(db_.get(), "PRAGMA journal_mode = DELETE", nullptr, nullptr, nullptr);
  const int kind = code & 0xff;
  if (code == SQLITE_OK || kind == SQLITE_BUSY || kind == SQLITE_LOCKED) return {};
  return failed(db_.get(), code);
}

Result<Statement> Database::prepare(const char* sql) {
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v3(db_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return failed(db_.get(), code);
  return Statement(db_.get(), statement);
}

Result<int64_t> Database::integer(const char* sql) {
  Statement statement = TRY(prepare(sql));
  if (!TRY(statement.row())) return int64_t{0};
  return statement.integer(0);
}

}  // namespace delever::tape
