// What Binance tells of a market's past and of its crowd: open interest, long-short ratios, taker
// volume, basis; and the insurance fund, indices of collateral, risks of deleveraging.
#include <fmt/format.h>

#include <algorithm>

#include "gateways/binance/face.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

constexpr size_t kAllBars = 7 * 1'440;

// "5m" to "1d".
Duration asked_period(Asked& asked) {
  const std::string_view name = asked.need("period");
  const auto period = kline_interval(name, false) ? interval_of(name) : std::nullopt;
  const bool known =
      period && *period >= Duration::minutes(5) && *period <= Duration::days(1) && name != "8h";
  if (!name.empty() && !known) asked.refuse(bad_parameter("period"));
  return known ? *period : Duration::minutes(5);
}

// What is written of each sample at a whole period; nothing is written where `write` has nothing
// to say of it.
template <class Write>
Outcome rows_of_past(Face& face, const Call& call, Write write) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  const Duration period = asked_period(asked);
  const Window window = asked_window(asked, 30, 500);
  if (!asked.ok()) return asked.wrong();
  std::vector<std::string> rows;
  for (const MarketSample& sample : face.desk.past(m->id)) {
    if (!window.has(sample.at) || CandleLength(period).start(sample.at) != sample.at) continue;
    std::string row;
    write(row, *m, sample);
    if (!row.empty()) rows.push_back(std::move(row));
  }
  window.cut(rows);
  std::string out;
  append_list(out, rows, [&](const std::string& row) { out += row; });
  return out;
}

Outcome open_interest_past(Face& face, const Call& call) {
  return rows_of_past(face, call, [](std::string& out, const Market& m, const MarketSample& s) {
    if (!s.mark) return;
    const double units =
        s.open_interest.approx() * m.contract().size.value_or(Qty::raw(Qty::scale)).approx();
    ObjectText(out)
        .text("symbol", m.symbol)
        .text("sumOpenInterest", figure(s.open_interest.approx()))
        .text("sumOpenInterestValue", figure(units * s.mark->approx()))
        .number("timestamp", s.at.ms())
        .end();
  });
}

void ratio_row(std::string& out, const Market& m, Instant at, double longs, double shorts) {
  if (longs <= 0 || shorts <= 0) return;  // there is no ratio
  ObjectText(out)
      .text("symbol", m.symbol)
      .text("longShortRatio", figure(longs / shorts, 4))
      .text("longAccount", figure(longs / (longs + shorts), 4))
      .text("shortAccount", figure(shorts / (longs + shorts), 4))
      .number("timestamp", at.ms())
      .end();
}

Outcome accounts_ratio(Face& face, const Call& call) {
  return rows_of_past(face, call, [](std::string& out, const Market& m, const MarketSample& s) {
    ratio_row(out, m, s.at, s.all.longs, s.all.shorts);
  });
}
Outcome top_accounts_ratio(Face& face, const Call& call) {
  return rows_of_past(face, call, [](std::string& out, const Market& m, const MarketSample& s) {
    ratio_row(out, m, s.at, s.top.longs, s.top.shorts);
  });
}
Outcome top_positions_ratio(Face& face, const Call& call) {
  return rows_of_past(face, call, [](std::string& out, const Market& m, const MarketSample& s) {
    ratio_row(out, m, s.at, s.top.long_units, s.top.short_units);
  });
}

Outcome taker_volume(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  const Duration period = asked_period(asked);
  const Window window = asked_window(asked, 30, 500);
  if (!asked.ok()) return asked.wrong();
  std::vector<Candle> rows = face.desk.candles(m->id, period, kAllBars);
  std::erase_if(rows, [&](const Candle& c) {
    return !window.has(c.start) || c.volume <= c.taker_buy_volume;
  });
  window.cut(rows);
  std::string out;
  append_list(out, rows, [&](const Candle& c) {
    const double bought = c.taker_buy_volume, sold = c.volume - c.taker_buy_volume;
    ObjectText(out)
        .text("buySellRatio", figure(bought / sold, 4))
        .text("sellVol", figure(sold, 4))
        .text("buyVol", figure(bought, 4))
        .number("timestamp", c.start.ms())
        .end();
  });
  return out;
}

// Of perpetuals: dated contracts have no name of their own here but the quarter's.
Outcome basis(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = face.markets.by_pair(asked.need("pair"));
  if (!m) asked.refuse(bad_parameter("pair"));
  const std::string_view type = asked.need("contractType");
  if (!type.empty() && type != "PERPETUAL" && type != "CURRENT_QUARTER" && type != "NEXT_QUARTER")
    asked.refuse(bad_parameter("contractType"));
  const Duration period = asked_period(asked);
  const Window window = asked_window(asked, 30, 500);
  if (!asked.ok()) return asked.wrong();
  std::vector<MarketSample> rows;
  for (const MarketSample& s : face.desk.past(m->id)) {
    const bool told = s.mark && s.index && *s.index > Price() && type == "PERPETUAL";
    if (told && window.has(s.at) && CandleLength(period).start(s.at) == s.at) rows.push_back(s);
  }
  window.cut(rows);
  std::string out;
  append_list(out, rows, [&](const MarketSample& s) {
    const double apart = s.mark->approx() - s.index->approx();
    ObjectText(out)
        .text("indexPrice", mark_text(*s.index))
        .text("contractType", type)
        .text("basisRate", figure(apart / s.index->approx(), 4))
        .text("futuresPrice", m->price(*s.mark))
        .text("annualizedBasisRate", "")
        .text("basis", figure(apart))
        .text("pair", m->pair)
        .number("timestamp", s.at.ms())
        .end();
  });
  return out;
}

