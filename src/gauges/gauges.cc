#include "gauges/gauges.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "gauges/expiries.h"
#include "gauges/flows.h"
#include "gauges/funding.h"
#include "gauges/liquidations.h"
#include "gauges/open_interest.h"
#include "gauges/option_boards.h"
#include "gauges/panel.h"
#include "gauges/prices.h"
#include "market/first_market.h"

namespace delever::gauges {
namespace {

// A venue's sign of life is taken once a second of an instrument; finer says nothing more about
// coverage.
constexpr Duration kHeardEvery = Duration::seconds(1);

template <class... Kinds>
bool is_any(const EventPayload& payload) {
  return (std::holds_alternative<Kinds>(payload) || ...);
}

Instant floor_before(Instant t,
                     Duration step) {  // the latest multiple of `step` that is before `t`
  const int64_t ns = t.ns() - 1, n = step.ns();
  return Instant::ns((ns / n - (ns % n < 0 ? 1 : 0)) * n);
}

std::map<std::string_view, size_t> gauge_ranks() {
  std::map<std::string_view, size_t> out;
  for (size_t i = 0; i < gauge_names().size(); ++i) out.emplace(gauge_names()[i].name, i);
  return out;
}

}  // namespace

struct Gauges::Impl {
  Impl(std::string asset, const Rules& rules, const Instruments& instruments,
       const std::vector<Source>& sources)
      : subject{std::move(asset), rules, instruments, sources} {}

  Subject subject;
  Prices prices{subject};
  Liquidations liquidations{subject, prices};
  OpenInterests interests{subject, prices};
  Fundings fundings{subject, interests};
  Expiries expiries{subject};
  OptionBoards option_boards{subject};
  Flows flows{subject};
  Standings standings;
  std::optional<Instant> reviewed;
  bool dirty = false;
  Instant known = Instant::min();
  struct Heard {
    Instant last = Instant::min();
    RecordedTimes::Voice* venue = nullptr;
  };
  std::vector<Heard> heard;  // by instrument

  // What the families hold that several sources could disagree about, in the order of
  // gauge_names().
  void read(Panel& panel, bool all) const {
    if (all || liquidations.several()) liquidations.read(panel);
    if (all || fundings.several()) fundings.read(panel);
    if (all || interests.several()) interests.read(panel);
    if (all || prices.several()) prices.read_level(panel);
    if (all) prices.read_basis(panel);
    if (all || prices.several()) prices.read_realized_vol(panel);
    if (all) expiries.read(panel);
    if (all) option_boards.read(panel);
    if (all || flows.several()) flows.read(panel);
  }

  // On the grid, before the first event behind it: sources are put aside or taken back, and the old
  // is forgotten. A moment without new events decides nothing, so the outcome depends on the events
  // alone.
  void review_before(Instant received) {
    const Instant due = floor_before(received, subject.rules.review_every);
    if (!dirty || known == Instant::min() || due < known || (reviewed && due <= *reviewed)) return;
    Panel panel(subject, due, standings, Panel::For::review);
    read(panel, false);
    standings = std::move(panel.standings);
    reviewed = due;
    dirty = false;
    liquidations.forget_before(due);
    prices.forget_before(due);
    interests.forget_before(due);
    fundings.forget_before(due);
    expiries.forget_before(due);
    option_boards.forget_before(due);
  }

  // What was stamped later than it was received, by venue and hour of receipt: how many, and by how
  // much at most.
  struct Ahead {
    uint64_t count = 0;
    Duration most;
    uint64_t long_ago = 0;  // stamped before there was such a market
  };
  std::map<std::string, std::map<Instant, Ahead>> clocks;
  std::map<std::string, std::set<std::string>> builder_markets;
  std::set<InstrumentId> builders_noted;

