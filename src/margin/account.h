// One account as the margin engine sees it: balances and positions, with the rulebooks and prices
// that value them. Plain data; the exchange keeps these and changes them, margin only reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "market/account.h"
#include "market/event.h"
#include "market/instrument.h"
#include "market/rulebook.h"

namespace delever::margin {

using BookId = Strong<struct BookTag, uint32_t>;  // index into Rulebooks

struct OptionTerms {
  OptionType type = OptionType::call;
  Price strike;
};

// Hedge mode is two positions of one instrument on opposite sides; one-way mode has at most one.
struct Position {
  InstrumentId instrument = 0;  // where its prices stand in MarkPrices
  BookId book = 0;
  PositionSide side = PositionSide::long_side;
  MarginMode mode = MarginMode::cross;
  Qty qty;  // > 0, in the venue's unit
  Price entry;
  std::optional<Amount>
      cost;  // exact value at entry, from who keeps it (the exchange); missing: qty x entry
  Leverage leverage = Leverage::raw(Leverage::scale);
  Amount margin;  // isolated: what is set aside for this position, in its settlement coin
  std::optional<OptionTerms> option;
};

struct Balance {
  CoinId coin = 0;
  Amount amount;  // wallet outside isolated positions; negative is a debt
};

struct Account {
  CollateralMode collateral = CollateralMode::single_coin;
  std::vector<Balance> balances;
  std::vector<Position> positions;
};

// Prices by InstrumentId and CoinId; what is not known is missing and stops the computation that
// needs it.
struct MarkPrices {
  std::vector<std::optional<Price>>
      mark;  // options: in the settlement coin, as the venue quotes them
  std::vector<std::optional<Price>> underlying;  // options: S, in quote money
  std::vector<std::optional<Price>> coin_usd;    // index price of a collateral coin
  std::vector<std::optional<double>> years;      // to expiry, for scenarios; missing: never

  static const Price* at(const std::vector<std::optional<Price>>& prices, size_t i) {
    return i < prices.size() && prices[i] ? &*prices[i] : nullptr;
  }
};

// The rulebooks that an account's positions refer to, compiled once: coin names become numbers, and
// whatever a computation on the hot path would have to look up is looked up here.
class Rulebooks {
 public:
  // Refused when the book has no contract, no contract size, or no maintenance rule of any kind.
  Result<BookId> add(const Rulebook& book);
  CoinId coin(std::string_view name);  // finds or adds
  std::string_view coin_name(CoinId id) const {
    CHECK(id < coins_.size());
    return coins_[id];
  }
  CoinId coin_count() const { return static_cast<CoinId>(coins_.size()); }
  // 1 - haircut of a positive balance. Coins without a rule count nothing in multi-asset mode.
  void set_haircut(CoinId coin, Rate haircut);
  std::optional<Rate> haircut(CoinId coin) const;

  // The scenario matrix that portfolio accounts are margined by in this coin; coins without one
  // keep the sum of their positions' margins.
  void set_scenarios(CoinId coin, const ScenarioRule& rule);
  const ScenarioRule* scenarios(CoinId coin) const;

  struct Compiled {
    Rulebook book;
    bool inverse = false;  // value = face / price
    bool option = false;
    Qty size;  // contract size
    CoinId settle = 0;
    Rate liquidation_fee;  // 0 where the trigger has none
    MaintenanceAt isolated_maintenance = MaintenanceAt::mark;
    bool at_equality = true;
  };
  const Compiled& operator[](BookId id) const {
    CHECK(id < books_.size());
    return books_[id];
  }
  size_t size() const { return books_.size(); }

 private:
  std::vector<Compiled> books_;
  std::vector<std::string> coins_;
  std::vector<std::optional<Rate>> haircuts_;
  std::vector<std::optional<ScenarioRule>> scenarios_;
};

}  // namespace delever::margin
