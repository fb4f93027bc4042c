// Every recorded Binance file through its decoder: how each message ended, so that nothing is lost
// unnoticed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "venues/binance/binance.h"
#include "venues/registry.h"
#include "venues/wire_testing.h"

namespace delever::venues::binance {
namespace {

constexpr std::string_view kFolders[] = {"binance-usdm", "binance-coinm", "binance-spot",
                                         "binance-eoptions"};

// "gct-rest-fapi_v1_ticker_24hr" -> "/fapi/v1/ticker/24hr"; a file's name is part of what was
// asked.
std::string path_of(std::string_view stem) {
  constexpr std::string_view prefix = "gct-rest-";
  if (!stem.starts_with(prefix)) return {};
  std::string path = "/" + std::string(stem.substr(prefix.size()));
  std::replace(path.begin(), path.end(), '_', '/');
  return path;
}

// Examples of documentation come without what was asked.
const std::map<std::string, const char*, std::less<>> kAsked{
    {"jk-rest-GetAggregatedTradeHistory", "/fapi/v1/aggTrades?symbol=BTCUSDT"},
    {"jk-rest-GetContinuousContractKlines",
     "/fapi/v1/continuousKlines?pair=BTCUSDT&contractType=PERPETUAL"},
    {"jk-rest-GetIndexPriceKlines", "/fapi/v1/indexPriceKlines?pair=BTCUSDT"},
    {"jk-rest-GetKlines", "/fapi/v1/klines?symbol=BTCUSDT"},
    {"jk-rest-GetMarkPriceKlines", "/fapi/v1/markPriceKlines?symbol=BTCUSDT"},
    {"jk-rest-GetOrderBook", "/fapi/v1/depth?symbol=BTCUSDT"},
    {"jk-rest-GetPremiumIndexKlines", "/fapi/v1/premiumIndexKlines?symbol=BTCUSDT"},
    {"jk-rest-GetRecentTrades", "/fapi/v1/trades?symbol=BTCUSDT"},
    {"jk-rest-GetTradeHistory", "/fapi/v1/historicalTrades?symbol=BTCUSDT"},
};

std::string request_of(std::string_view stem, const std::string& sidecar) {
  if (sidecar.find("://") != sidecar.npos) return sidecar;
  if (const auto asked = kAsked.find(stem); asked != kAsked.end()) return asked->second;
  const std::string path = path_of(stem);
  return path.empty() ? std::string() : path + "?" + sidecar;
}

struct Ended {
  uint64_t messages = 0, with_events = 0;
  std::map<std::string, uint64_t> events, rest;
};

Ended decode_file(std::string_view folder, std::string_view stem,
                  const venues::fixture::WireFile& file) {
  Ended out;
  Instruments instruments;
  std::unique_ptr<codec::Decoder> decoder;
  std::string request = "none yet";
  codec::DecodeCounts before;
  for (const auto& message : file.messages()) {
    if (const std::string wanted = request_of(stem, message.request);
        wanted != request || !decoder) {
      request = wanted;
      codec::StreamSettings settings;
      if (!request.empty()) settings["request"] = request;
      decoder = std::move(make_decoder(folder, settings, instruments, 7)).value();
      before = {};
    }
    venues::fixture::Collected sink;
    decoder->decode(message.raw, sink);
    ++out.messages;
    for (const Event& event : sink.events) {
      ++out.events[std::string(payload_name(event.payload))];
      EXPECT_EQ(event.source, 7u);
      EXPECT_EQ(event.received, message.raw.received);
    }
    // Exactly one ending.
    const codec::DecodeCounts& now = decoder->counts();
    const uint64_t without =
        venues::fixture::without_events(now) - venues::fixture::without_events(before);
    EXPECT_EQ(without, sink.events.empty() ? 1u : 0u) << message.raw.bytes.substr(0, 200);
    EXPECT_EQ(now.events - before.events, sink.events.size());
    EXPECT_EQ(now.messages - before.messages, 1u);
    out.with_events += !sink.events.empty();
    const auto add = [&](const char* kind, const codec::DecodeCounts::ByName& after,
                         const codec::DecodeCounts::ByName& earlier) {
      for (const auto& [name, n] : after) {
        const auto found = earlier.find(name);
        if (const uint64_t more = n - (found == earlier.end() ? 0 : found->second))
          out.rest[fmt::format("{} {}", kind, name)] += more;
      }
    };
    add("no_event", now.no_event, before.no_event);
    add("unknown", now.unknown_channels, before.unknown_channels);
    add("undecoded", now.undecoded, before.undecoded);
    out.rest["control"] += now.control - before.control;
    before = now;
  }
  return out;
}

std::string as_text(const Ended& ended) {
  std::string out;
  const auto add = [&](const std::string& name, uint64_t n) {
    if (n > 0) out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", name, n);
  };
  for (const auto& [name, n] : ended.events) add(name, n);
  for (const auto& [name, n] : ended.rest) add(name, n);
  return out;
}

// Events by kind, then messages that carry none by where they ended. "undecoded" is only what the
// venue refused to answer: {"code":-1121,"msg":"Invalid symbol."}.
const std::map<std::string, const char*> kEndings{
    {"binance-coinm/book-btcusd_perp-20240808", "book_delta: 4468, book_snapshot: 1"},
    {"binance-coinm/gct-rest-dapi_v1_aggTrades", "trade: 5"},
    {"binance-coinm/gct-rest-dapi_v1_continuousKlines",
     "no_event continuousKlines of a delivery contract without a name: 2"},
    {"binance-coinm/gct-rest-dapi_v1_depth", "book_snapshot: 3"},
    {"binance-coinm/gct-rest-dapi_v1_exchangeInfo", "instrument: 25"},
    {"binance-coinm/gct-rest-dapi_v1_fundingRate", "funding_rate: 60"},
    {"binance-coinm/gct-rest-dapi_v1_historicalTrades",
     "undecoded historicalTrades: refused by the venue: 2"},
    {"binance-coinm/gct-rest-dapi_v1_indexPriceKlines", "candle: 10"},
    {"binance-coinm/gct-rest-dapi_v1_klines",
     "candle: 16, undecoded klines: refused by the venue: 1"},
    {"binance-coinm/gct-rest-dapi_v1_markPriceKlines", "candle: 9"},
    {"binance-coinm/gct-rest-dapi_v1_openInterest", "open_interest: 1"},
    {"binance-coinm/gct-rest-dapi_v1_premiumIndex",
     "funding_rate: 5, index_price: 11, mark_price: 11"},
    {"binance-coinm/gct-rest-dapi_v1_ticker_24hr", "no_event ticker/24hr: 3"},
    {"binance-coinm/gct-rest-dapi_v1_ticker_bookTicker", "quote: 8"},
    {"binance-coinm/gct-rest-dapi_v1_ticker_price", "no_event ticker/price: 1"},
    {"binance-coinm/gct-rest-dapi_v1_trades", "trade: 11"},
    {"binance-coinm/rest-depth-2021", "book_snapshot: 10"},
    {"binance-coinm/rest-exchangeInfo-2021", "instrument: 36"},
    {"binance-coinm/session-2021", "book_delta: 2047, candle: 33, quote: 2240, trade: 51"},
    {"binance-coinm/tardis-ack", "control: 1"},
    {"binance-coinm/tardis-bookTicker", "quote: 1"},
    {"binance-coinm/tardis-depth", "book_delta: 2"},
    {"binance-coinm/tardis-depthSnapshot", "book_snapshot: 1"},
    {"binance-coinm/tardis-forceOrder", "liquidation: 1"},
    {"binance-coinm/tardis-indexPrice", "index_price: 1"},
    {"binance-coinm/tardis-markPrice", "mark_price: 1"},
    {"binance-coinm/tardis-openInterest", "open_interest: 1"},
    {"binance-coinm/tardis-ticker", "no_event 24hrTicker: 1"},
    {"binance-coinm/tardis-trade", "trade: 1, no_event trade outside the market: 1"},
    {"binance-coinm/trades-btcusd_perp-20240808", "trade: 2286"},
    {"binance-eoptions/tardis-bookTicker", "quote: 1"},
    {"binance-eoptions/tardis-depth100", "book_snapshot: 1"},
    {"binance-eoptions/tardis-depth20", "book_snapshot: 1"},
    {"binance-eoptions/tardis-index", "index_price: 2"},
    {"binance-eoptions/tardis-markPrice", "mark_price: 1"},
    {"binance-eoptions/tardis-openInterest", "open_interest: 2"},
    {"binance-eoptions/tardis-optionMarkPrice", "option_quote: 2"},
    {"binance-eoptions/tardis-optionOpenInterest", "open_interest: 2"},
    {"binance-eoptions/tardis-optionTicker", "option_quote: 1"},
    {"binance-eoptions/tardis-optionTrade", "trade: 2"},
    {"binance-eoptions/tardis-ticker", "option_quote: 2"},
    {"binance-eoptions/tardis-trade", "trade: 2"},
    {"binance-spot/book-btcusdt-20240808", "book_delta: 3451, book_snapshot: 1"},
    {"binance-spot/bookticker-btcusdt-20240808", "quote: 1000"},
    {"binance-spot/tardis-bookTicker", "quote: 1"},
    {"binance-spot/tardis-depth", "book_delta: 4"},
    {"binance-spot/tardis-depthSnapshot", "book_snapshot: 2"},
    {"binance-spot/tardis-ticker", "no_event 24hrTicker: 1"},
    {"binance-spot/tardis-trade", "trade: 2"},
    {"binance-usdm/book-btcusdt-20240808", "book_delta: 2857, book_snapshot: 1"},
    {"binance-usdm/bookticker-btcusdt-20240808", "quote: 2500"},
    {"binance-usdm/gct-rest-fapi_v1_aggTrades", "trade: 511"},
    {"binance-usdm/gct-rest-fapi_v1_depth", "book_snapshot: 3"},
    {"binance-usdm/gct-rest-fapi_v1_exchangeInfo", "instrument: 25"},
    {"binance-usdm/gct-rest-fapi_v1_fundingInfo", "instrument: 25"},
    {"binance-usdm/gct-rest-fapi_v1_fundingRate", "funding_rate: 110"},
    {"binance-usdm/gct-rest-fapi_v1_indexInfo", "no_event indexInfo: 2"},
    {"binance-usdm/gct-rest-fapi_v1_klines", "candle: 1133"},
    {"binance-usdm/gct-rest-fapi_v1_openInterest", "open_interest: 1"},
    {"binance-usdm/gct-rest-fapi_v1_premiumIndex",
     "funding_rate: 6, index_price: 6, mark_price: 6"},
    {"binance-usdm/gct-rest-fapi_v1_ticker_24hr",
     "no_event ticker/24hr: 2, undecoded ticker/24hr: refused by the venue: 1"},
    {"binance-usdm/gct-rest-fapi_v1_ticker_bookTicker", "quote: 66"},
    {"binance-usdm/gct-rest-fapi_v1_ticker_price", "no_event ticker/price: 2"},
    {"binance-usdm/gct-rest-fapi_v1_time", "control: 1"},
    {"binance-usdm/gct-rest-fapi_v1_trades", "trade: 10"},
    {"binance-usdm/gct-rest-futures_data_basis", "no_event basis: 2"},
    {"binance-usdm/gct-rest-futures_data_globalLongShortAccountRatio",
     "no_event globalLongShortAccountRatio: 7"},
    {"binance-usdm/gct-rest-futures_data_openInterestHist",
     "open_interest: 21, no_event openInterestHist of a delivery contract without a name: 2"},
    {"binance-usdm/gct-rest-futures_data_takerBuySellVol", "no_event takerBuySellVol: 2"},
    {"binance-usdm/gct-rest-futures_data_takerlongshortRatio", "no_event takerlongshortRatio: 1"},
    {"binance-usdm/gct-rest-futures_data_topLongShortAccountRatio",
     "no_event topLongShortAccountRatio: 5"},
    {"binance-usdm/gct-rest-futures_data_topLongShortPositionRatio",
     "no_event topLongShortPositionRatio: 5"},
    {"binance-usdm/jk-rest-GetAggregatedTradeHistory", "trade: 1"},
    {"binance-usdm/jk-rest-GetAssetIndexes", "no_event assetIndex: 1"},
    {"binance-usdm/jk-rest-GetBasis", "no_event basis: 1"},
    {"binance-usdm/jk-rest-GetBookPrice", "quote: 1"},
    {"binance-usdm/jk-rest-GetCompositeIndexInfo", "no_event indexInfo: 1"},
    {"binance-usdm/jk-rest-GetContinuousContractKlines", "candle: 1"},
    {"binance-usdm/jk-rest-GetExchangeInfo", "instrument: 1"},
    {"binance-usdm/jk-rest-GetFundingInfo", "instrument: 1"},
    {"binance-usdm/jk-rest-GetFundingRates", "funding_rate: 2, mark_price: 2"},
    {"binance-usdm/jk-rest-GetGlobalLongShortAccountRatio", "no_event longShortRatio: 1"},
    {"binance-usdm/jk-rest-GetIndexPriceConstituents", "no_event constituents: 1"},
    {"binance-usdm/jk-rest-GetIndexPriceKlines", "candle: 1"},
    {"binance-usdm/jk-rest-GetInsuranceFundBalances", "no_event insuranceBalance: 1"},
    {"binance-usdm/jk-rest-GetKlines", "candle: 1"},
    {"binance-usdm/jk-rest-GetMarkPrice", "funding_rate: 1, index_price: 1, mark_price: 1"},
    {"binance-usdm/jk-rest-GetMarkPriceKlines", "candle: 1"},
    {"binance-usdm/jk-rest-GetOpenInterest", "open_interest: 1"},
    {"binance-usdm/jk-rest-GetOpenInterestHistory", "open_interest: 2"},
    {"binance-usdm/jk-rest-GetOrderBook", "book_snapshot: 1"},
    {"binance-usdm/jk-rest-GetPremiumIndexKlines", "no_event premiumIndexKlines: 1"},
    {"binance-usdm/jk-rest-GetPrice", "no_event ticker/price: 1"},
    {"binance-usdm/jk-rest-GetRecentTrades", "trade: 1"},
    {"binance-usdm/jk-rest-GetServerTime", "control: 1"},
    {"binance-usdm/jk-rest-GetTakerBuySellVolumeRatio", "no_event takerlongshortRatio: 1"},
    {"binance-usdm/jk-rest-GetTicker", "no_event ticker/24hr: 1"},
    {"binance-usdm/jk-rest-GetTopLongShortAccountRatio", "no_event longShortRatio: 1"},
    {"binance-usdm/jk-rest-GetTopLongShortPositionRatio", "no_event longShortRatio: 1"},
    {"binance-usdm/jk-rest-GetTradeHistory", "trade: 1"},
    {"binance-usdm/jk-rest-acct-GetAccountConfiguration", "no_event account: 1"},
    {"binance-usdm/jk-rest-acct-GetAccountInfo", "no_event account: 1"},
    {"binance-usdm/jk-rest-acct-GetAccountInfoV3", "no_event account: 1"},
    {"binance-usdm/jk-rest-acct-GetBalances", "no_event account: 1"},
    {"binance-usdm/jk-rest-acct-GetBnbBurnStatus", "no_event account: 1"},
    {"binance-usdm/jk-rest-acct-GetBrackets", "no_event leverageBracket: 1"},
    {"binance-usdm/jk-rest-acct-GetIncomeHistory", "no_event account: 1"},
    {"binance-usdm/jk-rest-acct-GetPositionAdlQuantileEstimation", "no_event account: 1"},
    {"binance-usdm/jk-rest-acct-GetPositionInformation", "no_event account: 1"},
    {"binance-usdm/jk-rest-trd-GetForcedOrders", "no_event account: 1"},
    {"binance-usdm/jk-rest-trd-GetPositions", "no_event account: 1"},
    {"binance-usdm/leverage-brackets-20241024", "no_event leverageBracket: 349"},
    {"binance-usdm/live2026-depth-bookTicker-demo", "book_delta: 7, quote: 2"},
    {"binance-usdm/live2026-forceOrder", "liquidation: 5"},
    {"binance-usdm/live2026-markPrice-rollover",
     "funding_rate: 12, index_price: 12, mark_price: 12"},
    {"binance-usdm/nautilus-account_info_v2", "no_event account: 1"},
    {"binance-usdm/nautilus-account_update", "no_event ACCOUNT_UPDATE: 1"},
    {"binance-usdm/nautilus-account_update_bnfcr", "no_event ACCOUNT_UPDATE: 1"},
    {"binance-usdm/nautilus-agg_trade_stream", "trade: 1"},
    {"binance-usdm/nautilus-algo_update_canceled", "no_event ALGO_UPDATE: 1"},
    {"binance-usdm/nautilus-algo_update_new", "no_event ALGO_UPDATE: 1"},
    {"binance-usdm/nautilus-balance", "no_event account: 1"},
    {"binance-usdm/nautilus-book_ticker_stream", "quote: 1"},
    {"binance-usdm/nautilus-depth_update_stream", "book_delta: 1"},
    {"binance-usdm/nautilus-kline_stream_closed", "candle: 1"},
    {"binance-usdm/nautilus-kline_stream_open", "candle: 1"},
    {"binance-usdm/nautilus-liquidation_stream", "liquidation: 1"},
    {"binance-usdm/nautilus-mark_price_stream", "funding_rate: 1, index_price: 1, mark_price: 1"},
    {"binance-usdm/nautilus-open_algo_orders", "no_event account: 1"},
    {"binance-usdm/nautilus-order_response", "no_event account: 1"},
    {"binance-usdm/nautilus-order_update_adl", "no_event ORDER_TRADE_UPDATE: 1"},
    {"binance-usdm/nautilus-order_update_calculated", "no_event ORDER_TRADE_UPDATE: 1"},
    {"binance-usdm/nautilus-order_update_calculated_pending", "no_event ORDER_TRADE_UPDATE: 1"},
    {"binance-usdm/nautilus-order_update_delivery", "no_event ORDER_TRADE_UPDATE: 1"},
    {"binance-usdm/nautilus-order_update_insurance", "no_event ORDER_TRADE_UPDATE: 1"},
    {"binance-usdm/nautilus-order_update_new", "no_event ORDER_TRADE_UPDATE: 1"},
    {"binance-usdm/nautilus-order_update_settlement", "no_event ORDER_TRADE_UPDATE: 1"},
    {"binance-usdm/nautilus-order_update_trade", "no_event ORDER_TRADE_UPDATE: 1"},
    {"binance-usdm/nautilus-order_update_trade_partial", "no_event ORDER_TRADE_UPDATE: 1"},
    {"binance-usdm/nautilus-position_risk", "no_event account: 1"},
    {"binance-usdm/nautilus-ticker_stream", "no_event 24hrTicker: 1"},
    {"binance-usdm/nautilus-trade_lite", "no_event TRADE_LITE: 1"},
    {"binance-usdm/nautilus-trade_stream", "trade: 1"},
    {"binance-usdm/rest-depth-2021", "book_snapshot: 4"},
    {"binance-usdm/rest-exchangeInfo-2021", "instrument: 122"},
    {"binance-usdm/tardis-aggTrade", "trade: 1"},
    {"binance-usdm/tardis-bookTicker", "quote: 1"},
    {"binance-usdm/tardis-depth", "book_delta: 3"},
    {"binance-usdm/tardis-depthSnapshot", "book_snapshot: 2"},
    {"binance-usdm/tardis-forceOrder", "liquidation: 1"},
    {"binance-usdm/tardis-markPrice", "funding_rate: 2, index_price: 2, mark_price: 3"},
    {"binance-usdm/tardis-openInterest", "open_interest: 1"},
    {"binance-usdm/tardis-ticker", "no_event 24hrTicker: 1"},
    {"binance-usdm/tardis-trade", "trade: 2, no_event trade outside the market: 1"},
    {"binance-usdm/trades-btcusdt-20240808", "trade: 4000"},
};

TEST(BinanceCoverage, EveryFile) {
  const std::filesystem::path root = venues::fixture::wire_path("");
  if (!std::filesystem::exists(root)) GTEST_SKIP() << "absent: ../shared/wire";
  std::set<std::string> seen;
  for (const std::string_view folder : kFolders) {
    for (const auto& entry : std::filesystem::directory_iterator(root / folder)) {
      const std::string stem = entry.path().stem().string();
      if (entry.path().extension() != ".jsonl" || stem == "expected-tardis") continue;
      const std::string name = std::string(folder) + "/" + stem;
      const auto file = venues::fixture::wire_file(name);
      ASSERT_TRUE(file);
      const auto row = kEndings.find(name);
      EXPECT_EQ(as_text(decode_file(folder, stem, *file)),
                row == kEndings.end() ? "no row" : row->second)
          << name;
      seen.insert(name);
    }
  }
  for (const auto& [name, ending] : kEndings)
    EXPECT_TRUE(seen.contains(name)) << name << " is absent";
}

}  // namespace
}  // namespace delever::venues::binance
