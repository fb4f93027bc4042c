#include "sim/agents/arbitrage.h"

namespace delever::sim {

void Arbitrage::open(Field& field) {
  world_ = &field.world;
  stream_ = field.population << 22;
  trader_.open(field, 0, markets_of(field.world, setup_.asset), setup_.capital_usd);
}

void Arbitrage::decide(size_t, const World& w, Outbox& out) {
  if (w.switches.without(Mechanism::arbitrage)) return;
  double sum = 0, weight = 0;
  for (const Trader::Seat& s : trader_.seats) {
    const MarketView& b = w.markets[s.book];
    if (!b.two_sided) continue;
    sum += b.mid * b.share;
    weight += b.share;
  }
  if (weight <= 0) return;
  const double mean = sum / weight;
  // Orders of one second net to nothing over the books: what is sold here is bought there.
  std::vector<double> wanted(trader_.seats.size());
  double buys = 0, sells = 0;
  for (size_t i = 0; i < trader_.seats.size(); ++i) {
    const Trader::Seat& s = trader_.seats[i];
    const MarketView& b = w.markets[s.book];
    if (!b.two_sided) continue;
    const double gap = std::log(mean / b.mid);
    if (std::abs(gap) <= setup_.cost) continue;
    const double density =
        (b.spot ? makers_.spot_depth_usd : makers_.depth_usd) * b.share / mean / 0.01;
    double coins = setup_.share * (gap > 0 ? gap - setup_.cost : gap + setup_.cost) * density;
    const double most = setup_.position_max_usd / mean;
    coins = std::clamp(coins, -most - s.coins, most - s.coins);
    wanted[i] = coins;
    (coins > 0 ? buys : sells) += std::abs(coins);
  }
  const double both = std::min(buys, sells);
  for (size_t i = 0; i < wanted.size(); ++i) {
    double coins = wanted[i];
    // A gap without its mirror image is traded by half: the other leg follows when the rest has
    // moved.
    const double own = coins > 0 ? buys : sells;
    if (own > 0) coins *= (both + 0.5 * (own - both)) / own;
    const MarketView& b = w.markets[trader_.seats[i].book];
    if (const auto o = taking(b, trader_.seats[i].account, coins, 0.003))
      out.send(w, setup_.latency, stream_ + static_cast<uint32_t>(i), b.venue, *o);
  }
}

}  // namespace delever::sim
