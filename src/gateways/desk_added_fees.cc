// Fees for whoever brought an order, beside the venue's own. The exchange knows none of them: each
// is money that leaves by a command of its own, and so stands in the journal.
#include <algorithm>
#include <set>

#include "gateways/desk_state.h"

namespace delever::gateways {
namespace {

constexpr size_t kOwedMost = 10'000;  // fees of all accounts; of more the oldest are let off

}  // namespace

// In millionths, as these fees are told; who buys coins pays none.
Amount Desk::State::added_fee_of(const OrderRecord& order, const Fill& fill, bool spot) {
  if (order.added_fee <= Rate() || (spot && fill.side == Side::buy)) return {};
  constexpr Wide millionth = Amount::scale / 1'000'000;
  const Wide exact = static_cast<Wide>(fill.value.raw()) * order.added_fee.raw();
  return Amount::raw(narrow(divide(exact, Rate::scale * millionth, Round::down) * millionth));
}

// What the exchange would let go, as it reckons a withdrawal: profit that is not realised stays.
Amount Desk::State::free_of(AccountId account, CoinId coin) const {
  const exchange::Exchange& exchange = door.exchange();
  Amount unearned;
  for (const exchange::PositionView& p : desk.positions(account))
    if (p.mode == MarginMode::cross) unearned += desk.profit_of(p);
  unearned = std::max(unearned, Amount());
  Amount free = exchange.wallet(account, coin);
  for (const exchange::PoolView& pool : exchange.pools(account)) {
    if (pool.isolated || (pool.coin && *pool.coin != coin)) continue;
    free = std::min(free, pool.equity - unearned - pool.initial);
  }
  return free;
}

// In the order of the fills, each account as far as its free money goes. What the exchange refuses
// all the same is asked again a second later at the earliest.
void Desk::State::pay_added_fees() {
  std::set<AccountId> short_of_money;
  std::vector<FillRecord> owed;
  for (const FillRecord& fill : std::exchange(added_fees, {})) {
    const bool may = !short_of_money.contains(fill.account) && now() >= ask_again &&
                     free_of(fill.account, fill.coin) >= fill.added_fee;
    paying = &fill;
    const bool paid =
        may && door.enter(Withdraw{fill.account, fill.coin, fill.added_fee}) == Reject::none;
    paying = nullptr;
    if (paid) continue;
    if (may) ask_again = now() + Duration::seconds(1);
    short_of_money.insert(fill.account);
    owed.push_back(fill);
  }
  if (owed.size() > kOwedMost) owed.erase(owed.begin(), owed.end() - kOwedMost);
  added_fees = std::move(owed);
}

}  // namespace delever::gateways
