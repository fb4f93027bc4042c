#include "sim/agents/retail.h"

#include "base/random_batch.h"

namespace delever::sim {
namespace {

constexpr uint64_t kStop = 1;  // the client number of stops
constexpr double kReach = 0.02;
constexpr double kPanicMost = 4;  // exponent of panic when all margin and half is gone
constexpr size_t kBatch = 256;    // accounts whose first draws are made together
// What a new account deposits: its first margin with 15 % to spare, so that the spread alone does
// not refuse the entry, and 0.2 % of the position for fees. Assumptions, not measured.
constexpr double kMarginDeposited = 1.15;
constexpr double kFeesDeposited = 0.002;

double chance_of(double rate, double time) { return 1 - std::exp(-rate * time); }

// The index of one of n, by weights whose sum is `total`.
template <class Weight>
size_t weighted(size_t n, Weight weight, double total, Random& random) {
  double at = random.uniform() * total;
  for (size_t k = 0; k < n; ++k) {
    at -= weight(k);
    if (at < 0) return k;
  }
  return n - 1;
}

// Truncated Pareto by inversion.
double drawn_notional(const RetailSetup& setup, Random& random) {
  const double a = setup.notional_tail,
               ratio = std::pow(setup.notional_min / setup.notional_max, a);
  return setup.notional_min * std::pow(1 - random.uniform() * (1 - ratio), -1 / a);
}

// Venues allow less leverage on larger positions: the account takes what the tier of 1.5 times its
// size allows.
double allowed_leverage(const Rulebook& rules, double notional, double wanted) {
  if (!rules.ladder) return wanted;
  for (const MarginTier& tier : rules.ladder->tiers) {
    if (rules.ladder->unit == TierUnit::value && tier.cap && tier.cap->approx() < notional * 1.5)
      continue;
    return std::min(wanted, std::floor(tier.max_leverage.approx()));
  }
  return wanted;
}

}  // namespace

size_t Retail::bytes_per_account() { return sizeof(Seat); }

void Retail::open(Field& field) {
  world_ = &field.world;
  stream_ = field.population << 22;
  period_ = static_cast<uint32_t>(std::max<int64_t>(1, setup_.decide_every.ns() / 1'000'000'000));
  const World& w = field.world;
  const auto& books = w.perpetuals[setup_.asset];
  double shares = 0;
  for (const uint32_t b : books) shares += w.markets[b].share;
  double weights = 0;
  for (const double x : setup_.weights) weights += x;
  if (books.empty() || shares <= 0 || weights <= 0) return;
  for (uint32_t i = 0; i < setup_.accounts; ++i) {
    Random random(w.seed, {static_cast<uint32_t>(Stream::retail_setup), stream_ + i, 0});
    const uint32_t book = books[weighted(
        books.size(), [&](size_t k) { return w.markets[books[k]].share; }, shares, random)];
    double leverage = setup_.leverages[weighted(
        setup_.leverages.size(), [&](size_t k) { return setup_.weights[k]; }, weights, random)];
    const double notional = drawn_notional(setup_, random);
    const MarketView& b = w.markets[book];
    Venue& venue = *field.venues[b.venue];
    leverage = allowed_leverage(venue.setup().listings[b.instrument].rules, notional, leverage);
    const bool cross = random.chance(setup_.cross_share);
    const double margin = notional / leverage;
    const bool backed = cross && setup_.backing && venue.setup().collateral_haircut &&
                        random.chance(setup_.backing_share);
    const AccountId account =
        venue.open_account(field.at, {field.population, i},
                           backed ? CollateralMode::multi_asset : CollateralMode::single_coin);
    const double wallet = margin * (kMarginDeposited + setup_.reserve) + notional * kFeesDeposited;
    if (backed) {
      venue.deposit(field.at, account, field.coin(*setup_.backing),
                    wallet / w.assets[*setup_.backing].start);
      venue.deposit(field.at, account, 0, notional * kFeesDeposited);  // for fees
    } else {
      venue.deposit(field.at, account, 0, wallet);
    }
    if (!cross)
      venue.must(field.at, SetMarginMode{account, b.instrument, MarginMode::isolated},
                 "isolated margin");
    const auto exact = Leverage::nearest(leverage);
    CHECK(exact.has_value());
    venue.must(field.at, SetLeverage{account, b.instrument, exact.value()},
               "leverage of the start");
    seats_.push_back({.stop = 0,
                      .notional = static_cast<float>(notional),
                      .leverage = static_cast<float>(leverage),
                      .book = book,
                      .account = account,
                      .cross = cross});
  }
  due_.assign(size(), 0);
}

void Retail::hold(const World& w, std::vector<Held>& out) {
  for (uint32_t i = 0; i < size(); ++i) {
    Random random(w.seed, {static_cast<uint32_t>(Stream::retail_setup), stream_ + i, 1});
    if (!random.chance(setup_.open_share)) continue;
    const bool buys = random.chance(setup_.long_share);
    const double coins = seats_[i].notional / w.assets[setup_.asset].start;
    seats_[i].wants_stop = random.chance(setup_.stop_chance);
    note_due(i);
    out.push_back({seats_[i].book, seats_[i].account, buys ? coins : -coins,
                   static_cast<uint32_t>(random.below(1U << 20))});
  }
}

void Retail::each_start(const World& w,
                        const std::function<void(const StartPosition&)>& each) const {
  for (uint32_t i = 0; i < size(); ++i) {
    if (seats_[i].coins == 0) continue;
    StartPosition p{.asset = setup_.asset,
                    .coins = seats_[i].coins,
                    .entry = seats_[i].cost / std::abs(seats_[i].coins),
                    .leverage = seats_[i].leverage,
                    .stop = seats_[i].wants_stop != 0 && !w.switches.without(Mechanism::stops),
                    .stop_from = setup_.stop_from,
                    .stop_to = setup_.stop_to};
    p.margin = seats_[i].cross
                   ? (kMarginDeposited + setup_.reserve) / seats_[i].leverage + kFeesDeposited
                   : 1 / seats_[i].leverage;  // as open() deposits
    p.book = seats_[i].book;
    each(p);
  }
}

void Retail::observe(const World& w) {
  const Asset& asset = w.assets[setup_.asset];
  const double hours = period_ / 3600.0;
  const double z = std::clamp(asset.momentum, -3.0, 3.0);
  dip_ = !w.switches.without(Mechanism::dip_buyers) && asset.drawdown < -setup_.dip_sigmas &&
         asset.return_1m > 0;
  const double rate =
      setup_.open_rate_day / 24 * std::exp(setup_.momentum * std::abs(z) + (dip_ ? setup_.dip : 0));
  opens_ = chance_of(rate, hours);
  // Log odds of the crowd's long share, moved by the trend.
  const double share = std::clamp(setup_.long_share, 0.01, 0.99);
  const double odds = std::log(share / (1 - share)) + 2 * setup_.momentum * z;
  long_share_ = 1 / (1 + std::exp(-odds));
  const double by_itself = std::log(2.0) / setup_.close_half_life_hours;
  closes_ = chance_of(by_itself, hours);
  const double panic_most =
      chance_of(by_itself + setup_.panic_rate_hour * std::exp(kPanicMost), hours);
  // What most are below, and a little for what exp() rounds and a draw of 53 bits leaves out.
  const double most = std::max({closes_, panic_most, opens_}) * (1 + 1e-9) + 1e-9;
  acts_below_ = most < 1 ? static_cast<uint64_t>(most * 0x1p64) : ~uint64_t{0};
}

void Retail::decide(size_t part, const World& w, Outbox& out) {
  // Accounts of this second: those whose number is the step's, modulo the period. Each part takes a
  // stretch of them.
  const size_t n = size(), from = n * part / kParts, to = n * (part + 1) / kParts;
  const size_t phase = w.step % period_;
  uint64_t drawn[kBatch];
  uint32_t to_consider[kBatch];
  for (size_t i = from + (phase + period_ - from % period_) % period_; i < to;) {
    const size_t count = std::min(kBatch, (to - i + period_ - 1) / period_);
    first_bits(w.seed,
               {static_cast<uint32_t>(Stream::retail), stream_ + static_cast<uint32_t>(i), w.step},
               period_, std::span(drawn, count));
    // Most do nothing, whatever their seat says: of those the seats are not read.
    size_t considered = 0;
    for (size_t k = 0; k < count; ++k, i += period_) {
      if (drawn[k] >= acts_below_ && due_[i] == 0) continue;
      __builtin_prefetch(&seats_[i]);
      drawn[considered] = drawn[k];
      to_consider[considered++] = static_cast<uint32_t>(i);
    }
    for (size_t k = 0; k < considered; ++k)
      consider(to_consider[k], Random::uniform_of(drawn[k]), w, out);
  }
}

// The chance that an open position is closed at this look: by half-life, and in panic once half its
// margin is gone.
double Retail::closing_chance(const Seat& seat, const MarketView& book) const {
  const double profit = seat.coins * book.mark - (seat.coins > 0 ? seat.cost : -seat.cost);
  // Most are far from it, and need no division to say so.
  if (-profit * seat.leverage < 0.49 * seat.cost) return closes_;
  const double margin = seat.cost / seat.leverage;
  const double loss = margin > 0 ? std::max(-profit / margin, 0.0) : 0.0;
  if (!(loss > 0.5)) return closes_;
  const double panic = setup_.panic_rate_hour * std::exp(kPanicMost * std::min(loss - 0.5, 1.0));
  return chance_of(std::log(2.0) / setup_.close_half_life_hours + panic, period_ / 3600.0);
}

// Something to do whatever is drawn: a stop to leave or to take back, a liquidation to think over.
bool Retail::is_due(const Seat& seat) {
  if (seat.coins == 0) return seat.stop != 0 || seat.liquidated_step >= 0;
  return seat.wants_stop && seat.stop == 0;
}

// Most accounts do nothing at most looks, and what they draw first decides that.
bool Retail::stays(const Seat& seat, double first_draw, const World& w,
                   const MarketView& book) const {
  if (seat.coins == 0) return seat.stop == 0 && seat.liquidated_step < 0 && !(first_draw < opens_);
  const bool stop_is_due =
      seat.wants_stop && seat.stop == 0 && !w.switches.without(Mechanism::stops);
  return !stop_is_due && !(first_draw < closing_chance(seat, book));
}

void Retail::consider(uint32_t i, double first_draw, const World& w, Outbox& out) {
  const Seat& seat = seats_[i];
  const MarketView& book = w.markets[seat.book];
  if (!(book.mark > 0) || !(book.mid > 0) || stays(seat, first_draw, w, book)) return;
  act(i, book, w, out);
  note_due(i);
}

void Retail::act(uint32_t i, const MarketView& book, const World& w, Outbox& out) {
  Seat& seat = seats_[i];
  Random random(w.seed, {static_cast<uint32_t>(Stream::retail), stream_ + i, w.step});
  const double coins = seat.coins;
  if (coins == 0) {
    if (seat.stop != 0) {  // a stop of a position that is gone
      out.send(w, setup_.latency, stream_ + i, book.venue,
               CancelOrder{seat.account, book.instrument, seat.stop});
      seat.stop = 0;
    }
    if (seat.liquidated_step >= 0) {  // once: comes back or stays away
      const double window = setup_.reentry_within.in_seconds();
      if (w.step - static_cast<uint32_t>(seat.liquidated_step) > window) {
        seat.liquidated_step = -1;
        return;
      }
      if (w.switches.without(Mechanism::dip_buyers)) return;
      if (random.chance(-std::log1p(-std::min(setup_.reentry_chance, 0.999)) * period_ / window))
        enter(i, w, out, random.chance(setup_.long_share), random);
      return;
    }
    if (random.chance(opens_)) enter(i, w, out, dip_ || random.chance(long_share_), random);
    return;
  }
  // Positions of the start get their stop when they are first looked at.
  if (seat.wants_stop && seat.stop == 0 && !w.switches.without(Mechanism::stops)) {
    seat.wants_stop = 0;
    const double entry = seat.cost / std::abs(coins);
    const double way = setup_.stop_from + (setup_.stop_to - setup_.stop_from) * random.uniform();
    const double price = entry * (coins > 0 ? 1 - way / seat.leverage : 1 + way / seat.leverage);
    const double lots = std::floor(std::abs(coins) / book.lot + 0.5);
    const double ticks = std::floor(price / book.tick);
    if (lots >= 1 && ticks >= 1 && (coins > 0 ? price < book.mark : price > book.mark)) {
      SubmitOrder stop;
      stop.account = seat.account;
      stop.instrument = book.instrument;
      stop.side = coins > 0 ? Side::sell : Side::buy;
      stop.type = OrderType::stop_market;
      stop.qty = Qty::raw(static_cast<int64_t>(std::min(lots, book.lots_max)) * book.step_raw);
      stop.time_in_force = TimeInForce::immediate_or_cancel;
      stop.reduce_only = true;
      stop.trigger = Price::raw(static_cast<int64_t>(ticks) * book.tick_raw);
      stop.client = kStop;
      seat.stop_ticks = static_cast<int32_t>(ticks);
      out.send(w, setup_.latency, stream_ + i, book.venue, stop);
    }
  }
  if (random.chance(closing_chance(seat, book))) leave(i, w, out);
}

void Retail::enter(uint32_t i, const World& w, Outbox& out, bool buys, Random& random) {
  const MarketView& book = w.markets[seats_[i].book];
  auto o = taking(book, seats_[i].account, (buys ? 1 : -1) * seats_[i].notional / book.mid, kReach);
  if (!o) return;
  seats_[i].liquidated_step = -1;
  seats_[i].wants_stop = random.chance(setup_.stop_chance);
  out.send(w, setup_.latency, stream_ + i, book.venue, *o);
}

void Retail::leave(uint32_t i, const World& w, Outbox& out) {
  const MarketView& book = w.markets[seats_[i].book];
  const auto o = taking(book, seats_[i].account, -seats_[i].coins, kReach, true);
  if (!o) return;
  if (seats_[i].stop != 0) {
    out.send(w, setup_.latency, stream_ + i, book.venue,
             CancelOrder{seats_[i].account, book.instrument, seats_[i].stop});
    seats_[i].stop = 0;
  }
  out.send(w, setup_.latency, stream_ + i, book.venue, *o);
}

void Retail::on_notice(uint32_t, uint32_t i, const Notice& n) {
  switch (n.kind()) {
    case NoticeKind::fill:
    case NoticeKind::takeover:
    case NoticeKind::adl:
    case NoticeKind::settled: {
      const MarketView& book = world_->markets[seats_[i].book];
      const PositionChange p = *position_change(n, seats_[i].account);
      const double lots = static_cast<double>(p.qty.raw() / book.step_raw);
      const double change = (p.side == Side::buy ? 1 : -1) * lots * book.lot;
      const double before = seats_[i].coins, after = before + change;
      const double price = p.price.approx();
      if (before == 0 || (before > 0) == (change > 0))
        seats_[i].cost += std::abs(change) * price;
      else if (std::abs(after) < book.lot / 2)
        seats_[i].cost = 0;
      else if ((after > 0) == (before > 0))
        seats_[i].cost *= after / before;
      else
        seats_[i].cost = std::abs(after) * price;
      seats_[i].coins = std::abs(after) < book.lot / 2 ? 0 : after;
      break;
    }
    case NoticeKind::liquidation:
      if (seats_[i].liquidations < 65'535) ++seats_[i].liquidations;
      seats_[i].liquidated_step = static_cast<int32_t>(world_->step);
      break;
    case NoticeKind::stop_armed:
      seats_[i].stop = n.as<StopArmed>()->order;
      break;
    case NoticeKind::stop_triggered:
      if (n.as<StopTriggered>()->order == seats_[i].stop) seats_[i].stop = 0;
      break;
    case NoticeKind::finished:
      if (n.as<OrderFinished>()->order == seats_[i].stop) seats_[i].stop = 0;
      break;
    default:
      break;
  }
  note_due(i);
}

void Retail::on_refused(uint32_t, uint32_t i, const SubmitOrder& order, Reject) {
  if (order.client == kStop) seats_[i].wants_stop = 0;
  note_due(i);
}

}  // namespace delever::sim
