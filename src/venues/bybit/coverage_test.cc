// Every recorded Bybit file through the decoder: how its messages ended.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "venues/ending_testing.h"
#include "venues/registry.h"

namespace delever::venues::bybit {
namespace {

struct Row {
  const char* file;
  const char* request;
  const char* ended;
};

// Undecoded are two refusals, of a login and of a subscription: what was asked for will not come,
// and that is said. The unknown one is an account message without a topic. Candles need the
// request, which alone says what they are.
constexpr Row kRows[] = {
    {"bybit/book500-xrpusdt-20241201", "", "50: book_delta=49 book_snapshot=1"},
    {"bybit/docs-rest-adl-alert", "", "1: | no_event adlAlert 1"},
    {"bybit/docs-rest-delivery-price", "", "1: | no_event delivery-price 1"},
    {"bybit/docs-rest-fee-group-info", "", "1: | no_event fee-group-info 1"},
    {"bybit/docs-rest-history-fund-rate", "", "1: funding_rate=1"},
    {"bybit/docs-rest-index-components", "", "1: | no_event components 1"},
    {"bybit/docs-rest-index-kline",
     "/v5/market/index-price-kline?category=inverse&symbol=BTCUSDZ22&interval=1", "1: candle=2"},
    {"bybit/docs-rest-instrument", "", "2: instrument=2"},
    {"bybit/docs-rest-insurance", "", "1: | no_event insurance 1"},
    {"bybit/docs-rest-iv", "", "1: | no_event historical-volatility 1"},
    {"bybit/docs-rest-kline", "/v5/market/kline?category=inverse&symbol=BTCUSD&interval=60",
     "1: candle=3"},
    {"bybit/docs-rest-long-short-ratio", "", "1: | no_event account-ratio 1"},
    {"bybit/docs-rest-mark-kline",
     "/v5/market/mark-price-kline?category=linear&symbol=BTCUSDT&interval=15", "1: candle=1"},
    {"bybit/docs-rest-new-delivery-price", "", "1: | no_event delivery-price 1"},
    {"bybit/docs-rest-open-interest", "", "1: open_interest=5"},
    {"bybit/docs-rest-order-price-limit", "", "1: | no_event price-limit 1"},
    {"bybit/docs-rest-orderbook", "", "1: book_snapshot=1"},
    {"bybit/docs-rest-premium-index-kline",
     "/v5/market/premium-index-price-kline?category=linear&symbol=BTCUSDT&interval=D",
     "1: | no_event premium-index-price-kline 1"},
    {"bybit/docs-rest-recent-trade", "", "1: trade=1"},
    {"bybit/docs-rest-rpi-orderbook", "", "1: | no_event rpi_orderbook 1"},
    {"bybit/docs-rest-tickers", "",
     "3: funding_rate=1 index_price=2 mark_price=1 open_interest=1 option_quote=1 quote=2"},
    {"bybit/docs-rest-time", "", "1: | no_event time 1"},
    {"bybit/docs-ws-all-liquidation", "", "1: liquidation=1"},
    {"bybit/docs-ws-full-ob", "", "1: book_delta=1"},
    {"bybit/docs-ws-insurance-pool", "", "2: | control 1 | no_event insurance 1"},
    {"bybit/docs-ws-kline", "", "1: candle=1"},
    {"bybit/docs-ws-order-price-limit", "", "1: | no_event priceLimit 1"},
    {"bybit/docs-ws-orderbook", "", "1: book_delta=1"},
    {"bybit/docs-ws-orderbook-rpi", "", "2: | control 1 | no_event orderbook.rpi 1"},
    {"bybit/docs-ws-private-execution", "", "1: | no_event execution 1"},
    {"bybit/docs-ws-private-fast-execution", "", "1: | no_event execution 1"},
    {"bybit/docs-ws-private-greek", "", "1: | no_event greeks 1"},
    {"bybit/docs-ws-private-order", "", "1: | no_event order 1"},
    {"bybit/docs-ws-private-position", "", "1: | no_event position 1"},
    {"bybit/docs-ws-private-strategy", "", "1: | no_event strategy 1"},
    {"bybit/docs-ws-private-wallet", "", "1: | no_event wallet 1"},
    {"bybit/docs-ws-ticker", "", "2: index_price=1 option_quote=1 | no_event tickers 1"},
    {"bybit/docs-ws-trade", "", "1: trade=1"},
    {"bybit/gct-ws-tickers", "",
     "8: funding_rate=3 index_price=5 mark_price=4 open_interest=4 option_quote=1 quote=6 | "
     "no_event tickers 1"},
    {"bybit/jk-rest-GetAnnouncements", "", "1: | no_event announcements 1"},
    {"bybit/jk-rest-GetDeliveryPrice", "", "1: | no_event delivery-price 1"},
    {"bybit/jk-rest-GetFundingRateHistory", "", "1: funding_rate=1"},
    {"bybit/jk-rest-GetHistoricalVolatility", "", "1: | no_event historical-volatility 1"},
    {"bybit/jk-rest-GetIndexPriceKlines",
     "/v5/market/index-price-kline?category=inverse&symbol=BTCUSDZ22&interval=1", "1: candle=2"},
    {"bybit/jk-rest-GetInsurance", "", "1: | no_event insurance 1"},
    {"bybit/jk-rest-GetKlines", "/v5/market/kline?category=inverse&symbol=BTCUSD&interval=60",
     "1: candle=3"},
    {"bybit/jk-rest-GetLeverageTokenMarket", "", "1: | no_event leveraged-token 1"},
    {"bybit/jk-rest-GetLeverageTokens", "", "1: | no_event leveraged-token 1"},
    {"bybit/jk-rest-GetLinearInverseSymbols", "", "1: instrument=1"},
    {"bybit/jk-rest-GetLinearInverseSymbolsPreListing", "", "1: instrument=1"},
    {"bybit/jk-rest-GetLinearInverseTickers", "",
     "1: funding_rate=1 index_price=1 mark_price=1 open_interest=1 quote=1"},
    {"bybit/jk-rest-GetLongShortRatio", "", "1: | no_event account-ratio 1"},
    {"bybit/jk-rest-GetMarkPriceKlines",
     "/v5/market/mark-price-kline?category=linear&symbol=BTCUSDT&interval=15", "1: candle=1"},
    {"bybit/jk-rest-GetOpenInterest", "", "1: open_interest=2"},
    {"bybit/jk-rest-GetOptionSymbols", "", "1: instrument=1"},
    {"bybit/jk-rest-GetOptionTickers", "", "1: index_price=1 option_quote=1"},
    {"bybit/jk-rest-GetOrderPriceLimit", "", "1: | no_event price-limit 1"},
    {"bybit/jk-rest-GetOrderbook", "", "1: book_snapshot=1"},
    {"bybit/jk-rest-GetPositions", "", "1: | no_event position 1"},
    {"bybit/jk-rest-GetPremiumIndexPriceKlines",
     "/v5/market/premium-index-price-kline?category=linear&symbol=BTCUSDT&interval=D",
     "1: | no_event premium-index-price-kline 1"},
    {"bybit/jk-rest-GetRiskLimit", "", "1: | no_event risk-limit 1"},
    {"bybit/jk-rest-GetSpotSymbols", "", "1: instrument=1"},
    {"bybit/jk-rest-GetSpotTickers", "", "1: quote=1"},
    {"bybit/jk-rest-GetSpreadOrderBook", "", "1: | no_event spread 1"},
    {"bybit/jk-rest-GetSpreadRecentTrades", "", "1: | no_event spread 1"},
    {"bybit/jk-rest-GetSpreadSymbols", "", "1: | no_event spread 1"},
    {"bybit/jk-rest-GetSpreadTickers", "", "1: | no_event spread 1"},
    {"bybit/jk-rest-GetSystemStatus", "", "1: | no_event status 1"},
    {"bybit/jk-rest-GetTradeHistory", "", "1: trade=1"},
    {"bybit/live2026-allLiquidation", "", "5: liquidation=6"},
    {"bybit/live2026-tickers-delta", "", "2: quote=1 | no_event tickers 1"},
    {"bybit/nautilus-http_get_funding_history", "", "1: funding_rate=2"},
    {"bybit/nautilus-http_get_instruments_inverse", "", "1: instrument=1"},
    {"bybit/nautilus-http_get_instruments_inverse_symbol_type", "", "1: instrument=1"},
    {"bybit/nautilus-http_get_instruments_linear", "", "1: instrument=2"},
    {"bybit/nautilus-http_get_instruments_linear_symbol_type", "", "1: instrument=1"},
    {"bybit/nautilus-http_get_instruments_option", "", "1: instrument=1"},
    {"bybit/nautilus-http_get_instruments_option_symbol_id", "", "1: instrument=1"},
    {"bybit/nautilus-http_get_klines_linear",
     "/v5/market/kline?category=linear&symbol=BTCUSDT&interval=5", "1: candle=1"},
    {"bybit/nautilus-http_get_orderbook", "", "1: book_snapshot=1"},
    {"bybit/nautilus-http_get_positions", "", "1: | no_event position 1"},
    {"bybit/nautilus-http_get_positions_with_open_time", "", "1: | no_event position 1"},
    {"bybit/nautilus-http_get_trades_recent", "", "1: trade=1"},
    {"bybit/nautilus-http_get_wallet_balance", "", "1: | no_event wallet-balance 1"},
    {"bybit/nautilus-http_get_wallet_balance_spot_short", "", "1: | no_event wallet-balance 1"},
    {"bybit/nautilus-http_get_wallet_balance_with_spot_borrow", "",
     "1: | no_event wallet-balance 1"},
    {"bybit/nautilus-ws_account_execution", "", "1: | no_event execution 1"},
    {"bybit/nautilus-ws_account_execution_adl", "", "1: | no_event execution 1"},
    {"bybit/nautilus-ws_account_execution_fast", "", "1: | no_event execution 1"},
    {"bybit/nautilus-ws_account_execution_fast_envelope_id", "", "1: | no_event execution 1"},
    {"bybit/nautilus-ws_account_order", "", "1: | no_event order 1"},
    {"bybit/nautilus-ws_account_position", "", "1: | no_event position 1"},
    {"bybit/nautilus-ws_account_position_short", "", "1: | no_event position 1"},
    {"bybit/nautilus-ws_account_position_with_open_time", "", "1: | unknown (no topic) 1"},
    {"bybit/nautilus-ws_account_wallet", "", "1: | no_event wallet 1"},
    {"bybit/nautilus-ws_account_wallet_locked_exceeds_total", "", "1: | no_event wallet 1"},
    {"bybit/nautilus-ws_account_wallet_small_order", "", "1: | no_event wallet 1"},
    {"bybit/nautilus-ws_auth_failure", "",
     "1: | undecoded acknowledgement: refused by the venue 1"},
    {"bybit/nautilus-ws_auth_success", "", "1: | control 1"},
    {"bybit/nautilus-ws_kline", "", "1: candle=1"},
    {"bybit/nautilus-ws_orderbook_delta", "", "1: quote=1"},
    {"bybit/nautilus-ws_orderbook_snapshot", "", "1: quote=1"},
    {"bybit/nautilus-ws_public_trade", "", "1: trade=1"},
    {"bybit/nautilus-ws_subscription_ack", "", "1: | control 1"},
    {"bybit/nautilus-ws_subscription_failure", "",
     "1: | undecoded acknowledgement: refused by the venue 1"},
    {"bybit/nautilus-ws_ticker_linear", "",
     "1: funding_rate=1 index_price=1 mark_price=1 open_interest=1 quote=1"},
    {"bybit/nautilus-ws_ticker_option", "", "1: index_price=1 option_quote=1"},
    {"bybit/old-v2-inverse-session-20210417", "",
     "1098: book_delta=1016 book_snapshot=2 trade=150 | control 4"},
    {"bybit/tardis-ack", "", "1: | control 1"},
    {"bybit/tardis-allLiquidation", "", "1: liquidation=1"},
    {"bybit/tardis-instrument_info", "",
     "11: funding_rate=6 index_price=6 mark_price=7 open_interest=3 | no_event instrument_info 3"},
    {"bybit/tardis-liquidation", "", "7: liquidation=9"},
    {"bybit/tardis-options-orderbook", "", "3: book_delta=1 book_snapshot=2"},
    {"bybit/tardis-options-publicTrade", "", "1: trade=1"},
    {"bybit/tardis-options-tickers", "", "2: index_price=2 option_quote=2"},
    {"bybit/tardis-orderBookL2_25", "", "13: book_delta=9 book_snapshot=4"},
    {"bybit/tardis-orderBook_200", "", "3: book_delta=3"},
    {"bybit/tardis-orderbook", "", "5: book_delta=1 book_snapshot=1 quote=3"},
    {"bybit/tardis-publicTrade", "", "2: trade=4"},
    {"bybit/tardis-tickers", "",
     "5: funding_rate=3 index_price=3 mark_price=3 open_interest=4 quote=5"},
    {"bybit/tardis-trade", "", "5: trade=5"},
    {"bybit-spot/tardis-bookTicker", "", "1: quote=1"},
    {"bybit-spot/tardis-depth", "", "3: book_snapshot=1 | control 2"},
    {"bybit-spot/tardis-orderbook", "", "4: book_delta=1 book_snapshot=1 quote=2"},
    {"bybit-spot/tardis-publicTrade", "", "2: trade=5"},
    {"bybit-spot/tardis-trade", "", "1: trade=1"},
};

TEST(BybitCoverage, EveryFileEndsAsListed) {
  for (const Row& row : kRows) {
    SKIP_WITHOUT_WIRE(file, row.file);
    codec::StreamSettings settings;
    if (*row.request) settings["request"] = row.request;
    if (std::string_view(row.file).starts_with("bybit-spot/")) settings["category"] = "spot";
    Instruments instruments;
    const auto decoder = std::move(make_decoder("bybit", settings, instruments, 7)).value();
    EXPECT_EQ(venues::fixture::endings(*decoder, *file, 7), row.ended) << row.file;
  }
}

TEST(BybitCoverage, NoFileIsForgotten) {
  for (const std::string& folder : {std::string("bybit"), std::string("bybit-spot")}) {
    if (!std::filesystem::exists(venues::fixture::wire_path(folder)))
      GTEST_SKIP() << "absent: ../shared/wire/" << folder;
    for (const auto& entry :
         std::filesystem::directory_iterator(venues::fixture::wire_path(folder))) {
      const std::string name = folder + "/" + entry.path().stem().string();
      if (entry.path().extension() != ".jsonl" || name.ends_with("/expected-tardis")) continue;
      bool listed = false;
      for (const Row& row : kRows) listed = listed || name == row.file;
      EXPECT_TRUE(listed) << name;
    }
  }
}

}  // namespace
}  // namespace delever::venues::bybit
