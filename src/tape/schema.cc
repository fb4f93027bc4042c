#include "tape/schema.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tape/block.h"

namespace delever::tape {
namespace {

// docs/tape-format.md says what each column holds. The index covers all that a reader needs to
// plan, so that planning touches no page of `data`.
constexpr const char* kSchema = R"(
CREATE TABLE tape(key TEXT PRIMARY KEY, value INTEGER NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE streams(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, venue TEXT NOT NULL, )"
                                R"(channel TEXT NOT NULL,
  decoder TEXT NOT NULL, settings TEXT NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE streams_copy(id INTEGER PRIMARY KEY, name TEXT NOT NULL, venue TEXT NOT NULL, )"
                                R"(channel TEXT NOT NULL,
  decoder TEXT NOT NULL, settings TEXT NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE blocks(id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, run INTEGER NOT NULL, seq )"
                                R"(INTEGER NOT NULL,
  first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL, count INTEGER NOT NULL, raw_bytes INTEGER )"
                                R"(NOT NULL,
  checksum INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX blocks_by_time ON blocks(first_ns, stream, run, seq, last_ns, count, raw_bytes);
CREATE TABLE gaps(id INTEGER PRIMARY KEY, stream INTEGER NOT NULL, from_ns INTEGER NOT NULL, )"
                                R"(to_ns INTEGER NOT NULL,
  reason TEXT NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE totals(stream INTEGER PRIMARY KEY, runs INTEGER NOT NULL, blocks INTEGER NOT NULL,
  messages INTEGER NOT NULL, raw_bytes INTEGER NOT NULL, gaps INTEGER NOT NULL, checksum INTEGER )"
                                R"(NOT NULL);
)";

Error not_a_tape(std::string_view why) {
  return {Fault::malformed, fmt::format("not a tape: {}", why)};
}

uint32_t setting_checksum(std::string_view key, int64_t value) {
  return row_checksum("tape", {key, value});
}

// Rows that are damaged are passed over: the other table may have them whole.
Result<void> read_streams(Database& db, const char* table, TapeDescription& tape) {
  const auto rows_there = TRY(db.integer(fmt::format("SELECT count(*) FROM {}", table).c_str()));
  const int64_t most = stream_limit(static_cast<size_t>(std::max<int64_t>(rows_there, 0)));
  Statement rows = TRY(db.prepare(
      fmt::format("SELECT id, name, venue, channel, decoder, settings, checksum FROM {}", table)
          .c_str()));
  while (TRY(rows.row())) {
    const int64_t number = rows.integer(0);
    // A damaged number would otherwise make room for a million streams.
    if (number < 1 || number > most) continue;
    StreamInfo info{std::string(rows.text(1)),
                    std::string(rows.text(2)),
                    std::string(rows.text(3)),
                    std::string(rows.text(4)),
                    {}};
    const std::string settings(rows.text(5));
    const auto stream = static_cast<StreamNumber>(number);
    const bool sound = rows.integer(6) == int64_t{stream_checksum(stream, info, settings)};
    const auto read = read_settings(settings);
    if (!sound || !read) continue;
    info.settings = *read;
    place_stream(tape, stream, std::move(info));
  }
  return {};
}

Result<void> read_gaps(Database& db, TapeDescription& tape) {
  Statement rows =
      TRY(db.prepare("SELECT id, stream, from_ns, to_ns, reason, checksum FROM gaps ORDER BY id"));
  int64_t damaged = 0, first = 0;
  while (TRY(rows.row())) {
    const int64_t stream = rows.integer(1);
    TapeGap gap{static_cast<StreamNumber>(stream), Instant::ns(rows.integer(2)),
                Instant::ns(rows.integer(3)), std::string(rows.text(4))};
    // The stream is compared before it is narrowed to 32 bits: a number beyond them is damage too.
    if (rows.integer(5) == int64_t{gap_checksum(rows.integer(0), gap)} &&
        stream == int64_t{gap.stream} && gap.stream >= 1 && gap.stream <= tape.streams.size() &&
        gap.from <= gap.to) {
      gap.open = gap.to == kNoEnd;
      gap.id = rows.integer(0);
      tape.gaps.push_back(std::move(gap));
    } else if (++damaged == 1) {
      first = rows.integer(0);
    }
  }
  if (damaged == 0) return {};
  const std::string why =
      damaged == 1 ? fmt::format("the recorded gap {} is damaged", first)
                   : fmt::format("{} recorded gaps are damaged, the first is {}", damaged, first);
  // Of which stream and time a damaged gap spoke is lost with it, so every stream may have it,
  // always.
  for (StreamNumber n = 1; n <= tape.streams.size(); ++n)
    tape.damage.push_back({n, Instant::min(), Instant::max(), why});
  return {};
}

Result<void> read_totals(Database& db, TapeDescription& tape) {
  Statement rows = TRY(
      db.prepare("SELECT stream, runs, blocks, messages, raw_bytes, gaps, checksum FROM totals"));
  while (TRY(rows.row())) {
    const StreamTotals t{static_cast<StreamNumber>(rows.integer(0)),
                         rows.integer(1),
                         rows.integer(2),
                         rows.integer(3),
                         rows.integer(4),
                         rows.integer(5)};
    if (rows.integer(6) == int64_t{totals_checksum(t)} && plausible(t)) tape.totals.push_back(t);
  }
  return {};
}

// A damaged span is absent, not 0: the reader then looks back to the beginning.
Result<void> read_span(Database& db, TapeDescription& tape) {
  Statement row = TRY(db.prepare("SELECT value, checksum FROM tape WHERE key = 'span_max_ns'"));
  if (TRY(row.row()) && row.integer(0) >= 0 &&
      row.integer(1) == int64_t{setting_checksum("span_max_ns", row.integer(0))}) {
    tape.span_max = Duration::ns(row.integer(0));
  }
  return {};
}

}  // namespace

