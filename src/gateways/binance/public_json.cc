// Fields by the streams' pages of USD-M and spot, with what USD-M has carried since 2026: `ps`, the
// pair, and `st`, 1 for USD-M. `E` is the time of sending and `T` the time of the matching engine;
// both are the market's.
#include "gateways/binance/public_json.h"

#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

constexpr int kUsdm = 1;  // `st`

ObjectText public_event(std::string& out, std::string_view event, Instant now, const Market& m) {
  ObjectText o(out);
  o.text("e", event).number("E", now.ms()).text("s", m.symbol);
  return o;
}

void market_names(ObjectText& o, const Market& m) { o.text("ps", m.pair).number("st", kUsdm); }

std::string level_price(const Market& m, const std::optional<Level>& l) {
  return m.price(l ? l->price : Price());
}
std::string level_qty(const Market& m, const std::optional<Level>& l) {
  return m.qty(l ? l->qty : WideQty());
}
int64_t number_of(uint64_t n) { return static_cast<int64_t>(n); }

}  // namespace

Amount value_of(const Market& m, Price price, Qty qty) {
  const Wide coins = static_cast<Wide>(qty.raw()) * m.contract().size->raw() / Qty::scale;
  return Amount::raw(narrow(divide(coins * price.raw(), Price::scale, Round::down)));
}

void append_levels(std::string& out, const Market& m, const std::vector<Level>& levels) {
  append_list(out, levels, [&](const Level& level) {
    out += "[\"";
    out += m.price(level.price);
    out += "\",\"";
    out += m.qty(level.qty);
    out += "\"]";
  });
}

namespace {
void aggregate_fields(ObjectText& o, const Market& m, bool spot, const AggregateTrade& t) {
  o.number("a", number_of(t.number)).text("p", m.price(t.price)).text("q", m.qty(t.qty));
  o.number("f", number_of(t.first)).number("l", number_of(t.last)).number("T", t.at.ms());
  o.flag("m", t.taker == Side::sell);
  if (spot) o.flag("M", true);
}
}  // namespace

void append_aggregate(std::string& out, const Market& m, bool spot, const AggregateTrade& t) {
  ObjectText o(out);
  aggregate_fields(o, m, spot, t);
  if (!spot) o.text("nq", m.qty(t.qty));
  o.end();
}

std::string aggregate_event(const Market& m, bool spot, Instant now, const AggregateTrade& t) {
  std::string out;
  ObjectText o = public_event(out, "aggTrade", now, m);
  aggregate_fields(o, m, spot, t);
  if (!spot) {
    o.text("nq", m.qty(t.qty));
    market_names(o, m);
  }
  o.end();
  return out;
}

// `X` is MARKET: transfers to the insurance fund are not sent as trades.
std::string trade_event(const Market& m, bool spot, Instant now, const PublicTrade& t) {
  std::string out;
  ObjectText o = public_event(out, "trade", now, m);
  o.number("t", number_of(t.number)).text("p", m.price(t.price)).text("q", m.qty(t.qty));
  o.number("T", t.at.ms());
  if (!spot) o.text("X", "MARKET");
  o.flag("m", t.taker == Side::sell);
  if (spot)
    o.flag("M", true);
  else
    market_names(o, m);
  o.end();
  return out;
}

std::string depth_event(const Market& m, bool spot, Instant now, const DepthNews& news) {
  std::string out;
  ObjectText o(out);
  o.text("e", "depthUpdate").number("E", now.ms());
  if (!spot) o.number("T", now.ms());
  o.text("s", m.symbol);
  if (!spot) o.text("ps", m.pair);
  o.number("U", number_of(news.first)).number("u", number_of(news.last));
  if (!spot) o.number("pu", number_of(news.previous));
  append_levels(o.member("b"), m, news.bids);
  append_levels(o.member("a"), m, news.asks);
  if (!spot) o.number("st", kUsdm);
  o.end();
  return out;
}

// Spot's has no event around it.
std::string partial_depth_event(const Market& m, bool spot, Instant now, const DepthNews& news) {
  if (!spot) return depth_event(m, spot, now, news);
  std::string out;
  ObjectText o(out);
  o.number("lastUpdateId", number_of(news.last));
  append_levels(o.member("bids"), m, news.bids);
  append_levels(o.member("asks"), m, news.asks);
  o.end();
  return out;
}

std::string book_ticker_event(const Market& m, bool spot, Instant now, uint64_t number,
                              const std::optional<Level>& bid, const std::optional<Level>& ask) {
  std::string out;
  ObjectText o(out);
  if (!spot) o.text("e", "bookTicker");
  o.number("u", number_of(number)).text("s", m.symbol);
  if (!spot) o.text("ps", m.pair);
  o.text("b", level_price(m, bid)).text("B", level_qty(m, bid));
  o.text("a", level_price(m, ask)).text("A", level_qty(m, ask));
  if (!spot) o.number("T", now.ms()).number("E", now.ms()).number("st", kUsdm);
  o.end();
  return out;
}

namespace {

void bar_fields(std::string& out, const Market& m, std::string_view interval, const Bar& bar,
                bool named) {
  const Candle& c = bar.candle;
  const double mean = c.volume > 0 ? c.turnover / c.volume : 0;
  ObjectText k(out);
  k.number("t", c.start.ms()).number("T", bar.end.ms() - 1);
  if (named) k.text("s", m.symbol);
  k.text("i", interval);
  k.number("f", number_of(bar.first_trade)).number("L", number_of(bar.last_trade));
  k.text("o", m.price(c.open)).text("c", m.price(c.close)).text("h", m.price(c.high));
  k.text("l", m.price(c.low)).text("v", figure(c.volume, m.qty_digits));
  k.number("n", number_of(c.trades)).flag("x", bar.closed).text("q", figure(c.turnover));
  k.text("V", figure(c.taker_buy_volume, m.qty_digits));
  k.text("Q", figure(c.taker_buy_volume * mean)).text("B", "0").end();
}

}  // namespace

