// Public facts of contracts by REST: funding, open interest, marks, tiers, liquidations.
#include <algorithm>
#include <set>

#include "gateways/figures_text.h"
#include "gateways/okx/market_rows.h"
#include "gateways/okx/pages.h"

namespace delever::gateways::okx {

Outcome Api::funding(const Ask& ask) {
  std::vector<std::string> rows;
  if (ask.fields["instId"] != "ANY") {
    const Product* p = nullptr;
    if (const auto r = read_product(venue_, ask.fields, p)) return *r;
    rows.push_back(funding_row(venue_, *p, venue_.market()));
  } else {
    for (const Product& p : venue_.catalog.all())
      rows.push_back(funding_row(venue_, p, venue_.market()));
  }
  std::erase(rows, std::string());
  return rows_of(rows, [](std::string& to, const std::string& row) { to += row; });
}

Outcome Api::funding_history(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  const auto rows = page_of(
      venue_.desk.funding(p->instrument), ask, [](const FundingRecord& f) { return f.at.ms(); },
      [](const FundingRecord& f) { return f.at; }, [](const FundingRecord&) { return true; }, 400);
  return rows_of(
      rows, [&](std::string& to, const FundingRecord* f) { append_settled_funding(to, *p, *f); });
}

Outcome Api::open_interest(const Ask& ask) {
  if (!read_inst_type(ask.fields["instType"])) return parameter_error("instType");
  return rows_of(asked_products(ask), [&](std::string& to, const Product* p) {
    append_open_interest(to, venue_, *p, venue_.market());
  });
}

Outcome Api::marks(const Ask& ask) {
  auto products = asked_products(ask);
  std::erase_if(products, [&](const Product* p) {
    return p->is_spot() || !venue_.exchange().mark(p->instrument);
  });
  if (products.empty() && ask.fields.has("instId")) return no_instrument();
  return rows_of(products, [&](std::string& to, const Product* p) {
    append_mark(to, venue_, *p, venue_.market());
  });
}

Outcome Api::price_limit(const Ask& ask) {
  const Product* p = nullptr;
  if (const auto r = read_product(venue_, ask.fields, p)) return *r;
  return rows_of(std::vector{p}, [&](std::string& to, const Product* each) {
    append_price_limit(to, venue_, *each, venue_.market());
  });
}

Outcome Api::tiers(const Ask& ask) {
  const auto products = asked_products(ask);
  if (products.empty()) return no_instrument();
  Outcome out;
  out.rows = tier_rows(venue_, *products.front());
  return out;
}

Outcome Api::liquidations(const Ask& ask) {
  if (!read_inst_type(ask.fields["instType"])) return parameter_error("instType");
  constexpr size_t kMost = 100;
  std::string rows;
  for (const Product* p : asked_products(ask)) {
    std::vector<const ForcedClose*> closes;
    const auto all = venue_.desk.forced_public(p->instrument);
    for (auto f = all.rbegin(); f != all.rend() && closes.size() < kMost; ++f) {
      if (f->how != ForcedClose::How::deleveraging) closes.push_back(&*f);
    }
    if (closes.empty()) continue;
    if (!rows.empty()) rows += ',';
    append_liquidations(rows, *p, closes);
  }
  Outcome out;
  out.rows = "[" + rows + "]";
  return out;
}

Outcome Api::insurance(const Ask& ask) {
  const auto products = asked_products(ask);
  const std::string_view type = ask.fields["instType"];
  Outcome out;
  out.rows.clear();
  double usd = 0;
  const auto& fund = venue_.exchange();
  std::vector<CoinId> coins;
  for (CoinId c = 0; c < fund.coins(); ++c) {
    if (fund.wallet(kFund, c) != Amount()) coins.push_back(c);
    usd += c == CoinId{0} ? fund.wallet(kFund, c).approx() : 0;
  }
  out.rows = "[";
  ObjectText row(out.rows);
  row.text("total", number_text(usd, 4))
      .text("instType", type)
      .text("instFamily", products.empty() ? "" : products.front()->family);
  append_list(row.member("details"), coins, [&](CoinId c) {
    ObjectText detail(out.rows);
    detail.text("balance", fund.wallet(kFund, c).text())
        .text("amt", "")
        .text("ccy", venue_.catalog.coin_name(c))
        .text("type", "regular_update")
        .text("maxBal", "")
        .text("maxBalTs", "")
        .text("decRate", "")
        .text("adlType", "")
        .text("ts", ms_text(venue_.market()));
    detail.end();
  });
  row.end();
  out.rows += "]";
  return out;
}

// What a coin counts as margin where all of them do, in one tier. Nothing is lent.
Outcome Api::discounts(const Ask& ask) {
  const auto& setups = venue_.desk.door().setup().coins;
  std::vector<CoinId> coins;
  for (CoinId c = 0; c < setups.size(); ++c) {
    const bool asked = !ask.fields.has("ccy") || ask.fields["ccy"] == setups[c].name;
    if (asked && setups[c].haircut) coins.push_back(c);
  }
  return rows_of(coins, [&](std::string& to, CoinId c) {
    const std::string rate = (Rate::raw(Rate::scale) - *setups[c].haircut).text();
    ObjectText row(to);
    row.text("ccy", setups[c].name)
        .text("amt", "0")
        .text("discountLv", "1")
        .text("minDiscountRate", rate)
        .text("colRes", "0")
        .flag("collateralRestrict", false);
    std::string& details = row.member("details");
    details += '[';
    ObjectText tier(details);
    tier.text("tier", "1")
        .text("minAmt", "0")
        .text("maxAmt", "")
        .text("discountRate", rate)
        .text("liqPenaltyRate", "")
        .text("disCcyEq", "");
    tier.end();
    details += ']';
    row.end();
  });
}

Outcome Api::underlyings(const Ask& ask) {
  std::set<std::string> families;
  for (const Product* p : asked_products(ask)) families.insert(p->family);
  Outcome out;
  out.rows = "[";
  append_list(out.rows, families, [&](const std::string& f) { append_text(out.rows, f); });
  out.rows += "]";
  return out;
}

}  // namespace delever::gateways::okx
