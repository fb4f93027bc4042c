#include "reports/series.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "market/candle_end.h"
#include "reports/inputs.h"

namespace delever::reports {
namespace {

constexpr int64_t kBarNs = 60'000'000'000;
constexpr double kWaveShare = 0.04;  // of a quarter of an hour
constexpr Duration kQuarter = Duration::minutes(15);

// Rounds down, before 1970 too.
int64_t bar_of(Instant at) { return at.ns() / kBarNs - (at.ns() % kBarNs < 0 ? 1 : 0); }
Instant floor_to(Instant at, Duration span) {
  const int64_t left = at.ns() % span.ns();
  return Instant::ns(at.ns() - (left < 0 ? left + span.ns() : left));
}

// Bars keep contracts, dollars of an inverse one over its price; how many coins that is, is asked
// when they are shown, by when a listing may have come.
double in_contracts(const Instrument& i, double qty, double price) {
  return i.kind == InstrumentKind::inverse ? qty / price : qty;
}

bool quoted_in_dollars(const Instrument& i) {
  return i.quote == "USD" || i.quote == "USDT" || i.quote == "USDC";
}

// A bar without coins leaves the sum unknown.
std::optional<double> coins_of(const std::vector<PriceBar>& bars) {
  double sum = 0;
  for (const PriceBar& bar : bars) {
    if (!bar.coins) return std::nullopt;
    sum += *bar.coins;
  }
  return sum;
}

std::vector<ForcedWave> waves_of(const Series& series) {
  std::map<Instant, ForcedSpan> quarters;
  double total = 0;
  for (const ForcedSeries& venue : series.forced) {
    for (const ForcedSpan& span : venue.minutes) {
      ForcedSpan& quarter = quarters[floor_to(span.from, kQuarter)];
      quarter.long_usd += span.long_usd;
      quarter.short_usd += span.short_usd;
      total += span.long_usd + span.short_usd;
    }
  }
  std::vector<ForcedWave> out;
  for (const auto& [from, quarter] : quarters) {
    if (quarter.long_usd + quarter.short_usd < kWaveShare * total) continue;
    if (out.empty() || out.back().to < from) out.push_back({from, from, 0, 0, 0, 0});
    out.back().to = from + kQuarter;
    out.back().long_usd += quarter.long_usd;
    out.back().short_usd += quarter.short_usd;
  }
  if (series.prices.empty()) return out;
  // From the last close before the wave, else the first there is, to the last close within it.
  for (ForcedWave& wave : out) {
    for (const PriceBar& bar : series.prices.front().bars) {
      if (bar.from < wave.from || wave.price_from == 0) wave.price_from = bar.close;
      if (bar.from >= wave.to) break;
      wave.price_to = bar.close;
    }
  }
  return out;
}

}  // namespace

SeriesBuilder::SeriesBuilder(const std::string& asset, const Instruments& instruments,
                             CoinNames names)
    : instruments_(instruments), names_(std::move(names)), asset_(names_.plain(asset)) {}

SeriesBuilder::Bar& SeriesBuilder::put_bar(Bars& bars, Instant at, double price) {
  const int64_t minute = bar_of(at);
  const PriceBar fresh{Instant::ns(minute * kBarNs), price, price, price, price, {}};
  Bar& bar = bars.try_emplace(minute, Bar{fresh, at, at}).first->second;
  bar.high = std::max(bar.high, price);
  bar.low = std::min(bar.low, price);
  if (at < bar.first) {
    bar.first = at;
    bar.open = price;
  }
  if (at >= bar.last) {
    bar.last = at;
    bar.close = price;
  }
  return bar;
}

// `size`: plain coins in one contract, missing where nothing says.
std::vector<PriceBar> SeriesBuilder::in_order(const Bars& bars, std::optional<double> size) {
  std::vector<PriceBar> out;
  out.reserve(bars.size());
  for (const auto& [minute, bar] : bars) {
    out.push_back(bar);
    std::optional<double>& coins = out.back().coins;
    if (coins && size)
      *coins *= *size;
    else
      coins.reset();
  }
  return out;
}

SeriesBuilder::Market& SeriesBuilder::market(InstrumentId id) {
  const auto [found, added] = markets_.try_emplace(id);
  // Decided once an instrument. Dated contracts and options are left out: their prices have a basis
  // or a premium in them, and would not lie on one chart with the coin's.
  if (added) {
    const Instrument& i = instruments_[id];
    const Coin coin = names_.of(i);
    const bool priced = i.is_perpetual() || (i.kind == InstrumentKind::spot && !i.expiry);
    found->second.wanted =
        priced && quoted_in_dollars(i) && !is_builder_market(i) && coin.asset == asset_;
    found->second.perpetual = i.is_perpetual();
    // 1000 where the contract is of 1000 coins: prices are divided by it, sizes multiplied.
    found->second.units = coin.units;
  }
  return found->second;
}

void SeriesBuilder::on_event(const Event& event) {
  if (event.instrument == kNoInstrument) return;
  Market& m = market(event.instrument);
  if (!m.wanted) return;
  const Instrument& i = instruments_[event.instrument];
  if (const auto* trade = std::get_if<Trade>(&event.payload)) {
    // Recorders of one feed, or an archive beside a recording, tell of the same trade.
    if (trades_once_.counts(event, *trade)) add(m, i, event, *trade);
  } else if (const auto* mark = std::get_if<MarkPrice>(&event.payload)) {
    if (mark->price.raw() > 0) put_bar(m.marks, event.at, mark->price.approx() / m.units);
  } else if (const auto* candle = std::get_if<Candle>(&event.payload)) {
    add(m, i, event, *candle);
  } else if (const auto* forced = std::get_if<Liquidation>(&event.payload)) {
    if (m.perpetual && liquidations_once_.counts(event, *forced)) add(i, event, *forced);
  }
}

void SeriesBuilder::add(Market& m, const Instrument& i, const Event& event, const Trade& trade) {
  // A block is agreed off the book, at a price that the market need not have seen.
  if (trade.price.raw() <= 0 || trade.block) return;
  Bar& bar = put_bar(m.trades, event.at, trade.price.approx() / m.units);
  bar.coins = bar.coins.value_or(0) + in_contracts(i, trade.qty.approx(), trade.price.approx());
}

// Candles of several spans overlap, so those of each are kept apart.
void SeriesBuilder::add(Market& m, const Instrument& i, const Event& event, const Candle& candle) {
  const Duration span = candle.to - candle.from;
  if (!candle.closed || candle.price_kind != PriceKind::trade || span < Duration::minutes(1))
    return;
  std::optional<double> size;  // the volume is in the venue's unit, as sizes of trades are
  if (candle.volume && candle.close.raw() > 0)
    size = in_contracts(i, *candle.volume, candle.close.approx());
  const Bar told{{candle.from, candle.open.approx() / m.units, candle.high.approx() / m.units,
                  candle.low.approx() / m.units, candle.close.approx() / m.units, size},
                 candle.from,
                 candle.to,
                 told_at_its_end(candle, event.received)};
  const auto [known, fresh] = m.candles[span].try_emplace(bar_of(candle.from), told);
  if (fresh) return;
  if (known->second.at_its_end) {
    known->second = told;
    return;
  }
  // Told in two ways it is not drawn; of two that differ by rounding the higher is.
  Bar& bar = known->second;
  if (!same_figure(bar.open, told.open) || !same_figure(bar.high, told.high) ||
      !same_figure(bar.low, told.low) || !same_figure(bar.close, told.close))
    m.disputed[span].insert(known->first);
  if (std::tie(told.close, told.high) > std::tie(bar.close, bar.high)) bar = told;
}

void SeriesBuilder::add(const Instrument& i, const Event& event, const Liquidation& forced) {
  const auto qty = forced.qty();
  const auto price = forced.price();
  const bool inverse = i.kind == InstrumentKind::inverse;
  if (!qty || (!inverse && (!price || price->raw() <= 0))) return;
  const double value = inverse ? qty->approx() : qty->approx() * price->approx();
  const int64_t minute = bar_of(event.at);
  ForcedSpan& span = forced_[event.instrument][minute];
  span.from = Instant::ns(minute * kBarNs);
  (forced.position_side == PositionSide::long_side ? span.long_usd : span.short_usd) += value;
  ++span.count;
}

void SeriesBuilder::price(Series& out) const {
  for (const auto& [id, all] : markets_) {
    if (!all.wanted) continue;
    Market agreed;
    if (!all.disputed.empty()) {
      agreed = all;
      for (const auto& [span, minutes] : all.disputed) {
        for (const int64_t minute : minutes) agreed.candles[span].erase(minute);
        if (agreed.candles[span].empty()) agreed.candles.erase(span);
      }
    }
    const Market& m = all.disputed.empty() ? all : agreed;
    // One source a market, the best that it has: a line is never made of several.
    const From from = !m.trades.empty()    ? From::trades
                      : !m.candles.empty() ? From::candles
                                           : From::marks;
    const auto& bars = from == From::trades    ? m.trades
                       : from == From::candles ? m.candles.begin()->second
                                               : m.marks;
    if (bars.empty()) continue;
    const Instrument& i = instruments_[id];
    std::optional<double> size;
    if (i.contract_size) size = i.contract_size->approx() * m.units;
    std::vector<PriceBar> shown = in_order(bars, size);
    const auto coins = coins_of(shown);
    out.prices.push_back({i.venue, i.symbol, i.name(), i.kind,
                          from == From::trades    ? "trades"
                          : from == From::candles ? "candles"
                                                  : "marks",
                          from == From::candles ? m.candles.begin()->first : Duration::minutes(1),
                          std::move(shown), coins});
    if (from != From::candles) continue;
    for (auto other = std::next(m.candles.begin()); other != m.candles.end(); ++other)
      out.prices.back().longer.push_back({other->first, in_order(other->second, size)});
  }
  std::stable_sort(
      out.prices.begin(), out.prices.end(), [](const PriceSeries& a, const PriceSeries& b) {
        // Perpetuals, then spot, the most traded first of each; waves_of() takes the first one's.
        const bool spot_a = a.kind == InstrumentKind::spot, spot_b = b.kind == InstrumentKind::spot;
        if (spot_a != spot_b) return spot_b;
        if (a.coins != b.coins) return a.coins.value_or(-1) > b.coins.value_or(-1);
        return a.bars.size() > b.bars.size();
      });
}

void SeriesBuilder::force(Series& out) const {
  std::map<std::string, std::map<int64_t, ForcedSpan>> by_venue;
  for (const auto& [id, minutes] : forced_) {
    const Instrument& i = instruments_[id];
    if (!i.contract_size) {
      out.left_out.push_back(
          fmt::format("liquidations of {} {}: its contract size is unknown", i.venue, i.symbol));
      continue;
    }
    const double size = i.contract_size->approx();
    for (const auto& [minute, span] : minutes) {
      ForcedSpan& sum = by_venue[i.venue][minute];
      sum.from = span.from;
      sum.long_usd += span.long_usd * size;
      sum.short_usd += span.short_usd * size;
      sum.count += span.count;
    }
  }
  for (const auto& [venue, minutes] : by_venue) {
    ForcedSeries one{venue, {}};
    for (const auto& [minute, span] : minutes) one.minutes.push_back(span);
    out.forced.push_back(std::move(one));
  }
}

Series SeriesBuilder::series() const {
  Series out{.asset = asset_, .prices = {}, .forced = {}, .waves = {}, .left_out = {}};
  price(out);
  force(out);
  out.waves = waves_of(out);
  return out;
}

std::vector<PriceBar> by_step(const PriceSeries& series, Duration step) {
  const Duration span = std::max(step, series.span);
  if (series.longer.empty()) return joined(series.bars, span);
  struct Candles {
    Duration reach;
    const std::vector<PriceBar>* bars;
  };
  const auto reach = [](const std::vector<PriceBar>& bars) {
    return bars.empty() ? Duration() : bars.back().from - bars.front().from;
  };
  std::vector<Candles> all{{reach(series.bars), &series.bars}};
  for (const CandleBars& candles : series.longer) {
    if (candles.span <= span) all.push_back({reach(candles.bars), &candles.bars});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Candles& a, const Candles& b) { return a.reach > b.reach; });
  std::map<Instant, PriceBar> shown;
  for (const Candles& candles : all) {
    for (const PriceBar& bar : joined(*candles.bars, span)) shown.try_emplace(bar.from, bar);
  }
  std::vector<PriceBar> out;
  for (const auto& [from, bar] : shown) out.push_back(bar);
  return out;
}

std::vector<PriceBar> joined(const std::vector<PriceBar>& bars, Duration span) {
  std::vector<PriceBar> out;
  for (const PriceBar& bar : bars) {
    const Instant from = floor_to(bar.from, span);
    if (out.empty() || out.back().from != from) {
      out.push_back(bar);
      out.back().from = from;
      continue;
    }
    PriceBar& last = out.back();
    last.high = std::max(last.high, bar.high);
    last.low = std::min(last.low, bar.low);
    last.close = bar.close;
    last.coins = last.coins && bar.coins ? std::optional(*last.coins + *bar.coins) : std::nullopt;
  }
  return out;
}

std::vector<ForcedSpan> joined(const std::vector<ForcedSpan>& spans, Duration span) {
  std::vector<ForcedSpan> out;
  for (const ForcedSpan& one : spans) {
    const Instant from = floor_to(one.from, span);
    if (out.empty() || out.back().from != from) out.push_back({from, 0, 0, 0});
    out.back().long_usd += one.long_usd;
    out.back().short_usd += one.short_usd;
    out.back().count += one.count;
  }
  return out;
}

}  // namespace delever::reports