std::string write_settings(const TapeSettings& settings) {
  std::string out = "{";
  const auto quote = [&out](std::string_view text) {
    out += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      if (static_cast<unsigned char>(c) < 0x20)
        out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
      else
        out += c;
    }
    out += '"';
  };
  for (const auto& [key, value] : settings) {
    if (out.size() > 1) out += ',';
    quote(key);
    out += ':';
    quote(value);
  }
  return out + "}";
}

std::optional<TapeSettings> read_settings(std::string_view json) {
  size_t at = 0;
  const auto take = [&](char c) {
    return at < json.size() && json[at] == c ? (++at, true) : false;
  };
  const auto quoted = [&](std::string& out) {
    if (!take('"')) return false;
    while (at < json.size() && json[at] != '"') {
      if (json[at] != '\\') {
        out += json[at++];
        continue;
      }
      if (json.substr(at, 4) == "\\u00" && at + 6 <= json.size()) {
        unsigned code = 0;
        for (const char c : json.substr(at + 4, 2)) {
          const size_t digit = std::string_view("0123456789abcdef").find(c);
          if (digit == std::string_view::npos) return false;
          code = code * 16 + static_cast<unsigned>(digit);
        }
        out += static_cast<char>(code);
        at += 6;
      } else if (at + 1 < json.size() && (json[at + 1] == '"' || json[at + 1] == '\\')) {
        out += json[at + 1];
        at += 2;
      } else {
        return false;
      }
    }
    return take('"');
  };
  TapeSettings settings;
  if (!take('{')) return std::nullopt;
  while (!take('}')) {
    std::string key, value;
    if (!settings.empty() && !take(',')) return std::nullopt;
    if (!quoted(key) || !take(':') || !quoted(value)) return std::nullopt;
    if (!settings.emplace(std::move(key), std::move(value)).second) return std::nullopt;
  }
  if (at != json.size()) return std::nullopt;
  return settings;
}

