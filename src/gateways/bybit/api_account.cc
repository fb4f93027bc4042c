// The account by REST: key, wallet, fees, statement.
#include <fmt/format.h>

#include <algorithm>

#include "gateways/bybit/market_rows.h"
#include "gateways/bybit/pages.h"
#include "gateways/figures_text.h"

namespace delever::gateways::bybit {

Outcome Api::key_info(const Ask& ask) {
  Outcome out;
  out.result.clear();
  ObjectText row(out.result);
  row.digits("id", ask.account.raw())
      .text("note", "rehearsal")
      .text("apiKey", ask.key)
      .number("readOnly", 0)
      .text("secret", "")
      .raw("permissions",
           R"({"ContractTrade":["Order","Position"],"Spot":["SpotTrade"],)"
           R"("Wallet":["AccountTransfer"],)"
           R"("Options":["OptionsTrade"],"Derivatives":["DerivativesTrade"],"CopyTrading":[],)"
           R"("BlockTrade":[],"Exchange":[],"NFT":[],"Affiliate":[]})")
      .raw("ips", R"(["*"])")
      .number("type", 1)
      .number("deadlineDay", 365)
      .text("expiredAt", "2100-01-01T00:00:00Z")
      .text("createdAt", "2020-01-01T00:00:00Z")
      .number("unified", 0)
      .number("uta", 1)
      .number("userID", ask.account.raw())
      .number("inviterID", 0)
      .text("vipLevel", "No VIP")
      .text("mktMakerLevel", "0")
      .number("affiliateID", 0)
      .text("rsaPublicKey", "")
      .flag("isMaster", true)
      .text("parentUid", "0")
      .text("kycLevel", "LEVEL_DEFAULT")
      .text("kycRegion", "");
  row.end();
  return out;
}

Outcome Api::account_info(const Ask& ask) {
  // The mode is the account's at Bybit and each contract's here; all are set together.
  bool isolated = false;
  for (const Product& p : venue_.catalog.all()) {
    if (p.category == Category::spot) continue;
    isolated = venue_.desk.margin_mode(ask.account, p.instrument) == MarginMode::isolated;
    break;
  }
  Outcome out;
  out.result = fmt::format(
      R"({{"unifiedMarginStatus":6,"marginMode":"{}","isMasterTrader":false,)"
      R"("spotHedgingStatus":"OFF","updatedTime":"{}","dcpStatus":"OFF","timeWindow":0,)"
      R"("smpGroup":0}})",
      isolated ? "ISOLATED_MARGIN" : "REGULAR_MARGIN", venue_.wall().ms());
  return out;
}

Outcome Api::wallet(const Ask& ask) {
  if (ask.fields["accountType"] != "UNIFIED")
    return Refusal{10001, "accountType only support UNIFIED."};
  Outcome out;
  out.result = R"({"list":[)";
  append_wallet(out.result, venue_, ask.account, statement_of(venue_.desk, ask.account),
                ask.fields["coin"]);
  out.result += "]}";
  return out;
}

Outcome Api::fee_rates(const Ask& ask) {
  Outcome out;
  const auto products = asked_products(ask, out.refusal);
  if (!out.ok()) return out;
  out.result = listed(ask.fields["category"], products, "", [](std::string& to, const Product* p) {
    const FeeRule& fees = *p->listing->rules.fees;
    ObjectText row(to);
    row.text("symbol", p->symbol)
        .text("baseCoin", "")
        .text("takerFeeRate", text_or(fees.taker, "0"))
        .text("makerFeeRate", text_or(fees.maker, "0"));
    row.end();
  });
  return out;
}

// What each coin counts as margin. Nothing can be borrowed here.
Outcome Api::collateral(const Ask& ask) {
  const std::string_view only = ask.fields["currency"];
  const auto& setups = venue_.desk.door().setup().coins;
  std::vector<CoinId> coins;
  for (CoinId c = 0; c < setups.size(); ++c) {
    if (only.empty() || only == setups[c].name) coins.push_back(c);
  }
  Outcome out;
  out.result.clear();
  ObjectText list(out.result);
  append_list(list.member("list"), coins, [&](CoinId c) {
    const std::optional<Rate>& haircut = setups[c].haircut;
    ObjectText row(out.result);
    row.text("currency", setups[c].name)
        .text("collateralRatio", haircut ? (Rate::raw(Rate::scale) - *haircut).text() : "0")
        .flag("marginCollateral", haircut.has_value())
        .flag("collateralSwitch", haircut.has_value())
        .flag("borrowable", false)
        .text("borrowAmount", "0")
        .text("otherBorrowAmount", "0")
        .text("availableToBorrow", "0")
        .text("freeBorrowAmount", "0")
        .text("freeBorrowingLimit", "0")
        .text("maxBorrowingAmount", "0")
        .text("borrowUsageRate", "0")
        .text("hourlyBorrowRate", "");
    row.end();
  });
  list.end();
  return out;
}

// The fee and the profit of one fill are one line here.
Outcome Api::transactions(const Ask& ask) {
  const auto coin = venue_.catalog.coin(ask.fields["currency"]);
  // Moving margin between pools is no transaction there.
  const auto page = page_of(
      venue_.desk.money(ask.account), ask, 20, 50, [](const MoneyRecord& m) { return m.at; },
      [&](const MoneyRecord& m) {
        if (ask.fields.has("currency") && coin != m.coin) return false;
        if (ask.fields.has("type") && ask.fields["type"] != transaction_type(m.kind)) return false;
        return m.kind != MoneyRecord::Kind::margin;
      });
  std::vector<const MoneyRecord*> lines;  // the newest of each fill
  for (const MoneyRecord* m : page.rows) {
    const bool joined = !lines.empty() && m->fill != 0 && lines.back()->fill == m->fill &&
                        lines.back()->coin == m->coin;
    if (!joined) lines.push_back(m);
  }
  Outcome out;
  out.result = listed("", lines, page.cursor, [&](std::string& to, const MoneyRecord* line) {
    Amount fee, cash;
    for (const MoneyRecord* m : page.rows) {
      if (m != line && (m->fill == 0 || m->fill != line->fill || m->coin != line->coin)) continue;
      if (m->kind == MoneyRecord::Kind::fee)
        fee -= m->amount;
      else
        cash += m->amount;
    }
    const FillRecord* fill = nullptr;
    for (const FillRecord& f : venue_.desk.fills(ask.account)) {
      if (line->fill != 0 && f.number == line->fill && f.instrument == line->instrument) fill = &f;
    }
    const OrderRecord* order = fill ? venue_.desk.order(ask.account, fill->order) : nullptr;
    append_transaction(to, venue_, *line, fill, order, fee, cash, line->balance);
  });
  return out;
}

Outcome Api::coins(const Ask& ask) {
  std::vector<CoinId> shown;
  for (CoinId c = 0; c < venue_.exchange().coins(); ++c) {
    if (!ask.fields.has("coin") || ask.fields["coin"] == venue_.catalog.coin_name(c))
      shown.push_back(c);
  }
  Outcome out;
  out.result = R"({"rows":)";
  append_list(out.result, shown, [&](CoinId c) {
    ObjectText row(out.result);
    row.text("name", venue_.catalog.coin_name(c))
        .text("coin", venue_.catalog.coin_name(c))
        .text("remainAmount", "0")
        .raw("chains", "[]");
    row.end();
  });
  out.result += '}';
  return out;
}

Outcome Api::coin_balances(const Ask& ask) {
  // Two paths, one answer: of one coin, or of all that are named.
  const bool one = ask.path.ends_with("coin-balance");
  const Statement s = statement_of(venue_.desk, ask.account);
  std::vector<const CoinFigures*> shown;
  for (const CoinFigures& c : s.coins) {
    if (!ask.fields.has("coin") || ask.fields["coin"] == venue_.catalog.coin_name(c.coin))
      shown.push_back(&c);
  }
  std::string rows;
  append_list(rows, shown, [&](const CoinFigures* c) {
    ObjectText row(rows);
    row.text("coin", venue_.catalog.coin_name(c->coin))
        .text("walletBalance", c->wallet.text())
        .text("transferBalance", std::min(c->available, c->wallet).text())
        .text("bonus", "0");
    row.end();
  });
  if (one && shown.empty()) return bad_parameter("coin invalid");
  // The answer for one coin has the row itself, not a list of it.
  if (one) rows = rows.substr(1, rows.size() - 2);
  Outcome out;
  out.result = fmt::format(R"({{"accountType":"UNIFIED","memberId":"{}","balance":{}}})",
                           ask.account.raw(), rows);
  return out;
}

// What an account here never has: a group against self trades, a switch on disconnect, deposits
// and withdrawals, members.
Outcome Api::no_group(const Ask&) {
  Outcome out;
  out.result = R"({"smpGroup":0})";
  return out;
}
Outcome Api::no_switch(const Ask&) {
  Outcome out;
  out.result = R"({"dcpInfos":[]})";
  return out;
}
Outcome Api::no_rows(const Ask&) {
  Outcome out;
  out.result = R"({"rows":[],"nextPageCursor":""})";
  return out;
}
Outcome Api::no_members(const Ask&) {
  Outcome out;
  out.result = R"({"subMembers":[]})";
  return out;
}

Outcome Api::no_protection(const Ask&) {
  Outcome out;
  out.result = R"({"result":[]})";
  return out;
}
// A unified account has no wallet of spot beside it.
Outcome Api::no_spot_wallet(const Ask&) {
  Outcome out;
  out.result = R"({"spot":{"status":"ACCOUNT_STATUS_NORMAL","assets":[]}})";
  return out;
}

// What is free, but never more than the wallet: unrealised profit cannot leave.
Outcome Api::withdrawable(const Ask& ask) {
  const auto coin = venue_.catalog.coin(ask.fields["coinName"]);
  if (!coin) return bad_parameter("coinName invalid");
  const Statement s = statement_of(venue_.desk, ask.account);
  const CoinFigures& c = s.coins[*coin];
  Outcome out;
  out.result = fmt::format(R"({{"availableWithdrawal":"{}","availableWithdrawalMap":{{}}}})",
                           std::min(c.available, c.wallet).text());
  return out;
}

}  // namespace delever::gateways::bybit
