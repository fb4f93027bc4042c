#include "sim/agents/flow.h"

namespace delever::sim {

void Flow::open(Field& field) {
  world_ = &field.world;
  stream_ = field.population << 22;
  for (const uint32_t b : markets_of(field.world, setup_.asset)) {
    for (uint32_t i = 0; i < setup_.splitters; ++i) {
      Splitter s;
      s.trader.open(field, static_cast<uint32_t>(splitters_.size()), {b},
                    setup_.child_usd * std::max<double>(setup_.children_max, 1) * 3);
      splitters_.push_back(std::move(s));
    }
  }
}

void Flow::decide(size_t, const World& w, Outbox& out) {
  const double start = setup_.metaorders_hour / 3600;
  const double every = setup_.child_every.in_seconds();
  for (uint32_t i = 0; i < splitters_.size(); ++i) {
    Splitter& s = splitters_[i];
    if (s.left > 0 && w.step < s.next) continue;
    Random random(w.seed, {static_cast<uint32_t>(Stream::flow), stream_ + i, w.step});
    const MarketView& book = w.markets[s.trader.seats[0].book];
    if (!(book.mid > 0)) continue;
    if (s.left == 0) {
      if (!random.chance(start)) continue;
      const double pareto = std::pow(random.uniform(), -1 / setup_.tail);
      s.left = static_cast<uint32_t>(std::min<double>(pareto, setup_.children_max));
      const double usd = setup_.child_usd * std::exp(setup_.child_spread * random.normal());
      // Back towards an empty position once it is large, so that no splitter becomes an investor.
      const double held =
          s.trader.seats[0].coins * book.mid / (setup_.child_usd * setup_.children_max);
      const bool buys = random.uniform() < std::clamp(0.5 - 0.5 * held, 0.0, 1.0);
      s.child = (buys ? 1 : -1) * usd / book.mid;
    }
    --s.left;
    s.next = w.step + 1 + static_cast<uint32_t>(random.exponential() * every);
    if (const auto o = taking(book, s.trader.seats[0].account, s.child, 0.002))
      out.send(w, setup_.latency, stream_ + i, book.venue, *o);
  }
}

}  // namespace delever::sim
