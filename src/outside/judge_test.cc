#include "outside/judge_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <unordered_map>

#include "codec/book.h"
#include "feeds/replay.h"

namespace delever::outside {
namespace {

constexpr size_t kMemoryMax = size_t{8} << 20;
constexpr size_t kWrongMax = 12;  // of one run
// For snapshots that fail (half of them), are lost, slow or forbidden for minutes.
constexpr Duration kHealsWithin = Duration::minutes(30);
// Of two connections, with the acknowledgements before it; and what a cure takes.
constexpr Duration kOverlap = Duration::minutes(2);

struct OnTape {
  Instant received;
  size_t count = 0;
};

// What was read of a tape, to be read again.
struct Copy {
  struct Message {
    tape::StreamNumber stream;
    Instant received;
    int64_t run;
    size_t at, size;  // within `bytes`
  };
  std::vector<tape::StreamInfo> streams;
  std::vector<tape::TapeGap> gaps;
  std::vector<Message> messages;
  std::string bytes;
};

class CopyReader final : public tape::TapeReader {
 public:
  explicit CopyReader(const Copy& copy) : copy_(copy) {}
  const std::vector<tape::StreamInfo>& streams() const override { return copy_.streams; }
  const std::vector<tape::TapeGap>& gaps() const override { return copy_.gaps; }
  Result<std::optional<tape::TapeMessage>> next() override {
    if (at_ == copy_.messages.size()) return std::optional<tape::TapeMessage>();
    const Copy::Message& m = copy_.messages[at_++];
    return std::optional(tape::TapeMessage{
        m.stream, m.received, std::string_view(copy_.bytes).substr(m.at, m.size), m.run});
  }

