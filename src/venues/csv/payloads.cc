#include "venues/csv/payloads.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "codec/channels.h"

namespace delever::venues {
namespace {

using MaybeField = std::optional<Field>;
template <class E>
using Names = std::vector<std::pair<std::string_view, E>>;
using RulePointer = Result<std::unique_ptr<PayloadRule>>;

// One word of a closed list: as an option of the map, or as the text of a row.
template <class E>
std::optional<E> word(std::string_view text, const Names<E>& names) {
  for (const auto& [name, value] : names) {
    if (name == text) return value;
  }
  return std::nullopt;
}
template <class E>
std::string list(const Names<E>& names) {
  std::string out;
  for (const auto& [name, value] : names)
    out += fmt::format("{}{}", out.empty() ? "want " : ", ", name);
  return out;
}
template <class E>
Result<E> option(const Config& event, std::string_view key, const Names<E>& names,
                 std::optional<E> fallback = {}) {
  if (fallback && !event.has(key)) return *fallback;
  const auto value = word(TRY(event.text(key)), names);
  if (!value) return Error{Fault::malformed, list(names), event.place(key)};
  return *value;
}
template <class E>
E row_word(RowReader& row, const Field& field, const Names<E>& names) {
  const auto text = row.text(field);
  const auto value = word(text.value_or(""), names);
  if (!value)
    row.fail(Fault::malformed,
             text ? fmt::format("\"{}\": {}", text->substr(0, 40), list(names)) : "missing",
             field.label);
  // The row holds an error by now: what is handed back is not used.
  return value.value_or(E());
}

const Names<Side> kSides{{"buy", Side::buy}, {"sell", Side::sell}};
const Names<PositionSide> kPositionSides{{"long", PositionSide::long_side},
                                         {"short", PositionSide::short_side}};
const Names<LiquidationFeed> kFeeds{
    {"complete", LiquidationFeed::complete},
    {"latest_per_second", LiquidationFeed::latest_per_second},
    {"at_most_one_per_second", LiquidationFeed::at_most_one_per_second},
    {"flagged_trades", LiquidationFeed::flagged_trades},
    {"aggregated", LiquidationFeed::aggregated},
    {"unknown", LiquidationFeed::unknown}};
const Names<FundingKind> kFundingKinds{{"current", FundingKind::current},
                                       {"predicted", FundingKind::predicted},
                                       {"settled", FundingKind::settled},
                                       {"mean", FundingKind::mean}};
const Names<HolderKind> kHolderKinds{{"etf", HolderKind::etf},
                                     {"treasury", HolderKind::treasury},
                                     {"foundation", HolderKind::foundation}};
const Names<PriceKind> kPriceKinds{
    {"trade", PriceKind::trade}, {"mark", PriceKind::mark}, {"index", PriceKind::index}};

struct TradeRule final : PayloadRule {
  Field price, qty, side;
  MaybeField id, index_price;
  bool aggregated = false, block = false;

  static RulePointer make(const Config& c, const FieldSources& s) {
    auto r = std::make_unique<TradeRule>();
    r->price = TRY(read_field(c, "price", s));
    r->qty = TRY(read_field(c, "qty", s));
    r->side = TRY(read_field(c, "taker_side", s));
    r->id = TRY(maybe_field(c, "id", s));
    r->index_price = TRY(maybe_field(c, "index_price", s));
    r->aggregated = TRY(c.boolean("aggregated", false));
    r->block = TRY(c.boolean("block", false));
    return std::unique_ptr<PayloadRule>(std::move(r));
  }
  bool read(RowReader& row, const RowTimes&, EventPayload& out) const override {
    Trade trade;
    trade.price = row.must(row.fixed<Price>(price), price);
    trade.qty = row.must(row.fixed<WideQty>(qty), qty);
    trade.taker_side = row_word(row, side, kSides);
    // Without a number a trade is told from its copy by its content and its run (docs/terms.md).
    trade.id = row.text(id).value_or("");
    // Computed by the venue, so digits beyond our scale are noise; a price that was ordered is
    // exact.
    trade.index_price = row.fixed<Price>(index_price, Precision::nearest);
    trade.aggregated = aggregated;
    trade.block = block;
    out = std::move(trade);
    return row.ok();
  }
};

struct QuoteRule final : PayloadRule {
  MaybeField bid_price, bid_qty, ask_price, ask_qty;

