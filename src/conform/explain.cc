#include "conform/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.h"
#include "conform/json_text.h"
#include "rulebooks/trigger_fee.h"

namespace delever::conform {
namespace {

class Writer {
 public:
  Writer(const margin::Rulebooks::Compiled& book, std::vector<ExplainedStep>& steps)
      : book_(book), steps_(steps) {}

  void step(std::string what, std::string formula, std::string value, std::string unit = {},
            std::string source = {}) {
    steps_.push_back({std::move(what), std::move(formula), std::move(value), std::move(unit),
                      std::move(source)});
  }
  // Empty for a rule without one: figures given on the command line have none.
  std::string source(SourceIndex i) const {
    if (i >= book_.book.sources.size()) return {};
    const RuleSource& s = book_.book.sources[i];
    return fmt::format("{} [{}, {}]", s.text, s.grade, s.as_of);
  }
  const std::string& coin() const { return book_.book.contract->settle; }
  std::string price_unit() const {
    return book_.book.contract->quote + " per " + book_.book.contract->base;
  }

 private:
  const margin::Rulebooks::Compiled& book_;
  std::vector<ExplainedStep>& steps_;
};

// Ten digits: what a price has, and fewer than the rounding of a double.
std::string price_text(double price) { return fmt::format("{:.10g}", price == 0 ? 0.0 : price); }

std::string tier_text(const LadderRule& ladder, const MarginTier& tier) {
  // `tier` is one of the ladder's own: tier_of hands back a pointer into it.
  const size_t number = static_cast<size_t>(&tier - ladder.tiers.data()) + 1;
  return fmt::format("tier {} ({} to {}): rate {}{}", number, tier.floor.text(),
                     tier.cap ? tier.cap->text() : "any", tier.maintenance.text(),
                     ladder.rate == TierRate::whole ? " on the whole position"
                                                    : ", deduction " + tier.deduction.text());
}

void maintenance_steps(Writer& w, const margin::Position& position,
                       const margin::Rulebooks::Compiled& book, const margin::PositionMargin& m,
                       Amount margin_value) {
  const Rulebook& rules = book.book;
  if (const auto& by_size = rules.size_margin) {
    w.step("maintenance margin",
           fmt::format("value * (base + step * size) = {} * ({} + {} * size)", margin_value.text(),
                       by_size->maintenance_base.text(), by_size->maintenance_step.text()),
           m.maintenance.text(), w.coin(), w.source(by_size->source));
  } else if (const auto& tier = rules.liquidity_tier) {
    w.step("maintenance margin",
           fmt::format("value * initial * maintenance fraction = {} * {} * {}", margin_value.text(),
                       tier->initial.text(), tier->maintenance_fraction.text()),
           m.maintenance.text(), w.coin(), w.source(tier->source));
  } else if (rules.ladder) {
    const MarginTier* tier_at = margin::tier_of(*rules.ladder, margin_value.raw(), position.qty);
    if (!tier_at) return;
    w.step("tier of the position", tier_text(*rules.ladder, *tier_at), tier_at->maintenance.text(),
           {}, w.source(rules.ladder->source));
    w.step("maintenance margin",
           fmt::format("value * rate - deduction = {} * {} - {}", margin_value.text(),
                       tier_at->maintenance.text(), tier_at->deduction.text()),
           m.maintenance.text(), w.coin());
  }
  if (book.liquidation_fee != Rate())
    w.step("liquidation fee in the trigger",
           fmt::format("value * fee = {} * {}", m.value.text(), book.liquidation_fee.text()),
           m.liquidation_fee.text(), w.coin());
  // A price without it lies beyond the one at which the venue liquidates: that is said, not hidden.
  if (const auto why = rulebooks::trigger_fee_unknown(book.book))
    w.step("liquidation fee in the trigger",
           fmt::format("not in these figures, so the liquidation comes sooner: {}; "
                       "--liquidation-fee takes it",
                       *why),
           "not known");
}

// The tier that holds at the liquidation price, and the closed form with its figures, for one leg.
void price_steps(Writer& w, const margin::Position& position,
                 const margin::Rulebooks::Compiled& book, const margin::PricePool& pool,
                 double price) {
  const double size = position.qty.approx() * book.size.approx();
  const double value = book.inverse ? size / price : size * price;
  // s of the formulas below: 1 long, -1 short.
  const int sign = position.side == PositionSide::long_side ? 1 : -1;
  const std::string rule = book.book.margin ? w.source(book.book.margin->source) : std::string();
  if (book.book.ladder && !pool.legs[0].frozen_maintenance) {
    const auto units = Amount::nearest(value);
    const MarginTier* tier =
        units.has_value() ? margin::tier_of(*book.book.ladder, units.value().raw(), position.qty)
                          : nullptr;
    if (tier)
      w.step("tier at the liquidation price", tier_text(*book.book.ladder, *tier),
             tier->maintenance.text(), {}, w.source(book.book.ladder->source));
    // One leg within one tier: equity(P) = maintenance(P) + fee(P) is linear in P (or 1 / P) and
    // solved in closed form. Several legs, or frozen maintenance, are solved tier by tier instead.
    if (tier && pool.legs.size() == 1) {
      const double rate = tier->maintenance.approx() + book.liquidation_fee.approx(),
                   cum = tier->deduction.approx();
      const double free = pool.equity_elsewhere - pool.maintenance_elsewhere,
                   entry = position.entry.approx();
      const std::string formula =
          book.inverse
              ? fmt::format(
                    "size * (1 + s*rate) / (size / E + s*(free + deduction)) = {:g} * (1 + "
                    "{}*{:g}) / "
                    "({:g} / {:g} + {}*({:g} + {:g}))",
                    size, sign, rate, size, entry, sign, free, cum)
              : fmt::format(
                    "(free + deduction - s*q*E) / (q*rate - s*q) = ({:g} + {:g} - {}*{:g}*{:g}) / "
                    "({:g}*{:g} - {}*{:g})",
                    free, cum, sign, size, entry, size, rate, sign, size);
      w.step("liquidation price", formula, price_text(price), w.price_unit(), rule);
      return;
    }
  }
  w.step("liquidation price", "equity(P) = maintenance(P) + fee(P), P on the side that hurts",
         price_text(price), w.price_unit(), rule);
}

// Each step shows a figure, the formula with its numbers and the source of the rule, in the order
// in which a venue's own page derives a liquidation price. The figures are those of
// margin::evaluate: nothing is computed twice, and what cannot be said for a rule is left out.

// What the position is and what it stands at, whatever its venue's margin rule.
void value_steps(Writer& w, const margin::Position& position,
                 const margin::Rulebooks::Compiled& book, const margin::PositionMargin& m,
                 Price mark) {
  const ContractRule& contract = *book.book.contract;
  w.step("rulebook", fmt::format("{} of {}", book.book.symbol, book.book.venue), book.book.as_of,
         {}, w.source(contract.source));
  w.step("size",
         fmt::format("quantity * contract size = {} * {}", position.qty.text(), book.size.text()),
         fmt::format("{:.10g}", position.qty.approx() * book.size.approx()),
         book.inverse ? contract.quote : contract.base);
  w.step("value", fmt::format("size {} mark, mark {}", book.inverse ? "/" : "*", mark.text()),
         m.value.text(), w.coin());
  w.step("profit",
         book.inverse
             ? fmt::format("side * (size / {} - size / {})", position.entry.text(), mark.text())
             : fmt::format("side * size * ({} - {})", mark.text(), position.entry.text()),
         m.profit.text(), w.coin());
}

// The pool that backs the position: its own margin, its coin's wallet, or all of them in USD.
void pool_steps(Writer& w, const margin::AccountMargin& all, const margin::Position& position,
                size_t index, const margin::Rulebooks& books, Explanation& out) {
  const CoinId settle = books[position.book].settle;
  for (const margin::Pool& pool : all.pools) {
    const bool its = position.mode == MarginMode::isolated
                         ? pool.position == index
                         : !pool.position && (!pool.coin || *pool.coin == settle);
    if (!its) continue;
    const std::string coin = pool.coin ? std::string(books.coin_name(*pool.coin)) : "USD";
    w.step("equity",
           fmt::format("wallet + profit = {} + {}", pool.wallet.text(), pool.profit.text()),
           pool.equity().text(), coin);
    out.ratio = pool.ratio();
    out.liquidated = pool.liquidated;
    w.step("margin ratio",
           fmt::format("(maintenance + fee) / equity = {} / {}",
                       (pool.maintenance + pool.liquidation_fee).text(), pool.equity().text()),
           out.ratio ? fmt::format("{:.10g}", *out.ratio) : "none: no equity", {});
  }
}

// What the other positions of the pool add, and where each would be liquidated by itself.
Result<void> other_steps(const margin::Account& account, size_t index,
                         const margin::AccountMargin& all, const margin::MarkPrices& marks,
                         const margin::Rulebooks& books, std::vector<ExplainedStep>& steps) {
  for (size_t i = 0; i < account.positions.size(); ++i) {
    const margin::Position& position = account.positions[i];
    // An isolated position has its own margin and adds nothing to the pool.
    if (i == index || position.mode == MarginMode::isolated) continue;
    const margin::Rulebooks::Compiled& book = books[position.book];
    Writer w(book, steps);
    const margin::PositionMargin& m = all.positions[i];
    const Price mark = *margin::MarkPrices::at(marks.mark, position.instrument);
    const std::string name = fmt::format(
        "{} {} {}", book.book.symbol, position.side == PositionSide::long_side ? "long" : "short",
        position.qty.text());
    w.step(name + ", profit", fmt::format("entry {}, mark {}", position.entry.text(), mark.text()),
           m.profit.text(), w.coin(), w.source(book.book.contract->source));
    w.step(name + ", maintenance margin", fmt::format("of a value of {}", m.value.text()),
           (m.maintenance + m.liquidation_fee).text(), w.coin());
    const margin::PricePool pool = TRY(margin::price_pool(account, i, marks, books));
    const auto price = margin::adverse(TRY(margin::liquidation_prices(pool)), pool);
    w.step(name + ", liquidation price", "by itself: the other prices stand still",
           price ? price_text(*price) : "none", price ? w.price_unit() : "");
  }
  return {};
}

// "no rulebook for dydx BTC-USD; of dydx there are FX, ISOLATED, ..."
Error no_rulebook(const MarginQuestion& q, std::string_view symbol,
                  const rulebooks::RulebookShelf& shelf) {
  std::set<std::string> venues, symbols, dates;
  for (const auto& book : shelf.all()) {
    venues.insert(book->venue);
    if (book->venue != q.venue) continue;
    symbols.insert(book->symbol);
    if (book->symbol == symbol) dates.insert(book->as_of);
  }
  std::string there;
  if (symbols.empty())
    there = fmt::format("the venues are {}", fmt::join(venues, ", "));
  else if (dates.empty())
    there = fmt::format("of {} there are {}", q.venue, fmt::join(symbols, ", "));
  else
    there = fmt::format("of {} there are those of {}", symbol, fmt::join(dates, ", "));
  if (q.venue == "dydx" && dates.empty()) there += "; dYdX margins a market by its liquidity tier";
  return {symbols.empty() ? Fault::usage : Fault::not_found,
          fmt::format("no rulebook for {} {}{}{}; {}", q.venue.substr(0, 40), symbol.substr(0, 40),
                      q.as_of.empty() ? "" : " at or before ", q.as_of.substr(0, 40), there)};
}

Result<void> add_others(const MarginQuestion& q, const rulebooks::RulebookShelf& shelf,
                        margin::Rulebooks& books, margin::Account& account,
                        margin::MarkPrices& marks) {
  if (q.others.empty()) return {};
  if (q.mode == MarginMode::isolated)
    return Error{Fault::usage, "isolated positions have nothing in common: several want cross"};
  const CoinId settle = books[account.positions[0].book].settle;
  for (const MarginQuestion::Other& other : q.others) {
    margin::Position position{.side = other.side,
                              .mode = MarginMode::cross,
                              .qty = other.qty,
                              .entry = other.entry,
                              .leverage = q.leverage};
    if (other.symbol == q.symbol) {  // the other side of hedge mode
      position.book = account.positions[0].book;
      if (other.mark && *other.mark != *marks.mark[0])
        return Error{Fault::refused, "one contract has one mark", other.symbol};
    } else {
      const Rulebook* found =
          shelf.newest(q.venue, shelf.symbol_of(q.venue, other.symbol), q.as_of);
      if (!found) return no_rulebook(q, other.symbol, shelf);
      position.book = TRY(books.add(*found));
      position.instrument = static_cast<InstrumentId>(marks.mark.size());
      marks.mark.emplace_back(other.mark.value_or(other.entry));
    }
    const margin::Rulebooks::Compiled& book = books[position.book];
    if (book.option)
      return Error{Fault::refused, "an option needs an account of its venue", other.symbol};
    if (book.settle != settle)
      return Error{Fault::refused,
                   fmt::format("another coin: it settles in {}, the pool of {} is in {}",
                               books.coin_name(book.settle), q.symbol, books.coin_name(settle)),
                   other.symbol};
    account.positions.push_back(position);
  }
  return {};
}

}  // namespace

Result<MarginQuestion::Other> read_other_position(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return Error{
        Fault::malformed,
        fmt::format("\"{}\" {}: wants SYMBOL:SIDE:QTY@ENTRY or SYMBOL:SIDE:QTY@ENTRY@MARK, "
                    "as ETHUSDT:short:20@3000@2900",
                    text.substr(0, 60), why)};
  };
  const auto parts = split(text, ':');
  if (parts.size() != 3 || parts[0].empty()) return bad("has not three parts");
  const std::string side = lower(parts[1]);
  if (side != "long" && side != "short") return bad("has a side that is neither");
  const auto figures = split(parts[2], '@');
  if (figures.size() < 2 || figures.size() > 3) return bad("has no entry price");
  MarginQuestion::Other out{.symbol = std::string(parts[0])};
  if (side == "short") out.side = PositionSide::short_side;
  const auto qty = Qty::parse(figures[0]);
  const auto entry = Price::parse(figures[1]);
  if (!qty.has_value() || qty.value().raw() <= 0 || !entry.has_value() || entry.value().raw() <= 0)
    return bad("has a figure that is not above 0");
  out.qty = qty.value();
  out.entry = entry.value();
  if (figures.size() == 3) {
    const auto mark = Price::parse(figures[2]);
    if (!mark.has_value() || mark.value().raw() <= 0) return bad("has a mark that is not above 0");
    out.mark = mark.value();
  }
  return out;
}

