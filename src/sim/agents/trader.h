// One trader with an account on each of several books and what it holds there: what value traders,
// arbitrageurs, splitters and slow outside money have in common.
#pragma once

#include <algorithm>

#include "sim/kernel/population.h"

namespace delever::sim {

class Trader {
 public:
  struct Seat {
    uint32_t book = 0;
    AccountId account = 0;
    double coins = 0;  // bought less sold since the start
    double hedge = 0;  // coins of this seat against positions of the start
  };
  // Opens one seat on each book; `index` is the trader's number in its population, USD and coins
  // are for each seat.
  void open(Field& field, uint32_t index, const std::vector<uint32_t>& books, double usd) {
    for (const uint32_t b : books) {
      const MarketView& book = field.world.markets[b];
      Venue& venue = *field.venues[book.venue];
      const AccountId account = venue.open_account(
          field.at, {field.population, index << kSeatBits | static_cast<uint32_t>(seats.size())},
          CollateralMode::single_coin);
      venue.deposit(field.at, account, 0, usd);
      if (book.spot)
        venue.deposit(field.at, account, field.coin(book.asset),
                      usd / field.world.assets[book.asset].start);
      else
        venue.must(field.at,
                   SetLeverage{account, book.instrument, Leverage::raw(2 * Leverage::scale)},
                   "leverage of the start");
      seats.push_back({b, account, 0});
    }
  }
  // The shares of what the crowd holds net at the start that this trader takes, and the coins on
  // spot against them.
  void stand(const World& world, uint32_t book, double share,
             std::vector<Counterparty>& out) const {
    for (uint32_t i = 0; i < seats.size() && share > 0; ++i) {
      if (seats[i].book == book && !world.markets[book].spot)
        out.push_back({seats[i].account, i, share});
    }
  }
  void back(Field& field, uint32_t seat, double coins) {
    const std::vector<MarketView>& books = field.world.markets;
    const auto s =
        std::find_if(seats.begin(), seats.end(), [&](const Seat& x) { return books[x.book].spot; });
    CHECK(s != seats.end());  // every asset has a spot book
    back_position(field, books[seats[seat].book], seats[seat].account, books[s->book], s->account,
                  coins);
    s->hedge -= coins;
  }
  void on_notice(const World& world, uint32_t seat, const Notice& n) {
    if (world.step == 0) return;  // positions of the start are hedged
    Seat& s = seats[seat];
    const MarketView& book = world.markets[s.book];
    if (n.kind() == NoticeKind::settled) return;
    if (const auto change = position_change(n, s.account)) {
      const double coins = coins_of(book, change->qty);
      s.coins += change->side == Side::buy ? coins : -coins;
    }
  }
  static constexpr uint32_t kSeatBits = 4;
  static uint32_t trader_of(uint32_t index) { return index >> kSeatBits; }
  static uint32_t seat_of(uint32_t index) { return index & ((1U << kSeatBits) - 1); }
  std::vector<Seat> seats;
};

inline std::vector<uint32_t> markets_of(const World& w, uint32_t asset) {
  std::vector<uint32_t> all = w.perpetuals[asset];
  all.insert(all.end(), w.spots[asset].begin(), w.spots[asset].end());
  return all;
}

}  // namespace delever::sim