  static RulePointer make(const Config& c, const FieldSources& s) {
    auto r = std::make_unique<QuoteRule>();
    r->bid_price = TRY(maybe_field(c, "bid_price", s));
    r->bid_qty = TRY(maybe_field(c, "bid_qty", s));
    r->ask_price = TRY(maybe_field(c, "ask_price", s));
    r->ask_qty = TRY(maybe_field(c, "ask_qty", s));
    return std::unique_ptr<PayloadRule>(std::move(r));
  }
  bool read(RowReader& row, const RowTimes&, EventPayload& out) const override {
    Quote quote;
    quote.bid_price = row.fixed<Price>(bid_price);
    quote.bid_qty = row.fixed<WideQty>(bid_qty);
    quote.ask_price = row.fixed<Price>(ask_price);
    quote.ask_qty = row.fixed<WideQty>(ask_qty);
    out = quote;
    // One side alone is a quote; with neither the row says nothing.
    return row.ok() && (quote.bid_price || quote.ask_price);
  }
};

// The best levels of each side, in columns that are numbered from 0: "bids[#].price".
struct BookSnapshotRule final : PayloadRule {
  struct Columns {
    Field price, qty;
  };
  std::vector<Columns> bids, asks;

  static std::optional<Field> numbered(std::string_view pattern, size_t n, const FieldSources& s) {
    Field out;
    const size_t mark = pattern.find('#');
    out.label = fmt::format("{}{}{}", pattern.substr(0, mark), n,
                            mark == pattern.npos ? std::string_view() : pattern.substr(mark + 1));
    if (s.asked && n == 0) s.asked->push_back(out.label);
    if (s.asked) return n == 0 ? std::optional<Field>(out) : std::nullopt;
    const auto found = std::find(s.columns.begin(), s.columns.end(), out.label);
    if (found == s.columns.end()) return std::nullopt;
    out.column = static_cast<size_t>(found - s.columns.begin());
    return out;
  }
  static Result<std::vector<Columns>> side(const Config& c, const FieldSources& s,
                                           std::string_view price_key, std::string_view qty_key) {
    std::vector<Columns> out;
    const std::string price = TRY(c.text(price_key)), qty = TRY(c.text(qty_key));
    while (true) {
      // Counted up to the first number that has no column: the file's header says how deep its
      // books are.
      const auto price_field = numbered(price, out.size(), s);
      const auto qty_field = numbered(qty, out.size(), s);
      if (!price_field || !qty_field) break;
      out.push_back({*price_field, *qty_field});
    }
    if (out.empty())
      return Error{Fault::malformed, "no such columns, counted from 0 in place of #",
                   c.place(price_key)};
    return out;
  }
  static RulePointer make(const Config& c, const FieldSources& s) {
    auto r = std::make_unique<BookSnapshotRule>();
    r->bids = TRY(side(c, s, "bid_price", "bid_qty"));
    r->asks = TRY(side(c, s, "ask_price", "ask_qty"));
    return std::unique_ptr<PayloadRule>(std::move(r));
  }
  static void read_side(RowReader& row, const std::vector<Columns>& from, std::vector<Level>& out) {
    for (const Columns& columns : from) {
      const auto price = row.fixed<Price>(columns.price);
      const auto qty = row.fixed<WideQty>(columns.qty);
      if (!price || !qty) continue;  // the book was not that deep
      if (*price <= Price() || *qty < Qty())
        row.fail(Fault::malformed, "a level has a price or a quantity that is not positive",
                 columns.price.label);
      out.push_back({.price = *price, .qty = *qty});
    }
  }
  bool read(RowReader& row, const RowTimes&, EventPayload& out) const override {
    BookSnapshot book;
    read_side(row, bids, book.bids);
    read_side(row, asks, book.asks);
    // What lies beyond was not shown, and is not known to be empty.
    book.depth = static_cast<uint32_t>(std::max(bids.size(), asks.size()));
    const bool any = !book.bids.empty() || !book.asks.empty();
    out = std::move(book);
    return row.ok() && any;
  }
};

// One level of a book a row, as files of changes have it.
struct BookLevelRule final : PayloadRule {
  Field price, qty, side, snapshot;

