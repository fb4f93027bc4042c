#include "margin/price.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace delever::margin {
namespace {

// a x^2 + b x + c, the maintenance or the surplus on one stretch of x.
struct Quadratic {
  double a = 0, b = 0, c = 0;
  double at(double x) const { return (a * x + b) * x + c; }
};

double size_of(const PriceLeg& leg) { return leg.qty * leg.book->size.approx(); }
double x_of(const PriceLeg& leg, double price) { return leg.book->inverse ? 1 / price : price; }
// +1 when the leg gains as x rises.
double slope_sign(const PriceLeg& leg) {
  return (leg.side == PositionSide::long_side) != leg.book->inverse ? 1 : -1;
}

// Maintenance (and liquidation fee) of one leg near x.
Result<Quadratic> maintenance_near(const PriceLeg& leg, double x) {
  const Rulebook& book = leg.book->book;
  const double size = size_of(leg), fee = leg.book->liquidation_fee.approx() * size;
  if (leg.frozen_maintenance) {
    PriceLeg mobile = leg;
    mobile.frozen_maintenance = false;
    const double at = x_of(leg, leg.entry);
    return Quadratic{.b = fee, .c = TRY(maintenance_near(mobile, at)).at(at) - fee * at};
  }
  if (const auto& rule = book.size_margin) {
    const double base = rule->maintenance_base.approx(), step = rule->maintenance_step.approx();
    // size in base coins: the size itself, or size * x for inverse contracts
    if (leg.book->inverse) return Quadratic{.a = step * size * size, .b = base * size + fee};
    return Quadratic{.b = (base + step * size) * size + fee};
  }
  if (const auto& rule = book.liquidity_tier)
    return Quadratic{.b =
                         rule->initial.approx() * rule->maintenance_fraction.approx() * size + fee};
  if (!book.ladder) return not_established(book, "ladder");
  const LadderRule& ladder = *book.ladder;
  const double where = ladder.unit == TierUnit::value ? size * x : leg.qty;
  for (const MarginTier& tier : ladder.tiers) {
    if (!tier.cap || where <= tier.cap->approx() ||
        (ladder.complete && &tier == &ladder.tiers.back()))
      return Quadratic{.b = tier.maintenance.approx() * size + fee, .c = -tier.deduction.approx()};
  }
  return not_established(book, "ladder above its last tier");
}

// Where x crosses from one tier to the next.
void add_breaks(const PriceLeg& leg, std::vector<double>& breaks) {
  const auto& ladder = leg.book->book.ladder;
  if (leg.frozen_maintenance || leg.book->book.size_margin || leg.book->book.liquidity_tier ||
      !ladder || ladder->unit != TierUnit::value)
    return;
  for (const MarginTier& tier : ladder->tiers) {
    if (tier.cap) breaks.push_back(tier.cap->approx() / size_of(leg));
  }
}

Quadratic profit_of(const PriceLeg& leg) {
  const double slope = slope_sign(leg) * size_of(leg);
  return {.b = slope, .c = -slope * x_of(leg, leg.entry)};
}

Result<Quadratic> surplus_near(const PricePool& pool, double x) {
  const double share = pool.maintenance_share;
  Quadratic surplus{.c = pool.equity_elsewhere - share * pool.maintenance_elsewhere};
  for (const PriceLeg& leg : pool.legs) {
    const Quadratic profit = profit_of(leg), maintenance = TRY(maintenance_near(leg, x));
    surplus.a -= share * maintenance.a;
    surplus.b += profit.b - share * maintenance.b;
    surplus.c += profit.c - share * maintenance.c;
  }
  return surplus;
}

// The root of q in [low, high], given that its signs differ there (high may be infinite). The
// stable form of the quadratic formula; clamped, because rounding may push it past a tier's edge.
double root_between(const Quadratic& q, double low, double high, bool rising) {
  double root = 0;
  if (q.a == 0) {
    root = -q.c / q.b;
  } else {
    const double d = std::sqrt(std::max(0.0, q.b * q.b - 4 * q.a * q.c));
    const double t = -0.5 * (q.b + (q.b >= 0 ? d : -d));
    const double r1 = t / q.a, r2 = t != 0 ? q.c / t : 0;
    // a < 0: the smaller root is where q rises through 0
    root = rising ? std::min(r1, r2) : std::max(r1, r2);
  }
  return std::clamp(root, low, high);
}

constexpr double kForever = std::numeric_limits<double>::infinity();

bool gains_outright(const PricePool& pool) {
  return std::all_of(pool.legs.begin(), pool.legs.end(),
                     [](const PriceLeg& leg) { return slope_sign(leg) > 0; });
}

// The interval of x on which the surplus is not negative.
struct Interval {
  std::optional<double> low, high;
  bool empty = false;
};

Result<Interval> safe_x(const PricePool& pool) {
  std::vector<double> points{0};
  for (const PriceLeg& leg : pool.legs) add_breaks(leg, points);
  std::sort(points.begin(), points.end());
  points.push_back(kForever);

  Interval safe;
  bool inside = TRY(surplus_near(pool, 0)).at(0) >= 0, entered = inside;
  for (size_t i = 0; i + 1 < points.size(); ++i) {
    double low = points[i];
    const double high = points[i + 1];
    if (low == high) continue;
    auto found = surplus_near(pool, high == kForever ? std::max(1.0, low) * 2 : 0.5 * (low + high));
    if (!found.has_value()) {
      // Above an incomplete ladder. No rate passes 100 %, so legs that gain their whole size stay
      // safe whatever it is.
      if (inside && gains_outright(pool)) return safe;
      return std::move(found.error());
    }
    const Quadratic q = found.value();
    const double vertex = q.a < 0 ? -q.b / (2 * q.a) : kForever;
    // Stretches on which q is monotone: up to the vertex, and after it.
    for (const double end : {std::clamp(vertex, low, high), high}) {
      if (end <= low && end != kForever) continue;
      if (low == end) continue;
      const bool rising = end == kForever ? q.a == 0 && q.b > 0 : q.at(end) > q.at(low);
      const bool ends_inside =
          end == kForever ? q.a == 0 && q.b >= 0 && (q.b > 0 || inside) : q.at(end) >= 0;
      if (!inside && ends_inside) {
        safe.low = root_between(q, low, end, rising);
        entered = true;
      } else if (inside && !ends_inside) {
        safe.high = root_between(q, low, end, rising);
        return safe;  // concave: it cannot come back
      }
      inside = ends_inside;
      low = end;
    }
  }
  safe.empty = !entered;
  return safe;
}

bool valid(const PricePool& pool) {
  if (pool.legs.empty() || !std::isfinite(pool.equity_elsewhere) ||
      !std::isfinite(pool.maintenance_elsewhere) ||
      !(pool.maintenance_share >= 0 && pool.maintenance_share <= 1))
    return false;
  for (const PriceLeg& leg : pool.legs) {
    if (!leg.book || leg.book != pool.legs[0].book || leg.book->option || !(leg.qty > 0) ||
        !(leg.entry > 0) || !std::isfinite(leg.qty) || !std::isfinite(leg.entry))
      return false;
  }
  return true;
}

double net_size(const PricePool& pool) {
  double net = 0;
  for (const PriceLeg& leg : pool.legs)
    net += leg.side == PositionSide::long_side ? size_of(leg) : -size_of(leg);
  return net;
}

}  // namespace

