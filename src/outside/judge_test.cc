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

struct OnTape {
  Instant received;
  size_t count = 0;
};

struct TapeSeen {
  std::map<std::string, std::unordered_map<uint64_t, OnTape>, std::less<>> by_stream;
  std::map<std::string, std::vector<tape::TapeGap>, std::less<>> gaps;
  std::optional<std::string> trouble;
};

TapeSeen read_tape(const std::string& path) {
  TapeSeen seen;
  auto reader = tape::TapeReader::open(path);
  if (!reader.has_value()) return seen.trouble = reader.error().text(), seen;
  const auto& streams = reader.value()->streams();
  while (true) {
    auto next = reader.value()->next();
    if (!next.has_value()) return seen.trouble = next.error().text(), seen;
    if (!next.value()) break;
    OnTape& on =
        seen.by_stream[streams[next.value()->stream - 1].name][text_hash(next.value()->bytes)];
    if (on.count++ == 0) on.received = next.value()->received;
  }
  for (const tape::TapeGap& gap : reader.value()->gaps()) {
    if (gap.damage) seen.trouble = "damage: " + gap.reason;
    if (gap.stream != 0) seen.gaps[streams[gap.stream - 1].name].push_back(gap);
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
    }
    Instant before = Instant::min();
    for (size_t i = 0; i < once.size(); ++i) {
      const auto found = on.find(once[i].hash);
      if (found != on.end()) {
        if (found->second.count > 1)
          wrong.push_back(fmt::format("{}: message {} of {} is on the tape {} times", name, i,
                                      once.size(), found->second.count));
        before = std::max(before, found->second.received);
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
      // Dead before it heard again: the tape ends with the last that came.
      if (heard.died && !heard.resumed && once[i].deaf && after == Instant::max()) continue;
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

    const auto truth =
        outcome_.books.find({replay_->instruments()[instrument].symbol, book->sequence().last});
    if (truth == outcome_.books.end()) return;
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
                 const std::vector<std::string>& paths, bool alive,
                 std::vector<std::string>& wrong) {
  auto replay = feeds::Replay::open(paths, {});
  if (!replay.has_value()) return wrong.push_back("replay: " + replay.error().text());
  // A recorder that believes a book to be sound asks for nothing: what it was told must be enough.
  // Not so where the venue has nothing but old snapshots.
  const bool heals = script.knob("stale") == 0 && paths.size() == 1;
  BookJudge books(outcome, paths.size() == 1, heals, wrong);
  books.begin(*replay.value());
  auto done = replay.value()->run(books);
  if (!done.has_value()) wrong.push_back("replay: " + done.error().text());
  if (alive && !books.serves_all() && script.hours > 0.5)
    wrong.push_back("a book is not served at the end, though the faults had stopped");
}

// Only knobs that cost nothing: then nothing may be missing.
bool is_gentle(const Script& script) {
  constexpr std::array<std::string_view, 14> kGentle{
      "latency", "jitter",     "twice",     "garbage",    "foreign",    "huge",     "slow_rest",
      "stale",   "rest_error", "rest_lost", "venue_leap", "wall_drift", "lifetime", "two"};
  return std::all_of(script.knobs.begin(), script.knobs.end(), [&](const auto& knob) {
    return knob.second == 0 ||
           std::find(kGentle.begin(), kGentle.end(), knob.first) != kGentle.end();
  });
}

}  // namespace

std::vector<std::string> judge(const Script& script, const Outcome& outcome) {
  std::vector<std::string> wrong;
  std::vector<std::string> paths;
  bool all_alive = true;
  for (const Heard& heard : outcome.recorders) {
    for (const std::string& fault : heard.faults) wrong.push_back(fault);
    if (heard.memory_most > kMemoryMax)
      wrong.push_back(fmt::format("{} bytes held in memory", heard.memory_most));
    if (heard.died && script.knob("disk") == 0) wrong.push_back("the recorder died of nothing");
    const bool alive = !heard.died || heard.resumed;
    const bool on_disk = std::filesystem::exists(heard.path);
    // A disk that fails while the file is made leaves none.
    if (!on_disk || (heard.died && std::filesystem::file_size(heard.path) == 0)) continue;
    const TapeSeen seen = read_tape(heard.path);
    if (seen.trouble) {
      if (!heard.died) wrong.push_back("the tape: " + *seen.trouble);
      continue;
    }
    all_alive &= alive;
    paths.push_back(heard.path);
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
    judge_books(script, outcome, {heard.path}, alive, wrong);
    if (wrong.size() > kWrongMax) break;
  }
  // Two clocks that disagree put two tapes in no order.
  const bool one_time = script.knob("wall_step") == 0 && script.knob("wall_drift") == 0;
  if (paths.size() > 1 && one_time) judge_books(script, outcome, paths, all_alive, wrong);
  return wrong;
}

std::vector<std::string> verdict_of(const Script& script) {
  Trial trial(script);
  const Outcome outcome = trial.play();
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
