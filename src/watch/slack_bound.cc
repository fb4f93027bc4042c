#include "watch/slack_bound.h"

#include <algorithm>
#include <cmath>

namespace delever::watch {
namespace {

constexpr double kCoinHeadroom =
    1.0 / 32;                 // h: how far a coin's price may rise before its pools are looked at
constexpr double kReach = 2;  // chords go from now to now / 2 and 2 now
constexpr double kOptionReach =
    16;  // an option's mark: from 0 to 16 now, its slack being nearly a line

double raw_price(Price price) { return static_cast<double>(price.raw()); }
double units(Amount amount) { return static_cast<double>(amount.raw()); }
Price near(double units) {
  return Price::raw(static_cast<int64_t>(std::clamp(units, 1.0, 9.2e18)));
}
double size_of(const margin::Position& position, const margin::Rulebooks::Compiled& book) {
  return position.qty.approx() * book.size.approx();
}
double x_of(const margin::Rulebooks::Compiled& book, Price price) {
  return book.inverse ? 1 / price.approx() : price.approx();
}

double slack_of(const margin::PositionMargin& margin) {
  return static_cast<double>(Wide{margin.profit.raw()} - margin.maintenance.raw() -
                             margin.liquidation_fee.raw());
}

Result<double> slack_at(const margin::Position& position, const margin::Rulebooks::Compiled& book,
                        Price mark, std::optional<Price> underlying) {
  return slack_of(TRY(margin::position_margin(position, book, mark, underlying)));
}

bool frozen(const margin::Position& position, const margin::Rulebooks::Compiled& book) {
  return position.mode == MarginMode::isolated && book.isolated_maintenance == MaintenanceAt::entry;
}

// The ladder by which maintenance moves with the mark, if it is one.
const LadderRule* moving_ladder(const margin::Position& position,
                                const margin::Rulebooks::Compiled& book) {
  const Rulebook& b = book.book;
  if (book.option || b.size_margin || b.liquidity_tier || frozen(position, book) || !b.ladder)
    return nullptr;
  return &*b.ladder;
}

bool convex(const LadderRule& ladder) {
  if (ladder.unit == TierUnit::contracts || ladder.tiers.size() == 1) return true;
  return ladder.rate == TierRate::incremental &&
         std::is_sorted(ladder.tiers.begin(), ladder.tiers.end(),
                        [](const MarginTier& a, const MarginTier& b) {
                          return a.maintenance < b.maintenance;
                        });
}

bool one_tier(const LadderRule& ladder, const margin::Position& position,
              const margin::Rulebooks::Compiled& book, PriceRange range) {
  const MarginTier* low = margin::tier_of(
      ladder, margin::position_value(book, position.qty, range.lowest, Round::up), position.qty);
  const MarginTier* high = margin::tier_of(
      ladder, margin::position_value(book, position.qty, range.highest, Round::up), position.qty);
  return low && low == high;
}

bool whole_size(const margin::Position& position, const margin::Rulebooks::Compiled& book) {
  return static_cast<Wide>(position.qty.raw()) * book.size.raw() % Qty::scale == 0;
}

// Most that position_margin() rounds away over the range, in units (1e-8 coins). Whole units:
// profit 2 (a value now, a value then), maintenance 1 + its rate x 1, fee the same; 8 with room,
// scaled by the rate where one passes 1. Where qty x contract size is no whole number of 1e-8,
// sizes are rounded too, each by up to one unit times x (an option's always up, so that it stays
// one size); an option's margin in quote money is rounded in coins, each worth S. Rates held to
// 1e-15, and Deribit's size rounded to 1e-8 coins, are proportional to the value; 4e-15 of it also
// covers doubles made of these integers.
double rounding_of(const margin::Position& position, const margin::Rulebooks::Compiled& book,
                   PriceRange mark, std::optional<Price> underlying_highest,
                   double maintenance_most) {
  const double size = size_of(position, book);
  const double x_most = std::max({x_of(book, mark.lowest), x_of(book, mark.highest),
                                  position.entry.raw() > 0 ? x_of(book, position.entry) : 0.0});
  const bool in_quote = book.option && book.book.contract->settle != book.book.contract->base;
  const double s_most = in_quote && underlying_highest ? underlying_highest->approx() : 0;
  const double value = size * (x_most + s_most) * static_cast<double>(Amount::scale);
  const double rate =
      2 + (value > 0 ? 2 * maintenance_most / value : 0);  // marginal rates: at most twice the mean
  const double step = book.book.size_margin ? book.book.size_margin->maintenance_step.approx() : 0;
  const double per_size = book.option ? s_most : whole_size(position, book) ? 0 : x_most;
  return rate * (8 + 4 * per_size + value * (4e-15 + 4e-8 * step));
}

// The rate by which maintenance and fee grow with value, at most; missing where no such bound holds
// at every value.
std::optional<double> rate_most(const margin::Position& position,
                                const margin::Rulebooks::Compiled& book) {
  const double fee = book.liquidation_fee.approx();
  if (frozen(position, book)) return fee;
  if (const auto& rule = book.book.size_margin) {
    if (book.inverse) return std::nullopt;
    return rule->maintenance_base.approx() +
           rule->maintenance_step.approx() * size_of(position, book) + fee;
  }
  if (const auto& rule = book.book.liquidity_tier)
    return rule->initial.approx() * rule->maintenance_fraction.approx() + fee;
  const LadderRule* ladder = moving_ladder(position, book);
  if (!ladder) return std::nullopt;
  if (ladder->unit == TierUnit::contracts) {
    const MarginTier* tier = margin::tier_of(*ladder, 0, position.qty);
    return tier ? std::optional<double>(tier->maintenance.approx() + fee) : std::nullopt;
  }
  if (!ladder->complete || !convex(*ladder)) return std::nullopt;
  return ladder->tiers.back().maintenance.approx() + fee;
}

// No price on this way ever costs: (2), (3). Under (3) the gain must also outgrow the roundings,
// which rise with x.
bool harmless(const margin::Position& position, const margin::Rulebooks::Compiled& book,
              bool rising) {
  const bool is_long = position.side == PositionSide::long_side;
  const bool x_rises = rising != book.inverse;
  const bool gains_with_x = is_long != book.inverse;
  if (!gains_with_x) return !x_rises;
  if (!x_rises) return false;
  if (book.option) return true;  // a long option owes nothing
  const std::optional<double> rate = rate_most(position, book);
  if (!rate || *rate > 1 - 1e-9) return false;
  const double gain_units =
      (1 - *rate) * size_of(position, book) * static_cast<double>(Amount::scale);
  return whole_size(position, book) || gain_units > 20;
}

struct Leg {
  const margin::Position* position;
  const margin::Rulebooks::Compiled* book;
  const margin::PositionMargin* margin;
};

// The way from now towards now / 2 or 2 now for all legs of one instrument together. Where the
// rulebook has no answer so far out (above an incomplete ladder, beyond 92 billion coins) or no
// chord, the end is drawn nearer; at worst it is `now` itself.
Exposure::Way reach(const std::vector<Leg>& legs, Price now, std::optional<Price> underlying,
                    bool rising) {
  const bool option = legs.front().book->option;
  double factor = option ? kOptionReach : kReach;
  for (int attempt = 0; attempt < 6; ++attempt, factor = std::sqrt(factor)) {
    const Price end = rising   ? near(raw_price(now) * factor)
                      : option ? Price()
                               : near(raw_price(now) / factor);
    double loss = 0;
    bool drawn = true;
    for (const Leg& leg : legs) {
      const LadderRule* ladder = moving_ladder(*leg.position, *leg.book);
      const PriceRange range = rising ? PriceRange{now, end} : PriceRange{end, now};
      drawn = !ladder || convex(*ladder) || one_tier(*ladder, *leg.position, *leg.book, range);
      const auto there = drawn ? slack_at(*leg.position, *leg.book, end, underlying) : 0.0;
      drawn = drawn && there.has_value();
      if (!drawn) break;
      loss += slack_of(*leg.margin) - there.value();
    }
    if (drawn) return {end, loss};
  }
  return {now, 0};
}

// One pool's bound as it is put together: exposures are appended, and the slack that roundings may
// take is taken off the spare.
struct Builder {
  const margin::Account& account;
  const margin::MarkPrices& marks;
  const margin::Rulebooks& books;
  const margin::AccountMargin& margin;
  const PriceIds& ids;
  PoolBound& into;
  std::vector<Leg> legs{};