  static RulePointer make(const Config& c, const FieldSources& s) {
    auto r = std::make_unique<BookLevelRule>();
    r->price = TRY(read_field(c, "price", s));
    r->qty = TRY(read_field(c, "qty", s));
    r->side = TRY(read_field(c, "side", s));
    r->snapshot = TRY(read_field(c, "snapshot", s));
    return std::unique_ptr<PayloadRule>(std::move(r));
  }
  bool is_level() const override { return true; }
  template <class Payload>
  static Payload of(const Level& level, Side where) {
    Payload book;
    // A quantity of 0 takes the level away, so it is one.
    (where == Side::buy ? book.bids : book.asks).push_back(level);
    return book;
  }
  bool read(RowReader& row, const RowTimes&, EventPayload& out) const override {
    static const Names<Side> sides{{"bid", Side::buy}, {"ask", Side::sell}};
    static const Names<bool> truths{{"true", true}, {"false", false}};
    const Level level{.price = row.must(row.fixed<Price>(price), price),
                      .qty = row.must(row.fixed<WideQty>(qty), qty)};
    const Side where = row_word(row, side, sides);
    const bool whole = row_word(row, snapshot, truths);
    if (row.ok() && (level.price <= Price() || level.qty < WideQty()))
      row.fail(Fault::malformed, "a level has a price or a quantity that is not positive",
               price.label);
    if (whole)
      out = of<BookSnapshot>(level, where);
    else
      out = of<BookDelta>(level, where);
    return row.ok();
  }
};

struct LiquidationRule final : PayloadRule {
  Field side;
  MaybeField order_price, average_price, order_qty, filled_qty, id, channel;
  LiquidationFeed feed = LiquidationFeed::unknown;

  static RulePointer make(const Config& c, const FieldSources& s) {
    auto r = std::make_unique<LiquidationRule>();
    r->side = TRY(read_field(c, "position_side", s));
    r->order_price = TRY(maybe_field(c, "order_price", s));
    r->average_price = TRY(maybe_field(c, "average_price", s));
    r->order_qty = TRY(maybe_field(c, "order_qty", s));
    r->filled_qty = TRY(maybe_field(c, "filled_qty", s));
    r->id = TRY(maybe_field(c, "id", s));
    r->channel = TRY(maybe_field(c, "channel", s));
    r->feed = TRY(option<LiquidationFeed>(c, "feed", kFeeds, LiquidationFeed::unknown));
    // Either will do: what was filled goes before what was ordered (market/event.h: price(),
    // qty()).
    if (!r->order_price && !r->average_price)
      return Error{Fault::malformed, "a liquidation wants order_price or average_price", c.place()};
    if (!r->order_qty && !r->filled_qty)
      return Error{Fault::malformed, "a liquidation wants order_qty or filled_qty", c.place()};
    return std::unique_ptr<PayloadRule>(std::move(r));
  }
  bool read(RowReader& row, const RowTimes& times, EventPayload& out) const override {
    Liquidation liquidation;
    liquidation.position_side = row_word(row, side, kPositionSides);
    liquidation.order_price = row.fixed<Price>(order_price);
    liquidation.average_price = row.fixed<Price>(average_price, Precision::nearest);
    if (liquidation.average_price == Price()) liquidation.average_price.reset();  // none was filled
    liquidation.order_qty = row.fixed<WideQty>(order_qty);
    liquidation.filled_qty = row.fixed<WideQty>(filled_qty);
    if (!liquidation.price())
      row.fail(Fault::malformed, "missing", (average_price ? average_price : order_price)->label);
    if (!liquidation.qty())
      row.fail(Fault::malformed, "missing", (filled_qty ? filled_qty : order_qty)->label);
    liquidation.id = row.text(id).value_or("");
    liquidation.feed = feed;
    // Vendors keep one file over years in which the venue changed its channel.
    if (const auto names = row.text(channel)) liquidation.feed = feed_of(*names, times.to);
    out = std::move(liquidation);
    return row.ok();
  }
  // "bybit/allLiquidation bybit/liquidation": the first that is known to have reported at that
  // time.
  static LiquidationFeed feed_of(std::string_view names, Instant at) {
    for (const std::string_view name : split(names, ' ')) {
      const size_t slash = name.find('/');
      if (slash == name.npos) continue;
      const auto* known =
          codec::liquidation_channel(name.substr(0, slash), name.substr(slash + 1), at);
      if (known) return known->feed;
    }
    return LiquidationFeed::unknown;
  }
};

// A sum over a period, in dollars of each side: doubles, as nobody is owed them.
struct LiquidationTotalRule final : PayloadRule {
  Field long_usd, short_usd;
  LiquidationFeed feed = LiquidationFeed::aggregated;