uint32_t row_checksum(std::string_view table, std::initializer_list<Field> fields) {
  std::string bytes;
  const auto number = [&bytes](uint64_t n) {
    for (unsigned shift = 0; shift < 64; shift += 8)
      bytes.push_back(static_cast<char>(n >> shift & 0xff));
  };
  number(table.size());
  bytes += table;
  for (const Field& field : fields) {
    // Lengths before texts: without them "ab", "c" would have the checksum of "a", "bc".
    number(field.is_text ? field.text.size() : static_cast<uint64_t>(field.number));
    bytes += field.text;
  }
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

uint32_t stream_checksum(StreamNumber number, const StreamInfo& info, std::string_view settings) {
  return row_checksum("streams",
                      {int64_t{number}, std::string_view(info.name), std::string_view(info.venue),
                       std::string_view(info.channel), std::string_view(info.decoder), settings});
}

uint32_t gap_checksum(int64_t id, const TapeGap& gap) {
  return row_checksum(
      "gaps", {id, int64_t{gap.stream}, gap.from.ns(), gap.to.ns(), std::string_view(gap.reason)});
}

uint32_t totals_checksum(const StreamTotals& t) {
  return row_checksum("totals",
                      {int64_t{t.stream}, t.runs, t.blocks, t.messages, t.raw_bytes, t.gaps});
}

bool plausible(const StreamTotals& t) {
  for (const int64_t n : {t.runs, t.blocks, t.messages, t.raw_bytes, t.gaps}) {
    if (n < 0 || n > int64_t{1} << 56) return false;
  }
  return t.blocks <= int64_t{1} << 32;  // a million streams of them still fit
}

Result<void> check_file(const std::string& path, bool empty_will_do) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    return Error{errno == ENOENT ? Fault::not_found : Fault::unavailable, std::strerror(errno),
                 path};
  }
  if (S_ISDIR(info.st_mode)) return not_a_tape("it is a directory").at(path);
  if (!S_ISREG(info.st_mode)) return not_a_tape("it is not a regular file").at(path);
  if (info.st_size == 0) {
    if (empty_will_do) return {};
    return not_a_tape("the file is empty").at(path);
  }
  char head[72] = {};
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Error{Fault::unavailable, std::strerror(errno), path};
  const ssize_t got = pread(file, head, sizeof head, 0);
  ::close(file);
  if (got < 0) return Error{Fault::unavailable, std::strerror(errno), path};
  // Sixteen bytes: the text and the zero that ends it. The application id stands at byte 68.
  if (std::memcmp(head, "SQLite format 3", 16) == 0) return {};
  // One of two marks is enough to go on: the other may be what is damaged.
  if (std::memcmp(head + 68, "dlvr", 4) == 0) return {};
  return not_a_tape("it is not an SQLite file").at(path);
}

Result<void> create_schema(Database& db) {
  TRY(db.run("BEGIN IMMEDIATE"));
  TRY(db.run(kSchema));
  TRY(db.run(fmt::format("PRAGMA application_id = {}", kTapeApplicationId).c_str()));
  TRY(put_setting(db, "format", kTapeFormatOfRows));
  TRY(put_setting(db, "span_max_ns", 0));
  return db.run("COMMIT");
}

// A writer that was killed before its first commit leaves such a file, and the next one may use it.
Result<bool> is_blank(Database& db) {
  return TRY(db.integer("PRAGMA application_id")) == 0 &&
         TRY(db.integer("SELECT count(*) FROM sqlite_schema")) == 0;
}

Result<void> check_format(Database& db) {
  if (TRY(is_blank(db))) return not_a_tape("an SQLite file with nothing in it");
  if (TRY(db.integer(
          "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'tape'")) == 0) {
    if (TRY(db.integer("PRAGMA application_id")) == kTapeApplicationId)
      return not_a_tape("its tables are lost");
    return not_a_tape("an SQLite file of something else");
  }
  Statement row = TRY(db.prepare("SELECT value, checksum FROM tape WHERE key = 'format'"));
  if (!TRY(row.row())) return {};  // the row is lost: what follows checks itself
  const int64_t format = row.integer(0);
  // A number that its checksum does not bear out refuses nothing: the file may well be of our
  // format.
  if (row.integer(1) == int64_t{setting_checksum("format", format)} && format > kTapeFormat) {
    return Error{
        Fault::refused,
        fmt::format("written in tape format {}; this program reads up to {}: use a newer delever",
                    format, kTapeFormat)};
  }
  return {};
}

Result<void> insert_stream(Database& db, StreamNumber number, const StreamInfo& info) {
  if (number > kStreamMax)
    return Error{Fault::refused, fmt::format("a tape takes {} streams", kStreamMax)};
  const std::string settings = write_settings(info.settings);
  // Twice, in two trees of pages: without its stream no block can be decoded.
  for (const char* sql : {"INSERT INTO streams VALUES(?, ?, ?, ?, ?, ?, ?)",
                          "INSERT INTO streams_copy VALUES(?, ?, ?, ?, ?, ?, ?)"}) {
    Statement insert = TRY(db.prepare(sql));
    insert.bind(1, int64_t{number}).bind(2, info.name).bind(3, info.venue).bind(4, info.channel);
    insert.bind(5, info.decoder)
        .bind(6, settings)
        .bind(7, int64_t{stream_checksum(number, info, settings)});
    TRY(insert.done());
  }
  return {};
}

