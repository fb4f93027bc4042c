#include "reports/carry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <tuple>

#include "base/text.h"
#include "gauges/funding.h"
#include "gauges/rules.h"
#include "market/candle_end.h"
#include "market/figure_names.h"
#include "market/terms.h"
#include "reports/expiry.h"
#include "reports/feed.h"
#include "reports/gap_notes.h"
#include "reports/inputs.h"

namespace delever::reports {
namespace {

// Prices and settled funding of two instruments, known by canonical name and, where several venues
// have it, by venue.
class CarrySink final : public EventSink {
 public:
  CarrySink(const Instruments& instruments, const CarryOptions& options, CoinNames coins)
      : instruments_(instruments),
        names_{instrument_named(options.spot), instrument_named(options.contract)},
        venue_(options.venue),
        names_of_coins_(std::move(coins)) {}

  void on_event(const Event& event) override {
    if (std::holds_alternative<Gap>(event.payload)) return;  // of a stream, not of an instrument
    const size_t leg = leg_of(event.instrument);
    if (leg == kNone) return;
    seen_[leg].insert(event.instrument);
    const auto note = [&](Instant at, Price price, const char* what) {
      if (price.raw() > 0) prices_[leg][at] = {price.approx() / units(event.instrument), what};
    };
    // A block is agreed off the book.
    if (const auto* trade = std::get_if<Trade>(&event.payload); trade && !trade->block)
      note(event.at, trade->price, "trade");
    if (const auto* mark = std::get_if<MarkPrice>(&event.payload))
      note(to_second(event.at), mark->price, "mark");
    // Venues tell the index beside the mark, of the contract: it is a price of the other leg.
    if (const auto* index = std::get_if<IndexPrice>(&event.payload); index && leg == 0)
      note(event.at, index->price, "index");
    if (const auto* candle = std::get_if<Candle>(&event.payload);
        candle && candle->closed && (leg == 0 || candle->price_kind != PriceKind::index)) {
      // Nobody traded: the close before it written again.
      const bool idle = candle->price_kind == PriceKind::trade && candle->volume == 0.0;
      const Instant end = to_second(candle->to);
      const bool early = told_at_its_end(*candle, event.received);
      const auto [told, fresh] = closes_[leg].try_emplace(
          {event.instrument, end, candle->to - candle->from, candle->price_kind},
          Close{candle->close, early});
      if (!fresh && told->second.early) {
        told->second = {candle->close, early};  // the later word
      } else if (!fresh) {
        if (!same_figure(told->second.price.approx(), candle->close.approx()))
          disputed_[leg].insert(end);
        told->second.price = std::max(told->second.price, candle->close);
      }
      if (!idle) note(end, told->second.price, "candle close");
    }
    if (const auto* figure = std::get_if<PublishedFigure>(&event.payload);
        leg == 1 && figure && figure->metric == kFundingRateType)
      types_[to_second(event.at)].insert(figure->unit);
    const auto* funding = std::get_if<FundingRate>(&event.payload);
    if (leg != 1 || !funding || funding->kind != FundingKind::settled) return;
    const Instant paid = to_second(funding->settles_at.value_or(event.at));
    const auto [known, fresh] = rates_.try_emplace(paid, *funding);
    if (fresh) return;
    if (!gauges::same_rate(known->second.rate, funding->rate)) twice_.insert(paid);
    if (funding->rate > known->second.rate) known->second = *funding;
  }

  // What was settled in (from, to] is one series of payments.
  Result<void> rates_belong_together(Instant from, Instant to) const {
    if (const auto types = gauges::several_types(types_, from, to); !types.empty())
      return Error{
          Fault::no_evidence,
          fmt::format("rates of several types ({}) were settled, and nothing says which of "
                      "them belong together",
                      fmt::join(types, ", ")),
          "carry"};
    const auto twice = twice_.upper_bound(from);
    if (twice != twice_.end() && *twice <= to)
      return Error{Fault::no_evidence, "two different rates are told as paid at " + twice->text(),
                   "carry"};
    return {};
  }

  Result<const Instrument*> instrument(size_t leg) const {
    if (seen_[leg].empty()) {
      return Error{Fault::no_evidence,
                   fmt::format("no {} {}{} in the data{}", leg == 0 ? "spot or index" : "contract",
                               names_[leg], venue_.empty() ? "" : " at " + venue_, like_it(leg)),
                   "carry"};
    }
    if (seen_[leg].size() > 1) {
      std::string venues;
      for (const InstrumentId id : seen_[leg])
        venues += (venues.empty() ? "" : ", ") + instruments_[id].venue;
      return Error{Fault::refused,
                   fmt::format("{} is traded at {}: say --venue", names_[leg], venues), "carry"};
    }
    return &instruments_[*seen_[leg].begin()];
  }

