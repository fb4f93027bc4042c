// The account by REST: balance, settings, bills, fees.
#include <algorithm>

#include "gateways/figures_text.h"
#include "gateways/okx/market_rows.h"
#include "gateways/okx/pages.h"

namespace delever::gateways::okx {

Outcome Api::coins(const Ask& ask) {
  std::vector<CoinId> shown;
  for (CoinId c = 0; c < venue_.catalog.coin_count(); ++c) {
    if (!ask.fields.has("ccy") || ask.fields["ccy"] == venue_.catalog.coin_name(c))
      shown.push_back(c);
  }
  return rows_of(shown, [&](std::string& to, CoinId c) {
    ObjectText row(to);
    row.text("ccy", venue_.catalog.coin_name(c))
        .text("name", venue_.catalog.coin_name(c))
        .text("chain", venue_.catalog.coin_name(c))
        // Neither deposits nor withdrawals of coins: clients need the row, for loadMarkets.
        .flag("canDep", false)
        .flag("canWd", false)
        .flag("canInternal", false)
        .flag("mainNet", true)
        .text("minDep", "0")
        .text("minWd", "0")
        .text("maxWd", "0")
        .text("wdTickSz", "8")
        .text("wdQuota", "0")
        .text("usedWdQuota", "0")
        .text("fee", "0")
        .text("minFee", "0")
        .text("maxFee", "0")
        .text("logoLink", "");
    row.end();
  });
}

Outcome Api::balance(const Ask& ask) {
  Outcome out;
  out.rows = "[";
  append_balance(out.rows, venue_, statement_of(venue_.desk, ask.account), ask.fields["ccy"]);
  out.rows += "]";
  return out;
}

Outcome Api::config(const Ask& ask) {
  const CollateralMode mode = venue_.desk.collateral(ask.account);
  // acctLv: 2 futures, 3 multi-coin margin, 4 portfolio margin.
  const std::string_view level = mode == CollateralMode::single_coin   ? "2"
                                 : mode == CollateralMode::multi_asset ? "3"
                                                                       : "4";
  Outcome out;
  out.rows = "[";
  ObjectText row(out.rows);
  row.digits("uid", ask.account.raw())
      .digits("mainUid", ask.account.raw())
      .text("acctLv", level)
      .text("acctStpMode", "cancel_maker")
      .text("posMode", venue_.desk.hedge(ask.account) ? "long_short_mode" : "net_mode")
      .flag("autoLoan", false)
      .text("greeksType", "PA")
      .text("level", "Lv1")
      .text("levelTmp", "")
      .text("ctIsoMode", "automatic")
      .text("mgnIsoMode", "automatic")
      .text("spotOffsetType", "")
      .text("stgyType", "0")
      .text("roleType", "0")
      .raw("traderInsts", "[]")
      .text("spotRoleType", "0")
      .raw("spotTraderInsts", "[]")
      .text("discountType", "0")
      .text("opAuth", "0")
      .text("kycLv", "3")
      .text("label", "rehearsal")
      .text("ip", "")
      .text("perm", "read_only,trade")
      .text("liquidationGear", "-1")
      .flag("enableSpotBorrow", false)
      .flag("spotBorrowAutoRepay", false)
      .text("feeType", "0")
      .text("settleCcy", "")
      .raw("settleCcyList", "[]")
      .text("type", "0");
  row.end();
  out.rows += "]";
  return out;
}

// The fee and the profit of one fill are one line here.
Outcome Api::bills(const Ask& ask) {
  const auto coin = venue_.catalog.coin(ask.fields["ccy"]);
  const auto all = venue_.desk.money(ask.account);
  const auto fill_of = [&](const MoneyRecord& m) -> const FillRecord* {
    if (m.fill == 0) return nullptr;
    const auto fills = venue_.desk.fills(ask.account);
    for (auto f = fills.rbegin(); f != fills.rend(); ++f) {
      if (f->number == m.fill && f->instrument == m.instrument) return &*f;
    }
    return nullptr;
  };
  const auto rows = page_of(
      all, ask, [](const MoneyRecord& m) { return m.number; },
      [](const MoneyRecord& m) { return m.at; },
      [&](const MoneyRecord& m) {
        if (ask.fields.has("ccy") && coin != m.coin) return false;
        const Product* p = m.instrument ? &venue_.catalog[*m.instrument] : nullptr;
        if (ask.fields.has("instType") && p && ask.fields["instType"] != inst_type_name(p->type))
          return false;
        if (ask.fields.has("type") && ask.fields["type"] != bill_type(m, nullptr).type)
          return false;
        if (ask.fields.has("subType") && ask.fields["subType"] != bill_type(m, fill_of(m)).sub_type)
          return false;
        // The last record of a fill stands for all of them.
        const MoneyRecord* next = &m + 1;
        const bool last = next == all.data() + all.size() || next->fill != m.fill ||
                          next->coin != m.coin || next->instrument != m.instrument;
        return m.fill == 0 || last;
      });
  return rows_of(rows, [&](std::string& to, const MoneyRecord* m) {
    // Back over the records of the same fill: they follow one another.
    Amount fee, profit;
    for (const MoneyRecord* part = m; m->fill != 0 && part >= all.data() && part->fill == m->fill &&
                                      part->coin == m->coin && part->instrument == m->instrument;
         --part) {
      (part->kind == MoneyRecord::Kind::fee ? fee : profit) += part->amount;
    }
    const FillRecord* fill = fill_of(*m);
    append_bill(to, venue_, *m, fill, fill ? venue_.desk.order(ask.account, fill->order) : nullptr,
                fee, profit);
  });
}

// What is paid has a minus.
Outcome Api::trade_fee(const Ask& ask) {
  const auto type = read_inst_type(ask.fields["instType"]);
  if (!type) return parameter_error("instType");
  const auto products = asked_products(ask);
  if (products.empty()) return no_instrument();
  const FeeRule& fees = *products.front()->listing->rules.fees;
  // A fee that is paid is below zero, a rebate above.
  const auto paid = [](const std::optional<Rate>& rate) { return rate ? (-*rate).text() : "0"; };
  const std::string maker = paid(fees.maker), taker = paid(fees.taker);
  Outcome out;
  out.rows = "[";
  ObjectText row(out.rows);
  row.text("category", "1")
      .text("level", "Lv1")
      .text("instType", inst_type_name(*type))
      .text("maker", maker)
      .text("taker", taker)
      .text("makerU", maker)
      .text("takerU", taker)
      .text("makerUSDC", maker)
      .text("takerUSDC", taker)
      .text("delivery", "")
      .text("exercise", "")
      .text("settle", "")
      .raw("fiat", "[]")
      .raw("feeGroup",
           fmt::format(R"([{{"groupId":"1","maker":"{}","taker":"{}"}}])", maker, taker))
      .text("ruleType", "normal")
      .text("ts", ms_text(venue_.wall()));
  row.end();
  out.rows += "]";
  return out;
}

Outcome Api::max_withdrawal(const Ask& ask) {
  const Statement s = statement_of(venue_.desk, ask.account);
  std::vector<const CoinFigures*> shown;
  for (const CoinFigures& c : s.coins) {
    if (!ask.fields.has("ccy") || ask.fields["ccy"] == venue_.catalog.coin_name(c.coin))
      shown.push_back(&c);
  }
  return rows_of(shown, [&](std::string& to, const CoinFigures* c) {
    // Neither more than there is, nor what margin holds back.
    const std::string most = std::min(c->available, c->wallet).text();
    ObjectText row(to);
    row.text("ccy", venue_.catalog.coin_name(c->coin))
        .text("maxWd", most)
        .text("maxWdEx", most)
        .text("spotOffsetMaxWd", "")
        .text("spotOffsetMaxWdEx", "");
    row.end();
  });
}

// All of it is in the trading account, told in BTC where no other coin is named.
Outcome Api::valuation(const Ask& ask) {
  const std::string_view in = ask.fields.has("ccy") ? ask.fields["ccy"] : "BTC";
  const Statement s = statement_of(venue_.desk, ask.account);
  double price = in == "USD" ? 1 : 0;
  for (const CoinFigures& c : s.coins) {
    if (venue_.catalog.coin_name(c.coin) == in) price = c.usd;
  }
  if (!(price > 0)) return parameter_error("ccy");
  const std::string total = number_text(s.equity / price);
  Outcome out;
  out.rows = "[";
  ObjectText row(out.rows);
  row.text("totalBal", total).text("ts", ms_text(venue_.wall()));
  ObjectText details(row.member("details"));
  details.text("funding", "0").text("trading", total).text("classic", "0").text("earn", "0");
  details.end();
  row.end();
  out.rows += "]";
  return out;
}

Outcome Api::account_risk(const Ask& ask) {
  const Statement s = statement_of(venue_.desk, ask.account);
  Outcome out;
  out.rows = R"([{"adjEq":")" + number_text(s.equity, 4) + R"(","balData":)";
  append_list(out.rows, s.coins, [&](const CoinFigures& c) {
    ObjectText row(out.rows);
    row.text("ccy", venue_.catalog.coin_name(c.coin))
        .text("eq", c.equity().text())
        // disEq is in dollars, eq in the coin.
        .text("disEq", number_text(c.equity().approx() * c.usd, 4));
    row.end();
  });
  out.rows += R"(,"posData":)";
  append_list(out.rows, s.positions, [&](const PositionFigures& f) {
    append_position(out.rows, venue_, ask.account, s, f.view.instrument, f.view.side, &f);
  });
  out.rows += R"(,"ts":")" + ms_text(venue_.market()) + "\"}]";
  return out;
}

