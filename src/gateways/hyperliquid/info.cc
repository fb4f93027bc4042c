#include "gateways/hyperliquid/info.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "gateways/market_span.h"

namespace delever::gateways::hyperliquid {
namespace {

constexpr size_t kTradesShown = 100, kCandlesMost = 5'000, kFundingMost = 500;

// What a venue without these things answers: no vaults, delegations, sub-accounts, auctions.
struct EmptyAnswer {
  std::string_view type, body;
};
constexpr std::array kEmpty{
    EmptyAnswer{"perpDexs", "[null]"},
    EmptyAnswer{"userAbstraction", "\"disabled\""},
    EmptyAnswer{"userDexAbstraction", "false"},
    EmptyAnswer{"perpsAtOpenInterestCap", "[]"},
    EmptyAnswer{"subAccounts", "null"},
    EmptyAnswer{"subAccounts2", "null"},
    EmptyAnswer{"vaultDetails", "null"},
    EmptyAnswer{"vaultSummaries", "[]"},
    EmptyAnswer{"leadingVaults", "[]"},
    EmptyAnswer{"userVaultEquities", "[]"},
    EmptyAnswer{"delegations", "[]"},
    EmptyAnswer{"delegatorHistory", "[]"},
    EmptyAnswer{"delegatorRewards", "[]"},
    EmptyAnswer{"delegatorSummary",
                R"({"delegated":"0.0","undelegated":"0.0","totalPendingWithdrawal":"0.0",)"
                R"("nPendingWithdrawals":0})"},
    EmptyAnswer{"userToMultiSigSigners", "null"},
    EmptyAnswer{"isVip", "false"},
    EmptyAnswer{"liquidatable", "[]"},
    EmptyAnswer{"perpCategories", "[]"},
    EmptyAnswer{"perpConciseAnnotations", "[]"},
    EmptyAnswer{"perpAnnotation", "null"},
    EmptyAnswer{"perpDexLimits", "null"},
    EmptyAnswer{"outcomeMeta", R"({"outcomes":[],"questions":[]})"},
    EmptyAnswer{"validatorSummaries", "[]"},
    EmptyAnswer{"validatorL1Votes", "[]"},
    EmptyAnswer{"gossipRootIps", "[]"},
    EmptyAnswer{"allBorrowLendReserveStates", "[]"},
    EmptyAnswer{"userBorrowLendInterest", "[]"},
    EmptyAnswer{"borrowLendUserState",
                R"({"tokenToState":[],"health":"healthy","healthFactor":null})"},
    EmptyAnswer{"maxMarketOrderNtls", "[]"},
    EmptyAnswer{"legalCheck", R"({"ipAllowed":true,"acceptedTerms":true,"userAllowed":true})"},
};

}  // namespace

const Info::Row Info::kQuestions[] = {
    {"meta", &Info::meta},
    {"metaAndAssetCtxs", &Info::meta_and_contexts},
    {"allPerpMetas", &Info::all_metas},
    {"spotMeta", &Info::spot_meta},
    {"spotMetaAndAssetCtxs", &Info::spot_meta_and_contexts},
    {"allMids", &Info::mids},
    {"l2Book", &Info::book},
    {"candleSnapshot", &Info::candles},
    {"recentTrades", &Info::recent_trades},
    {"fundingHistory", &Info::funding_history},
    {"predictedFundings", &Info::predicted_fundings},
    {"marginTable", &Info::margin_table},
    {"exchangeStatus", &Info::status},
    {"clearinghouseState", &Info::clearinghouse_state},
    {"spotClearinghouseState", &Info::spot_clearinghouse},
    {"openOrders", &Info::open},
    {"frontendOpenOrders", &Info::open_in_full},
    {"orderStatus", &Info::order_status},
    {"historicalOrders", &Info::historical},
    {"userFills", &Info::fills},
    {"userFillsByTime", &Info::fills_by_time},
    {"userTwapSliceFills", &Info::slice_fills},
    {"userTwapSliceFillsByTime", &Info::slice_fills},
    {"twapHistory", &Info::twap_history},
    {"userFunding", &Info::user_funding},
    {"userNonFundingLedgerUpdates", &Info::user_ledger},
    {"userRateLimit", &Info::rate_limit},
    {"referral", &Info::referral},
    {"userFees", &Info::user_fees},
    {"activeAssetData", &Info::active_asset},
    {"userRole", &Info::user_role},
    {"preTransferCheck", &Info::transfer_check},
    {"portfolio", &Info::portfolio},
    {"extraAgents", &Info::agents},
    {"maxBuilderFee", &Info::max_builder_fee},
    {"approvedBuilders", &Info::approved_builders},
    {"webData2", &Info::web_data_2},
};

std::optional<CandleLength> interval_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, int64_t>, 13> known{{{"1m", 1},
                                                                        {"3m", 3},
                                                                        {"5m", 5},
                                                                        {"15m", 15},
                                                                        {"30m", 30},
                                                                        {"1h", 60},
                                                                        {"2h", 120},
                                                                        {"4h", 240},
                                                                        {"8h", 480},
                                                                        {"12h", 720},
                                                                        {"1d", 1'440},
                                                                        {"3d", 4'320},
                                                                        {"1w", 10'080}}};
  for (const auto& [text, minutes] : known)
    if (text == name) return Duration::minutes(minutes);
  if (name == "1M") return CandleLength::of_months(1);
  return std::nullopt;
}

// 2 for what is asked often, 60 for userRole, 20 for all else.
int64_t Info::weight(std::string_view type) {
  constexpr std::array<std::string_view, 6> light{
      "l2Book",        "allMids", "clearinghouseState", "orderStatus", "spotClearinghouseState",
      "exchangeStatus"};
  if (std::find(light.begin(), light.end(), type) != light.end()) return 2;
  return type == "userRole" ? 60 : 20;
}

// By the type alone; each question reads what else it needs.
std::optional<std::string> Info::answer(Json body) const {
  const auto type = text_in(body, "type");
  if (!type) return std::nullopt;
  for (const Row& row : kQuestions)
    if (row.type == *type) return (this->*row.handler)(body);
  for (const EmptyAnswer& row : kEmpty)
    if (row.type == *type) return std::string(row.body);
  return std::nullopt;
}

// Missing for an address that nobody was admitted with: such a user has an empty account.
std::optional<AccountId> Info::user(Json body) const {
  return accounts_.of(text_in(body, "user").value_or(""));
}

// nullptr: no such coin. The venue answers null or an empty list to that, not an error.
const Asset* Info::coin(Json body) const {
  return shapes_.universe().by_coin(text_in(body, "coin").value_or(""));
}

Info::Body Info::meta(Json) const {
  return written([&](JsonWriter& w) { shapes_.meta(w); });
}
Info::Body Info::meta_and_contexts(Json) const {
  return written([&](JsonWriter& w) {
    w.open('[');
    shapes_.meta(w);
    shapes_.contexts(w);
    w.close();
  });
}
Info::Body Info::all_metas(Json) const {
  return written([&](JsonWriter& w) {
    w.open('[');
    shapes_.meta(w);
    w.close();
  });
}
Info::Body Info::spot_meta(Json) const {
  return written([&](JsonWriter& w) { shapes_.spot_meta(w); });
}
Info::Body Info::spot_meta_and_contexts(Json) const {
  return written([&](JsonWriter& w) {
    w.open('[');
    shapes_.spot_meta(w);
    shapes_.spot_contexts(w);
    w.close();
  });
}
Info::Body Info::mids(Json) const {
  return written([&](JsonWriter& w) { shapes_.mids(w); });
}

// nSigFigs 2 to 5 groups the levels; mantissa counts in twos or fives with five figures alone.
Info::Body Info::book(Json body) const {
  const Asset* const asset = coin(body);
  if (!asset) return "null";
  Shapes::BookView view;
  const int64_t figures = whole_in(body, "nSigFigs").value_or(0);
  const int64_t mantissa = whole_in(body, "mantissa").value_or(1);
  if (figures != 0 && (figures < 2 || figures > 5)) return std::nullopt;
  if (mantissa != 1 && mantissa != 2 && mantissa != 5) return std::nullopt;
  view.figures = static_cast<int>(figures);
  view.mantissa = figures == 5 ? static_cast<int>(mantissa) : 1;
  return written([&](JsonWriter& w) { shapes_.book(w, *asset, view); });
}

// Each candle that overlaps the span.
Info::Body Info::candles(Json body) const {
  const auto req = object_in(body, "req");
  if (!req) return std::nullopt;
  const Asset* const asset = coin(*req);
  const std::string_view name = text_in(*req, "interval").value_or("");
  const auto interval = interval_of(name);
  const auto from = whole_in(*req, "startTime");
  if (!interval || !from) return std::nullopt;
  if (!asset) return "[]";
  const int64_t begin = in_market_time(desk_, *from);
  const int64_t to = in_market_time(desk_, whole_in(*req, "endTime").value_or(INT64_MAX));
  return written([&](JsonWriter& w) {
    w.open('[');
    for (const Candle& c : desk_.candles(asset->instrument, *interval, kCandlesMost))
      if (interval->end(c.start).ms() > begin && c.start.ms() <= to)
        shapes_.candle(w, *asset, name, *interval, c);
    w.close();
  });
}

// The one that is still open; empty before the first trade.
std::string Info::last_candle(const Asset& asset, std::string_view interval) const {
  const auto length = interval_of(interval);
  if (!length) return {};
  const auto rows = desk_.candles(asset.instrument, *length, 1);
  if (rows.empty()) return {};
  return written([&](JsonWriter& w) { shapes_.candle(w, asset, interval, *length, rows.back()); });
}

// Newest first.
Info::Body Info::recent_trades(Json body) const {
  const Asset* const asset = coin(body);
  if (!asset) return "[]";
  return written([&](JsonWriter& w) {
    w.open('[');
    const auto trades = desk_.trades(asset->instrument);
    const size_t shown = std::min(trades.size(), kTradesShown);
    for (size_t i = 0; i < shown; ++i) shapes_.trade(w, *asset, trades[trades.size() - 1 - i]);
    w.close();
  });
}

// The oldest rows of the span: a client pages on from the last one.
Info::Body Info::funding_history(Json body) const {
  const Asset* const asset = coin(body);
  const auto from = whole_in(body, "startTime");
  if (!from) return std::nullopt;
  if (!asset) return "[]";
  const int64_t begin = in_market_time(desk_, *from);
  const int64_t to = in_market_time(desk_, whole_in(body, "endTime").value_or(INT64_MAX));
  return written([&](JsonWriter& w) {
    w.open('[');
    size_t rows = 0;
    for (const FundingRecord& row : desk_.funding(asset->instrument)) {
      if (row.at.ms() < begin || row.at.ms() > to || ++rows > kFundingMost) continue;
      shapes_.funding(w, *asset, row);
    }
    w.close();
  });
}

// Of this venue alone: what others would pay is not known here.
Info::Body Info::predicted_fundings(Json) const {
  return written([&](JsonWriter& w) {
    w.open('[');
    for (const Asset& asset : shapes_.universe().perpetuals()) {
      const auto next = desk_.next_funding(asset.instrument);
      if (!next) continue;
      w.open('[').item(asset.coin).open('[').open('[').item("HlPerp").open('{');
      w.text("fundingRate", decimal(next->rate)).raw("nextFundingTime", next->at.ms());
      w.raw("fundingIntervalHours", next->interval.ns() / Duration::hours(1).ns());
      w.close().close().close().close();
    }
    w.close();
  });
}

// One of the tables that meta lists.
Info::Body Info::margin_table(Json body) const {
  const auto id = whole_in(body, "id");
  if (!id) return std::nullopt;
  simdjson::dom::parser parser;
  Json meta;
  simdjson::dom::array tables;
  // Read back from meta itself: one place says what the tables are.
  const std::string text = written([&](JsonWriter& w) { shapes_.meta(w); });
  if (parser.parse(text).get(meta) != simdjson::SUCCESS ||
      meta["marginTables"].get(tables) != simdjson::SUCCESS)
    return std::nullopt;
  for (const Json row : tables) {
    int64_t number = 0;
    Json table;
    if (row.at(0).get(number) == simdjson::SUCCESS && number == *id &&
        row.at(1).get(table) == simdjson::SUCCESS)
      return std::string(simdjson::minify(table));
  }
  // Tables up to 50 have one tier, of that leverage, whether an asset uses them or not.
  if (*id < 1 || *id > 50) return std::nullopt;
  return fmt::format(
      R"({{"description":"","marginTiers":[{{"lowerBound":"0.0","maxLeverage":{}}}]}})", *id);
}

Info::Body Info::status(Json) const {
  return written([&](JsonWriter& w) {
    w.open('{').null("specialStatuses").raw("time", desk_.door().market_now().ms()).close();
  });
}

}  // namespace delever::gateways::hyperliquid
