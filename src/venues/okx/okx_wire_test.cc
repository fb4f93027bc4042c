// Every recorded OKX file through its decoder: how each message ended, so that nothing is lost
// unnoticed.
#include <gtest/gtest.h>

#include <map>

#include "venues/coverage_testing.h"
#include "venues/okx/okx.h"

namespace delever::venues::okx {
namespace {

// Answers that do not name their instrument, or whose shape is not theirs alone, with the call they
// belong to.
const std::map<std::string, std::string, std::less<>> kRequests = {
    {"jk-rest-Get24HourVolume", "/api/v5/market/platform-24-volume"},
    {"jk-rest-GetAnnouncementTypes", "/api/v5/support/announcement-types"},
    {"jk-rest-GetAnnouncements", "/api/v5/support/announcements"},
    {"jk-rest-GetBlockTicker", "/api/v5/market/block-ticker"},
    {"jk-rest-GetBlockTickers", "/api/v5/market/block-tickers"},
    {"jk-rest-GetDeliveryExerciseHistory", "/api/v5/public/delivery-exercise-history"},
    {"jk-rest-GetDiscountInfo", "/api/v5/public/discount-rate-interest-free-quota"},
    {"jk-rest-GetEstimatedFuturesSettlementPrice", "/api/v5/public/estimated-settlement-info"},
    {"jk-rest-GetEstimatedPrice", "/api/v5/public/estimated-price"},
    {"jk-rest-GetIndexComponents", "/api/v5/market/index-components?index=BTC-USDT"},
    {"jk-rest-GetIndexKlines", "/api/v5/market/index-candles?instId=BTC-USD&bar=1m"},
    {"jk-rest-GetInsuranceFund", "/api/v5/public/insurance-fund"},
    {"jk-rest-GetInterestRates", "/api/v5/public/interest-rate-loan-quota"},
    {"jk-rest-GetKlineHistory", "/api/v5/market/history-candles?instId=BTC-USDT&bar=1m"},
    {"jk-rest-GetKlines", "https://www.okx.com/api/v5/market/candles?instId=BTC-USDT&bar=1H"},
    {"jk-rest-GetLimitPrice", "/api/v5/public/price-limit"},
    {"jk-rest-GetMarkPriceKlines", "/api/v5/market/mark-price-candles?instId=BTC-USD-SWAP"},
    {"jk-rest-GetOracle", "/api/v5/market/open-oracle"},
    {"jk-rest-GetOrderBook", "/api/v5/market/books?instId=BTC-USDT&sz=1"},
    {"jk-rest-GetPositionTiers", "/api/v5/public/position-tiers?instType=MARGIN&tdMode=cross"},
    {"jk-rest-GetPremiumHistory", "/api/v5/public/premium-history"},
    {"jk-rest-GetRubikContractSummary", "/api/v5/rubik/stat/contracts/open-interest-volume"},
    {"jk-rest-GetRubikInterestVolumeExpiry",
     "/api/v5/rubik/stat/option/open-interest-volume-expiry"},
    {"jk-rest-GetRubikInterestVolumeStrike",
     "/api/v5/rubik/stat/option/open-interest-volume-strike"},
    {"jk-rest-GetRubikLongShortRatio", "/api/v5/rubik/stat/contracts/long-short-account-ratio"},
    {"jk-rest-GetRubikMarginLendingRatio", "/api/v5/rubik/stat/margin/loan-ratio"},
    {"jk-rest-GetRubikOptionsSummary", "/api/v5/rubik/stat/option/open-interest-volume"},
    {"jk-rest-GetRubikPutCallRatio", "/api/v5/rubik/stat/option/open-interest-volume-ratio"},
    {"jk-rest-GetRubikSupportCoin", "/api/v5/rubik/stat/trading-data/support-coin"},
    {"jk-rest-GetRubikTakerFlow", "/api/v5/rubik/stat/option/taker-block-volume"},
    {"jk-rest-GetRubikTakerVolume", "/api/v5/rubik/stat/taker-volume"},
    {"jk-rest-GetSettlementHistory", "/api/v5/public/settlement-history"},
    {"jk-rest-GetUnderlying", "/api/v5/public/underlying"},
    {"jk-rest-GetVIPInterestRates", "/api/v5/public/vip-interest-rate-loan-quota"},
    {"jk-rest-UnitConvert", "/api/v5/public/convert-contract-coin"},
};

// Unknown: what an account or a survey answers, without the call that it belongs to.
const std::map<std::string, std::string, std::less<>> kEndings = {
    {"okx/gct-ws-trades", "2: trade=2"},
    {"okx/jk-rest-Get24HourVolume", "1: | no_event /api/v5/market/platform-24-volume 1"},
    {"okx/jk-rest-GetAnnouncementTypes", "1: | no_event /api/v5/support/announcement-types 1"},
    {"okx/jk-rest-GetAnnouncements", "1: | no_event /api/v5/support/announcements 1"},
    {"okx/jk-rest-GetBlockTicker", "1: | no_event /api/v5/market/block-ticker 1"},
    {"okx/jk-rest-GetBlockTickers", "1: | no_event /api/v5/market/block-tickers 1"},
    {"okx/jk-rest-GetBlockTrades", "1: trade=1"},
    {"okx/jk-rest-GetDeliveryExerciseHistory",
     "1: | no_event /api/v5/public/delivery-exercise-history 1"},
    {"okx/jk-rest-GetDiscountInfo",
     "1: | no_event /api/v5/public/discount-rate-interest-free-quota 1"},
    {"okx/jk-rest-GetEstimatedFuturesSettlementPrice",
     "1: | no_event /api/v5/public/estimated-settlement-info 1"},
    {"okx/jk-rest-GetEstimatedPrice", "1: | no_event /api/v5/public/estimated-price 1"},
    {"okx/jk-rest-GetFundingRateHistory", "1: funding_rate=2"},
    {"okx/jk-rest-GetFundingRates", "1: funding_rate=1"},
    {"okx/jk-rest-GetIndexComponents", "1: | no_event /api/v5/market/index-components 1"},
    {"okx/jk-rest-GetIndexKlines", "1: candle=2"},
    {"okx/jk-rest-GetIndexTickers", "1: index_price=1"},
    {"okx/jk-rest-GetInsuranceFund", "1: | no_event /api/v5/public/insurance-fund 1"},
    {"okx/jk-rest-GetInterestRates", "1: | no_event /api/v5/public/interest-rate-loan-quota 1"},
    {"okx/jk-rest-GetKlineHistory", "1: candle=2"},
    {"okx/jk-rest-GetKlines", "1: candle=2"},
    {"okx/jk-rest-GetLimitPrice", "1: | no_event /api/v5/public/price-limit 1"},
    {"okx/jk-rest-GetMarkPriceKlines", "1: candle=2"},
    {"okx/jk-rest-GetMarkPrices", "1: mark_price=1"},
    {"okx/jk-rest-GetOpenInterests", "1: open_interest=1"},
    {"okx/jk-rest-GetOptionMarketData", "1: option_quote=2"},
    {"okx/jk-rest-GetOracle", "1: | no_event /api/v5/market/open-oracle 1"},
    {"okx/jk-rest-GetOrderBook", "1: book_snapshot=1"},
    {"okx/jk-rest-GetPositionTiers", "1: | no_event /api/v5/public/position-tiers 1"},
    {"okx/jk-rest-GetPremiumHistory", "1: | no_event /api/v5/public/premium-history 1"},
    {"okx/jk-rest-GetRecentTrades", "1: trade=2"},
    {"okx/jk-rest-GetRubikContractSummary",
     "1: | no_event /api/v5/rubik/stat/contracts/open-interest-volume 1"},
    {"okx/jk-rest-GetRubikInterestVolumeExpiry",
     "1: | no_event /api/v5/rubik/stat/option/open-interest-volume-expiry 1"},
    {"okx/jk-rest-GetRubikInterestVolumeStrike",
     "1: | no_event /api/v5/rubik/stat/option/open-interest-volume-strike 1"},
    {"okx/jk-rest-GetRubikLongShortRatio",
     "1: | no_event /api/v5/rubik/stat/contracts/long-short-account-ratio 1"},
    {"okx/jk-rest-GetRubikMarginLendingRatio",
     "1: | no_event /api/v5/rubik/stat/margin/loan-ratio 1"},
    {"okx/jk-rest-GetRubikOptionsSummary",
     "1: | no_event /api/v5/rubik/stat/option/open-interest-volume 1"},
    {"okx/jk-rest-GetRubikPutCallRatio",
     "1: | no_event /api/v5/rubik/stat/option/open-interest-volume-ratio 1"},
    {"okx/jk-rest-GetRubikSupportCoin",
     "1: | no_event /api/v5/rubik/stat/trading-data/support-coin 1"},
    {"okx/jk-rest-GetRubikTakerFlow",
     "1: | no_event /api/v5/rubik/stat/option/taker-block-volume 1"},
    {"okx/jk-rest-GetRubikTakerVolume", "1: | no_event /api/v5/rubik/stat/taker-volume 1"},
    {"okx/jk-rest-GetServerTime", "1: | control 1"},
    {"okx/jk-rest-GetSettlementHistory", "1: | no_event /api/v5/public/settlement-history 1"},
    {"okx/jk-rest-GetSymbols", "1: instrument=1"},
    {"okx/jk-rest-GetTicker", "1: quote=1"},
    {"okx/jk-rest-GetTickers", "1: quote=2"},
    {"okx/jk-rest-GetTradeHistory", "1: trade=2"},
    {"okx/jk-rest-GetUnderlying", "1: | no_event /api/v5/public/underlying 1"},
    {"okx/jk-rest-GetVIPInterestRates",
     "1: | no_event /api/v5/public/vip-interest-rate-loan-quota 1"},
    {"okx/jk-rest-UnitConvert", "1: | no_event /api/v5/public/convert-contract-coin 1"},
    {"okx/jk-rest-acct-GetAccountBalance", "1: | no_event answer about an account 1"},
    {"okx/jk-rest-acct-GetAccountPositionHistory", "1: | no_event answer about an account 1"},
    {"okx/jk-rest-acct-GetAccountPositionRisk", "1: | no_event answer about an account 1"},
    {"okx/jk-rest-acct-GetAccountPositions", "1: | no_event answer about an account 1"},
    {"okx/jk-rest-acct-GetAccountRiskState", "1: | unknown answer of unknown shape 1"},
    {"okx/live2026-liquidation-orders", "3: liquidation=3"},
    {"okx/live2026-perp-4h-session",
     "8: funding_rate=2 index_price=1 mark_price=1 open_interest=3 | control 2"},
    {"okx/rest-instruments-20220513", "4: instrument=966"},
    {"okx/session-books-trades-tickers-20220513",
     "410: book_delta=287 book_snapshot=3 quote=28 trade=74 | control 18"},
    {"okx/tardis-bbo-tbt", "1: quote=1"},
    {"okx/tardis-books-l2-tbt", "3: book_delta=2 book_snapshot=1"},
    {"okx/tardis-funding-rate", "3: funding_rate=5"},
    {"okx/tardis-index-tickers", "6: index_price=6"},
    {"okx/tardis-liquidation-orders", "1: liquidation=1"},
    {"okx/tardis-liquidations", "2: liquidation=2"},
    {"okx/tardis-mark-price", "3: mark_price=3"},
    {"okx/tardis-open-interest", "2: open_interest=2"},
    {"okx/tardis-options-books-l2-tbt", "1: book_delta=1"},
    {"okx/tardis-options-index-tickers", "1: index_price=1"},
    {"okx/tardis-options-mark-price", "1: mark_price=1"},
    {"okx/tardis-options-open-interest", "1: open_interest=1"},
    {"okx/tardis-options-opt-summary", "2: option_quote=3"},
    {"okx/tardis-options-tickers", "1: quote=1"},
    {"okx/tardis-options-trades", "1: trade=1"},
    {"okx/tardis-price-limit", "1: | no_event price-limit 1"},
    {"okx/tardis-sprd-bbo-tbt", "1: | no_event sprd-bbo-tbt 1"},
    {"okx/tardis-sprd-books5", "1: | no_event sprd-books5 1"},
    {"okx/tardis-sprd-public-trades", "1: | no_event sprd-public-trades 1"},
    {"okx/tardis-tickers", "5: quote=5"},
    {"okx/tardis-trades", "3: trade=2 | control 1"},
    {"okx/ws-sent-20220513", "3: | control 3"},
    {"okx-spot/tardis-books-l2-tbt", "2: book_delta=1 book_snapshot=1"},
    {"okx-spot/tardis-tickers", "1: quote=1"},
    {"okx-spot/tardis-trades", "2: trade=1 | control 1"},
    {"okx-spot/tardis-trades-all", "1: trade=1"},
};

TEST(OkxWire, EveryFileEndsAsListed) {
  size_t found = 0;
  for (const std::string folder : {"okx", "okx-spot"}) {
    for (const std::string& stem : venues::fixture::stems_of(folder)) {
      const auto file = venues::fixture::wire_file(folder + "/" + stem);
      ASSERT_TRUE(file);
      const auto request = kRequests.find(stem);
      const auto listed = kEndings.find(folder + "/" + stem);
      ASSERT_NE(listed, kEndings.end()) << folder << "/" << stem;
      const std::string asked = request == kRequests.end() ? std::string() : request->second;
      EXPECT_EQ(venues::fixture::endings("okx", *file, [&](const std::string&) { return asked; }),
                listed->second)
          << folder << "/" << stem;
      EXPECT_EQ(listed->second.find("undecoded"), std::string::npos);
      ++found;
    }
  }
  if (found == 0) GTEST_SKIP() << "absent: ../shared/wire/okx";
  EXPECT_EQ(found, kEndings.size());
}

}  // namespace
}  // namespace delever::venues::okx
