// Goal: every venue's decoder turns the sessions of fixtures/wire into exactly the events, endings
// and gaps that stand beside them. fixtures/README.md describes both files.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <utility>

#include "codec/book.h"
#include "codec/handover.h"
#include "venues/csv/csv.h"
#include "venues/registry.h"
#include "venues/wire_testing.h"

namespace delever::venues {
namespace {

template <class T>
std::string text_of(const std::optional<T>& value) {
  if (!value) return "-";
  if constexpr (requires { value->text(); }) {
    return value->text();
  } else {
    return fmt::format("{}", *value);
  }
}

std::string levels(const std::vector<Level>& side) {
  std::string out = "[";
  for (const Level& level : side)
    out += fmt::format("{}{}x{}", out.size() > 1 ? " " : "", level.price.text(), level.qty.text());
  return out + "]";
}

const char* side_name(Side side) { return side == Side::buy ? "buy" : "sell"; }

std::string text_of(const BookSequence& s) {
  std::string out = fmt::format("{}..{}", s.first, s.last);
  if (s.previous) out += fmt::format(" after {}", *s.previous);
  if (s.checksum) out += fmt::format(" signed {}", *s.checksum);
  return out;
}

// One payload as words and exact numbers; a missing value is "-".
struct Printer {
  const Instruments& instruments;
  const Event& event;

