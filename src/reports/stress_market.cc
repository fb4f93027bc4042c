#include "reports/stress_market.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "codec/book.h"
#include "gauges/gauges.h"
#include "market/candle_end.h"
#include "market/seen.h"
#include "market/terms.h"
#include "options/black.h"
#include "reports/gap_notes.h"
#include "reports/sizes_later.h"

namespace delever::reports {
namespace {

constexpr Duration kBookAge = Duration::minutes(5);
constexpr double kNear = 0.001;  // of the mid: 10 bp

// The builder says where a book broke; here an unfinished book is left out in depth() instead.
class NoGaps final : public EventSink {
 public:
  void on_event(const Event&) override {}
};

class StressSink final : public EventSink {
 public:
  StressSink(gauges::Gauges& gauges, const Instruments& instruments, const gauges::Rules& rules,
             const StressTapeQuery& query)
      : gauges_(gauges),
        instruments_(instruments),
        query_(query),
        names_(rules.coins),
        books_(instruments, no_gaps_) {
    if (query.levels) bars_.emplace(instruments, query.asset, names_);
  }

  void on_event(const Event& event) override {
    gauges_.on_event(event);
    books_.on_event(event);
    if (bars_) bars_->on_event(event);
    if (std::holds_alternative<Gap>(event.payload)) return;  // of a stream, not of an instrument
    const Instrument& i = instruments_[event.instrument];
    if (coin_of(event.instrument).asset != names_.plain(query_.asset) || is_builder_market(i) ||
        i.kind == InstrumentKind::option || i.kind == InstrumentKind::index)
      return;
    // Which instruments had a book at all: one that is not whole at the end is said by name.
    if (std::holds_alternative<BookSnapshot>(event.payload) ||
        std::holds_alternative<BookDelta>(event.payload))
      booked_[event.instrument] = true;
    const bool today = event.at > query_.at - Duration::days(1) && event.at <= query_.at;
    if (const auto* trade = std::get_if<Trade>(&event.payload); trade && today)
      add_trade(event, *trade, i);
    if (const auto* candle = std::get_if<Candle>(&event.payload);
        candle && candle->closed && candle->volume && candle->from >= query_.at - Duration::days(1))
      add_candle(event, *candle, i);
  }

  // What cannot be counted in coins is named: a day's volume without it is too small.
  std::optional<double> volume(std::vector<std::string>& missing) const {
    double sum = 0;
    const auto size_of = [&](InstrumentId id) {
      const auto size = coins_a_unit(id);
      if (!size) missing.push_back(unsized(id, "trades"));
      return size;
    };
    for (const auto& [id, minutes] : traded_) {
      const auto size = size_of(id);
      if (!size) continue;
      for (const auto& [minute, channels] : minutes) {
        double most = 0;
        for (const auto& [channel, units] : channels) most = std::max(most, units);
        sum += most * *size;
      }
    }
    for (const auto& [id, by_span] : candles_) {
      // Candles count the trades that we have ourselves.
      if (traded_.contains(id)) continue;
      if (const auto twice = disputed_.find(id); twice != disputed_.end()) {
        const Instrument& i = instruments_[id];
        missing.push_back(fmt::format("the trades of {} {}: candles of {} are told in two ways",
                                      i.venue, i.symbol, twice->second.text()));
        continue;
      }
      const auto size = size_of(id);
      if (!size) continue;
      for (const auto& [from, units] : by_span.begin()->second) sum += units * *size;  // the finest
    }
    return sum > 0 ? std::optional<double>(sum) : std::nullopt;
  }

