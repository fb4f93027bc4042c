// The events of an account's stream, each shape once.
#pragma once

#include <set>
#include <string>

#include "gateways/binance/face.h"

namespace delever::gateways::binance {

std::string_view execution_of(DeskUpdate::Reason reason);
// Why balances changed, as ACCOUNT_UPDATE names it.
std::string_view reason_of(MoneyRecord::Kind kind);

// `execution`: NEW, TRADE, CANCELED, EXPIRED, AMENDMENT, CALCULATED. `fill` of a trade.
std::string futures_order_event(const Face& face, const OrderRecord& order,
                                std::string_view execution, const FillRecord* fill);
// TRADE_LITE: what matters of a fill, ahead of the whole.
std::string trade_lite(const Face& face, const OrderRecord& order, const FillRecord& fill);
std::string algo_event(const Face& face, const OrderRecord& order, std::string_view status);
std::string spot_order_event(const Face& face, const OrderRecord& order, std::string_view execution,
                             const FillRecord* fill);

// ACCOUNT_UPDATE: the wallets of these coins and the positions of these instruments.
std::string account_update(const Face& face, AccountId account, std::string_view reason,
                           const std::set<CoinId>& coins, const std::set<InstrumentId>& positions,
                           const std::map<CoinId, Amount>& moved);
std::string account_position(const Face& face, AccountId account, const std::set<CoinId>& coins);
std::string balance_update(const Face& face, const MoneyRecord& money);
std::string margin_call_event(const Face& face, AccountId account, InstrumentId instrument);
std::string leverage_event(const Face& face, const Market& m, Leverage leverage);
std::string key_expired_event(const Face& face, const std::string& key);

}  // namespace delever::gateways::binance
