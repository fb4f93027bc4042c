// Damage to whole tapes, for tests and fuzz targets: bytes that are cut, put in, erased, zeroed and
// changed, and rows that somebody could have written, with right checksums and absurd numbers.
#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "tape/block.h"
#include "tape/schema.h"
#include "tape/tape.h"

namespace delever::tape::fixture {

// Numbers from random bytes; zero when they are used up.
struct Choices {
  const uint8_t* data;
  size_t left;
  uint64_t next(size_t bytes) {
    uint64_t value = 0;
    for (; bytes > 0 && left > 0; --bytes, --left) value = value << 8 | *data++;
    return value;
  }
  int64_t number() {  // small, or absurd
    const uint64_t kind = next(1);
    return static_cast<int64_t>(kind % 4 == 0 ? next(8) : kind % 4 == 1 ? ~next(1) : next(1));
  }
};

inline void change_bytes(std::string& bytes, Choices& in) {
  const size_t at = in.next(3) % (bytes.size() + 1), size = in.next(2) % 5000;
  switch (in.next(1) % 5) {
    case 0:
      bytes.resize(at);
      break;
    case 1:
      bytes.insert(at, size, static_cast<char>(in.next(1)));
      break;
    case 2:
      bytes.erase(at, size);
      break;
    case 3:
      for (size_t i = at; i < std::min(bytes.size(), at + size); ++i) bytes[i] = 0;
      break;
    default:
      if (at < bytes.size()) bytes[at] = static_cast<char>(in.next(1));
  }
}

// Rows that somebody could have written: the checksums are right, the numbers are not.
inline void change_rows(const std::string& path, Choices& in) {
  sqlite3* db = nullptr;
  if (sqlite3_open(path.c_str(), &db) != SQLITE_OK) return;
  const auto run = [&](const std::string& sql) {
    sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr);
  };
  const auto text = [](int64_t n) { return std::to_string(n); };
  switch (in.next(1) % 4) {
    case 0: {
      const TapeGap gap{static_cast<StreamNumber>(in.number()), Instant::ns(in.number()),
                        Instant::ns(in.number()), "w"};
      const int64_t id = in.number();
      run("INSERT OR REPLACE INTO gaps VALUES(" + text(id) + "," + text(gap.stream) + "," +
          text(gap.from.ns()) + "," + text(gap.to.ns()) + ",'w'," + text(gap_checksum(id, gap)) +
          ")");
      break;
    }
    case 1: {
      const StreamTotals t{static_cast<StreamNumber>(in.number()),
                           in.number(),
                           in.number(),
                           in.number(),
                           in.number(),
                           in.number()};
      run("INSERT OR REPLACE INTO totals VALUES(" + text(t.stream) + "," + text(t.runs) + "," +
          text(t.blocks) + "," + text(t.messages) + "," + text(t.raw_bytes) + "," + text(t.gaps) +
          "," + text(totals_checksum(t)) + ")");
      break;
    }
    case 2: {
      const auto number = static_cast<StreamNumber>(in.number());
      const StreamInfo info{"x", "v", "c", "csv", {}};
      const std::string row = "(" + text(number) + ",'x','v','c','csv','{}'," +
                              text(stream_checksum(number, info, "{}")) + ")";
      run("DELETE FROM streams WHERE id = " + text(in.number()));
      run("DELETE FROM streams_copy WHERE id = " + text(in.number()));
      run("INSERT OR REPLACE INTO streams VALUES" + row);
      break;
    }
    default: {
      // The block of another stream, run, number or time, with a checksum to match.
      sqlite3_stmt* s = nullptr;
      if (sqlite3_prepare_v2(db, "SELECT count, raw_bytes, data FROM blocks WHERE id = ?", -1, &s,
                             nullptr) == SQLITE_OK) {
        const int64_t id = in.number();
        sqlite3_bind_int64(s, 1, id);
        if (sqlite3_step(s) == SQLITE_ROW) {
          const BlockHeader h{id,
                              static_cast<StreamNumber>(in.number()),
                              in.number(),
                              in.number(),
                              Instant::ns(in.number()),
                              Instant::ns(in.number()),
                              sqlite3_column_int64(s, 0),
                              sqlite3_column_int64(s, 1)};
          const std::string data(static_cast<const char*>(sqlite3_column_blob(s, 2)),
                                 static_cast<size_t>(sqlite3_column_bytes(s, 2)));
          sqlite3_reset(s);
          run("UPDATE blocks SET stream=" + text(h.stream) + ",run=" + text(h.run) + ",seq=" +
              text(h.seq) + ",first_ns=" + text(h.first.ns()) + ",last_ns=" + text(h.last.ns()) +
              ",checksum=" + text(block_checksum(h, data)) + " WHERE id=" + text(id));
        }
      }
      sqlite3_finalize(s);
    }
  }
  sqlite3_close(db);
}

}  // namespace delever::tape::fixture