Result<Explanation> explain(const margin::Account& account, size_t index,
                            const margin::MarkPrices& marks, const margin::Rulebooks& books) {
  if (index >= account.positions.size()) return Error{Fault::not_found, "no such position"};
  const margin::Position& position = account.positions[index];
  const margin::Rulebooks::Compiled& book = books[position.book];
  const margin::AccountMargin all = TRY(margin::evaluate(account, marks, books));
  Explanation out;
  out.margin = all.positions[index];
  const margin::PositionMargin& m = out.margin;
  Writer w(book, out.steps);
  value_steps(w, position, book, m,
              *margin::MarkPrices::at(marks.mark, position.instrument));  // evaluate() has seen it
  if (book.option) {
    w.step("initial margin",
           "short options: max(rate - OTM/S, floor) + mark per contract; longs owe nothing",
           m.initial.text(), w.coin(), w.source(book.book.option_margin->source));
    w.step("maintenance margin", "short options: rate + mark per contract", m.maintenance.text(),
           w.coin(), w.source(book.book.option_margin->source));
    return out;
  }
  const bool frozen =
      position.mode == MarginMode::isolated && book.isolated_maintenance == MaintenanceAt::entry;
  const std::optional<Amount> entry_value =
      fit<Amount>(margin::position_value(book, position.qty, position.entry, Round::up));
  // Some venues fix an isolated position's maintenance margin at its entry value
  // (MaintenanceAt::entry).
  const Amount margin_value = frozen && entry_value ? *entry_value : m.value;
  if (frozen)
    w.step("value that margins use", "at the entry price, frozen", margin_value.text(), w.coin());
  if (book.book.size_margin || book.book.liquidity_tier)
    w.step("initial margin", "value * the venue's initial rate", m.initial.text(), w.coin());
  else
    w.step("initial margin",
           fmt::format("value / leverage = {} / {}", margin_value.text(), position.leverage.text()),
           m.initial.text(), w.coin());
  maintenance_steps(w, position, book, m, margin_value);

  TRY(other_steps(account, index, all, marks, books, out.steps));
  pool_steps(w, all, position, index, books, out);
  const margin::PricePool pool = TRY(margin::price_pool(account, index, marks, books));
  const margin::SafePrices prices = TRY(margin::liquidation_prices(pool));
  out.liquidation = margin::adverse(prices, pool);
  if (out.liquidation)
    price_steps(w, position, book, pool, *out.liquidation);
  else
    w.step("liquidation price",
           prices.never_safe ? "no price is safe" : "no price on the side that hurts triggers it",
           "none");
  out.bankruptcy = margin::bankruptcy_price(pool);
  w.step("bankruptcy price", "equity(P) = 0", out.bankruptcy ? price_text(*out.bankruptcy) : "none",
         w.price_unit());
  if (position.mode == MarginMode::isolated) {
    out.trigger = TRY(margin::trigger_price(position, book));
    if (out.trigger)
      w.step("first price that triggers", "in integers, at 1e-10 of a price", out.trigger->text(),
             w.price_unit());
  }
  return out;
}