  static RulePointer make(const Config& c, const FieldSources& s) {
    auto r = std::make_unique<LiquidationTotalRule>();
    r->long_usd = TRY(read_field(c, "long_usd", s));
    r->short_usd = TRY(read_field(c, "short_usd", s));
    r->feed = TRY(option<LiquidationFeed>(c, "feed", kFeeds, LiquidationFeed::aggregated));
    return std::unique_ptr<PayloadRule>(std::move(r));
  }
  bool read(RowReader& row, const RowTimes& times, EventPayload& out) const override {
    LiquidationTotal total{.from = times.from, .to = times.to, .feed = feed};
    total.long_usd = row.must(row.number(long_usd), long_usd);
    total.short_usd = row.must(row.number(short_usd), short_usd);
    if (total.long_usd < 0) row.fail(Fault::malformed, "negative", long_usd.label);
    if (total.short_usd < 0) row.fail(Fault::malformed, "negative", short_usd.label);
    out = total;
    return row.ok();
  }
};

struct FundingRateRule final : PayloadRule {
  Field rate;
  MaybeField interval_hours;
  std::optional<TimeField> settles_at;
  std::optional<Duration> interval, mean_over;
  FundingKind kind = FundingKind::settled;

  static RulePointer make(const Config& c, const FieldSources& s) {
    auto r = std::make_unique<FundingRateRule>();
    r->rate = TRY(read_field(c, "rate", s));
    r->kind = TRY(option<FundingKind>(c, "funding_kind", kFundingKinds));
    if (c.has("interval")) r->interval = TRY(c.duration("interval"));
    if (r->interval && (*r->interval <= Duration() || *r->interval > Duration::days(366)))
      return Error{Fault::malformed, "an interval is longer than nothing, and a year at most",
                   c.place("interval")};
    r->interval_hours = TRY(maybe_field(c, "interval_hours", s));
    if (c.has("mean_over")) r->mean_over = TRY(c.duration("mean_over"));
    r->settles_at = TRY(maybe_time_field(c, "settles_at", s));
    return std::unique_ptr<PayloadRule>(std::move(r));
  }
  bool read(RowReader& row, const RowTimes& times, EventPayload& out) const override {
    const auto value = row.fixed<Rate>(
        rate, Precision::nearest);  // the venue's own average; its last digits are noise
    if (!value) return false;
    FundingRate funding{.rate = *value, .kind = kind, .interval = interval, .mean_over = mean_over};
    if (interval_hours) {
      const auto hours = row.whole(*interval_hours);
      if (hours && (*hours < 1 || *hours > 24 * 366)) {
        row.fail(Fault::out_of_range, fmt::format("{} is not a number of hours", *hours),
                 interval_hours->label);
      } else if (hours) {
        funding.interval = Duration::hours(*hours);
      }
    }
    // What was paid, and what a mean is of, ends with the row's period; other rates are of what is
    // to come, and when is not known unless a column says it.
    if (settles_at) {
      funding.settles_at = row.instant(*settles_at);
    } else if (kind == FundingKind::settled || kind == FundingKind::mean) {
      funding.settles_at = times.to;
    }
    out = funding;
    return row.ok();
  }
};

template <class Payload>
struct PriceRule final : PayloadRule {
  Field price;

