#include "gauges/day_figures.h"

#include <algorithm>

#include "gauges/gauges.h"
#include "gauges/panel.h"

namespace delever::gauges {
namespace {

// 3 January 2009, the day of Bitcoin's first block. A clock before it is wrong, and days of four
// centuries would be taken for its sake.
constexpr Instant kFirstDay = Instant::ns(14247LL * kDay.ns());

}  // namespace

void DayRecorder::take() {
  for (const Gauges* one : gauges_) {
    taken_.push_back(one->day_figures(*day_));
    for (const auto& [vendor, depth] : depth_[one->asset()]) {
      if (depth.at > *day_ && depth.at <= *day_ + kDay)
        taken_.back().depth.push_back({vendor, depth.bids_usd});
    }
  }
  day_ = *day_ + kDay;
}

// Depth that a vendor states is no gauge: nothing here reads it but the record's comparison of
// items.
void DayRecorder::keep_depth(const Event& event) {
  const auto* figure = std::get_if<PublishedFigure>(&event.payload);
  if (!figure || figure->metric != "depth_1pct_bids_usd" || !(figure->value > 0)) return;
  depth_[figure->asset][figure->stated_by] = {event.at, figure->value};
}

// The last moments that an Instant can hold lie in no whole day.
bool DayRecorder::over(Instant now) const {
  const Instant end = *day_ + kDay;
  return now > end + span_.delay && end <= span_.until && end - kDay == *day_;
}

void DayRecorder::on_event(const Event& event) {
  if (!day_) day_ = std::max(event.received.start_of_day(), kFirstDay);
  while (over(event.received)) take();
  keep_depth(event);
  next_.on_event(event);
}

std::vector<DayFigures> DayRecorder::finish() {
  while (day_ && over(Instant::max())) take();
  return std::move(taken_);
}

}  // namespace delever::gauges
