#include "tape/contents.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <tuple>

namespace delever::tape {
namespace {

// A message is on the disk a second after it was appended (TapeWriter); twice as much is waited
// for.
constexpr Duration kSettled = Duration::seconds(2);
constexpr size_t kAhead = 256;  // index entries read at a time; half as many are always known ahead

bool same(const BlockHeader& a, const BlockHeader& b) {
  return a.id == b.id && a.stream == b.stream && a.run == b.run && a.seq == b.seq &&
         a.first == b.first && a.last == b.last && a.count == b.count && a.raw_bytes == b.raw_bytes;
}

auto order(const BlockHeader& block) {
  return std::tuple(block.first, block.stream, block.run, block.seq);
}

// Whether the header of the file still says that this is a tape of ours: only then is it worth
// searching.
bool says_tape(const std::string& path) {
  char mark[4] = {};
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool got = pread(file, mark, sizeof mark, 68) == sizeof mark;
  ::close(file);
  return got && std::memcmp(mark, "dlvr", 4) == 0;
}

}  // namespace

Result<TapeContents> TapeContents::open(const std::string& path, TapeReader::Options range) {
  TRY(check_file(path, false));
  TapeContents contents(path, range);
  auto opened = contents.open_database();
  if (!opened.has_value()) {
    Error error = std::move(opened.error()).at(path);
    if (error.fault == Fault::refused || !says_tape(path)) return error;
    if (!contents.salvage(error.text())) return error;
  }
  if (!range.follow) contents.end_open_gaps();
  contents.last_id_changed_ = contents.clock_.elapsed();
  contents.opened_ = true;  // from here on the list of streams stands: readers number by it
  contents.damage_ = contents.tape_.damage;
  contents.blocks_seen_.resize(contents.tape_.streams.size());
  std::vector<int64_t> gaps(contents.tape_.streams.size());
  for (const TapeGap& gap : contents.tape_.gaps) {
    CHECK(gap.stream >= 1 && gap.stream <= gaps.size());
    ++gaps[gap.stream - 1];
  }
  for (const StreamTotals& t : contents.tape_.totals) {
    if (t.stream < 1 || t.stream > gaps.size() || gaps[t.stream - 1] >= t.gaps) continue;
    contents.add_damage(t.stream, range.from, range.to,
                        fmt::format("{} recorded gaps are lost", t.gaps - gaps[t.stream - 1]));
  }
  return contents;
}

// A gap without an end lasts as long as the tape does; followed, its end is still to come.
void TapeContents::end_open_gaps() {
  const auto is_open = [](const TapeGap& gap) { return gap.open; };
  if (std::none_of(tape_.gaps.begin(), tape_.gaps.end(), is_open)) return;
  Instant last = Instant::min();
  for (const TapeGap& gap : tape_.gaps) last = std::max(last, gap.open ? gap.from : gap.to);
  for (const BlockHeader& block : ahead_) last = std::max(last, block.last);  // where salvaged
  if (!trouble_) {
    auto rows = db_->prepare("SELECT max(last_ns) FROM blocks INDEXED BY blocks_by_time");
    auto row = rows.has_value() ? rows.value().row() : Result<bool>(false);
    if (!row.has_value())
      last = kNoEnd;  // damaged: not known
    else if (row.value() && !rows.value().is_null(0))
      last = std::max(last, Instant::ns(rows.value().integer(0)));
  }
  for (TapeGap& gap : tape_.gaps) {
    if (gap.open) gap.to = last;
  }
}

Result<void> TapeContents::open_database() {
  db_ = TRY(Database::open(path_, Database::Mode::read));
  TRY(check_format(*db_));
  tape_ = TRY(read_description(*db_));
  TRY(read_last_id());
  TRY(read_last_stream());
  end_known_ = true;
  if (range_.follow) {
    TRY(look_at_start());
    TRY(look_at_end());
  }
  next_ = TRY(db_->prepare(
      "SELECT first_ns, stream, run, seq, last_ns, count, raw_bytes, id "
      "FROM blocks INDEXED BY blocks_by_time WHERE (first_ns, stream, run, seq) > (?, ?, ?, ?) "
      "AND first_ns <= ? AND id <= ? ORDER BY first_ns, stream, run, seq LIMIT ?"));
  row_ = TRY(
      db_->prepare("SELECT stream, run, seq, first_ns, last_ns, count, raw_bytes, checksum, data "
                   "FROM blocks WHERE id = ?"));
  // No block lasts longer than span_max, so none that begins earlier reaches into the range.
  constexpr int64_t kBeginning = std::numeric_limits<int64_t>::min();
  int64_t begin = kBeginning;
  const bool bounded = tape_.span_max && *tape_.span_max < kSpanUnbounded;
  if (bounded && __builtin_sub_overflow(range_.from.ns(), tape_.span_max->ns(), &begin))
    begin = kBeginning;
  reached_.first = Instant::ns(begin);
  reached_.run = reached_.seq = -1;
  return {};
}

// A followed tape: whether it is closed, and up to where every stream's blocks must be there. Once
// nothing was added for a while, all that was appended is. Blocks that begin earlier than one that
// was seen some time ago are there too: by the clock here, since a market that runs at twenty times
// its pace stamps twenty seconds in one.
Result<void> TapeContents::look_at_end() {
  closed_ = tape_.totals.size() == tape_.streams.size() && !tape_.streams.empty();
  const bool settled = clock_.elapsed() - last_id_changed_ >= kSettled && opened_;
  if (closed_ || settled) {
    visible_ = Instant::max();
    return {};
  }
  Statement latest =
      TRY(db_->prepare("SELECT max(first_ns) FROM blocks INDEXED BY blocks_by_time"));
  if (!TRY(latest.row())) return {};
  const Instant newest = Instant::ns(latest.integer(0));
  const Duration now = clock_.elapsed();
  begun_.push_back({now, newest});
  while (begun_.size() > 1 && now - begun_[1].seen >= kSettled) begun_.pop_front();
  if (now - begun_.front().seen >= kSettled)
    visible_ = std::min(begun_.front().newest, newest - kSettled);
  return {};
}

// When it is opened nothing has been seen yet: how far behind one another the last blocks began, in
// the order in which they were appended, says how far behind one may still come.
Result<void> TapeContents::look_at_start() {
  constexpr int kBlocks = 256;
  Statement recent = TRY(db_->prepare("SELECT first_ns FROM blocks ORDER BY id DESC LIMIT ?"));
  recent.bind(1, kBlocks);
  visible_ = Instant::min();
  std::vector<Instant> begun;
  for (auto row = recent.row(); row.has_value() && row.value(); row = recent.row())
    begun.push_back(Instant::ns(recent.integer(0)));  // damage is met by who reads the blocks
  if (begun.empty()) return {};
  Instant newest = begun.back();
  Duration behind;
  for (auto at = begun.rbegin(); at != begun.rend(); ++at) {
    newest = std::max(newest, *at);
    behind = std::max(behind, newest - *at);
  }
  visible_ = newest - std::max(kSettled, behind + behind);
  return {};
}

Result<bool> TapeContents::refresh() {
  if (!db_ || trouble_ || closed_) return false;
  // A statement that stands in a row sees the tape as it was when it began.
  row_->reset();
  next_->reset();
  const int64_t id_before = last_id_;
  const Instant visible_before = visible_;
  TapeDescription now = TRY(read_description(*db_));
  if (now.streams.size() != tape_.streams.size())
    return Error{Fault::unavailable, "streams were added to it: begin again", path_};
  const auto ended = [](const std::vector<TapeGap>& gaps) {
    return std::count_if(gaps.begin(), gaps.end(), [](const TapeGap& gap) { return !gap.open; });
  };
  const bool more_gaps = ended(now.gaps) > ended(tape_.gaps);
  tape_.gaps = std::move(now.gaps);
  tape_.totals = std::move(now.totals);
  last_id_ = std::max(last_id_, TRY(db_->integer("SELECT max(id) FROM blocks")));
  if (last_id_ != id_before || !opened_) last_id_changed_ = clock_.elapsed();
  TRY(look_at_end());
  const bool more = last_id_ != id_before || visible_ != visible_before || closed_ || more_gaps;
  if (more) exhausted_ = finished_ = false;
  return more;
}

// Asked of the table, of the index and of the totals, because where one is damaged the others still
// know; and what is beyond the last block would otherwise be lost without a word.
Result<void> TapeContents::read_last_id() {
  last_id_ = TRY(db_->integer("SELECT max(id) FROM blocks"));
  Statement latest =
      TRY(db_->prepare("SELECT id FROM blocks INDEXED BY blocks_by_time "
                       "ORDER BY first_ns DESC, stream DESC, run DESC, seq DESC LIMIT 64"));
  while (TRY(latest.row())) last_id_ = std::max(last_id_, latest.integer(0));
  int64_t blocks = 0;
  for (const StreamTotals& t : tape_.totals) blocks += t.blocks;
  last_id_ = std::max(last_id_, blocks);
  return {};
}

// Streams that the other tables speak of and nobody describes are lost, and are named before
// anything is read, so that their gaps have a stream to belong to. A closed tape with a total for
// each described stream has none; otherwise the whole index is asked.
Result<void> TapeContents::read_last_stream() {
  int64_t last = 0;
  for (const StreamTotals& t : tape_.totals) last = std::max(last, int64_t{t.stream});
  for (const TapeGap& gap : tape_.gaps) last = std::max(last, int64_t{gap.stream});
  if (tape_.totals.empty() || tape_.totals.size() != tape_.streams.size()) {
    last = std::max(last,
                    TRY(db_->integer("SELECT max(stream) FROM blocks INDEXED BY blocks_by_time")));
  }
  const auto most = static_cast<int64_t>(stream_limit(tape_.streams.size()));
  name_lost_streams(tape_, static_cast<StreamNumber>(std::clamp<int64_t>(last, 0, most)));
  return {};
}

Result<void> TapeContents::refill() {
  // Stream 0 and run -1 sort before every block, so the first call takes blocks that begin at
  // `first` itself.
  next_->bind(1, reached_.first.ns())
      .bind(2, int64_t{reached_.stream})
      .bind(3, reached_.run)
      .bind(4, reached_.seq);
  next_->bind(5, upper()).bind(6, last_id_).bind(7, static_cast<int64_t>(kAhead));
  const size_t before = ahead_.size();
  while (TRY(next_->row())) {
    const Statement& row = *next_;
    const int64_t stream = row.integer(1);
    if (stream < 1 || stream > static_cast<int64_t>(tape_.streams.size())) {
      next_->reset();
      return Error{Fault::malformed,
                   fmt::format("the index speaks of stream {}, which is not on the tape", stream)};
    }
    ahead_.push_back({row.integer(7), static_cast<StreamNumber>(stream), row.integer(2),
                      row.integer(3), Instant::ns(row.integer(0)), Instant::ns(row.integer(4)),
                      row.integer(5), row.integer(6)});
  }
  const size_t got = ahead_.size() - before;
  if (got < kAhead) exhausted_ = true;
  for (size_t i = before; i < ahead_.size(); ++i) {
    auto scouted = scout(ahead_[i]);
    if (scouted.has_value()) continue;
    ahead_.resize(i);
    return scouted;
  }
  return {};
}

// Sees damage to the index while the blocks around it are still to come, so that they can be served
// in their turn.
Result<void> TapeContents::scout(const BlockHeader& header) {
  if (!plausible(header))
    return Error{Fault::malformed, fmt::format("the index is wrong about block {}", header.id)};
  if (order(header) <= order(reached_)) return Error{Fault::malformed, "the index is not in order"};
  reached_ = header;
  std::optional<int64_t>& next = runs_[{header.stream, header.run}].scouted;
  if (!next) next = whole_start() ? 0 : header.seq;
  if (header.seq == (*next)++) return {};
  return Error{Fault::malformed,
               fmt::format("the index has no block before number {} of run {} of stream {}",
                           header.seq, header.run, header.stream)};
}

const BlockHeader* TapeContents::peek() {
  while (true) {
    if (!exhausted_ && ahead_.size() < kAhead / 2) {
      auto refilled = refill();
      if (refilled.has_value() || salvage(refilled.error().text())) continue;
      exhausted_ = true;
      for (StreamNumber n = 1; n <= tape_.streams.size(); ++n) {
        add_damage(n, reached_.first, range_.to,
                   "the rest cannot be read: " + refilled.error().text());
      }
    } else if (!ahead_.empty()) {
      if (front_followed_) return &ahead_.front();
      const BlockHeader header = ahead_.front();
      const Step step = follow(header);
      if (step == Step::again) continue;
      if (step == Step::serve) {
        front_followed_ = true;
        return &ahead_.front();
      }
      ahead_.pop_front();
    } else if ((range_.follow && !closed_) || finished_ || complete()) {
      return nullptr;
    }
  }
}

void TapeContents::pop() {
  CHECK(front_followed_);
  front_followed_ = false;
  ahead_.pop_front();
}

// Blocks of a run come with rising numbers; a hole is a block whose row, or whose way to it, is
// lost.
TapeContents::Step TapeContents::follow(const BlockHeader& header) {
  if (header.stream < 1 || header.stream > tape_.streams.size()) {
    // Nobody can say whose messages these are, so no stream is sure to be whole.
    for (StreamNumber n = 1; n <= tape_.streams.size() && !stray_told_; ++n) {
      add_damage(n, header.first, header.last,
                 fmt::format("block {} is of stream {}, which is not on the tape", header.id,
                             header.stream));
    }
    stray_told_ = true;
    return Step::skip;
  }
  Progress& run = runs_[{header.stream, header.run}];
  if (!run.seen && !whole_start()) run.next = header.seq;
  if (header.seq != run.next) {
    const std::string why =
        fmt::format("{} blocks are missing before block {}", header.seq - run.next, header.id);
    if (salvage(why)) return Step::again;
    if (header.seq < run.next) return Step::skip;  // an entry that repeats another
    add_damage(header.stream, run.seen ? run.last : range_.from, header.first, why);
    blocks_seen_[header.stream - 1] += header.seq - run.next;
  }
  run = {header.seq + 1, std::max(run.last, header.last), run.last, true, run.scouted};
  ++blocks_seen_[header.stream - 1];
  if (tape_.stream_lost[header.stream - 1]) return Step::skip;  // told when the tape was opened
  return header.last >= range_.from && header.first.ns() <= upper() ? Step::serve : Step::skip;
}

// At the end: whether all that was ever written came by. What is missing is told, once nothing more
// can be found.
bool TapeContents::complete() {
  finished_ = true;
  if (!whole_range()) return true;
  int64_t known = std::accumulate(blocks_seen_.begin(), blocks_seen_.end(), int64_t{0});
  std::vector<bool> counted(blocks_seen_.size());
  std::vector<TapeGap> gaps;
  for (const StreamTotals& t : tape_.totals) {
    if (t.stream < 1 || t.stream > blocks_seen_.size()) continue;
    counted[t.stream - 1] = true;
    const int64_t lost = t.blocks - blocks_seen_[t.stream - 1];
    if (lost <= 0) continue;
    known += lost;
    // What is lost at the end of a run follows what was seen of it; of a run never seen nothing is
    // known.
    Instant from = Instant::max();
    int64_t runs = 0;
    for (const auto& [key, run] : runs_) {
      if (key.first != t.stream || !run.seen) continue;
      from = std::min(from, run.last);
      ++runs;
    }
    gaps.push_back({t.stream, runs < t.runs ? Instant::min() : from, Instant::max(),
                    fmt::format("{} blocks are missing at the end", lost)});
  }
  for (StreamNumber n = 1; n <= blocks_seen_.size();
       ++n) {  // streams without totals: the tape was not closed
    if (counted[n - 1] || (known >= last_id_ && end_known_)) continue;
    std::string why =
        known < last_id_
            ? fmt::format("{} blocks are missing, of this stream or of another", last_id_ - known)
            : fmt::format("damaged; whether anything followed block {} is not known", last_id_);
    gaps.push_back({n, Instant::min(), Instant::max(), std::move(why)});
  }
  if (gaps.empty()) return true;
  if (salvage(gaps[0].reason) && !ahead_.empty()) {
    finished_ = false;
    return false;
  }
  for (TapeGap& gap : gaps) damage_.push_back(std::move(gap));
  return true;
}

bool TapeContents::salvage(std::string why) {
  if (trouble_) return false;
  trouble_ = std::move(why);
  auto pages = PageFile::open(path_);
  if (!pages.has_value()) return false;
  auto found = pages.value().search();
  if (!found.has_value()) return false;
  Salvaged& salvaged = found.value();
  if (!opened_ && (!db_ || tape_.streams.empty())) {
    StreamNumber highest = 0;
    for (const FoundBlock& block : salvaged.blocks)
      highest = std::max(highest, block.header.stream);
    tape_ = std::move(salvaged.tape);
    for (const StreamTotals& t : tape_.totals) highest = std::max(highest, t.stream);
    name_lost_streams(tape_, std::min(highest, stream_limit(tape_.streams.size())));
    std::erase_if(tape_.gaps, [&](const TapeGap& gap) {
      return gap.stream < 1 || gap.stream > tape_.streams.size();
    });
  }
  if (tape_.streams.empty()) return false;
  pages_ = std::move(pages.value());
  int64_t id_max = 0;
  ahead_.clear();
  front_followed_ = false;
  for (FoundBlock& block : salvaged.blocks) {
    id_max = std::max(id_max, block.header.id);
    if (end_known_ && block.header.id > last_id_) continue;  // written after we opened
    found_.emplace(block.header.id, block);
    const auto run = runs_.find({block.header.stream, block.header.run});
    if (run != runs_.end() && block.header.seq < run->second.next) continue;
    if (block.header.first.ns() <= upper()) ahead_.push_back(block.header);
  }
  if (!end_known_) last_id_ = id_max;
  exhausted_ = true;
  return true;
}

TapeContents::Row TapeContents::read_row(const BlockHeader& header, std::string_view& packed,
                                         std::string& why) {
  if (pages_) {
    const auto found = found_.find(header.id);
    if (found != found_.end() && same(found->second.header, header)) {
      auto bytes = pages_->packed(found->second);
      found_packed_ = bytes ? std::move(*bytes) : std::string();
      packed = found_packed_;
      if (bytes) return Row::sound;  // its checksum was checked when it was found
    }
    why = "its row is lost";
    return Row::damaged;
  }
  row_->reset();
  auto stepped = row_->bind(1, header.id).row();
  if (!stepped.has_value() || !stepped.value()) {
    why = stepped.has_value() ? "its row is lost"
                              : "its row cannot be read: " + stepped.error().text();
    return Row::astray;
  }
  const Statement& row = *row_;
  const BlockHeader there{header.id,
                          static_cast<StreamNumber>(row.integer(0)),
                          row.integer(1),
                          row.integer(2),
                          Instant::ns(row.integer(3)),
                          Instant::ns(row.integer(4)),
                          row.integer(5),
                          row.integer(6)};
  packed = row.blob(8);
  if (!same(there,
            header)) {  // either may be the one that is wrong, so neither says when the block was
    why = "the index does not agree with its row";
    return Row::astray;
  }
  if (block_checksum(there, packed) == row.integer(7)) return Row::sound;
  why = "its checksum does not match";
  return Row::damaged;
}

bool TapeContents::load(const BlockHeader& header, bool again, BlockMessages& out) {
  std::string_view packed;
  std::string why;
  const Row row = read_row(header, packed, why);
  if (row == Row::astray && !again && !trouble_) {
    // Give it back, so that it comes again from the pages if it is there, and as a hole if it is
    // not.
    Progress& run = runs_[{header.stream, header.run}];
    const Progress followed = run;
    run = {header.seq, run.last_before, run.last_before, run.last_before != Instant::min(), {}};
    --blocks_seen_[header.stream - 1];
    if (salvage(fmt::format("block {}: {}", header.id, why))) return false;
    run = followed;
    ++blocks_seen_[header.stream - 1];
  }
  if (row == Row::sound) {
    packed_bytes_ = packed.size();
    auto unpacked = unpacker_.unpack(header, packed, out);
    if (unpacked.has_value()) return true;
    why = unpacked.error().text();
  }
  add_damage(header.stream, header.first, header.last,
             fmt::format("block {} (run {}, number {}, {} messages) is lost: {}", header.id,
                         header.run, header.seq, header.count, why));
  return false;
}

std::vector<TapeGap> TapeContents::take_damage() {
  for (TapeGap& gap : damage_) gap.damage = true;
  return std::exchange(damage_, {});
}

void TapeContents::add_damage(StreamNumber stream, Instant from, Instant to, std::string reason) {
  if (to < range_.from || from.ns() > upper()) return;
  damage_.push_back({stream, from, to, std::move(reason)});
}

}  // namespace delever::tape