  void depth(StressTape& tape) const {
    std::map<std::string, std::pair<double, double>> by_venue;
    for (const auto& [id, seen] : booked_) {
      const Instrument& i = instruments_[id];
      const codec::Book* book = books_.book(id);
      if (!book || book->bids().empty() || book->asks().empty() ||
          query_.at - book->at() > kBookAge) {
        tape.missing.push_back(fmt::format("the book of {} {} is not whole at {}", i.venue,
                                           i.symbol, query_.at.text()));
        continue;
      }
      if (!coins_a_unit(id)) {
        tape.missing.push_back(unsized(id, "book"));
        continue;
      }
      const double units = i.kind == InstrumentKind::inverse ? 1 : names_.of(i).units;
      const double mid =
          (book->bids().best().price.approx() + book->asks().best().price.approx()) / 2;
      auto& [bids, asks] = by_venue[i.venue];
      const auto add = [&](const codec::Ladder& side, double& into) {
        for (size_t n = 0; n < side.size() && std::abs(side[n].price.approx() / mid - 1) <= kNear;
             ++n)
          into += coins(i, side[n].qty, side[n].price).value_or(0) * units;
      };
      add(book->bids(), bids);
      add(book->asks(), asks);
    }
    for (const auto& [venue, both] : by_venue) {
      if (both.first > 0) tape.bids.push_back({venue, both.first});
      if (both.second > 0) tape.asks.push_back({venue, both.second});
    }
  }

  std::vector<LevelMarket> markets() const {
    return bars_ ? bars_->markets(query_.at) : std::vector<LevelMarket>();
  }

