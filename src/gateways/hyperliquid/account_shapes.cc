// What an account stands at: margin, positions, balances, fees.
#include <algorithm>

#include "gateways/hyperliquid/shapes.h"

namespace delever::gateways::hyperliquid {
namespace {

// Over the pools of the collateral coin: all of them, or those of cross positions alone.
exchange::PoolView sum_of(const Desk& desk, AccountId account, CoinId coin, bool cross_alone) {
  exchange::PoolView sum;
  bool pooled = false;  // an account without positions and orders has no pool
  for (const exchange::PoolView& pool : desk.door().exchange().pools(account)) {
    if (pool.coin && *pool.coin != coin) continue;
    pooled = pooled || !pool.isolated;
    if (cross_alone && pool.isolated) continue;
    sum.equity += pool.equity;
    sum.initial += pool.initial;
    sum.maintenance += pool.maintenance;
  }
  if (!pooled) sum.equity += desk.door().exchange().wallet(account, coin);
  return sum;
}

Amount signed_value(Amount value, const exchange::PositionView& p) {
  return p.side == PositionSide::long_side ? value : -value;
}

}  // namespace

Amount Shapes::equity(AccountId account) const {
  return sum_of(desk_, account, universe_.collateral(), false).equity;
}

Amount Shapes::value_at_mark(const exchange::PositionView& p) const {
  const Price mark = desk_.door().exchange().mark(p.instrument).value_or(Price());
  return Amount::raw(
      narrow(divide(static_cast<Wide>(mark.raw()) * p.qty.raw(),
                    static_cast<Wide>(Price::scale) * Qty::scale / Amount::scale, Round::down)));
}

Amount Shapes::margin_used(AccountId account, const exchange::PositionView& p) const {
  if (p.mode == MarginMode::isolated) {
    for (const exchange::PoolView& pool : desk_.door().exchange().pools(account))
      if (pool.isolated == p.instrument) return std::max(pool.equity, Amount());
    return p.margin;
  }
  const int64_t leverage = std::max<int64_t>(p.leverage.raw(), 1);
  return Amount::raw(narrow(
      divide(static_cast<Wide>(value_at_mark(p).raw()) * Leverage::scale, leverage, Round::up)));
}

void Shapes::margin_summary(JsonWriter& w, std::string_view key, AccountId account,
                            bool cross_alone) const {
  const exchange::PoolView sum = sum_of(desk_, account, universe_.collateral(), cross_alone);
  Amount notional, net, used;
  for (const exchange::PositionView& p : desk_.positions(account)) {
    if (!universe_.by_instrument(p.instrument)) continue;
    if (cross_alone && p.mode == MarginMode::isolated) continue;
    const Amount value = value_at_mark(p);
    notional += value;
    net += signed_value(value, p);
    used += margin_used(account, p);
  }
  w.open(key, '{').text("accountValue", decimal(sum.equity)).text("totalNtlPos", decimal(notional));
  w.text("totalRawUsd", decimal(sum.equity - net)).text("totalMarginUsed", decimal(used)).close();
}

void Shapes::leverage(JsonWriter& w, AccountId account, const Asset& asset,
                      const exchange::PositionView* p) const {
  const MarginMode mode = p ? p->mode : desk_.margin_mode(account, asset.instrument);
  const Leverage set = p ? p->leverage : desk_.leverage(account, asset.instrument);
  w.open("leverage", '{').text("type", mode == MarginMode::isolated ? "isolated" : "cross");
  w.raw("value", set.raw() / Leverage::scale);
  if (mode == MarginMode::isolated) {
    const Amount raw =
        p ? margin_used(account, *p) - signed_value(value_at_mark(*p), *p) : Amount();
    w.text("rawUsd", decimal(raw));
  }
  w.close();
}

void Shapes::position(JsonWriter& w, AccountId account, const Asset& asset,
                      const exchange::PositionView& p) const {
  const Amount profit = desk_.profit_of(p), used = margin_used(account, p);
  const auto entry = desk_.entry_price(p);
  const auto liquidation = desk_.liquidation_price(account, p);
  Amount paid;
  for (const MoneyRecord& row : desk_.money(account))
    if (row.kind == MoneyRecord::Kind::funding && row.instrument == p.instrument)
      paid -= row.amount;
  w.open('{').text("type", "oneWay").open("position", '{').text("coin", asset.coin);
  w.text("szi", signed_size(p));
  leverage(w, account, asset, &p);
  w.text("entryPx", decimal(entry ? entry->approx() : 0.0, 6));
  w.text("positionValue", decimal(value_at_mark(p))).text("unrealizedPnl", decimal(profit));
  const double back = used > Amount() ? profit.approx() / used.approx() : 0.0;
  w.text("returnOnEquity", decimal(back, 10));
  if (liquidation) {
    w.text("liquidationPx", decimal(liquidation->approx(), 8));
  } else {
    w.null("liquidationPx");
  }
  w.text("marginUsed", decimal(used)).raw("maxLeverage", asset.leverage_most);
  w.open("cumFunding", '{').text("allTime", decimal(paid)).text("sinceOpen", decimal(paid));
  w.text("sinceChange", decimal(paid)).close().close().close();
}

void Shapes::clearinghouse(JsonWriter& w, std::optional<AccountId> account) const {
  w.open('{');
  if (!account) {
    for (const char* key : {"marginSummary", "crossMarginSummary"}) {
      w.open(key, '{').text("accountValue", "0.0").text("totalNtlPos", "0.0");
      w.text("totalRawUsd", "0.0").text("totalMarginUsed", "0.0").close();
    }
    w.text("crossMaintenanceMarginUsed", "0.0").text("withdrawable", "0.0");
    w.open("assetPositions", '[').close();
  } else {
    const auto cross = sum_of(desk_, *account, universe_.collateral(), true);
    margin_summary(w, "marginSummary", *account, false);
    margin_summary(w, "crossMarginSummary", *account, true);
    w.text("crossMaintenanceMarginUsed", decimal(cross.maintenance));
    w.text("withdrawable", decimal(std::max(cross.equity - cross.initial, Amount())));
    w.open("assetPositions", '[');
    for (const exchange::PositionView& p : desk_.positions(*account))
      if (const Asset* asset = universe_.by_instrument(p.instrument); asset && !asset->spot)
        position(w, *account, *asset, p);
    w.close();
  }
  w.raw("time", desk_.door().market_now().ms()).close();
}

// The perpetuals' collateral is another wallet here: of this one only what is in spot pairs shows.
void Shapes::spot_state(JsonWriter& w, std::optional<AccountId> account) const {
  const exchange::ExchangeSetup& setup = desk_.door().setup();
  w.open('{').open("balances", '[');
  for (size_t c = 0; account && c < setup.coins.size(); ++c) {
    const CoinId coin = static_cast<uint16_t>(c);
    if (coin == universe_.collateral() && universe_.pairs().empty()) continue;
    const Amount total = desk_.door().exchange().wallet(*account, coin);
    if (total == Amount()) continue;
    w.open('{').text("coin", setup.coins[c].name).raw("token", c).text("hold", "0.0");
    w.text("total", decimal(total)).text("entryNtl", "0.0").close();
  }
  w.close().close();
}

void Shapes::active_asset(JsonWriter& w, AccountId account, std::string_view user,
                          const Asset& asset) const {
  const Price mark = desk_.door().exchange().mark(asset.instrument).value_or(Price());
  const auto cross = sum_of(desk_, account, universe_.collateral(), true);
  const Amount free = std::max(cross.equity - cross.initial, Amount());
  const double most =
      free.approx() * desk_.leverage(account, asset.instrument).approx();  // per side, flat
  double held = 0;  // closing comes free, and opening as much on the other side
  for (const exchange::PositionView& p : desk_.positions(account))
    if (p.instrument == asset.instrument) held = signed_value(value_at_mark(p), p).approx();
  const double buy = most + (held < 0 ? -2 * held : 0), sell = most + (held > 0 ? 2 * held : 0);
  w.open('{').text("user", user).text("coin", asset.coin);
  leverage(w, account, asset, nullptr);
  const double price = mark.approx() > 0 ? mark.approx() : 1;
  w.open("maxTradeSzs", '[');
  w.item(decimal(buy / price, asset.size_digits)).item(decimal(sell / price, asset.size_digits));
  w.close().open("availableToTrade", '[').item(decimal(buy, 6)).item(decimal(sell, 6)).close();
  w.text("markPx", decimal(mark)).close();
}

void Shapes::fees(JsonWriter& w, std::optional<AccountId> account) const {
  Rate taker, maker;
  if (!universe_.perpetuals().empty()) {
    const auto& rule = desk_.listing(universe_.perpetuals().front().instrument).rules.fees;
    if (rule) taker = rule->taker.value_or(Rate()), maker = rule->maker.value_or(Rate());
  }
  Rate spot_taker = taker, spot_maker = maker;
  if (!universe_.pairs().empty()) {
    const auto& rule = desk_.listing(universe_.pairs().front().instrument).rules.fees;
    if (rule) spot_taker = rule->taker.value_or(taker), spot_maker = rule->maker.value_or(maker);
  }
  Amount crossed, added;
  if (account) {
    for (const FillRecord& fill : desk_.fills(*account))
      (fill.maker ? added : crossed) += fill.value;
  }
  w.open('{').open("dailyUserVlm", '[').open('{');
  w.text("date", desk_.door().market_now().date()).text("userCross", decimal(crossed));
  w.text("userAdd", decimal(added)).text("exchange", decimal(crossed + added)).close().close();
  w.open("feeSchedule", '{').text("cross", decimal(taker)).text("add", decimal(maker));
  w.text("spotCross", decimal(spot_taker)).text("spotAdd", decimal(spot_maker));
  w.open("tiers", '{').open("vip", '[').close().open("mm", '[').close().close();
  w.text("referralDiscount", "0.0").open("stakingDiscountTiers", '[');
  w.open('{').text("bpsOfMaxSupply", "0.0").text("discount", "0.0").close().close().close();
  w.text("userCrossRate", decimal(taker)).text("userAddRate", decimal(maker));
  w.text("userSpotCrossRate", decimal(spot_taker)).text("userSpotAddRate", decimal(spot_maker));
  w.text("activeReferralDiscount", "0.0").null("trial").text("feeTrialEscrow", "0.0");
  w.null("nextTrialAvailableTimestamp").null("stakingLink");
  w.open("activeStakingDiscount", '{').text("bpsOfMaxSupply", "0.0").text("discount", "0.0");
  w.close().close();
}

}  // namespace delever::gateways::hyperliquid
