// Marks, funding and open interest of USD-M.
#include <algorithm>

#include "gateways/binance/face.h"
#include "gateways/json_text.h"

namespace delever::gateways::binance {
namespace {

Price index_of(const Face& face, const Market& m) {
  return face.exchange()
      .index(m.listing->index)
      .value_or(face.exchange().mark(m.id).value_or(Price()));
}

void premium_row(std::string& out, const Face& face, const Market& m) {
  const Price mark = face.exchange().mark(m.id).value_or(Price()), index = index_of(face, m);
  const auto next = face.desk.next_funding(m.id);
  const auto& rule = m.listing->rules.funding;
  ObjectText o(out);
  o.text("symbol", m.symbol)
      .text("markPrice", mark_text(mark))
      .text("indexPrice", mark_text(index));
  o.text("estimatedSettlePrice", mark_text(index));
  o.text("lastFundingRate", next ? rate_text(next->rate) : "");
  o.text("interestRate", rate_text(rule && rule->interest ? *rule->interest : Rate()));
  o.number("nextFundingTime", next ? next->at.ms() : 0).number("time", face.ms()).end();
}

Outcome premium_index(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  std::string out;
  if (only)
    premium_row(out, face, *only);
  else
    append_list(out, face.markets.all(), [&](const Market& m) { premium_row(out, face, m); });
  return out;
}

Outcome funding_rates(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* only = maybe_market(face, asked);
  const Window window = asked_window(asked, 100, 1'000);
  if (!asked.ok()) return asked.wrong();
  std::vector<FundingRecord> rows;
  for (const Market& m : face.markets.all()) {
    if (only && only != &m) continue;
    for (const FundingRecord& r : face.desk.funding(m.id)) {
      if (window.has(r.at)) rows.push_back(r);
    }
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const FundingRecord& a, const FundingRecord& b) { return a.at < b.at; });
  window.cut(rows);
  std::string out;
  append_list(out, rows, [&](const FundingRecord& r) {
    ObjectText(out)
        .text("symbol", face.markets.of(r.instrument)->symbol)
        .number("fundingTime", r.at.ms())
        .text("fundingRate", rate_text(r.rate))
        .text("markPrice", mark_text(r.mark))
        .end();
  });
  return out;
}

Outcome funding_info(Face& face, const Call&) {
  std::vector<const Market*> rows;
  for (const Market& m : face.markets.all()) {
    if (!m.is_dated() && m.listing->rules.funding) rows.push_back(&m);
  }
  std::string out;
  append_list(out, rows, [&](const Market* m) {
    const FundingRule& rule = *m->listing->rules.funding;
    const Rate cap = rule.cap.value_or(Rate::raw(Rate::scale / 50));
    ObjectText(out)
        .text("symbol", m->symbol)
        .text("adjustedFundingRateCap", rate_text(cap))
        .text("adjustedFundingRateFloor", rate_text(-cap))
        .number("fundingIntervalHours", rule.interval.ns() / Duration::hours(1).ns())
        .flag("disclaimer", false)
        .end();
  });
  return out;
}

Outcome open_interest(Face& face, const Call& call) {
  Asked asked(call.p);
  const Market* m = asked_market(face, asked);
  if (!asked.ok()) return asked.wrong();
  std::string out;
  ObjectText(out)
      .text("openInterest", m->qty(face.exchange().open_interest(m->id)))
      .text("symbol", m->symbol)
      .number("time", face.ms())
      .end();
  return out;
}

uint32_t weigh_premium(const Parameters& p) { return p.has("symbol") ? 1 : 10; }

}  // namespace

void add_funding(Routes& routes) {
  routes["GET /fapi/v1/premiumIndex"] = {Needs::nothing, premium_index, 0, 0, weigh_premium};
  routes["GET /fapi/v1/fundingRate"] = {Needs::nothing, funding_rates, 0};
  routes["GET /fapi/v1/fundingInfo"] = {Needs::nothing, funding_info, 0};
  routes["GET /fapi/v1/openInterest"] = {Needs::nothing, open_interest, 1};
}

}  // namespace delever::gateways::binance
