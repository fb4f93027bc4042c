#include "cascade/stress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "margin/portfolio.h"
#include "options/black.h"

namespace delever::cascade {
namespace {

// Displacements: 0.2 % between two looks, 10 bp to a bucket of the flow curves.
constexpr double kScanStep = 0.002;
constexpr double kBucket = 0.001;

Result<Price> as_price(double price) {
  auto exact = Price::nearest(price);
  if (!exact.has_value() || exact.value().raw() <= 0)
    return Error{Fault::out_of_range, "a price beyond its range"};
  return exact;
}

Result<margin::MarkPrices> marks_at(const StressBook& book, const StressAccount& account,
                                    double price) {
  const StressVenue& venue = *book.venues[account.venue];
  const Price mark = TRY(as_price(price));
  InstrumentId highest = 0;
  for (const margin::Position& position : account.account.positions)
    highest = std::max(highest, position.instrument);
  margin::MarkPrices marks;
  // By instrument number. The asset's price stands everywhere, and other coins' contracts over it.
  marks.mark.assign(highest + 1, mark);
  for (const margin::Position& position : account.account.positions) {
    const auto other = book.of_other.find(position.instrument);
    if (other != book.of_other.end())
      marks.mark[position.instrument] = TRY(as_price(book.other_price(other->second, price)));
  }
  marks.underlying.assign(highest + 1, mark);
  for (size_t coin = 0; coin < venue.coin_usd.size(); ++coin) {
    const auto moving = venue.moving.find(static_cast<CoinId>(coin));
    if (venue.asset == static_cast<CoinId>(coin))
      marks.coin_usd.emplace_back(mark);
    else if (moving != venue.moving.end())
      marks.coin_usd.emplace_back(TRY(as_price(book.other_price(moving->second, price))));
    else if (venue.coin_usd[coin])
      marks.coin_usd.emplace_back(TRY(as_price(*venue.coin_usd[coin])));
    else
      marks.coin_usd.emplace_back(std::nullopt);
  }
  return marks;
}

// Dollars of a pool's money: pools over several coins (no coin) are in dollars already.
double usd_of(const StressBook& book, const StressVenue& venue, std::optional<CoinId> coin,
              double price) {
  if (!coin) return 1;
  if (const auto moving = venue.moving.find(*coin); moving != venue.moving.end())
    return book.other_price(moving->second, price);
  return venue.asset == *coin ? price : venue.coin_usd[*coin].value_or(1);
}

double sign_of(PositionSide side) { return side == PositionSide::long_side ? 1 : -1; }

Result<UnitState> scenario_state(const StressVenue& venue, const StressAccount& account,
                                 double price) {
  margin::ScenarioInput input{.index = price};
  double equity = account.cash;
  for (const ScenarioPosition& p : account.scenario) {
    const double sign = sign_of(p.side);
    if (!p.option) {
      // Deribit: sizes in coins, so dollars of a future over the price; profit of an inverse
      // contract is q (1 / entry - 1 / price) coins (docs/models/margin.md).
      input.legs.push_back({.size = sign * p.qty / price});
      equity += sign * p.qty * (1 / p.entry - 1 / price);
      continue;
    }
    input.legs.push_back({.size = sign * p.qty,
                          .years = p.years,
                          .option = p.option,
                          .forward = price,
                          .volatility = p.vol});
    equity += sign * p.qty *
              options::black_price({.forward = price,
                                    .strike = p.option->strike.approx(),
                                    .years = p.years,
                                    .vol = p.vol,
                                    .type = p.option->type}) /
              price;
  }
  const margin::ScenarioMargin margin = TRY(margin::scenario_margin(*venue.scenarios, input));
  UnitState s{.equity = equity * price,
              .initial = margin.initial.approx() * price,
              .maintenance = margin.maintenance.approx() * price};
  s.liquidated = s.equity < s.maintenance;
  s.called = s.equity < s.initial;
  return s;
}

const margin::Pool* pool_of(const margin::AccountMargin& margin, const StressUnit& unit) {
  for (const margin::Pool& pool : margin.pools) {
    if (unit.position ? pool.position == unit.position : !pool.position && pool.coin == unit.coin)
      return &pool;
  }
  return nullptr;
}

void count_size(StressUnit& unit, const margin::Position& position, const StressBook& all,
                const margin::Rulebooks::Compiled& book) {
  const double size = unit.count * position.qty.approx() * book.size.approx();
  if (const auto other = all.of_other.find(position.instrument); other != all.of_other.end()) {
    (book.inverse ? unit.other_face : unit.other_coins[other->second]) += size;
    return;
  }
  if (position.side == PositionSide::long_side)
    (book.inverse ? unit.long_face : unit.long_coins) += size;
  else
    (book.inverse ? unit.short_face : unit.short_coins) += size;
}

std::vector<StressUnit> units_of(const StressBook& book, size_t index) {
  const StressAccount& a = book.accounts[index];
  const StressVenue& venue = *book.venues[a.venue];
  std::vector<StressUnit> units;
  if (!a.scenario.empty()) {
    StressUnit unit{.account = index, .count = a.count, .kind = a.kind};
    for (const ScenarioPosition& p : a.scenario) {
      if (p.option) continue;  // closed by the book of options, not by a sale of the asset
      (p.side == PositionSide::long_side ? unit.long_face : unit.short_face) += a.count * p.qty;
    }
    unit.beside_coins = a.count * a.beside;
    return {unit};
  }
  for (size_t i = 0; i < a.account.positions.size(); ++i) {
    const margin::Position& position = a.account.positions[i];
    const margin::Rulebooks::Compiled& its = venue.books[position.book];
    StressUnit unit{.account = index, .count = a.count, .kind = a.kind};
    if (position.mode == MarginMode::isolated)
      unit.position = i;
    else if (a.account.collateral == CollateralMode::single_coin)
      unit.coin = its.settle;
    auto found = units.end();
    if (!unit.position)
      found = std::find_if(units.begin(), units.end(),
                           [&](const StressUnit& u) { return !u.position && u.coin == unit.coin; });
    if (found == units.end()) found = units.insert(units.end(), unit);
    count_size(*found, position, book, its);
  }
  // Once an account: its first unit carries what is held beside.
  if (!units.empty()) units[0].beside_coins = a.count * a.beside;
  return units;
}

// One instrument, whose price alone moves the pool: price.h knows its thresholds.
std::optional<size_t> single_position(const StressBook& book, const StressUnit& unit) {
  const StressAccount& a = book.accounts[unit.account];
  if (unit.kind == AccountKind::portfolio) return std::nullopt;
  // Of another coin, in one, or set aside in one: the price that moves is not the asset's alone.
  const bool pure =
      unit.other_coins.empty() && unit.other_face == 0 && book.venues[a.venue]->moving.empty();
  if (!pure) return std::nullopt;
  if (unit.position) return unit.position;
  if (!unit.coin) return std::nullopt;  // collateral in several coins may move too
  const StressVenue& venue = *book.venues[a.venue];
  std::optional<size_t> first;
  for (size_t i = 0; i < a.account.positions.size(); ++i) {
    const margin::Position& position = a.account.positions[i];
    if (position.mode != MarginMode::cross || venue.books[position.book].settle != *unit.coin)
      continue;
    // Two instruments of one asset move together here, but price.h lets only one of them move.
    if (first && a.account.positions[*first].instrument != position.instrument) return std::nullopt;
    first = first.value_or(i);
  }
  return first;
}

std::optional<double> within(std::optional<double> y, double reach) {
  return y && *y <= reach ? y : std::nullopt;
}

// The first displacement at which the unit is liquidated, by evaluating: every step, then halving.
Result<std::optional<double>> scan(const StressBook& book, const StressUnit& unit, double sign,
                                   double reach) {
  const auto hit = [&](double y) -> Result<bool> {
    const UnitState state = TRY(unit_state(book, unit, book.price * std::exp(sign * y)));
    return state.liquidated;
  };
  double safe = 0;
  while (safe < reach) {
    double y = std::min(reach, safe + kScanStep);
    if (!TRY(hit(y))) {
      safe = y;
      continue;
    }
    // 0.002 / 2^40 is beyond what a double of a price tells apart. The liquidated end is handed
    // back.
    for (int i = 0; i < 40; ++i) {
      const double middle = (safe + y) / 2;
      (TRY(hit(middle)) ? y : safe) = middle;
    }
    return std::optional<double>(y);
  }
  return std::optional<double>();
}

Result<void> find_thresholds(const StressBook& book, StressUnit& unit, double reach) {
  const StressAccount& a = book.accounts[unit.account];
  const StressVenue& venue = *book.venues[a.venue];
  if (const auto at = single_position(book, unit)) {
    const margin::MarkPrices marks = TRY(marks_at(book, a, book.price));
    const margin::PricePool pool = TRY(margin::price_pool(a.account, *at, marks, venue.books));
    const margin::SafePrices safe = TRY(margin::liquidation_prices(pool));
    if (safe.below) unit.falls = within(std::log(book.price / *safe.below), reach);
    if (safe.above) unit.rises = within(std::log(*safe.above / book.price), reach);
  } else {
    unit.falls = TRY(scan(book, unit, -1, reach));
    unit.rises = TRY(scan(book, unit, 1, reach));
  }
  if (!unit.position || !a.stops[*unit.position]) return {};
  const double stop = a.stops[*unit.position]->approx();
  const margin::Position& stopped = a.account.positions[*unit.position];
  if (const auto other = book.of_other.find(stopped.instrument); other != book.of_other.end()) {
    const StressCoin& coin = book.others[other->second];
    const double to = std::log(stop / coin.price);  // of its own price
    // A stop on the winning side is none, and a coin that does not move never reaches one.
    if (coin.beta == 0 || (to < 0) != (stopped.side == PositionSide::long_side)) return {};
    // The asset's displacement that takes the coin there; with a negative beta the other way round.
    const double y = to / coin.beta;
    const auto& liquidated = y < 0 ? unit.falls : unit.rises;
    if (std::abs(y) <= reach && std::abs(y) < liquidated.value_or(reach + 1))
      (y < 0 ? unit.stop_falls : unit.stop_rises) = std::abs(y);
    return {};
  }
  if (a.account.positions[*unit.position].side == PositionSide::long_side) {
    const double y = std::log(book.price / stop);
    // Only a stop that comes before the liquidation is ever sent.
    if (y > 0 && y <= reach && y < unit.falls.value_or(reach + 1)) unit.stop_falls = y;
  } else {
    const double y = std::log(stop / book.price);
    if (y > 0 && y <= reach && y < unit.rises.value_or(reach + 1)) unit.stop_rises = y;
  }
  return {};
}

}  // namespace

std::string_view account_kind_name(AccountKind kind) {
  switch (kind) {
    case AccountKind::isolated:
      return "isolated";
    case AccountKind::cross:
      return "cross";
    case AccountKind::portfolio:
      return "portfolio";
  }
  check_failed("an AccountKind has a name", __FILE__, __LINE__);
}

double StressBook::other_price(size_t i, double asset_price) const {
  return others[i].price * std::pow(asset_price / price, others[i].beta);
}

double StressUnit::value_at(const StressBook& book, double price) const {
  double usd = (longs(price) + shorts(price)) * price + other_face;
  for (const auto& [other, coins] : other_coins) usd += coins * book.other_price(other, price);
  return usd;
}

size_t leverage_band(double leverage) {
  size_t band = 0;
  while (band < kLeverageBands.size() && leverage > kLeverageBands[band]) ++band;
  return band;
}

Result<UnitState> unit_state(const StressBook& book, const StressUnit& unit, double price) {
  const StressAccount& a = book.accounts[unit.account];
  const StressVenue& venue = *book.venues[a.venue];
  if (!a.scenario.empty()) return scenario_state(venue, a, price);
  const margin::MarkPrices marks = TRY(marks_at(book, a, price));
  const margin::AccountMargin margin = TRY(margin::evaluate(a.account, marks, venue.books));
  const margin::Pool* pool = pool_of(margin, unit);
  CHECK(pool);
  std::optional<CoinId> coin = unit.coin;
  if (unit.position) coin = venue.books[a.account.positions[*unit.position].book].settle;
  const double usd = usd_of(book, venue, coin, price);
  UnitState s{.equity = pool->equity().approx() * usd,
              .initial = pool->initial.approx() * usd,
              .maintenance = (pool->maintenance + pool->liquidation_fee).approx() * usd};
  // The venue's own trigger, as margin::evaluate decided it, not a comparison made again here.
  s.liquidated = pool->liquidated;
  s.called = s.equity < s.initial;
  if (a.kind == AccountKind::portfolio && venue.unified) {
    const margin::UnifiedMargin unified =
        margin::unified_margin(*venue.unified, pool->equity(), pool->maintenance);
    s.liquidated = unified.band == margin::UnifiedBand::liquidation ||
                   unified.band == margin::UnifiedBand::bankrupt;
    s.called = s.liquidated || unified.band != margin::UnifiedBand::free;
  }
  return s;
}

Result<std::vector<StressUnit>> stress_units(const StressBook& book, double reach,
                                             std::vector<StressLeftOut>* left_out) {
  if (!(reach > 0) || !(reach < 5))
    return Error{Fault::refused, "the reach of a stress is between 0 and 5"};
  std::vector<StressUnit> out;
  for (size_t i = 0; i < book.accounts.size(); ++i) {
    for (StressUnit& unit : units_of(book, i)) {
      unit.value_usd = unit.value_at(book, book.price);
      const auto prepare = [&]() -> Result<void> {
        // A ladder whose end no source shows has no margin beyond it: asked at both ends of the
        // reach, so that the unit is left out as a whole and not half of its curve.
        for (const double y : {-reach, reach}) {
          if (left_out) TRY(unit_state(book, unit, book.price * std::exp(y)));
        }
        const UnitState state = TRY(unit_state(book, unit, book.price));
        unit.equity_usd = unit.count * state.equity;
        unit.leverage = state.equity > 0 ? unit.value_usd / unit.equity_usd
                                         : std::numeric_limits<double>::infinity();
        unit.due = state.liquidated;
        if (unit.due) {
          unit.falls = unit.rises = 0;
          return {};
        }
        return find_thresholds(book, unit, reach);
      };
      if (auto prepared = prepare(); !prepared.has_value()) {
        Error why = std::move(prepared.error()).at("account " + book.accounts[i].id);
        if (!left_out || why.fault != Fault::no_evidence) return why;
        left_out->push_back({std::move(unit), std::move(why)});
        continue;
      }
      out.push_back(std::move(unit));
    }
  }
  return out;
}

Result<StressWave> stress_wave(const StressBook& book, const std::vector<StressUnit>& units,
                               double move) {
  if (!std::isfinite(move) || move == 0 || move <= -1)
    return Error{Fault::refused, "a move is above -100 % and not 0"};
  const bool rising = move > 0;
  StressWave wave{.move = move, .y = std::abs(std::log1p(move)), .price = book.price * (1 + move)};
  for (const StressUnit& unit : units) {
    StressByKind& kind = wave.kinds[static_cast<size_t>(unit.kind)];
    const size_t band = leverage_band(unit.leverage);
    const auto& threshold = rising ? unit.rises : unit.falls;
    const auto& stop = rising ? unit.stop_rises : unit.stop_falls;
    kind.units += unit.count;
    kind.equity_usd += unit.equity_usd + unit.beside_coins * book.price;
    kind.loss_usd -= unit.beside_coins * (wave.price - book.price);
    const auto price_at = [&](double y) { return book.price * std::exp(rising ? y : -y); };
    // Its loss is what it had less what it has at the stop.
    if (stop && *stop <= wave.y) {
      const double price = price_at(*stop);
      const UnitState state = TRY(unit_state(book, unit, price));
      kind.stopped += unit.count;
      kind.loss_usd += unit.equity_usd - unit.count * state.equity;
      const double net = unit.longs(price) - unit.shorts(price);
      wave.stopped_coins += rising ? -net : net;
    } else if (threshold && *threshold <= wave.y) {
      const double price = price_at(*threshold), longs = unit.longs(price),
                   shorts = unit.shorts(price);
      kind.liquidated += unit.count;
      // A unit without equity has nothing to lose: the deficit is the venue's.
      kind.loss_usd += std::max(0.0, unit.equity_usd);
      kind.by_band[band].coins += longs + shorts;
      kind.by_band[band].usd += unit.value_at(book, price);
      wave.longs.coins += longs;
      wave.longs.usd += longs * price;
      wave.shorts.coins += shorts;
      wave.shorts.usd += shorts * price;
    } else {
      const UnitState state = TRY(unit_state(book, unit, wave.price));
      kind.called += state.called ? unit.count : 0;
      kind.loss_usd += unit.equity_usd - unit.count * state.equity;
      wave.left_usd[band] += unit.value_at(book, wave.price);
    }
  }
  return wave;
}

namespace {

Result<Flow> flow_of(const std::vector<FlowCurve::Mass>& masses, FlowKind kind, double reach) {
  const FlowCurve curve = TRY(FlowCurve::of_masses(masses, {.width = kBucket, .end = reach}));
  return Flow{.kind = kind,
              .low = curve,
              .high = curve,
              .mid = curve,
              .prior_only = {},
              .source = "accounts"};
}

}  // namespace

Result<Flow> liquidation_flow(const StressBook& book, const std::vector<StressUnit>& units,
                              bool rising, double reach) {
  std::vector<FlowCurve::Mass> masses;
  for (const StressUnit& unit : units) {
    const auto& threshold = rising ? unit.rises : unit.falls;
    const auto& stop = rising ? unit.stop_rises : unit.stop_falls;
    // A unit that is stopped out before is in the other curve, and sells once.
    if (!threshold || stop) continue;
    const double price = book.price * std::exp(rising ? *threshold : -*threshold);
    const double net = unit.longs(price) - unit.shorts(price);
    // With the move is positive (flow_curve.h): longs sell into a fall, shorts buy into a rise.
    masses.push_back({*threshold, rising ? -net : net});
  }
  return flow_of(masses, FlowKind::liquidations, reach);
}

Result<Flow> stop_flow(const StressBook& book, const std::vector<StressUnit>& units, bool rising,
                       double reach) {
  std::vector<FlowCurve::Mass> masses;
  for (const StressUnit& unit : units) {
    const auto& stop = rising ? unit.stop_rises : unit.stop_falls;
    if (!stop) continue;
    const double price = book.price * std::exp(rising ? *stop : -*stop);
    const double net = unit.longs(price) - unit.shorts(price);
    masses.push_back({*stop, rising ? -net : net});
  }
  return flow_of(masses, FlowKind::stops, reach);
}

}  // namespace delever::cascade
