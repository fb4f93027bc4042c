#include "sim/agents/value.h"

namespace delever::sim {

void Value::open(Field& field) {
  world_ = &field.world;
  stream_ = field.population << 22;
  trader_.open(field, 0, markets_of(field.world, setup_.asset), setup_.capital_usd);
}

void Value::decide(size_t, const World& w, Outbox& out) {
  const Asset& asset = w.assets[setup_.asset];
  if (!(asset.price > 0) || !(asset.fundamental > 0)) return;
  const double looks = std::max(setup_.decide_every.in_seconds(), 1.0);
  if (looks > 1 && !random_at(w, Stream::value, stream_).chance(1 / looks)) return;
  const double gap = std::log(asset.fundamental / asset.price);
  if (std::abs(gap) <= setup_.band) return;
  double density = 0, spot = 0, perpetual = 0;
  for (const Trader::Seat& s : trader_.seats) {
    const MarketView& b = w.markets[s.book];
    density += (b.spot ? makers_.spot_depth_usd : makers_.depth_usd) * b.share / asset.start / 0.01;
    (b.spot ? spot : perpetual) += b.share;
  }
  // d(ln P)/dt = permanent * flow / density = gap ln 2 / half-life.
  double flow = gap * std::log(2.0) / setup_.half_life.in_seconds() * density /
                std::max(makers_.permanent, 0.01);
  flow = looks *
         std::clamp(flow, -setup_.flow_max_usd / asset.price, setup_.flow_max_usd / asset.price);
  for (size_t i = 0; i < trader_.seats.size(); ++i) {
    const MarketView& b = w.markets[trader_.seats[i].book];
    const double part = (b.spot ? setup_.spot_share : 1 - setup_.spot_share) * b.share /
                        (b.spot ? spot : perpetual);
    if (const auto o = taking(b, trader_.seats[i].account, flow * part, 0.005))
      out.send(w, setup_.latency, stream_ + static_cast<uint32_t>(i), b.venue, *o);
  }
}

}  // namespace delever::sim