  static PriceId id_of(const std::vector<PriceId>& ids, size_t i) {
    CHECK(i < ids.size());
    return ids[i];
  }

  bool in_pool(size_t i, CoinId coin) const {
    return account.positions[i].mode == MarginMode::cross &&
           books[account.positions[i].book].settle == coin;
  }
  Leg leg(size_t i) const {
    return {&account.positions[i], &books[account.positions[i].book], &margin.positions[i]};
  }

  // Cross positions that settle in `coin`. The legs of one instrument go together (what one gains
  // the other may lose), each instrument at its first leg. Answers their part of the slack.
  Result<double> add_coin(CoinId coin, double scale, double roundings_each) {
    double here = 0;
    for (size_t i = 0; i < account.positions.size(); ++i) {
      if (!in_pool(i, coin)) continue;
      const auto same = [&](size_t k) {
        return in_pool(k, coin) &&
               account.positions[k].instrument == account.positions[i].instrument;
      };
      bool first = true;
      for (size_t k = 0; k < i && first; ++k) first = !same(k);
      if (!first) continue;
      legs.clear();
      for (size_t k = i; k < account.positions.size(); ++k) {
        if (same(k)) legs.push_back(leg(k));
      }
      here += TRY(add(scale, roundings_each));
    }
    return here;
  }

