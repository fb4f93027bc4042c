// What OKX lists: instruments and tiers.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gateways/figures_text.h"
#include "gateways/json_text.h"
#include "gateways/okx/market_rows.h"

namespace delever::gateways::okx {
namespace {

// What the ledger can hold, where the venue's rules name no size.
std::string most_size(const Product& p, const std::optional<Qty>& ruled) {
  if (ruled) return ruled->text();
  constexpr double kLedgerMost = 2.8e9;
  const double price = p.listing->band.highest * p.contract->tick->approx();
  const double step = p.contract->step->approx();
  const double most = p.inverse ? 1e9 : kLedgerMost / (price * p.size.approx());
  return Qty::nearest(std::floor(most / step) * step).value().text();
}

std::string most_leverage(const Product& p) {
  const auto& ladder = p.listing->rules.ladder;
  return ladder && !ladder->tiers.empty() ? ladder->tiers.front().max_leverage.text() : "100";
}

void append_sizes(ObjectText& row, const Product& p) {
  const ContractRule& c = *p.contract;
  const std::string most = most_size(p, c.limit_qty_max), market = most_size(p, c.market_qty_max);
  row.text("lotSz", c.step->text())
      .text("minSz", c.step->text())
      .text("tickSz", c.tick->text())
      .text("maxLmtSz", most)
      .text("maxMktSz", market)
      .text("maxLmtAmt", "20000000")
      .text("maxMktAmt", p.is_spot() ? "1000000" : "")
      .text("maxTwapSz", most)
      .text("maxIcebergSz", most)
      .text("maxTriggerSz", most)
      .text("maxStopSz", market);
}

}  // namespace

void append_instrument(std::string& out, const Venue& venue, const Product& p) {
  const bool spot = p.is_spot(), option = p.type == InstType::option;
  const auto end = p.listing->expiry;
  ObjectText row(out);
  row.text("instType", inst_type_name(p.type))
      .text("instId", p.inst_id)
      .number("instIdCode", Catalog::code_of(p))
      .text("uly", spot ? "" : p.family)
      .text("instFamily", spot ? "" : p.family)
      .text("category", "1")
      .text("baseCcy", spot ? p.base : "")
      .text("quoteCcy", spot ? p.quote : "")
      .text("settleCcy", spot ? "" : p.settle)
      .text("ctVal", spot ? "" : p.size.text())
      .text("ctMult", spot ? "" : "1")
      .text("ctValCcy", spot        ? ""
                        : p.inverse ? "USD"
                                    : p.base)
      .text("ctType", spot || option ? ""
                      : p.inverse    ? "inverse"
                                     : "linear")
      .text("optType", !option                                       ? ""
                       : p.listing->option->type == OptionType::call ? "C"
                                                                     : "P")
      .text("stk", option ? p.listing->option->strike.text() : "")
      .text("listTime", "0")
      .text("auctionEndTime", "")
      .text("contTdSwTime", "")
      .text("expTime", end ? ms_text(*end) : "")
      .text("openType", "")
      .text("lever", spot ? "" : most_leverage(p));
  append_sizes(row, p);
  row.text("alias", p.type == InstType::futures ? "quarter" : "")
      .text("state", end && *end <= venue.market() ? "expired" : "live")
      .text("ruleType", "normal")
      .text("groupId", "1")
      .flag("futureSettlement", false)
      .text("preMktSwTime", "")
      .text("posLmtAmt", "")
      .text("posLmtPct", "")
      .text("maxPlatOILmt", "")
      .raw("tradeQuoteCcyList", spot ? fmt::format(R"(["{}"])", p.quote) : "[]");
  row.end();
}

// Bounds in contracts: of a ladder by value, what they are at the mark.
std::string tier_rows(const Venue& venue, const Product& p) {
  std::string out = "[";
  const auto& ladder = p.listing->rules.ladder;
  const auto mark = venue.exchange().mark(p.instrument);
  const auto size_of = [&](const Amount& bound) {
    if (ladder->unit == TierUnit::contracts) return bound.text();
    const double price = mark ? mark->approx() : 0;
    const double per =
        p.inverse ? (price > 0 ? p.size.approx() / price : 0) : p.size.approx() * price;
    return per > 0 ? number_text(std::floor(bound.approx() / per), 0) : std::string("0");
  };
  int64_t number = 0;
  for (const MarginTier& tier : ladder ? ladder->tiers : std::vector<MarginTier>()) {
    if (++number > 1) out += ',';
    const double initial = tier.initial ? tier.initial->approx() : 1 / tier.max_leverage.approx();
    ObjectText row(out);
    row.text("baseMaxLoan", "")
        .text("imr", number_text(initial, 6))
        .text("instFamily", p.family)
        .text("instId", "")
        .text("maxLever", tier.max_leverage.text())
        .text("maxSz", tier.cap ? size_of(*tier.cap) : "100000000")
        .text("minSz", size_of(tier.floor))
        .text("mmr", tier.maintenance.text())
        .text("optMgnFactor", "0")
        .text("quoteMaxLoan", "")
        .digits("tier", number)
        .text("uly", p.family);
    row.end();
  }
  return out + "]";
}

}  // namespace delever::gateways::okx
