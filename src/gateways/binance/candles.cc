// Candles: of trades, and of prices that are computed.
#include <fmt/format.h>

#include <cmath>

#include "gateways/binance/face.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

// As many minutes as a desk keeps.
constexpr size_t kAll = 7 * 1'440;

void candle_row(std::string& out, const Market& m, const Candle& c, CandleLength length) {
  const double mean = c.volume > 0 ? c.turnover / c.volume : 0;
  fmt::format_to(
      std::back_inserter(out), R"([{},"{}","{}","{}","{}","{}",{},"{}",{},"{}","{}","0"])",
      c.start.ms(), m.price(c.open), m.price(c.high), m.price(c.low), m.price(c.close),
      figure(c.volume, m.qty_digits), length.end(c.start).ms() - 1, figure(c.turnover), c.trades,
      figure(c.taker_buy_volume, m.qty_digits), figure(c.taker_buy_volume * mean));
}

const Market* asked_pair(const Face& face, Asked& asked) {
  const Market* m = face.markets.by_pair(asked.need("pair"));
  if (!m) asked.refuse({-1130, "Data sent for parameter 'pair' is not valid."});
  return m;
}

CandleLength asked_interval(const Face& face, Asked& asked) {
  const auto interval = kline_interval(asked.need("interval"), face.spot);
  if (!interval) asked.refuse({-1120, "Invalid interval."});
  const CandleLength length = interval.value_or(CandleLength(Duration::minutes(1)));
  if (!face.spot || !asked.has("timeZone")) return length;
  const auto zone = time_zone(asked.text("timeZone"));
  if (!zone) asked.refuse(bad_parameter("timeZone"));
  return length.east(zone.value_or(Duration()));
}

Outcome trade_candles(Face& face, Asked& asked, const Market* m) {
  const CandleLength interval = asked_interval(face, asked);
  const Window window = asked_window(asked, 500, face.spot ? 1'000 : 1'500);
  if (!asked.ok()) return asked.wrong();
  std::vector<Candle> rows = face.desk.candles(m->id, interval, kAll);
  std::erase_if(rows, [&](const Candle& c) { return !window.has(c.start); });
  window.cut(rows);
  std::string out;
  append_list(out, rows, [&](const Candle& c) { candle_row(out, *m, c, interval); });
  return out;
}

Outcome klines(Face& face, const Call& call) {
  Asked asked(call.p);
  return trade_candles(face, asked, asked_market(face, asked));
}

Outcome continuous_klines(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_pair(face, asked);
  if (asked.need("contractType") != "PERPETUAL") asked.refuse(bad_parameter("contractType"));
  return trade_candles(face, asked, m);
}

template <PriceBars::Of kOf>
Outcome price_klines(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m =
      kOf == PriceBars::Of::index ? asked_pair(face, asked) : asked_market(face, asked);
  const CandleLength interval = asked_interval(face, asked);
  const Window window = asked_window(asked, 500, 1'500);
  if (!asked.ok()) return asked.wrong();
  std::vector<PriceBar> rows = face.bars.bars(m->id, kOf, interval);
  std::erase_if(rows, [&](const PriceBar& bar) { return !window.has(bar.start); });
  window.cut(rows);
  std::string out;
  append_list(out, rows, [&](const PriceBar& bar) {
    fmt::format_to(std::back_inserter(out), R"([{},"{}","{}","{}","{}","0",{},"0",{},"0","0","0"])",
                   bar.start.ms(), figure(bar.open), figure(bar.high), figure(bar.low),
                   figure(bar.close), interval.end(bar.start).ms() - 1, bar.samples);
  });
  return out;
}

uint32_t weigh_klines(const Parameters& p) {
  const int64_t n = p.whole("limit").value_or(500);
  return n <= 100 ? 1 : n <= 500 ? 2 : n <= 1'000 ? 5 : 10;
}

}  // namespace

void add_candles(Routes& routes, bool spot) {
  if (spot) {
    routes["GET /api/v3/klines"] = {Needs::nothing, klines, 2};
    routes["GET /api/v3/uiKlines"] = {Needs::nothing, klines, 2};
    return;
  }
  const auto add = [&](const char* name, Handler handler) {
    routes[std::string("GET /fapi/v1/") + name] = {Needs::nothing, handler, 5, 0, weigh_klines};
  };
  add("klines", klines);
  add("continuousKlines", continuous_klines);
  add("markPriceKlines", price_klines<PriceBars::Of::mark>);
  add("indexPriceKlines", price_klines<PriceBars::Of::index>);
  add("premiumIndexKlines", price_klines<PriceBars::Of::premium>);
}

}  // namespace delever::gateways::binance
