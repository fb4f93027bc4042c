#include "reports/level_bars.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "gauges/rules.h"
#include "reports/gap_notes.h"
#include "reports/inputs.h"
#include "reports/memory_feed.h"
#include "reports/sizes_later.h"

namespace delever::reports {
namespace {

constexpr int64_t kMinute = 60'000'000'000;
constexpr double kEntryStep = 0.001;
constexpr Duration kReadingsKept = Duration::hours(6);  // of open interest: LevelMarket::gap_max

}  // namespace

// By its description now. Of that, what the name of a coin is made from is compared, which is
// cheaper than making it for each event.
bool LevelBars::is_asked(InstrumentId id) {
  const Instrument& i = instruments_[id];
  if (!i.is_perpetual()) return false;
  if (named_.size() <= id) named_.resize(id + 1);
  Named& named = named_[id];
  if (!named.known || named.base != i.base)
    named = {true, !is_builder_market(i) && names_.of(i).asset == asset_, i.base};
  return named.asked;
}

void LevelBars::on_event(const Event& event) {
  if (std::holds_alternative<Gap>(event.payload)) return;  // of a stream, not of an instrument
  if (!is_asked(event.instrument)) return;
  if (const auto* trade = std::get_if<Trade>(&event.payload);
      trade && !trades_.counts(event, *trade))
    return;
  if (const auto* forced = std::get_if<Liquidation>(&event.payload);
      forced && !liquidations_.counts(event, *forced))
    return;
  auto found = builders_.find(event.instrument);
  if (found == builders_.end()) {
    const Instrument& i = instruments_[event.instrument];
    found = builders_.try_emplace(event.instrument, i, names_.of(i).units, throttle_).first;
  }
  found->second.on_event(event);
}

std::vector<LevelMarket> LevelBars::markets(Instant now) const {
  std::vector<LevelMarket> all;
  for (const auto& [id, builder] : builders_) {
    if (auto market = builder.market(now)) all.push_back(std::move(*market));
  }
  return all;
}

void BarBuilder::Range::add(Instant at, double price) {
  low = seen ? std::min(low, price) : price;
  high = seen ? std::max(high, price) : price;
  if (!seen || at >= last_at) {
    last = price;
    last_at = at;
  }
  seen = true;
}

// A minute has few of them, and there are as many minutes as the tape is long.
void BarBuilder::Minute::add_traded(double bucket, double coins) {
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
    if (trade->price != last_price_) bucket_ = std::floor(std::log(price) / kEntryStep);
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
    const Interest now{event.at, *open};
    if (!first_ || now.at < first_->at) first_ = now;
    std::optional<Interest>& last = at(event.at).open_interest;
    if (!last || now.at >= last->at) last = now;
    first_reading_ = std::min(first_reading_.value_or(event.at), event.at);
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
    const Range& range = data.marks.seen ? data.marks : data.trades;
    if (!range.seen && last == 0) continue;  // before the first price
    levels::LevelBar bar{.end = Instant::ns((minute + 1) * kMinute),
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
  const bool traded = std::any_of(m.bars.begin(), m.bars.end(),
                                  [](const levels::LevelBar& b) { return b.volume() > 0; });
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

Result<std::vector<LevelMarket>> read_level_markets(const std::string& tape,
                                                    const std::string& asset, Instant at,
                                                    std::optional<Duration> throttle,
                                                    std::vector<std::string>& notes,
                                                    Context& context) {
  constexpr const char* kCoinRules = "rules/2026-01-30.toml";  // for coins of several names
  const std::string rules = TRY(read_file(find_shipped(kCoinRules)));
  const gauges::Rules loaded = TRY(gauges::Rules::load(rules, kCoinRules));
  const CoinNames& names = loaded.coins;
  const std::vector<std::string> tapes{tape};
  const GaugeQuestion question{.tapes = tapes, .to = at, .rules = loaded};
  const auto feed = TRY(open_for_levels(question, asset, context));
  std::optional<LevelBars> sink;
  sink.emplace(feed->instruments(), asset, names, throttle);
  SizesLater sizes(*sink, feed->instruments());
  GapNotes gaps(sizes, feed->instruments(), feed->sources());
  if (auto ran = feed->run(gaps); !ran.has_value()) return std::move(ran.error());
  // A size that came after the first trade serves from the first trade on.
  if (sizes.any(names, asset)) {
    const auto again = TRY(open_for_levels(question, asset, context));
    sink.emplace(feed->instruments(), asset, names, throttle);
    KnownOnly known(*sink, feed->instruments());
    if (auto ran = again->run(known); !ran.has_value()) return std::move(ran.error());
  }
  for (std::string& line : sizes.lines(names, asset)) notes.push_back(std::move(line));
  for (std::string& line : gaps.lines(Instant::min(), at)) notes.push_back(std::move(line));
  return sink->markets(at);
}

}  // namespace delever::reports
