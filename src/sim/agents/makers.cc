#include "sim/agents/makers.h"

namespace delever::sim {
namespace {

// Beliefs do not thin out with the quotes: a maker who shows a tenth of the depth does not take the
// same flow for ten times the news. One third at least.
constexpr double kThin = 0.33;

}  // namespace

double impact(double flow, double density, double concave_from) {
  if (density <= 0) return 0;
  const double q = std::abs(flow);
  if (concave_from <= 0) return flow / density;
  // c and Q0 such that I'(0) = 1 / D and I(Q0) = concave_from.
  const double c = std::sqrt(2 * concave_from / ((std::sqrt(2.0) - 1) * density));
  const double q0 = c * density / 2 * (c * density / 2);
  const double i = c * (std::sqrt(q + q0) - std::sqrt(q0));
  return flow < 0 ? -i : i;
}

void Makers::open(Field& field) {
  world_ = &field.world;
  stream_ = field.population << 22;
  const World& w = field.world;
  const Asset& asset = w.assets[setup_.asset];
  fair_ = asset.start;
  states_.resize(w.markets.size());
  // Rungs at even steps of log distance from half a basis point on: dense near the touch, and one
  // at the best price.
  if (setup_.requote && setup_.touch_usd > 0) distances_.push_back(0);
  const double first = std::min(setup_.reach, 0.00005);
  for (uint32_t l = 0; l < setup_.levels; ++l) {
    const double part = setup_.levels > 1 ? static_cast<double>(l) / (setup_.levels - 1) : 1.0;
    distances_.push_back(setup_.requote ? first * std::pow(setup_.reach / first, part)
                                        : setup_.reach * (l + 1) / setup_.levels);
  }
  for (const auto* books : {&w.perpetuals[setup_.asset], &w.spots[setup_.asset]}) {
    for (const uint32_t b : *books) {
      const MarketView& book = w.markets[b];
      const double depth = book.spot ? setup_.spot_depth_usd : setup_.depth_usd;
      states_[b].density = depth * book.share / asset.start / 0.01;
      for (uint32_t k = 0; k < setup_.each_venue; ++k) {
        Ladder ladder;
        ladder.book = b;
        Venue& venue = *field.venues[book.venue];
        const auto index = static_cast<uint32_t>(ladders_.size());
        ladder.account =
            venue.open_account(field.at, {field.population, index}, CollateralMode::single_coin);
        venue.deposit(field.at, ladder.account, 0, setup_.capital_usd);
        if (book.spot) {
          venue.deposit(field.at, ladder.account, field.coin(setup_.asset),
                        setup_.capital_usd / asset.start);
        } else {
          venue.must(
              field.at,
              SetLeverage{ladder.account, book.instrument, Leverage::raw(1 * Leverage::scale)},
              "leverage of the start");
        }
        ladder.bids.resize(distances_.size());
        ladder.asks.resize(distances_.size());
        ladders_.push_back(std::move(ladder));
      }
    }
  }
}

double Makers::density(uint32_t book) const { return states_[book].density; }

void Makers::stand(const World& w, uint32_t book, std::vector<Counterparty>& out) const {
  if (!(setup_.standing_share > 0) || w.markets[book].spot) return;
  for (uint32_t i = 0; i < ladders_.size(); ++i) {
    if (ladders_[i].book == book)
      out.push_back({ladders_[i].account, i, setup_.standing_share / setup_.each_venue});
  }
}

void Makers::back(Field& field, uint32_t seat, double coins) {
  const std::vector<MarketView>& books = field.world.markets;
  const auto l = std::find_if(ladders_.begin(), ladders_.end(),
                              [&](const Ladder& x) { return books[x.book].spot; });
  CHECK(l != ladders_.end());  // every asset has a spot book
  back_position(field, books[ladders_[seat].book], ladders_[seat].account, books[l->book],
                l->account, coins);
  l->hedge -= coins;
}

void Makers::observe(const World& w) {
  const Asset& asset = w.assets[setup_.asset];
  double total = 0, flow = 0, pressure = 0;
  const double keep = std::exp2(-1 / setup_.resilience.in_seconds());
  for (const auto* books : {&w.perpetuals[setup_.asset], &w.spots[setup_.asset]}) {
    for (const uint32_t b : *books) {
      State& s = states_[b];
      s.pressure = s.pressure * keep + w.markets[b].flow * (1 - setup_.permanent);
      total += s.density;
      pressure += s.pressure;
      flow += w.markets[b].flow;
    }
  }
  pooled_inventory_ = 0;
  for (const Ladder& ladder : ladders_) pooled_inventory_ += ladder.inventory;
  pooled_pressure_ = pressure;
  pooled_density_ = total;
  const bool off = w.switches.without(Mechanism::makers);  // makers that never withdraw
  const double excess = asset.sigma_usual > 0 ? asset.sigma / asset.sigma_usual : 0;
  withdrawal_ = off ? 1 : std::exp(-setup_.withdrawal * std::max(excess - 1, 0.0));
  if (setup_.caution > 0) {
    worst_ =
        std::max(worst_ * std::exp2(-1 / setup_.caution_half_life.in_seconds()), 1 - withdrawal_);
    withdrawal_ = std::min(withdrawal_, 1 - setup_.caution * worst_);
  }
  pulled_ = !off && excess > setup_.pull_sigmas;
  if (fundamental_ > 0 && asset.fundamental > 0)
    fair_ *= std::pow(asset.fundamental / fundamental_, setup_.news);
  fundamental_ = asset.fundamental;
  if (total > 0 && setup_.requote)
    fair_ *= std::exp(setup_.permanent * flow / (total * std::max(withdrawal_, kThin)));
}

void Makers::decide(size_t part, const World& w, Outbox& out) {
  Ladder& ladder = ladders_[part];
  const MarketView& book = w.markets[ladder.book];
  const Asset& asset = w.assets[setup_.asset];
  if (!setup_.requote && ladder.posted) return;
  if (!book.spot && !(book.mark > 0)) return;
  const State& s = states_[ladder.book];
  const auto index = static_cast<uint32_t>(part);
  const double density = s.density * withdrawal_ * w.quoted / setup_.each_venue;
  const double variance =
      fair_ * fair_ * asset.sigma_usual * asset.sigma_usual * setup_.horizon.in_seconds();
  const double g = setup_.risk_aversion;
  const double thin = std::max(withdrawal_, kThin);
  const double pooled = w.switches.without(Mechanism::arbitrage) ? 0 : setup_.pooled;
  const double slope = setup_.slope();
  const double pressure =
      pooled * impact(pooled_pressure_, pooled_density_ * thin * slope, setup_.concave_from) +
      (1 - pooled) * impact(s.pressure, s.density * thin * slope, setup_.concave_from);
  const double inventory =
      pooled * pooled_inventory_ * s.density / pooled_density_ / setup_.each_venue +
      (1 - pooled) * ladder.inventory;
  const double reservation =
      fair_ * std::exp(std::clamp(pressure, -0.2, 0.2)) - inventory * g * variance;
  const double half = (g * variance + 2 / g * std::log1p(g / setup_.arrival)) / 2 / thin;
  const double most = setup_.inventory_max_usd * book.share / fair_;
  const bool reduce_long = inventory > most, reduce_short = inventory < -most;
  double inner = 0;
  for (size_t l = 0; l < distances_.size(); ++l) {
    const double d = distances_[l];
    const double coins =
        d > 0 ? density * (d - inner)
              : setup_.touch_usd / fair_ * book.share * withdrawal_ * w.quoted / setup_.each_venue;
    // The rung stands in the middle of its stretch of the ladder; the flow that sweeps it moves the
    // price through it.
    const double at = setup_.requote ? d : (d + inner) / 2;
    inner = d;
    const double near = setup_.requote ? std::max({0.2 * d * fair_, half / 2, book.tick / 2}) : 0;
    Rung &bid = ladder.bids[l], &ask = ladder.asks[l];
    bid.at = reservation * (1 - at) - half;
    bid.size = pulled_ || reduce_long ? 0 : coins;
    ask.at = reservation * (1 + at) + half;
    ask.size = pulled_ || reduce_short ? 0 : coins;
    take_back(index, ladder, bid, near, w, out);
    take_back(index, ladder, ask, near, w, out);
  }
  // After all that moves is gone: a quote near the middle must not meet one's own that was on its
  // way out.
  for (size_t l = 0; l < distances_.size(); ++l) {
    post(index, ladder, ladder.bids[l], true, l, w, out);
    post(index, ladder, ladder.asks[l], false, l, w, out);
  }
  ladder.posted = true;
}

void Makers::take_back(uint32_t index, Ladder& ladder, Rung& rung, double near, const World& w,
                       Outbox& out) {
  rung.stays = rung.id != 0 && std::abs(rung.price - rung.at) <= near &&
               rung.coins >= 0.6 * rung.size && rung.coins <= 1.6 * rung.size;
  if (rung.id == 0 || rung.stays) return;
  const MarketView& book = w.markets[ladder.book];
  out.send(w, setup_.latency, stream_ + index, book.venue,
           CancelOrder{ladder.account, book.instrument, rung.id});
  rung.id = 0;
}

void Makers::post(uint32_t index, Ladder& ladder, Rung& rung, bool buys, size_t level,
                  const World& w, Outbox& out) {
  if (rung.stays) return;
  const MarketView& book = w.markets[ladder.book];
  const double ticks = buys ? std::floor(rung.at / book.tick) : std::ceil(rung.at / book.tick);
  const auto o = order(book, {.account = ladder.account,
                              .side = buys ? Side::buy : Side::sell,
                              .price = ticks * book.tick,
                              .coins = rung.size,
                              .time_in_force = TimeInForce::post_only,
                              .client = level * 2 + (buys ? 0 : 1)});
  if (!o) return;
  rung.price = rung.at;
  rung.coins = rung.size;
  out.send(w, setup_.latency, stream_ + index, book.venue, *o);
}

void Makers::on_notice(uint32_t, uint32_t index, const Notice& notice) {
  Ladder& ladder = ladders_[index];
  const MarketView& book = world_->markets[ladder.book];
  const auto rung = [&](uint64_t client) -> Rung& {
    return (client % 2 == 0 ? ladder.bids : ladder.asks)[client / 2];
  };
  if (const auto* rested = notice.as<OrderRested>()) {
    rung(rested->client).id = rested->order;
    rung(rested->client).coins = coins_of(book, rested->qty);
  } else if (const auto* finished = notice.as<OrderFinished>()) {
    if (rung(finished->client).id == finished->order) rung(finished->client).id = 0;
  } else if (const auto* fill = notice.as<Fill>()) {
    if (world_->step == 0) return;  // the position of the start is hedged
    const double coins = coins_of(book, fill->qty);
    ladder.inventory += fill->side == Side::buy ? coins : -coins;
    Rung& r = rung(fill->client);
    if (fill->maker && r.id == fill->order) {
      r.coins -= coins;
      if (r.coins < book.lot / 2) r.id = 0;
    }
  } else if (notice.kind() == NoticeKind::takeover || notice.kind() == NoticeKind::adl) {
    const PositionChange change = *position_change(notice, ladder.account);
    const double coins = coins_of(book, change.qty);
    ladder.inventory += change.side == Side::buy ? coins : -coins;
  }
}

void Makers::on_refused(uint32_t, uint32_t, const SubmitOrder&, Reject) {
}  // tried again in the next second

}  // namespace delever::sim
