#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.h"
#include "gateways/hyperliquid/shapes.h"

namespace delever::gateways::hyperliquid {
namespace {

constexpr std::string_view kNobody = "0x0000000000000000000000000000000000000000";
constexpr std::string_view kUsdcToken = "0x6d1e7cde53ba9467b783cb7c530ce054";

// Premium and funding are per hour here, whatever the rulebook's interval is.
double hourly(const Desk::NextFunding& next) {
  const double hours = next.interval.in_seconds() / 3600;
  return hours > 0 ? next.rate.approx() / hours : next.rate.approx();
}

// The premium that a rate came from, F = P + clamp(I - P, -c, c) per rate period. Where the clamp
// hides it (F = I) it is the interest itself.
double premium_of(Rate rate, const FundingRule& rule) {
  const double periods = rule.interval.ns() > 0 && rule.rate_period.ns() > 0
                             ? rule.rate_period.in_seconds() / rule.interval.in_seconds()
                             : 1;
  const double whole = rate.approx() * periods;
  const double interest = rule.interest ? rule.interest->approx() : 0;
  const double clamp = rule.clamp ? rule.clamp->approx() : 0;
  if (std::abs(whole - interest) < 1e-12) return interest;
  return whole > interest ? whole + clamp : whole - clamp;
}

// Prices of a book that is shown with fewer figures: bids down, asks up.
Price grouped(Price price, const Shapes::BookView& view, bool bid) {
  const int digits = static_cast<int>(std::to_string(price.raw()).size());
  int64_t unit = 1;
  for (int i = view.figures; i < digits; ++i) unit *= 10;
  unit *= view.mantissa;
  const int64_t below = price.raw() / unit * unit;
  return Price::raw(bid || below == price.raw() ? below : below + unit);
}

}  // namespace

// Each coin has a margin table of its own, numbered from 51: below 50 a number is a leverage.
void Shapes::meta(JsonWriter& w) const {
  w.open('{').open("universe", '[');
  int64_t table = 0;
  for (const Asset& a : universe_.perpetuals()) {
    w.open('{').raw("szDecimals", a.size_digits).text("name", a.coin);
    w.raw("maxLeverage", a.leverage_most).raw("marginTableId", ++table + 50).close();
  }
  w.close().open("marginTables", '[');
  table = 0;
  for (const Asset& a : universe_.perpetuals()) {
    w.open('[').raw_item(++table + 50).open('{').text("description", "tiered " + a.coin);
    w.open("marginTiers", '[');
    if (const auto& ladder = desk_.listing(a.instrument).rules.ladder) {
      for (const MarginTier& tier : ladder->tiers)
        w.open('{')
            .text("lowerBound", decimal(tier.floor))
            .raw("maxLeverage", tier.max_leverage.raw() / Leverage::scale)
            .close();
    } else {
      w.open('{').text("lowerBound", "0.0").raw("maxLeverage", a.leverage_most).close();
    }
    w.close().close().close();
  }
  w.close().raw("collateralToken", 0).close();
}

// Tokens are numbered as pairs name them; the dollar is 0.
void Shapes::spot_meta(JsonWriter& w) const {
  std::vector<std::string> coins{"USDC"};
  const auto index_of = [&](const std::string& coin) {
    const auto it = std::find(coins.begin(), coins.end(), coin);
    if (it != coins.end()) return it - coins.begin();
    coins.push_back(coin);
    return static_cast<std::ptrdiff_t>(coins.size()) - 1;
  };
  JsonWriter pairs;
  pairs.open('[');
  for (const Asset& a : universe_.pairs()) {
    const ContractRule& contract = *desk_.listing(a.instrument).rules.contract;
    pairs.open('{').open("tokens", '[');
    pairs.raw_item(index_of(contract.base)).raw_item(index_of(contract.quote)).close();
    pairs.text("name", a.coin).raw("index", a.number - 10'000).raw("isCanonical", true).close();
  }
  pairs.close();
  w.open('{').raw("universe", pairs.take()).open("tokens", '[');
  for (size_t i = 0; i < coins.size(); ++i) {
    int digits = 8;
    for (const Asset& a : universe_.pairs())
      if (desk_.listing(a.instrument).rules.contract->base == coins[i]) digits = a.size_digits;
    w.open('{').text("name", coins[i]).raw("szDecimals", digits).raw("weiDecimals", 8);
    w.raw("index", i)
        .text("tokenId", i == 0 ? std::string(kUsdcToken) : fmt::format("0x{:032x}", i));
    w.raw("isCanonical", true).null("evmContract").null("fullName");
    w.text("deployerTradingFeeShare", "0.0").close();
  }
  w.close().close();
}

// Between the best of both sides.
std::string Shapes::mid(const Asset& asset) const {
  const BookSnapshot book = desk_.book(asset.instrument, 1);
  if (book.bids.empty() || book.asks.empty()) return {};
  return decimal(Price::raw((book.bids[0].price.raw() + book.asks[0].price.raw()) / 2));
}

// What a coin stands at: premium and impact prices are of the best levels, volumes of the last day.
void Shapes::context(JsonWriter& w, const Asset& asset) const {
  const exchange::Exchange& x = desk_.door().exchange();
  const DayStats day = desk_.day(asset.instrument);
  const BookSnapshot book = desk_.book(asset.instrument, 1);
  const auto mark = x.mark(asset.instrument);
  const auto index = x.index(desk_.listing(asset.instrument).index);
  const Price shown = mark.value_or(day.last.value_or(Price()));
  w.open('{');
  w.text("prevDayPx", decimal(day.open.value_or(shown)));
  w.text("dayNtlVlm", decimal(day.turnover, 6)).text("dayBaseVlm", decimal(day.volume, 8));
  w.text("markPx", decimal(shown));
  const std::string middle = mid(asset);
  if (middle.empty()) {
    w.null("midPx");
  } else {
    w.text("midPx", middle);
  }
  if (asset.spot) {
    w.text("circulatingSupply", "0.0").text("totalSupply", "0.0").text("coin", asset.coin).close();
    return;
  }
  const auto next = desk_.next_funding(asset.instrument);
  w.text("funding", decimal(next ? hourly(*next) : 0.0, 10));
  w.text("openInterest", decimal(x.open_interest(asset.instrument)));
  w.text("oraclePx", decimal(index.value_or(shown)));
  if (book.bids.empty() || book.asks.empty()) {
    w.null("premium").null("impactPxs");
  } else {
    const double oracle = index.value_or(shown).approx();
    const double bid = book.bids[0].price.approx(), ask = book.asks[0].price.approx();
    const double premium = std::max(bid - oracle, 0.0) - std::max(oracle - ask, 0.0);
    w.text("premium", decimal(oracle > 0 ? premium / oracle : 0.0, 10));
    w.open("impactPxs", '[')
        .item(decimal(book.bids[0].price))
        .item(decimal(book.asks[0].price))
        .close();
  }
  w.close();
}

void Shapes::contexts(JsonWriter& w) const {
  w.open('[');
  for (const Asset& a : universe_.perpetuals()) context(w, a);
  w.close();
}

void Shapes::spot_contexts(JsonWriter& w) const {
  w.open('[');
  for (const Asset& a : universe_.pairs()) context(w, a);
  w.close();
}

// Coins with an empty side are left out.
void Shapes::mids(JsonWriter& w) const {
  w.open('{');
  for (const auto* list : {&universe_.perpetuals(), &universe_.pairs()})
    for (const Asset& a : *list)
      if (const std::string middle = mid(a); !middle.empty()) w.text(a.coin, middle);
  w.close();
}

// `n` counts levels of ours that one shown level holds.
void Shapes::book(JsonWriter& w, const Asset& asset, const BookView& view) const {
  const size_t asked = view.figures > 0 ? 1'000 : view.levels;
  const BookSnapshot book = desk_.book(asset.instrument, asked);
  w.open('{').text("coin", asset.coin).raw("time", desk_.door().market_now().ms());
  w.open("levels", '[');
  for (const bool bid : {true, false}) {
    const std::vector<Level>& side = bid ? book.bids : book.asks;
    w.open('[');
    size_t shown = 0;
    for (size_t i = 0; i < side.size() && shown < view.levels; ++shown) {
      const Price price = view.figures > 0 ? grouped(side[i].price, view, bid) : side[i].price;
      Wide qty = 0;
      size_t orders = 0;
      for (; i < side.size() &&
             (view.figures > 0 ? grouped(side[i].price, view, bid) : side[i].price) == price;
           ++i, ++orders)
        qty += side[i].qty.raw();
      w.open('{').text("px", decimal(price)).text("sz", decimal(WideQty::raw(qty)));
      w.raw("n", orders).close();
    }
    w.close();
  }
  w.close();
  if (view.levels == 5) w.raw("fast", true);
  w.close();
}

void Shapes::best(JsonWriter& w, const Asset& asset) const {
  const BookSnapshot book = desk_.book(asset.instrument, 1);
  w.open('{').text("coin", asset.coin).raw("time", desk_.door().market_now().ms()).open("bbo", '[');
  for (const auto* side : {&book.bids, &book.asks}) {
    if (side->empty()) {
      w.raw_item("null");
    } else {
      w.open('{').text("px", decimal(side->front().price)).text("sz", decimal(side->front().qty));
      w.raw("n", 1).close();
    }
  }
  w.close().close();
}

// Who traded is not public here: both users are nobody.
void Shapes::trade(JsonWriter& w, const Asset& asset, const PublicTrade& trade) const {
  w.open('{').text("coin", asset.coin).text("side", side_of(trade.taker));
  w.text("px", decimal(trade.price)).text("sz", decimal(trade.qty)).raw("time", trade.at.ms());
  w.text("hash", hash_of(trade.number)).raw("tid", trade.number);
  w.open("users", '[').item(kNobody).item(kNobody).close().close();
}

void Shapes::candle(JsonWriter& w, const Asset& asset, std::string_view interval,
                    CandleLength length, const Candle& candle) const {
  w.open('{').raw("t", candle.start.ms()).raw("T", length.end(candle.start).ms() - 1);
  w.text("s", asset.coin).text("i", interval);
  w.text("o", decimal(candle.open)).text("c", decimal(candle.close));
  w.text("h", decimal(candle.high)).text("l", decimal(candle.low));
  w.text("v", decimal(candle.volume, 8)).raw("n", candle.trades).close();
}

void Shapes::funding(JsonWriter& w, const Asset& asset, const FundingRecord& row) const {
  const auto& rule = desk_.listing(asset.instrument).rules.funding;
  w.open('{').text("coin", asset.coin).text("fundingRate", decimal(row.rate));
  w.text("premium", decimal(rule ? premium_of(row.rate, *rule) : row.rate.approx(), 10));
  w.raw("time", row.at.ms()).close();
}

}  // namespace delever::gateways::hyperliquid