  static RulePointer make(const Config& c, const FieldSources& s) {
    auto r = std::make_unique<PriceRule>();
    r->price = TRY(read_field(c, "price", s));
    return std::unique_ptr<PayloadRule>(std::move(r));
  }
  bool read(RowReader& row, const RowTimes&, EventPayload& out) const override {
    const auto value = row.fixed<Price>(price, Precision::nearest);  // computed by the venue
    if (!value) return false;
    out = Payload{*value};
    return true;
  }
};

// Three measures of one thing. Each that the file has is kept; what a contract is stands in the
// terms.
struct OpenInterestRule final : PayloadRule {
  MaybeField contracts, coins, value_usd;

  static RulePointer make(const Config& c, const FieldSources& s) {
    auto r = std::make_unique<OpenInterestRule>();
    r->contracts = TRY(maybe_field(c, "contracts", s));
    r->coins = TRY(maybe_field(c, "coins", s));
    r->value_usd = TRY(maybe_field(c, "value_usd", s));
    return std::unique_ptr<PayloadRule>(std::move(r));
  }
  bool read(RowReader& row, const RowTimes&, EventPayload& out) const override {
    OpenInterest interest;
    interest.contracts =
        row.fixed<WideQty>(contracts, Precision::nearest);  // a sum made by the venue
    interest.coins = row.number(coins);
    interest.value_usd = row.number(value_usd);
    out = interest;
    return row.ok() && (interest.contracts || interest.coins || interest.value_usd);
  }
};

struct OptionQuoteRule final : PayloadRule {
  MaybeField bid_price, ask_price, mark_price, last_price, bid_qty, ask_qty, bid_iv, ask_iv,
      mark_iv, underlying_price, interest_rate, underlying, open_interest, volume_24h, delta, gamma,
      vega, theta, rho, coin_delta, coin_gamma, coin_vega, coin_theta;

  static RulePointer make(const Config& c, const FieldSources& s) {
    auto r = std::make_unique<OptionQuoteRule>();
    for (const auto& [key, field] : std::initializer_list<std::pair<const char*, MaybeField*>>{
             {"bid_price", &r->bid_price},
             {"ask_price", &r->ask_price},
             {"mark_price", &r->mark_price},
             {"last_price", &r->last_price},
             {"bid_qty", &r->bid_qty},
             {"ask_qty", &r->ask_qty},
             {"bid_iv", &r->bid_iv},
             {"ask_iv", &r->ask_iv},
             {"mark_iv", &r->mark_iv},
             {"underlying_price", &r->underlying_price},
             {"interest_rate", &r->interest_rate},
             {"underlying", &r->underlying},
             {"open_interest", &r->open_interest},
             {"volume_24h", &r->volume_24h},
             {"delta", &r->delta},
             {"gamma", &r->gamma},
             {"vega", &r->vega},
             {"theta", &r->theta},
             {"rho", &r->rho},
             {"coin_delta", &r->coin_delta},
             {"coin_gamma", &r->coin_gamma},
             {"coin_vega", &r->coin_vega},
             {"coin_theta", &r->coin_theta}})
      *field = TRY(maybe_field(c, key, s));
    return std::unique_ptr<PayloadRule>(std::move(r));
  }
  // Venues and vendors write 0 for a volatility that does not exist (no bid); a volatility of 0 is
  // none.
  static std::optional<double> volatility(RowReader& row, const MaybeField& field) {
    const auto value = row.number(field);
    return value && *value > 0 ? value : std::nullopt;
  }
  bool read(RowReader& row, const RowTimes&, EventPayload& out) const override {
    OptionQuote quote;
    quote.bid_price = row.fixed<Price>(bid_price);
    quote.ask_price = row.fixed<Price>(ask_price);
    quote.mark_price = row.fixed<Price>(mark_price, Precision::nearest);
    quote.last_price = row.fixed<Price>(last_price);
    quote.bid_qty = row.fixed<WideQty>(bid_qty);
    quote.ask_qty = row.fixed<WideQty>(ask_qty);
    quote.bid_iv = volatility(row, bid_iv);
    quote.ask_iv = volatility(row, ask_iv);
    quote.mark_iv = volatility(row, mark_iv);
    quote.underlying_price = row.number(underlying_price);
    quote.interest_rate = row.number(interest_rate);
    quote.underlying = row.text(underlying).value_or("");
    quote.open_interest = row.fixed<WideQty>(open_interest, Precision::nearest);
    quote.volume_24h = row.number(volume_24h);
    quote.greeks = {row.number(delta), row.number(gamma), row.number(vega), row.number(theta),
                    row.number(rho)};
    const Greeks of_coin{row.number(coin_delta), row.number(coin_gamma), row.number(coin_vega),
                         row.number(coin_theta), std::nullopt};
    // Only where there are any: option boards are large, and few venues give greeks in coins.
    if (of_coin.delta || of_coin.gamma || of_coin.vega || of_coin.theta)
      quote.coin_greeks = std::make_shared<const Greeks>(of_coin);
    const bool any = quote.bid_price || quote.ask_price || quote.mark_price || quote.last_price ||
                     quote.bid_iv || quote.ask_iv || quote.mark_iv || quote.open_interest;
    out = std::move(quote);
    return row.ok() && any;
  }
};

struct CandleRule final : PayloadRule {
  Field open, high, low, close;
  MaybeField volume;
  PriceKind price_kind = PriceKind::trade;

