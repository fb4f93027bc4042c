#include "tape/inspect.h"

#include <sys/stat.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/bytes_hasher.h"
#include "base/hash.h"
#include "tape/contents.h"
#include "tape/database.h"

namespace delever::tape {
namespace {

void widen(std::optional<Instant>& first, std::optional<Instant>& last, const BlockHeader& block) {
  first = first ? std::min(*first, block.first) : block.first;
  last = last ? std::max(*last, block.last) : block.last;
}

TapeInfo described(const std::string& path, const TapeDescription& tape) {
  TapeInfo info;
  struct stat file {};
  if (stat(path.c_str(), &file) == 0) info.file_bytes = file.st_size;
  info.closed = tape.totals.size() == tape.streams.size() && !tape.streams.empty();
  info.gaps = tape.gaps;
  for (size_t i = 0; i < tape.streams.size(); ++i) {
    info.streams.push_back({static_cast<StreamNumber>(i + 1), tape.streams[i]});
  }
  return info;
}

// Walks all blocks; `take` says whether a block counts.
template <class Take>
void count(TapeContents& contents, TapeInfo& info, Take&& take) {
  std::vector<std::set<int64_t>> runs(info.streams.size());
  while (const BlockHeader* next = contents.peek()) {
    const BlockHeader block = *next;
    contents.pop();
    if (!take(block)) continue;
    StreamSummary& stream = info.streams[block.stream - 1];
    runs[block.stream - 1].insert(block.run);
    ++stream.blocks;
    stream.messages += block.count;
    stream.raw_bytes += block.raw_bytes;
    widen(stream.first, stream.last, block);
    widen(info.first, info.last, block);
  }
  for (size_t i = 0; i < runs.size(); ++i) {
    info.streams[i].runs = static_cast<int64_t>(runs[i].size());
    info.blocks += info.streams[i].blocks;
    info.messages += info.streams[i].messages;
    info.raw_bytes += info.streams[i].raw_bytes;
  }
}

}  // namespace

std::optional<double> TapeInfo::ratio() const {
  if (raw_bytes <= 0 || file_bytes <= 0) return std::nullopt;
  return static_cast<double>(raw_bytes) / static_cast<double>(file_bytes);
}

Result<TapeInfo> tape_info(const std::string& path) {
  TapeContents contents = TRY(TapeContents::open(path, {}));
  TapeInfo info = described(path, contents.description());
  count(contents, info, [](const BlockHeader&) { return true; });
  info.damage = contents.take_damage();
  return info;
}

Result<std::vector<uint64_t>> tape_digests(const std::string& path,
                                           const std::vector<Instant>& until) {
  Database db = TRY(Database::open(path, Database::Mode::read));
  std::vector<BytesHasher> hashers(until.size());
  const auto add = [&](int64_t first, std::initializer_list<int64_t> numbers,
                       std::string_view bytes) {
    for (size_t i = 0; i < until.size(); ++i) {
      if (first > until[i].ns()) continue;
      for (const int64_t n : numbers) hashers[i].add({reinterpret_cast<const char*>(&n), sizeof n});
      const auto size = static_cast<int64_t>(bytes.size());
      hashers[i].add({reinterpret_cast<const char*>(&size), sizeof size});
      hashers[i].add(bytes);
    }
  };
  const Instant latest =
      until.empty() ? Instant::min() : *std::max_element(until.begin(), until.end());
  // One that is open is read as lasting as long as the tape does: it changes with all that is
  // added.
  const int64_t last = TRY(db.integer(
      "SELECT max(coalesce((SELECT max(last_ns) FROM blocks INDEXED BY blocks_by_time), 0), "
      "coalesce((SELECT max(from_ns) FROM gaps), 0), coalesce((SELECT max(to_ns) FROM gaps WHERE "
      "to_ns < 9223372036854775807), 0))"));
  Statement gaps =
      TRY(db.prepare("SELECT from_ns, id, stream, to_ns, reason FROM gaps ORDER BY id"));
  while (TRY(gaps.row())) {
    const int64_t to = gaps.integer(3) == kNoEnd.ns() ? last : gaps.integer(3);
    add(gaps.integer(0), {gaps.integer(0), gaps.integer(1), gaps.integer(2), to}, gaps.text(4));
  }
  // In the order of the file: nothing is sought. Bytes of a later block are not looked at.
  Statement rows =
      TRY(db.prepare("SELECT first_ns, id, stream, run, seq, last_ns, count, raw_bytes, checksum, "
                     "data FROM blocks "
                     "ORDER BY id"));
  while (TRY(rows.row())) {
    if (rows.integer(0) > latest.ns()) continue;
    add(rows.integer(0),
        {rows.integer(0), rows.integer(1), rows.integer(2), rows.integer(3), rows.integer(4),
         rows.integer(5), rows.integer(6), rows.integer(7), rows.integer(8)},
        rows.blob(9));
  }
  std::vector<uint64_t> out;
  for (const BytesHasher& hasher : hashers) out.push_back(hasher.digest());
  return out;
}

uint64_t stream_digest(const StreamInfo& stream) {
  Hasher hasher;
  const auto& [name, venue, channel, decoder, settings] = stream;
  for (const std::string* text : {&name, &venue, &channel, &decoder}) hasher.add(*text);
  for (const auto& [key, value] : settings) {
    hasher.add(key);
    hasher.add(value);
  }
  return hasher.digest();
}

Result<TapeCheck> tape_verify(const std::string& path) {
  TapeContents contents = TRY(TapeContents::open(path, {}));
  TapeCheck check;
  check.info = described(path, contents.description());
  BlockMessages messages;
  count(contents, check.info, [&](const BlockHeader& block) {
    if (!contents.load(block, false, messages)) return false;
    check.packed_bytes += static_cast<int64_t>(contents.packed_bytes());
    return true;
  });
  check.damage = contents.take_damage();
  check.info.damage = check.damage;
  check.trouble = contents.trouble();
  return check;
}

}  // namespace delever::tape