 private:
  const Copy& copy_;
  size_t at_ = 0;
};

struct TapeSeen {
  std::map<std::string, std::unordered_map<uint64_t, OnTape>, std::less<>> by_stream;
  std::map<std::string, std::vector<tape::TapeGap>, std::less<>> gaps;
  std::optional<std::string> trouble;
  Copy copy;
};

TapeSeen read_tape(const std::string& path) {
  TapeSeen seen;
  auto reader = tape::TapeReader::open(path);
  if (!reader.has_value()) return seen.trouble = reader.error().text(), seen;
  const auto& streams = seen.copy.streams = reader.value()->streams();
  std::vector<std::unordered_map<uint64_t, OnTape>*> by_number;
  for (const tape::StreamInfo& info : streams) by_number.push_back(&seen.by_stream[info.name]);
  while (true) {
    auto next = reader.value()->next();
    if (!next.has_value()) return seen.trouble = next.error().text(), seen;
    if (!next.value()) break;
    const tape::TapeMessage& message = *next.value();
    OnTape& on = (*by_number[message.stream - 1])[text_hash(message.bytes)];
    if (on.count++ == 0) on.received = message.received;
    seen.copy.messages.push_back({message.stream, message.received, message.run,
                                  seen.copy.bytes.size(), message.bytes.size()});
    seen.copy.bytes += message.bytes;
    seen.copy.bytes.append(codec::kPadding, '\0');
  }
  seen.copy.gaps = reader.value()->gaps();
  for (const tape::TapeGap& gap : seen.copy.gaps) {
    if (gap.damage) seen.trouble = "damage: " + gap.reason;
    if (gap.stream != 0) seen.gaps[streams[gap.stream - 1].name].push_back(gap);
    if (gap.from < day_one() - Duration::hours(1))
      seen.trouble = "a gap from before anything was recorded: " + gap.from.text();
    if (gap.to < gap.from) seen.trouble = "a gap that ends before it begins";
    if (gap.reason.empty()) seen.trouble = "a gap without a reason";
  }
  return seen;
}

std::string stream_name(const Script& script, std::string_view key) {
  std::string market = script.market;
  std::replace(market.begin(), market.end(), ':', '-');
  return fmt::format("{}:{}", market, key);
}

// A second until it is durable, a step of the writer, and as long as a message can be on its way.
Duration slack(const Script& script) {
  const double way = 1 + script.knob("latency") + script.knob("jitter") +
                     (script.knob("spikes") > 0 ? 20 : 0) + (script.knob("burst") > 0 ? 10 : 0);
  return Duration::ms(1300) + Duration::ms(static_cast<int64_t>(way * 1000));
}

// A receive time is the machine's clock when the message came, however long it has run and drifted.
// Up to an overlap later, for what a second connection told alone.
void judge_stamp(const Script& script, const Heard& heard, const Sent& sent, Instant received,
                 std::vector<std::string>& wrong) {
  if (script.knob("wall_step") > 0) return;
  const auto fast = static_cast<int64_t>(static_cast<double>(sent.at.ns()) * heard.drift);
  const Instant wall = first_wall() + sent.at + Duration::ns(fast);
  if (received + Duration::seconds(1) >= wall && received <= wall + slack(script) + kOverlap)
    return;
  wrong.push_back(
      fmt::format("what was sent at {} by our clock is stamped {}", wall.text(), received.text()));
}

// A value that comes when a newer one has come already, on another connection, was left behind.
bool is_left_behind(const std::vector<Sent>& once, size_t i,
                    const std::unordered_map<uint64_t, OnTape>& on) {
  if (!once[i].came) return false;
  return std::any_of(once.begin() + static_cast<std::ptrdiff_t>(i) + 1, once.end(),
                     [&](const Sent& newer) {
                       return newer.came && *newer.came <= *once[i].came && on.contains(newer.hash);
                     });
}

// An event that came is on the tape, gap or not, but for the last second before a death; and half
// of one for which the other connection may tell it.
bool is_lost(const Heard& heard, const Sent& sent) {
  constexpr Duration kWritten = Duration::ms(1300 + 500);
  if (!sent.came) return false;
  return !heard.died || *sent.came > heard.died_at || *sent.came + kWritten <= heard.died_at;
}

// Each message once, or a gap between its neighbours.
void judge_messages(const Script& script, const Heard& heard, const TapeSeen& seen,
                    std::vector<std::string>& wrong) {
  for (const auto& [key, sent] : heard.sent) {
    const std::string name = stream_name(script, key);
    const auto stream = seen.by_stream.find(name);
    static const std::unordered_map<uint64_t, OnTape> kNothing;
    const auto& on = stream == seen.by_stream.end() ? kNothing : stream->second;
    const auto gaps = seen.gaps.find(name);
    // The venue says it to each of our connections: told twice is sent once.
    std::vector<Sent> once;
    std::unordered_map<uint64_t, size_t> index;
    for (const Sent& s : sent) {
      const auto [at, is_new] = index.try_emplace(s.hash, once.size());
      if (is_new) once.push_back(s);
      once[at->second].lost &= s.lost;
      once[at->second].deaf &= s.deaf;
      std::optional<Duration>& came = once[at->second].came;
      if (s.came) came = came ? std::min(*came, *s.came) : s.came;
    }
    Instant before = Instant::min();
    for (size_t i = 0; i < once.size(); ++i) {
      const auto found = on.find(once[i].hash);
      if (found != on.end()) {
        if (found->second.count > 1)
          wrong.push_back(fmt::format("{}: message {} of {} is on the tape {} times", name, i,
                                      once.size(), found->second.count));
        before = std::max(before, found->second.received);
        judge_stamp(script, heard, once[i], found->second.received, wrong);
        if (wrong.size() > kWrongMax) return;
        continue;
      }
      if (once[i].at + Duration::seconds(30) > heard.ended_at) continue;  // still on its way
      // A death costs at most the last second; what was on its way was not received.
      if (heard.died && once[i].at <= heard.died_at && once[i].at + slack(script) > heard.died_at)
        continue;
      if (heard.died && !heard.resumed && once[i].at > heard.died_at) continue;
      Instant after = Instant::max();
      for (size_t j = i + 1; j < once.size() && after == Instant::max(); ++j) {
        if (const auto next = on.find(once[j].hash); next != on.end())
          after = next->second.received;
      }
      // Dead, or followed by the next file, before it heard again: the tape ends with the last that
      // came.
      const bool ended = (heard.died && !heard.resumed) || heard.retired;
      if (ended && (once[i].deaf || once[i].lost) && after == Instant::max()) continue;
      const bool last_value = heard.last_values.contains(key);
      if (last_value && is_left_behind(once, i, on)) continue;
      if (!last_value && script.knob("no_room") == 0 && is_lost(heard, once[i])) {
        wrong.push_back(fmt::format("{}: message {} of {}, which came at {} s, is not on the tape",
                                    name, i, once.size(), once[i].came->in_seconds()));
        continue;
      }
      // What the venue leaves out before the first that it says leaves no trace.
      if (once[i].lost && before == Instant::min()) continue;
      const bool named =
          gaps != seen.gaps.end() &&
          std::any_of(gaps->second.begin(), gaps->second.end(), [&](const tape::TapeGap& gap) {
            // Messages of one instant have no room between them.
            return gap.from <= std::max(after, after + Duration::ns(1)) && gap.to >= before;
          });
      if (!named)
        wrong.push_back(
            fmt::format("{}: message {} of {}, sent at {} s, is neither on the tape nor in a gap",
                        name, i, once.size(), once[i].at.in_seconds()));
      if (wrong.size() > kWrongMax) return;
    }
  }
}

// Replays the tapes and looks at every book after every event.
class BookJudge final : public feeds::ReplaySink {
 public:
  BookJudge(const Outcome& outcome, bool one_tape, bool heals, std::vector<std::string>& wrong)
      : outcome_(outcome), one_tape_(one_tape), heals_(heals), wrong_(wrong) {}
  void begin(const feeds::Replay& replay) {
    replay_ = &replay;
    books_.emplace(replay.instruments(), *this);
  }
  void on_event(const Event& event) override {
    if (const Gap* gap = std::get_if<Gap>(&event.payload)) {
      if (gap->kind == GapKind::recorded)
        until_[event.source] = std::max(until_[event.source], gap->to);
      if (gap->kind == GapKind::sequence) return;  // our own builder says so
    }
    books_->on_event(event);
    const bool book = std::holds_alternative<BookDelta>(event.payload) ||
                      std::holds_alternative<BookSnapshot>(event.payload);
    if (!book && !std::holds_alternative<Gap>(event.payload)) return;
    if (book) of_[event.source] = event.instrument;
    if (const auto found = of_.find(event.source); found != of_.end())
      inspect(found->second, event);
  }
  void on_undecoded(const Source&, const codec::RawMessage&, const Error&) override {}
  uint64_t served() const { return served_; }
  bool serves_all() const {
    return !of_.empty() && std::all_of(of_.begin(), of_.end(), [this](const auto& entry) {
      return books_->book(entry.second) != nullptr;
    });
  }