  std::string operator()(const Trade& t) const {
    return fmt::format("{} {} x {} id {}{}{}{}", side_name(t.taker_side), t.price.text(),
                       t.qty.text(), t.id, t.aggregated ? " aggregated" : "",
                       t.block ? " block" : "",
                       t.index_price ? " index " + t.index_price->text() : "");
  }
  std::string operator()(const Quote& q) const {
    return fmt::format("{} x {} / {} x {} update {}", text_of(q.bid_price), text_of(q.bid_qty),
                       text_of(q.ask_price), text_of(q.ask_qty), q.update_id);
  }
  std::string operator()(const BookSnapshot& b) const {
    return fmt::format("bids {} asks {} sequence {} depth {}", levels(b.bids), levels(b.asks),
                       text_of(b.sequence), text_of(b.depth));
  }
  std::string operator()(const BookDelta& b) const {
    return fmt::format("bids {} asks {} sequence {}", levels(b.bids), levels(b.asks),
                       text_of(b.sequence));
  }
  std::string operator()(const Liquidation& l) const {
    constexpr const char* kFeeds[] = {
        "complete",       "latest_per_second", "at_most_one_per_second",
        "flagged_trades", "aggregated",        "unknown"};
    return fmt::format("{} order {} x {} filled {} x {} feed {}",
                       l.position_side == PositionSide::long_side ? "long" : "short",
                       text_of(l.order_price), text_of(l.order_qty), text_of(l.average_price),
                       text_of(l.filled_qty), kFeeds[static_cast<size_t>(l.feed)]);
  }
  std::string operator()(const FundingRate& f) const {
    constexpr const char* kKinds[] = {"current", "predicted", "settled", "mean"};
    const std::string hours =
        f.interval ? fmt::format("{}h", f.interval->ns() / 3'600'000'000'000) : "-";
    return fmt::format("{} {} per {} settles {}", kKinds[static_cast<size_t>(f.kind)],
                       f.rate.text(), hours, text_of(f.settles_at));
  }
  std::string operator()(const MarkPrice& m) const { return m.price.text(); }
  std::string operator()(const IndexPrice& i) const { return i.price.text(); }
  std::string operator()(const OpenInterest& o) const {
    return fmt::format("contracts {} coins {} usd {}", text_of(o.contracts), text_of(o.coins),
                       text_of(o.value_usd));
  }
  std::string operator()(const OptionQuote& q) const {
    return fmt::format(
        "bid {} x {} ask {} x {} mark {} iv {} {} {} underlying {} {} oi {} volume {} delta {} "
        "gamma {} vega {} theta {}",
        text_of(q.bid_price), text_of(q.bid_qty), text_of(q.ask_price), text_of(q.ask_qty),
        text_of(q.mark_price), text_of(q.bid_iv), text_of(q.mark_iv), text_of(q.ask_iv),
        q.underlying.empty() ? "-" : q.underlying, text_of(q.underlying_price),
        text_of(q.open_interest), text_of(q.volume_24h), text_of(q.greeks.delta),
        text_of(q.greeks.gamma), text_of(q.greeks.vega), text_of(q.greeks.theta));
  }
  std::string operator()(const InstrumentListed& l) const {
    const Instrument& i = instruments[event.instrument];
    return fmt::format("{} {} settle {} size {} tick {} step {} expiry {}", l.status,
                       kind_name(i.kind), i.settle, text_of(i.contract_size), text_of(i.tick),
                       text_of(i.step), text_of(i.expiry));
  }
  std::string operator()(const Candle& c) const {
    return fmt::format("{} to {} {} {} {} {} volume {}", c.from.text(), c.to.text(), c.open.text(),
                       c.high.text(), c.low.text(), c.close.text(), text_of(c.volume));
  }
  std::string operator()(const VolIndex& v) const {
    return fmt::format("{} {} open {} high {} low {}", v.index, v.value, text_of(v.open),
                       text_of(v.high), text_of(v.low));
  }
  std::string operator()(const Gap& g) const {
    return fmt::format("{} expected {} received {}", g.reason, text_of(g.expected),
                       text_of(g.received));
  }
  std::string operator()(const LiquidationTotal& l) const {
    return fmt::format("{} to {} long {} short {}", l.from.text(), l.to.text(), l.long_usd,
                       l.short_usd);
  }
  std::string operator()(const Holding& h) const {
    constexpr const char* kKinds[] = {"etf", "treasury", "foundation"};
    return fmt::format("{} {} coins {} usd {} flow {}", kKinds[static_cast<size_t>(h.holder_kind)],
                       h.holder, text_of(h.coins), text_of(h.value_usd), text_of(h.flow_usd));
  }
  std::string operator()(const PublishedFigure& f) const {
    return fmt::format("{} {} {} {} window {} by {}", f.metric, f.asset, f.value, f.unit,
                       f.window.empty() ? "-" : f.window, f.stated_by);
  }
};

std::string line_of(const Event& event, const Instruments& instruments) {
  const Instrument& i = instruments[event.instrument];
  return fmt::format("{} {}:{} {} {}\n", payload_name(event.payload), i.venue, i.name(),
                     event.at.text(), std::visit(Printer{instruments, event}, event.payload));
}

// The top of the book that a builder serves after a message about it; "none" behind a hole.
std::string top_of(const codec::Book* book) {
  if (!book) return "  book none\n";
  const auto best = [](const codec::Ladder& side) {
    return side.empty() ? std::string("-")
                        : side.best().price.text() + " x " + side.best().qty.text();
  };
  return fmt::format("  book {} / {}\n", best(book->bids()), best(book->asks()));
}

// "@ bybit category=spot": the decoder and its settings.
std::unique_ptr<codec::Decoder> open_decoder(std::string_view line, Instruments& instruments) {
  codec::StreamSettings settings;
  const auto words = split(line.substr(2), ' ');
  for (size_t i = 1; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    settings.emplace(words[i].substr(0, equals), words[i].substr(equals + 1));
  }
  auto made = make_decoder(words[0], settings, instruments, 1);
  EXPECT_TRUE(made.has_value()) << line;
  return made.has_value() ? std::move(made).value() : nullptr;
}

// "@ csv map=NAME file=FILE" and the file's header line: a table of a vendor.
std::unique_ptr<CsvDecoder> open_table(std::string_view line, std::string_view header,
                                       Instruments& instruments) {
  const auto word = [&](std::string_view key) {
    const size_t at = line.find(key) + key.size();
    return std::string(line.substr(at, line.find(' ', at) - at));
  };
  const auto map = CsvMap::load(source_root() + "/maps/" + word(" map=") + ".toml");
  EXPECT_TRUE(map.has_value()) << line;
  if (!map.has_value()) return nullptr;
  const auto settings = map.value().settings(word(" file="), header);
  EXPECT_TRUE(settings.has_value()) << line << ": " << settings.error().text();
  if (!settings.has_value()) return nullptr;
  auto made = CsvDecoder::make(settings.value(), instruments, 1);
  EXPECT_TRUE(made.has_value()) << line << ": " << made.error().text();
  return made.has_value() ? std::move(made).value() : nullptr;
}

// A row as it becomes known: its events, each with that time.
std::string play_row(CsvDecoder& table, std::string_view row, const Instruments& instruments) {
  fixture::Collected heard;
  const auto read = table.read(row, std::nullopt, &heard);
  if (!read.has_value()) return "  undecoded " + read.error().text() + "\n";
  std::string out =
      fmt::format("  known {} venue {}\n", read.value().known.text(), read.value().venue);
  for (const Event& event : heard.events) out += "  " + line_of(event, instruments);
  return out;
}

// `handed_over`: behind every message a new decoder takes what the one before it knew, and goes on.
enum class Decoders { one, handed_over };
std::string play(std::string_view session, Decoders how = Decoders::one) {
  std::string out;
  Instruments instruments;
  fixture::Collected gaps;
  codec::BookBuilder books(instruments, gaps);
  std::unique_ptr<codec::Decoder> decoder;
  Instant received = Instant::parse("2026-01-05T01:00:00Z").value();
  std::unique_ptr<CsvDecoder> table;
  std::string_view opened, decoder_line;  // a table whose header line comes next; a decoder's line
  for (const std::string_view line : split(session, '\n')) {
    if (!opened.empty()) {
      table = open_table(std::exchange(opened, {}), line, instruments);
      continue;
    }
    if (line.empty() || line.starts_with('#')) continue;
    if (line.starts_with('@')) {
      table.reset();
      decoder.reset();
      if (line.starts_with("@ csv "))
        opened = line;
      else
        decoder = open_decoder(decoder_line = line, instruments);
      out += fmt::format("{}\n", line);
      continue;
    }
    if (table) {
      out += fmt::format("> {}\n{}", line.substr(0, 60), play_row(*table, line, instruments));
      continue;
    }
    if (!decoder) return "a session opens with a decoder";
    received = received + Duration::seconds(1);
    const uint64_t control = decoder->counts().control;
    fixture::Collected heard;
    fixture::decode_text(*decoder, line, heard, received);
    out += fmt::format("> {}\n", line.substr(0, 60));
    for (const Event& event : heard.events) {
      out += "  " + line_of(event, instruments);
      books.on_event(event);
      if (std::holds_alternative<BookSnapshot>(event.payload) ||
          std::holds_alternative<BookDelta>(event.payload))
        out += top_of(books.book(event.instrument));
      for (const Event& gap : gaps.events) out += "  " + line_of(gap, instruments);
      gaps.events.clear();
    }
    for (const auto& bad : heard.undecoded) out += "  undecoded " + bad.why.text() + "\n";
    if (heard.events.empty() && heard.undecoded.empty())
      out += decoder->counts().control > control ? "  control\n" : "  no event\n";
    codec::Handover given;
    if (how == Decoders::one || !decoder->hand_over(given)) continue;
    decoder = open_decoder(decoder_line, instruments);
    codec::Handover taken(given.bytes());
    EXPECT_TRUE(decoder->hand_over(taken) && !taken.failed() && taken.at_end()) << line;
  }
  return out;
}

class Session : public ::testing::TestWithParam<const char*> {};

TEST_P(Session, decodes_as_written) {
  const std::string path = source_root() + "/fixtures/wire/" + GetParam();
  const auto session = fixture::read_text(path + ".session");
  ASSERT_TRUE(session) << path;
  const std::string got = play(*session);
  const std::string want = fixture::read_text(path + ".expected").value_or("");
  if (got == want) return;
  const std::string written =
      fmt::format("{}{}.{}.got", ::testing::TempDir(), GetParam(), getpid());
  std::ofstream(written) << got;
  const auto a = split(want, '\n'), b = split(got, '\n');
  size_t at = 0;
  while (at < a.size() && at < b.size() && a[at] == b[at]) ++at;
  ADD_FAILURE() << path << ".expected:" << at + 1 << "\nexpected "
                << (at < a.size() ? a[at] : "the end") << "\ngot      "
                << (at < b.size() ? b[at] : "the end") << "\nall of it in " << written;
}

TEST_P(Session, decodes_alike_where_each_message_has_a_decoder_of_its_own) {
  const std::string path = source_root() + "/fixtures/wire/" + GetParam();
  const auto session = fixture::read_text(path + ".session");
  ASSERT_TRUE(session) << path;
  EXPECT_EQ(play(*session, Decoders::handed_over), play(*session));
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Session,
                         ::testing::Values("binance-usdm", "binance-other", "bybit", "okx",
                                           "deribit", "hyperliquid", "tables"),
                         [](const auto& session) {
                           std::string name = session.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace delever::venues
