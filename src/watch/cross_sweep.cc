#include "watch/cross_sweep.h"

#include <algorithm>
#include <cmath>

namespace delever::watch {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

double x_of(bool inverse, Price price) { return inverse ? 1 / price.approx() : price.approx(); }

bool inside(const PriceRange& band, Price price) {
  return price >= band.lowest && price <= band.highest;
}

}  // namespace

CrossSweep::CrossSweep(const margin::Rulebooks& books, Options options)
    : books_(books), options_(options), table_(options.lanes) {
  CHECK(options_.band > 1.0001);
}

const std::optional<Price>* CrossSweep::price_of(const margin::MarkPrices& marks, Kind kind,
                                                 uint32_t index) {
  const auto& prices = kind == Kind::mark         ? marks.mark
                       : kind == Kind::underlying ? marks.underlying
                                                  : marks.coin_usd;
  return index < prices.size() && prices[index] ? &prices[index] : nullptr;
}

PriceRange CrossSweep::band_around(Price now) const {
  const auto at = [](double units) {
    return Price::raw(static_cast<int64_t>(std::clamp(units, 0.0, 9.2e18)));
  };
  const double units = static_cast<double>(now.raw());
  // A mark of 0 (an option's) has a band of one unit: it is laid anew when it lives again.
  const Price lowest =
      std::min(now, std::max(at(units / options_.band), Price::raw(now.raw() > 0)));
  return {lowest, std::max(now + Price::raw(now.raw() < INT64_MAX), at(units * options_.band))};
}

std::optional<uint32_t> CrossSweep::source(Kind kind, uint32_t index,
                                           const margin::MarkPrices& marks) {
  std::vector<uint32_t>& numbers = source_numbers_[static_cast<size_t>(kind)];
  if (index >= numbers.size()) numbers.resize(index + size_t{1}, kNone);
  if (numbers[index] == kNone) {
    const auto* now = price_of(marks, kind, index);
    if (!now || **now < Price()) return std::nullopt;
    numbers[index] = static_cast<uint32_t>(sources_.size());
    sources_.push_back({.kind = kind,
                        .index = index,
                        .band = band_around(**now),
                        .now = **now,
                        .alone = {},
                        .in_usd = {}});
  }
  return numbers[index];
}

double CrossSweep::limit_of(const Driver& driver) const {
  const PriceRange& band = sources_[driver.source].band;
  const double x = std::max(x_of(driver.inverse, driver.inverse ? band.lowest : band.highest), 0.0);
  return (driver.coin ? x * sources_[*driver.coin].band.highest.approx() : x) * (1 + 1e-12);
}

void CrossSweep::lay(const Driver& driver) {
  const Source& source = sources_[driver.source];
  const Source* coin = driver.coin ? &sources_[*driver.coin] : nullptr;
  const auto stands = [](const Source& at) { return at.now && inside(at.band, *at.now); };
  const bool known = stands(source) && (!coin || stands(*coin));
  const double x = known ? x_of(driver.inverse, *source.now) * (coin ? coin->now->approx() : 1)
                         : std::numeric_limits<double>::quiet_NaN();
  table_.set_value(driver.value, x);
}

LineTable::Value CrossSweep::driver(uint32_t source, bool inverse, std::optional<uint32_t> coin) {
  std::optional<uint32_t>& number = coin ? sources_[source].in_usd : sources_[source].alone;
  if (!number) {
    Driver driver{source, inverse, coin, 0};
    driver.value = table_.add_value(limit_of(driver));
    lay(driver);
    number = static_cast<uint32_t>(drivers_.size());
    drivers_.push_back(driver);
  }
  const Driver& found = drivers_[*number];
  CHECK(found.inverse == inverse && found.coin == coin);  // an instrument is one contract
  return found.value;
}

void CrossSweep::move(const margin::MarkPrices& marks) {
  std::vector<bool> left(sources_.size());
  for (size_t i = 0; i < sources_.size(); ++i) {
    Source& source = sources_[i];
    const auto* now = price_of(marks, source.kind, source.index);
    source.now = now && **now >= Price() ? *now : std::nullopt;
    left[i] = source.now && !inside(source.band, *source.now);
    if (left[i]) source.band = band_around(*source.now);
  }
  for (const Driver& driver : drivers_) {
    if (left[driver.source] || (driver.coin && left[*driver.coin]))
      table_.set_limit(driver.value, limit_of(driver));
    lay(driver);
  }
}