  // One coin of a pool in USD. With its price X and A = balance after haircut + c, the pool holds
  // X A, and X A - X0 A0 = X (A - A0) + (X - X0) A0. While X <= X0 (1 + h) the first term costs at
  // most X0 (1 + h) times what the positions lose in coins, so their losses are counted at x_most;
  // the second is a straight line in X: falling costs where A0 > 0, rising where A0 < 0. Rising
  // ends at 1 + h in any case where positions settle in the coin, for the first term's sake.
  Result<void> add_backing_coin(CoinId coin) {
    double held = 0, rounded = 0;
    for (const margin::Balance& balance : account.balances) {
      if (balance.coin != coin) continue;
      const std::optional<Rate> haircut = books.haircut(coin);
      if (!haircut && balance.amount > Amount()) continue;  // no collateral; a debt counts
      held += units(balance.amount) * (balance.amount > Amount() ? 1 - haircut->approx() : 1);
      rounded += 2 + 1e-14 * std::abs(held);
    }
    const Price* now = margin::MarkPrices::at(marks.coin_usd, coin);
    bool settles = false;
    for (size_t i = 0; i < account.positions.size(); ++i) settles |= in_pool(i, coin);
    if (held == 0 && !settles) return {};
    CHECK(now);  // evaluate() has used it
    const double x = now->approx(), x_most = x * (1 + kCoinHeadroom);
    // A USD pool rounds three figures of each position and two of each balance, besides what the
    // coins round.
    const double here = held + TRY(add_coin(coin, x_most, 3));
    into.spare -= rounded * (x_most + 1) + 1e-14 * std::abs(here) * x_most;
    Exposure exposure{.price = id_of(ids.coin_usd, coin), .now = *now};
    const Price above = near(raw_price(*now) * (1 + kCoinHeadroom)),
                below = near(raw_price(*now) / kReach);
    if (here > 0) exposure.fall = Exposure::Way{below, here * (now->approx() - below.approx())};
    if (here < 0 || settles)
      exposure.rise = Exposure::Way{above, std::max(0.0, -here) * (above.approx() - x)};
    into.exposures.push_back(exposure);
    return {};
  }

  // Adds the legs' exposures, every loss `scale` fold, and takes their roundings off; answers their
  // part of the slack.
  Result<double> add(double scale, double roundings_each) {
    const margin::Position& first = *legs.front().position;
    const margin::Rulebooks::Compiled& book = *legs.front().book;
    const Price now = *margin::MarkPrices::at(marks.mark, first.instrument);
    const Price* s = margin::MarkPrices::at(marks.underlying, first.instrument);
    const auto underlying = s ? std::optional<Price>(*s) : std::optional<Price>();
    Exposure exposure{
        .price = id_of(ids.mark, first.instrument), .inverse = book.inverse, .now = now};
    const auto way = [&](bool rising) -> std::optional<Exposure::Way> {
      if (std::all_of(legs.begin(), legs.end(), [rising](const Leg& leg) {
            return harmless(*leg.position, *leg.book, rising);
          }))
        return std::nullopt;
      Exposure::Way found = reach(legs, now, underlying, rising);
      found.loss *= scale;
      return found;
    };
    exposure.fall = way(false);
    exposure.rise = way(true);
    into.exposures.push_back(exposure);

    const PriceRange range{exposure.fall ? exposure.fall->end : now,
                           exposure.rise ? exposure.rise->end : now};
    double here = 0;
    for (const Leg& leg : legs) {
      here += slack_of(*leg.margin);
      double maintenance = static_cast<double>(leg.margin->maintenance.raw());
      std::optional<Price> underlying_end = underlying;
      if (book.option && underlying && leg.position->side == PositionSide::short_side)
        underlying_end = TRY(add_underlying(leg, *underlying, scale, &maintenance));
      // Maintenance at the far end is at most kReach^2 times that of now (a square, under Deribit's
      // rule on inverse contracts), and more on a ladder whose rates rise, but there below the
      // value.
      into.spare -= scale * rounding_of(*leg.position, *leg.book, range, underlying_end,
                                        kReach * kReach * maintenance) +
                    roundings_each;
    }
    return here;
  }

