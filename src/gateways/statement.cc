#include "gateways/statement.h"

#include <algorithm>

#include "margin/evaluate.h"

namespace delever::gateways {
namespace {

double usd_price(const exchange::Exchange& exchange, const exchange::CoinSetup& coin) {
  if (!coin.index) return 1;
  const auto price = exchange.index(*coin.index);
  return price ? price->approx() : 0;
}

Amount at_least_nothing(Amount x) { return std::max(x, Amount()); }

// The margins of each position, by the margin library: what the exchange itself decides by.
void add_positions(const exchange::Exchange& exchange, AccountId account,
                   const margin::Account& held, Statement& out) {
  const auto margins = margin::evaluate(held, exchange.prices(), exchange.rulebooks());
  for (const exchange::PositionView& view : exchange.positions(account)) {
    PositionFigures figures{.view = view};
    for (size_t i = 0; i < held.positions.size(); ++i) {
      const margin::Position& p = held.positions[i];
      if (p.instrument != view.instrument || p.side != view.side) continue;
      figures.coin = exchange.rulebooks()[p.book].settle;
      if (!margins.has_value()) continue;
      const margin::PositionMargin& m = margins.value().positions[i];
      figures.value = m.value;
      figures.profit = m.profit;
      figures.initial = m.initial;
      figures.maintenance = m.maintenance;
    }
    if (view.qty == Qty()) continue;
    CoinFigures& coin = out.coins[figures.coin];
    coin.profit += figures.profit;
    coin.initial_positions += figures.initial;
    coin.maintenance += figures.maintenance;
    if (view.mode == MarginMode::isolated) {
      coin.isolated += view.margin;
      coin.wallet += view.margin;
    }
    out.positions.push_back(figures);
  }
}

}  // namespace

Statement statement_of(const Desk& desk, AccountId account) {
  const exchange::Exchange& exchange = desk.door().exchange();
  const auto& setups = desk.door().setup().coins;
  const margin::Account held = exchange.account(account);
  Statement out;
  for (CoinId c = 0; c < exchange.coins(); ++c) {
    CoinFigures coin{.coin = c, .wallet = exchange.wallet(account, c)};
    coin.usd = c < setups.size() ? usd_price(exchange, setups[c]) : 1;
    Amount free = coin.wallet;
    for (const margin::Balance& b : held.balances) {
      if (b.coin == c) free = b.amount;
    }
    coin.held = coin.wallet - free;
    coin.available = at_least_nothing(free);
    out.coins.push_back(coin);
  }
  add_positions(exchange, account, held, out);
  double pooled = 0;
  bool in_usd = false;
  for (const exchange::PoolView& pool : exchange.pools(account)) {
    if (!pool.coin) {
      in_usd = true;
      if (!pool.isolated) pooled = at_least_nothing(pool.equity - pool.initial).approx();
      continue;
    }
    if (pool.isolated || *pool.coin >= out.coins.size()) continue;
    CoinFigures& coin = out.coins[*pool.coin];
    coin.available =
        std::min(at_least_nothing(pool.equity - pool.initial),
                 at_least_nothing(coin.wallet - coin.isolated - coin.held + coin.profit));
    Amount isolated_initial;
    for (const PositionFigures& p : out.positions) {
      if (p.coin == *pool.coin && p.view.mode == MarginMode::isolated)
        isolated_initial += p.initial;
    }
    coin.initial_orders =
        at_least_nothing(pool.initial - (coin.initial_positions - isolated_initial));
  }
  for (CoinFigures& coin : out.coins) {
    if (in_usd && coin.usd > 0)
      coin.available =
          std::min(coin.available, Amount::nearest(std::min(pooled / coin.usd, 9e10)).value());
    out.wallet += coin.wallet.approx() * coin.usd;
    out.profit += coin.profit.approx() * coin.usd;
    out.equity += coin.equity().approx() * coin.usd;
    out.initial += (coin.initial_positions + coin.initial_orders).approx() * coin.usd;
    out.maintenance += coin.maintenance.approx() * coin.usd;
    out.available += coin.available.approx() * coin.usd;
  }
  if (in_usd) out.available = pooled;
  return out;
}

bool can_carry(const Desk& desk, const SubmitOrder& order) {
  const exchange::Exchange& exchange = desk.door().exchange();
  const ContractRule& contract = *desk.listing(order.instrument).rules.contract;
  const auto mark = exchange.mark(order.instrument);
  const double price = order.price > Price() ? order.price.approx() : (mark ? mark->approx() : 0);
  const double size = contract.size.value_or(Qty()).approx() * order.qty.approx();
  const bool inverse = contract.kind == InstrumentKind::inverse;
  const double value = inverse ? (price > 0 ? size / price : 0) : size * price;
  const Statement statement = statement_of(desk, order.account);
  for (const CoinFigures& coin : statement.coins) {
    if (desk.door().setup().coins[coin.coin].name == contract.settle)
      return value <=
             coin.available.approx() * desk.leverage(order.account, order.instrument).approx();
  }
  return true;
}

}  // namespace delever::gateways
