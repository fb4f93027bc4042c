// What Deribit calls an exchange's listings: instruments by name, kind and coin_name, amounts in
// the venue's unit (dollars for inverse futures, coins for options and linear contracts), order and
// trade ids.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateways/desk.h"

namespace delever::gateways::deribit {

struct Contract {
  InstrumentId instrument = 0;
  std::string name, kind;  // "future", "option", "spot"
  std::string coin_name;   // of margin and profit
  std::string index;       // "btc_usd"
  CoinId settle = 0;
  bool inverse = false, option = false, perpetual = false;
  Qty unit;  // of the amount, in quantity: what one of ours is option_value
  Price tick;
  Qty step;
  const exchange::Listing* listing = nullptr;

  // "any" fits everything.
  bool is(std::string_view of_coin, std::string_view of_kind) const;
  std::string amount(Qty qty) const;  // as JSON
  std::string amount(WideQty qty) const;
  // Missing: not a multiple of the step, or not positive.
  std::optional<Qty> quantity(std::string_view amount) const;
  // contract_size of get_instruments: what an order counts in.
  Qty contract_size() const;
};

class Contracts {
 public:
  explicit Contracts(const exchange::ExchangeSetup& setup);
  const std::vector<Contract>& all() const { return all_; }
  const Contract* find(std::string_view name) const;
  const Contract* of(InstrumentId instrument) const;
  // Coins that some contract is settled in, upper case, in their order.
  const std::vector<std::string>& coin_names() const { return coin_names_; }
  bool is_coin(std::string_view name) const;                       // any case; "any" is one
  std::optional<uint32_t> index_of(std::string_view index) const;  // "btc_usd"
  CoinId coin(std::string_view coin_name) const;

  std::string order_id(const OrderRecord& order) const;
  static std::optional<uint64_t> order_number(std::string_view id);
  static std::string trade_id(InstrumentId instrument, uint64_t number);

 private:
  std::vector<Contract> all_;
  std::vector<std::string> coin_names_;
  std::vector<std::string> coins_;
};

bool is_trigger(const OrderRecord& order);

std::string list_of(const std::vector<std::string>& rows);  // of JSON values

// A decimal as a JSON number; doubles to so many digits, zeros at the end left away.
template <class Tag, int kDigits>
std::string number(Fixed<Tag, kDigits> value) {
  return value.text();
}
std::string number(double value, int digits_most = 8);

}  // namespace delever::gateways::deribit