  // Both legs are one coin, paid in one money. Contracts of 1000 coins are counted in plain coins.
  Result<void> legs_belong_together() const {
    if (seen_[0].empty()) return {};  // the prices of the spot are given
    const Instrument &spot = instruments_[*seen_[0].begin()],
                     &contract = instruments_[*seen_[1].begin()];
    const Coin a = names_of_coins_.of(spot), b = names_of_coins_.of(contract);
    if (a.asset != b.asset)
      return Error{Fault::refused,
                   fmt::format("another coin: {} is {}, {} is {}", spot.name(), a.asset,
                               contract.name(), b.asset),
                   "carry"};
    if (money_of(spot.quote) != money_of(contract.quote))
      return Error{Fault::refused,
                   fmt::format("another quote: {} is paid in {}, {} in {}", spot.name(), spot.quote,
                               contract.name(), contract.quote),
                   "carry"};
    return {};
  }
  double units_of(size_t leg) const {
    return seen_[leg].empty() ? 1 : names_of_coins_.of(instruments_[*seen_[leg].begin()]).units;
  }

  Result<PricePaid> price(size_t leg, Instant at, Duration age) const {
    auto after = prices_[leg].upper_bound(at);
    // A candle that is told in two ways is no price.
    while (after != prices_[leg].begin() && disputed_[leg].contains(std::prev(after)->first))
      --after;
    if (after == prices_[leg].begin() || at - std::prev(after)->first > age) {
      return Error{
          Fault::no_evidence,
          fmt::format("no price of {} within {} before {}", names_[leg], age.text(), at.text()),
          "carry"};
    }
    const auto& [when, found] = *std::prev(after);
    return PricePaid{found.first, fmt::format("{} of {}", found.second, when.text())};
  }

  const std::map<Instant, FundingRate>& rates() const { return rates_; }

  std::optional<Duration> listed_interval() const {
    return seen_[1].empty() ? std::nullopt : instruments_[*seen_[1].begin()].funding_interval;
  }
  // Of the contract's settlements, where no rate states it: as listed, else the distance that two
  // in three of them have.
  std::optional<Duration> interval_known() const {
    if (const auto listed = listed_interval()) return listed;
    std::map<Duration, size_t> apart;
    for (auto it = rates_.begin(); it != rates_.end() && std::next(it) != rates_.end(); ++it)
      ++apart[to_second(std::next(it)->first) - to_second(it->first)];
    for (const auto& [distance, count] : apart) {
      if (3 * count >= 2 * (rates_.size() - 1)) return distance;
    }
    return std::nullopt;
  }

  // How long the period was that was paid for at `at`: as stated, else the distance to the
  // settlement before it, unless those on both sides divide it, for then one in between is missing.
  std::optional<Duration> period_at(Instant at) const {
    const auto here = rates_.find(at);
    if (here == rates_.end()) return std::nullopt;
    if (here->second.interval) return here->second.interval;
    const auto apart = [&](std::map<Instant, FundingRate>::const_iterator later) {
      return later == rates_.end() || later == rates_.begin()
                 ? std::optional<Duration>()
                 : std::optional(later->first - std::prev(later)->first);
    };
    const auto own = apart(here), after = apart(std::next(here));
    const auto before = here == rates_.begin() ? std::nullopt : apart(std::prev(here));
    // Nobody settles less often than every 8 h: more is a hole.
    const Duration most = Duration::hours(8) + Duration::minutes(1);
    if (!own || *own > most) return after && *after <= most ? after : listed_interval();
    const auto divides = [&](std::optional<Duration> other) {
      return other && *other < *own && own->ns() % other->ns() == 0;
    };
    if (!divides(after) && !divides(before)) return own;
    if (divides(after) && divides(before)) return after;
    // At an end of what is known, or where the interval changes: the listing decides.
    const auto listed = listed_interval();
    const auto other = divides(after) ? after : before;
    const bool at_end = !after || !before;
    return at_end && (!listed || listed == other) ? other : own;
  }

  // Venues stamp settlements, marks and the ends of candles some milliseconds beside the hour.
  static Instant to_second(Instant t) {
    const int64_t second = 1'000'000'000;
    const int64_t ns = t.ns() + second / 2;
    return Instant::ns(ns - (ns % second + second) % second);
  }

