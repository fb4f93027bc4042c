// What Bybit lists: instruments and risk limits.
#include <algorithm>
#include <cmath>

#include "gateways/bybit/account_rows.h"
#include "gateways/bybit/market_rows.h"
#include "gateways/figures_text.h"
#include "gateways/json_text.h"

namespace delever::gateways::bybit {
namespace {

// What the venue would take of one order; where its rules say nothing, what the ledger can hold.
Qty most_qty(const Product& product, const std::optional<Qty>& ruled) {
  if (ruled) return *ruled;
  constexpr double kLedgerMost = 2.8e9;
  const double step = product.contract->step->approx();
  const double price = product.listing->band.highest * product.contract->tick->approx();
  const double size = product.contract->size.value_or(Qty::raw(Qty::scale)).approx();
  const double most = product.category == Category::inverse ? 1e9 : kLedgerMost / (price * size);
  return Qty::nearest(std::floor(most / step) * step).value();
}

Price price_of_tick(const Product& product, Tick tick) {
  return Price::raw(product.contract->tick->raw() * tick.raw());
}

void append_price_filter(std::string& out, const Product& product) {
  ObjectText row(out);
  row.text("minPrice",
           price_of_tick(product, std::max<int32_t>(product.listing->band.lowest, 1)).text())
      .text("maxPrice", price_of_tick(product, product.listing->band.highest).text())
      .text("tickSize", product.contract->tick->text());
  row.end();
}

void append_spot_instrument(std::string& out, const Product& product) {
  const ContractRule& c = *product.contract;
  const std::string most = most_qty(product, c.limit_qty_max).text();
  ObjectText row(out);
  row.text("symbol", product.symbol)
      .text("baseCoin", product.base)
      .text("quoteCoin", product.quote)
      .text("innovation", "0")
      .text("status", "Trading")
      .text("marginTrading", "none")
      .text("stTag", "0");
  ObjectText lots(row.member("lotSizeFilter"));
  lots.text("basePrecision", c.step->text())
      .text("quotePrecision", "0.00000001")
      .text("minOrderQty", c.step->text())
      .text("maxOrderQty", most)
      .text("minOrderAmt", text_or(c.notional_min, "0"))
      .text("maxOrderAmt", "2000000000")
      .text("maxLimitOrderQty", most)
      .text("maxMarketOrderQty", most_qty(product, c.market_qty_max).text());
  lots.end();
  ObjectText prices(row.member("priceFilter"));
  prices.text("tickSize", c.tick->text());
  prices.end();
  row.raw("riskParameters", R"({"priceLimitRatioX":"0.05","priceLimitRatioY":"0.05"})");
  row.end();
}

Leverage most_leverage(const Product& product) {
  const auto& ladder = product.listing->rules.ladder;
  if (!ladder || ladder->tiers.empty()) return Leverage::raw(100 * Leverage::scale);
  return ladder->tiers.front().max_leverage;
}

void append_contract_filters(ObjectText& row, const Product& product) {
  const ContractRule& c = *product.contract;
  std::string& out = row.member("leverageFilter");
  ObjectText leverage(out);
  leverage.text("minLeverage", "1")
      .text("maxLeverage", most_leverage(product).text())
      .text("leverageStep", "0.01");
  leverage.end();
  append_price_filter(row.member("priceFilter"), product);
  ObjectText lots(row.member("lotSizeFilter"));
  const std::string most = most_qty(product, c.limit_qty_max).text();
  lots.text("maxOrderQty", most)
      .text("minOrderQty", c.step->text())
      .text("qtyStep", c.step->text())
      .text("postOnlyMaxOrderQty", most)
      .text("maxMktOrderQty", most_qty(product, c.market_qty_max).text())
      .text("minNotionalValue", text_or(c.notional_min, "0"));
  lots.end();
}

}  // namespace

void append_instrument(std::string& out, const Venue& venue, const Product& product) {
  if (product.category == Category::spot) return append_spot_instrument(out, product);
  const ContractRule& c = *product.contract;
  const auto& funding = product.listing->rules.funding;
  const bool inverse = product.category == Category::inverse;
  const Instant end = product.listing->expiry.value_or(Instant());
  const std::string cap = funding && funding->cap ? funding->cap->text() : "0.005";
  ObjectText row(out);
  row.text("symbol", product.symbol)
      .text("contractType", std::string(inverse ? "Inverse" : "Linear") +
                                (product.listing->expiry ? "Futures" : "Perpetual"))
      .text("status", end != Instant() && end <= venue.market() ? "Closed" : "Trading")
      .text("baseCoin", product.base)
      .text("quoteCoin", product.quote)
      .text("launchTime", "0")
      .text("deliveryTime", ms_text(end))
      .text("deliveryFeeRate", "")
      .digits("priceScale", static_cast<int64_t>(digits_after_point(c.tick->text())));
  append_contract_filters(row, product);
  row.flag("unifiedMarginTrade", true)
      .number("fundingInterval", funding && product.perpetual()
                                     ? funding->interval.ns() / Duration::minutes(1).ns()
                                     : 0)
      .text("settleCoin", product.settle)
      .text("copyTrading", "none")
      .text("upperFundingRate", cap)
      .text("lowerFundingRate", "-" + cap)
      .flag("isPreListing", false)
      .raw("preListingInfo", "null")
      .raw("riskParameters", R"({"priceLimitRatioX":"0.05","priceLimitRatioY":"0.05"})")
      .text("displayName", "")
      .text("symbolType", "");
  row.end();
}

void append_risk_limits(std::string& out, const Product& product) {
  const auto& ladder = product.listing->rules.ladder;
  out += '[';
  int64_t id = 0;
  for (const MarginTier& tier : ladder ? ladder->tiers : std::vector<MarginTier>()) {
    if (++id > 1) out += ',';
    const double initial = tier.initial ? tier.initial->approx() : 1 / tier.max_leverage.approx();
    ObjectText row(out);
    row.number("id", id)
        .text("symbol", product.symbol)
        .text("riskLimitValue", tier.cap ? tier.cap->text() : std::string(kNoCap))
        .text("maintenanceMargin", tier.maintenance.text())
        .text("initialMargin", number_text(initial, 6))
        .number("isLowestRisk", id == 1 ? 1 : 0)
        .text("maxLeverage", tier.max_leverage.text())
        .text("mmDeduction", tier.deduction.text());
    row.end();
  }
  out += ']';
}

}  // namespace delever::gateways::bybit