  // A short option's maintenance in its underlying, steepest at mark 0.
  Result<Price> add_underlying(const Leg& leg, Price underlying, double scale,
                               double* maintenance) {
    const Price end = near(raw_price(underlying) * kReach);
    const double low = TRY(slack_at(*leg.position, *leg.book, Price(), underlying));
    const double high = TRY(slack_at(*leg.position, *leg.book, Price(), end));
    if (high >= low) return underlying;  // settled in the coin itself
    *maintenance += low - high;
    const PriceId price = id_of(ids.underlying, leg.position->instrument);
    for (Exposure& other : into.exposures) {  // options on one underlying share its watch price
      if (other.price != price || other.now != underlying || other.fall || !other.rise ||
          other.rise->end != end)
        continue;
      other.rise->loss += scale * (low - high);
      return end;
    }
    into.exposures.push_back(
        {.price = price, .now = underlying, .rise = Exposure::Way{end, scale * (low - high)}});
    return end;
  }
};

}  // namespace

Result<SlackChord> slack_chord(const margin::Position& position,
                               const margin::Rulebooks::Compiled& book, PriceRange mark,
                               std::optional<PriceRange> underlying) {
  const LadderRule* ladder = moving_ladder(position, book);
  if (ladder && !convex(*ladder) && !one_tier(*ladder, position, book, mark))
    return Error{Fault::refused, "maintenance jumps within the range", book.book.name()};
  std::optional<Price> low, high;
  if (underlying) low = underlying->lowest, high = underlying->highest;
  const margin::PositionMargin at_lowest =
      TRY(margin::position_margin(position, book, mark.lowest, low));
  const margin::PositionMargin at_highest =
      TRY(margin::position_margin(position, book, mark.highest, low));
  SlackChord chord{.at_lowest = slack_of(at_lowest), .at_highest = slack_of(at_highest)};
  double maintenance = std::max(units(at_lowest.maintenance), units(at_highest.maintenance));
  if (book.option && underlying && position.side == PositionSide::short_side) {
    const double near_end = TRY(slack_at(position, book, Price(), low));
    const double far_end = TRY(slack_at(position, book, Price(), high));
    chord.underlying_loss = std::max(0.0, near_end - far_end);
    maintenance += chord.underlying_loss;
  }
  chord.rounding = rounding_of(position, book, mark, high, maintenance);
  return chord;
}

Result<void> bound_pool(const margin::Account& account, const margin::MarkPrices& marks,
                        const margin::Rulebooks& books, const margin::AccountMargin& margin,
                        size_t pool, const PriceIds& ids, PoolBound& into) {
  CHECK(pool < margin.pools.size() && margin.positions.size() == account.positions.size());
  const margin::Pool& p = margin.pools[pool];
  into.exposures.clear();
  into.spare =
      static_cast<double>(Wide{p.equity().raw()} - p.maintenance.raw() - p.liquidation_fee.raw()) -
      1;
  Builder builder{.account = account,
                  .marks = marks,
                  .books = books,
                  .margin = margin,
                  .ids = ids,
                  .into = into};
  if (p.position) {
    builder.legs.push_back(builder.leg(*p.position));
    TRY(builder.add(1, 0));
    return {};
  }
  if (p.coin) {
    TRY(builder.add_coin(*p.coin, 1, 0));
    return {};
  }
  std::vector<CoinId> coins;
  for (const margin::Balance& balance : account.balances) coins.push_back(balance.coin);
  for (const margin::Position& position : account.positions) {
    if (position.mode == MarginMode::cross) coins.push_back(books[position.book].settle);
  }
  std::sort(coins.begin(), coins.end());
  coins.erase(std::unique(coins.begin(), coins.end()), coins.end());
  for (const CoinId coin : coins) TRY(builder.add_backing_coin(coin));
  return {};
}

}  // namespace delever::watch
