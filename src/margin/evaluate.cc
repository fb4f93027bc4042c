#include "margin/evaluate.h"

#include <algorithm>

#include "margin/portfolio.h"

namespace delever::margin {
namespace {

Error too_large() { return {Fault::out_of_range, "the account's sums pass 92 billion coins"}; }

Error no_price(std::string_view what, size_t id) {
  return {Fault::no_evidence, "no " + std::string(what) + " " + std::to_string(id)};
}

// Sums kept wide until the pool is closed.
struct Sums {
  Wide wallet = 0, profit = 0, initial = 0, maintenance = 0, fee = 0;
};

void add(Sums& sums, const PositionMargin& margin) {
  sums.profit += margin.profit.raw();
  sums.initial += margin.initial.raw();
  sums.maintenance += margin.maintenance.raw();
  sums.fee += margin.liquidation_fee.raw();
}

// Coin to USD: gains down, debts and margins up.
Wide in_usd(Wide units, Price price, Round round) {
  CHECK(units <= INT64_MAX && units >= INT64_MIN);
  return divide<Price::scale>(units * price.raw(), round);
}

// Every figure must fit 64 bits, and so must the sums that readers of a pool will form of them.
Result<Pool> close(const Sums& sums, bool at_equality) {
  const auto wallet = fit<Amount>(sums.wallet), profit = fit<Amount>(sums.profit),
             initial = fit<Amount>(sums.initial), maintenance = fit<Amount>(sums.maintenance),
             fee = fit<Amount>(sums.fee);
  if (!wallet || !profit || !initial || !maintenance || !fee ||
      !fit<Amount>(sums.wallet + sums.profit) || !fit<Amount>(sums.maintenance + sums.fee) ||
      !fit<Amount>(sums.wallet + sums.profit - sums.initial))
    return too_large();
  return Pool{
      .wallet = *wallet,
      .profit = *profit,
      .initial = *initial,
      .maintenance = *maintenance,
      .liquidation_fee = *fee,
      .liquidated = triggered(sums.wallet + sums.profit, sums.maintenance + sums.fee, at_equality)};
}

Result<Wide> usd_wallet(const Account& account, const MarkPrices& marks, const Rulebooks& books) {
  Wide sum = 0;
  for (const Balance& balance : account.balances) {
    if (balance.amount == Amount()) continue;
    const std::optional<Rate> haircut = books.haircut(balance.coin);
    if (!haircut && balance.amount > Amount()) continue;  // not accepted as collateral
    const Price* price = MarkPrices::at(marks.coin_usd, balance.coin);
    if (!price || price->raw() <= 0) return no_price("index price of coin", balance.coin);
    const auto value = collateral_value(balance.amount, *price, haircut.value_or(Rate()));
    if (!value) return too_large();
    sum += value->raw();
  }
  return sum;
}

// The scenario matrix in place of the sum over positions.
Result<void> by_scenarios(const Account& account, const MarkPrices& marks, const Rulebooks& books,
                          CoinId coin, const ScenarioRule& rule, Sums& sums) {
  const Price* usd = MarkPrices::at(marks.coin_usd, coin);
  if (!usd || usd->raw() <= 0) return no_price("index price of coin", coin);
  ScenarioInput input;
  input.index = usd->approx();
  for (const Position& position : account.positions) {
    const Rulebooks::Compiled& book = books[position.book];
    if (position.mode != MarginMode::cross || book.settle != coin) continue;
    const Price* underlying = MarkPrices::at(marks.underlying, position.instrument);
    const std::optional<Price> forward = underlying ? std::optional(*underlying) : std::nullopt;
    std::optional<double> years;
    if (position.instrument < marks.years.size()) years = marks.years[position.instrument];
    const Price mark =
        *MarkPrices::at(marks.mark, position.instrument);  // evaluate() has asked for it
    input.legs.push_back(TRY(risk_leg(position, book, mark, forward, years)));
  }
  if (input.legs.empty()) return {};
  const ScenarioMargin margin = TRY(scenario_margin(rule, input));
  sums.initial = margin.initial.raw();
  sums.maintenance = margin.maintenance.raw();
  return {};
}

Result<void> cross_pool(const Account& account, const MarkPrices& marks, const Rulebooks& books,
                        std::optional<CoinId> coin, AccountMargin& into) {
  Sums sums;
  bool any = false, at_equality = false;
  for (size_t i = 0; i < account.positions.size(); ++i) {
    const Position& position = account.positions[i];
    const Rulebooks::Compiled& book = books[position.book];
    if (position.mode != MarginMode::cross || (coin && book.settle != *coin)) continue;
    any = true;
    at_equality |= book.at_equality;  // a multi-asset pool is one venue's: the flags agree
    if (coin) {
      add(sums, into.positions[i]);
      continue;
    }
    const Price* usd = MarkPrices::at(marks.coin_usd, book.settle);
    if (!usd || usd->raw() <= 0) return no_price("index price of coin", book.settle);
    const PositionMargin& m = into.positions[i];
    sums.profit += in_usd(m.profit.raw(), *usd, Round::down);
    sums.initial += in_usd(m.initial.raw(), *usd, Round::up);
    sums.maintenance += in_usd(m.maintenance.raw(), *usd, Round::up);
    sums.fee += in_usd(m.liquidation_fee.raw(), *usd, Round::up);
  }
  if (coin && account.collateral == CollateralMode::portfolio) {
    if (const ScenarioRule* rule = books.scenarios(*coin))
      TRY(by_scenarios(account, marks, books, *coin, *rule, sums));
  }
  if (coin) {
    for (const Balance& balance : account.balances) {
      if (balance.coin != *coin) continue;
      any = true;
      sums.wallet += balance.amount.raw();
    }
  } else {
    any |= !account.balances.empty();
    sums.wallet = TRY(usd_wallet(account, marks, books));
  }
  if (!any) return {};
  Pool pool = TRY(close(sums, at_equality));
  pool.coin = coin;
  into.pools.push_back(pool);
  return {};
}

}  // namespace

bool triggered(Wide equity, Wide required, bool at_equality) {
  if (required == 0) return equity < 0;  // nothing to close, yet a debt
  return at_equality ? equity <= required : equity < required;
}

std::optional<double> Pool::ratio() const {
  const Amount held = equity();
  if (held <= Amount()) return std::nullopt;
  return (maintenance + liquidation_fee).approx() / held.approx();
}

bool AccountMargin::liquidated() const {
  return std::any_of(pools.begin(), pools.end(), [](const Pool& pool) { return pool.liquidated; });
}

Amount available(const Pool& pool) { return std::max(Amount(), pool.equity() - pool.initial); }

std::optional<Amount> collateral_value(Amount balance, Price coin_usd, Rate haircut) {
  const Wide kept = balance > Amount()
                        ? times(balance.raw(), Rate::raw(Rate::scale) - haircut, Round::down)
                        : Wide{balance.raw()};
  return fit<Amount>(divide<Price::scale>(kept * coin_usd.raw(), Round::down));
}

Result<void> evaluate(const Account& account, const MarkPrices& marks, const Rulebooks& books,
                      AccountMargin& into) {
  into.positions.clear();
  into.pools.clear();
  uint64_t coins =
      0;  // bit per coin of a cross pool; coins beyond 63 are found by the slow loop below
  CoinId highest = 0;
  const auto seen = [&](CoinId coin) {
    if (coin < 64) coins |= uint64_t{1} << coin;
    highest = std::max(highest, coin);
  };
  for (const Position& position : account.positions) {
    const Rulebooks::Compiled& book = books[position.book];
    const Price* mark = MarkPrices::at(marks.mark, position.instrument);
    if (!mark) return no_price("mark price of instrument", position.instrument);
    const Price* underlying = MarkPrices::at(marks.underlying, position.instrument);
    into.positions.push_back(TRY(
        position_margin(position, book, *mark,
                        underlying ? std::optional<Price>(*underlying) : std::optional<Price>())));
    if (position.mode == MarginMode::cross) seen(book.settle);
  }
  for (const Balance& balance : account.balances) seen(balance.coin);
  if (account.collateral == CollateralMode::multi_asset) {
    TRY(cross_pool(account, marks, books, std::nullopt, into));
  } else {
    for (uint32_t coin = 0; coin <= highest; ++coin) {
      if (coin >= 64 || (coins >> coin & 1))
        TRY(cross_pool(account, marks, books, static_cast<CoinId>(coin), into));
    }
  }
  for (size_t i = 0; i < account.positions.size(); ++i) {
    const Position& position = account.positions[i];
    if (position.mode != MarginMode::isolated) continue;
    Sums sums{.wallet = position.margin.raw()};
    add(sums, into.positions[i]);
    Pool pool = TRY(close(sums, books[position.book].at_equality));
    pool.coin = books[position.book].settle;
    pool.position = i;
    into.pools.push_back(pool);
  }
  return {};
}

Result<AccountMargin> evaluate(const Account& account, const MarkPrices& marks,
                               const Rulebooks& books) {
  AccountMargin margin;
  TRY(evaluate(account, marks, books, margin));
  return margin;
}

}  // namespace delever::margin