// What OKX keeps for accounts of several coins and of portfolio margin.
Outcome Api::of_other_levels(const Ask& ask) {
  if (venue_.desk.collateral(ask.account) == CollateralMode::single_coin)
    return account_refusal(Reject::no_such_mode);
  return {};
}

Outcome Api::of_no_level(const Ask&) { return account_refusal(Reject::no_such_mode); }

// Accounts are opened at their level, and stay there.
Outcome Api::set_account_level(const Ask& ask) {
  const CollateralMode mode = venue_.desk.collateral(ask.account);
  const std::string_view level = mode == CollateralMode::single_coin   ? "2"
                                 : mode == CollateralMode::multi_asset ? "3"
                                                                       : "4";
  if (ask.fields["acctLv"] != level)
    return Refusal{51070, "The current account does not meet the requirements to switch"};
  Outcome out;
  out.rows = R"([{"acctLv":")" + std::string(level) + "\"}]";
  return out;
}

// Settings that have one value here: asked for another, they are refused.
Outcome Api::echo_setting(const Ask& ask) {
  const bool greeks = ask.path.ends_with("set-greeks");
  const std::string_view name = greeks ? "greeksType" : "isoMode";
  if (ask.fields[name] != (greeks ? "PA" : "automatic")) return parameter_error(name);
  Outcome out;
  out.rows.clear();
  out.rows = "[";
  ObjectText(out.rows).text(name, ask.fields[name]).end();
  out.rows += ']';
  return out;
}

// Orders in two seconds, as OKX allows without a ratio of fills.
Outcome Api::rate_limit(const Ask&) {
  Outcome out;
  out.rows = fmt::format(
      R"([{{"fillRatio":"","mainFillRatio":"","accRateLimit":"1000","nextAccRateLimit":"",)"
      R"("ts":"{}"}}])",
      venue_.wall().ms());
  return out;
}

}  // namespace delever::gateways::okx
