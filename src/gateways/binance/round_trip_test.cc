// What the gateway writes on its public streams, the decoder of venues/binance reads back as the
// events of the market, message by message.
#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "codec/book.h"
#include "codec/decoder.h"
#include "gateways/binance/binance_testing.h"
#include "gateways/binance/public_json.h"
#include "venues/registry.h"

namespace delever::gateways::binance {
namespace {

using fixture::kPerp;
using fixture::kSpot;
using testing::Client;

struct Read final : codec::MessageSink {
  void on_event(const Event& event) override { events.push_back(event); }
  void on_undecoded(const codec::RawMessage& message, const Error& why) override {
    ADD_FAILURE() << why.text() << ": " << message.bytes;
  }
  template <class T>
  std::vector<std::pair<Instant, T>> of() const {
    std::vector<std::pair<Instant, T>> out;
    for (const Event& e : events) {
      if (const T* t = std::get_if<T>(&e.payload)) out.emplace_back(e.at, *t);
    }
    return out;
  }
  std::vector<Event> events;
};

// Random orders of the client and of another account, and the maker's ladder anew now and then.
struct Traffic {
  explicit Traffic(Client& client, InstrumentId i, uint64_t seed)
      : c(client), on(i), random(seed, {}) {
    c.market.desk->on_update([this](const DeskUpdate& u) {
      if (u.kind == DeskUpdate::Kind::trade && u.instrument == on) trades.push_back(*u.trade);
    });
  }
  void step() {
    SubmitOrder o;
    o.account = random.below(2) ? c.market.client : c.market.other;
    o.instrument = on;
    o.side = random.below(2) ? Side::buy : Side::sell;
    o.type = random.below(3) ? OrderType::limit : OrderType::market;
    o.price = fixture::price(83'990 + static_cast<double>(random.below(20)));
    o.qty = Qty::raw((1 + static_cast<int64_t>(random.below(3'000))) *
                     c.market.setup().listings[on].rules.contract->step->raw());
    c.market.enter(o);
    if (random.below(10) == 0) c.market.quote();
    if (random.below(5) == 0) c.market.tick();
    c.run();
  }
  Client& c;
  InstrumentId on;
  Random random;
  std::vector<PublicTrade> trades;
};

Instant floor_ms(Instant t) { return Instant::ns(t.ms() * 1'000'000); }

void decode_all(const Client& c, SocketId socket, std::string_view venue, Instruments& instruments,
                codec::MessageSink& to) {
  auto decoder = venues::make_decoder(venue, {}, instruments, 1);
  ASSERT_TRUE(decoder.has_value());
  for (const auto& f : c.frames.frames) {
    if (f.socket != socket) continue;
    std::string padded = f.text;
    padded.resize(padded.size() + codec::kPadding);
    decoder.value()->decode({std::string_view(padded).substr(0, f.text.size()), Instant::ns(7)},
                            to);
  }
  const codec::DecodeCounts& counts = decoder.value()->counts();
  EXPECT_TRUE(counts.unknown_channels.empty());
  EXPECT_TRUE(counts.undecoded.empty());
}

struct RoundTrip : ::testing::TestWithParam<bool> {};

TEST_P(RoundTrip, TradesComeBackAsTheyWere) {
  const bool spot = GetParam();
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Client c(spot);
    const SocketId s = c.open("/stream?streams=btcusdt@trade");
    Traffic traffic(c, spot ? kSpot : kPerp, seed);
    for (int k = 0; k < 60; ++k) traffic.step();
    Instruments instruments;
    Read read;
    decode_all(c, s, spot ? "binance-spot" : "binance-usdm", instruments, read);
    const auto trades = read.of<Trade>();
    ASSERT_EQ(trades.size(), traffic.trades.size());
    ASSERT_GT(trades.size(), 10u);
    for (size_t k = 0; k < trades.size(); ++k) {
      const PublicTrade& was = traffic.trades[k];
      EXPECT_EQ(trades[k].first, floor_ms(was.at));
      EXPECT_EQ(trades[k].second.id, std::to_string(was.number));
      EXPECT_EQ(trades[k].second.price, was.price);
      EXPECT_EQ(trades[k].second.qty, WideQty(was.qty));
      EXPECT_EQ(trades[k].second.taker_side, was.taker);
      EXPECT_FALSE(trades[k].second.block);
    }
  }
}

TEST_P(RoundTrip, AggregatesHoldTheSameQuantity) {
  const bool spot = GetParam();
  Client c(spot);
  const SocketId s = c.open("/ws/btcusdt@aggTrade");
  Traffic traffic(c, spot ? kSpot : kPerp, 3);
  for (int k = 0; k < 100; ++k) traffic.step();
  c.run(3);
  Instruments instruments;
  Read read;
  decode_all(c, s, spot ? "binance-spot" : "binance-usdm", instruments, read);
  std::map<std::pair<int64_t, Side>, int64_t> whole, parts;
  for (const auto& [at, t] : read.of<Trade>()) {
    EXPECT_TRUE(t.aggregated);
    whole[{t.price.raw(), t.taker_side}] += static_cast<int64_t>(t.qty.raw());
  }
  for (const PublicTrade& t : traffic.trades) parts[{t.price.raw(), t.taker}] += t.qty.raw();
  EXPECT_EQ(whole, parts);
  EXPECT_LE(read.events.size(), traffic.trades.size());
}

// A book kept by our own builder from a snapshot and the changes is the exchange's.
TEST_P(RoundTrip, ChangesOfTheBookRebuildIt) {
  const bool spot = GetParam();
  const InstrumentId on = spot ? kSpot : kPerp;
  Client c(spot);
  const SocketId s = c.open("/ws/btcusdt@depth@100ms");
  Traffic traffic(c, on, 11);
  for (int k = 0; k < 20; ++k) traffic.step();
  std::map<int64_t, int64_t> bids, asks;
  const BookSnapshot start = c.market.desk->book(on, 1'000);
  const auto apply = [](std::map<int64_t, int64_t>& side, const std::vector<Level>& levels) {
    for (const Level& l : levels) {
      if (l.qty.is_zero())
        side.erase(l.price.raw());
      else
        side[l.price.raw()] = static_cast<int64_t>(l.qty.raw());
    }
  };
  apply(bids, start.bids);
  apply(asks, start.asks);
  for (int k = 0; k < 200; ++k) traffic.step();
  Instruments instruments;
  Read read;
  decode_all(c, s, spot ? "binance-spot" : "binance-usdm", instruments, read);
  const auto changes = read.of<BookDelta>();
  ASSERT_GT(changes.size(), 40u);
  uint64_t last = 0;
  for (const auto& [at, change] : changes) {
    if (last != 0) {
      if (spot) {
        EXPECT_EQ(change.sequence.first, last + 1);
      } else {
        EXPECT_EQ(change.sequence.previous, last);
      }
    }
    last = change.sequence.last;
    if (last <= start.sequence.last) continue;
    apply(bids, change.bids);
    apply(asks, change.asks);
  }
  const BookSnapshot now = c.market.desk->book(on, 1'000);
  EXPECT_EQ(last, now.sequence.last);
  std::map<int64_t, int64_t> now_bids, now_asks;
  apply(now_bids, now.bids);
  apply(now_asks, now.asks);
  EXPECT_EQ(bids, now_bids);
  EXPECT_EQ(asks, now_asks);
}

TEST_P(RoundTrip, BestPricesAndPartialBooksAreTheBooks) {
  const bool spot = GetParam();
  const InstrumentId on = spot ? kSpot : kPerp;
  Client c(spot);
  const SocketId s = c.open("/stream?streams=btcusdt@bookTicker/btcusdt@depth5@100ms");
  Traffic traffic(c, on, 5);
  for (int k = 0; k < 50; ++k) traffic.step();
  Instruments instruments;
  Read read;
  decode_all(c, s, spot ? "binance-spot" : "binance-usdm", instruments, read);
  const auto quotes = read.of<Quote>();
  const auto books = read.of<BookSnapshot>();
  ASSERT_FALSE(quotes.empty());
  ASSERT_FALSE(books.empty());
  const BookSnapshot now = c.market.desk->book(on, 5);
  EXPECT_EQ(quotes.back().second.bid_price, now.bids[0].price);
  EXPECT_EQ(quotes.back().second.ask_qty, now.asks[0].qty);
  ASSERT_EQ(books.back().second.bids.size(), now.bids.size());
  for (size_t k = 0; k < now.bids.size(); ++k)
    EXPECT_EQ(books.back().second.bids[k].price, now.bids[k].price);
}

TEST_P(RoundTrip, ClosedCandlesAreTheDesks) {
  const bool spot = GetParam();
  const InstrumentId on = spot ? kSpot : kPerp;
  Client c(spot);
  const SocketId s = c.open("/ws/btcusdt@kline_1m");
  Traffic traffic(c, on, 8);
  for (int k = 0; k < 20; ++k) {
    traffic.step();
    c.market.tick(15);
    c.run();
  }
  Instruments instruments;
  Read read;
  decode_all(c, s, spot ? "binance-spot" : "binance-usdm", instruments, read);
  std::map<int64_t, gateways::Candle> of_desk;
  for (const auto& bar : c.market.desk->candles(on, Duration::minutes(1), 100))
    of_desk[bar.start.ns()] = bar;
  size_t closed = 0;
  for (const auto& [at, bar] : read.of<delever::Candle>()) {
    if (!bar.closed) continue;
    ++closed;
    const gateways::Candle& was = of_desk.at(bar.from.ns());
    EXPECT_EQ(bar.open, was.open);
    EXPECT_EQ(bar.high, was.high);
    EXPECT_EQ(bar.low, was.low);
    EXPECT_EQ(bar.close, was.close);
    EXPECT_NEAR(bar.volume.value_or(-1), was.volume, 1e-6);
  }
  EXPECT_GE(closed, 3u);
}

INSTANTIATE_TEST_SUITE_P(Ports, RoundTrip, ::testing::Values(false, true),
                         [](const auto& which) { return which.param ? "spot" : "usdm"; });

TEST(FuturesRoundTrip, MarksIndicesFundingAndForcedOrders) {
  Client c;
  const SocketId s = c.open("/stream?streams=btcusdt@markPrice@1s/btcusdt@forceOrder");
  c.json("POST", "/fapi/v1/marginType", "symbol=BTCUSDT&marginType=ISOLATED");
  c.json("POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=100");
  c.json("POST", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.3");
  std::vector<double> marks;
  for (const double to : {84'010., 83'990.5, 83'450.}) {
    c.market.move(to);
    c.market.quote();
    c.market.tick();
    marks.push_back(c.market.exchange().mark(kPerp)->approx());
    c.run();
  }
  Instruments instruments;
  Read read;
  decode_all(c, s, "binance-usdm", instruments, read);
  const auto heard = read.of<MarkPrice>();
  ASSERT_EQ(heard.size(), marks.size());
  for (size_t k = 0; k < marks.size(); ++k)
    EXPECT_NEAR(heard[k].second.price.approx(), marks[k], 1e-8);
  EXPECT_EQ(read.of<IndexPrice>().size(), marks.size());
  const auto funding = read.of<FundingRate>();
  ASSERT_EQ(funding.size(), marks.size());
  const auto next = c.market.desk->next_funding(kPerp);
  EXPECT_EQ(funding.back().second.settles_at, floor_ms(next->at));
  EXPECT_NEAR(funding.back().second.rate.approx(), next->rate.approx(), 5e-9);
  const auto forced = read.of<Liquidation>();
  ASSERT_EQ(forced.size(), 1u);
  const ForcedClose& was = c.market.desk->forced_public(kPerp).back();
  EXPECT_EQ(forced[0].second.position_side, PositionSide::long_side);
  EXPECT_EQ(forced[0].second.price(), was.price);
  EXPECT_EQ(forced[0].second.qty(), WideQty(was.qty));
  EXPECT_EQ(forced[0].second.feed, LiquidationFeed::latest_per_second);
}

// REST answers too, where the decoder reads them.
TEST(FuturesRoundTrip, AnswersOfRest) {
  Client c;
  Traffic traffic(c, kPerp, 21);
  for (int k = 0; k < 30; ++k) traffic.step();
  Instruments instruments;
  Read read;
  const auto decode = [&](const std::string& path, const std::string& query) {
    auto decoder =
        venues::make_decoder("binance-usdm", {{"request", path + "?" + query}}, instruments, 1);
    std::string padded = c.get(path, query).body;
    const size_t size = padded.size();
    padded.resize(size + codec::kPadding);
    decoder.value()->decode({std::string_view(padded).substr(0, size), Instant::ns(7)}, read);
  };
  decode("/fapi/v1/exchangeInfo", "");
  const auto id = instruments.find("binance", "BTCUSDT", InstrumentKind::linear);
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(instruments[*id].tick, fixture::price(1));
  EXPECT_EQ(instruments[*id].step, fixture::qty(0.001));
  EXPECT_FALSE(instruments[*id].expiry.has_value());
  const auto dated = instruments.find("binance", "BTCUSDT_260327", InstrumentKind::linear);
  ASSERT_TRUE(dated.has_value());
  EXPECT_EQ(instruments[*dated].expiry, c.market.setup().listings[fixture::kFuture].expiry);
  decode("/fapi/v1/depth", "symbol=BTCUSDT&limit=10");
  decode("/fapi/v1/openInterest", "symbol=BTCUSDT");
  decode("/fapi/v1/premiumIndex", "symbol=BTCUSDT");
  decode("/fapi/v1/trades", "symbol=BTCUSDT");
  EXPECT_EQ(read.of<BookSnapshot>().at(0).second.bids.size(), 10u);
  EXPECT_EQ(read.of<OpenInterest>().at(0).second.contracts,
            WideQty(c.market.exchange().open_interest(kPerp)));
  EXPECT_EQ(read.of<MarkPrice>().size(), 1u);
  EXPECT_EQ(read.of<Trade>().size(), traffic.trades.size());
}

}  // namespace
}  // namespace delever::gateways::binance
