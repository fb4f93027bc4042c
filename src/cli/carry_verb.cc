#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>

#include "cli/cli.h"
#include "cli/feed.h"
#include "cli/json.h"
#include "market/shown.h"
#include "market/terms.h"
#include "options/carry.h"

namespace delever::cli {
namespace {

struct CarryOptions {
  std::vector<std::string> tapes;
  std::string episode, venue, spot, contract, from, to, expiry, price_age = "65m", out;
  std::optional<double> spot_entry, spot_exit, contract_entry, contract_exit;
  bool inverse = false;
  double spot_fee = 0, contract_fee = 0, borrow = 0, borrowed = 0, margin = 0;
  std::optional<double> exit_fee;
};

struct PricePaid {
  double price = 0;
  std::string from;  // "given", or what it was and when
};

// The deal as it will be worked out, and where its figures came from.
struct Deal {
  std::string contract, spot;
  bool perpetual = false;
  double units = 1;  // coins in one unit of the contract
  options::CarryContract kind = options::CarryContract::linear;
  Instant from, to;
  PricePaid spot_entry, spot_exit, contract_entry, contract_exit;
  std::vector<options::FundingPayment> funding;
  options::CarryResult result;
};

// Prices and settled funding of two instruments, known by canonical name and, where several venues
// have it, by venue.
class CarrySink final : public EventSink {
 public:
  CarrySink(const Instruments& instruments, const CarryOptions& options)
      : instruments_(instruments), names_{options.spot, options.contract}, venue_(options.venue) {}

  void on_event(const Event& event) override {
    if (std::holds_alternative<Gap>(event.payload)) return;  // of a stream, not of an instrument
    const size_t leg = leg_of(event.instrument);
    if (leg == kNone) return;
    seen_[leg].insert(event.instrument);
    const auto note = [&](Instant at, Price price, const char* what) {
      if (price.raw() > 0) prices_[leg][at] = {price.approx() / units(event.instrument), what};
    };
    if (const auto* trade = std::get_if<Trade>(&event.payload))
      note(event.at, trade->price, "trade");
    if (const auto* mark = std::get_if<MarkPrice>(&event.payload))
      note(to_second(event.at), mark->price, "mark");
    if (const auto* index = std::get_if<IndexPrice>(&event.payload))
      note(event.at, index->price, "index");
    if (const auto* candle = std::get_if<Candle>(&event.payload); candle && candle->closed)
      note(to_second(candle->to), candle->close, "candle close");
    const auto* funding = std::get_if<FundingRate>(&event.payload);
    if (leg != 1 || !funding || funding->kind != FundingKind::settled) return;
    rates_[to_second(funding->settles_at.value_or(event.at))] = *funding;
  }

