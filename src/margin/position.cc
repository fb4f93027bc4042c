#include "margin/position.h"

#include <fmt/format.h>

namespace delever::margin {
namespace {

constexpr Wide kBeyondAmounts = static_cast<Wide>(1) << 96;  // no Amount: fit() refuses it

Error beyond(const Rulebooks::Compiled& book) {
  return {Fault::out_of_range, "an amount beyond 92 billion coins", book.book.name()};
}

// qty x contract size, in units of 1e-8.
Wide size_of(const Rulebooks::Compiled& book, Qty qty, Round round) {
  return divide<Qty::scale>(static_cast<Wide>(qty.raw()) * book.size.raw(), round);
}

// Deribit: base + step * size in base coins, on the whole position.
Result<Wide> by_size(const Rulebooks::Compiled& book, Rate base, Rate step, Wide value, Qty qty,
                     Price price) {
  const Wide coins =
      book.inverse ? position_value(book, qty, price, Round::up) : size_of(book, qty, Round::up);
  const std::optional<Amount> held = fit<Amount>(coins);
  if (!held) return beyond(book);
  const Wide added = divide<Amount::scale>(static_cast<Wide>(held->raw()) * step.raw(), Round::up);
  const std::optional<Rate> rate = fit<Rate>(base.raw() + added);
  if (!rate) return beyond(book);
  return times(value, *rate, Round::up);
}

Rate liquidity_maintenance(const LiquidityTierRule& tier) {
  return Rate::raw(
      static_cast<int64_t>(times(tier.initial.raw(), tier.maintenance_fraction, Round::up)));
}

// OTM amount / S at 1e-15, rounded down: a smaller discount is a larger margin.
Wide out_of_the_money(const OptionTerms& terms, Price underlying) {
  const Wide away = terms.type == OptionType::call ? Wide{terms.strike.raw()} - underlying.raw()
                                                   : Wide{underlying.raw()} - terms.strike.raw();
  return away <= 0 ? 0 : divide(away * Rate::scale, underlying.raw(), Round::down);
}

// Margin of one short contract as a fraction of a base coin, at 1e-15.
struct OptionRates {
  Wide initial = 0, maintenance = 0;
};

OptionRates short_option(const OptionMarginRule& rule, const OptionTerms& terms, Rate mark,
                         Price underlying) {
  const Wide away = out_of_the_money(terms, underlying);
  const Wide initial =
      larger(rule.initial_rate.raw() - away, rule.initial_floor.raw()) + mark.raw();
  if (terms.type == OptionType::call)
    return {initial, Wide{rule.maintenance_rate.raw()} + mark.raw()};
  const Wide maintenance =
      larger(rule.maintenance_rate.raw(), times(mark.raw(), rule.maintenance_rate, Round::up)) +
      mark.raw();
  return {larger(initial, maintenance), maintenance};
}

// Longs owe nothing beyond the premium paid. Contracts settled in quote money (USDC) are quoted in
// it too: their mark is divided by S to become a fraction, and the margin multiplied by S again.
Result<PositionMargin> option_margin(const Position& position, const Rulebooks::Compiled& book,
                                     Price mark, Price underlying) {
  const bool is_long = position.side == PositionSide::long_side;
  const bool in_quote = book.book.contract->settle != book.book.contract->base;
  const std::optional<Amount> size = fit<Amount>(size_of(book, position.qty, Round::up));
  if (!size) return beyond(book);
  const auto price_of = [&size](Price price, Round round) {
    return divide<Price::scale>(static_cast<Wide>(size->raw()) * price.raw(), round);
  };
  const Wide value = price_of(mark, is_long ? Round::down : Round::up);
  const Wide cost = position.cost ? Wide{position.cost->raw()}
                                  : price_of(position.entry, is_long ? Round::up : Round::down);
  const auto owed = [&](Wide fraction) -> std::optional<Amount> {
    const std::optional<Rate> rate = fit<Rate>(fraction);
    if (!rate) return std::nullopt;
    const std::optional<Amount> coins = fit<Amount>(times(size->raw(), *rate, Round::up));
    if (!coins || !in_quote) return coins;
    return fit<Amount>(
        divide<Price::scale>(static_cast<Wide>(coins->raw()) * underlying.raw(), Round::up));
  };
  OptionRates rates;
  if (!is_long) {
    const Wide fraction =
        in_quote ? divide(static_cast<Wide>(mark.raw()) * Rate::scale, underlying.raw(), Round::up)
                 : static_cast<Wide>(mark.raw()) * (Rate::scale / Price::scale);
    const std::optional<Rate> mark_rate = fit<Rate>(fraction);
    if (!mark_rate) return beyond(book);
    rates = short_option(*book.book.option_margin, *position.option, *mark_rate, underlying);
  }
  const auto v = fit<Amount>(value), p = fit<Amount>(is_long ? value - cost : cost - value);
  const auto i = owed(rates.initial), m = owed(rates.maintenance);
  if (!v || !p || !i || !m) return beyond(book);
  return PositionMargin{.value = *v, .profit = *p, .initial = *i, .maintenance = *m};
}

}  // namespace

bool initial_left_out(const Rulebooks::Compiled& book, Leverage leverage, MarginFigures figures) {
  return figures == MarginFigures::of_trigger && !book.option && !book.book.size_margin &&
         leverage.raw() >= Leverage::scale;
}

Wide position_value(const Rulebooks::Compiled& book, Qty qty, Price price, Round round) {
  CHECK(price.raw() > 0 && qty.raw() >= 0);
  const Wide size = size_of(book, qty, round);
  if (size > INT64_MAX) return kBeyondAmounts;
  if (book.inverse) return divide(size * Price::scale, price.raw(), round);
  return divide<Price::scale>(size * price.raw(), round);
}

const MarginTier* tier_of(const LadderRule& ladder, Wide value, Qty qty) {
  const Wide at = ladder.unit == TierUnit::value ? value : Wide{qty.raw()};  // both at 1e-8
  for (const MarginTier& tier : ladder.tiers) {
    if (!tier.cap || at <= tier.cap->raw()) return &tier;
  }
  return ladder.complete ? &ladder.tiers.back() : nullptr;
}

LeverageMax leverage_max(const Rulebooks::Compiled& book, Qty qty, Price entry) {
  const auto& ladder = book.book.ladder;
  if (!ladder) return {};
  LeverageMax out{ladder->tiers.front().max_leverage, std::nullopt};
  if (const MarginTier* tier = tier_of(*ladder, position_value(book, qty, entry, Round::up), qty))
    out.here = tier->max_leverage;
  return out;
}

std::optional<std::string> LeverageMax::refuses(Leverage leverage) const {
  const bool at_all = contract && leverage > *contract;
  if (!at_all && !(here && leverage > *here)) return std::nullopt;
  return fmt::format("leverage {} is above the venue's maximum of {}{}", leverage.text(),
                     (at_all ? *contract : *here).text(),
                     at_all ? "" : " for a position of this size");
}

Result<Wide> maintenance_of(const Rulebooks::Compiled& book, Wide value, Qty qty, Price price) {
  if (const auto& rule = book.book.size_margin)
    return by_size(book, rule->maintenance_base, rule->maintenance_step, value, qty, price);
  if (const auto& rule = book.book.liquidity_tier)
    return times(value, liquidity_maintenance(*rule), Round::up);
  if (!book.book.ladder) return not_established(book.book, "ladder");
  const MarginTier* tier = tier_of(*book.book.ladder, value, qty);
  if (!tier) return not_established(book.book, "ladder above its last tier");
  return times(value, tier->maintenance, Round::up) - tier->deduction.raw();
}

Result<Wide> initial_of(const Rulebooks::Compiled& book, Wide value, Qty qty, Price price,
                        Leverage leverage) {
  if (const auto& rule = book.book.size_margin)
    return by_size(book, rule->initial_base, rule->initial_step, value, qty, price);
  if (const auto& rule = book.book.liquidity_tier) return times(value, rule->initial, Round::up);
  if (leverage.raw() <= 0)
    return Error{Fault::refused, "leverage must be positive", book.book.name()};
  return shared_by(value, leverage, Round::up);
}

Result<PositionMargin> position_margin(const Position& position, const Rulebooks::Compiled& book,
                                       Price mark, std::optional<Price> underlying,
                                       MarginFigures figures) {
  if (position.qty.raw() <= 0)
    return Error{Fault::refused, "a position has a positive quantity", book.book.name()};
  if (book.option) {
    if (!position.option)
      return Error{Fault::refused, "an option position names its strike", book.book.name()};
    if (!underlying || underlying->raw() <= 0 || mark.raw() < 0)
      return Error{Fault::no_evidence, "no underlying price for an option", book.book.name()};
    return option_margin(position, book, mark, *underlying);
  }
  if (mark.raw() <= 0 || (position.entry.raw() <= 0 && !position.cost))
    return Error{Fault::refused, "prices must be positive", book.book.name()};
  const bool is_long = position.side == PositionSide::long_side;
  // A long gains what it is worth now minus what it cost; which of the two is "worth" flips with
  // inverse.
  const bool gains_with_value = is_long != book.inverse;
  const Wide value = position_value(book, position.qty, mark, Round::up);
  const Wide now = gains_with_value ? position_value(book, position.qty, mark, Round::down) : value;
  const auto at_entry = [&](Round round) {
    return position.cost ? Wide{position.cost->raw()}
                         : position_value(book, position.qty, position.entry, round);
  };
  const Wide then = at_entry(gains_with_value ? Round::up : Round::down);
  const Wide profit = gains_with_value ? now - then : then - now;

  const bool frozen =
      position.mode == MarginMode::isolated && book.isolated_maintenance == MaintenanceAt::entry;
  const Price margin_price = frozen ? position.entry : mark;
  const Wide margin_value = frozen ? at_entry(Round::up) : value;
  Wide initial = 0;
  if (!initial_left_out(book, position.leverage, figures))
    initial = TRY(initial_of(book, margin_value, position.qty, margin_price, position.leverage));
  const Wide maintenance = TRY(maintenance_of(book, margin_value, position.qty, margin_price));
  const auto v = fit<Amount>(value), p = fit<Amount>(profit), i = fit<Amount>(initial),
             m = fit<Amount>(maintenance),
             f = fit<Amount>(times(value, book.liquidation_fee, Round::up));
  if (!v || !p || !i || !m || !f) return beyond(book);
  return PositionMargin{
      .value = *v, .profit = *p, .initial = *i, .maintenance = *m, .liquidation_fee = *f};
}

}  // namespace delever::margin
