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
  builder(event.instrument).on_event(event);
}

BarBuilder& LevelBars::builder(InstrumentId id) {
  auto found = builders_.find(id);
  if (found == builders_.end()) {
    const Instrument& i = instruments_[id];
    found = builders_.try_emplace(id, i, names_.of(i).units, throttle_).first;
  }
  return found->second;
}

// Liquidations are told as events beside them.
void LevelBars::on_minutes(memory::MinutesOf& minutes) {
  if (!is_asked(minutes.instrument)) return;
  builder(minutes.instrument).put(std::move(minutes.changes));
  trades_.lead(minutes.instrument, minutes.leader);
}

std::vector<LevelMarket> LevelBars::markets(Instant now) const {
  std::vector<LevelMarket> all;
  for (const auto& [id, builder] : builders_) {
    if (auto market = builder.market(now)) all.push_back(std::move(*market));
  }
  return all;
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
  feed->minutes_to(*sink);
  SizesLater sizes(*sink, feed->instruments());
  GapNotes gaps(sizes, feed->instruments(), feed->sources());
  if (auto ran = feed->run(gaps); !ran.has_value()) return std::move(ran.error());
  // A size that came after the first trade serves from the first trade on.
  if (sizes.any(names, asset)) {
    const auto again = TRY(open_for_levels(question, asset, context));
    sink.emplace(feed->instruments(), asset, names, throttle);
    again->minutes_to(*sink);
    KnownOnly known(*sink, feed->instruments());
    if (auto ran = again->run(known); !ran.has_value()) return std::move(ran.error());
  }
  for (std::string& line : sizes.lines(names, asset)) notes.push_back(std::move(line));
  for (std::string& line : gaps.lines(Instant::min(), at)) notes.push_back(std::move(line));
  return sink->markets(at);
}

}  // namespace delever::reports
