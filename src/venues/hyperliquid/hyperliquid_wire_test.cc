// Every recorded Hyperliquid file through its decoder: how each message ended, so that nothing is
// lost unnoticed.
#include <gtest/gtest.h>

#include <map>

#include "venues/coverage_testing.h"

namespace delever::venues::hyperliquid {
namespace {

// Unknown: bare lists of names, of which nothing says what they are, without the call that they
// belong to. Undecoded: allDexsAssetCtxs names no coins, and a meta answer does not stand before it
// (hyperliquid_test.cc has both).
const std::map<std::string, std::string, std::less<>> kEndings = {
    {"docs-info",
     "12: candle=1 | no_event answer about an account or a setting 7 | no_event fills 2"
     " | unknown answer of unknown shape 2"},
    {"docs-perpetuals",
     "13: funding_rate=13 index_price=12 instrument=12 mark_price=12 open_interest=12"
     " | no_event answer about an account or a setting 7 | unknown answer of unknown shape 2"},
    {"jk-rest-GetAccountInfo", "1: | no_event answer about an account or a setting 1"},
    {"jk-rest-GetExchangeInfo", "1: instrument=4"},
    {"jk-rest-GetExchangeInfoAndTickers",
     "1: funding_rate=3 index_price=3 instrument=3 mark_price=3 open_interest=3"},
    {"jk-rest-GetFundingHistory", "1: | no_event answer about an account or a setting 1"},
    {"jk-rest-GetFundingRateHistory", "1: funding_rate=1"},
    {"jk-rest-GetSymbolsAtMaxOpenInterest", "1: | unknown answer of unknown shape 1"},
    {"jk-rest-SetLeverage", "1: | control 1"},
    {"nautilus-http_all_perp_metas_non_usdc_collateral", "1: instrument=3"},
    {"nautilus-http_clearinghouse_state_negative_total_raw_usd",
     "1: | no_event answer about an account or a setting 1"},
    {"nautilus-http_funding_history", "1: funding_rate=3"},
    {"nautilus-http_l2_book_btc", "1: book_snapshot=1"},
    {"nautilus-http_l2_book_snapshot", "1: book_snapshot=1"},
    {"nautilus-http_meta_perp_sample", "1: instrument=3"},
    {"nautilus-http_recent_trades_btc", "1: trade=3"},
    {"nautilus-http_spot_clearinghouse_state",
     "1: | no_event answer about an account or a setting 1"},
    {"nautilus-http_spot_meta_non_usdc_collateral", "1: | no_event spotMeta 1"},
    {"nautilus-http_user_fills_dust_conversion", "1: | no_event fills 1"},
    {"nautilus-ws_all_dexs_asset_ctxs",
     "1: | undecoded allDexsAssetCtxs:ctxs: names no coins, and no meta of its dex was seen before "
     "1"},
    {"nautilus-ws_allmids", "1: | no_event allMids 1"},
    {"nautilus-ws_book_data", "1: book_snapshot=1"},
    {"nautilus-ws_user_fill_liquidation", "1: liquidation=1"},
    {"rest-info-allMids", "1: | no_event allMids 1"},
    {"rest-info-candleSnapshot", "1: candle=24"},
    {"rest-info-clearinghouseState", "1: | no_event clearinghouseState 1"},
    {"rest-info-delegatorHistory", "1: | no_event delegatorHistory 1"},
    {"rest-info-extraAgents", "1: | no_event extraAgents 1"},
    {"rest-info-frontendOpenOrders", "1: | no_event frontendOpenOrders 1"},
    {"rest-info-fundingHistory", "2: funding_rate=1072"},
    {"rest-info-historicalOrders", "1: | no_event historicalOrders 1"},
    {"rest-info-l2Book", "1: book_snapshot=1"},
    {"rest-info-meta", "1: instrument=28"},
    {"rest-info-openOrders", "1: | no_event openOrders 1"},
    {"rest-info-portfolio", "1: | no_event portfolio 1"},
    {"rest-info-userFills", "1: | no_event userFills 1"},
    {"rest-info-userFillsByTime", "1: | no_event userFillsByTime 1"},
    {"rest-info-userFunding", "2: | no_event userFunding 2"},
    {"rest-info-userNonFundingLedgerUpdates", "2: | no_event userNonFundingLedgerUpdates 2"},
    {"rest-info-userRateLimit", "1: | no_event userRateLimit 1"},
    {"rest-info-userRole", "1: | no_event userRole 1"},
    {"rest-info-userTwapSliceFills", "1: | no_event userTwapSliceFills 1"},
    {"rest-info-userVaultEquities", "1: | no_event userVaultEquities 1"},
    {"session-btc-20250126", "55: book_snapshot=46 trade=64"},
    {"tardis-activeAssetCtx", "1: funding_rate=1 index_price=1 mark_price=1 open_interest=1"},
    {"tardis-activeSpotAssetCtx", "1: mark_price=1"},
    {"tardis-bbo", "2: quote=2"},
    {"tardis-l2Book", "2: book_snapshot=2"},
    {"tardis-trades", "4: trade=6"},
};

TEST(HyperliquidWire, EveryFileEndsAsListed) {
  const auto stems = venues::fixture::stems_of("hyperliquid");
  if (stems.empty()) GTEST_SKIP() << "absent: ../shared/wire/hyperliquid";
  for (const std::string& stem : stems) {
    const auto file = venues::fixture::wire_file("hyperliquid/" + stem);
    ASSERT_TRUE(file);
    const auto listed = kEndings.find(stem);
    ASSERT_NE(listed, kEndings.end()) << stem;
    EXPECT_EQ(venues::fixture::endings("hyperliquid", *file,
                                       [](const std::string& asked) { return asked; }),
              listed->second)
        << stem;
    EXPECT_EQ(listed->second.find("undecoded") != std::string::npos,
              stem == "nautilus-ws_all_dexs_asset_ctxs");
  }
  EXPECT_EQ(stems.size(), kEndings.size());
}

}  // namespace
}  // namespace delever::venues::hyperliquid
