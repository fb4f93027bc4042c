// What the tests of the memory share: everything that gauges say as text, tapes that are disturbed,
// and the comparison of a reading from the memory with the reading from the first byte.
#pragma once

#include "reports/memory_feed.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/random.h"
#include "base/source_root.h"
#include "gauges/gauges.h"
#include "memory/recall.h"
#include "memory/remember.h"
#include "reports/feed.h"
#include "reports/gap_notes.h"
#include "reports/level_bars.h"
#include "reports/sizes_later.h"
#include "tape/tape.h"

namespace delever::reports::memory_fixture {

class Folder {
 public:
  Folder() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    // In memory where the system has a place for it: a disk takes its time for each fsync.
    const bool in_memory = access("/dev/shm", R_OK | W_OK | X_OK) == 0;
    path_ = (in_memory ? "/dev/shm" : std::filesystem::temp_directory_path()) /
            fmt::format("delever_{}_{}", getpid(), test->name());
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  void clear() const {
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      std::filesystem::remove_all(entry);
  }

 private:
  std::filesystem::path path_;
};

inline gauges::Rules rules() {
  const std::string path = "rules/2026-01-30.toml";
  const std::string text = read_file(source_root() + "/" + path).value();
  return std::move(gauges::Rules::load(text, path)).value();
}

// ---- everything that gauges say, as text

inline std::string text(double value) { return fmt::format("{:a}", value); }
inline std::string text(Instant t) { return fmt::format("{}", t.ns()); }
inline std::string text(Duration d) { return fmt::format("{}", d.ns()); }
inline std::string text(const std::string& s) { return s; }
inline std::string text(bool b) { return b ? "yes" : "no"; }
inline std::string text(int n) { return fmt::format("{}", n); }
inline std::string text(size_t n) { return fmt::format("{}", n); }
template <class T>
inline std::string text(const std::optional<T>& value) {
  return value ? text(*value) : "-";
}
template <class... Fields>
inline std::string row(const Fields&... fields) {
  std::string out;
  ((out += text(fields) + "|"), ...);
  return out + "\n";
}

inline std::string text(const gauges::Reading& r) {
  return row(r.name, r.asset, r.venue, r.expiry, r.value, r.low, r.high, r.unit, r.as_of, r.window,
             static_cast<int>(r.state), fmt::format("{}", fmt::join(r.sources, ",")), r.coverage,
             r.reason, r.rule);
}

inline std::string text(const options::OptionBoard& b) {
  std::string out =
      row(b.venue, b.settle, b.as_of, b.dated, b.stale, b.incomplete, b.index_low, b.index_high,
          b.index_refused, b.signed_trades, fmt::format("{}", fmt::join(b.sources, ",")));
  if (b.index) out += row(b.index->value, b.index->near_expiry, b.index->next_expiry);
  for (const options::Chain& c : b.chains) {
    out += row(c.venue, c.asset, c.settle, c.as_of, c.expiry, c.forward, c.forward_name);
    for (const options::ChainQuote& q : c.quotes)
      out += row(q.strike, static_cast<int>(q.type), q.bid, q.ask, q.mark, q.bid_iv, q.ask_iv,
                 q.mark_iv, q.delta, q.gamma, q.vega, q.theta, q.open_interest, q.volume_24h);
  }
  for (const options::Exposure& e : b.exposures.expiries) {
    const options::NetFlow flow = e.sticky_strike.at(0.01);
    out += row(e.calls, e.puts, e.unpriced, flow.gross, flow.low, flow.high, flow.mean);
  }
  for (const Error& e : b.refused) out += row(e.text());
  return out;
}

inline std::string text(const gauges::History& h) {
  std::string out;
  for (const auto& d : h.liquidations)
    out += row(d.series, d.day, d.long_usd, d.short_usd, d.coverage, d.valid, d.long_share,
               d.oscillator, d.long_share_ma, d.oscillator_ma, d.long_share_ma_weighted,
               d.oscillator_ma_weighted);
  for (const auto& p : h.funding)
    out += row(p.venue, p.symbol, p.name, p.at, p.rate, p.interval, p.annual,
               static_cast<int>(p.kind), p.main);
  for (const auto& p : h.open_interest) out += row(p.venue, p.at, p.coins, p.usd);
  for (const auto& c : h.contracts)
    out += row(c.venue, c.symbol, c.name, static_cast<int>(c.kind), c.at, c.contracts, c.coins,
               c.usd, c.summed);
  for (const auto& e : h.expiries) {
    out += row(e.venue, e.expiry, e.as_of, e.calls, e.puts, e.put_call, e.max_pain, e.max_pain_coin,
               e.counted);
    for (const auto& s : e.strikes) out += row(s.strike, s.calls, s.puts);
    for (const auto& [venue, left] : e.left_out) out += row(venue, left.unsized, left.old);
  }
  for (const auto& b : h.boards) out += text(b);
  for (const auto& p : h.prices)
    out += row(p.venue, p.symbol, p.name, p.from, p.to, p.open, p.high, p.low, p.close);
  for (const auto& f : h.etf_flows) out += row(f.holder, f.venue, f.at, f.flow_usd);
  return out;
}

inline std::string text(const gauges::DayFigures& d) {
  std::string out = row(d.asset, d.day);
  for (const auto& c : d.closes) out += row(c.venue, c.name, c.source, c.rank, c.price);
  for (const auto& l : d.liquidations) out += row(l.series, l.long_usd, l.short_usd);
  for (const auto& i : d.interest)
    out += row(i.venue, i.scope, i.published, i.part, i.dated, i.coins, i.contracts);
  for (const auto& f : d.funding) out += row(f.venue, f.name, f.weighted, f.annual);
  for (const auto& one : d.depth) out += row(one.source, one.bids_usd);
  return out;
}

inline std::string text(const Instruments& table) {
  std::string out;
  for (size_t id = 0; id < table.size(); ++id) {
    const Instrument& i = table[InstrumentId(static_cast<uint32_t>(id))];
    const auto raw = [](const auto& fixed) {
      return fixed ? fmt::format("{}", fixed->raw()) : std::string("-");
    };
    out += row(i.venue, i.symbol, static_cast<int>(i.kind), i.base, i.quote, i.settle,
               raw(i.contract_size), i.expiry, raw(i.strike),
               i.option_type ? static_cast<int>(*i.option_type) : -1, raw(i.tick), raw(i.step),
               i.funding_interval);
  }
  return out;
}

inline std::string text(const std::vector<SourceUse>& uses) {
  std::string out;
  for (const SourceUse& use : uses) {
    out += fmt::format("{} {} {} {}\n", use.name, use.messages, use.events, use.undecoded);
    for (const auto& [reason, count] : use.undecoded_reasons)
      out += fmt::format("  {} {}\n", reason, count);
  }
  return out;
}

// All of it at each of the moments, and at the end.
class Asked final : public EventSink {
 public:
  Asked(const std::vector<std::string>& assets, const gauges::Rules& rules, EventFeed& feed,
        std::vector<Instant> moments)
      : feed_(feed), moments_(std::move(moments)) {
    for (const std::string& asset : assets)
      gauges_.push_back(
          std::make_unique<gauges::Gauges>(asset, rules, feed.instruments(), feed.sources()));
    std::vector<const gauges::Gauges*> watched;
    for (const auto& one : gauges_) watched.push_back(one.get());
    days_.emplace(std::move(watched), gauges::DayRecorder::Span{Duration::hours(1), Instant::max()},
                  fan_);
  }
  void on_event(const Event& event) override {
    while (next_ < moments_.size() && event.received > moments_[next_]) record(moments_[next_++]);
    days_->on_event(event);
  }
  std::string finish(Instant to) {
    while (next_ < moments_.size()) record(moments_[next_++]);
    record(to);
    for (const auto& day : days_->finish()) told += text(day);
    return told + text(feed_.instruments()) + text(feed_.use());
  }

