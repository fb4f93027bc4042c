#include "reports/survey.h"

#include <algorithm>
#include <utility>

namespace delever::reports {
namespace {

int rank_of(const std::string& asset) { return asset == "BTC" ? 0 : asset == "ETH" ? 1 : 2; }

}  // namespace

void Surveyor::on_event(const Event& event) {
  if (const auto* gap = std::get_if<Gap>(&event.payload)) {
    GapSeen one{event.source < sources_.size() ? sources_[event.source].name : "",
                "",
                gap->from,
                gap->to,
                gap->kind,
                gap->reason};
    if (event.instrument != kNoInstrument) one.symbol = instruments_[event.instrument].symbol;
    gaps_.push_back(std::move(one));
    return;
  }
  Heard& heard = heard_[event.source];
  if (heard.events++ == 0) heard.first = event.received;
  heard.last = event.received;
  heard.lag.add(event.received - event.at);
  if (event.instrument != kNoInstrument) ++counted_[event.instrument];
}

Survey Surveyor::survey(const std::vector<SourceUse>& use) const {
  Survey out;
  std::map<std::string, uint64_t> assets;
  for (const auto& [id, events] : counted_) {
    const Instrument& i = instruments_[id];
    if (!i.base.empty()) assets[names_.of(i).asset] += events;
  }
  for (const auto& [asset, events] : assets) out.assets.push_back({asset, events});
  std::stable_sort(out.assets.begin(), out.assets.end(),
                   [](const AssetSeen& a, const AssetSeen& b) {
                     const int x = rank_of(a.asset), y = rank_of(b.asset);
                     return x != y ? x < y : a.events > b.events;
                   });
  for (SourceId id = 0; id < use.size(); ++id) {
    const SourceUse& one = use[id];
    StreamHealth health{
        one.name, "", "", one.messages, one.events, one.undecoded, one.undecoded_reasons,
        {},       {}, {}, {},           {}};
    if (id < sources_.size()) {
      health.venue = sources_[id].venue;
      health.channel = sources_[id].channel;
    }
    if (const auto found = heard_.find(id); found != heard_.end()) {
      const Heard& heard = found->second;
      health.first = heard.first, health.last = heard.last;
      health.lag_median = heard.lag.quantile(0.5), health.lag_p99 = heard.lag.quantile(0.99);
      health.lag_most = heard.lag.most();
      if (!out.first || heard.first < *out.first) out.first = heard.first;
      if (!out.last || heard.last > *out.last) out.last = heard.last;
    }
    out.streams.push_back(std::move(health));
  }
  out.gaps = gaps_;
  std::stable_sort(out.gaps.begin(), out.gaps.end(),
                   [](const GapSeen& a, const GapSeen& b) { return a.from < b.from; });
  return out;
}

}  // namespace delever::reports