 private:
  void inspect(InstrumentId instrument, const Event& event) {
    const codec::Book* book = books_->book(instrument);
    if (wrong_.size() > kWrongMax) return;
    Instant& sound = sound_.try_emplace(instrument, event.received).first->second;
    if (book != nullptr) sound = event.received;
    if (const Gap* gap = std::get_if<Gap>(&event.payload))
      sound = std::max({sound, event.received, gap->to});
    if (book == nullptr) {
      if (!heals_ || event.received - sound < kHealsWithin) return;
      wrong_.push_back(fmt::format("the book of {} is not served at {}, long after the last gap",
                                   replay_->instruments()[instrument].symbol,
                                   event.received.text()));
      sound = event.received;
      return;
    }
    ++served_;
    if (const auto gap = until_.find(event.source);
        one_tape_ && gap != until_.end() && event.received < gap->second)
      wrong_.push_back(fmt::format("a book of {} is served inside a gap, at {}, after {} of {}",
                                   replay_->instruments()[instrument].symbol, event.received.text(),
                                   payload_name(event.payload),
                                   replay_->sources()[event.source].name));

    const auto made = outcome_.books.find(replay_->instruments()[instrument].symbol);
    if (made == outcome_.books.end()) return;
    const auto truth = made->second.find(book->sequence().last);
    if (truth == made->second.end()) return;
    if (truth->second != book_hash(*book))
      wrong_.push_back(fmt::format("the book of {} at {} is not the venue's",
                                   replay_->instruments()[instrument].symbol,
                                   book->sequence().last));
  }

