#include "levels/bar_builder.h"

#include <algorithm>
#include <cmath>

namespace delever::levels {
namespace {

constexpr int64_t kMinute = 60'000'000'000;
constexpr double kEntryStep = 0.001;

}  // namespace

void PriceRange::add(Instant at, double price) {
  low = seen ? std::min(low, price) : price;
  high = seen ? std::max(high, price) : price;
  if (!seen || at >= last_at) {
    last = price;
    last_at = at;
  }
  seen = true;
}

// A minute has few of them, and there are as many minutes as the tape is long.
void Minute::add_traded(double bucket, double coins) {
  auto at = std::find_if(traded.begin(), traded.end(),
                         [&](const auto& entry) { return entry.first >= bucket; });
  if (at == traded.end() || at->first != bucket) at = traded.insert(at, {bucket, 0.0});
  at->second += coins;
}

void BarBuilder::on_event(const Event& event) {
  if (const auto* trade = std::get_if<Trade>(&event.payload)) {
    const auto own = coins(instrument_, trade->qty, trade->price);
    if (!own || trade->price.raw() <= 0) return;
    const double size = *own * units_, price = trade->price.approx() / units_;
    Minute& minute = at(event.at);
    if (!priced_ || trade->price != last_price_) {
      bucket_ = std::floor(std::log(price) / kEntryStep);
      priced_ = true;
    }
    minute.add_traded(bucket_, size);
    (trade->taker_side == Side::buy ? minute.buys : minute.sells) += size;
    minute.trades.add(event.at, price);
    last_price_ = trade->price;
  } else if (const auto* mark = std::get_if<MarkPrice>(&event.payload)) {
    if (mark->price.raw() > 0) at(event.at).marks.add(event.at, mark->price.approx() / units_);
  } else if (const auto* interest = std::get_if<OpenInterest>(&event.payload)) {
    auto open = interest->coins;
    if (open == 0.0) open.reset();
    if (!open && interest->contracts) open = coins(instrument_, *interest->contracts, last_price_);
    // The first figure is what was open before the first bar. Rows of nothing are not believed
    // (gauges/open_interest.cc), nor is a field that was not filled.
    if (!open || *open <= 0) return;
    *open *= units_;
    const InterestAt now{event.at, *open};
    if (!first_ || now.at < first_->at) {
      first_ = now;
      first_changed_ = true;
    }
    std::optional<InterestAt>& last = at(event.at).open_interest;
    if (!last || now.at >= last->at) last = now;
    if (!first_reading_ || event.at < *first_reading_) {
      first_reading_ = event.at;
      first_reading_changed_ = true;
    }
    readings_.insert(readings_.end(), event.at);
    // Nobody asks as of a time before this was received.
    while (!readings_.empty() && *readings_.begin() < event.received - kReadingsKept)
      readings_.erase(readings_.begin());
  } else if (const auto* liquidation = std::get_if<Liquidation>(&event.payload)) {
    const auto qty = liquidation->qty();
    const auto size = qty ? coins(instrument_, *qty, liquidation->price()) : std::nullopt;
    if (size && *size > 0)
      reports_.push_back({event.at, liquidation->position_side, *size * units_});
  }
}

// Of another minute than the last event's. One that is kept no more is a new one, and wrong.
void BarBuilder::look_up(int64_t number) {
  lost_ = lost_ || number < kept_from_;
  last_minute_ = &minutes_[number];
  last_number_ = number;
  if (keeps_changes_) changed_.insert(number);
}

BarChanges BarBuilder::take_changes(Instant end) {
  BarChanges out;
  for (const int64_t number : changed_) out.minutes.emplace_back(number, minutes_[number]);
  changed_.clear();
  last_minute_ = nullptr;
  if (std::exchange(first_changed_, false)) out.first = first_;
  if (std::exchange(first_reading_changed_, false)) out.first_reading = first_reading_;
  out.last_price = last_price_;
  out.readings.assign(readings_.upper_bound(end), readings_.end());
  return out;
}

BarChanges BarBuilder::everything() const {
  return {.minutes = {minutes_.begin(), minutes_.end()},
          .first = first_,
          .first_reading = first_reading_,
          .last_price = last_price_,
          .readings = {readings_.begin(), readings_.end()}};
}

// In order: what is put later takes the place of what was there.
void BarBuilder::put(BarChanges&& changes) {
  for (auto& [number, minute] : changes.minutes)
    minutes_.insert_or_assign(minutes_.end(), number, std::move(minute));
  last_minute_ = nullptr;
  if (changes.first) first_ = changes.first;
  if (changes.first_reading) first_reading_ = changes.first_reading;
  if (changes.last_price) {
    last_price_ = changes.last_price;
    priced_ = false;
  }
  readings_.insert(changes.readings.begin(), changes.readings.end());
}

void BarBuilder::forget_before(int64_t minute) {
  minutes_.erase(minutes_.begin(), minutes_.lower_bound(minute));
  changed_.erase(changed_.begin(), changed_.lower_bound(minute));
  last_minute_ = nullptr;
  kept_from_ = std::max(kept_from_, minute);
}

std::vector<BarBuilder::Report> BarBuilder::kept_reports() const {
  if (!throttle_) return reports_;
  std::vector<Report> kept;
  for (const Report& report : reports_) {
    const bool same =
        !kept.empty() && kept.back().at.ns() / throttle_->ns() == report.at.ns() / throttle_->ns();
    if (same)
      kept.back() = report;
    else
      kept.push_back(report);
  }
  return kept;
}

std::optional<LevelMarket> BarBuilder::market(Instant now) const {
  LevelMarket m{.venue = instrument_.venue,
                .symbol = instrument_.symbol,
                .units = units_,
                .bars = {},
                .lot = {},
                .lot_weighted = {},
                .gap_max = {}};
  if (!first_) return std::nullopt;
  m.open_interest_start = first_->coins;
  const std::vector<Report> reports = kept_reports();
  std::map<int64_t, std::pair<double, double>> liquidated;  // longs, shorts by minute
  std::vector<double> sizes;
  double sum = 0, squares = 0;
  for (const Report& report : reports) {
    auto& [longs, shorts] = liquidated[report.at.ns() / kMinute];
    (report.side == PositionSide::long_side ? longs : shorts) += report.coins;
    sizes.push_back(report.coins);
    sum += report.coins;
    squares += report.coins * report.coins;
  }
  double open = first_->coins, last = 0;
  int64_t before = 0;
  for (const auto& [minute, data] : minutes_) {
    const PriceRange& range = data.marks.seen ? data.marks : data.trades;
    if (!range.seen && last == 0) continue;  // before the first price
    LevelBar bar{.end = Instant::ns((minute + 1) * kMinute),
                 .traded = {},
                 .liquidated_long = {},
                 .liquidated_short = {}};
    bar.seconds = m.bars.empty() ? 60 : static_cast<double>(minute - before) * 60;
    bar.low = range.seen ? range.low : last;
    bar.high = range.seen ? range.high : last;
    const double next = data.open_interest ? data.open_interest->coins : open;
    bar.open_interest_change = next - open;
    open = next;
    bar.taker_buy = data.buys;
    bar.taker_sell = data.sells;
    for (const auto& [bucket, size] : data.traded)
      bar.traded.push_back({std::exp((bucket + 0.5) * kEntryStep), size});
    if (!sizes.empty()) {
      const auto found = liquidated.find(minute);
      bar.liquidated_long = found == liquidated.end() ? 0 : found->second.first;
      bar.liquidated_short = found == liquidated.end() ? 0 : found->second.second;
    }
    last = range.seen ? range.last : last;
    before = minute;
    m.bars.push_back(std::move(bar));
  }
  const bool traded =
      std::any_of(m.bars.begin(), m.bars.end(), [](const LevelBar& b) { return b.volume() > 0; });
  if (!traded) return std::nullopt;
  if (!sizes.empty()) {
    std::nth_element(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2),
                     sizes.end());
    m.lot = sizes[sizes.size() / 2];
    m.lot_weighted = squares / sum;
  }
  // A tape that began later is short, not broken.
  Instant from = std::max(now - kReadingsKept, *first_reading_);
  for (const Instant reading : readings_) {
    if (reading < from) continue;
    m.gap_max = std::max(m.gap_max, reading - from);
    from = reading;
  }
  m.gap_max = std::max(m.gap_max, now - from);
  return m;
}

}  // namespace delever::levels
