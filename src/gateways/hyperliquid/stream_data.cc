// What each channel says, and how often.
#include <fmt/format.h>

#include "gateways/hyperliquid/streams.h"

namespace delever::gateways::hyperliquid {
// l2Book: 5 s since 25 July 2026, 0.5 s with `fast`; the rest as often as it changes.
Duration Streams::pace(const Topic& topic) {
  if (topic.type == "l2Book")
    return topic.book.levels == 5 ? Duration::ms(500) : Duration::seconds(5);
  if (topic.type == "bbo") return Duration::ms(100);
  if (topic.type == "candle") return Duration::ms(500);
  return Duration::seconds(topic.type == "allMids" || topic.type == "webData2" ? 5 : 1);
}

// Empty: not of this kind.
std::string Streams::market_data(const Topic& topic) const {
  if (topic.type == "l2Book")
    return written([&](JsonWriter& w) { shapes_.book(w, *topic.asset, topic.book); });
  if (topic.type == "bbo") return written([&](JsonWriter& w) { shapes_.best(w, *topic.asset); });
  if (topic.type == "candle") return info_.last_candle(*topic.asset, topic.interval);
  const auto inside = [&](std::string_view key, auto write) {
    return written([&](JsonWriter& w) { w.open('{').raw(key, written(write)).close(); });
  };
  if (topic.type == "activeAssetCtx")
    return written([&](JsonWriter& w) {
      w.open('{').text("coin", topic.asset->coin);
      w.raw("ctx", written([&](JsonWriter& c) { shapes_.context(c, *topic.asset); })).close();
    });
  if (topic.type == "allMids") return inside("mids", [&](JsonWriter& w) { shapes_.mids(w); });
  if (topic.type == "assetCtxs")
    return written([&](JsonWriter& w) {
      w.open('{').text("dex", "");
      w.raw("ctxs", written([&](JsonWriter& c) { shapes_.contexts(c); })).close();
    });
  if (topic.type == "spotAssetCtxs")
    return written([&](JsonWriter& w) { shapes_.spot_contexts(w); });
  if (topic.type == "allDexsAssetCtxs")
    return inside("ctxs", [&](JsonWriter& w) {
      w.open('[').open('[').item("");
      shapes_.contexts(w);
      w.close().close();
    });
  return {};
}

// What an account stands at, for the channels that repeat it whole.
std::string Streams::account_data(const Topic& topic) const {
  const auto account = topic.account;
  if (topic.type == "clearinghouseState")
    return fmt::format(R"({{"dex":"","user":"{}","clearinghouseState":{}}})", topic.user,
                       info_.clearinghouse(account));
  if (topic.type == "allDexsClearinghouseState")
    return fmt::format(R"({{"user":"{}","clearinghouseStates":[["",{}]]}})", topic.user,
                       info_.clearinghouse(account));
  if (topic.type == "openOrders")
    return fmt::format(R"({{"dex":"","user":"{}","orders":{}}})", topic.user,
                       account ? info_.open_orders(*account, true) : "[]");
  if (topic.type == "spotState")
    return fmt::format(R"({{"user":"{}","spotState":{}}})", topic.user, info_.spot_state(account));
  if (topic.type == "webData2") return info_.web_data(account, topic.user);
  if (topic.type == "webData3")
    return fmt::format(
        R"({{"userState":{{"abstraction":"disabled","agentAddress":null,"agentValidUntil":null,)"
        R"("cumLedger":"0.0","serverTime":{},"isVault":false,"user":"{}"}},)"
        R"("perpDexStates":[{{"totalVaultEquity":"0.0","leadingVaults":[]}}]}})",
        desk_.door().market_now().ms(), topic.user);
  if (topic.type == "twapStates")
    return fmt::format(R"({{"dex":"","user":"{}","states":{}}})", topic.user,
                       account ? info_.twaps().states(*account, topic.user) : "[]");
  if (topic.type == "activeAssetData" && account)
    return written(
        [&](JsonWriter& w) { shapes_.active_asset(w, *account, topic.user, *topic.asset); });
  return {};
}

// What a subscription begins with; empty: with nothing.
std::string Streams::snapshot(const Topic& topic) const {
  const auto rows = [&](std::string_view key, const std::string& all) {
    return fmt::format(R"({{"isSnapshot":true,"user":"{}","{}":{}}})", topic.user, key, all);
  };
  const auto account = topic.account;
  if (topic.type == "trades") {
    return written([&](JsonWriter& w) {
      w.open('[');
      const auto all = desk_.trades(topic.asset->instrument);
      const size_t first = all.size() > 10 ? all.size() - 10 : 0;
      for (size_t i = first; i < all.size(); ++i) shapes_.trade(w, *topic.asset, all[i]);
      w.close();
    });
  }
  if (topic.type == "userFills") return rows("fills", account ? info_.fills_of(*account) : "[]");
  if (topic.type == "userFundings")
    return rows("fundings", account ? info_.fundings(*account, 0, INT64_MAX) : "[]");
  if (topic.type == "userNonFundingLedgerUpdates")
    return rows("nonFundingLedgerUpdates", account ? info_.ledger(*account, 0, INT64_MAX) : "[]");
  if (topic.type == "userHistoricalOrders")
    return rows("orderHistory", account ? info_.history(*account) : "[]");
  if (topic.type == "userTwapSliceFills") {
    const std::string all =
        account ? info_.slices_of(*account, SIZE_MAX, 0, INT64_MAX) : std::string();
    return rows("twapSliceFills", all.empty() ? "[]" : all);
  }
  if (topic.type == "userTwapHistory")
    return rows("history", account ? info_.twaps().history(*account, topic.user) : "[]");
  const std::string market = market_data(topic);
  return market.empty() ? account_data(topic) : market;
}

void Streams::tick() {
  flush();
  const Instant now = desk_.door().market_now();
  for (auto& [key, topic] : topics_) {
    const bool whole = topic.type == "l2Book";
    const bool differing = topic.type == "bbo";
    if (!whole && !differing && !topic.changed) continue;
    if (now - topic.sent < pace(topic)) continue;
    std::string data = market_data(topic);
    if (data.empty() && !topic.user.empty()) data = account_data(topic);
    topic.changed = false;
    if (data.empty()) continue;
    if (differing) {
      const size_t from = data.find("\"bbo\"");
      if (data.compare(from, data.npos, topic.last) == 0) continue;
      topic.last = data.substr(from);
    }
    send(topic, data);
  }
}

}  // namespace delever::gateways::hyperliquid
