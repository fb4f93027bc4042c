// Each JSON shape of Deribit in one place, for answers and channels alike. Functions return JSON.
#pragma once

#include <string>
#include <string_view>

#include "gateways/deribit/contracts.h"
#include "gateways/json_writer.h"

namespace delever::gateways::deribit {

class Shapes {
 public:
  Shapes(const Desk& desk, const Contracts& contracts)
      : desk_(desk), contracts_(contracts), opened_(desk.door().market_now()) {}

  // ---- the market
  std::string instrument(const Contract& c) const;
  std::string coin_names() const;
  std::string ticker(const Contract& c) const;
  std::string quote(const Contract& c) const;
  std::string perpetual(const Contract& c) const;
  std::string order_book(const Contract& c, size_t depth) const;  // the answer, ticker included
  std::string summary(const Contract& c) const;                   // of get_book_summary_by_*
  std::string trade(const Contract& c, const PublicTrade& trade) const;
  std::string chart(const Contract& c, Duration length, int64_t from, int64_t to) const;
  std::string last_candle(const Contract& c, Duration length) const;  // of chart.trades
  std::string option_mark(const Contract& c) const;                   // of markprice.options
  std::string settlement(const Contract& c, const ForcedClose& row) const;
  std::string delivery(const Contract& c, const Delivery& at) const;
  double forward(const Contract& c) const;
  // That of its mark, 0.5 is 50 %; missing where the mark says nothing of one.
  std::optional<double> mark_volatility(const Contract& c) const;
  // Of the rates paid in [from, to]: what a long paid as a share of value.
  double funding_over(const Contract& c, int64_t from, int64_t to) const;
  std::string funding_hours(const Contract& c, int64_t from, int64_t to) const;
  std::optional<Price> index_price(const Contract& c) const;
  Price mark(const Contract& c) const;

  // ---- accounts
  // `linked`: ids of the orders that were placed with it.
  // 0 up, 1 level after it, 2 down, 3 level after it.
  static int tick_direction(const TradeMoment& m) { return static_cast<int>(m.tick); }
  std::string order(const OrderRecord& order, const std::vector<std::string>& linked = {}) const;
  std::string fill(const FillRecord& fill) const;
  std::string position(AccountId account, const Contract& c,
                       const exchange::PositionView* held) const;  // nullptr: flat
  std::string summary_of(AccountId account, std::string_view coin_name, bool extended) const;
  std::string portfolio(AccountId account, std::string_view coin_name) const;  // of the channel

  const Desk& desk() const { return desk_; }
  const Contracts& contracts() const { return contracts_; }

 private:
  struct Volatility {
    double iv = 0, delta = 0, gamma = 0, vega = 0, theta = 0, rho = 0;
  };
  std::optional<Volatility> volatility(const Contract& c, double coin_price) const;
  std::optional<double> implied(const Contract& c, double coin_price) const;
  std::string_view contract_state(const Contract& c) const;
  void ticker_members(JsonWriter& w, const Contract& c) const;
  void option_members(JsonWriter& w, const Contract& c, const BookSnapshot& top) const;
  void account_members(JsonWriter& w, AccountId account, std::string_view coin_name) const;
  struct Funding {
    double current = 0, eight_hours = 0;  // rates for eight hours
  };
  Funding funding_now(const Contract& c) const;

  const Desk& desk_;
  const Contracts& contracts_;
  Instant opened_;
};

}  // namespace delever::gateways::deribit
