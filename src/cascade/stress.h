// Stress: a book of accounts under one move of one asset. Which units are margin-called or
// liquidated, what is sold by leverage and kind, what each kind of account loses, and the flow
// curves that cascade.h needs. Every liquidation is the venue's: price.h and evaluate.h with its
// rulebook, or its portfolio margin.
//
// All instruments of the asset stand at one price and move together (no basis); stable coins are
// worth a dollar; the implied volatility of options stays. What the venue would do in part (tiers,
// partial closes) is taken whole, so coins liquidated and losses are upper bounds. Estimates, in
// doubles.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cascade/cascade.h"
#include "margin/price.h"

namespace delever::cascade {

enum class AccountKind : uint8_t { isolated, cross, portfolio };
inline constexpr std::array<AccountKind, 3> kAccountKinds{AccountKind::isolated, AccountKind::cross,
                                                          AccountKind::portfolio};
std::string_view account_kind_name(AccountKind kind);

// Bands of effective leverage, gross value / equity before the move: up to 3, 7, 20, 50, and above.
inline constexpr std::array<double, 4> kLeverageBands{3, 7, 20, 50};
inline constexpr std::array<std::string_view, 5> kLeverageBandNames{"0-3x", "3-7x", "7-20x",
                                                                    "20-50x", ">50x"};
size_t leverage_band(double leverage);

// Portfolio margin at Deribit: inverse futures and options of the asset, cash in the asset.
struct ScenarioPosition {
  PositionSide side = PositionSide::long_side;
  double qty = 0;    // futures: dollars; options: coins
  double entry = 0;  // futures; options are worth what they are worth
  std::optional<margin::OptionTerms> option;
  double years = 0, vol = 0;  // options
};

struct StressAccount {
  std::string id;
  AccountKind kind = AccountKind::isolated;
  uint32_t count = 1;                       // so many alike
  size_t venue = 0;                         // index into StressBook::venues
  margin::Account account;                  // isolated, cross, and Binance's portfolio margin
  std::vector<std::optional<Price>> stops;  // as account.positions; of isolated positions alone
  std::vector<ScenarioPosition> scenario;   // Deribit's portfolio margin
  double cash = 0;                          // coins, with `scenario`
  double beside = 0;  // coins held elsewhere: they back nothing here and move with the price
};

// A coin beside the asset that moves with it: by exp(beta y) where the asset moves by exp(y).
struct StressCoin {
  std::string name;
  double price = 0, beta = 1;
};

struct StressVenue {
  std::string name;
  margin::Rulebooks books;
  std::vector<std::optional<double>> coin_usd;  // by CoinId; the asset's own moves
  std::map<CoinId, size_t> moving;              // collateral that moves: index into others
  std::optional<CoinId> asset;                  // the asset as collateral
  const ScenarioRule* scenarios = nullptr;
  const UnifiedRule* unified = nullptr;
};

struct StressBook {
  std::string asset;
  double price = 0;
  std::vector<StressCoin> others;
  std::map<InstrumentId, size_t> of_other;  // contracts of another coin: index into others
  std::vector<std::unique_ptr<StressVenue>> venues;
  std::vector<StressAccount> accounts;

  // Of `others[i]` when the asset stands at `asset_price`.
  double other_price(size_t i, double asset_price) const;
};

// What is liquidated as one: an isolated position, a cross pool, a portfolio. Sizes and dollars are
// of all `count` alike.
struct StressUnit {
  size_t account = 0;
  uint32_t count = 1;
  AccountKind kind = AccountKind::isolated;
  std::optional<size_t> position;          // isolated
  std::optional<CoinId> coin;              // cross pools of one coin
  double long_coins = 0, short_coins = 0;  // of linear contracts
  double long_face = 0, short_face = 0;    // dollars of inverse ones: coins = face / price
  // Contracts of other coins, which are in no flow of the asset: coins by StressBook::others, and
  // the dollars of inverse ones.
  std::map<size_t, double> other_coins{};
  double other_face = 0;
  double equity_usd = 0,
         value_usd = 0;     // before the move; equity is what stands behind it at the venue
  double beside_coins = 0;  // of a portfolio, all `count` alike
  double leverage = 0;      // value / equity; infinite without equity
  bool due = false;         // liquidated at the price as it stands
  // Displacements (cascade.h's y) at which it is liquidated, or stopped out before that; missing:
  // not within reach.
  std::optional<double> falls, rises, stop_falls, stop_rises;

  double longs(double price) const { return long_coins + long_face / price; }
  double shorts(double price) const { return short_coins + short_face / price; }
  // Gross, of all contracts, when the asset stands at `price`.
  double value_at(const StressBook& book, double price) const;
};

// One unit, of one of the alike accounts, at a price: money in dollars.
struct UnitState {
  double equity = 0, initial = 0, maintenance = 0;
  bool liquidated = false;
  bool called =
      false;  // equity under the initial margin (Binance's portfolio: under its warning ratio)
};

// Units in the order of accounts; liquidations searched to `reach` in both directions. Isolated
// positions and cross pools of one instrument by price.h; the rest by evaluating every .2 % and
// halving (a band of safety narrower than that would be missed). Errors name the account. With
// `left_out`, a unit whose margin is not established at the price or at either end of the reach (a
// position beyond the last tier that a source shows) goes there instead, with the reason.
struct StressLeftOut {
  StressUnit unit;
  Error why;
};
Result<std::vector<StressUnit>> stress_units(const StressBook& book, double reach,
                                             std::vector<StressLeftOut>* left_out = nullptr);
Result<UnitState> unit_state(const StressBook& book, const StressUnit& unit, double price);

struct StressCell {
  double coins = 0, usd = 0;
};  // liquidated; dollars at each unit's own liquidation price
struct StressByKind {
  size_t units = 0, called = 0, liquidated = 0, stopped = 0;
  double equity_usd = 0;  // before, with what is held beside it
  double loss_usd = 0;    // at most: a liquidated unit loses all its equity; negative: a gain
  std::array<StressCell, kLeverageBands.size() + 1> by_band{};
};

struct StressWave {
  double move = 0;  // -0.05: five per cent down
  double y = 0, price = 0;
  std::array<StressByKind, kAccountKinds.size()> kinds{};
  StressCell longs, shorts;  // liquidated
  double stopped_coins = 0;  // net, with the move
  std::array<double, kLeverageBands.size() + 1>
      left_usd{};  // gross value still standing, at the moved price
  double net_coins() const {
    return longs.coins - shorts.coins;
  }  // forced selling less forced buying
};

// Refused: a move of 0, of -100 % or below, or beyond the units' reach.
Result<StressWave> stress_wave(const StressBook& book, const std::vector<StressUnit>& units,
                               double move);

// Forced flow with the move, as exact as the accounts; `rising` for squeezes. Buckets of 10 bp up
// to `reach`.
Result<Flow> liquidation_flow(const StressBook& book, const std::vector<StressUnit>& units,
                              bool rising, double reach);
Result<Flow> stop_flow(const StressBook& book, const std::vector<StressUnit>& units, bool rising,
                       double reach);

}  // namespace delever::cascade
