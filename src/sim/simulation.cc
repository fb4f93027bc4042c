#include "sim/simulation.h"

#include <fmt/format.h>

#include <algorithm>

#include "margin/funding.h"
#include "sim/agents/retail.h"
#include "sim/state.h"

namespace delever::sim {
namespace {

constexpr double kYear = 365.0 * 86'400;

double keep(double half_life_seconds) { return std::exp2(-1 / half_life_seconds); }

// The funding of a rate period if the premium stayed at `premium`, simple, a year: for decisions,
// not for payment, but by the venue's own formula and cap. 0 where the rulebook lacks a figure:
// Exchange::open refuses such a listing.
double funding_annual(const Rulebook& rules, double premium) {
  const FundingRule& rule = *rules.funding;
  const auto exact = Rate::nearest(premium);
  if (!exact.has_value()) return 0;
  const auto rate = margin::funding_rate(rule, exact.value(), rules);
  if (!rate.has_value()) return 0;
  return rate.value().approx() * kYear / std::max(rule.rate_period.in_seconds(), 1.0);
}

}  // namespace

Simulation::Simulation(std::unique_ptr<State> state) : state_(std::move(state)) {}
Simulation::~Simulation() = default;

Result<std::unique_ptr<Simulation>> Simulation::open(const Scenario& scenario, Options options) {
  auto state = std::make_unique<State>(scenario, std::move(options));
  TRY(state->build());
  return std::unique_ptr<Simulation>(new Simulation(std::move(state)));
}

Result<Outcome> Simulation::run() { return state_->run(); }
void Simulation::each_start(const std::function<void(const StartPosition&)>& each) const {
  for (const auto& p : state_->populations) {
    const auto* crowd = dynamic_cast<const Retail*>(p.get());
    if (!crowd) continue;
    crowd->each_start(state_->world, [&](StartPosition position) {
      const MarketView& b = state_->world.markets[position.book];
      const auto& ladder = state_->venues[b.venue]->setup().listings[b.instrument].rules.ladder;
      if (ladder) {
        const double size =
            std::abs(position.coins) * (ladder->unit == TierUnit::value ? position.entry : 1);
        for (const MarginTier& tier : ladder->tiers) {
          position.maintenance = tier.maintenance.approx();
          if (!tier.cap || tier.cap->approx() >= size) break;
        }
      }
      each(position);
    });
  }
}
Result<void> Simulation::check_balance() const { return state_->check_balance(); }

double Simulation::last_book_price(size_t book) const { return state_->world.markets.at(book).mid; }

std::vector<Simulation::StreamNames> stream_names(const Scenario& scenario) {
  static constexpr std::string_view roles[] = {"perpetual", "spot", "options"};
  std::vector<Simulation::StreamNames> names;
  for (const VenueSetup& v : scenario.venues)
    names.push_back({fmt::format("{}:{}", v.name, roles[static_cast<size_t>(v.role)]), v.name});
  return names;
}

std::vector<Simulation::StreamNames> Simulation::streams() const {
  return stream_names(state_->scenario);
}

// Log-linear between the points, with noise of the scenario's volatility that forgets with a
// half-life of 12 hours, so that a path means the same for every seed.
void Simulation::State::move_fundamental(size_t second) {
  const Instant now = scenario.from + Duration::seconds(static_cast<int64_t>(second));
  for (uint32_t a = 0; a < world.assets.size(); ++a) {
    const AssetSetup& setup = scenario.assets[a];
    double level = path_level(setup, scenario.from, now);
    if (scenario.shock) level = std::pow(level, shock_factor);
    if (!drops.empty()) level *= std::exp(dropped(a, second));
    News& news = memory[a].news;
    news.move(setup, world.seed, a, static_cast<uint32_t>(second));
    world.assets[a].fundamental = setup.start * level * std::exp(news.noise());
  }
}

// Prices from elsewhere, at the beginning of a second: indices from spot, the third leg of marks,
// marks of options.
void Simulation::State::publish(Venue& venue) {
  const VenueRole role = venue.setup().role;
  if (role == VenueRole::spot) return;
  uint32_t source = 0;
  for (uint32_t v = 0; v < venues.size(); ++v) {
    if (venues[v]->setup().role != VenueRole::spot) continue;
    for (const MarketView& b : world.markets) {
      if (b.venue != v) continue;
      if (const auto p = Price::nearest(b.mid); p.has_value())
        venue.now(world.now, PublishIndex{b.asset, source, p.value()});
    }
    ++source;
  }
  for (const MarketView& b : world.markets) {
    if (b.spot || venues[b.venue].get() != &venue) continue;
    const auto& mark = venue.setup().listings[b.instrument].rules.mark;
    if (!mark || mark->formula != MarkFormula::median_oracle) continue;
    double sum = 0;
    size_t others = 0;
    for (const uint32_t i : world.perpetuals[b.asset]) {
      if (world.markets[i].venue == b.venue) continue;
      sum += world.markets[i].mid;
      ++others;
    }
    if (others == 0) continue;
    if (const auto p = Price::nearest(sum / static_cast<double>(others)); p.has_value())
      venue.now(world.now, PublishMark{b.instrument, p.value()});
  }
  if (role != VenueRole::options || !has_options) return;
  if ((world.now - scenario.from).ns() / 1'000'000'000 %
          (venue.setup().tick_every.ns() / 1'000'000'000) !=
      0)
    return;
  for (const OptionBook::Line& line : option_book.lines) {
    if (line.expired) continue;
    const auto mark = option_book.mark_price(line);
    if (mark) venue.now(world.now, PublishMark{line.instrument, *mark});
    if (!options.output || !mark || world.now.ns() % 60'000'000'000 != 0) continue;
    OptionQuote quote;
    quote.mark_price = mark;
    quote.mark_iv = line.vol;
    quote.underlying_price = world.assets[line.asset].price;
    const Qty open = venue.exchange().open_interest(line.instrument);
    quote.open_interest = open;
    venue.wire()->option_quote(line.instrument, world.now, quote);
  }
}

void Simulation::State::route() {
  for (uint32_t v = 0; v < venues.size(); ++v) {
    Venue& venue = *venues[v];
    for (const Notice& n : venue.notices()) {
      AccountId other = kFund;  // transfers concern both sides
      if (const auto* taken = n.as<PositionTakenOver>()) other = taken->counterparty;
      if (const auto* closed = n.as<PositionDeleveraged>()) other = closed->counterparty;
      for (const AccountId a : {n.account, other}) {
        if (a < kFirstUser) continue;
        const Owner& owner = venue.owner(a);
        populations[owner.population]->on_notice(v, owner.index, n);
      }
    }
    for (const Refused& r : venue.refused()) {
      const Owner& owner = venue.owner(r.account);
      populations[owner.population]->on_refused(v, owner.index, std::get<SubmitOrder>(r.body),
                                                r.why);
    }
  }
}

void Simulation::State::count_forced() {
  for (uint32_t v = 0; v < venues.size(); ++v) {
    Venue& venue = *venues[v];
    for (const ForcedClose& f : venue.forced()) {
      if (f.account < kFirstUser || venue.setup().role != VenueRole::perpetual) continue;
      const Owner& owner = venue.owner(f.account);
      const uint32_t a = venue.setup().listings[f.instrument].asset;
      AssetOutcome& out = outcome.assets[a];
      const double usd = f.coins * f.price;
      const bool is_long = f.side == PositionSide::long_side;
      const auto kind = static_cast<size_t>(populations[owner.population]->kind(owner.index));
      out.liquidated[kind][is_long ? 0 : 1] += usd;
      (is_long ? minutes[a].longs : minutes[a].shorts) += usd;
      minutes[a].by_kind[kind][is_long ? 0 : 1] += usd;
      if (f.at > scenario.report_at - Duration::hours(24) && f.at <= scenario.report_at)
        (is_long ? out.long_24h : out.short_24h) += usd;
    }
    for (const Venue::Settled& s : venue.settled_rates()) {
      if (venue.setup().role != VenueRole::perpetual) continue;
      AssetOutcome& out = outcome.assets[venue.setup().listings[s.instrument].asset];
      out.funding_settled_min = std::min(out.funding_settled_min.value_or(s.annual), s.annual);
    }
    for (const Deleveraged& d : venue.deleveraged()) {
      if (venue.setup().role != VenueRole::perpetual) continue;
      const uint32_t a = venue.setup().listings[d.instrument].asset;
      AssetOutcome& out = outcome.assets[a];
      out.adl_usd += d.usd;
      minutes[a].adl += d.usd;
      ++out.adl_count;
    }
    for (const Notice& n : venue.notices()) {
      // A cross pool stands on no one instrument: it counts with the venue's first.
      const auto* started = n.as<LiquidationStarted>();
      if (started && venue.setup().role == VenueRole::perpetual)
        ++outcome.assets[venue.setup().listings[started->instrument.value_or(0)].asset]
              .accounts_liquidated;
      const auto* settled = n.as<PositionSettled>();
      if (settled && settled->side == Side::sell && venue.setup().role == VenueRole::options)
        outcome.options_settled_coins += settled->qty.approx();
    }
  }
}

void Simulation::State::view_markets() {
  for (uint32_t i = 0; i < world.markets.size(); ++i) {
    MarketView& b = world.markets[i];
    const Venue& venue = *venues[b.venue];
    const exchange::Exchange& x = venue.exchange();
    const matching::MatchBook& book = x.book(b.instrument);
    b.two_sided = book.has_bids() && book.has_asks();
    if (b.two_sided) {
      b.bid = book.best_bid() * b.tick;
      b.ask = book.best_ask() * b.tick;
      b.mid = (b.bid + b.ask) / 2;
    } else if (const auto last = x.last(b.instrument)) {
      b.mid = last->approx();
    }
    b.flow = venue.flow(b.instrument);
    b.volume = venue.volume(b.instrument);
    if (b.spot) {
      b.mark = b.mid;
      continue;
    }
    const auto mark = x.mark(b.instrument);
    b.mark = mark ? mark->approx() : 0;
    b.open_interest = coins_of(b, x.open_interest(b.instrument));
    const Rulebook& rules = venue.setup().listings[b.instrument].rules;
    const auto& rule = rules.funding;
    const auto index = x.index(b.asset);
    if (!rule || !index) continue;
    Premium& p = premiums[i];
    const int64_t interval = std::max<int64_t>(rule->interval.ns(), 1'000'000'000);
    // What is expected for the interval: its mean so far, with an hour's worth of the one before
    // it.
    if (world.now.ns() % interval == 0) p = {.sum = b.premium * 3600, .samples = 3600};
    p.sum += b.mid / index->approx() - 1;
    ++p.samples;
    b.premium = p.sum / static_cast<double>(p.samples);
    b.funding_annual = funding_annual(rules, b.premium);
  }
  for (uint32_t a = 0; a < world.assets.size(); ++a) {
    Asset& asset = world.assets[a];
    PriceMemory& m = memory[a];
    double sum = 0, weight = 0;
    for (const uint32_t b : world.spots[a]) {
      sum += world.markets[b].mid * world.markets[b].share;
      weight += world.markets[b].share;
    }
    asset.price = weight > 0 ? sum / weight : asset.price;
    const size_t k = world.step;
    const double before = m.seconds[(k + 63) % 64], half_minute = m.seconds[(k + 34) % 64],
                 minute = m.seconds[(k + 4) % 64];
    m.seconds[k % 64] = asset.price;
    if (k % 10 == 0) m.tens[k / 10 % 90] = asset.price;
    const double r30 = std::log(asset.price / half_minute);
    m.variance = m.variance * keep(60) + (1 - keep(60)) * r30 * r30 / 30;
    asset.sigma = std::sqrt(m.variance);
    asset.return_1m = std::log(asset.price / minute);
    const double k1 = keep(3600 * std::log(2.0));
    m.mean_return = m.mean_return * k1 + (1 - k1) * std::log(asset.price / before);
    asset.momentum = m.mean_return / (asset.sigma_usual * std::sqrt((1 - k1) / (1 + k1)));
    const double top = *std::max_element(m.tens.begin(), m.tens.end());
    asset.drawdown = std::min(std::log(asset.price / top), 0.0) / (asset.sigma_usual * 30);
  }
}

// What a run is measured against: what each account had at the start, and the coins in its wallets,
// less those that hedge a position of the start (their gain and its loss are one).
void Simulation::State::remember_start() {
  for (uint32_t v = 0; v < venues.size(); ++v) {
    const exchange::Exchange& x = venues[v]->exchange();
    equity_start.emplace_back();
    coins_start.emplace_back();
    for (AccountId a = 0; a < x.accounts(); ++a) {
      equity_start[v].push_back(equity(*venues[v], a));
      const Owner* owner = a < kFirstUser ? nullptr : &venues[v]->owner(a);
      const Hedge hedge = owner ? populations[owner->population]->hedge(owner->index) : Hedge();
      for (CoinId c = 1; c < x.coins(); ++c)
        coins_start[v].push_back(x.wallet(a, c).approx() -
                                 (hedge.asset + 1U == c ? hedge.coins : 0));
    }
  }
  fund_at_start = funds();
  for (size_t i = 0; i < outcome.assets.size(); ++i) {
    AssetOutcome& a = outcome.assets[i];
    a.low = a.high = a.start = scenario.assets[i].start;
    a.low_at = scenario.from;
  }
}

// Everybody decides on the state that the second before left behind; what they send is then on its
// way. Parts are many and small: a thread takes a stretch of them.
void Simulation::State::decide() {
  const size_t stretches = std::min<size_t>(parts.size(), std::max<size_t>(options.threads, 1) * 2);
  pool.run(stretches, [&](size_t s) {
    for (size_t i = parts.size() * s / stretches; i < parts.size() * (s + 1) / stretches; ++i)
      populations[parts[i].population]->decide(parts[i].part, world, outboxes[i]);
  });
  // By part, whoever decided first: the result does not depend on the threads.
  for (Outbox& out : outboxes) {
    for (const Message& m : out.messages) {
      Venue& v = *venues[m.venue];
      v.schedule(m);
    }
    out.messages.clear();
  }
}

void Simulation::State::advance(size_t k) {
  begin_second(k);
  decide();
  pool.run(venues.size(), [this](size_t v) { venues[v]->run_second(world.now); });
  end_second();
}

// The world as it stands when second k begins, and what is published then.
void Simulation::State::begin_second(size_t k) {
  world.now = scenario.from + Duration::seconds(static_cast<int64_t>(k));
  world.step = static_cast<uint32_t>(k + 1);
  for (const Branch& b : options.branches) {
    if (b.second == k) world.seed = b.seed;
  }
  move_fundamental(k);
  if (k == 0) view_markets();
  if (has_options && k % 5 == 0) option_book.revalue(world, scenario.dealers->settlement_window);
  for (const auto& p : populations) p->observe(world);
  for (const auto& v : venues) {
    v->forget();
    if (v->wire()) v->wire()->begin();
    publish(*v);
  }
}

void Simulation::State::end_second() {
  route();
  count_forced();
  view_markets();
}

// What is written and summed up after k + 1 seconds: lines of every second, samples of every
// minute, hashes of every hour.
Result<void> Simulation::State::record(size_t k) {
  const Instant end = world.now + Duration::seconds(1);
  for (size_t v = 0; options.output && v < venues.size(); ++v) {
    const std::string& lines = venues[v]->wire()->lines();
    if (!lines.empty()) TRY(options.output->on_lines(v, end, lines));
  }
  if ((k + 1) % 60 == 0) sample(end);
  if ((k + 1) % 3600 == 0) {
    for (const auto& v : venues) hash.add(v->exchange().hash());
  }
  const auto truth_every =
      static_cast<size_t>(std::max<int64_t>(scenario.truth_every.ns() / 1'000'000'000, 1));
  if (k + 1 < scenario.steps() && (k == 0 || (k + 1) % truth_every == 0))
    TRY(write_truth(end, false));
  if (end == scenario.report_at) TRY(write_books());
  return {};
}

Result<void> Simulation::State::start() {
  if (options.output) {
    for (size_t v = 0; v < venues.size(); ++v) {
      venues[v]->wire()->begin();
      venues[v]->wire()->describe(scenario.from);
      TRY(options.output->on_lines(v, scenario.from, venues[v]->wire()->lines()));
    }
  }
  for (const auto& v : venues) {
    v->forget();
    v->start_recording();
    v->messages = v->events = v->refusals = 0;
  }
  remember_start();
  return {};
}

Result<Outcome> Simulation::State::run() {
  TRY(start());
  const size_t steps = scenario.steps();
  for (size_t k = 0; k < steps; ++k) {
    advance(k);
    TRY(record(k));
    if (options.stop_when && options.stop_when(static_cast<uint32_t>(k + 1), outcome)) break;
    if (options.progress && (k + 1) % 600 == 0) options.progress(k + 1, steps);
  }
  return close();
}

Result<Outcome> Simulation::State::close() {
  TRY(write_truth(scenario.to, true));
  finish();
  TRY(check_balance());
  return outcome;
}

}  // namespace delever::sim