 private:
  // Plain coins of one unit of quantity, dollars of an inverse contract's. Spot is counted in its
  // own coin.
  std::optional<double> coins_a_unit(InstrumentId id) const {
    const Terms terms = terms_of(instruments_[id], names_, true);
    if (!terms.size && terms.kind == InstrumentKind::spot) return terms.units;
    return terms.size;
  }
  std::string unsized(InstrumentId id, std::string_view what) const {
    const Instrument& i = instruments_[id];
    return fmt::format("the {} of {} {}: contract size unknown", what, i.venue, i.symbol);
  }
  const Coin& coin_of(InstrumentId id) {
    const auto found = coins_.find(id);
    if (found != coins_.end()) return found->second;
    return coins_.emplace(id, names_.of(instruments_[id])).first->second;
  }
  void add_candle(const Event& event, const Candle& candle, const Instrument& i) {
    const double price = candle.close.approx() / coin_of(event.instrument).units;
    if (!(price > 0) || candle.price_kind != PriceKind::trade) return;
    const double units =
        i.kind == InstrumentKind::inverse ? *candle.volume / price : *candle.volume;
    const auto [known, fresh] =
        candles_[event.instrument][candle.to - candle.from].try_emplace(candle.from, units);
    const bool more_to_come = told_at_its_end(candle, event.received);
    const std::tuple one{event.instrument, candle.to - candle.from, candle.from};
    if (fresh || early_.contains(one)) {
      known->second = units;
      if (more_to_come)
        early_.insert(one);
      else
        early_.erase(one);
      return;
    }
    if (!same_figure(known->second, units)) disputed_[event.instrument] = candle.from;
    known->second = std::max(known->second, units);
  }
  // A trade and its aggregate, or two recorders: each minute counts what one channel of them shows
  // at most. Of inverse contracts the units are coins of one dollar's size.
  void add_trade(const Event& event, const Trade& trade, const Instrument& i) {
    if (trade.price.raw() <= 0 || trade.qty.raw() <= 0) return;
    if (!trade.id.empty() && !seen_.first(mark_of(event, trade), event.received)) return;
    const double price = trade.price.approx() / coin_of(event.instrument).units;
    const double units =
        i.kind == InstrumentKind::inverse ? trade.qty.approx() / price : trade.qty.approx();
    traded_[event.instrument][event.at.ns() / 60'000'000'000][{event.source, trade.aggregated}] +=
        units;
  }

  gauges::Gauges& gauges_;
  const Instruments& instruments_;
  const StressTapeQuery& query_;
  const CoinNames& names_;
  std::map<InstrumentId, Coin> coins_;
  SeenLately seen_;
  NoGaps no_gaps_;
  codec::BookBuilder books_;
  std::map<InstrumentId, bool> booked_;
  std::map<InstrumentId, std::map<int64_t, std::map<std::pair<SourceId, bool>, double>>> traded_;
  std::map<InstrumentId, std::map<Duration, std::map<Instant, double>>> candles_;
  // Candles that were told at their very end: what is told of them later stands.
  std::set<std::tuple<InstrumentId, Duration, Instant>> early_;
  std::map<InstrumentId, Instant> disputed_;  // where candles are told in two ways
  std::optional<LevelBars> bars_;
};

// All hedgers on one side, coins traded between no move and x, at the venue's own vols. An option
// without one counts whole: its delta cannot change by more than 1.
double gross_at(const options::OptionBoard& board, double x) {
  double sum = 0;
  for (const options::Chain& chain : board.chains) {
    const options::Exposure* exposure = board.exposure(chain.expiry);
    if (!exposure) continue;
    for (const options::ChainQuote& quote : chain.quotes) {
      if (!quote.open_interest || *quote.open_interest <= 0) continue;
      if (!quote.mark_iv || !(*quote.mark_iv > 0)) {
        sum += *quote.open_interest;
        continue;
      }
      options::BlackOption option{.forward = exposure->forward,
                                  .strike = quote.strike,
                                  .years = exposure->years,
                                  .vol = *quote.mark_iv,
                                  .type = quote.type};
      const double before = options::black(option).delta;
      option.forward *= std::exp(x);
      sum += *quote.open_interest * std::abs(options::black(option).delta - before);
    }
  }
  return sum;
}

// With the move: sales in a fall, purchases in a rise. Beyond the moves that the boards give, all
// that is left may come on either side.
Result<cascade::Flow> dealer_flow(const std::vector<options::OptionBoard>& boards, bool rising,
                                  double reach, DealerFlow& into) {
  std::vector<cascade::FlowCurve::Point> low, high, mid;
  bool known = true;
  const auto add = [&](double y, const options::NetFlow& sum, bool has_mean, double mean) {
    // Hedgers' coins are bought when positive. In a fall the flow with the move is what they sell,
    // so the sign turns and the ends of the band change places.
    low.push_back({y, rising ? sum.low : -sum.high});
    high.push_back({y, rising ? sum.high : -sum.low});
    mid.push_back({y, rising ? mean : -mean});
    known &= has_mean;
    (rising ? into.gross_rises : into.gross_falls).push_back({y, sum.gross});
  };
  std::vector<double> moves;
  for (const double x : options::kMoves) {
    if ((x > 0) == rising) moves.push_back(std::abs(x));
  }
  std::sort(moves.begin(), moves.end());
  for (const double y : moves) {
    options::NetFlow sum;
    bool has_mean = true;
    double mean = 0;
    for (const options::OptionBoard& board : boards) {
      const options::NetFlow& flow = board.exposures.sticky_strike.at(rising ? y : -y);
      sum.low += flow.low;
      sum.high += flow.high;
      sum.gross += flow.gross;
      has_mean &= flow.mean.has_value();
      mean += flow.mean.value_or(0);
    }
    add(y, sum, has_mean, mean);
  }
  const auto gross = [&](double y) {
    double sum = 0;
    for (const options::OptionBoard& board : boards) sum += gross_at(board, rising ? y : -y);
    return sum;
  };
  const double last = moves.back(), base = gross(last);
  const cascade::FlowCurve::Point low_end = low.back(), high_end = high.back(),
                                  mid_end = mid.back();
  const double gross_end = (rising ? into.gross_rises : into.gross_falls).back().total;
  for (int i = 1; i <= 8 && reach > last; ++i) {
    const double y = last + (reach - last) * i / 8, more = std::max(0.0, gross(y) - base);
    low.push_back({y, low_end.total - more});
    high.push_back({y, high_end.total + more});
    // No estimate goes on beyond the last move: the middle stays and the band widens by all the
    // gross.
    mid.push_back({y, mid_end.total});
    (rising ? into.gross_rises : into.gross_falls).push_back({y, gross_end + more});
  }
  const cascade::FlowCurve least = TRY(cascade::FlowCurve::through(low));
  const cascade::FlowCurve most = TRY(cascade::FlowCurve::through(high));
  cascade::Flow flow{.kind = cascade::FlowKind::dealers,
                     .low = least,
                     .high = most,
                     .mid = {},
                     .prior_only = {},
                     .source = into.source};
  if (known) flow.mid = TRY(cascade::FlowCurve::through(mid));
  return flow;
}

Result<void> read_dealers(const std::vector<options::OptionBoard>& boards, double reach,
                          StressTape& tape) {
  std::vector<options::OptionBoard> measured;
  for (const options::OptionBoard& board : boards) {
    if (!board.exposures.expiries.empty()) measured.push_back(board);
  }
  if (measured.empty()) {
    tape.missing.push_back("no option chain: what dealers add or absorb is not known");
    return {};
  }
  tape.dealers.signed_trades = true;
  for (const options::OptionBoard& board : measured) {
    tape.dealers.source += fmt::format("{}{} as of {}", tape.dealers.source.empty() ? "" : "; ",
                                       board.name(), board.as_of.text());
    tape.dealers.signed_trades &= board.signed_trades;
  }
  tape.dealers.falls = TRY(dealer_flow(measured, false, reach, tape.dealers));
  tape.dealers.rises = TRY(dealer_flow(measured, true, reach, tape.dealers));
  return {};
}

// A second pass: a size that came after a contract's first trade serves from the first on.
Result<std::vector<LevelMarket>> read_bars(const std::vector<std::string>& tapes,
                                           const Instruments& known, const gauges::Rules& rules,
                                           const StressTapeQuery& query) {
  const auto feed = TRY(open_tapes(tapes, query.at));
  LevelBars bars(known, query.asset, rules.coins);
  KnownOnly sink(bars, known);
  if (auto ran = feed->run(sink); !ran.has_value()) return std::move(ran.error());
  return bars.markets(query.at);
}

}  // namespace

Result<StressTape> read_stress_tape(const std::vector<std::string>& tapes,
                                    const gauges::Rules& rules, const StressTapeQuery& query) {
  const auto feed = TRY(open_tapes(tapes, query.at));
  gauges::Gauges gauges(query.asset, rules, feed->instruments(), feed->sources());
  StressSink sink(gauges, feed->instruments(), rules, query);
  SizesLater sizes(sink, feed->instruments());
  GapNotes gaps(sizes, feed->instruments(), feed->sources());
  if (auto ran = feed->run(gaps); !ran.has_value()) return std::move(ran.error());
  StressTape tape{.at = query.at};
  // A hole in the last day is a reason to doubt volume and volatility, so it stands first.
  tape.missing = gaps.lines(query.at - Duration::days(1), query.at);
  for (const gauges::Reading& reading : gauges.readings(query.at)) {
    if (reading.venue || reading.expiry || !reading.value) continue;
    if (reading.name == "price_usd") tape.price = reading.value;
    if (reading.name == "realized_vol_24h") tape.sigma_day = *reading.value / std::sqrt(365.0);
  }
  if (!tape.price) tape.missing.push_back("no price on the tape");
  if (!tape.sigma_day) tape.missing.push_back("no realised volatility of 24 h on the tape");
  tape.volume_day = sink.volume(tape.missing);
  if (!tape.volume_day) tape.missing.push_back("no traded volume of 24 h on the tape");
  sink.depth(tape);
  if (tape.bids.empty()) tape.missing.push_back("no order book on the tape");
  const std::vector<options::OptionBoard> boards = gauges.history(query.at).boards;
  if (auto read = read_dealers(boards, query.reach, tape); !read.has_value())
    return std::move(read.error());
  tape.markets = sink.markets();
  if (query.levels && sizes.any(rules.coins, query.asset))
    tape.markets = TRY(read_bars(tapes, feed->instruments(), rules, query));
  return tape;
}

}  // namespace delever::reports
