#include "sim/agents/carry.h"

namespace delever::sim {

void Carry::open(Field& field) {
  world_ = &field.world;
  venues_ = &field.venues;
  stream_ = field.population << 22;
  period_ = static_cast<uint32_t>(std::max<int64_t>(1, setup_.decide_every.ns() / 1'000'000'000));
  const World& w = field.world;
  if (w.spots[setup_.asset].empty()) return;
  double shares = 0;
  for (const uint32_t b : w.perpetuals[setup_.asset]) shares += w.markets[b].share;
  for (const uint32_t b : w.perpetuals[setup_.asset]) {
    const MarketView& book = w.markets[b];
    Venue& venue = *field.venues[book.venue];
    const bool portfolio =
        venue.setup().collateral_haircut && !w.switches.without(Mechanism::portfolio);
    for (uint32_t d = 0; d < setup_.desks; ++d) {
      Seat s;
      s.book = b;
      const auto index = static_cast<uint32_t>(seats_.size());
      s.account =
          venue.open_account(field.at, {field.population, index * 2},
                             portfolio ? CollateralMode::multi_asset : CollateralMode::single_coin);
      venue.must(field.at,
                 SetLeverage{s.account, book.instrument, Leverage::raw(3 * Leverage::scale)},
                 "leverage of the start");
      s.spot_book = w.spots[setup_.asset][d % w.spots[setup_.asset].size()];
      const MarketView& spot = w.markets[s.spot_book];
      s.spot_account = field.venues[spot.venue]->open_account(
          field.at, {field.population, index * 2 + 1}, CollateralMode::single_coin);
      s.capacity =
          setup_.capacity_usd / w.assets[setup_.asset].start * book.share / shares / setup_.desks;
      seats_.push_back(s);
      fund(field, index, s.capacity * 0.25);  // dry powder
    }
  }
}

void Carry::stand(const World&, uint32_t book, std::vector<Counterparty>& out) const {
  for (uint32_t i = 0; i < seats_.size(); ++i) {
    if (seats_[i].book == book) out.push_back({.account = seats_[i].account, .seat = i});
  }
}

void Carry::back(Field& field, uint32_t seat, double coins) {
  fund(field, seat, coins);
  seats_[seat].hedge -= coins;
}

Hedge Carry::hedge(uint32_t index) const {
  return {setup_.asset, index % 2 != 0 ? seats_[index / 2].hedge : 0};
}

void Carry::fund(Field& field, size_t seat, double coins) {
  const Seat& s = seats_[seat];
  const World& w = field.world;
  Venue& venue = *field.venues[w.markets[s.book].venue];
  const double start = w.assets[setup_.asset].start;
  const double size = std::abs(coins);
  const bool backed = venue.setup().collateral_haircut.has_value();
  // Coins at the venue do not count without portfolio margin; the same wealth is there, the offset
  // is not.
  if (backed)
    venue.deposit(field.at, s.account, field.coin(setup_.asset), size * setup_.collateral);
  venue.deposit(field.at, s.account, 0,
                size * start * (backed ? setup_.cash : setup_.cash + setup_.collateral));
  Venue& spot = *field.venues[w.markets[s.spot_book].venue];
  // A coin for each coin sold short, beside those that back it: what it takes to unwind without
  // moving any.
  spot.deposit(field.at, s.spot_account, field.coin(setup_.asset), size);
  spot.deposit(field.at, s.spot_account, 0, size * start * 0.5);
}

void Carry::decide(size_t, const World& w, Outbox& out) {
  const double looks = period_;
  const double keep = std::exp2(-looks / setup_.half_life.in_seconds());
  for (uint32_t i = 0; i < seats_.size(); ++i) {
    Seat& s = seats_[i];
    const MarketView& book = w.markets[s.book];
    const MarketView& spot = w.markets[s.spot_book];
    if ((w.step + i) % period_ == 0 && book.mark > 0) {
      const double f = book.funding_annual;
      double target = s.coins;
      if (f > setup_.funding_in)
        target = std::min(
            s.coins,
            -s.capacity *
                std::min((f - setup_.funding_in) / (setup_.funding_full - setup_.funding_in), 1.0));
      else if (f < setup_.funding_out)
        target = 0;
      double change = (target - s.coins) * (1 - keep);
      bool reduce = std::abs(target) < std::abs(s.coins);
      const Venue& venue = *(*venues_)[book.venue];
      for (const exchange::PoolView& pool : venue.exchange().pools(s.account)) {
        const double maintenance = pool.maintenance.approx();
        if (maintenance > 0 && pool.equity.approx() < setup_.derisk_below * maintenance) {
          change = -0.2 * s.coins;
          reduce = true;
        }
      }
      // Not through more than its share of the book in one look.
      const double most = 0.0005 * book.open_interest + 10 * book.lot;
      change = std::clamp(change, -most, most);
      if (const auto o = taking(book, s.account, change, 0.003, reduce && s.coins != 0))
        out.send(w, setup_.latency, stream_ + i, book.venue, *o);
    }
    if (std::abs(s.spot_owed) * spot.mid > 1'000 && spot.mid > 0) {
      const double slice = std::clamp(s.spot_owed, -20 * spot.lot - 0.2 * std::abs(s.spot_owed),
                                      20 * spot.lot + 0.2 * std::abs(s.spot_owed));
      if (const auto o = taking(spot, s.spot_account, slice, 0.003))
        out.send(w, setup_.latency, stream_ + i, spot.venue, *o);
    }
  }
}

void Carry::on_notice(uint32_t, uint32_t index, const Notice& n) {
  Seat& s = seats_[index / 2];
  const bool on_spot = index % 2 != 0;
  const auto traded = position_change(n, on_spot ? s.spot_account : s.account);
  if (!traded || n.kind() == NoticeKind::settled) return;
  const MarketView& book = world_->markets[on_spot ? s.spot_book : s.book];
  const double coins = coins_of(book, traded->qty);
  const double change = traded->side == Side::buy ? coins : -coins;
  if (on_spot) {
    s.spot_owed -= change;
  } else {
    s.coins += change;
    if (world_->step > 0) s.spot_owed -= change;  // the hedge of the start is there already
  }
}

}  // namespace delever::sim