  // Events of an instrument whose coin only a listing names ("@107" of Hyperliquid's spot), until
  // it does. Of all such instruments together so many are kept, the newest; what is dropped is
  // counted.
  static constexpr size_t kNamelessKept = 100'000;
  struct Nameless {
    std::deque<Event> events;
    uint64_t dropped = 0;
    Instant dropped_to = Instant::min();
  };
  std::map<InstrumentId, Nameless> nameless;
  std::deque<InstrumentId> nameless_order;  // whose event came when
  size_t nameless_events = 0;
  std::map<InstrumentId, Nameless> unkept;  // of those that are the asset's; without events

  static bool is_nameless(const Instrument& i) {
    return i.quote.empty() || i.base.starts_with('@');
  }
  void keep_nameless(const Event& event) {
    if (!is_nameless(subject.instruments[event.instrument]) ||
        !is_any<Trade, Liquidation, MarkPrice, IndexPrice, FundingRate, OpenInterest, Candle>(
            event.payload))
      return;
    if (event.at - event.received > subject.rules.clock_ahead_max ||
        stamped_before_markets(event.at, event.received))
      return;
    nameless[event.instrument].events.push_back(event);
    nameless_order.push_back(event.instrument);
    if (++nameless_events > kNamelessKept) drop_oldest_nameless();
  }
  void drop_oldest_nameless() {
    for (; !nameless_order.empty(); nameless_order.pop_front()) {
      const auto found = nameless.find(nameless_order.front());
      if (found == nameless.end() || found->second.events.empty())
        continue;  // has been named since
      Nameless& of = found->second;
      ++of.dropped;
      of.dropped_to = std::max(of.dropped_to, of.events.front().received);
      of.events.pop_front();
      --nameless_events;
      nameless_order.pop_front();
      return;
    }
  }
  void described(InstrumentId id, Instant at, std::string_view status) {
    subject.described(id, at, status);
    option_boards.described(id);
    const auto kept = nameless.find(id);
    if (kept == nameless.end() || is_nameless(subject.instruments[id])) return;
    nameless_events -= kept->second.events.size();
    if (subject.mine(id)) {
      for (const Event& event : kept->second.events)
        std::visit([&](const auto& payload) { take(event, payload); }, event.payload);
      if (kept->second.dropped > 0)
        unkept[id] = {{}, kept->second.dropped, kept->second.dropped_to};
    }
    nameless.erase(kept);
  }

  // By the hour of receipt: a reading speaks of its own time.
  Ahead& clock_of(const Event& event) {
    const int64_t hour = Duration::hours(1).ns(), ns = event.received.ns();
    const int64_t from = (ns / hour - (ns % hour < 0 ? 1 : 0)) * hour;
    return clocks[subject.instruments[event.instrument].venue][Instant::ns(from)];
  }
  // Of a day before the reading, at least: what is stale may be so for this.
  Ahead clock_under(const std::map<Instant, Ahead>& hours, const Reading& r, Instant at) const {
    Ahead sum;
    const Instant since = std::min(rests_since(r, at), at - kDay);
    for (auto it = hours.lower_bound(since - Duration::hours(1)); it != hours.end(); ++it) {
      sum.count += it->second.count;
      sum.long_ago += it->second.long_ago;
      sum.most = std::max(sum.most, it->second.most);
    }
    return sum;
  }
  void note_builder(InstrumentId id) {
    const Terms& terms = subject.terms(id);
    if (!terms.builder_market || terms.asset != subject.rules.coins.plain(subject.asset)) return;
    const Instrument& i = subject.instruments[id];
    if (builders_noted.insert(id).second) builder_markets[i.venue].insert(i.symbol);
  }
  // Where a stream was not recorded, or what was recorded of it is lost.
  struct Hole {
    Instant from, to;
    std::string reason;
  };
  std::map<SourceId, std::vector<Hole>> holes;

