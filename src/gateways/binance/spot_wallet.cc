// What clients ask of a spot account beside its trading (/sapi): which coins there are, what the
// key may do, and movements, of which there are none here.
#include "gateways/binance/face.h"
#include "gateways/json_text.h"
#include "gateways/statement.h"

namespace delever::gateways::binance {
namespace {

// Without `asset`, those that the account has.
Outcome user_assets(Face& face, const Call& call) {
  Asked asked(call.p);
  const std::string_view only = asked.text("asset");
  if (!asked.ok()) return asked.wrong();
  const Statement s = statement_of(face.desk, call.account());
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
        .text("btcValuation", "0")
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
  routes["GET /sapi/v1/account/status"] = {Needs::signature, normal};
  routes["GET /sapi/v1/account/apiTradingStatus"] = {Needs::signature, unlocked};
  routes["GET /sapi/v1/capital/deposit/hisrec"] = {Needs::signature, nothing_moved};
  routes["GET /sapi/v1/capital/withdraw/history"] = {Needs::signature, nothing_moved};
  routes["GET /sapi/v1/asset/transfer"] = {Needs::signature, no_rows};
  routes["GET /sapi/v1/asset/assetDividend"] = {Needs::signature, no_rows, 10};
  routes["GET /sapi/v1/asset/dribblet"] = {Needs::signature, no_dust};
}

}  // namespace delever::gateways::binance
