// Event: one thing that happened, as a closed variant, so that a new kind makes the compiler list
// every place to think about. The same kinds come from live feeds, archives and our own exchange.
//
// Quantities are in the venue's own unit; Instrument::contract_size says what one unit is worth,
// and coins(), usd() apply it. Prices are quote per base (options: in the settlement coin where the
// venue quotes coins). Missing values are std::nullopt: 0 is a price or a size that was really
// sent.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "market/instrument.h"
#include "market/units.h"
#include "market/wide_qty.h"

namespace delever {

enum class Side : uint8_t { buy, sell };                      // of an order
enum class PositionSide : uint8_t { long_side, short_side };  // of a position

struct Trade {
  Price price;
  WideQty qty;
  Side taker_side = Side::buy;
  std::string id;  // the venue's own; unique within the instrument
  std::optional<Price> index_price;
  bool aggregated = false;  // of a channel that joins fills: Binance aggTrade, OKX trades
  bool block = false;       // negotiated off the book
};

// Best bid and ask alone. An empty side is missing.
struct Quote {
  std::optional<Price> bid_price, ask_price;
  std::optional<WideQty> bid_qty, ask_qty;
  uint64_t update_id = 0;  // 0: the channel has none
};

// `price_digits` and `qty_digits` count the digits written after the point: with them the very text
// can be rebuilt, as a checksum over the text needs. In a delta, qty 0 takes the level away.
struct Level {
  Price price;
  WideQty qty;
  uint8_t price_digits = 0, qty_digits = 0;
};

// Sequence numbers as the venue sends them; which rule joins them is the BookBuilder's business
// (venues/book.h).
struct BookSequence {
  uint64_t first = 0;  // Binance U
  uint64_t last = 0;   // Binance u and lastUpdateId, Bybit u, OKX seqId, Deribit change_id
  std::optional<uint64_t> previous;  // Binance pu, OKX prevSeqId, Deribit prev_change_id
  std::optional<int32_t> checksum;   // OKX, absent when the venue sends 0
  // Which of the channels that a venue has for one symbol's book (depths, intervals) numbered this
  // message, as its decoder counts them; 0: the venue has only one, or it is a whole book that
  // nothing follows (REST, books5).
  uint32_t chain = 0;
};

struct BookSnapshot {
  std::vector<Level> bids, asks;  // best first
  BookSequence sequence;
  std::optional<uint32_t>
      depth;  // levels a side that the channel promises; missing: the whole book
};

struct BookDelta {
  std::vector<Level> bids, asks;  // in the venue's order
  BookSequence sequence;
};

// How a liquidation channel thins what happened. venues/channels.h says which channel is which,
// with sources.
enum class LiquidationFeed : uint8_t {
  complete,                // every liquidation, perhaps batched
  latest_per_second,       // at most one a symbol in 1,000 ms: the sums are lower bounds
  at_most_one_per_second,  // the same for a reason the venue words as "at most one", and documented
                           // as not the full set
  flagged_trades,          // flags on public trades, observed late or absent for up to an hour
  aggregated,              // a vendor's totals over feeds of the kinds above
  unknown,
};

// A forced close. Where the venue gives two prices and two sizes, all four are kept.
struct Liquidation {
  PositionSide position_side = PositionSide::long_side;  // the side that was closed
  LiquidationFeed feed = LiquidationFeed::unknown;
  std::optional<Price> order_price;    // limit or bankruptcy price of the liquidation order
  std::optional<Price> average_price;  // what it was filled at
  std::optional<WideQty> order_qty;
  std::optional<WideQty> filled_qty;  // cumulative
  std::string id;  // for removing duplicates between channels; empty when there is none