Result<SafePrices> liquidation_prices(const PricePool& pool) {
  if (!valid(pool))
    return Error{Fault::refused, "a liquidation price needs positive sizes and entry prices"};
  const Interval x = TRY(safe_x(pool));
  if (x.empty) return SafePrices{.never_safe = true};
  if (!pool.legs[0].book->inverse) return SafePrices{.below = x.low, .above = x.high};
  SafePrices prices;
  if (x.high) prices.below = 1 / *x.high;
  if (x.low && *x.low > 0) prices.above = 1 / *x.low;
  return prices;
}

std::optional<double> bankruptcy_price(const PricePool& pool) {
  if (!valid(pool)) return std::nullopt;
  Quadratic equity{.c = pool.equity_elsewhere};
  for (const PriceLeg& leg : pool.legs) {
    const Quadratic profit = profit_of(leg);
    equity.b += profit.b;
    equity.c += profit.c;
  }
  if (equity.b == 0) return std::nullopt;
  const double x = -equity.c / equity.b;
  if (pool.legs[0].book->inverse) return x > 0 ? std::optional<double>(1 / x) : std::nullopt;
  return x >= 0 ? std::optional<double>(x) : std::nullopt;
}

std::optional<double> adverse(const SafePrices& prices, const PricePool& pool) {
  const double net = net_size(pool);
  if (net > 0) return prices.below;
  return prices.above;  // balanced hedges lose to rising maintenance
}

