// What all parts of the Bybit gateway stand on.
#pragma once

#include <map>

#include "gateways/bybit/catalog.h"
#include "gateways/position_history.h"
#include "gateways/price_candles.h"

namespace delever::gateways::bybit {

struct Venue {
  explicit Venue(Desk& d) : desk(d), catalog(d), past(d) {}
  Desk& desk;
  const Catalog catalog;
  PositionHistory past;
  std::map<InstrumentId, PriceCandles> marks, indices;
  std::map<InstrumentId, PriceCandles> premiums;  // a share of the index, as a price

  const exchange::Exchange& exchange() const { return desk.door().exchange(); }
  Instant market() const { return desk.door().market_now(); }
  Instant wall() const { return desk.door().wall_now(); }
  void on_update(const DeskUpdate& update) {
    past.on_update(update);
    if (update.kind != DeskUpdate::Kind::second) return;
    for (const Product& p : catalog.all()) {
      const auto mark = exchange().mark(p.instrument);
      const auto index = exchange().index(p.listing->index);
      if (mark) marks[p.instrument].add(*mark, market());
      if (index) indices[p.instrument].add(*index, market());
      if (!mark || !index || *index <= Price()) continue;
      if (const auto premium = Price::nearest(mark->approx() / index->approx() - 1);
          premium.has_value())
        premiums[p.instrument].add(premium.value(), market());
    }
  }
};

}  // namespace delever::gateways::bybit
