// What lots are worth at a price, and shares of it, to the last unit.
#include "exchange/markets.h"

namespace delever::exchange {

// Value of lots at a price, before it is known to fit.
Wide wide_value(const Market& m, Lots lots, int64_t price, Round round) {
  if (m.lot_size != 0)
    return divide<Price::scale>(static_cast<Wide>(lots) * m.lot_size * price, round);
  const Wide size = static_cast<Wide>(lots) * m.step * m.size;  // units of 1e-16
  if (m.inverse) return divide(size * (Price::scale / Qty::scale), price, round);
  // size x price passes 128 bits for extreme sizes; a quantity of 1e-8 is exact wherever step x
  // size is.
  const Wide whole = divide<Qty::scale>(size, Round::down), rest = size - whole * Qty::scale;
  return divide<Price::scale>(whole * price + divide<Qty::scale>(rest * price, round), round);
}

// Of a linear contract: the sum over lots of what each is worth at its tick, rounded up once.
Wide ticks_value(const Market& m, Wide lots_ticks) {
  if (m.unit != 0) return lots_ticks * m.unit;
  const Wide each = static_cast<Wide>(m.step) * m.size;  // units of 1e-16
  const Wide whole = each / Qty::scale, rest = each % Qty::scale;
  return divide<Price::scale>(
      (lots_ticks * whole + divide<Qty::scale>(lots_ticks * rest, Round::up)) * m.tick, Round::up);
}

bool value_fits(const Market& m, Lots lots, int64_t price) {
  if (lots <= m.lots_fit && price >= m.price_min && price <= m.price_max) return true;
  const Wide size = static_cast<Wide>(lots) * m.step;
  if (size > kValueMax || size * m.size / Qty::scale > kValueMax) return false;
  return wide_value(m, lots, price, Round::up) <= kValueMax;
}

int64_t dearest_price(const Market& m) { return m.inverse ? m.price_min : m.price_max; }
// The more lots, and the dearer, the larger their value: what fits at the dearest price fits at
// all.
void know_values(Market& m) {
  const Wide size = static_cast<Wide>(m.step) * m.size;  // of a lot, units of 1e-16
  if (!m.inverse && size % Qty::scale == 0 && size / Qty::scale <= kValueMax)
    m.lot_size = static_cast<int64_t>(size / Qty::scale);
  Lots fit = 0, beyond = kLotsMax;
  while (fit + 1 < beyond) {
    const Lots between = fit + (beyond - fit) / 2;
    (value_fits(m, between, dearest_price(m)) ? fit : beyond) = between;
  }
  m.lots_fit = fit;
  if (fit > 0) m.dearest_lot = value(m, 1, dearest_price(m), Round::up);
}
Units value(const Market& m, Lots lots, int64_t price, Round round) {
  CHECK(lots >= 0);
  if (lots == 0 || price == 0) return 0;
  return narrow(wide_value(m, lots, price, round));
}

Units value_at(const Market& m, Lots lots, Tick tick) {
  if (m.unit != 0) return narrow(static_cast<Wide>(lots) * tick * m.unit);
  return value(m, lots, static_cast<int64_t>(tick) * m.tick, Round::down);
}

Units share(Units units, Market::Share share, Round round) {
  const Wide product = static_cast<Wide>(units) * share.part;
  if (product <= INT64_MAX && product >= 0) {  // the common case needs no wide division
    const auto small = static_cast<int64_t>(product);
    return small / share.whole + (round == Round::up && small % share.whole != 0 ? 1 : 0);
  }
  return narrow(divide(product, share.whole, round));
}

}  // namespace delever::exchange