  // What expired more than a day ago is in no sum of a day.
  std::vector<ContractSort> sorts(const std::vector<ContractInterest>& open, Instant at) const {
    std::vector<ContractSort> out;
    for (size_t id = 0; id < heard.size(); ++id) {
      const InstrumentId number{static_cast<uint32_t>(id)};
      if (heard[id].venue == nullptr || !subject.mine(number)) continue;
      const Instrument& i = subject.instruments[number];
      const bool vendor = i.kind == InstrumentKind::aggregate;
      if ((i.kind != InstrumentKind::linear && i.kind != InstrumentKind::inverse && !vendor) ||
          (i.expiry && *i.expiry <= at - kDay))
        continue;
      out.push_back({.asset = subject.asset,
                     .venue = i.venue,
                     .symbol = i.symbol,
                     .settle = i.settle,
                     .perpetual = i.is_perpetual(),
                     .inverse = i.kind == InstrumentKind::inverse,
                     .vendor = vendor});
      out.back().interest = std::any_of(open.begin(), open.end(), [&](const auto& c) {
        return c.venue == i.venue && c.symbol == i.symbol;
      });
    }
    return out;
  }

  // A reading rests on its window, and on a day of quotes where it is of an option chain.
  static Instant rests_since(const Reading& r, Instant at) {
    const bool chain = r.name.starts_with("options_") || r.name.starts_with("vol_") ||
                       r.name.starts_with("hedge_");
    const Duration reach = std::max(r.window, chain ? kDay : Duration::hours(1));
    return std::min(r.as_of.value_or(at), at) - reach;
  }
  // Whose streams a reading rests on. What a lost message would have said is not known, so every
  // stream of the venue counts: a mark that is gone changes an open interest in dollars.
  std::set<std::string> venues_under(const Reading& r) const {
    if (r.venue) return {*r.venue};
    std::set<std::string> out;
    for (const Source& source : subject.sources) {
      if (r.sources.empty() || std::binary_search(r.sources.begin(), r.sources.end(), source.name))
        out.insert(source.venue);
    }
    return out;
  }
  // The gaps that reach into what the reading rests on, a line a stream.
  std::vector<std::string> gaps_under(const Reading& r, Instant at) const {
    std::vector<std::string> out;
    if (holes.empty()) return out;
    const Instant since = rests_since(r, at);
    const std::set<std::string> venues = venues_under(r);
    for (const auto& [id, of_stream] : holes) {
      if (id >= subject.sources.size()) continue;
      const Source& source = subject.sources[id];
      if (!venues.contains(source.venue)) continue;
      size_t count = 0;
      Instant first = at, last = since;
      const Hole* one = nullptr;
      for (const Hole& hole : of_stream) {
        if (hole.to <= since || hole.from > at) continue;
        ++count;
        if (one == nullptr) one = &hole;
        first = std::min(first, std::max(hole.from, since));
        last = std::max(last, std::min(hole.to, at));
      }
      if (one == nullptr) continue;
      out.push_back(fmt::format("{} in {} from {} to {}: {}",
                                count == 1 ? "a gap" : fmt::format("{} gaps", count), source.name,
                                first.text(), last.text(), one->reason));
    }
    return out;
  }

  // What stands beside every reading of the venue, and beside the sums.
  void add_remarks(Reading& r, Instant at) const {
    const auto add = [&](const std::string& what) {
      if (!r.reason.empty()) r.reason += "; ";
      r.reason += what;
    };
    for (const auto& [venue, hours] : clocks) {
      if (r.venue && *r.venue != venue) continue;
      const Ahead clock = clock_under(hours, r, at);
      if (clock.long_ago > 0)
        add(fmt::format(
            "{}: {} figures stamped before 2009, when there was no such market, left out", venue,
            clock.long_ago));
      if (clock.count > 0)
        add(
            fmt::format("{}: {} figures stamped up to {} later than they were received, left out: "
                        "its clock or the recorder's is wrong",
                        venue, clock.count, short_age(clock.most)));
    }
    for (const std::string& gap : gaps_under(r, at)) add(gap);
    for (const auto& [id, lost] : unkept) {
      const Instrument& i = subject.instruments[id];
      if ((r.venue && *r.venue != i.venue) || rests_since(r, at) > lost.dropped_to) continue;
      add(
          fmt::format("{}: {} events of {} to {} came before the list that names it, and were too "
                      "many to be kept",
                      i.venue, lost.dropped, i.symbol, lost.dropped_to.text()));
    }
    for (const auto& [venue, symbols] : builder_markets) {
      if (r.venue && *r.venue != venue) continue;
      add(fmt::format("{}: {} run by others, not in it", venue,
                      join({symbols.begin(), symbols.end()}, ", ")));
    }
  }

