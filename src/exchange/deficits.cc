// Who bears a loss: the fund, the vault, socialised profits, nobody; and how fund and vault get rid
// of what they took.
#include <algorithm>

#include "exchange/liquidator.h"

namespace delever::exchange {
namespace {

constexpr Duration kFundMemory = Duration::hours(8);

}  // namespace

// Whether the fund may still take positions on: it must stay above zero after the loss and, where
// the rule says so, above its best balance of eight hours less the drawdown allowed.
bool Liquidator::fund_bears(PositionId id, Wide loss, CoinId coin) {
  const PoolId fund = pools.cross_pool(kFund, coin);
  const PoolSums s = pools.trigger_sums(fund);
  const PoolId debtor = positions[id].pool;
  if (!pools[debtor].coin)
    loss = divide(loss * Price::scale, prices.coin_usd[coin]->raw(), Round::up);
  const Wide left = s.equity() - loss;
  if (!s.priced || left < 0 || s.equity() <= 0) return false;
  const auto& adl = markets[positions[id].instrument].listing->rules.adl;
  if (!adl || adl->trigger != AdlTrigger::drawdown || !adl->drawdown || fund_high[coin].empty())
    return true;
  const int64_t best = fund_high[coin].front().second;
  if (adl->drawdown_min && best < adl->drawdown_min->raw()) return true;
  return left >= best - times(best, *adl->drawdown, Round::down);
}

void Liquidator::take_over(PoolId p, AccountId by) {
  const Wide equity = pools.trigger_sums(p).equity();  // before anything is handed over
  for (const PositionId id : pools.in_pool(p)) {
    trading.drop_orders(id);
    const PositionState pos = positions[id];  // a copy: pools.find_or_add_position() may move them
    if (pos.lots == 0 || markets[pos.instrument].spot) continue;
    Market& m = markets[pos.instrument];
    const Round round = gains_with_value(m, pos.lots) ? Round::down : Round::up;
    const int64_t position_value =
        by == kFund ? bankruptcy_value(p, id) : value(m, std::abs(pos.lots), m.mark, round);
    const PositionId to =
        pools.find_or_add_position(by, pos.instrument, PositionSide::long_side, m);
    const auto at = by == kFund ? std::nullopt : std::optional(Price::raw(m.mark));
    trading.transfer(id, to, pos.lots, position_value, {.takeover = true, .at = at});
  }
  if (by == kVault) take_collateral(p, equity);
}

// The vault gets what margin there is, and bears what is missing.
void Liquidator::take_collateral(PoolId p, Wide equity) {
  const auto emit_moved = [&](CoinId of, int64_t units) {
    out.emit(pools[p].account, WalletChanged{.cause = WalletChanged::Cause::taken_by_vault,
                                             .coin = of,
                                             .isolated = {},
                                             .amount = Amount::raw(-units)});
  };
  if (!pools[p].coin) {  // every coin that backed the pool, and every debt in it
    const AccountId a = pools[p].account;
    for (CoinId c = 0; c < pools.coins(); ++c) {
      const int64_t free = narrow(wallet(a, c) - pools.held(a, c));
      if (free == 0 || (free > 0 && !rulebooks.haircut(c))) continue;
      ledger.move(wallet_of(a), wallet_of(kVault), c, free);
      pools.mark_dirty(pools.cross_pool(kVault, c));
      emit_moved(c, free);
    }
    return;
  }
  const CoinId coin = *pools[p].coin;
  const bool margin_short = pools[p].isolated != kNoId && equity < 0;
  const int64_t moved = narrow(equity);
  ledger.move(margin_short ? margin_of(positions[pools[p].isolated]) : wallet_of(pools[p].account),
              wallet_of(kVault), coin, moved);
  pools.mark_dirty(pools.cross_pool(kVault, coin));
  emit_moved(coin, moved);
}

// What a closed pool still owes: the fund pays, then, where the venue does so, the winners, then
// nobody.
void Liquidator::cover(PoolId p) {
  const PoolState pool = pools[p];  // a copy: pools.cross_pool() may move them
  const AccountId a = pool.account;
  if (pool.isolated != kNoId) {
    PositionState& pos = positions[pool.isolated];
    settle_debt(a, *pool.coin, margin_of(pos), pos.margin.units());
  } else if (pool.coin) {
    settle_debt(a, *pool.coin, wallet_of(a), wallet(a, *pool.coin));
  } else if (pools.trigger_sums(p).equity() < 0) {
    // all collateral goes to the fund, which pays all debts
    for (CoinId c = 0; c < pools.coins(); ++c) {
      if (wallet(a, c) > 0 && rulebooks.haircut(c) && pools.held(a, c) == 0)
        ledger.move(wallet_of(a), wallet_of(kFund), c, wallet(a, c));
      settle_debt(a, c, wallet_of(a), wallet(a, c));
    }
  }
}

// The fund pays a debt, then, where the venue does so, the winners, then nobody.
void Liquidator::settle_debt(AccountId a, CoinId coin, const MoneyAccount& debtor, Units balance) {
  if (balance >= 0) return;
  int64_t owed = -balance;
  const int64_t paid = a == kFund ? 0 : std::min(owed, std::max<int64_t>(wallet(kFund, coin), 0));
  ledger.move(wallet_of(kFund), debtor, coin, paid);
  owed -= paid;
  if (paid > 0) {
    pools.mark_dirty(pools.cross_pool(kFund, coin));
    out.emit(a, DeficitCovered{coin, Amount::raw(paid)});
  }
  if (owed > 0) owed -= socialise(coin, owed, a, debtor);
  ledger.move(MoneyAccount::shortfall(), debtor, coin, owed);
  if (owed > 0) out.emit(a, DeficitUncovered{coin, Amount::raw(owed)});
}

// Takes from profits that are not realised yet, in proportion, as far as wallets carry it; returns
// what was taken.
Units Liquidator::socialise(CoinId coin, Units deficit, AccountId debtor, const MoneyAccount& to) {
  const bool rule = std::any_of(markets.begin(), markets.end(), [coin](const Market& m) {
    return !m.spot && m.settle == coin &&
           has_step(*m.listing->rules.liquidation, LiquidationStep::socialise_loss);
  });
  if (!rule) return 0;
  std::vector<AdlCandidate> winners;
  for (AccountId a = kFirstUser; a < accounts.size(); ++a) {
    if (a == debtor || accounts[a].collateral == CollateralMode::multi_asset) continue;
    for (const PoolId p : accounts[a].pools) {
      if (pools[p].isolated != kNoId || !pools.active(p) || pools[p].coin != coin) continue;
      const PoolSums s = pools.trigger_sums(p);
      const Wide most = smaller(s.profit, s.equity() - s.maintenance);
      const Wide capacity = smaller(most, wallet(a, coin) - pools.held(a, coin));
      if (s.priced && capacity > 0) winners.push_back({.account = a, .capacity = narrow(capacity)});
    }
  }
  const AdlShare share = share_deficit(AdlPolicy::pro_rata, winners, deficit);
  for (size_t k = 0; k < winners.size(); ++k) {
    if (share.taken[k] == 0) continue;
    const AccountId a = winners[k].account;
    ledger.move(wallet_of(a), to, coin, share.taken[k]);
    for (const PoolId p : accounts[a].pools) pools.mark_dirty(p);
    out.emit(
        a, ProfitSocialised{.coin = coin, .debtor = debtor, .amount = Amount::raw(share.taken[k])});
  }
  CHECK(share.total <= deficit);
  return share.total;
}

// Sells a part of what the fund or the vault holds, near the mark; one that has lost all it had is
// deleveraged.
void Liquidator::unwind_position(PoolId p, PositionId id) {
  const PositionState& pos = positions[id];
  const Market& m = markets[pos.instrument];
  if (pos.lots == 0 || m.mark == 0 || m.settled) return;
  const PoolSums s = pools.trigger_sums(p);
  if (s.priced && s.equity() < 0) {
    out.emit(pools[p].account,
             LiquidationStarted{.coin = m.settle,
                                .instrument = pos.instrument,
                                .equity = Amount::raw(narrow(s.equity())),
                                .maintenance = Amount::raw(narrow(s.maintenance))});
    const auto& adl = m.listing->rules.adl;
    deleverage(id, adl && adl->price == AdlPrice::previous_mark ? adl->price : AdlPrice::mark);
    return;
  }
  const Lots lots = std::abs(pos.lots);
  const auto part = static_cast<Lots>(times(lots, setup.unwind, Round::up));
  const auto away = static_cast<int64_t>(times(m.mark, setup.unwind_slippage, Round::down));
  const int64_t worst = pos.lots > 0 ? m.mark - away : m.mark + away;
  trading.trade_forced({id, std::clamp<Lots>(part, 1, lots), static_cast<Tick>(worst / m.tick)});
}

// The fund and the vault sell what they took, slowly.
void Liquidator::unwind() {
  for (const AccountId a : {kFund, kVault}) {
    const std::vector<PoolId> own = accounts[a].pools;
    for (const PoolId p : own) {
      for (const PositionId id : pools.in_pool(p)) unwind_position(p, id);
      const std::vector<PositionId> left = pools.in_pool(p);
      const bool flat = std::all_of(left.begin(), left.end(),
                                    [this](PositionId id) { return positions[id].lots == 0; });
      if (flat && wallet(a, *pools[p].coin) < 0) cover(p);
    }
  }
  for (CoinId c = 0; c < pools.coins(); ++c) {  // the fund's best balance of the last eight hours
    auto& high = fund_high[c];
    const int64_t balance = wallet(kFund, c);
    while (!high.empty() && high.back().second <= balance) high.pop_back();
    high.push_back({now, balance});
    while (now - high.front().first > kFundMemory) high.pop_front();
  }
}

}  // namespace delever::exchange
