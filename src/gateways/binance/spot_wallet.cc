// What clients ask of a spot account beside its trading (/sapi): which coins there are, what the
// key may do, and movements, of which there are none here.
#include "gateways/binance/face.h"
#include "gateways/figures_text.h"
#include "gateways/json_text.h"
#include "gateways/statement.h"

namespace delever::gateways::binance {
namespace {

// What all of it is worth in a coin; missing: no price says so.
std::optional<double> equity_in(const Face& face, const Statement& s, std::string_view coin) {
  for (const CoinFigures& c : s.coins) {
    if (face.markets.coin(c.coin) == coin)
      return c.usd > 0 ? std::optional(s.wallet / c.usd) : std::nullopt;
  }
  return std::nullopt;
}

// One wallet for each kind of account, in BTC where `quoteAsset` names no other coin. There is
// this one alone.
Outcome wallets(Face& face, const Call& call) {
  Asked asked(call.p);
  std::string_view quote = asked.text("quoteAsset");
  if (quote.empty()) quote = "BTC";
  const auto equity = equity_in(face, statement_of(face.desk, call.account()), quote);
  if (!equity) asked.refuse(bad_parameter("quoteAsset"));
  if (!asked.ok()) return asked.wrong();
  std::string out = "[";
  ObjectText(out)
      .flag("activate", true)
      .text("balance", number_text(*equity))
      .text("walletName", "Spot")
      .end();
  return out + "]";
}

Outcome terms(Face&, const Call&) {
  return std::string(R"({"vipLevel":0,"isMarginEnabled":false,"isFutureEnabled":true,)"
                     R"("isOptionsEnabled":false,"isPortfolioMarginRetailEnabled":false})");
}

// Nothing is paid in or out here: every coin says so.
Outcome asset_details(Face& face, const Call&) {
  std::string out;
  ObjectText o(out);
  for (CoinId c = 0; c < face.exchange().coins(); ++c) {
    ObjectText each(o.member(face.markets.coin(c)));
    each.text("minWithdrawAmount", "0").flag("depositStatus", false).text("withdrawFee", "0");
    each.flag("withdrawStatus", false).end();
  }
  o.end();
  return out;
}

// Without `asset`, those that the account has.
Outcome user_assets(Face& face, const Call& call) {
  Asked asked(call.p);
  const std::string_view only = asked.text("asset");
  const bool valued = asked.flag("needBtcValuation");
  if (!asked.ok()) return asked.wrong();
  const Statement s = statement_of(face.desk, call.account());
  const auto btc = equity_in(face, s, "BTC");
  const double per_usd = btc && s.wallet > 0 ? *btc / s.wallet : 0;
  std::vector<const CoinFigures*> rows;
  for (const CoinFigures& c : s.coins) {
    const bool named = !only.empty() && face.markets.coin(c.coin) == only;
    if (named || (only.empty() && c.wallet > Amount())) rows.push_back(&c);
  }
  std::string out;
  append_list(out, rows, [&](const CoinFigures* c) {
    ObjectText(out)
        .text("asset", face.markets.coin(c->coin))
        .text("free", amount_text(c->wallet - c->held))
        .text("locked", amount_text(c->held))
        .text("freeze", "0")
        .text("withdrawing", "0")
        .text("ipoable", "0")
        .text("btcValuation", valued ? number_text(c->wallet.approx() * c->usd * per_usd) : "0")
        .end();
  });
  return out;
}

Outcome key_rights(Face& face, const Call&) {
  std::string out;
  ObjectText o(out);
  o.flag("ipRestrict", false).number("createTime", face.ms()).flag("enableReading", true);
  o.flag("enableSpotAndMarginTrading", true).flag("enableFutures", true);
  for (const char* no : {"enableWithdrawals", "enableInternalTransfer", "permitsUniversalTransfer",
                         "enableVanillaOptions", "enableMargin", "enablePortfolioMarginTrading",
                         "enableFixApiTrade", "enableFixReadOnly"})
    o.flag(no, false);
  o.end();
  return out;
}

Outcome normal(Face&, const Call&) { return std::string(R"({"data":"Normal"})"); }
Outcome unlocked(Face&, const Call&) {
  return std::string(R"({"data":{"isLocked":false,"plannedRecoverTime":0,"triggerCondition":{},)"
                     R"("updateTime":0}})");
}
Outcome nothing_moved(Face&, const Call&) { return std::string("[]"); }
Outcome no_rows(Face&, const Call&) { return std::string(R"({"rows":[],"total":0})"); }
Outcome no_dust(Face&, const Call&) {
  return std::string(R"({"total":0,"userAssetDribblets":[]})");
}

}  // namespace

void add_spot_wallet(Routes& routes) {
  routes["POST /sapi/v3/asset/getUserAsset"] = {Needs::signature, user_assets, 5};
  routes["POST /sapi/v1/asset/get-funding-asset"] = {Needs::signature, nothing_moved};
  routes["GET /sapi/v1/account/apiRestrictions"] = {Needs::signature, key_rights};
  routes["GET /sapi/v1/account/info"] = {Needs::signature, terms};
  routes["GET /sapi/v1/asset/wallet/balance"] = {Needs::signature, wallets, 60};
  routes["GET /sapi/v1/asset/assetDetail"] = {Needs::signature, asset_details};
  routes["GET /sapi/v1/spot/delist-schedule"] = {Needs::key, nothing_moved, 100};
  routes["GET /sapi/v1/account/status"] = {Needs::signature, normal};
  routes["GET /sapi/v1/account/apiTradingStatus"] = {Needs::signature, unlocked};
  routes["GET /sapi/v1/capital/deposit/hisrec"] = {Needs::signature, nothing_moved};
  routes["GET /sapi/v1/capital/withdraw/history"] = {Needs::signature, nothing_moved};
  routes["GET /sapi/v1/asset/transfer"] = {Needs::signature, no_rows};
  routes["GET /sapi/v1/asset/assetDividend"] = {Needs::signature, no_rows, 10};
  routes["GET /sapi/v1/asset/dribblet"] = {Needs::signature, no_dust};
}

}  // namespace delever::gateways::binance
