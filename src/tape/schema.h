// The tables of a tape (docs/tape-format.md) and its small rows: what the tape is, streams, gaps,
// totals. Every row carries a CRC-32 of its own fields, so that a damaged row is known from a true
// one; streams are stored twice, because a block without its stream cannot be decoded.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tape/database.h"
#include "tape/tape.h"

namespace delever::tape {

inline constexpr int64_t kTapeFormatOfRows = 1;  // what every tape begins as
inline constexpr int64_t kTapeFormat = 2;        // it has a block of columns: read up to this one
inline constexpr int64_t kTapeApplicationId =
    0x646c7672;  // "dlvr", in the header of the SQLite file
inline constexpr Instant kNoEnd = Instant::max();  // of the row of a gap that is open
inline constexpr StreamNumber kStreamMax =
    1'000'000;  // a damaged number must not ask for a table of milliards
inline constexpr Duration kSpanUnbounded =
    Duration::ns(std::numeric_limits<int64_t>::max());  // of a span_max: or more
inline constexpr int64_t kTapePageBytes =
    4096;  // so that salvage need not trust a damaged header for it

// Streams are numbered without holes, so a number far beyond the streams that are described is a
// damaged one. It must not ask for a table of millions.
inline constexpr StreamNumber stream_limit(size_t described) {
  return static_cast<StreamNumber>(std::min<size_t>(kStreamMax, 1000 + 2 * described));
}

using TapeSettings = std::map<std::string, std::string, std::less<>>;

// One flat JSON object of strings; the reader takes what the writer writes and nothing more.
std::string write_settings(const TapeSettings& settings);
std::optional<TapeSettings> read_settings(std::string_view json);

// A field of a row for its checksum: a whole number or a text.
struct Field {
  Field(int64_t value) : number(value) {}
  Field(std::string_view value) : text(value), is_text(true) {}
  int64_t number = 0;
  std::string_view text;
  bool is_text = false;
};
struct StreamTotals {
  StreamNumber stream = 0;
  int64_t runs = 0, blocks = 0, messages = 0, raw_bytes = 0, gaps = 0;
};
// `table` keeps a row of one table from passing for a row of another. Numbers as 8 bytes
// little-endian, texts with their length before them.
uint32_t row_checksum(std::string_view table, std::initializer_list<Field> fields);
uint32_t stream_checksum(StreamNumber number, const StreamInfo& info, std::string_view settings);
uint32_t gap_checksum(int64_t id,
                      const TapeGap& gap);  // of the row: with the end as it stands there
uint32_t totals_checksum(const StreamTotals& totals);
bool plausible(const StreamTotals& totals);  // small enough to be added up

// Says why `path` cannot be a tape before SQLite is asked: absent, a directory, empty, or not
// SQLite at all. An empty file passes when `empty_will_do`: a writer may have been killed before
// its first page.
Result<void> check_file(const std::string& path, bool empty_will_do);

Result<void> create_schema(Database& db);
Result<bool> is_blank(Database& db);      // nothing was ever made in it
Result<void> check_format(Database& db);  // a tape, and of a format we know

Result<void> insert_stream(Database& db, StreamNumber number, const StreamInfo& info);
Result<void> put_gap(Database& db, int64_t id, const TapeGap& gap);  // in place of what was there
Result<void> remove_gap(Database& db, int64_t id);
Result<void> set_span(Database& db, Duration span);
Result<std::optional<int64_t>> read_setting(Database& db, const std::string& key);
Result<bool> has_setting_like(Database& db, const std::string& form);  // as GLOB has it
Result<void> put_setting(Database& db, std::string_view key, int64_t value);
// In a transaction of the caller's, or in one of its own.
Result<void> put_totals(Database& db, const std::vector<StreamTotals>& totals);
Result<void> set_totals(Database& db, const std::vector<StreamTotals>& totals);

// What the small rows say. Damage among them is told in `damage`; a stream of which both copies are
// lost has an empty decoder and a name that says so.
struct TapeDescription {
  std::vector<StreamInfo> streams;  // streams[n - 1] is stream n
  std::vector<bool> stream_lost;    // beside `streams`
  std::vector<TapeGap> gaps;
  std::vector<TapeGap> damage;
  std::optional<Duration> span_max;  // no block is longer; absent on a damaged row
  std::vector<StreamTotals> totals;  // empty when the tape was not closed
};
Result<TapeDescription> read_description(Database& db);

// Puts a stream where it belongs, making room. Used by read_description and by salvage.
void place_stream(TapeDescription& tape, StreamNumber number, StreamInfo info);
// Streams that blocks speak of and nobody described: named as lost, with a gap each.
void name_lost_streams(TapeDescription& tape, StreamNumber highest);

}  // namespace delever::tape
