#include "gauges/flows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace delever::gauges {

void Flows::add(const Event& event, const Holding& holding) {
  if (holding.holder_kind != HolderKind::etf || !holding.flow_usd ||
      !std::isfinite(*holding.flow_usd))
    return;
  Fund& fund = funds_[{holding.holder, subject_.instruments[event.instrument].venue}];
  const std::string source = subject_.source_name(event);
  fund.source = fund.source.empty() ? source : std::min(fund.source, source);
  const Day told{*holding.flow_usd, *holding.flow_usd, event.received};
  const auto [at, fresh] = fund.days.try_emplace(event.at, told);
  if (fresh) return;
  Day& known = at->second;
  if (told.received > known.received) {
    known = told;  // a revision
  } else if (told.received == known.received) {
    known.low = std::min(known.low, told.low);
    known.high = std::max(known.high, told.high);
  }
}

void Flows::read(Panel& panel) const {
  const auto& rules = subject_.rules.etf;
  std::vector<Estimate> market;
  std::vector<std::string> why;
  std::vector<std::pair<std::string, Estimate>> single;
  for (const auto& [key, fund] : funds_) {
    const auto& [holder, publisher] = key;
    const auto after = fund.days.upper_bound(panel.at);
    if (after == fund.days.begin()) continue;
    const auto& [day, told] = *std::prev(after);
    if (panel.at - day > rules.stale_after) {
      why.push_back(fmt::format("{}: {} is as of {}, {} before (limit {})", fund.source, holder,
                                day.text(), short_age(panel.at - day), rules.stale_after.text()));
      continue;
    }
    if (told.differs()) {
      why.push_back(fmt::format(
          "{}: two flows of {} of the day to {} differ, {} and {}, and neither "
          "counts",
          fund.source, holder, day.text(), short_number(told.low), short_number(told.high)));
      continue;
    }
    Estimate e = Estimate::exact(publisher, told.high, day);
    e.sources = {fund.source};
    e.origin = subject_.rules.origin_of(publisher);
    e.note = fmt::format("{}, the day to {}", holder, day.text());
    if (std::find(rules.all_funds.begin(), rules.all_funds.end(), holder) !=
        rules.all_funds.end()) {
      market.push_back(std::move(e));
    } else {
      why.push_back(holder + " alone is not the market");
      single.emplace_back(holder, std::move(e));
    }
  }
  if (why.empty()) why.push_back("no fund flows of " + subject_.asset);
  const Panel::Name name{
      .name = "etf_flow_usd_1d", .unit = "USD", .window = Duration::days(1), .section = "etf"};
  panel.settle(name, std::move(market), rules.band, join(why, "; "));
  for (auto& [holder, estimate] : single) {
    Panel::Name one = name;
    one.venue = holder;
    panel.settle(one, {std::move(estimate)}, rules.band, "");
  }
}

std::vector<EtfFlow> Flows::etf_flows(Instant from, Instant at) const {
  std::vector<EtfFlow> out;
  for (const auto& [key, fund] : funds_) {
    for (auto it = fund.days.lower_bound(from); it != fund.days.end() && it->first <= at; ++it)
      if (!it->second.differs()) out.push_back({key.first, key.second, it->first, it->second.high});
  }
  return out;
}

}  // namespace delever::gauges