namespace {

// Whether its ladder reaches a position of this size: a capture of a venue's table may have been
// cut, and an older one be longer.
bool covers(const Rulebook& book, const MarginQuestion& q) {
  margin::Rulebooks books;
  const auto id = books.add(book);
  if (!id.has_value()) return false;
  const auto& ladder = books[id.value()].book.ladder;
  return !ladder ||
         margin::tier_of(*ladder,
                         margin::position_value(books[id.value()], q.qty, q.entry, Round::up),
                         q.qty) != nullptr;
}

Error too_large(const MarginQuestion& q, const std::string& symbol,
                const rulebooks::RulebookShelf& shelf) {
  std::string there;
  for (const auto& book : shelf.all()) {
    if (book->venue != q.venue || book->symbol != symbol || !book->ladder) continue;
    const auto& cap = book->ladder->tiers.back().cap;
    there += fmt::format("{}{} to {}", there.empty() ? "" : ", ", book->as_of,
                         cap ? cap->text() : "any size");
  }
  return {Fault::out_of_range,
          fmt::format("no rulebook for {} {} covers a position of {} at {}: there are {}", q.venue,
                      symbol.substr(0, 40), q.qty.text(), q.entry.text(), there)};
}

}  // namespace

Result<Explanation> explain(const MarginQuestion& q, const rulebooks::RulebookShelf& shelf) {
  const std::string symbol = shelf.symbol_of(q.venue, q.symbol);
  const Rulebook* latest = shelf.newest(q.venue, symbol, q.as_of);
  if (!latest) return no_rulebook(q, symbol, shelf);
  if (q.qty.raw() <= 0 || q.entry.raw() <= 0)
    return Error{Fault::refused, "entry and quantity must be positive"};
  if (q.leverage.raw() < Leverage::scale) return Error{Fault::refused, "leverage is at least 1"};
  const Rulebook* found =
      shelf.newest(q.venue, symbol, q.as_of, [&](const Rulebook& book) { return covers(book, q); });
  if (!found) {
    margin::Rulebooks alone;
    TRY(alone.add(*latest));  // what it lacks says more than that it does not reach so far
    return too_large(q, symbol, shelf);
  }
  Rulebook book = *found;
  // OKX charges by the account's fee level: only whoever asks knows it.
  if (q.liquidation_fee) {
    if (!book.margin) book.margin = MarginRule{};
    book.margin->liquidation_fee = q.liquidation_fee;
  }
  margin::Rulebooks books;
  const margin::BookId id = TRY(books.add(book));
  if (books[id].option)
    return Error{Fault::refused, "an option needs an account, not one position"};
  margin::Account account;
  if (const auto why = margin::leverage_max(books[id], q.qty, q.entry).refuses(q.leverage))
    return Error{Fault::refused, *why, books[id].book.name()};
  margin::Position position{.book = id,
                            .side = q.side,
                            .mode = q.mode,
                            .qty = q.qty,
                            .entry = q.entry,
                            .leverage = q.leverage};
  if (q.mode == MarginMode::isolated) {
    const Wide margin =
        q.wallet ? Wide{q.wallet->raw()}
                 : shared_by(margin::position_value(books[id], q.qty, q.entry, Round::down),
                             q.leverage, Round::down);
    const auto fitted = fit<Amount>(margin);
    if (!fitted) return Error{Fault::out_of_range, "a margin beyond 92 billion coins"};
    position.margin = *fitted;
  } else if (q.wallet) {
    account.balances.push_back({books[id].settle, *q.wallet});
  } else {
    return Error{Fault::refused, "cross margin needs a wallet"};
  }
  account.positions.push_back(position);
  margin::MarkPrices marks{.mark = {q.mark.value_or(q.entry)}};
  TRY(add_others(q, shelf, books, account, marks));
  return explain(account, 0, marks, books);
}

