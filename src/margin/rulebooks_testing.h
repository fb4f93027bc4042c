// Rulebooks and random positions that several tests of this folder share.
#pragma once

#include <cmath>

#include "base/random.h"
#include "base/source_root.h"
#include "margin/price.h"
#include "rulebooks/rulebook_file.h"

namespace delever::margin::fixture {

inline const rulebooks::RulebookShelf& shelf() {
  static const rulebooks::RulebookShelf loaded =
      rulebooks::RulebookShelf::load(source_root() + "/rulebooks").value();
  return loaded;
}

inline Rulebook book(std::string_view venue, std::string_view symbol, std::string_view as_of = {}) {
  const Rulebook* found = shelf().find(venue, symbol, as_of);
  CHECK(found);
  return *found;
}

// An inverse twin of a linear book: the same ladder, counted in coins.
inline Rulebook inverse_book(int64_t face) {
  Rulebook b = book("binance", "BTCUSDT", "2024-10-24");
  b.symbol = "BTCUSD";
  b.contract->kind = InstrumentKind::inverse;
  b.contract->settle = "BTC";
  b.contract->size = Qty::raw(face * Qty::scale);
  for (MarginTier& tier : b.ladder->tiers) {  // 1 BTC a 100,000 USD
    tier.floor = Amount::raw(tier.floor.raw() / 100'000);
    if (tier.cap) tier.cap = Amount::raw(tier.cap->raw() / 100'000);
    tier.deduction = Amount();
  }
  for (size_t i = 1; i < b.ladder->tiers.size(); ++i) {
    const MarginTier& before = b.ladder->tiers[i - 1];
    MarginTier& tier = b.ladder->tiers[i];
    tier.deduction = *rulebooks::next_deduction(before.deduction, tier.floor, tier.maintenance,
                                                before.maintenance);
  }
  return b;
}

inline Price price(double value) { return Price::nearest(value).value(); }
inline Qty qty(double value) { return Qty::nearest(value).value(); }
inline Amount coins(double value) { return Amount::nearest(value).value(); }
inline Leverage times_leverage(double value) { return Leverage::nearest(value).value(); }

inline double log_uniform(Random& random, double low, double high) {
  return low * std::exp(random.uniform() * std::log(high / low));
}

}  // namespace delever::margin::fixture