void CrossSweep::add(LineTable::Value value, double weight) {
  for (LineTable::Term& term : terms_) {
    if (term.value != value) continue;
    term.weight += weight;
    return;
  }
  terms_.push_back({value, weight});
}

bool CrossSweep::draw_position(const margin::Position& position, const margin::MarkPrices& marks,
                               std::optional<uint32_t> coin, double* constant) {
  const margin::Rulebooks::Compiled& book = books_[position.book];
  const auto mark = source(Kind::mark, position.instrument, marks);
  uint32_t s = kNone;
  if (book.option) s = source(Kind::underlying, position.instrument, marks).value_or(kNone);
  if (!mark || (book.option && s == kNone)) return false;
  std::optional<PriceRange> underlying;
  if (book.option) underlying = sources_[s].band;
  const PriceRange band = sources_[*mark].band;
  const auto chord = slack_chord(position, book, band, underlying);
  if (!chord.has_value()) return false;
  const SlackChord& c = chord.value();
  const double x_lowest = x_of(book.inverse, band.lowest),
               x_highest = x_of(book.inverse, band.highest);
  const double weight = (c.at_highest - c.at_lowest) / (x_highest - x_lowest);
  add(driver(*mark, book.inverse, coin), weight);
  *constant += c.at_lowest - weight * x_lowest - c.rounding;
  if (c.underlying_loss > 0) {
    const double low = underlying->lowest.approx(),
                 each = c.underlying_loss / (underlying->highest.approx() - low);
    add(driver(s, false, coin), -each);
    *constant += each * low;
  }
  return true;
}

bool CrossSweep::draw(const margin::Account& account, const margin::Pool& pool,
                      const margin::MarkPrices& marks, double* constant) {
  if (pool.position) {
    const margin::Position& position = account.positions[*pool.position];
    *constant = static_cast<double>(position.margin.raw());
    return draw_position(position, marks, std::nullopt, constant);
  }
  if (pool.coin) {
    for (const margin::Balance& balance : account.balances) {
      if (balance.coin == *pool.coin) *constant += static_cast<double>(balance.amount.raw());
    }
  } else {
    for (const margin::Balance& balance : account.balances) {
      const std::optional<Rate> haircut = books_.haircut(balance.coin);
      const bool debt = balance.amount < Amount();
      if (balance.amount == Amount() || (!haircut && !debt)) continue;
      const auto coin = source(Kind::coin, balance.coin, marks);
      if (!coin) return false;
      // Two units rounded in coins, one in USD.
      add(driver(*coin, false, std::nullopt),
          static_cast<double>(balance.amount.raw()) * (debt ? 1 : 1 - haircut->approx()) - 2);
      *constant -= 2;
    }
  }
  for (const margin::Position& position : account.positions) {
    const CoinId settle = books_[position.book].settle;
    if (position.mode != MarginMode::cross || (pool.coin && settle != *pool.coin)) continue;
    if (pool.coin) {
      if (!draw_position(position, marks, std::nullopt, constant)) return false;
      continue;
    }
    const auto coin = source(Kind::coin, settle, marks);
    if (!coin) return false;
    double in_coins = 0;
    if (!draw_position(position, marks, coin, &in_coins)) return false;
    add(driver(*coin, false, std::nullopt), in_coins);
    *constant -= 3;  // profit, maintenance and fee are rounded once more in USD
  }
  return true;
}

bool CrossSweep::set(uint32_t id, const margin::Account& account, const margin::Pool& pool,
                     const margin::MarkPrices& marks) {
  terms_.clear();
  double constant = 0;
  const bool drawn =
      draw(account, pool, marks, &constant) && terms_.size() <= LineTable::kTermsMost;
  if (drawn) {
    table_.set(id, constant, terms_);
  } else {
    table_.set_always(id);
  }
  return drawn;
}

}  // namespace delever::watch