 private:
  static constexpr size_t kNone = 2;
  // The dollar and its stablecoins count as one, as in the rules of the gauges.
  static std::string money_of(const std::string& quote) {
    for (const char* dollar : {"USD", "USDT", "USDC", "BUSD", "FDUSD"}) {
      if (quote == dollar) return "USD";
    }
    return quote;
  }
  double units(InstrumentId id) {
    const auto [found, fresh] = units_.try_emplace(id, 1);
    if (fresh) found->second = names_of_coins_.of(instruments_[id]).units;
    return found->second;
  }
  // What there is of the coin, for whoever typed another name.
  std::string like_it(size_t leg) const {
    const std::string coin = names_[leg].substr(0, names_[leg].find('-'));
    std::set<std::string> names;
    for (size_t n = 0; n < instruments_.size() && names.size() < 8; ++n) {
      const Instrument& i = instruments_[InstrumentId(static_cast<uint32_t>(n))];
      const bool spot = i.kind == InstrumentKind::spot || i.kind == InstrumentKind::index;
      if (i.base == coin && spot == (leg == 0) && i.kind != InstrumentKind::option &&
          i.kind != InstrumentKind::aggregate)
        names.insert(i.name());
    }
    return names.empty() ? "" : fmt::format("; of {} there are {}", coin, fmt::join(names, ", "));
  }
  size_t leg_of(InstrumentId id) {
    const auto [found, fresh] = legs_.try_emplace(id, kNone);
    if (!fresh) return found->second;
    const Instrument& i = instruments_[id];
    if (!venue_.empty() && i.venue != venue_) return kNone;
    for (size_t leg = 0; leg < 2; ++leg) {
      if (i.name() == names_[leg] || upper(i.symbol) == names_[leg]) {
        // Spot and perpetual may share a symbol at a venue (BTCUSDT): the kind tells them apart.
        const bool spot = i.kind == InstrumentKind::spot || i.kind == InstrumentKind::index;
        if (spot == (leg == 0)) return found->second = leg;
      }
    }
    return kNone;
  }