 private:
  struct Fan final : EventSink {
    explicit Fan(Asked& of) : asked(of) {}
    void on_event(const Event& event) override {
      for (auto& one : asked.gauges_) one->on_event(event);
    }
    Asked& asked;
  };
  void record(Instant at) {
    told += "at " + at.text() + "\n";
    for (const auto& one : gauges_) {
      for (const gauges::Reading& r : one->readings(at)) told += text(r);
      told += text(one->history(at)) + one->remarks(at) + "\n";
    }
  }
  EventFeed& feed_;
  std::vector<Instant> moments_;
  size_t next_ = 0;
  std::vector<std::unique_ptr<gauges::Gauges>> gauges_;
  Fan fan_{*this};
  std::optional<gauges::DayRecorder> days_;
  std::string told;
};

inline std::string ask(std::unique_ptr<EventFeed> feed, const std::vector<std::string>& assets,
                       const gauges::Rules& by, const std::vector<Instant>& moments, Instant to) {
  Asked asked(assets, by, *feed, moments);
  const auto ran = feed->run(asked);
  EXPECT_TRUE(ran.has_value()) << (ran.has_value() ? "" : ran.error().text());
  return asked.finish(to);
}

inline std::string first_difference(const std::string& a, const std::string& b) {
  const auto at = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  const auto line = [](const std::string& s, size_t where) {
    const size_t begin = where == 0 ? 0 : s.rfind('\n', where - 1) + 1;
    return s.substr(begin, std::min(s.find('\n', where), s.size()) - begin);
  };
  const auto where = static_cast<size_t>(at.first - a.begin());
  return fmt::format("tape:   {}\nmemory: {}", line(a, std::min(where, a.size())),
                     line(b, std::min(where, b.size())));
}

// ---- tapes

struct Message {
  tape::StreamInfo stream;
  Instant received;
  std::string bytes;
};

inline std::vector<Message> messages_of(const std::string& path) {
  std::vector<Message> out;
  auto reader = std::move(tape::TapeReader::open(path)).value();
  while (const auto next = reader->next().value()) {
    out.push_back({reader->streams()[next->stream - 1], next->received, std::string(next->bytes)});
  }
  return out;
}

inline void write_tape(const std::string& path, const std::vector<Message>& messages,
                       const std::vector<tape::TapeGap>& gaps) {
  ManualClock clock{Instant()};
  const auto writer = std::move(tape::TapeWriter::open(path, clock)).value();
  for (const Message& m : messages) {
    const auto stream = writer->stream(m.stream).value();
    ASSERT_TRUE(writer->append(stream, m.received, m.bytes).has_value());
  }
  for (tape::TapeGap gap : gaps) ASSERT_TRUE(writer->gap(gap).has_value());
  ASSERT_TRUE(writer->close().has_value());
}

// Late rows, rows from the future, doubled ones, a second recorder's.
inline std::vector<Message> disturbed(const std::vector<Message>& from, Random& random) {
  std::vector<Message> out;
  const int64_t stretch = std::array<int64_t, 4>{1, 1, 5, 60}[random.below(4)];
  const size_t some = from.size() > 3000 ? 3000 + random.below(from.size() - 2999) : from.size();
  const size_t begin = random.below(from.size() - some + 1);
  const Instant start = from[begin].received;
  for (size_t i = begin; i < begin + some; ++i) {
    Message m = from[i];
    m.received = start + (m.received - start) * stretch;
    const uint64_t what = random.below(1000);
    if (what < 10)
      m.received = m.received + Duration::seconds(static_cast<int64_t>(random.below(12000)));
    else if (what < 14)
      m.received = m.received - Duration::seconds(static_cast<int64_t>(random.below(300)));
    else if (what < 20)
      m.received = m.received + Duration::days(static_cast<int64_t>(random.below(3)));
    if (what % 50 == 7) {
      Message again = m;
      again.received = m.received + Duration::ms(static_cast<int64_t>(random.below(9'000'000)));
      out.push_back(std::move(again));
    }
    if (what % 40 == 9) {
      Message other = m;
      other.stream.name += ":second";
      other.received = m.received + Duration::us(static_cast<int64_t>(random.below(90'000)));
      out.push_back(std::move(other));
    }
    out.push_back(std::move(m));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Message& a, const Message& b) { return a.received < b.received; });
  return out;
}

inline std::vector<std::string> make_tapes(const Folder& folder,
                                           const std::vector<Message>& messages, Random& random) {
  const size_t count = 1 + random.below(2);
  std::vector<std::vector<Message>> parts(count);
  for (const Message& m : messages)
    parts[m.stream.name.ends_with("second") ? count - 1
          : random.below(7) == 0            ? count - 1
                                            : 0]
        .push_back(m);
  std::vector<std::string> paths;
  for (size_t i = 0; i < count; ++i) {
    if (parts[i].empty()) continue;
    std::vector<tape::TapeGap> gaps;
    const Instant first = parts[i].front().received;
    const auto span = static_cast<uint64_t>((parts[i].back().received - first).ns() + 2);
    for (uint64_t n = random.below(4); n > 0; --n) {
      const Instant from = first + Duration::ns(static_cast<int64_t>(random.below(span)));
      gaps.push_back({1, from, from + Duration::ns(static_cast<int64_t>(random.below(span / 2))),
                      "the line was down", false});
    }
    paths.push_back(folder / fmt::format("{}.tape", i));
    write_tape(paths.back(), parts[i], gaps);
  }
  return paths;
}

inline void flip_a_byte(const std::string& path, Random& random) {
  const auto size = std::filesystem::file_size(path);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const auto at = static_cast<std::streamoff>(size / 2 + random.below(size / 3));
  file.seekg(at);
  const char old = static_cast<char>(file.get());
  file.seekp(at);
  file.put(static_cast<char>(old ^ 0x20));
}

inline memory::RememberOptions shelved(const gauges::Rules& by) {
  return {
      .key = memory_key(by), .ahead_max = by.clock_ahead_max, .own_shelf = 20, .coins = by.coins};
}

class Comparison {
 public:
  // How many of the questions were answered from a memory.
  int check(const std::vector<std::string>& tapes, const std::vector<Message>& messages,
            const std::vector<std::string>& assets, Random& random, int questions) {
    Context context;
    int remembered = 0;
    // These tapes say too little for shelves as a day's tape has them.
    const bool shelves = random.below(2) == 0;
    if (shelves)
      (void)memory::remember(tapes, memory::memory_path(tapes), shelved(rules_)).has_value();
    for (int q = 0; q < questions && !testing::Test::HasFailure(); ++q) {
      const auto some = [&]() -> Instant {
        const Instant at = messages[random.below(messages.size())].received;
        switch (random.below(4)) {
          case 0:
            return at;
          case 1:
            return at + Duration::ns(static_cast<int64_t>(random.below(3'000'000'000)));
          case 2:
            return Instant::ns(at.ns() / memory::kSegment.ns() * memory::kSegment.ns());
          default:
            return at - Duration::ns(1);
        }
      };
      const Instant to = q == 0   ? messages.back().received
                         : q == 1 ? messages.back().received + Duration::hours(30)
                                  : some();
      std::vector<Instant> moments;
      for (uint64_t n = random.below(4); n > 0; --n) moments.push_back(std::min(some(), to));
      std::sort(moments.begin(), moments.end());
      const std::string told = ask(open_tapes(tapes, to).value(), assets, rules_, moments, to);
      const std::string recalled =
          ask(open_for_gauges({tapes, to, rules_, moments, 0}, context).value(), assets, rules_,
              moments, to);
      EXPECT_TRUE(told == recalled) << "at " << to.text() << "\n"
                                    << first_difference(told, recalled);
      remembered +=
          memory::Recollection::open({tapes, to, moments, memory_key(rules_)}).has_value();
    }
    return remembered;
  }

 private:
  const gauges::Rules rules_ = rules();
};

struct CountedMinutes final : memory::MinutesSink {
  explicit CountedMinutes(LevelBars& to) : bars(to) {}
  void on_minutes(memory::MinutesOf& minutes) override {
    count += minutes.changes.minutes.size();
    bars.on_minutes(minutes);
  }
  LevelBars& bars;
  size_t count = 0;
};

// The minutes of every perpetual of `asset`, what has no size, and the gaps. `by_minutes`: how many
// were told as such.
inline std::string levels_text(EventFeed& feed, const std::string& asset, const gauges::Rules& by,
                               Instant to, size_t* by_minutes = nullptr) {
  LevelBars bars(feed.instruments(), asset, by.coins);
  CountedMinutes counted(bars);
  feed.minutes_to(counted);
  SizesLater sizes(bars, feed.instruments());
  GapNotes gaps(sizes, feed.instruments(), feed.sources());
  EXPECT_TRUE(feed.run(gaps).has_value());
  if (by_minutes != nullptr) *by_minutes += counted.count;
  std::string out;
  for (const LevelMarket& m : bars.markets(to)) {
    out += row(m.venue, m.symbol, m.units, m.open_interest_start, m.lot, m.lot_weighted, m.gap_max);
    for (const levels::LevelBar& b : m.bars) {
      out += row(b.end, b.seconds, b.low, b.high, b.open_interest_change, b.taker_buy, b.taker_sell,
                 b.liquidated_long, b.liquidated_short);
      for (const auto& [price, size] : b.traded) out += row(price, size);
    }
  }
  out += row(sizes.any(by.coins, asset));
  for (const std::string& line : sizes.lines(by.coins, asset)) out += line + "\n";
  for (const std::string& line : gaps.lines(Instant::min(), to)) out += line + "\n";
  return out;
}

inline std::string sample(const std::string& name) { return source_root() + "/samples/" + name; }

}  // namespace delever::reports::memory_fixture