  Result<const Instrument*> instrument(size_t leg) const {
    if (seen_[leg].empty()) {
      return Error{Fault::no_evidence,
                   fmt::format("nothing of {}{} in the data", names_[leg],
                               venue_.empty() ? "" : " at " + venue_),
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

  // Both legs are one coin, in one currency. Contracts of 1000 coins are counted in plain coins.
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
    if (currency(spot.quote) != currency(contract.quote))
      return Error{Fault::refused,
                   fmt::format("another currency: {} is paid in {}, {} in {}", spot.name(),
                               spot.quote, contract.name(), contract.quote),
                   "carry"};
    return {};
  }
  double units_of(size_t leg) const {
    return seen_[leg].empty() ? 1 : names_of_coins_.of(instruments_[*seen_[leg].begin()]).units;
  }

  Result<PricePaid> price(size_t leg, Instant at, Duration age) const {
    auto after = prices_[leg].upper_bound(at);
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

  // Venues stamp settlements, marks and the ends of candles some milliseconds beside the hour.
  static Instant to_second(Instant t) {
    const int64_t second = 1'000'000'000;
    const int64_t ns = t.ns() + second / 2;
    return Instant::ns(ns - (ns % second + second) % second);
  }

 private:
  static constexpr size_t kNone = 2;
  // The dollar and its stablecoins count as one, as in the rules of the gauges.
  static std::string currency(const std::string& quote) {
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
  size_t leg_of(InstrumentId id) {
    const auto [found, fresh] = legs_.try_emplace(id, kNone);
    if (!fresh) return found->second;
    const Instrument& i = instruments_[id];
    if (!venue_.empty() && i.venue != venue_) return kNone;
    for (size_t leg = 0; leg < 2; ++leg) {
      if (i.name() == names_[leg] || i.symbol == names_[leg]) {
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
  std::map<Instant, FundingRate> rates_;
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
    return Error{Fault::malformed, fmt::format("wants {}, or a tape that knows it", option),
                 "carry"};
  return sink->price(leg, at, age);
}

Result<void> work_out_dated(Deal& deal, const CarryOptions& o, const CarrySink* sink,
                            Duration age) {
  deal.spot_entry = TRY(given_or(o.spot_entry, sink, 0, deal.from, age, "--spot-entry"));
  deal.contract_entry =
      TRY(given_or(o.contract_entry, sink, 1, deal.from, age, "--contract-entry"));
  options::DatedCarry trade{.spot = deal.spot_entry.price,
                            .future = deal.contract_entry.price,
                            .entry = deal.from,
                            .expiry = deal.to,
                            .contract = deal.kind,
                            .costs = costs_of(o),
                            .settlement = o.spot_exit};
  deal.result = TRY(options::dated_carry(trade));
  const double exit = o.spot_exit.value_or(deal.spot_entry.price);
  deal.spot_exit = {exit,
                    o.spot_exit ? "given" : "settles where spot stood: it cancels but for fees"};
  deal.contract_exit = deal.spot_exit;
  return {};
}

Result<void> work_out_perpetual(Deal& deal, const CarryOptions& o, const CarrySink& sink,
                                Duration age) {
  deal.spot_entry = TRY(given_or(o.spot_entry, &sink, 0, deal.from, age, "--spot-entry"));
  deal.spot_exit = TRY(given_or(o.spot_exit, &sink, 0, deal.to, age, "--spot-exit"));
  deal.contract_entry =
      TRY(given_or(o.contract_entry, &sink, 1, deal.from, age, "--contract-entry"));
  deal.contract_exit = TRY(given_or(o.contract_exit, &sink, 1, deal.to, age, "--contract-exit"));
  options::PerpetualCarry trade{.spot_entry = deal.spot_entry.price,
                                .spot_exit = deal.spot_exit.price,
                                .perpetual_entry = deal.contract_entry.price,
                                .perpetual_exit = deal.contract_exit.price,
                                .entry = deal.from,
                                .exit = deal.to,
                                .contract = deal.kind,
                                .costs = costs_of(o)};
  std::optional<Duration> interval;
  for (const auto& [at, rate] : sink.rates()) {
    if (at <= deal.from || at > deal.to) continue;
    const PricePaid mark =
        TRY(sink.price(1, at, age));  // the venue charges on the mark of the moment
    trade.funding.push_back({at, rate.rate.approx(), mark.price});
    if (rate.interval) interval = std::max(interval.value_or(*rate.interval), *rate.interval);
  }
  if (trade.funding.empty()) {
    return Error{Fault::no_evidence,
                 fmt::format("no settled funding of {} between {} and {}", deal.contract,
                             deal.from.text(), deal.to.text()),
                 "carry"};
  }
  if (interval) trade.gap_max = *interval + *interval / 8;
  deal.result = TRY(options::perpetual_carry(trade));
  deal.funding = std::move(trade.funding);
  return {};
}

std::string carry_text(const Deal& deal) {
  const options::CarryResult& r = deal.result;
  std::string out = fmt::format(
      "long {}, short {} ({}), {} to {}, {:.2f} days; money per coin of position\n", deal.spot,
      deal.contract, deal.kind == options::CarryContract::linear ? "linear" : "inverse",
      deal.from.text(), deal.to.text(), r.years * 365);
  const auto price = [&](const char* when, const PricePaid& spot, const PricePaid& contract) {
    out += fmt::format("  {:<6} spot {} ({}), contract {} ({})\n", when, shown_price(spot.price, 2),
                       spot.from, shown_price(contract.price, 2), contract.from);
  };
  if (deal.units != 1)
    out += fmt::format("  one unit of the contract is {:.0f} coins: its prices are shown a coin\n",
                       deal.units);
  price("entry", deal.spot_entry, deal.contract_entry);
  price("exit", deal.spot_exit, deal.contract_exit);
  const auto leg = [&](const char* name, double money) {
    out += fmt::format("  {:<16} {:>12} {:>9.2f} %/y\n", name, shown_price(money, 2),
                       100 * money / r.capital / r.years);
  };
  leg("spot", r.spot_leg);
  leg(deal.perpetual ? "perpetual" : "future", r.contract_leg);
  if (deal.perpetual) leg("funding", r.funding);
  leg("fees", r.fees);
  leg("borrowing", r.borrowing);
  leg("net", r.net);
  out += fmt::format("  {:<16} {:>12}   own money in the spot, the margin and the fees of entry\n",
                     "capital", shown_price(r.capital, 2));
  out += fmt::format("  basis alone {:.2f} %/y", 100 * r.basis_annual);
  if (deal.perpetual)
    out += fmt::format(", funding alone {:.2f} %/y ({} payments)", 100 * r.funding_annual,
                       deal.funding.size());
  return out + "; simple, ACT/365\n";
}

Json carry_json(const Deal& deal) {
  const options::CarryResult& r = deal.result;
  const auto price = [](const PricePaid& p) { return Json{{"price", p.price}, {"from", p.from}}; };
  Json json{{"kind", deal.perpetual ? "perpetual" : "dated"},
            {"spot", deal.spot},
            {"contract", deal.contract},
            {"settlement", deal.kind == options::CarryContract::linear ? "linear" : "inverse"},
            {"from", deal.from.text()},
            {"to", deal.to.text()},
            {"years", r.years}};
  json["entry"] = {{"spot", price(deal.spot_entry)}, {"contract", price(deal.contract_entry)}};
  json["exit"] = {{"spot", price(deal.spot_exit)}, {"contract", price(deal.contract_exit)}};
  json["legs"] = {{"spot", r.spot_leg},
                  {"contract", r.contract_leg},
                  {"funding", r.funding},
                  {"fees", r.fees},
                  {"borrowing", r.borrowing}};
  json["net"] = r.net;
  json["capital"] = r.capital;
  json["annual"] = r.annual;
  json["basis_annual"] = r.basis_annual;
  json["funding_annual"] = r.funding_annual;
  json["payments"] = Json::array();
  for (const options::FundingPayment& p : deal.funding)
    json["payments"].push_back({{"at", p.at.text()}, {"rate", p.rate}, {"price", p.price}});
  return json;
}

Result<void> run_carry(Session& session, const CarryOptions& o) {
  Deal deal{.contract = o.contract, .spot = o.spot};
  const Duration age = TRY(of_option(Duration::parse(o.price_age), "--price-age"));
  if (age < Duration()) return Error{Fault::malformed, "must not be negative", "--price-age"};
  deal.from = TRY(parse_at(o.from, "--from", session));
  if (!o.to.empty()) {
    deal.to = TRY(parse_at(o.to, "--to", session));
    if (deal.to <= deal.from) return Error{Fault::malformed, "is not after --from", "--to"};
  }
  std::unique_ptr<EventFeed> feed;
  std::unique_ptr<CarrySink> sink;
  if (!o.tapes.empty() || !o.episode.empty()) {
    if (o.contract.empty() || o.spot.empty())
      return Error{Fault::malformed,
                   "data want --spot and --contract, as BTC-USDT and BTC-USDT-PERP", "carry"};
    // Settlements may be stamped a little late: the minute after the exit is read as well.
    const Instant until =
        std::max(deal.from, o.to.empty() ? deal.from : deal.to) + Duration::minutes(1);
    if (o.tapes.empty()) {
      const Episode episode = TRY(load_episode(find_shipped(o.episode)));
      feed = TRY(open_episode(episode, until));
    } else {
      feed = TRY(open_tapes(o.tapes, until));
    }
    sink = std::make_unique<CarrySink>(feed->instruments(), o);
    if (auto ran = feed->run(*sink); !ran.has_value()) return ran;
  }
  std::optional<Instant> expiry;
  if (!o.expiry.empty()) expiry = TRY(of_option(parse_expiry_name(o.expiry), "--expiry"));
  if (o.inverse) deal.kind = options::CarryContract::inverse;
  if (sink) {
    const Instrument* contract = TRY(sink->instrument(1));
    deal.contract = contract->name() + " at " + contract->venue;
    deal.perpetual = contract->is_perpetual();
    deal.kind = contract->kind == InstrumentKind::inverse ? options::CarryContract::inverse
                                                          : options::CarryContract::linear;
    if (!deal.perpetual && !expiry) expiry = contract->expiry;
    if (!o.spot_entry) {
      const Instrument* spot = TRY(sink->instrument(0));
      deal.spot = spot->name() + " at " + spot->venue;
    }
    TRY(sink->legs_belong_together());
    deal.units = sink->units_of(1);
  }
  if (deal.perpetual) {
    if (o.to.empty())
      return Error{Fault::malformed, "a perpetual wants --to: it has no expiry", "carry"};
    TRY(work_out_perpetual(deal, o, *sink, age));
  } else {
    if (!expiry)
      return Error{Fault::malformed, "a future without data wants --expiry, as 27MAR26", "carry"};
    deal.to = *expiry;
    if (deal.spot.empty()) deal.spot = "spot";
    if (deal.contract.empty()) deal.contract = "future of " + expiry_name(*expiry);
    TRY(work_out_dated(deal, o, sink.get(), age));
  }
  if (session.format == "text") return write_output(session, o.out, carry_text(deal));
  return write_output(session, o.out, written_json(carry_json(deal)) + "\n");
}

}  // namespace

void add_carry(CLI::App& app, Session& session) {
  auto o = std::make_shared<CarryOptions>();
  CLI::App* verb = app.add_subcommand(
      "carry", "long spot, short a perpetual or a future: what each leg earned, yield");
  auto* tape = verb->add_option("--tape", o->tapes,
                                "tape with prices and funding; may be given several times");
  verb->add_option("--episode", o->episode, "episode folder instead of a tape")->excludes(tape);
  verb->add_option("--venue", o->venue, "where both are traded, if several venues are in the data");
  verb->add_option("--spot", o->spot, "spot, canonical or native name: BTC-USDT");
  verb->add_option("--contract", o->contract, "what is sold: BTC-USDT-PERP, BTC-USD-260327@BTC");
  verb->add_option("--from", o->from, "time of entry, UTC")->required();
  verb->add_option("--to", o->to, "time of exit, UTC (perpetual)");
  verb->add_option("--expiry", o->expiry,
                   "expiry of the future, as 27MAR26, where there are no data");
  verb->add_option("--spot-entry", o->spot_entry, "price, instead of the data's");
  verb->add_option("--spot-exit", o->spot_exit, "likewise; of a future: its settlement");
  verb->add_option("--contract-entry", o->contract_entry, "likewise");
  verb->add_option("--contract-exit", o->contract_exit, "likewise (perpetual)");
  verb->add_flag("--inverse", o->inverse, "without data: the future is settled in coins");
  verb->add_option("--spot-fee", o->spot_fee, "fraction of what is traded, each way")
      ->capture_default_str();
  verb->add_option("--contract-fee", o->contract_fee, "fraction, each way")->capture_default_str();
  verb->add_option("--exit-fee", o->exit_fee,
                   "of the contract at exit, if it differs; 0 for a free delivery");
  verb->add_option("--borrow", o->borrow, "interest a year on what is borrowed")
      ->capture_default_str();
  verb->add_option("--borrowed", o->borrowed, "share of the spot that is borrowed")
      ->capture_default_str();
  verb->add_option("--margin", o->margin, "collateral of the short, share of its notional")
      ->capture_default_str();
  verb->add_option("--price-age", o->price_age, "a price may be this much older than its time")
      ->capture_default_str();
  verb->add_option("--out", o->out, "file to write (default: standard output)");
  add_format(verb, session, {"text", "json"});
  verb->callback(
      [&session, o] { session.action = [&session, o] { return run_carry(session, *o); }; });
}

}  // namespace delever::cli