  static RulePointer make(const Config& c, const FieldSources& s) {
    auto r = std::make_unique<CandleRule>();
    r->open = TRY(read_field(c, "open", s));
    r->high = TRY(read_field(c, "high", s));
    r->low = TRY(read_field(c, "low", s));
    r->close = TRY(read_field(c, "close", s));
    r->volume = TRY(maybe_field(c, "volume", s));
    r->price_kind = TRY(option<PriceKind>(c, "price_kind", kPriceKinds, PriceKind::trade));
    return std::unique_ptr<PayloadRule>(std::move(r));
  }
  bool read(RowReader& row, const RowTimes& times, EventPayload& out) const override {
    Candle candle{.from = times.from, .to = times.to, .price_kind = price_kind};
    candle.open = row.must(row.fixed<Price>(open), open);
    candle.high = row.must(row.fixed<Price>(high), high);
    candle.low = row.must(row.fixed<Price>(low), low);
    candle.close = row.must(row.fixed<Price>(close), close);
    candle.volume = row.number(volume);
    // Swapped columns of a map show here first.
    const bool holds = candle.low <= std::min(candle.open, candle.close) &&
                       candle.high >= std::max(candle.open, candle.close);
    if (row.ok() && !holds)
      row.fail(Fault::malformed, "low and high do not hold open and close", low.label);
    out = candle;
    return row.ok();
  }
};

struct VolIndexRule final : PayloadRule {
  std::string index;
  Field value;
  MaybeField open, high, low;

  static RulePointer make(const Config& c, const FieldSources& s) {
    auto r = std::make_unique<VolIndexRule>();
    r->index = TRY(c.text("index"));
    r->value = TRY(read_field(c, "value", s));
    r->open = TRY(maybe_field(c, "open", s));
    r->high = TRY(maybe_field(c, "high", s));
    r->low = TRY(maybe_field(c, "low", s));
    return std::unique_ptr<PayloadRule>(std::move(r));
  }
  bool read(RowReader& row, const RowTimes&, EventPayload& out) const override {
    const auto now = row.number(value);
    if (!now) return false;
    out = VolIndex{index, *now, row.number(open), row.number(high), row.number(low)};
    return row.ok();
  }
};

struct HoldingRule final : PayloadRule {
  Field holder;
  HolderKind holder_kind = HolderKind::etf;
  MaybeField coins, value_usd, flow_usd;