  const Instruments& instruments_;
  std::array<std::string, 2> names_;  // spot, contract
  std::string venue_;
  std::map<InstrumentId, size_t> legs_;
  std::array<std::set<InstrumentId>, 2> seen_;
  std::array<std::map<Instant, std::pair<double, const char*>>, 2> prices_;
  struct Close {
    Price price;
    bool early = false;  // told at its very end: more of it may come
  };
  std::array<std::map<std::tuple<InstrumentId, Instant, Duration, PriceKind>, Close>, 2> closes_;
  std::array<std::set<Instant>, 2> disputed_;  // ends of candles that are told in two ways
  std::map<Instant, FundingRate> rates_;
  gauges::RateTypes types_;
  std::set<Instant> twice_;  // settlements of which two rates are told
  CoinNames names_of_coins_;
  std::map<InstrumentId, double> units_;
};

options::CarryCosts costs_of(const CarryOptions& o) {
  return {.spot_entry = o.spot_fee,
          .spot_exit = o.spot_fee,
          .contract_entry = o.contract_fee,
          .contract_exit = o.exit_fee.value_or(o.contract_fee),
          .borrow_rate = o.borrow,
          .borrowed_share = o.borrowed,
          .margin = o.margin};
}

Result<PricePaid> given_or(const std::optional<double>& given, const CarrySink* sink, size_t leg,
                           Instant at, Duration age, const char* option) {
  if (given) return PricePaid{*given, "given"};
  if (!sink)
    return Error{Fault::usage, fmt::format("wants {}, or a tape that knows it", option), "carry"};
  return sink->price(leg, at, age);
}

Result<void> work_out_dated(CarryReport& report, const CarryOptions& o, const CarrySink* sink,
                            Duration age) {
  report.spot_entry = TRY(given_or(o.spot_entry, sink, 0, report.from, age, "--spot-entry"));
  report.contract_entry =
      TRY(given_or(o.contract_entry, sink, 1, report.from, age, "--contract-entry"));
  options::DatedCarry trade{.spot = report.spot_entry.price,
                            .future = report.contract_entry.price,
                            .entry = report.from,
                            .expiry = report.to,
                            .contract = report.kind,
                            .costs = costs_of(o),
                            .settlement = o.spot_exit};
  report.result = TRY(options::dated_carry(trade));
  const double exit = o.spot_exit.value_or(report.spot_entry.price);
  report.spot_exit = {exit,
                      o.spot_exit ? "given" : "settles where spot stood: it cancels but for fees"};
  report.contract_exit = report.spot_exit;
  return {};
}

Result<void> work_out_perpetual(CarryReport& report, const CarryOptions& o, const CarrySink& sink,
                                Duration age) {
  report.spot_entry = TRY(given_or(o.spot_entry, &sink, 0, report.from, age, "--spot-entry"));
  report.spot_exit = TRY(given_or(o.spot_exit, &sink, 0, report.to, age, "--spot-exit"));
  report.contract_entry =
      TRY(given_or(o.contract_entry, &sink, 1, report.from, age, "--contract-entry"));
  report.contract_exit =
      TRY(given_or(o.contract_exit, &sink, 1, report.to, age, "--contract-exit"));
  options::PerpetualCarry trade{.spot_entry = report.spot_entry.price,
                                .spot_exit = report.spot_exit.price,
                                .perpetual_entry = report.contract_entry.price,
                                .perpetual_exit = report.contract_exit.price,
                                .entry = report.from,
                                .exit = report.to,
                                .contract = report.kind,
                                .costs = costs_of(o)};
  TRY(sink.rates_belong_together(report.from, report.to));
  std::optional<Duration> interval;
  for (const auto& [at, rate] : sink.rates()) {
    if (at <= report.from || at > report.to) continue;
    const PricePaid mark =
        TRY(sink.price(1, at, age));  // the venue charges on the mark of the moment
    trade.funding.push_back({at, rate.rate.approx(), mark.price, sink.period_at(at)});
    if (rate.interval) interval = std::max(interval.value_or(*rate.interval), *rate.interval);
  }
  if (trade.funding.empty()) {
    return Error{Fault::no_evidence,
                 fmt::format("no settled funding of {} between {} and {}", report.contract,
                             report.from.text(), report.to.text()),
                 "carry"};
  }
  if (!interval) interval = sink.interval_known();
  // What comes after the last payment is paid for as that was, or as the venue lists it now.
  if (const auto last = trade.funding.back().period)
    interval = std::max(*last, sink.listed_interval().value_or(*last));
  if (interval) trade.gap_max = *interval + *interval / 8;
  report.result = TRY(options::perpetual_carry(trade));
  report.funding = std::move(trade.funding);
  return {};
}

}  // namespace

Result<CarryReport> carry_report(const CarryOptions& o, Context& context) {
  CarryReport report{.contract = o.contract, .spot = o.spot};
  const Duration age = TRY(of_option(Duration::parse(o.price_age), "--price-age"));
  if (age < Duration()) return Error{Fault::usage, "must not be negative", "--price-age"};
  report.from = TRY(parse_at(o.from, "--from", context));
  if (!o.to.empty()) {
    report.to = TRY(parse_at(o.to, "--to", context));
    if (report.to <= report.from) return Error{Fault::usage, "is not after --from", "--to"};
  }
  std::unique_ptr<EventFeed> feed;
  std::unique_ptr<CarrySink> sink;
  if (!o.tapes.empty() || !o.episode.empty()) {
    if (o.contract.empty() || o.spot.empty())
      return Error{Fault::usage, "data want --spot and --contract, as BTC-USDT and BTC-USDT-PERP",
                   "carry"};
    // Settlements may be stamped a little late: the minute after the exit is read as well.
    const Instant until =
        std::max(report.from, o.to.empty() ? report.from : report.to) + Duration::minutes(1);
    if (o.tapes.empty()) {
      const Episode episode = TRY(load_episode(find_shipped(o.episode)));
      feed = TRY(open_episode(episode, until));
    } else {
      feed = TRY(open_tapes(o.tapes, until, context.progress));
    }
    const std::string rules = TRY(read_file(find_shipped(o.rules)));
    sink = std::make_unique<CarrySink>(feed->instruments(), o,
                                       TRY(gauges::Rules::load(rules, o.rules)).coins);
    GapNotes gaps(*sink, feed->instruments(), feed->sources());
    if (auto ran = feed->run(gaps); !ran.has_value()) return std::move(ran.error());
    report.notes = gaps.lines(report.from, until);
  }
  std::optional<Instant> expiry;
  if (!o.expiry.empty()) expiry = TRY(of_option(read_expiry(o.expiry), "--expiry"));
  if (o.inverse) report.kind = options::CarryContract::inverse;
  if (sink) {
    const Instrument* contract = TRY(sink->instrument(1));
    report.contract = contract->name() + " at " + contract->venue;
    report.perpetual = contract->is_perpetual();
    report.kind = contract->kind == InstrumentKind::inverse ? options::CarryContract::inverse
                                                            : options::CarryContract::linear;
    if (!report.perpetual && !expiry) expiry = contract->expiry;
    if (!o.spot_entry) {
      const Instrument* spot = TRY(sink->instrument(0));
      report.spot = spot->name() + " at " + spot->venue;
    }
    TRY(sink->legs_belong_together());
    report.units = sink->units_of(1);
  }
  if (report.perpetual) {
    if (o.to.empty())
      return Error{Fault::usage, "a perpetual wants --to: it has no expiry", "carry"};
    TRY(work_out_perpetual(report, o, *sink, age));
  } else {
    if (!expiry)
      return Error{Fault::usage, "a future without data wants --expiry, as 27MAR26", "carry"};
    if (!o.to.empty() && report.to != *expiry)
      report.notes.push_back("--to is not taken: a future is held to its expiry");
    report.to = *expiry;
    if (report.spot.empty()) report.spot = "spot";
    if (report.contract.empty()) report.contract = "future of " + expiry_name(*expiry);
    TRY(work_out_dated(report, o, sink.get(), age));
  }
  return report;
}

}  // namespace delever::reports