  template <class Payload>
  void take(const Event&, const Payload&) {}  // kinds that no gauge here reads
  void take(const Event& e, const Trade& p) {
    prices.add(e, p);
    option_boards.add(e, p);
    const InstrumentKind kind = subject.instruments[e.instrument].kind;
    if (kind == InstrumentKind::linear || kind == InstrumentKind::inverse) liquidations.add(e, p);
  }
  void take(const Event& e, const Liquidation& p) { liquidations.add(e, p); }
  void take(const Event& e, const LiquidationTotal& p) { liquidations.add(e, p); }
  void take(const Event& e, const FundingRate& p) { fundings.add(e, p); }
  void take(const Event& e, const PublishedFigure& p) { fundings.add(e, p); }
  void take(const Event& e, const MarkPrice& p) { prices.add(e, p); }
  void take(const Event& e, const IndexPrice& p) { prices.add(e, p); }
  void take(const Event& e, const OpenInterest& p) {
    interests.add(e, p);
    expiries.add(e, p);
    option_boards.add(e, p);
  }
  void take(const Event& e, const OptionQuote& p) {
    expiries.add(e, p);
    option_boards.add(e, p);
  }
  void take(const Event& e, const Candle& p) { prices.add(e, p); }
  void take(const Event& e, const Holding& p) { flows.add(e, p); }
};

Gauges::Gauges(std::string asset, const Rules& rules, const Instruments& instruments,
               const std::vector<Source>& sources)
    : impl_(std::make_unique<Impl>(std::move(asset), rules, instruments, sources)) {}
Gauges::~Gauges() = default;

void Gauges::on_event(const Event& event) {
  Impl& my = *impl_;
  if (event.received > my.known) {
    my.review_before(event.received);
    my.known = event.received;
  }
  if (const Gap* gap = std::get_if<Gap>(&event.payload)) {  // of a stream, not of an instrument
    my.liquidations.recorded().gap(event.source, *gap);
    if (gap->kind != GapKind::sequence)
      my.holes[event.source].push_back({gap->from, gap->to, gap->reason});
    my.dirty = true;
    return;
  }
  const Instrument& instrument = my.subject.instruments[event.instrument];
  if (const auto* told = std::get_if<InstrumentListed>(&event.payload)) {
    my.described(event.instrument, event.at, told->status);
    my.fundings.listed(event.instrument, event.at);
    my.dirty = true;
  }
  if (my.heard.size() <= event.instrument) my.heard.resize(my.subject.instruments.size());
  Impl::Heard& heard = my.heard[event.instrument];
  if (heard.venue == nullptr || my.known >= heard.last + kHeardEvery) {
    RecordedTimes& recorded = my.liquidations.recorded();
    if (heard.venue == nullptr) heard.venue = &recorded.voice(instrument.venue);
    recorded.heard(*heard.venue, my.known, event.at);
    heard.last = my.known;
  }
  const bool mine = my.subject.mine(event.instrument);
  if (std::holds_alternative<Liquidation>(event.payload))
    my.liquidations.recorded().liquidation(instrument.venue, event.source, my.known, mine);
  if (!mine) {
    my.note_builder(event.instrument);
    my.keep_nameless(event);
    return;
  }
  // Not made then: one of the two clocks is wrong, and nobody can say what its time is.
  const bool ahead = event.at - event.received > my.subject.rules.clock_ahead_max;
  const bool long_ago = stamped_before_markets(event.at, event.received);
  if ((ahead || long_ago) &&
      is_any<Trade, Liquidation, MarkPrice, IndexPrice, FundingRate, OpenInterest, OptionQuote>(
          event.payload)) {
    Impl::Ahead& clock = my.clock_of(event);
    if (long_ago) {
      ++clock.long_ago;
    } else {
      ++clock.count;
      clock.most = std::max(clock.most, event.at - event.received);
    }
    return;
  }
  my.dirty = true;
  std::visit([&](const auto& payload) { my.take(event, payload); }, event.payload);
}

std::vector<Reading> Gauges::readings(Instant at) const {
  CHECK(at >= impl_->known);
  Panel panel(impl_->subject, at, impl_->standings);
  impl_->read(panel, true);
  for (Reading& r : panel.readings) impl_->add_remarks(r, at);
  // The order of gauge_names(), the aggregate first, then venues, then expiries: the order found,
  // kept.
  static const std::map<std::string_view, size_t> ranks = gauge_ranks();
  const auto rank = [](const Reading& r) {
    const auto found = ranks.find(r.name);
    CHECK(found != ranks.end() && gauge_names()[found->second].unit == r.unit);
    return static_cast<long>(found->second);
  };
  std::vector<std::pair<long, size_t>> order;
  for (size_t i = 0; i < panel.readings.size(); ++i) order.emplace_back(rank(panel.readings[i]), i);
  std::sort(order.begin(), order.end());
  std::vector<Reading> out;
  out.reserve(order.size());
  for (const auto& entry : order) out.push_back(std::move(panel.readings[entry.second]));
  return out;
}

History Gauges::history(Instant at, Instant from) const {
  CHECK(at >= impl_->known);
  History out;
  out.liquidations = impl_->liquidations.days(at);
  std::erase_if(out.liquidations, [&](const LiquidationDay& d) { return d.day < from; });
  out.funding = impl_->fundings.points(from, at);
  out.open_interest = impl_->interests.points(from, at);
  out.contracts = impl_->interests.contracts(at);
  out.sorts = impl_->sorts(out.contracts, at);
  out.expiries = impl_->expiries.chain(at);
  out.boards = impl_->option_boards.boards(at);
  out.prices = impl_->prices.candles(from, at);
  out.etf_flows = impl_->flows.etf_flows(from, at);
  return out;
}

std::string Gauges::remarks(Instant at) const {
  Reading everything;
  everything.window = kDay;
  impl_->add_remarks(everything, at);
  return everything.reason;
}

DayFigures Gauges::day_figures(Instant day) const {
  CHECK(day == day.start_of_day());
  DayFigures out{.asset = impl_->subject.asset, .day = day};
  out.closes = impl_->prices.day_closes(day + kDay);
  out.liquidations = impl_->liquidations.day_totals(day);
  out.interest = impl_->interests.day_interest(day + kDay);
  out.funding = impl_->fundings.day_rates(day + kDay);
  return out;
}

Instant Gauges::known_until() const { return impl_->known; }
const std::string& Gauges::asset() const { return impl_->subject.asset; }

Sampler::Sampler(Gauges& gauges, Times times, Take take)
    : gauges_(gauges), times_(times), take_(std::move(take)), next_(times.from) {
  CHECK(times_.step > Duration());
  done_ = times_.from > times_.to;
}

void Sampler::take_before(Instant received) {
  while (!done_ && next_ < received) {
    take_(next_, gauges_.readings(next_));
    done_ = times_.to - next_ < times_.step;
    if (!done_) next_ = next_ + times_.step;
  }
}

void Sampler::on_event(const Event& event) {
  take_before(event.received);
  if (!done_) gauges_.on_event(event);
}

void Sampler::finish() {
  take_before(Instant::max());
  if (!done_ && next_ == Instant::max()) take_(next_, gauges_.readings(next_));
  done_ = true;
}

const std::vector<GaugeName>& gauge_names() {
  static const std::vector<GaugeName> names{
      {"liq_long_usd_24h", "USD", "long positions liquidated in 24 h"},
      {"liq_short_usd_24h", "USD", "short positions liquidated in 24 h"},
      {"liq_total_usd_24h", "USD", "long and short positions liquidated in 24 h"},
      {"liq_long_share", "fraction", "L / (L + S) of the 24 h"},
      {"liq_dominance_osc", "fraction", "(L - S) / (L + S) of the 24 h"},
      {"liq_concentration_1m", "fraction", "share of the 24 h total in its largest minute"},
      {"liq_concentration_1h", "fraction", "share of the 24 h total in its largest hour"},
      {"liq_long_share_ma30", "fraction", "mean of 30 daily long shares"},
      {"liq_long_share_ma30_weighted", "fraction", "L / (L + S) of 30 days' sums"},
      {"liq_dominance_osc_ma30", "fraction", "mean of 30 daily oscillators"},
      {"liq_dominance_osc_ma30_weighted", "fraction", "(L - S) / (L + S) of 30 days' sums"},
      {"liq_dominance_osc_percentile", "fraction", "share of earlier days with a lower oscillator"},
      {"liq_dominance_osc_percentile_weighted", "fraction",
       "the same, days weighted by their total"},
      {"funding_rate", "fraction_per_interval",
       "accruing now, else paid last; the window is its interval"},
      {"funding_rate_predicted", "fraction_per_interval", "announced for the period after"},
      {"funding_annual", "fraction_per_year", "mean of 24 h of settlements, simple"},
      {"funding_annual_compounded", "fraction_per_year",
       "the same mean, compounded every interval"},
      {"funding_annual_oi_weighted", "fraction_per_year",
       "funding_annual of the venues, weighted by coins open"},
      {"funding_distance_from_neutral", "fraction_per_year",
       "funding_annual less the interest part of the formula"},
      {"funding_carry_usd_24h", "USD",
       "what longs paid shorts in 24 h, on the open interest of now"},
      {"oi_coins", "coins", "open interest, one side"},
      {"oi_usd", "USD", "open interest, one side"},
      {"oi_change_24h_coins", "coins", "over 24 h, contracts that were there at both ends"},
      {"oi_change_24h_usd", "USD", "the same in dollars: moves with the price as well"},
      {"price_usd", "USD_per_coin", "last spot price or index"},
      {"price_low_24h", "USD_per_coin", "lowest trade of 24 h"},
      {"price_high_24h", "USD_per_coin", "highest trade of 24 h"},
      {"basis_annual", "fraction_per_year", "(future / index - 1) / years to expiry"},
      {"basis_perpetual", "fraction",
       "perpetual / index - 1; a perpetual has no years to divide by"},
      {"realized_vol_24h", "fraction_per_year", "log returns of 24 h, times 365"},
      {"vol_index_30d", "fraction_per_year",
       "delever-VIX30: variance strip of the options, 30 days"},
      {"vol_premium", "fraction_per_year", "vol_index_30d less realized_vol_24h"},
      {"options_oi", "coins", "open options; with an expiry: of it"},
      {"options_oi_calls", "coins", "open calls"},
      {"options_oi_puts", "coins", "open puts"},
      {"options_put_call", "fraction", "open puts / open calls"},
      {"options_max_pain", "USD_per_coin", "strike where holders would receive the fewest dollars"},
      {"options_max_pain_coin", "USD_per_coin",
       "strike where holders would receive the fewest coins"},
      {"hedge_flow_1pct_gross", "coins",
       "what all hedgers trade when the forward rises 1 %, all on one side"},
      {"hedge_flow_1pct_net", "coins", "the same with their positions' signs: + is buying"},
      {"etf_flow_usd_1d", "USD", "net flow of exchange-traded funds on the last day reported"},
  };
  return names;
}

}  // namespace delever::gauges
