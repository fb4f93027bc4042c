#include "gauges/day_figures.h"

#include <algorithm>

#include "gauges/gauges.h"
#include "gauges/panel.h"
#include "market/first_market.h"

namespace delever::gauges {
namespace {

// A clock before it is wrong, and days of four centuries would be taken for its sake.
const Instant kFirstDay = kFirstMarket.start_of_day();

}  // namespace

void DayRecorder::take(Instant day, std::vector<DayFigures>& out) const {
  for (const Gauges* one : gauges_) {
    out.push_back(one->day_figures(day));
    const auto stated = depth_.find(one->asset());
    if (stated == depth_.end()) continue;
    for (const auto& [vendor, depth] : stated->second) {
      if (depth.at > day && depth.at <= day + kDay && !depth.disputed)
        out.back().depth.push_back({vendor, depth.bids_usd});
    }
  }
}

// Depth that a vendor states is no gauge: nothing here reads it but the record's comparison of
// items.
void DayRecorder::keep_depth(const Event& event) {
  const auto* figure = std::get_if<PublishedFigure>(&event.payload);
  if (!figure || figure->metric != "depth_1pct_bids_usd" || !(figure->value > 0)) return;
  Depth& known = depth_[figure->asset][figure->stated_by];
  const bool again = known.at == event.at && known.bids_usd > 0;
  const bool disputed = again && (known.disputed || !same_figure(known.bids_usd, figure->value));
  known = {event.at, again ? std::max(known.bids_usd, figure->value) : figure->value, disputed};
}

// The last moments that an Instant can hold lie in no whole day.
bool DayRecorder::ends_by(Instant day, Instant until) const {
  const Instant end = day + kDay;
  return end <= std::min(until, span_.until) && end - kDay == day;
}

void DayRecorder::on_event(const Event& event) {
  if (!day_) day_ = std::max(event.received.start_of_day(), kFirstDay);
  for (; event.received > *day_ + kDay + span_.delay && ends_by(*day_, span_.until);
       day_ = *day_ + kDay)
    take(*day_, taken_);
  keep_depth(event);
  next_.on_event(event);
}

std::vector<DayFigures> DayRecorder::days(Instant until) const {
  std::vector<DayFigures> out = taken_;
  for (auto day = day_; day && ends_by(*day, until); day = *day + kDay) take(*day, out);
  return out;
}

}  // namespace delever::gauges