  const Outcome& outcome_;
  const bool one_tape_, heals_;
  std::vector<std::string>& wrong_;
  const feeds::Replay* replay_ = nullptr;
  std::optional<codec::BookBuilder> books_;
  std::map<SourceId, Instant> until_;
  std::map<InstrumentId, Instant> sound_;  // whichever stream or answer it comes from
  std::map<SourceId, InstrumentId> of_;
  uint64_t served_ = 0;
};

void judge_books(const Script& script, const Outcome& outcome,
                 const std::vector<const Copy*>& copies, bool alive,
                 std::vector<std::string>& wrong) {
  std::vector<std::unique_ptr<tape::TapeReader>> tapes;
  for (const Copy* copy : copies) tapes.push_back(std::make_unique<CopyReader>(*copy));
  auto replay = feeds::Replay::over(std::move(tapes), {});
  if (!replay.has_value()) return wrong.push_back("replay: " + replay.error().text());
  // A recorder that believes a book to be sound asks for nothing: what it was told must be enough.
  // Not so where the venue has nothing but old snapshots.
  const bool heals = script.knob("stale") == 0 && copies.size() == 1;
  BookJudge books(outcome, copies.size() == 1, heals, wrong);
  books.begin(*replay.value());
  auto done = replay.value()->run(books);
  if (!done.has_value()) wrong.push_back("replay: " + done.error().text());
  if (alive && !books.serves_all() && script.hours > 0.5)
    wrong.push_back("a book is not served at the end, though the faults had stopped");
}

// Only knobs that cost nothing: then nothing may be missing.
bool is_gentle(const Script& script) {
  constexpr std::array<std::string_view, 16> kGentle{
      "latency",   "jitter", "twice",      "garbage",   "foreign",    "huge",
      "slow_rest", "stale",  "rest_error", "rest_lost", "venue_leap", "wall_drift",
      "lifetime",  "two",    "rotate",     "pace"};
  return std::all_of(script.knobs.begin(), script.knobs.end(), [&](const auto& knob) {
    return knob.second == 0 ||
           std::find(kGentle.begin(), kGentle.end(), knob.first) != kGentle.end();
  });
}

// What the venue came to list is heard: what was refused is asked for again each hour.
void judge_listing(const Script& script, const Outcome& outcome, std::vector<std::string>& wrong) {
  const double listed = script.knob("listed");
  if (listed == 0 || listed + 3 > script.hours || script.knob("lost_ack") > 0) return;
  for (const Heard& heard : outcome.recorders) {
    if (heard.died || heard.retired) continue;
    const auto sent = heard.sent.find(outcome.listed_late);
    if (sent == heard.sent.end() || sent->second.empty())
      wrong.push_back(
          fmt::format("{} was listed after {} h and is not heard", outcome.listed_late, listed));
  }
}

// Where nothing was lost, the files of all days together have no hole: each book goes on by its
// numbers from one file into the next.
void judge_rotation(const Script& script, const Outcome& outcome,
                    const std::vector<const Copy*>& copies, std::vector<std::string>& wrong) {
  const bool turned = std::any_of(outcome.recorders.begin(), outcome.recorders.end(),
                                  [](const Heard& heard) { return heard.retired; });
  const bool one_clock = script.knob("two") == 0 || script.knob("wall_drift") == 0;
  if (!turned || !one_clock || !is_gentle(script)) return;
  struct Holes final : feeds::ReplaySink {
    void on_event(const Event& event) override {
      const Gap* gap = std::get_if<Gap>(&event.payload);
      if (gap != nullptr && gap->kind == GapKind::sequence) ++count;
    }
    void on_undecoded(const Source&, const codec::RawMessage&, const Error&) override {}
    size_t count = 0;
  } holes;
  std::vector<std::unique_ptr<tape::TapeReader>> tapes;
  for (const Copy* copy : copies) tapes.push_back(std::make_unique<CopyReader>(*copy));
  auto replay = feeds::Replay::over(std::move(tapes), {.sequences = true});
  if (!replay.has_value()) return wrong.push_back("replay: " + replay.error().text());
  auto done = replay.value()->run(holes);
  if (!done.has_value()) wrong.push_back("replay: " + done.error().text());
  if (holes.count > 0)
    wrong.push_back(fmt::format("{} holes in the books of all days together", holes.count));
}

}  // namespace

std::vector<std::string> judge(const Script& script, const Outcome& outcome) {
  std::vector<std::string> wrong;
  std::vector<TapeSeen> tapes;
  tapes.reserve(outcome.recorders.size());  // they are pointed to
  std::vector<const Copy*> copies;
  bool all_alive = true;
  for (const Heard& heard : outcome.recorders) {
    for (const std::string& fault : heard.faults) wrong.push_back(fault);
    if (heard.memory_most > kMemoryMax)
      wrong.push_back(fmt::format("{} bytes held in memory", heard.memory_most));
    if (heard.died && script.knob("disk") == 0) wrong.push_back("the recorder died of nothing");
    const bool alive = (!heard.died || heard.resumed) && !heard.retired;
    const bool on_disk = std::filesystem::exists(heard.path);
    // A disk that fails while the file is made leaves none.
    if (!on_disk || (heard.died && std::filesystem::file_size(heard.path) == 0)) continue;
    const TapeSeen& seen = tapes.emplace_back(read_tape(heard.path));
    if (seen.trouble) {
      if (!heard.died) wrong.push_back("the tape: " + *seen.trouble);
      continue;
    }
    const bool ended = !heard.died || heard.resumed;
    for (const tape::TapeGap& gap : seen.copy.gaps) {
      if (ended && gap.open && wrong.size() <= kWrongMax)
        wrong.push_back(fmt::format("a gap of {} has no end, though the recording has: {}",
                                    seen.copy.streams[gap.stream - 1].name, gap.reason));
    }
    all_alive &= alive || heard.retired;
    copies.push_back(&seen.copy);
    judge_messages(script, heard, seen, wrong);
    if (alive && !heard.whole)
      wrong.push_back("not whole at the end, though the faults had stopped");
    if (std::getenv("OUTSIDE_SHOW") != nullptr) {
      for (const auto& note : heard.notes) std::printf("note %s\n", note.c_str());
      for (const auto& [name, gaps] : seen.gaps) {
        for (const auto& gap : gaps)
          std::printf("gap %s %s %s %s\n", name.c_str(), gap.from.text().c_str(),
                      gap.to.text().c_str(), gap.reason.c_str());
      }
    }
    if (is_gentle(script) && heard.counts.gaps != 0)
      wrong.push_back(fmt::format("{} gaps without a cause", heard.counts.gaps));
    judge_books(script, outcome, {&seen.copy}, alive, wrong);
    if (wrong.size() > kWrongMax) break;
  }
  // Two clocks that disagree put two tapes in no order.
  const bool one_time = script.knob("wall_step") == 0 && script.knob("wall_drift") == 0;
  if (copies.size() > 1 && one_time) judge_books(script, outcome, copies, all_alive, wrong);
  judge_listing(script, outcome, wrong);
  judge_rotation(script, outcome, copies, wrong);
  return wrong;
}

std::vector<std::string> verdict_of(const Script& script, Duration* lived) {
  Trial trial(script);
  const Outcome outcome = trial.play();
  if (lived != nullptr) *lived = outcome.lived();
  std::vector<std::string> wrong = judge(script, outcome);
  for (const Heard& heard : outcome.recorders) {
    for (const char* end : {"", "-wal", "-shm", "-journal", ".lock"})
      std::filesystem::remove(heard.path + end);
  }
  return wrong;
}

Script shrunk(Script script) {
  for (bool smaller = true; smaller;) {
    smaller = false;
    const auto knobs = script.knobs;
    for (const auto& [name, value] : knobs) {
      Script less = script;
      less.knobs.erase(name);
      if (verdict_of(less).empty()) continue;
      script = less;
      smaller = true;
    }
    Script shorter = script;
    shorter.hours = script.hours / 2;
    if (shorter.hours > 0.1 && !verdict_of(shorter).empty()) {
      script = shorter;
      smaller = true;
    }
  }
  return script;
}

}  // namespace delever::outside