  // What gauges use: the fill where it is known, else the order.
  std::optional<Price> price() const { return average_price ? average_price : order_price; }
  std::optional<WideQty> qty() const { return filled_qty ? filled_qty : order_qty; }
};

// A period's longs and shorts, from a vendor. Known at the end of the period.
struct LiquidationTotal {
  Instant from, to;
  double long_usd = 0, short_usd = 0;
  LiquidationFeed feed = LiquidationFeed::aggregated;
};

enum class FundingKind : uint8_t {
  current,    // accruing now, to be paid at `settles_at`
  predicted,  // for the period after
  settled,    // was paid at `settles_at`
  mean,       // a vendor's or archive's mean over a period that ends at `settles_at`
};

struct FundingRate {
  Rate rate;  // a fraction of notional per `interval`; positive: longs pay
  FundingKind kind = FundingKind::current;
  std::optional<Duration>
      interval;  // missing: the message does not say, and the venue's default is not assumed here
  std::optional<Instant> settles_at;
  std::optional<Duration> mean_over;  // kind mean: the period averaged
};

struct MarkPrice {
  Price price;
};
struct IndexPrice {
  Price price;
};

// One side of the market: every contract counts once. Venues that publish both sides are halved by
// their decoder.
struct OpenInterest {
  std::optional<WideQty> contracts;  // in the venue's unit
  std::optional<double> coins;       // where the venue or vendor states it
  std::optional<double> value_usd;   // likewise
};

// Of the option's value in money of the quote (Black-Scholes).
struct Greeks {
  std::optional<double> delta, gamma, vega, theta, rho;
};

// An option's market and what the venue publishes about it. Volatilities are fractions (0.45), per
// year.
struct OptionQuote {
  std::optional<Price> bid_price, ask_price, mark_price, last_price;
  std::optional<WideQty> bid_qty, ask_qty;
  std::optional<double> bid_iv, ask_iv, mark_iv;
  std::optional<double> underlying_price, interest_rate;
  std::string underlying;  // "SYN.BTC-30JAN26", "index_price"; empty when unsaid
  std::optional<WideQty> open_interest;
  std::optional<double> volume_24h;
  Greeks greeks;
  // Of the value in the coin, where the venue states them beside or alone (OKX); empty: none.
  std::shared_ptr<const Greeks> coin_greeks{};
};

// The venue described its instrument: Instruments already holds the new description.
struct InstrumentListed {
  std::string status;
};

enum class PriceKind : uint8_t { trade, mark, index };

struct Candle {
  Instant from, to;
  Price open, high, low, close;
  std::optional<double> volume;  // in base coins, or in the venue's unit for contracts
  PriceKind price_kind = PriceKind::trade;
  bool closed = true;
};

// Whether two tellings of one figure are the same but for what their writers rounded away.
bool same_figure(double a, double b);

// A published volatility index (DVOL), in vol points / 100.
struct VolIndex {
  std::string index;  // "DVOL"
  double value = 0;
  std::optional<double> open, high, low;
};

enum class HolderKind : uint8_t { etf, treasury, foundation };

struct Holding {
  std::string holder;
  HolderKind holder_kind = HolderKind::etf;
  std::optional<double> coins;
  std::optional<double> value_usd;
  std::optional<double> flow_usd;  // over the day that ends at Event::at
};

// A number that somebody printed, not measured by us: ratios, dominance, statements. Units as in
// product vocabulary.
struct PublishedFigure {
  std::string metric, asset, unit, window, stated_by, url;
  double value = 0;
};

// Why something is missing.
enum class GapKind : uint8_t {
  recorded,  // the recorder said so: it was not connected, or dropped messages
  damage,    // it was recorded and has been lost since: a damaged tape
  sequence,  // the venue's own numbering shows it (BookBuilder)
};

// Something is missing from a stream between two times. A book is not served until it is whole
// again. A gap is of its stream (Event::source): one that is recorded or damage has no instrument
// of its own (Event::instrument is kNoInstrument) and may come before any instrument is known. One
// of a sequence names the instrument whose messages have the hole.
struct Gap {
  Instant from, to;
  std::string reason;
  std::optional<uint64_t> expected, received;
  GapKind kind = GapKind::recorded;
};

using EventPayload =
    std::variant<Trade, Quote, BookSnapshot, BookDelta, Liquidation, LiquidationTotal, FundingRate,
                 MarkPrice, IndexPrice, OpenInterest, OptionQuote, InstrumentListed, Candle,
                 VolIndex, Holding, PublishedFigure, Gap>;

// Where an event came from: one stream of one tape, or one run of the exchange.
using SourceId = uint32_t;

struct Source {
  std::string name;     // "binance:!forceOrder@arr", "coinglass:liquidations_daily"
  std::string venue;    // whose data it is
  std::string channel;  // the stream, endpoint or file kind
};

struct Event {
  InstrumentId instrument = 0;  // kNoInstrument: a Gap of a stream, and no other kind
  SourceId source = 0;
  Instant at;  // the venue's time
  Instant
      received;  // ours: when it became known. Archive rows become known at the end of their period
  EventPayload payload;
};

std::string_view payload_name(const EventPayload& payload);  // "trade", "book_delta", ...

class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void on_event(const Event& event) = 0;  // the event lives only as long as the call
};

}  // namespace delever