std::string explain_text(const Explanation& explanation) {
  size_t width = 0;
  for (const ExplainedStep& step : explanation.steps) width = std::max(width, step.what.size());
  std::string out;
  for (const ExplainedStep& step : explanation.steps) {
    out += fmt::format("{:<{}}  {}{}{}\n{:{}}  {}\n", step.what, width, step.value,
                       step.unit.empty() ? "" : " ", step.unit, "", width, step.formula);
    if (!step.source.empty()) out += fmt::format("{:{}}  source: {}\n", "", width, step.source);
  }
  return out;
}

std::string explain_json(const Explanation& explanation) {
  const auto price = [](std::optional<double> value) {
    return value && std::isfinite(*value) ? write_double(*value) : std::string("null");
  };
  std::string steps;
  for (const ExplainedStep& step : explanation.steps) {
    steps += fmt::format("{}{{\"what\":{},\"formula\":{},\"value\":{},\"unit\":{},\"source\":{}}}",
                         steps.empty() ? "" : ",", json_text(step.what), json_text(step.formula),
                         json_text(step.value), json_text(step.unit), json_text(step.source));
  }
  return fmt::format(
      "{{\"initial\":{},\"maintenance\":{},\"profit\":{},\"margin_ratio\":{},\"liquidation_price\":"
      "{},"
      "\"bankruptcy_price\":{},\"trigger_price\":{},\"liquidated\":{},\"steps\":[{}]}}",
      json_text(explanation.margin.initial.text()),
      json_text(explanation.margin.maintenance.text()), json_text(explanation.margin.profit.text()),
      price(explanation.ratio), price(explanation.liquidation), price(explanation.bankruptcy),
      explanation.trigger ? json_text(explanation.trigger->text()) : "null", explanation.liquidated,
      steps);
}

}  // namespace delever::conform