  static RulePointer make(const Config& c, const FieldSources& s) {
    auto r = std::make_unique<HoldingRule>();
    r->holder = TRY(read_field(c, "holder", s));
    r->holder_kind = TRY(option<HolderKind>(c, "holder_kind", kHolderKinds));
    r->coins = TRY(maybe_field(c, "coins", s));
    r->value_usd = TRY(maybe_field(c, "value_usd", s));
    r->flow_usd = TRY(maybe_field(c, "flow_usd", s));
    return std::unique_ptr<PayloadRule>(std::move(r));
  }
  bool read(RowReader& row, const RowTimes&, EventPayload& out) const override {
    Holding holding{.holder_kind = holder_kind};
    const auto name = row.text(holder);
    // Whose it is must be known: sums over funds would count a nameless one twice.
    holding.holder = row.must(name, holder);
    holding.coins = row.number(coins);
    holding.value_usd = row.number(value_usd);
    holding.flow_usd = row.number(flow_usd);
    // A day without trading is an empty row, and not a flow of 0.
    const bool any = holding.coins || holding.value_usd || holding.flow_usd;
    out = std::move(holding);
    return row.ok() && any;
  }
};

// What somebody said, in the words and the unit that the map gives: gauges/claims.cc reads them.
struct PublishedFigureRule final : PayloadRule {
  Field value;
  MaybeField asset, window;
  std::string metric, unit, stated_by, url;

  static RulePointer make(const Config& c, const FieldSources& s) {
    auto r = std::make_unique<PublishedFigureRule>();
    r->value = TRY(read_field(c, "value", s));
    r->metric = TRY(c.text("metric"));
    r->asset = TRY(maybe_field(c, "figure_asset", s));
    r->unit = TRY(c.text("figure_unit"));
    r->window = TRY(maybe_field(c, "window", s));
    r->stated_by = TRY(c.text("stated_by"));
    r->url = TRY(c.text("url", ""));
    return std::unique_ptr<PayloadRule>(std::move(r));
  }
  bool read(RowReader& row, const RowTimes&, EventPayload& out) const override {
    const auto number = row.number(value);
    if (!number) return false;
    PublishedFigure figure{
        .metric = metric, .unit = unit, .stated_by = stated_by, .url = url, .value = *number};
    figure.asset = row.text(asset).value_or("");
    figure.window = row.text(window).value_or("");
    out = std::move(figure);
    return row.ok();
  }
};

}  // namespace

Result<std::unique_ptr<PayloadRule>> read_payload_rule(const Config& event,
                                                       const FieldSources& sources,
                                                       bool has_period) {
  using Make = RulePointer (*)(const Config&, const FieldSources&);
  static const std::map<std::string, Make, std::less<>> kinds{
      {"trade", TradeRule::make},
      {"quote", QuoteRule::make},
      {"book_snapshot", BookSnapshotRule::make},
      {"book_level", BookLevelRule::make},
      {"liquidation", LiquidationRule::make},
      {"liquidation_total", LiquidationTotalRule::make},
      {"funding_rate", FundingRateRule::make},
      {"mark_price", PriceRule<MarkPrice>::make},
      {"index_price", PriceRule<IndexPrice>::make},
      {"open_interest", OpenInterestRule::make},
      {"option_quote", OptionQuoteRule::make},
      {"candle", CandleRule::make},
      {"vol_index", VolIndexRule::make},
      {"holding", HoldingRule::make},
      {"published_figure", PublishedFigureRule::make}};
  const std::string kind = TRY(event.text("kind"));
  const auto found = kinds.find(kind);
  if (found == kinds.end()) {
    std::string names;
    for (const auto& [name, make] : kinds) names += (names.empty() ? "" : ", ") + name;
    return Error{Fault::malformed, "a row can become " + names, event.place("kind")};
  }
  // Without a length such a figure has no meaning, and from == to would look like one.
  if (!has_period && (kind == "candle" || kind == "liquidation_total"))
    return Error{Fault::malformed, "stands for a period: [time] wants period or period_end",
                 event.place("kind")};
  return found->second(event, sources);
}

}  // namespace delever::venues
