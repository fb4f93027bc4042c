#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "gateways/deribit/shapes.h"
#include "options/black.h"
#include "options/implied.h"

namespace delever::gateways::deribit {
namespace {

constexpr int64_t kNever = 32'503'708'800'000;  // the expiry of a perpetual

std::string_view period_of(const Contract& c) {
  if (c.perpetual) return "perpetual";
  if (!c.listing->expiry) return "";
  const int64_t day = c.listing->expiry->start_of_day().ns() / Duration::days(1).ns();
  const bool friday = (day + 4) % 7 == 5;  // 1970 began on a Thursday
  if (!friday) return "day";
  const std::string now = c.listing->expiry->date();
  const std::string later = (*c.listing->expiry + Duration::days(7)).date();
  return now.substr(0, 7) == later.substr(0, 7) ? "week" : "month";
}

void side(JsonWriter& w, std::string_view name, const std::vector<Level>& levels,
          const Contract& c) {
  w.open(name, '[');
  for (const Level& level : levels)
    w.open('[').raw_item(number(level.price)).raw_item(c.amount(level.qty)).close();
  w.close();
}

// In coins of the base and in quote money, from what the desk counts in.
struct Volumes {
  double coins = 0, money = 0;
};
Volumes volumes(const Contract& c, double volume, double turnover) {
  if (c.inverse) return {turnover, volume * c.unit.approx()};
  return {volume * c.unit.approx(), turnover};
}

}  // namespace

// Where there is no mark the last trade stands in.
Price Shapes::mark(const Contract& c) const {
  return desk_.door()
      .exchange()
      .mark(c.instrument)
      .value_or(desk_.door().exchange().last(c.instrument).value_or(Price()));
}

std::optional<Price> Shapes::index_price(const Contract& c) const {
  return desk_.door().exchange().index(c.listing->index);
}

// Fees, ticks and sizes are those of the exchange's own rulebook.
std::string Shapes::instrument(const Contract& c) const {
  const ContractRule& rule = *c.listing->rules.contract;
  const auto& fees = c.listing->rules.fees;
  JsonWriter w;
  w.open('{').text("instrument_name", c.name).raw("instrument_id", uint64_t{c.instrument} + 1);
  w.text("kind", c.kind).text("base_currency", upper(rule.base));
  w.text("quote_currency",
         c.option && c.coin_name == upper(rule.base) ? c.coin_name : upper(rule.quote));
  w.text("counter_currency", upper(rule.quote)).text("settlement_currency", c.coin_name);
  w.text("settlement_period", period_of(c)).text("price_index", c.index);
  w.raw("tick_size", number(c.tick)).open("tick_size_steps", '[').close();
  w.raw("min_trade_amount", c.amount(c.step)).raw("contract_size", number(c.contract_size()));
  w.raw("maker_commission", number(fees ? fees->maker.value_or(Rate()) : Rate()));
  w.raw("taker_commission", number(fees ? fees->taker.value_or(Rate()) : Rate()));
  w.raw("is_active", !c.listing->expiry || *c.listing->expiry > desk_.door().market_now());
  w.text("state", contract_state(c)).raw("rfq", false).raw("creation_timestamp", opened_.ms());
  w.raw("expiration_timestamp", c.listing->expiry ? c.listing->expiry->ms() : kNever);
  w.text("instrument_type", c.inverse || c.option ? "reversed" : "linear");
  if (c.option) {
    w.raw("strike", number(c.listing->option->strike));
    w.text("option_type", c.listing->option->type == OptionType::call ? "call" : "put");
  } else if (c.kind == "future") {
    w.text("future_type", c.inverse ? "reversed" : "linear");
    w.raw("max_leverage", c.listing->default_leverage.raw() / Leverage::scale);
    const Rate forced = fees && fees->liquidation ? *fees->liquidation : Rate();
    w.raw("max_liquidation_commission", number(forced));
  }
  return w.close().take();
}

// Nothing is deposited or withdrawn here but by the scenario: fees of that are 0.
std::string Shapes::coin_names() const {
  JsonWriter w;
  w.open('[');
  for (const std::string& coin_name : contracts_.coin_names()) {
    w.open('{').text("currency", coin_name).text("currency_long", coin_name);
    w.text("coin_type", coin_name).raw("fee_precision", 4).raw("min_confirmations", 1);
    w.raw("min_withdrawal_fee", 0).raw("withdrawal_fee", 0);
    w.open("withdrawal_priorities", '[').close().raw("in_cross_collateral_pool", false).close();
  }
  return w.close().take();
}

// What an option is priced on: its future, else the index.
double Shapes::forward(const Contract& c) const {
  const auto& prices = desk_.door().exchange().prices();
  if (c.instrument < prices.underlying.size() && prices.underlying[c.instrument])
    return prices.underlying[c.instrument]->approx();
  return index_price(c).value_or(Price()).approx();
}

// Of a price in coins; missing where the price says nothing about volatility.
std::optional<double> Shapes::implied(const Contract& c, double coin_price) const {
  if (!c.option || !c.listing->expiry) return std::nullopt;
  const double f = forward(c);
  const double years = (*c.listing->expiry - desk_.door().market_now()).in_years();
  if (!(f > 0) || !(years > 0)) return std::nullopt;
  const bool in_coins = c.coin_name == upper(c.listing->rules.contract->base);
  const auto found = options::implied_vol({.forward = f,
                                           .strike = c.listing->option->strike.approx(),
                                           .years = years,
                                           .price = in_coins ? coin_price * f : coin_price,
                                           .type = c.listing->option->type});
  return found.status == options::IvStatus::ok ? std::optional(found.vol) : std::nullopt;
}

std::optional<double> Shapes::mark_volatility(const Contract& c) const {
  return implied(c, mark(c).approx());
}

std::optional<Shapes::Volatility> Shapes::volatility(const Contract& c, double coin_price) const {
  const auto vol = implied(c, coin_price);
  if (!vol) return std::nullopt;
  const double years = (*c.listing->expiry - desk_.door().market_now()).in_years();
  const auto g = options::black({.forward = forward(c),
                                 .strike = c.listing->option->strike.approx(),
                                 .years = years,
                                 .vol = *vol,
                                 .type = c.listing->option->type});
  return Volatility{.iv = *vol * 100,
                    .delta = g.delta,
                    .gamma = g.gamma,
                    .vega = g.vega / 100,
                    .theta = g.theta / 365,
                    .rho = -g.price * years / 100};
}

// The rate that accrues now, and what the last eight hours came to.
Shapes::Funding Shapes::funding_now(const Contract& c) const {
  Funding out;
  const auto next = desk_.next_funding(c.instrument);
  if (next && next->interval.ns() > 0)
    out.current =
        next->rate.approx() * (Duration::hours(8).in_seconds() / next->interval.in_seconds());
  const int64_t now = desk_.door().market_now().ms();
  out.eight_hours = funding_over(c, now - 8 * 3'600'000, now);
  return out;
}

// The desk keeps each payment; their sum is the rate of the span.
double Shapes::funding_over(const Contract& c, int64_t from, int64_t to) const {
  double sum = 0;
  for (const FundingRecord& row : desk_.funding(c.instrument))
    if (row.at.ms() > from && row.at.ms() <= to) sum += row.rate.approx();
  return sum;
}

// A row for each whole hour that the desk remembers.
std::string Shapes::funding_hours(const Contract& c, int64_t from, int64_t to) const {
  constexpr int64_t hour = 3'600'000;
  const auto rows = desk_.funding(c.instrument);
  JsonWriter w;
  w.open('[');
  if (!rows.empty()) {
    int64_t at = std::max(from, rows.front().at.ms()) / hour * hour + hour;
    const int64_t last = std::min(to, desk_.door().market_now().ms());
    Price before;
    for (; at <= last; at += hour) {
      Price price = before;
      for (const FundingRecord& row : rows)
        if (row.at.ms() <= at) price = row.mark;
      w.open('{').raw("timestamp", at).raw("index_price", number(price));
      w.raw("prev_index_price", number(before > Price() ? before : price));
      w.raw("interest_1h", number(funding_over(c, at - hour, at), 15));
      w.raw("interest_8h", number(funding_over(c, at - 8 * hour, at), 15)).close();
      before = price;
    }
  }
  return w.close().take();
}

// Volatilities in per cent, of the best bid and ask and of the mark.
void Shapes::option_members(JsonWriter& w, const Contract& c, const BookSnapshot& top) const {
  const auto iv = [&](const std::vector<Level>& levels) {
    const auto v = levels.empty() ? std::nullopt : volatility(c, levels.front().price.approx());
    return number(v ? v->iv : 0.0, 2);
  };
  const auto at_mark = volatility(c, mark(c).approx());
  w.raw("underlying_price", number(forward(c), 4));
  w.text("underlying_index", c.listing->expiry
                                 ? fmt::format("SYN.{}-{}", upper(c.listing->rules.contract->base),
                                               expiry_name(*c.listing->expiry))
                                 : "index_price");
  w.raw("interest_rate", 0).raw("bid_iv", iv(top.bids)).raw("ask_iv", iv(top.asks));
  w.raw("mark_iv", number(at_mark ? at_mark->iv : 0.0, 2));
  const Volatility v = at_mark.value_or(Volatility());
  w.open("greeks", '{').raw("delta", number(v.delta, 5)).raw("gamma", number(v.gamma, 8));
  w.raw("vega", number(v.vega, 5)).raw("theta", number(v.theta, 5)).raw("rho", number(v.rho, 5));
  w.close();
}

// The bounds of prices are 1.5 % from the mark where the rulebook gives no band of its own.
void Shapes::ticker_members(JsonWriter& w, const Contract& c) const {
  const exchange::Exchange& x = desk_.door().exchange();
  const BookSnapshot top = desk_.book(c.instrument, 1);
  const DayStats day = desk_.day(c.instrument);
  const Volumes v = volumes(c, day.volume, day.turnover);
  w.text("instrument_name", c.name).raw("timestamp", desk_.door().market_now().ms());
  w.text("state", contract_state(c));
  w.open("stats", '{');
  w.raw("volume_usd", number(c.option ? v.coins * forward(c) : v.money, 2));
  w.raw("volume", number(v.coins, 8)).raw("volume_notional", number(v.money, 2));
  const bool moved = day.open && day.last && *day.open > Price();
  const double change = moved ? (day.last->approx() / day.open->approx() - 1) * 100 : 0.0;
  w.raw("price_change", moved ? number(change, 4) : "null");
  w.raw("low", day.low ? number(*day.low) : "null");
  w.raw("high", day.high ? number(*day.high) : "null").close();
  const auto best = [&](std::string_view name, const std::vector<Level>& levels) {
    w.raw(fmt::format("best_{}_price", name), levels.empty() ? "0" : number(levels.front().price));
    w.raw(fmt::format("best_{}_amount", name), levels.empty() ? "0" : c.amount(levels.front().qty));
  };
  best("bid", top.bids);
  best("ask", top.asks);
  w.raw("mark_price", number(mark(c)));
  w.raw("last_price", day.last ? number(*day.last) : "null");
  if (const auto index = index_price(c)) w.raw("index_price", number(*index));
  const auto rule = c.listing->rules.contract->price_band;
  const double band = rule ? rule->approx() : 0.015;
  const auto on_tick = [&](double price) {
    const int64_t raw = Price::nearest(price).value().raw();
    return Price::raw(std::max<int64_t>(raw / c.tick.raw(), 1) * c.tick.raw());
  };
  w.raw("min_price", number(on_tick(mark(c).approx() * (1 - band))));
  w.raw("max_price", number(on_tick(mark(c).approx() * (1 + band))));
  if (c.kind == "spot") return;
  w.raw("open_interest", c.amount(x.open_interest(c.instrument)));
  w.raw("settlement_price", day.open ? number(*day.open) : number(mark(c)));
  if (c.option) return option_members(w, c, top);
  w.raw("estimated_delivery_price", number(index_price(c).value_or(mark(c))));
  if (c.perpetual) {
    const Funding funding = funding_now(c);
    w.raw("current_funding", number(funding.current, 15));
    w.raw("funding_8h", number(funding.eight_hours, 15));
    w.raw("interest_value", number(funding.current * 100, 15));
  }
}

std::string Shapes::ticker(const Contract& c) const {
  JsonWriter w;
  w.open('{');
  ticker_members(w, c);
  return w.close().take();
}

// An empty side is null.
std::string Shapes::quote(const Contract& c) const {
  const BookSnapshot top = desk_.book(c.instrument, 1);
  JsonWriter w;
  w.open('{').text("instrument_name", c.name).raw("timestamp", desk_.door().market_now().ms());
  w.raw("best_bid_price", top.bids.empty() ? "null" : number(top.bids[0].price));
  w.raw("best_bid_amount", top.bids.empty() ? "0" : c.amount(top.bids[0].qty));
  w.raw("best_ask_price", top.asks.empty() ? "null" : number(top.asks[0].price));
  w.raw("best_ask_amount", top.asks.empty() ? "0" : c.amount(top.asks[0].qty));
  return w.close().take();
}

std::string Shapes::perpetual(const Contract& c) const {
  JsonWriter w;
  w.open('{').raw("timestamp", desk_.door().market_now().ms());
  w.raw("interest", number(funding_now(c).current, 15));
  w.raw("index_price", number(index_price(c).value_or(mark(c))));
  return w.close().take();
}

// A ticker with the levels and the number of the last change.
std::string Shapes::order_book(const Contract& c, size_t depth) const {
  const BookSnapshot book = desk_.book(c.instrument, depth);
  JsonWriter w;
  w.open('{');
  ticker_members(w, c);
  w.raw("change_id", book.sequence.last);
  side(w, "bids", book.bids, c);
  side(w, "asks", book.asks, c);
  return w.close().take();
}

// A ticker in short, without sizes and greeks.
std::string Shapes::summary(const Contract& c) const {
  const BookSnapshot top = desk_.book(c.instrument, 1);
  const DayStats day = desk_.day(c.instrument);
  const Volumes v = volumes(c, day.volume, day.turnover);
  JsonWriter w;
  w.open('{')
      .text("instrument_name", c.name)
      .text("base_currency", upper(c.listing->rules.contract->base));
  w.text("quote_currency", upper(c.listing->rules.contract->quote));
  w.raw("creation_timestamp", desk_.door().market_now().ms());
  w.raw("volume", number(v.coins, 8));
  w.raw("volume_usd", number(c.option ? v.coins * forward(c) : v.money, 2));
  w.raw("volume_notional", number(v.money, 2));
  w.raw("open_interest", c.amount(desk_.door().exchange().open_interest(c.instrument)));
  w.raw("mark_price", number(mark(c)));
  w.raw("last", day.last ? number(*day.last) : "null");
  w.raw("low", day.low ? number(*day.low) : "null");
  w.raw("high", day.high ? number(*day.high) : "null");
  w.raw("bid_price", top.bids.empty() ? "null" : number(top.bids[0].price));
  w.raw("ask_price", top.asks.empty() ? "null" : number(top.asks[0].price));
  if (top.bids.empty() || top.asks.empty()) {
    w.null("mid_price");
  } else {
    w.raw("mid_price", number((top.bids[0].price.approx() + top.asks[0].price.approx()) / 2, 10));
  }
  const bool moved = day.open && day.last && *day.open > Price();
  w.raw("price_change",
        moved ? number((day.last->approx() / day.open->approx() - 1) * 100, 4) : "null");
  if (c.option) {
    const auto v_mark = volatility(c, mark(c).approx());
    w.raw("mark_iv", number(v_mark ? v_mark->iv : 0.0, 2)).raw("interest_rate", 0);
    w.raw("underlying_price", number(forward(c), 4));
    w.text("underlying_index", fmt::format("SYN.{}-{}", upper(c.listing->rules.contract->base),
                                           expiry_name(*c.listing->expiry)));
  } else if (c.perpetual) {
    const Funding funding = funding_now(c);
    w.raw("current_funding", number(funding.current, 15));
    w.raw("funding_8h", number(funding.eight_hours, 15));
    w.raw("estimated_delivery_price", number(index_price(c).value_or(mark(c))));
  }
  return w.close().take();
}

// Of a forced trade the taker was liquidated.
std::string Shapes::trade(const Contract& c, const PublicTrade& trade) const {
  JsonWriter w;
  w.open('{').raw("trade_seq", trade.number);
  w.text("trade_id", Contracts::trade_id(c.instrument, trade.number));
  w.raw("timestamp", trade.at.ms()).raw("tick_direction", tick_direction(trade.moment));
  w.raw("price", number(trade.price));
  w.raw("mark_price", number(trade.moment.mark.value_or(mark(c)))).text("instrument_name", c.name);
  if (trade.moment.index) w.raw("index_price", number(*trade.moment.index));
  if (c.option) {
    const auto v = volatility(c, trade.price.approx());
    w.raw("iv", number(v ? v->iv : 0.0, 2));
  }
  w.text("direction", trade.taker == Side::buy ? "buy" : "sell");
  w.raw("amount", c.amount(trade.qty));
  w.raw("contracts", number(static_cast<double>(trade.qty.raw()) * c.unit.approx() /
                            static_cast<double>(c.contract_size().raw())));
  if (trade.forced) w.text("liquidation", "T");
  return w.close().take();
}

// Candles as columns.
std::string Shapes::chart(const Contract& c, Duration length, int64_t from, int64_t to) const {
  std::vector<Candle> rows;
  for (const Candle& row : desk_.candles(c.instrument, length, 5'000))
    if (row.start.ms() >= from - length.ns() / 1'000'000 + 1 && row.start.ms() <= to)
      rows.push_back(row);
  JsonWriter w;
  w.open('{').text("status", rows.empty() ? "no_data" : "ok");
  const auto column = [&](std::string_view name, auto value) {
    w.open(name, '[');
    for (const Candle& row : rows) w.raw_item(std::string_view(value(row)));
    w.close();
  };
  column("ticks", [](const Candle& row) { return std::to_string(row.start.ms()); });
  column("open", [](const Candle& row) { return number(row.open); });
  column("high", [](const Candle& row) { return number(row.high); });
  column("low", [](const Candle& row) { return number(row.low); });
  column("close", [](const Candle& row) { return number(row.close); });
  column("volume",
         [&](const Candle& row) { return number(volumes(c, row.volume, row.turnover).coins, 8); });
  column("cost",
         [&](const Candle& row) { return number(volumes(c, row.volume, row.turnover).money, 2); });
  return w.close().take();
}

// The one that is still open; empty before the first trade.
std::string Shapes::last_candle(const Contract& c, Duration length) const {
  const auto rows = desk_.candles(c.instrument, length, 1);
  if (rows.empty()) return {};
  const Candle& row = rows.back();
  const Volumes v = volumes(c, row.volume, row.turnover);
  JsonWriter w;
  w.open('{').raw("tick", row.start.ms()).raw("open", number(row.open));
  w.raw("high", number(row.high)).raw("low", number(row.low)).raw("close", number(row.close));
  w.raw("volume", number(v.coins, 8)).raw("cost", number(v.money, 2));
  return w.close().take();
}

std::string Shapes::option_mark(const Contract& c) const {
  const auto v = volatility(c, mark(c).approx());
  JsonWriter w;
  w.open('{').text("instrument_name", c.name).raw("mark_price", number(mark(c)));
  w.raw("iv", number(v ? v->iv / 100 : 0.0, 4)).raw("timestamp", desk_.door().market_now().ms());
  return w.close().take();
}

}  // namespace delever::gateways::deribit
