// The last day, the last price, the best prices: of one symbol, or of all.
#include <fmt/format.h>

#include "base/text.h"
#include "gateways/binance/face.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

// One row where a symbol is asked for, a list of all (or of `symbols`) where none is.
template <class Row>
Outcome rows_of(Face& face, const Call& call, Row row) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  std::string out;
  if (only) {
    row(out, *only);
    return out;
  }
  const auto named = named_markets(face, asked);
  if (!named) return no_such_symbol();
  append_list(out, *named, [&](const Market* m) { row(out, *m); });
  return out;
}

std::string best_price(const Market& m, const std::vector<Level>& side) {
  return m.price(side.empty() ? Price() : side[0].price);
}
std::string best_qty(const Market& m, const std::vector<Level>& side) {
  return m.qty(side.empty() ? WideQty() : side[0].qty);
}

// Before the first trade of a day every price of it is the last one.
void day_row(std::string& out, const Face& face, const Market& m) {
  const DayStats day = face.desk.day(m.id);
  const Price last = day.last.value_or(Price()), open = day.open.value_or(last);
  const double change = last.approx() - open.approx();
  const auto trades = face.desk.trades(m.id);
  ObjectText o(out);
  o.text("symbol", m.symbol).text("priceChange", figure(change, m.price_digits));
  o.text("priceChangePercent", figure(open > Price() ? 100 * change / open.approx() : 0, 3));
  o.text("weightedAvgPrice",
         figure(day.volume > 0 ? day.turnover / day.volume : last.approx(), m.price_digits));
  if (face.spot) o.text("prevClosePrice", m.price(open));
  o.text("lastPrice", m.price(last))
      .text("lastQty", m.qty(trades.empty() ? Qty() : trades.back().qty));
  if (face.spot) {
    const BookSnapshot book = face.desk.book(m.id, 1);
    o.text("bidPrice", best_price(m, book.bids)).text("bidQty", best_qty(m, book.bids));
    o.text("askPrice", best_price(m, book.asks)).text("askQty", best_qty(m, book.asks));
  }
  o.text("openPrice", m.price(open)).text("highPrice", m.price(day.high.value_or(last)));
  o.text("lowPrice", m.price(day.low.value_or(last)));
  o.text("volume", figure(day.volume, m.qty_digits));
  o.text("quoteVolume", figure(day.turnover)).number("openTime", day.from.ms());
  o.number("closeTime", face.ms()).number("firstId", static_cast<int64_t>(day.first_trade));
  o.number("lastId", static_cast<int64_t>(day.last_trade));
  o.number("count", static_cast<int64_t>(day.trades)).end();
}

// FULL, or MINI without changes and means.
bool asked_mini(Asked& asked) {
  const std::string_view type = asked.text("type");
  if (!type.empty() && type != "FULL" && type != "MINI") asked.refuse(bad_parameter("type"));
  return type == "MINI";
}

// What spot tells of any window that is not the last day.
void window_row(std::string& out, const Face& face, const Market& m, const DayStats& of,
                bool mini) {
  const Price last = of.last.value_or(Price()), open = of.open.value_or(last);
  const double change = last.approx() - open.approx();
  ObjectText o(out);
  o.text("symbol", m.symbol);
  if (!mini) {
    o.text("priceChange", figure(change, m.price_digits));
    o.text("priceChangePercent", figure(open > Price() ? 100 * change / open.approx() : 0, 3));
    o.text("weightedAvgPrice",
           figure(of.volume > 0 ? of.turnover / of.volume : last.approx(), m.price_digits));
  }
  o.text("openPrice", m.price(open)).text("highPrice", m.price(of.high.value_or(last)));
  o.text("lowPrice", m.price(of.low.value_or(last))).text("lastPrice", m.price(last));
  o.text("volume", figure(of.volume, m.qty_digits)).text("quoteVolume", figure(of.turnover));
  o.number("openTime", of.from.ms()).number("closeTime", face.ms());
  o.number("firstId", static_cast<int64_t>(of.first_trade));
  o.number("lastId", static_cast<int64_t>(of.last_trade));
  o.number("count", static_cast<int64_t>(of.trades)).end();
}

Outcome short_day_ticker(Face& face, const Call& call) {
  return rows_of(face, call, [&](std::string& out, const Market& m) {
    window_row(out, face, m, face.desk.day(m.id), true);
  });
}

Outcome day_ticker(Face& face, const Call& call) {
  Asked asked(call.p);
  if (face.spot && asked_mini(asked)) return short_day_ticker(face, call);
  if (!asked.ok()) return asked.wrong();
  return rows_of(face, call, [&](std::string& out, const Market& m) { day_row(out, face, m); });
}

Outcome price_ticker(Face& face, const Call& call) {
  return rows_of(face, call, [&](std::string& out, const Market& m) {
    const Price last = face.exchange().last(m.id).value_or(Price());
    ObjectText o(out);
    o.text("symbol", m.symbol).text("price", m.price(last));
    if (!face.spot) o.number("time", face.ms());
    o.end();
  });
}

