// POST /info: everything that is asked without a signature.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateways/hyperliquid/accounts.h"
#include "gateways/hyperliquid/actions.h"
#include "gateways/hyperliquid/shapes.h"
#include "gateways/hyperliquid/signing.h"
#include "gateways/hyperliquid/twaps.h"

namespace delever::gateways::hyperliquid {

std::optional<CandleLength> interval_of(std::string_view name);  // "1m" to "1M"

class Info {
 public:
  Info(const Shapes& shapes, const Accounts& accounts, const Builders& builders,
       const SpotWallets& spot_wallets, const Twaps& twaps)
      : shapes_(shapes),
        desk_(shapes.desk()),
        accounts_(accounts),
        builders_(builders),
        spot_wallets_(spot_wallets),
        twaps_(twaps) {}

  // Missing: no such type, or a parameter is (HTTP 422).
  std::optional<std::string> answer(Json body) const;
  static int64_t weight(std::string_view type);

  // Rows that the socket sends as well.
  std::string fills_of(AccountId account, size_t newest = SIZE_MAX) const;  // newest first
  // Of slices of TWAP orders among the last so many fills; empty: there is none.
  std::string slices_of(AccountId account, size_t newest, int64_t from, int64_t to) const;
  const Twaps& twaps() const { return twaps_; }
  std::string open_orders(AccountId account, bool in_full) const;
  std::string history(AccountId account) const;
  std::string fundings(AccountId account, int64_t from, int64_t to) const;
  std::string ledger(AccountId account, int64_t from, int64_t to) const;
  std::string clearinghouse(std::optional<AccountId> account) const;
  std::string spot_state(std::optional<AccountId> account) const;
  std::string web_data(std::optional<AccountId> account, std::string_view user) const;
  std::string last_candle(const Asset& asset, std::string_view interval) const;

 private:
  using Body = std::optional<std::string>;
  using Handler = Body (Info::*)(Json) const;
  struct Row {
    std::string_view type;
    Handler handler;
  };
  static const Row kQuestions[];

  Body meta(Json) const;
  Body meta_and_contexts(Json) const;
  Body spot_meta(Json) const;
  Body spot_meta_and_contexts(Json) const;
  Body all_metas(Json) const;
  Body mids(Json) const;
  Body book(Json body) const;
  Body candles(Json body) const;
  Body recent_trades(Json body) const;
  Body funding_history(Json body) const;
  Body predicted_fundings(Json) const;
  Body margin_table(Json body) const;
  Body status(Json) const;
  Body clearinghouse_state(Json body) const;
  Body spot_clearinghouse(Json body) const;
  Body open(Json body) const;
  Body open_in_full(Json body) const;
  Body order_status(Json body) const;
  Body historical(Json body) const;
  Body fills(Json body) const;
  Body fills_by_time(Json body) const;
  Body slice_fills(Json body) const;
  Body twap_history(Json body) const;
  Body user_funding(Json body) const;
  Body user_ledger(Json body) const;
  Body rate_limit(Json body) const;
  Body referral(Json body) const;
  Body user_fees(Json body) const;
  Body active_asset(Json body) const;
  Body user_role(Json body) const;
  Body transfer_check(Json body) const;
  Body portfolio(Json body) const;
  Body agents(Json body) const;
  Body max_builder_fee(Json body) const;
  Body approved_builders(Json body) const;
  Body web_data_2(Json body) const;

  std::optional<AccountId> user(Json body) const;
  const Asset* coin(Json body) const;

  const Shapes& shapes_;
  const Desk& desk_;
  const Accounts& accounts_;
  const Builders& builders_;
  const SpotWallets& spot_wallets_;
  const Twaps& twaps_;
};

}  // namespace delever::gateways::hyperliquid
