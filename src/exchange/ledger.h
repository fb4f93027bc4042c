// The ledger: every coin that the venue knows of, and the only code that moves one. Each movement
// has two sides in one coin, so that by construction, and at every moment,
//   wallets + isolated margins + fees - shortfall - deposited - open cost + clearing = 0.
#pragma once

#include <vector>

#include "base/check.h"
#include "market/account.h"
#include "market/strong.h"
#include "market/units.h"

namespace delever::exchange {

// Money, in 1e-8 coins of the coin beside it. Lots, ticks and ids do not become it.
using Units = Strong<struct UnitsTag, int64_t>;

// An isolated margin. It stands in its position's record, and only the ledger changes it.
class MarginBalance {
 public:
  operator int64_t() const { return units_; }
  Units units() const { return units_; }
  template <class Archive>
  void archive(Archive& a) {
    a(units_);
  }

 private:
  friend class Ledger;
  int64_t units_ = 0;  // 1e-8 coins
};

// One side of a movement.
struct MoneyAccount {
  enum class Kind : uint8_t {
    wallet,     // of an account
    margin,     // of an isolated position
    fees,       // what the venue has earned, rounding included
    shortfall,  // deficits that nobody covered; it only pays out
    outside,    // deposits come from here, withdrawals go there
    open_cost,  // signed value at entry of all open positions: what they still owe to profits
    clearing,   // between the two sides of a trade, which book the same value; else 0
  };
  Kind kind;
  AccountId account = 0;
  CoinId coin = 0;  // of the margin
  MarginBalance* margin = nullptr;

  static MoneyAccount wallet(AccountId account) { return {Kind::wallet, account, {}, nullptr}; }
  static MoneyAccount isolated(MarginBalance& margin, CoinId coin) {
    return {Kind::margin, {}, coin, &margin};
  }
  static MoneyAccount fees() { return {Kind::fees, {}, {}, nullptr}; }
  static MoneyAccount shortfall() { return {Kind::shortfall, {}, {}, nullptr}; }
  static MoneyAccount outside() { return {Kind::outside, {}, {}, nullptr}; }
  static MoneyAccount open_cost() { return {Kind::open_cost, {}, {}, nullptr}; }
  static MoneyAccount clearing() { return {Kind::clearing, {}, {}, nullptr}; }
};

class Ledger {
 public:
  void open(size_t coins);
  void add_account() { wallets_.resize(wallets_.size() + coins_); }

  // Negative units go the other way. Neither side may pass 64 bits, a margin moves in its own coin
  // alone, and a shortfall is never paid back.
  void move(const MoneyAccount& from, const MoneyAccount& to, CoinId coin, Units units) {
    CHECK(coin < coins_ && units != INT64_MIN);
    add(from, coin, -units);
    add(to, coin, units);
  }
  // Both sides of every trade of this coin have booked the same value.
  void check_cleared(CoinId coin) const { CHECK(clearing_[coin] == 0); }

  Units wallet(AccountId account, CoinId coin) const {
    return wallets_[size_t{account} * coins_ + coin];
  }
  size_t coins() const { return coins_; }
  Units fees(CoinId coin) const { return fees_[coin]; }
  Units shortfall(CoinId coin) const { return shortfall_[coin]; }
  Units deposited(CoinId coin) const { return deposited_[coin]; }  // less withdrawals
  Wide open_cost(CoinId coin) const { return open_cost_[coin]; }
  // What the sum at the head of this file comes to, given the isolated margins of the coin. It is
  // counted anew from the balances, for tests and restored snapshots.
  Wide imbalance(CoinId coin, Wide margins) const;

  template <class Archive>
  void archive_wallets(Archive& a) {
    a.sequence(wallets_, [&a](int64_t& x) { a(x); });
  }
  template <class Archive>
  void archive_coins(Archive& a) {
    for (auto* by_coin : {&fees_, &shortfall_, &deposited_})
      a.sequence(*by_coin, [&a](int64_t& x) { a(x); });
    a.sequence(open_cost_, [&a](Wide& x) { a(x); });
  }
  template <class F>
  void each_wallet(F f) const {
    for (const int64_t units : wallets_) f(units);
  }

 private:
  static void add_to(int64_t& balance, int64_t units) {
    CHECK(!__builtin_add_overflow(balance, units, &balance));
  }
  void add(const MoneyAccount& side, CoinId coin, Units units) {
    switch (side.kind) {
      case MoneyAccount::Kind::wallet: {
        const size_t at = size_t{side.account} * coins_ + coin;
        CHECK(at < wallets_.size());
        return add_to(wallets_[at], units);
      }
      case MoneyAccount::Kind::margin:
        CHECK(side.margin != nullptr && side.coin == coin);
        return add_to(side.margin->units_, units);
      case MoneyAccount::Kind::fees:
        return add_to(fees_[coin], units);
      case MoneyAccount::Kind::shortfall:
        CHECK(units <= 0);
        return add_to(shortfall_[coin], -units);
      case MoneyAccount::Kind::outside:
        return add_to(deposited_[coin], -units);
      case MoneyAccount::Kind::open_cost:
        open_cost_[coin] -= units;
        return;
      case MoneyAccount::Kind::clearing:
        clearing_[coin] += units;
        return;
    }
  }

  size_t coins_ = 0;
  std::vector<int64_t> wallets_;  // account x coin
  std::vector<int64_t> fees_, shortfall_, deposited_;
  std::vector<Wide> open_cost_, clearing_;
};

}  // namespace delever::exchange