Outcome book_ticker(Face& face, const Call& call) {
  return rows_of(face, call, [&](std::string& out, const Market& m) {
    const BookSnapshot book = face.desk.book(m.id, 1);
    ObjectText o(out);
    o.text("symbol", m.symbol);
    o.text("bidPrice", best_price(m, book.bids)).text("bidQty", best_qty(m, book.bids));
    o.text("askPrice", best_price(m, book.asks)).text("askQty", best_qty(m, book.asks));
    if (!face.spot) {
      o.number("time", face.ms());
      o.number("lastUpdateId", static_cast<int64_t>(book.sequence.last));
    }
    o.end();
  });
}

Outcome mean_price(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  return fmt::format(R"({{"mins":5,"price":"{}","closeTime":{}}})", figure(average_price(face, *m)),
                     face.ms());
}

// "1m" to "59m", "1h" to "23h", "1d" to "7d".
std::optional<Duration> window_of(std::string_view name) {
  if (name.size() < 2) return std::nullopt;
  const auto n = read_int(name.substr(0, name.size() - 1));
  const char unit = name.back();
  const int64_t most = unit == 'm' ? 59 : unit == 'h' ? 23 : unit == 'd' ? 7 : 0;
  if (!n || *n < 1 || *n > most) return std::nullopt;
  return unit == 'm' ? Duration::minutes(*n) : Duration::hours(unit == 'h' ? *n : 24 * *n);
}

// Of spot alone; all symbols at once are not to be had.
template <class WindowOf>
Outcome windows(Face& face, const Call& call, WindowOf window) {
  Asked asked(call.p);
  const bool mini = asked_mini(asked);
  if (!asked.has("symbol") && !asked.has("symbols")) {
    asked.refuse({-1128,
                  "Combination of optional parameters invalid. Either 'symbol' or 'symbols' "
                  "must be provided"});
  }
  const Duration of = window(asked);
  if (!asked.ok()) return asked.wrong();
  return rows_of(face, call, [&](std::string& out, const Market& m) {
    window_row(out, face, m, face.desk.day(m.id, of), mini);
  });
}

Outcome rolling_ticker(Face& face, const Call& call) {
  return windows(face, call, [](Asked& asked) {
    const std::string_view name = asked.has("windowSize") ? asked.text("windowSize") : "1d";
    const auto window = window_of(name);
    if (!window) asked.refuse(bad_parameter("windowSize"));
    return window.value_or(Duration::days(1));
  });
}

// Since the day began, in UTC.
Outcome trading_day_ticker(Face& face, const Call& call) {
  return windows(face, call, [&](Asked&) { return face.now() - face.now().start_of_day(); });
}

// The weight of a request for one symbol, and for all.
template <uint32_t kOne, uint32_t kAll>
uint32_t weigh(const Parameters& p) {
  return p.has("symbol") ? kOne : kAll;
}

}  // namespace

// Mean of the last five minutes by volume; without a trade in them the last price.
double average_price(const Face& face, const Market& m) {
  double value = 0, qty = 0;
  for (const PublicTrade& t : face.desk.trades(m.id)) {
    if (face.now() - t.at > Duration::minutes(5)) continue;
    value += t.price.approx() * t.qty.approx();
    qty += t.qty.approx();
  }
  return qty > 0 ? value / qty : face.exchange().last(m.id).value_or(Price()).approx();
}

std::string average_event(const Face& face, const Market& m) {
  const auto trades = face.desk.trades(m.id);
  std::string out;
  ObjectText(out)
      .text("e", "avgPrice")
      .number("E", face.ms())
      .text("s", m.symbol)
      .text("i", "5m")
      .text("w", figure(average_price(face, m)))
      .number("T", trades.empty() ? face.ms() : trades.back().at.ms())
      .end();
  return out;
}

void add_tickers(Routes& routes, bool spot) {
  if (spot) {
    routes["GET /api/v3/ticker/24hr"] = {Needs::nothing, day_ticker, 0, 0, weigh<2, 80>};
    routes["GET /api/v3/ticker/price"] = {Needs::nothing, price_ticker, 0, 0, weigh<2, 4>};
    routes["GET /api/v3/ticker/bookTicker"] = {Needs::nothing, book_ticker, 0, 0, weigh<2, 4>};
    routes["GET /api/v3/avgPrice"] = {Needs::nothing, mean_price, 2};
    routes["GET /api/v3/ticker"] = {Needs::nothing, rolling_ticker, 4};
    routes["GET /api/v3/ticker/tradingDay"] = {Needs::nothing, trading_day_ticker, 4};
    return;
  }
  routes["GET /fapi/v1/ticker/24hr"] = {Needs::nothing, day_ticker, 0, 0, weigh<1, 40>};
  for (const char* version : {"v1", "v2"}) {
    routes[fmt::format("GET /fapi/{}/ticker/price", version)] = {Needs::nothing, price_ticker, 0, 0,
                                                                 weigh<1, 2>};
  }
  routes["GET /fapi/v1/ticker/bookTicker"] = {Needs::nothing, book_ticker, 0, 0, weigh<2, 5>};
}

}  // namespace delever::gateways::binance