Result<PricePool> price_pool(const Account& account, size_t index, const MarkPrices& marks,
                             const Rulebooks& books) {
  CHECK(index < account.positions.size());
  const Position& target = account.positions[index];
  const Rulebooks::Compiled& book = books[target.book];
  const auto leg_of = [](const Position& p, const Rulebooks::Compiled& b) {
    return PriceLeg{.book = &b,
                    .side = p.side,
                    .qty = p.qty.approx(),
                    .entry = p.entry.approx(),
                    .frozen_maintenance = p.mode == MarginMode::isolated &&
                                          b.isolated_maintenance == MaintenanceAt::entry};
  };
  PricePool pool;
  if (target.mode == MarginMode::isolated) {
    pool.equity_elsewhere = target.margin.approx();
    pool.legs.push_back(leg_of(target, book));
    return pool;
  }
  const AccountMargin margin = TRY(evaluate(account, marks, books));
  const bool usd = account.collateral == CollateralMode::multi_asset;
  for (const Pool& cross : margin.pools) {
    if (!cross.position && (usd || cross.coin == book.settle))
      pool.equity_elsewhere = cross.wallet.approx() + cross.profit.approx();
  }
  const auto usd_of = [&](CoinId coin) {  // evaluate() has refused the missing ones
    return usd ? MarkPrices::at(marks.coin_usd, coin)->approx() : 1.0;
  };
  for (size_t i = 0; i < account.positions.size(); ++i) {
    const Position& position = account.positions[i];
    const Rulebooks::Compiled& its = books[position.book];
    if (position.mode != MarginMode::cross || (!usd && its.settle != book.settle)) continue;
    const PositionMargin& m = margin.positions[i];
    if (position.instrument == target.instrument) {
      pool.legs.push_back(leg_of(position, its));
      pool.equity_elsewhere -= m.profit.approx() * usd_of(its.settle);
    } else {
      pool.maintenance_elsewhere +=
          (m.maintenance.approx() + m.liquidation_fee.approx()) * usd_of(its.settle);
    }
  }
  pool.equity_elsewhere /= usd_of(book.settle);
  pool.maintenance_elsewhere /= usd_of(book.settle);
  return pool;
}

namespace {

Result<bool> triggers_at(const Position& position, const Rulebooks::Compiled& book, Price price) {
  const PositionMargin m = TRY(position_margin(position, book, price));
  return triggered(Wide{position.margin.raw()} + m.profit.raw(),
                   Wide{m.maintenance.raw()} + m.liquidation_fee.raw(), book.at_equality);
}

}  // namespace

Result<std::optional<Price>> trigger_price(const Position& position,
                                           const Rulebooks::Compiled& book) {
  CHECK(position.mode == MarginMode::isolated);
  const PricePool pool{
      .equity_elsewhere = position.margin.approx(),
      .legs = {{.book = &book,
                .side = position.side,
                .qty = position.qty.approx(),
                .entry = position.entry.approx(),
                .frozen_maintenance = book.isolated_maintenance == MaintenanceAt::entry}}};
  const bool is_long = position.side == PositionSide::long_side;
  const SafePrices prices = TRY(liquidation_prices(pool));
  const std::optional<double> near = adverse(prices, pool);
  const Price guess = Price::nearest(near.value_or(is_long ? 0 : 9e8)).has_value()
                          ? Price::nearest(near.value_or(is_long ? 0 : 9e8)).value()
                          : Price::raw(is_long ? 1 : INT64_MAX);
  // Enclose the change from safe to triggered around the guess, then halve. `toward` is the hurting
  // direction.
  const int64_t toward = is_long ? -1 : 1;
  const int64_t start = std::max<int64_t>(1, guess.raw());
  const auto moved = [&](int64_t from, int64_t by) {
    int64_t to = 0;
    if (__builtin_add_overflow(from, by, &to)) return by > 0 ? INT64_MAX : int64_t{1};
    return std::max<int64_t>(1, to);
  };
  int64_t safe = start, hit = start;
  const bool hit_at_start = TRY(triggers_at(position, book, Price::raw(start)));
  for (int64_t step = 1;; step = step > INT64_MAX / 4 ? step : step * 4) {
    int64_t& edge = hit_at_start ? safe : hit;
    const int64_t next = moved(edge, (hit_at_start ? -toward : toward) * step);
    if (next == edge) {
      if (!hit_at_start) return std::optional<Price>();  // no price triggers it
      return std::optional<Price>(Price::raw(edge));     // every price does
    }
    edge = next;
    if (TRY(triggers_at(position, book, Price::raw(edge))) != hit_at_start) break;
  }
  while (std::abs(safe - hit) > 1) {
    const int64_t middle = safe + (hit - safe) / 2;
    (TRY(triggers_at(position, book, Price::raw(middle))) ? hit : safe) = middle;
  }
  return std::optional<Price>(Price::raw(hit));
}

}  // namespace delever::margin
