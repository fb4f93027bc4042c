// Spot: balances, fills, fees.
#include <fmt/format.h>

#include "gateways/binance/order_json.h"
#include "gateways/json_text.h"
#include "gateways/statement.h"

namespace delever::gateways::binance {
namespace {

int64_t basis_points(const std::optional<Rate>& rate) {
  return rate ? rate->raw() / (Rate::scale / 10'000) : 0;
}

void rates(std::string& out, const FeeRule& fees) {
  ObjectText(out)
      .text("maker", rate_text(fees.maker.value_or(Rate())))
      .text("taker", rate_text(fees.taker.value_or(Rate())))
      .text("buyer", rate_text(Rate()))
      .text("seller", rate_text(Rate()))
      .end();
}

Outcome account(Face& face, const Call& call) {
  Asked asked(call.p);
  const bool some = asked.flag("omitZeroBalances");
  if (!asked.ok()) return asked.wrong();
  const FeeRule fees = face.markets.all().empty()
                           ? FeeRule{}
                           : face.markets.all()[0].listing->rules.fees.value_or(FeeRule{});
  Statement s = statement_of(face.desk, call.account());
  if (some) std::erase_if(s.coins, [](const CoinFigures& c) { return c.wallet == Amount(); });
  std::string out;
  ObjectText o(out);
  o.number("makerCommission", basis_points(fees.maker));
  o.number("takerCommission", basis_points(fees.taker));
  o.number("buyerCommission", 0).number("sellerCommission", 0);
  rates(o.member("commissionRates"), fees);
  o.flag("canTrade", true).flag("canWithdraw", true).flag("canDeposit", true);
  o.flag("brokered", false).flag("requireSelfTradePrevention", false).flag("preventSor", false);
  o.number("updateTime", face.paid_ms(call.account(), {})).text("accountType", "SPOT");
  append_list(o.member("balances"), s.coins, [&](const CoinFigures& c) {
    ObjectText(out)
        .text("asset", face.markets.coin(c.coin))
        .text("free", amount_text(c.wallet - c.held))
        .text("locked", amount_text(c.held))
        .end();
  });
  o.raw("permissions", R"(["SPOT"])").number("uid", static_cast<uint32_t>(call.account())).end();
  return out;
}

Outcome my_trades(Face& face, const Call& call) {
  Asked asked(call.p);
  const std::vector<FillRecord> rows = asked_fills(face, call, asked);
  if (!asked.ok()) return asked.wrong();
  std::string out;
  append_list(out, rows, [&](const FillRecord& fill) { append_spot_fill(out, face, fill); });
  return out;
}

Outcome trade_fees(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  std::vector<const Market*> rows;
  for (const Market& m : face.markets.all()) {
    if (!only || only == &m) rows.push_back(&m);
  }
  std::string out;
  append_list(out, rows, [&](const Market* m) {
    const FeeRule& fees = *m->listing->rules.fees;
    ObjectText(out)
        .text("symbol", m->symbol)
        .text("makerCommission", rate_text(fees.maker.value_or(Rate())))
        .text("takerCommission", rate_text(fees.taker.value_or(Rate())))
        .end();
  });
  return out;
}

// Nobody has the coin that a discount is paid in.
void no_discount(std::string& out) {
  ObjectText(out)
      .flag("enabledForAccount", false)
      .flag("enabledForSymbol", false)
      .text("discountAsset", "BNB")
      .text("discount", rate_text(Rate()))
      .end();
}

Outcome commission(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  std::string out;
  ObjectText o(out);
  o.text("symbol", m->symbol);
  rates(o.member("standardCommission"), *m->listing->rules.fees);
  rates(o.member("specialCommission"), FeeRule{});
  rates(o.member("taxCommission"), FeeRule{});
  no_discount(o.member("discount"));
  o.end();
  return out;
}

// Nothing is routed to other markets, nothing is traded in blocks, and orders that would have met
// their own account's are not written down.
Outcome none_of_symbol(Face& face, const Call& call) {
  Asked asked(call.p);
  asked_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  return std::string("[]");
}

}  // namespace

std::string order_commission(const Market& m) {
  const auto both = [](std::string& out, const FeeRule& fees) {
    ObjectText(out)
        .text("maker", rate_text(fees.maker.value_or(Rate())))
        .text("taker", rate_text(fees.taker.value_or(Rate())))
        .end();
  };
  std::string out;
  ObjectText o(out);
  both(o.member("standardCommissionForOrder"), *m.listing->rules.fees);
  both(o.member("specialCommissionForOrder"), FeeRule{});
  both(o.member("taxCommissionForOrder"), FeeRule{});
  no_discount(o.member("discount"));
  o.end();
  return out;
}

void add_spot_account(Routes& routes) {
  routes["GET /api/v3/account"] = {Needs::signature, account, 20};
  routes["GET /api/v3/account/commission"] = {Needs::signature, commission, 20};
  routes["GET /api/v3/myTrades"] = {Needs::signature, my_trades, 20};
  routes["GET /api/v3/myPreventedMatches"] = {Needs::signature, none_of_symbol, 20};
  routes["GET /api/v3/myAllocations"] = {Needs::signature, none_of_symbol, 20};
  routes["GET /api/v3/historicalBlockTrades"] = {Needs::nothing, none_of_symbol, 25};
  routes["GET /sapi/v1/asset/tradeFee"] = {Needs::signature, trade_fees};
}

}  // namespace delever::gateways::binance