// One fund for all contracts of a coin.
Outcome insurance_fund(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  std::map<CoinId, std::vector<std::string>> symbols;
  for (const Market& m : face.markets.all()) symbols[m.settle].push_back(m.symbol);
  std::string out;
  const auto row = [&](CoinId coin) {
    ObjectText o(out);
    append_list(o.member("symbols"), symbols[coin],
                [&](const std::string& symbol) { append_text(out, symbol); });
    o.member("assets") += '[';
    ObjectText(out)
        .text("asset", face.markets.coin(coin))
        .text("marginBalance", amount_text(face.exchange().wallet(kFund, coin)))
        .number("updateTime", face.ms())
        .end();
    out += ']';
    o.end();
  };
  if (only)
    row(only->settle);
  else
    append_list(out, symbols, [&](const auto& entry) { row(entry.first); });
  return out;
}

// Low while the fund has something, for then nobody is deleveraged.
Outcome adl_risk(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  std::string out;
  const auto row = [&](const Market& m) {
    const bool funded = face.exchange().wallet(kFund, m.settle) > Amount();
    ObjectText(out)
        .text("symbol", m.symbol)
        .text("adlRisk", funded ? "low" : "high")
        .number("updateTime", face.ms())
        .end();
  };
  if (only)
    row(*only);
  else
    append_list(out, face.markets.all(), row);
  return out;
}

Outcome collateral_indices(Face& face, const Call& call) {
  Asked asked(call.p);
  const std::string_view symbol = asked.text("symbol");
  std::vector<CoinId> coins;
  for (CoinId c = 0; c < face.markets.coins().size(); ++c) {
    const bool named = symbol.empty() || symbol == collateral_symbol(face, c);
    if (named && collateral_index(face, c)) coins.push_back(c);
  }
  if (coins.empty() && !symbol.empty()) return no_such_symbol();
  std::string out;
  if (!symbol.empty())
    append_collateral_index(out, face, coins[0], false);
  else
    append_list(out, coins, [&](CoinId c) { append_collateral_index(out, face, c, false); });
  return out;
}

Outcome none_here(Face&, const Call&) { return std::string("[]"); }

Outcome no_schedule(Face& face, const Call&) {
  return fmt::format(R"({{"updateTime":{},"marketSchedules":{{}}}})", face.wall().ms());
}

}  // namespace

std::string collateral_symbol(const Face& face, CoinId coin) {
  return face.markets.coin(coin) + "USD";
}

std::optional<Price> collateral_index(const Face& face, CoinId coin) {
  const exchange::CoinSetup& setup = face.desk.door().setup().coins.at(coin);
  if (!setup.haircut) return std::nullopt;
  if (!setup.index) return Price::raw(Price::scale);  // the dollar coin itself
  return face.exchange().index(*setup.index);
}

// Sold for margin at the index less the haircut; both buffers are the haircut here.
void append_collateral_index(std::string& out, const Face& face, CoinId coin, bool event) {
  const exchange::CoinSetup& setup = face.desk.door().setup().coins.at(coin);
  const double index = collateral_index(face, coin).value_or(Price()).approx(),
               buffer = setup.haircut.value_or(Rate()).approx();
  const std::string cut = figure(buffer), bid = figure(index * (1 - buffer)),
                    ask = figure(index * (1 + buffer));
  ObjectText o(out);
  if (event) {
    o.text("e", "assetIndexUpdate").number("E", face.ms()).text("s", collateral_symbol(face, coin));
    o.text("i", figure(index)).text("b", cut).text("a", cut).text("B", bid).text("A", ask);
    o.text("q", cut).text("g", cut).text("Q", bid).text("G", ask).end();
    return;
  }
  o.text("symbol", collateral_symbol(face, coin)).number("time", face.ms());
  o.text("index", figure(index)).text("bidBuffer", cut).text("askBuffer", cut);
  o.text("bidRate", bid).text("askRate", ask).text("autoExchangeBidBuffer", cut);
  o.text("autoExchangeAskBuffer", cut).text("autoExchangeBidRate", bid);
  o.text("autoExchangeAskRate", ask).end();
}

namespace {

// The spot markets of the scenario that the index is made of, as they stood when they last spoke.
Outcome constituents(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  std::string out;
  ObjectText o(out);
  o.text("symbol", m->symbol).number("time", face.ms());
  append_list(o.member("constituents"), face.exchange().index_parts(m->listing->index),
              [&](const exchange::IndexPart& part) {
                ObjectText(out)
                    .text("exchange", part.source)
                    .text("symbol", m->symbol)
                    .text("price", decimal(part.price, 8))
                    .text("weight", decimal(part.share, 8))
                    .end();
              });
  o.end();
  return out;
}

}  // namespace

void add_futures_data(Routes& routes) {
  const auto data = [&](const char* path, Handler handler) {
    routes[std::string("GET /futures/data/") + path] = {Needs::nothing, handler, 0};
  };
  data("openInterestHist", open_interest_past);
  data("globalLongShortAccountRatio", accounts_ratio);
  data("topLongShortAccountRatio", top_accounts_ratio);
  data("topLongShortPositionRatio", top_positions_ratio);
  data("takerlongshortRatio", taker_volume);
  data("basis", basis);
  data("delivery-price", none_here);
  const auto add = [&](const char* path, Handler handler, uint32_t weight) {
    routes[std::string("GET /fapi/v1/") + path] = {Needs::nothing, handler, weight};
  };
  add("insuranceBalance", insurance_fund, 1);
  add("symbolAdlRisk", adl_risk, 1);
  add("constituents", constituents, 2);
  add("assetIndex", collateral_indices, 10);
  add("indexInfo", none_here, 1);  // no composite index is listed
  add("tradingSchedule", no_schedule, 5);
}

}  // namespace delever::gateways::binance
