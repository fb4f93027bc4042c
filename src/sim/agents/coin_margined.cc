#include "sim/agents/coin_margined.h"

namespace delever::sim {
namespace {

constexpr double kHalfSpread = 0.00002;   // of the price, on either side
constexpr double kSkewPerCapital = 0.02;  // of the price, at an inventory of the whole capital
constexpr double kTakerReach = 0.003;
constexpr double kTakerFull = 50;  // times taker_usd: who holds that much only goes back

}  // namespace

void CoinMargined::open(Field& field) {
  stream_ = field.population << 22;
  Venue& venue = *field.venues[market_.venue];
  const double price = field.world.assets[market_.asset].start;
  const CoinId coin = field.coin(market_.asset);
  maker_ = venue.open_account(field.at, {field.population, 0}, CollateralMode::single_coin);
  venue.deposit(field.at, maker_, coin, setup_.capital_usd / price);
  distances_.push_back(0);
  const double first = std::min(setup_.reach, 0.0001);
  for (uint32_t l = 0; l < setup_.levels; ++l) {
    const double part = setup_.levels > 1 ? static_cast<double>(l) / (setup_.levels - 1) : 1.0;
    distances_.push_back(first * std::pow(setup_.reach / first, part));
  }
  bids_.resize(distances_.size());
  asks_.resize(distances_.size());
  for (uint32_t t = 0; t < setup_.takers; ++t) {
    takers_.push_back(
        {venue.open_account(field.at, {field.population, 1 + t}, CollateralMode::single_coin)});
    venue.deposit(field.at, takers_.back().account, coin,
                  4 * kTakerFull * setup_.taker_usd / price);
  }
}

std::optional<SubmitOrder> CoinMargined::order(AccountId account, Side side, double price,
                                               double usd) const {
  const double steps = std::floor(usd / market_.step_usd + 1e-9);
  const double ticks =
      side == Side::buy ? std::floor(price / market_.tick) : std::ceil(price / market_.tick);
  if (!(steps >= 1) || !(ticks >= 1) || ticks > 2e9 || steps > 1e9) return std::nullopt;
  SubmitOrder o;
  o.account = account;
  o.instrument = market_.instrument;
  o.side = side;
  o.price = Price::raw(static_cast<int64_t>(ticks) * market_.tick_raw);
  o.qty = Qty::raw(static_cast<int64_t>(steps) * market_.step_raw);
  o.self_trade = SelfTrade::expire_maker;
  return o;
}

void CoinMargined::decide(size_t part, const World& w, Outbox& out) {
  if (!(w.assets[market_.asset].price > 0)) return;
  if (part == 0)
    quote(w, out);
  else
    take(part - 1, w, out);
}

void CoinMargined::quote(const World& w, Outbox& out) {
  const double skew =
      std::clamp(inventory_usd_ / setup_.capital_usd * kSkewPerCapital, -0.005, 0.005);
  const double fair = w.assets[market_.asset].price * std::exp(-skew);
  double inner = 0;
  struct Wanted {
    Side side;
    size_t rung;
    double at, usd;
  };
  std::vector<Wanted> wanted;
  for (size_t l = 0; l < distances_.size(); ++l) {
    const double d = distances_[l];
    const double usd =
        (d > 0 ? setup_.depth_usd / 0.01 * (d - inner) : setup_.touch_usd) * w.quoted;
    inner = d;
    const double near = std::max(0.2 * d * fair, market_.tick);
    for (const Side side : {Side::buy, Side::sell}) {
      const bool buys = side == Side::buy;
      const double at = fair * (buys ? 1 - d - kHalfSpread : 1 + d + kHalfSpread);
      Rung& rung = (buys ? bids_ : asks_)[l];
      const bool stays = rung.id != 0 && std::abs(rung.price - at) <= near &&
                         rung.usd >= 0.6 * usd && rung.usd <= 1.6 * usd;
      if (stays) continue;
      if (rung.id != 0) {
        out.send(w, setup_.latency, stream_, market_.venue,
                 CancelOrder{maker_, market_.instrument, rung.id});
        rung.id = 0;
      }
      wanted.push_back({side, l, at, usd});
    }
  }
  // After all that moves is gone: a quote must not meet one's own that was on its way out.
  for (const Wanted& x : wanted) {
    auto o = order(maker_, x.side, x.at, x.usd);
    if (!o) continue;
    o->time_in_force = TimeInForce::post_only;
    o->client = x.rung * 2 + (x.side == Side::buy ? 0 : 1);
    Rung& rung = (x.side == Side::buy ? bids_ : asks_)[x.rung];
    rung.price = x.at;
    rung.usd = x.usd;
    out.send(w, setup_.latency, stream_, market_.venue, *o);
  }
}

void CoinMargined::take(size_t number, const World& w, Outbox& out) {
  const Taker& taker = takers_[number];
  const auto entity = static_cast<uint32_t>(stream_ + 1 + number);
  Random random = random_at(w, Stream::coin_margined, entity);
  if (!random.chance(setup_.takes_minute / 60 / static_cast<double>(takers_.size()))) return;
  const double full = taker.usd / (kTakerFull * setup_.taker_usd);
  const bool buys = random.chance(std::clamp(0.5 - full / 2, 0.0, 1.0));
  const double usd = setup_.taker_usd * std::exp(random.normal());
  const double price = w.assets[market_.asset].price * (buys ? 1 + kTakerReach : 1 - kTakerReach);
  auto o =
      order(taker.account, buys ? Side::buy : Side::sell, price, std::max(usd, market_.step_usd));
  if (!o) return;
  o->time_in_force = TimeInForce::immediate_or_cancel;
  out.send(w, setup_.latency, entity, market_.venue, *o);
}

void CoinMargined::on_notice(uint32_t, uint32_t index, const Notice& notice) {
  const auto usd_of = [&](Qty qty) {
    return static_cast<double>(qty.raw() / market_.step_raw) * market_.step_usd;
  };
  if (index > 0) {
    if (const auto change = position_change(notice, takers_[index - 1].account))
      takers_[index - 1].usd +=
          change->side == Side::buy ? usd_of(change->qty) : -usd_of(change->qty);
    return;
  }
  if (const auto change = position_change(notice, maker_))
    inventory_usd_ += change->side == Side::buy ? usd_of(change->qty) : -usd_of(change->qty);
  const auto rung = [&](uint64_t client) -> Rung& {
    return (client % 2 == 0 ? bids_ : asks_)[client / 2];
  };
  if (const auto* rested = notice.as<OrderRested>()) {
    rung(rested->client).id = rested->order;
    rung(rested->client).usd = usd_of(rested->qty);
  } else if (const auto* finished = notice.as<OrderFinished>()) {
    if (rung(finished->client).id == finished->order) rung(finished->client).id = 0;
  } else if (const auto* fill = notice.as<Fill>(); fill && fill->maker) {
    Rung& r = rung(fill->client);
    if (r.id != fill->order) return;
    r.usd -= usd_of(fill->qty);
    if (r.usd < market_.step_usd / 2) r.id = 0;
  }
}

}  // namespace delever::sim
