#include "gateways/okx/market_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "gateways/figures_text.h"
#include "gateways/json_text.h"

namespace delever::gateways::okx {

namespace {

// Where the day began that begins at midnight so far east; empty: it has not traded since.
std::string start_of_day(const Venue& venue, const Product& p, Duration east) {
  const CandleLength day = CandleLength(Duration::hours(24)).east(east);
  const auto days = venue.desk.candles(p.instrument, day, 1);
  return days.empty() || days.back().start < day.start(venue.market()) ? ""
                                                                       : days.back().open.text();
}

}  // namespace

void append_ticker(std::string& out, const Venue& venue, const Product& p, Instant at) {
  const DayStats day = venue.desk.day(p.instrument);
  const BookSnapshot best = venue.exchange().depth(p.instrument, 1);
  const auto last =
      venue.exchange().last(p.instrument) ? venue.exchange().last(p.instrument) : day.last;
  const auto trades = venue.desk.trades(p.instrument);
  // vol24h is in contracts, volCcy24h in coins (of spot: in the quote coin).
  const double in_coins = venue.coins(p, day.volume, last ? last->approx() : 0);
  const auto price = [](const std::vector<Level>& side) {
    return side.empty() ? std::string() : side[0].price.text();
  };
  const auto size = [](const std::vector<Level>& side) {
    return side.empty() ? std::string() : side[0].qty.text();
  };
  ObjectText row(out);
  row.text("instType", inst_type_name(p.type))
      .text("instId", p.inst_id)
      .text("last", text_or(last))
      .text("lastSz", trades.empty() ? "0" : trades.back().qty.text())
      .text("askPx", price(best.asks))
      .text("askSz", size(best.asks))
      .text("bidPx", price(best.bids))
      .text("bidSz", size(best.bids))
      .text("open24h", text_or(day.open))
      .text("high24h", text_or(day.high))
      .text("low24h", text_or(day.low))
      .text("volCcy24h", p.is_spot() ? number_text(day.turnover) : number_text(in_coins))
      .text("vol24h", number_text(day.volume))
      .text("ts", ms_text(at))
      .text("sodUtc0", start_of_day(venue, p, Duration()))
      .text("sodUtc8", start_of_day(venue, p, Duration::hours(8)));
  row.end();
}

// The third cell is of the past; the number of orders at a level is not told apart here.
void append_levels(std::string& out, const std::vector<Level>& levels) {
  append_list(out, levels, [&out](const Level& level) {
    fmt::format_to(std::back_inserter(out), R"(["{}","{}","0","{}"])", level.price.text(),
                   level.qty.text(), level.qty.is_zero() ? 0 : 1);
  });
}

void append_book(std::string& out, const BookSnapshot& book, Instant at, std::string_view more) {
  ObjectText row(out);
  append_levels(row.member("asks"), book.asks);
  append_levels(row.member("bids"), book.bids);
  row.text("ts", ms_text(at));
  out += more;
  row.end();
}

void append_trade(std::string& out, const Product& p, const PublicTrade& trade, bool with_count) {
  ObjectText row(out);
  row.text("instId", p.inst_id)
      .digits("tradeId", static_cast<int64_t>(trade.number))
      .text("px", trade.price.text())
      .text("sz", trade.qty.text())
      .text("side", side_name(trade.taker))
      .text("ts", ms_text(trade.at))
      // source 0: an ordinary order.
      .text("source", "0");
  if (with_count) row.text("count", "1").number("seqId", static_cast<int64_t>(trade.number));
  row.end();
}

void append_candle(std::string& out, const Venue& venue, const Product& p, const Candle& c,
                   bool confirmed) {
  const double coins = venue.coins(p, c.volume, c.close.approx());
  // Start, four prices, volume in contracts, in coins, in the quote coin, and confirm.
  fmt::format_to(std::back_inserter(out), R"(["{}","{}","{}","{}","{}","{}","{}","{}","{}"])",
                 c.start.ms(), c.open.text(), c.high.text(), c.low.text(), c.close.text(),
                 number_text(c.volume), p.is_spot() ? number_text(c.turnover) : number_text(coins),
                 p.inverse ? number_text(c.volume * p.size.approx()) : number_text(c.turnover),
                 confirmed ? 1 : 0);
}

void append_price_candle(std::string& out, const Candle& c, bool confirmed) {
  fmt::format_to(std::back_inserter(out), R"(["{}","{}","{}","{}","{}","{}"])", c.start.ms(),
                 c.open.text(), c.high.text(), c.low.text(), c.close.text(), confirmed ? 1 : 0);
}

std::string funding_row(const Venue& venue, const Product& p, Instant at) {
  const auto next = venue.desk.next_funding(p.instrument);
  // Only perpetual swaps have funding.
  if (!next || p.type != InstType::swap) return {};
  const auto past = venue.desk.funding(p.instrument);
  const auto& rule = p.listing->rules.funding;
  const std::string cap = rule && rule->cap ? rule->cap->text() : "0.00375";
  const auto mark = venue.exchange().mark(p.instrument);
  const auto index = venue.exchange().index(p.listing->index);
  // Of the mark over the index, as it stands now.
  const double premium = mark && index ? (mark->approx() - index->approx()) / index->approx() : 0;
  std::string out;
  ObjectText row(out);
  row.text("instType", inst_type_name(p.type))
      .text("instId", p.inst_id)
      .text("method", "current_period")
      .text("formulaType", "noRate")
      .text("fundingRate", next->rate.text())
      .text("fundingTime", ms_text(next->at))
      .text("nextFundingRate", "")
      .text("nextFundingTime", ms_text(next->at + next->interval))
      .text("minFundingRate", "-" + cap)
      .text("maxFundingRate", cap)
      .text("interestRate", rule ? text_or(rule->interest) : "")
      .text("impactValue", rule ? text_or(rule->impact_notional) : "")
      .text("settState", "settled")
      .text("settFundingRate", past.empty() ? "" : past.back().rate.text())
      .text("prevFundingTime", past.empty() ? "" : ms_text(past.back().at))
      .text("premium", number_text(premium, 10))
      .text("ts", ms_text(at));
  row.end();
  return out;
}

void append_settled_funding(std::string& out, const Product& p, const FundingRecord& f) {
  ObjectText row(out);
  row.text("instType", inst_type_name(p.type))
      .text("instId", p.inst_id)
      .text("formulaType", "noRate")
      .text("method", "current_period")
      .text("fundingRate", f.rate.text())
      // Clients read realizedRate, not fundingRate, as what was paid.
      .text("realizedRate", f.rate.text())
      .text("fundingTime", ms_text(f.at));
  row.end();
}

void append_open_interest(std::string& out, const Venue& venue, const Product& p, Instant at) {
  const Qty open = venue.exchange().open_interest(p.instrument);
  const auto mark = venue.exchange().mark(p.instrument);
  const double price = mark ? mark->approx() : 0;
  const double coins = venue.coins(p, open.approx(), price);
  ObjectText row(out);
  row.text("instType", inst_type_name(p.type))
      .text("instId", p.inst_id)
      .text("oi", open.text())
      .text("oiCcy", number_text(coins))
      // oi is in contracts, oiCcy in coins, oiUsd in dollars.
      .text("oiUsd", number_text(coins * price, 4))
      .text("ts", ms_text(at));
  row.end();
}

void append_mark(std::string& out, const Venue& venue, const Product& p, Instant at) {
  ObjectText row(out);
  row.text("instType", inst_type_name(p.type))
      .text("instId", p.inst_id)
      .text("markPx", text_or(venue.exchange().mark(p.instrument)))
      .text("ts", ms_text(at));
  row.end();
}

// Of the index of a pair, which is named without SWAP.
void append_index(std::string& out, const Venue& venue, const Product& p, Instant at) {
  const auto index = venue.exchange().index(p.listing->index);
  Price high = index.value_or(Price()), low = high, open = high;
  if (const auto found = venue.indices.find(p.instrument); found != venue.indices.end()) {
    // Minute by minute: hours would begin before the day does.
    const Instant from = venue.market() - Duration::hours(24);
    bool first = true;
    for (const Candle& c : found->second.candles(Duration::minutes(1), 1'441)) {
      if (c.start < from) continue;
      if (first) open = c.open;
      first = false;
      high = std::max(high, c.high);
      low = std::min(low, c.low);
    }
  }
  ObjectText row(out);
  row.text("instId", p.base + "-" + (p.inverse ? "USD" : p.quote))
      .text("idxPx", text_or(index))
      .text("high24h", high.text())
      .text("low24h", low.text())
      .text("open24h", open.text())
      .text("sodUtc0", open.text())
      .text("sodUtc8", open.text())
      .text("ts", ms_text(at));
  row.end();
}

void append_price_limit(std::string& out, const Venue& venue, const Product& p, Instant at) {
  const int64_t tick = p.contract->tick->raw();
  int64_t low = std::max<int64_t>(p.listing->band.lowest.raw(), 1) * tick;
  int64_t high = p.listing->band.highest.raw() * tick;
  const auto mark = venue.exchange().mark(p.instrument);
  if (p.contract->price_band && mark) {
    const auto away = static_cast<int64_t>(mark->approx() * p.contract->price_band->approx() *
                                           static_cast<double>(Price::scale));
    low = std::max(low, (mark->raw() - away) / tick * tick);
    high = std::min(high, (mark->raw() + away) / tick * tick);
  }
  ObjectText row(out);
  row.text("instType", inst_type_name(p.type))
      .text("instId", p.inst_id)
      // The highest price of a buy and the lowest of a sell.
      .text("buyLmt", Price::raw(high).text())
      .text("sellLmt", Price::raw(low).text())
      .text("ts", ms_text(at))
      .flag("enabled", true);
  row.end();
}

void append_liquidations(std::string& out, const Product& p,
                         const std::vector<const ForcedClose*>& closes) {
  ObjectText row(out);
  append_list(row.member("details"), closes, [&](const ForcedClose* f) {
    ObjectText detail(out);
    detail.text("bkLoss", "0")
        .text("bkPx", f->price.text())
        .text("ccy", "")
        // posSide is what was closed: a sell closes a long.
        .text("posSide", f->side == Side::sell ? "long" : "short")
        .text("side", side_name(f->side))
        .text("sz", f->qty.text())
        .text("ts", ms_text(f->at));
    detail.end();
  });
  row.text("instFamily", p.family)
      .text("instId", p.inst_id)
      .text("instType", inst_type_name(p.type))
      .text("uly", p.family);
  row.end();
}

std::optional<CandleLength> bar_length(std::string_view bar) {
  // Without "utc" days, and what begins with them, begin at midnight in Hong Kong.
  const bool utc = bar.ends_with("utc");
  if (utc) bar.remove_suffix(3);
  const Duration east = utc ? Duration() : Duration::hours(8);
  constexpr std::pair<std::string_view, int> kBars[] = {
      {"1m", 1},     {"3m", 3},     {"5m", 5},     {"15m", 15},   {"30m", 30},
      {"1H", 60},    {"2H", 120},   {"4H", 240},   {"6H", 360},   {"12H", 720},
      {"1D", 1'440}, {"2D", 2'880}, {"3D", 4'320}, {"5D", 7'200}, {"1W", 10'080}};
  for (const auto& [name, minutes] : kBars) {
    if (name == bar) return CandleLength(Duration::minutes(minutes)).east(east);
  }
  if (bar == "1s") return Duration::seconds(1);
  if (bar == "1M") return CandleLength::of_months(1).east(east);
  if (bar == "3M") return CandleLength::of_months(3).east(east);
  return std::nullopt;
}

}  // namespace delever::gateways::okx
