// Goal: what is taken from the thread that decodes is, message by message, what a replay on one
// thread tells: events, what the instruments were at each, what was not decoded, counts, gaps, the
// state handed over, and an error behind the very message that it follows.
#include "memory/decode_ahead.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "feeds/feeds_testing.h"
#include "memory/event_codec.h"

namespace delever::memory {
namespace {

using feeds::fixture::Folder;
const tape::StreamInfo kStreams[] = {
    {"perpetual", "bybit", "all", "simulated", {{"venue", "bybit"}}},
    {"other", "binance", "all", "simulated", {{"venue", "binance"}}},
    {"unknown", "binance", "all", "no such decoder", {}}};

std::string message(Random& random, int64_t ns) {
  const char* const symbol = random.below(2) == 0 ? "BTCUSDT" : "ETHUSDT";
  const auto of = [&](const char* channel) {
    return fmt::format(R"({{"channel":"{}","symbol":"{}",)", channel, symbol);
  };
  const auto price = [&] { return fmt::format("{}.5", 90'000 + random.below(300)); };
  switch (random.below(12)) {
    case 0:
      return of("instrument") + fmt::format(R"("kind":"linear","base":"{:.3}","quote":"USDT",)"
                                            R"("settle":"USDT","size":"{}","time":{}}})",
                                            symbol, 1 + random.below(3), ns);
    case 1:
      return of("book") +
             fmt::format(R"("time":{},"bids":[["{}","1"]],"asks":[["99999","2"]]}})", ns, price());
    case 2:
      return of("ticker") +
             fmt::format(R"("time":{},"mark":"{}","open_interest":"7"}})", ns, price());
    case 3:
      return of("quote") +
             fmt::format(R"("time":{},"bid":["{}","1"],"ask":["99999","2"]}})", ns, price());
    case 4:
      return "{\"channel\":";
    default: {
      std::string rows;
      for (uint64_t n = 1 + random.below(4); n > 0; --n) {
        rows += fmt::format(R"({}[{},"{}","{}","buy","{}"])", rows.empty() ? "" : ",", ns, price(),
                            1 + random.below(9), random.below(1u << 30));
      }
      return of("trade") + fmt::format(R"("data":[{}]}})", rows);
    }
  }
}

void write(const std::string& path, Random& random, int64_t count) {
  ManualClock clock{Instant()};
  const auto tape = tape::TapeWriter::open(path, clock).value();
  std::vector<tape::StreamNumber> streams;
  for (const auto& info : kStreams) streams.push_back(tape->stream(info).value());
  for (int64_t n = 0; n < count; ++n) {
    const Instant at = Instant::ns(1'767'571'200'000'000'000 + n * 1'000'000);
    const auto stream = streams[random.below(40) == 0 ? 2 : random.below(2)];
    ASSERT_TRUE(tape->append(stream, at, message(random, at.ns())).has_value());
    if (random.below(300) != 0) continue;
    const Instant from = at + Duration::ns(10), to = at + Duration::ns(20);
    ASSERT_TRUE(tape->gap({.stream = stream, .from = from, .to = to, .reason = "cut"}).has_value());
  }
  ASSERT_TRUE(tape->close().has_value());
}

// An event as a memory keeps it, and its instrument as it is known then.
std::string text(const Event& event, const Instruments& instruments) {
  std::string out =
      fmt::format("event {} {} {} {} {} of {}", event.payload.index(), uint32_t{event.instrument},
                  event.source, event.at.ns(), event.received.ns(), instruments.size());
  if (event.instrument != kNoInstrument) {
    const Instrument& i = instruments[event.instrument];
    out += fmt::format(" {} {}", i.symbol, i.contract_size ? i.contract_size->text() : "-");
  }
  if (std::holds_alternative<BookSnapshot>(event.payload) ||
      std::holds_alternative<BookDelta>(event.payload))
    return out;
  EventColumns<ColumnWriter> columns{ColumnWriter()};
  Event whole = event;
  columns.event(whole);
  return out + columns.io().pack();
}

using Log = std::vector<std::string>;

class Plain final : public feeds::ReplaySink {
 public:
  Plain(feeds::Replay& replay, Instant after) : replay_(replay), after_(after) {}
  Log read() {
    for (;;) {
      undecoded_.clear();
      const auto more = replay_.step(*this);
      log.insert(log.end(), undecoded_.begin(), undecoded_.end());
      if (!more.has_value()) log.push_back("error " + more.error().text());
      if (!more.has_value() || !more.value()) return log;
      const auto& [source, received] = replay_.last();
      const codec::DecodeCounts& counts = replay_.counts(source);
      log.push_back(fmt::format("message {} {} {} {} of {}", source, received.ns(), counts.messages,
                                counts.events, replay_.instruments().size()));
    }
  }
  void on_received(Instant received) override {
    reach(received);
    log.push_back("received");
  }
  void on_event(const Event& event) override {
    reach(event.received);
    log.push_back(text(event, replay_.instruments()));
  }
  void on_undecoded(const Source&, const codec::RawMessage&, const Error& why) override {
    undecoded_.push_back("undecoded " + why.text());
  }

 private:
  void reach(Instant received) {
    if (std::exchange(reached_, reached_ || received > after_) || received <= after_) return;
    codec::Handover state;
    log.push_back(replay_.hand_over(state) ? "handed " + state.bytes() : "nothing");
  }
  feeds::Replay& replay_;
  const Instant after_;
  bool reached_ = false;
  Log log, undecoded_;
};

Log taken(feeds::Replay& replay, Instant after) {
  Log log;
  Instruments instruments = replay.instruments();
  bool reached = false;
  DecodeAhead ahead(replay, after);
  while (auto batch = ahead.take()) {
    size_t event = 0, why = 0, described = 0;
    const auto reach = [&](Instant received) {
      if (reached || received <= after) return;
      reached = true;
      log.push_back(batch->handed ? "handed " + *batch->handed : "nothing");
    };
    const auto add_event = [&] {
      const Event& one = batch->events.at(event++);
      reach(one.received);
      log.push_back(text(one, instruments));
    };
    for (const DecodedMessage& m : batch->messages) {
      const size_t end = described + m.described;
      const auto learn = [&](size_t place) {
        while (described < end && batch->described.at(described).before <= place) {
          EXPECT_EQ(instruments.add(batch->described[described].instrument),
                    batch->described[described].id);
          ++described;
        }
      };
      for (size_t n = 0; n < m.gaps; ++n) add_event();
      if (!m.is_message) continue;
      reach(m.received);
      log.push_back("received");
      for (size_t n = 0; n < m.events; ++n) {
        learn(event);
        add_event();
      }
      learn(event);
      for (size_t n = 0; n < m.undecoded; ++n)
        log.push_back("undecoded " + batch->undecoded.at(why++));
      log.push_back(fmt::format("message {} {} {} {} of {}", m.source, m.received.ns(),
                                m.counts.messages, m.counts.events, instruments.size()));
    }
    EXPECT_EQ(event, batch->used);
    if (batch->error) log.push_back("error " + batch->error->text());
    ahead.give_back(std::move(*batch));
  }
  return log;
}

void compare(const Log& plain, const Log& ahead) {
  ASSERT_EQ(plain.size(), ahead.size());
  for (size_t n = 0; n < plain.size(); ++n)
    ASSERT_TRUE(plain[n] == ahead[n]) << n << "\n" << plain[n] << "\n" << ahead[n];
}

TEST(DecodeAhead, TellsWhatOneThreadWould) {
  const Folder folder;
  size_t handed = 0, gaps = 0, undecoded = 0;
  for (uint64_t seed = 0; seed < 5; ++seed) {
    Random random(seed, {.stream = 31});
    const std::vector<std::string> tapes{folder / fmt::format("{}a.tape", seed),
                                         folder / fmt::format("{}b.tape", seed)};
    const int64_t count = 1 + static_cast<int64_t>(random.below(8000));
    for (const std::string& tape : tapes) write(tape, random, count);
    const Instant after = Instant::ns(1'767'571'200'000'000'000 +
                                      static_cast<int64_t>(random.below(8000)) * 1'000'000);
    const auto one = feeds::Replay::open(tapes, {}).value();
    const auto other = feeds::Replay::open(tapes, {}).value();
    const Log plain = Plain(*one, after).read();
    compare(plain, taken(*other, after));
    for (const std::string& line : plain) {
      handed += line.starts_with("handed ");
      gaps += line.starts_with("event 16 ");
      undecoded += line.starts_with("undecoded ");
    }
  }
  EXPECT_GT(handed, 0u);
  EXPECT_GT(gaps, 10u);
  EXPECT_GT(undecoded, 100u);
}

// A tape that cannot be read on behind so many messages.
class Breaks final : public tape::TapeReader {
 public:
  explicit Breaks(int64_t messages) : messages_(messages) {}
  const std::vector<tape::StreamInfo>& streams() const override { return streams_; }
  const std::vector<tape::TapeGap>& gaps() const override { return gaps_; }
  Result<std::optional<tape::TapeMessage>> next() override {
    if (at_ == messages_) return Error{Fault::malformed, "cannot be read on", "a.tape"};
    bytes_ = message(random_, 1'000'000'000 + at_);
    return std::optional(tape::TapeMessage{1, Instant::ns(2'000'000'000 + at_++), bytes_, 0});
  }

 private:
  const std::vector<tape::StreamInfo> streams_{kStreams[0]};
  const std::vector<tape::TapeGap> gaps_;
  Random random_{7, {.stream = 32}};
  std::string bytes_;
  const int64_t messages_;
  int64_t at_ = 0;
};

std::unique_ptr<feeds::Replay> breaking(int64_t messages) {
  std::vector<std::unique_ptr<tape::TapeReader>> tapes;
  tapes.push_back(std::make_unique<Breaks>(messages));
  return feeds::Replay::over(std::move(tapes), {}).value();
}

TEST(DecodeAhead, AnErrorComesBehindTheMessagesBeforeIt) {
  for (const int64_t messages : {0, 1, 511, 1024, 5000}) {
    const auto one = breaking(messages), other = breaking(messages);
    const Log plain = Plain(*one, Instant::max()).read();
    EXPECT_EQ(plain.back(), "error a.tape: cannot be read on");
    compare(plain, taken(*other, Instant::max()));
  }
}

TEST(DecodeAhead, MayBeLeftInTheMiddle) {
  constexpr int64_t kMany = 1'000'000;
  for (int batches = 0; batches < 10; ++batches) {
    const auto replay = breaking(kMany);
    {
      DecodeAhead ahead(*replay, Instant::max());
      for (int n = 0; n < batches; ++n) ASSERT_TRUE(ahead.take());
    }
    EXPECT_LT(replay->messages(), uint64_t{kMany} / 10);  // it has not run on
  }
}

}  // namespace
}  // namespace delever::memory