std::string kline_event(const Market& m, Instant now, std::string_view interval, const Bar& bar) {
  std::string out;
  ObjectText o = public_event(out, "kline", now, m);
  bar_fields(o.member("k"), m, interval, bar, true);
  o.end();
  return out;
}

std::string continuous_event(const Market& m, Instant now, std::string_view interval,
                             const Bar& bar) {
  std::string out;
  ObjectText o(out);
  o.text("e", "continuous_kline").number("E", now.ms()).text("ps", m.pair);
  o.text("ct", "PERPETUAL");
  bar_fields(o.member("k"), m, interval, bar, false);
  o.end();
  return out;
}

// A contract without funding has an empty rate and no time.
std::string mark_event(const Market& m, Instant now, const MarkNews& news) {
  std::string out;
  ObjectText o = public_event(out, "markPriceUpdate", now, m);
  o.text("ps", m.pair).text("p", mark_text(news.mark)).text("ap", mark_text(news.mark));
  o.text("P", mark_text(news.index.value_or(news.mark)));
  if (news.index) o.text("i", mark_text(*news.index));
  if (news.funding) {
    o.text("r", rate_text(*news.funding)).number("T", news.next_funding.ms());
  } else {
    o.text("r", "").number("T", 0);
  }
  o.number("st", kUsdm).end();
  return out;
}

// Before the first trade of the day all prices are the last one.
std::string mini_ticker_event(const Market& m, Instant now, const DayStats& day) {
  std::string out;
  ObjectText o = public_event(out, "24hrMiniTicker", now, m);
  const Price last = day.last.value_or(Price());
  o.text("c", m.price(last)).text("o", m.price(day.open.value_or(last)));
  o.text("h", m.price(day.high.value_or(last))).text("l", m.price(day.low.value_or(last)));
  o.text("v", figure(day.volume, m.qty_digits)).text("q", figure(day.turnover)).end();
  return out;
}

std::string ticker_event(const Market& m, bool spot, Instant now, const DayStats& day,
                         const TickerBook& book) {
  std::string out;
  ObjectText o = public_event(out, "24hrTicker", now, m);
  const Price last = day.last.value_or(Price()), open = day.open.value_or(last);
  const double change = last.approx() - open.approx();
  o.text("p", figure(change, m.price_digits));
  o.text("P", figure(open > Price() ? 100 * change / open.approx() : 0, 3));
  o.text("w", figure(day.volume > 0 ? day.turnover / day.volume : last.approx(), m.price_digits));
  if (spot) o.text("x", m.price(open));
  o.text("c", m.price(last)).text("Q", m.qty(book.last_qty));
  if (spot) {
    o.text("b", level_price(m, book.bid)).text("B", level_qty(m, book.bid));
    o.text("a", level_price(m, book.ask)).text("A", level_qty(m, book.ask));
  }
  o.text("o", m.price(open)).text("h", m.price(day.high.value_or(last)));
  o.text("l", m.price(day.low.value_or(last))).text("v", figure(day.volume, m.qty_digits));
  o.text("q", figure(day.turnover)).number("O", day.from.ms()).number("C", now.ms());
  o.number("F", number_of(day.first_trade)).number("L", number_of(day.last_trade));
  o.number("n", number_of(day.trades)).end();
  return out;
}

std::string window_event(const Market& m, Instant now, std::string_view window,
                         const DayStats& of) {
  std::string out;
  ObjectText o = public_event(out, std::string(window) + "Ticker", now, m);
  const Price last = of.last.value_or(Price()), open = of.open.value_or(last);
  const double change = last.approx() - open.approx();
  o.text("p", figure(change, m.price_digits));
  o.text("P", figure(open > Price() ? 100 * change / open.approx() : 0, 2));
  o.text("o", m.price(open)).text("h", m.price(of.high.value_or(last)));
  o.text("l", m.price(of.low.value_or(last))).text("c", m.price(last));
  o.text("w", figure(of.volume > 0 ? of.turnover / of.volume : last.approx(), m.price_digits));
  o.text("v", figure(of.volume, m.qty_digits)).text("q", figure(of.turnover));
  o.number("O", of.from.ms()).number("C", now.ms());
  o.number("F", number_of(of.first_trade)).number("L", number_of(of.last_trade));
  o.number("n", number_of(of.trades)).end();
  return out;
}

// What was closed, at what it went for.
std::string force_order_event(const Market& m, Instant now, const ForcedClose& forced) {
  std::string out;
  ObjectText o(out);
  o.text("e", "forceOrder").number("E", now.ms());
  ObjectText order(o.member("o"));
  order.text("s", m.symbol).text("ps", m.pair).text("S", forced.side == Side::buy ? "BUY" : "SELL");
  order.text("o", "LIMIT").text("f", "IOC").text("q", m.qty(forced.qty));
  order.text("p", m.price(forced.price)).text("ap", m.price(forced.price)).text("X", "FILLED");
  order.text("l", m.qty(forced.qty)).text("z", m.qty(forced.qty)).number("T", forced.at.ms());
  order.number("st", kUsdm).end();
  o.end();
  return out;
}

}  // namespace delever::gateways::binance