Result<void> put_gap(Database& db, int64_t id, const TapeGap& gap) {
  Statement insert = TRY(db.prepare("INSERT OR REPLACE INTO gaps VALUES(?, ?, ?, ?, ?, ?)"));
  insert.bind(1, id)
      .bind(2, int64_t{gap.stream})
      .bind(3, gap.from.ns())
      .bind(4, gap.to.ns())
      .bind(5, gap.reason);
  return insert.bind(6, int64_t{gap_checksum(id, gap)}).done();
}

Result<void> remove_gap(Database& db, int64_t id) {
  Statement remove = TRY(db.prepare("DELETE FROM gaps WHERE id = ?"));
  return remove.bind(1, id).done();
}

Result<void> set_span(Database& db, Duration span) {
  return put_setting(db, "span_max_ns", span.ns());
}

Result<void> put_setting(Database& db, std::string_view key, int64_t value) {
  Statement put = TRY(db.prepare("INSERT OR REPLACE INTO tape VALUES(?, ?, ?)"));
  return put.bind(1, key).bind(2, value).bind(3, int64_t{setting_checksum(key, value)}).done();
}

// Missing: never set, or its row is damaged.
Result<std::optional<int64_t>> read_setting(Database& db, const std::string& key) {
  Statement row = TRY(db.prepare("SELECT value, checksum FROM tape WHERE key = ?"));
  row.bind(1, std::string_view(key));
  if (!TRY(row.row()) || row.integer(1) != int64_t{setting_checksum(key, row.integer(0))})
    return std::optional<int64_t>();
  return std::optional<int64_t>(row.integer(0));
}

Result<bool> has_setting_like(Database& db, const std::string& form) {
  Statement row = TRY(db.prepare("SELECT 1 FROM tape WHERE key GLOB ? LIMIT 1"));
  row.bind(1, std::string_view(form));
  return row.row();
}

// All of them or none: totals that are there say that the tape was closed whole.
Result<void> put_totals(Database& db, const std::vector<StreamTotals>& totals) {
  TRY(db.run("DELETE FROM totals"));
  Statement insert = TRY(db.prepare("INSERT INTO totals VALUES(?, ?, ?, ?, ?, ?, ?)"));
  for (const StreamTotals& t : totals) {
    insert.bind(1, int64_t{t.stream})
        .bind(2, t.runs)
        .bind(3, t.blocks)
        .bind(4, t.messages)
        .bind(5, t.raw_bytes);
    TRY(insert.bind(6, t.gaps).bind(7, int64_t{totals_checksum(t)}).done());
  }
  return {};
}

Result<void> set_totals(Database& db, const std::vector<StreamTotals>& totals) {
  TRY(db.run("BEGIN IMMEDIATE"));
  TRY(put_totals(db, totals));
  return db.run("COMMIT");
}

void place_stream(TapeDescription& tape, StreamNumber number, StreamInfo info) {
  CHECK(number >= 1 && number <= kStreamMax);
  if (tape.streams.size() < number) {
    tape.streams.resize(number);
    tape.stream_lost.resize(number, true);
  }
  // The first copy that is sound stands; the second only fills what the first has lost.
  if (!tape.stream_lost[number - 1]) return;
  tape.streams[number - 1] = std::move(info);
  tape.stream_lost[number - 1] = false;
}

void name_lost_streams(TapeDescription& tape, StreamNumber highest) {
  const size_t size = std::max<size_t>(tape.streams.size(), std::min(highest, kStreamMax));
  tape.streams.resize(size);
  tape.stream_lost.resize(size, true);
  for (size_t i = 0; i < size; ++i) {
    // A name without a description was given here before: it is not lost twice.
    if (!tape.stream_lost[i] || !tape.streams[i].name.empty()) continue;
    tape.streams[i].name = fmt::format("stream {} (its description is damaged)", i + 1);
    tape.damage.push_back(
        {static_cast<StreamNumber>(i + 1), Instant::min(), Instant::max(),
         "the description of this stream is damaged: its messages cannot be decoded"});
  }
}

Result<TapeDescription> read_description(Database& db) {
  TapeDescription tape;
  TRY(read_streams(db, "streams", tape));
  TRY(read_streams(db, "streams_copy", tape));
  // Before the gaps, which are checked against the number of streams.
  name_lost_streams(tape, 0);
  TRY(read_gaps(db, tape));
  TRY(read_totals(db, tape));
  TRY(read_span(db, tape));
  return tape;
}

}  // namespace delever::tape
