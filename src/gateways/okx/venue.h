// What all parts of the OKX gateway stand on.
#pragma once

#include <map>

#include "gateways/okx/catalog.h"
#include "gateways/position_history.h"
#include "gateways/price_candles.h"

namespace delever::gateways::okx {

struct Venue {
  explicit Venue(Desk& d) : desk(d), catalog(d), past(d) {}
  Desk& desk;
  const Catalog catalog;
  PositionHistory past;
  std::map<InstrumentId, PriceCandles> marks, indices;
  std::string
      request_id;  // reqId of the amendment that is being made, for the rows that tell of it

  const exchange::Exchange& exchange() const { return desk.door().exchange(); }
  Instant market() const { return desk.door().market_now(); }
  Instant wall() const { return desk.door().wall_now(); }
  // What a quantity is in base coins at a price: contracts are worth `size` coins or dollars each.
  double coins(const Product& p, double qty, double price) const {
    const double size = p.size.approx();
    if (!p.inverse) return qty * size;
    return price > 0 ? qty * size / price : 0;
  }
  void on_update(const DeskUpdate& update) {
    past.on_update(update);
    if (update.kind != DeskUpdate::Kind::second) return;
    for (const Product& p : catalog.all()) {
      if (const auto mark = exchange().mark(p.instrument)) marks[p.instrument].add(*mark, market());
      if (const auto index = exchange().index(p.listing->index))
        indices[p.instrument].add(*index, market());
    }
  }
};

}  // namespace delever::gateways::okx
