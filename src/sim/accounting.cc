// Summing up: equity of accounts, the minute's sample, the truth beside the tape, and whether the
// books balance.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "sim/state.h"

namespace delever::sim {

std::string_view Simulation::positions_header() {
  return "at,venue,account,kind,symbol,side,mode,coins,entry,leverage,mark\n";
}
std::string_view Simulation::accounts_header() {
  return "venue,account,kind,equity_start_usd,equity_end_usd,funding_received,profit_usd\n";
}

double Simulation::State::coin_price(const Venue& venue, CoinId coin) const {
  if (coin == 0) return 1;
  if (venue.setup().role == VenueRole::spot)
    return world.assets[coin - 1].price;  // no index is published there
  const auto index = venue.exchange().index(coin - 1);
  return index ? index->approx() : world.assets[coin - 1].price;
}

// USD at present prices: wallets, isolated margins and unrealised profits. Doubles, for reports and
// for the fund's way; what is owed is the exchange's business.
double Simulation::State::equity(const Venue& venue, AccountId account) const {
  const exchange::Exchange& x = venue.exchange();
  double usd = 0;
  for (CoinId c = 0; c < x.coins(); ++c) {
    const Amount w = x.wallet(account, c);
    if (w != Amount()) usd += w.approx() * coin_price(venue, c);
  }
  const bool is_options = venue.setup().role == VenueRole::options;
  for (const exchange::PositionView& p : x.positions(account)) {
    const auto mark = x.mark(p.instrument);
    if (!mark) continue;
    double value = 0;
    CoinId settle = 0;
    if (is_options && p.instrument >= option_book.lines.size()) {  // an inverse perpetual
      const auto market =
          std::find_if(coin_markets.begin(), coin_markets.end(), [&](const CoinMarket& m) {
            return m.instrument == p.instrument && venues[m.venue].get() == &venue;
          });
      if (market == coin_markets.end() || mark->raw() <= 0) continue;
      const double usd_held =
          static_cast<double>(p.qty.raw() / market->step_raw) * market->step_usd;
      value = 2 * p.cost.approx() - usd_held / mark->approx();  // gains as the coins it costs fall
      settle = static_cast<CoinId>(1 + market->asset);
    } else if (is_options) {
      const OptionBook::Line& line = option_book.lines[p.instrument];
      value =
          coins_of(MarketView{.step_raw = option_book.step_raw, .lot = option_book.lot}, p.qty) *
          mark->approx();
      settle = static_cast<CoinId>(1 + line.asset);
    } else {
      for (const MarketView& b : world.markets) {
        if (b.venue < venues.size() && venues[b.venue].get() == &venue &&
            b.instrument == p.instrument)
          value = coins_of(b, p.qty) * mark->approx();
      }
    }
    const double profit =
        p.side == PositionSide::long_side ? value - p.cost.approx() : p.cost.approx() - value;
    usd += (profit + p.margin.approx()) * coin_price(venue, settle);
  }
  return usd;
}

// What an account's coins of the start have gained by their price alone. It is taken off its
// profit: a maker who hedges with coins has lost on the position what these have gained.
double Simulation::State::held_gain(size_t v, AccountId account) const {
  double usd = 0;
  const size_t assets = world.assets.size();
  for (size_t a = 0; a < assets; ++a)
    usd += coins_start[v][account * assets + a] *
           (coin_price(*venues[v], static_cast<CoinId>(1 + a)) - scenario.assets[a].start);
  return usd;
}

// Funds and vaults of all venues.
double Simulation::State::funds() const {
  double usd = 0;
  for (uint32_t v = 0; v < venues.size(); ++v) {
    for (AccountId a = 0; a < kFirstUser; ++a) usd += equity(*venues[v], a) - held_gain(v, a);
  }
  return usd;
}

// One line a minute. The deficit is the most that funds, vaults and uncovered debts together have
// come to so far, by these minutes.
void Simulation::State::sample(Instant at) {
  double uncovered = 0;
  for (const auto& v : venues) {
    for (CoinId c = 0; c < v->exchange().coins(); ++c)
      uncovered += v->exchange().shortfall(c).approx() * coin_price(*v, c);
  }
  outcome.deficit = std::max(outcome.deficit, fund_at_start - funds() + uncovered);
  for (uint32_t a = 0; a < world.assets.size(); ++a) {
    AssetOutcome& out = outcome.assets[a];
    Sample s;
    s.at = at;
    s.price = world.assets[a].price;
    s.fundamental = world.assets[a].fundamental;
    double weighted = 0;
    for (const uint32_t i : world.perpetuals[a]) {
      const MarketView& b = world.markets[i];
      s.open_interest += b.open_interest;
      weighted += b.open_interest * b.funding_annual;
      venues[b.venue]
          ->exchange()
          .book(b.instrument)
          .levels(Side::buy, [&](Tick tick, Lots lots, uint32_t) {
            const double price = tick * b.tick;
            if (price < b.mid * 0.99) return false;
            s.depth_usd += static_cast<double>(lots) * b.lot * price;
            return true;
          });
    }
    s.funding_annual = s.open_interest > 0 ? weighted / s.open_interest : 0;
    s.long_usd = minutes[a].longs;
    s.short_usd = minutes[a].shorts;
    s.liquidated = minutes[a].by_kind;
    s.adl_usd = minutes[a].adl;
    minutes[a] = {};
    if (dealers) s.dealer_flow = dealers->traded(a);
    out.samples.push_back(s);
    if (s.price < out.low) {
      out.low = s.price;
      out.low_at = at;
    }
    out.high = std::max(out.high, s.price);
    out.end = s.price;
    out.funding_mean += s.funding_annual;
  }
  FundSample f{.at = at};
  for (const auto& venue : venues) {
    for (AccountId a = 0; a < kFirstUser; ++a) f.funds_usd += equity(*venue, a);
    for (CoinId c = 0; c < venue->exchange().coins(); ++c)
      f.shortfall_usd += venue->exchange().shortfall(c).approx() * coin_price(*venue, c);
  }
  outcome.funds.push_back(f);
}

void Simulation::State::finish() {
  outcome.scenario = scenario.name;
  outcome.seed = options.seed;
  outcome.seconds = (scenario.to - scenario.from).in_seconds();
  outcome.bytes_per_account = retail_bytes;
  for (AssetOutcome& a : outcome.assets) {
    if (a.samples.empty()) continue;
    a.funding_mean /= static_cast<double>(a.samples.size());
    a.open_start = a.samples.front().open_interest;
    a.open_end = a.samples.back().open_interest;
    // Open interest: the highest before the price's low, and the lowest after that.
    const Sample* high = &a.samples.front();
    for (const Sample& s : a.samples) {
      if (s.at <= a.low_at && s.open_interest > high->open_interest) high = &s;
    }
    a.open_high = a.open_low = high->open_interest;
    for (const Sample& s : a.samples) {
      if (s.at >= high->at) a.open_low = std::min(a.open_low, s.open_interest);
    }
    hash.add(std::bit_cast<uint64_t>(a.low));
    hash.add(std::bit_cast<uint64_t>(a.long_24h));
    hash.add(std::bit_cast<uint64_t>(a.short_24h));
  }
  for (uint32_t v = 0; v < venues.size(); ++v) {
    const Venue& venue = *venues[v];
    const exchange::Exchange& x = venue.exchange();
    outcome.messages += venue.messages;
    outcome.events += venue.events;
    outcome.refused += venue.refusals;
    outcome.accounts += x.accounts() - kFirstUser;
    outcome.bytes_per_account =
        std::max(outcome.bytes_per_account, retail_bytes + x.bytes_per_idle_account());
    for (size_t r = 1; r < venue.refusals_by_reason.size(); ++r) {
      if (venue.refusals_by_reason[r])
        outcome.refused_by_reason[std::string(reject_name(static_cast<Reject>(r)))] +=
            venue.refusals_by_reason[r];
    }
    for (AccountId a = 0; a < x.accounts(); ++a) {
      const double change = equity(venue, a) - equity_start[v][a] - held_gain(v, a);
      if (a < kFirstUser) {
        outcome.fund_start += equity_start[v][a];
        outcome.fund_end += equity_start[v][a] + change;
        continue;
      }
      const Owner& owner = venue.owner(a);
      const auto kind = static_cast<size_t>(populations[owner.population]->kind(owner.index));
      outcome.profit[kind] += change;
      ++outcome.accounts_of[kind];
    }
    for (CoinId c = 0; c < x.coins(); ++c) {
      outcome.shortfall += x.shortfall(c).approx() * coin_price(venue, c);
      outcome.fees += x.fees(c).approx() * coin_price(venue, c);
    }
    hash.add(x.hash());
    hash.add(venue.messages);
    hash.add(venue.events);
  }
  for (const OptionBook::Line& line : option_book.lines) outcome.options_settled += line.expired;
  outcome.hash = hash.digest();
}

// Who holds what, as no feed tells it: the truth that inferred levels are judged by. The last time
// also what became of every account.
Result<void> Simulation::State::write_truth(Instant at, bool last) {
  if (!options.output) return {};
  std::string rows;
  for (uint32_t v = 0; v < venues.size(); ++v) {
    const Venue& venue = *venues[v];
    if (venue.setup().role == VenueRole::spot) continue;
    const exchange::Exchange& x = venue.exchange();
    for (AccountId a = kFirstUser; a < x.accounts(); ++a) {
      const Owner& owner = venue.owner(a);
      for (const exchange::PositionView& p : x.positions(a)) {
        if (p.qty == Qty()) continue;
        const bool is_options = venue.setup().role == VenueRole::options;
        // Inverse perpetuals are guests' alone; no levels are inferred there.
        if (is_options && p.instrument >= option_book.lines.size()) continue;
        MarketView book{.step_raw = option_book.step_raw, .lot = option_book.lot};
        std::string symbol;
        if (is_options) {
          const OptionBook::Line& line = option_book.lines[p.instrument];
          symbol = fmt::format("{}-{}-{:.0f}-{}", scenario.assets[line.asset].name,
                               expiry_name(line.expiry), line.strike,
                               line.type == OptionType::call ? "C" : "P");
        } else {
          symbol = venue.setup().listings[p.instrument].symbol;
          for (const MarketView& b : world.markets) {
            if (b.venue == v && b.instrument == p.instrument) book = b;
          }
        }
        const double coins = coins_of(book, p.qty);
        const auto mark = x.mark(p.instrument);
        fmt::format_to(std::back_inserter(rows), "{},{},{},{},{},{},{},{},{},{},{}\n", at.text(),
                       venue.setup().name, a,
                       account_kind_name(populations[owner.population]->kind(owner.index)), symbol,
                       p.side == PositionSide::long_side ? "long" : "short",
                       p.mode == MarginMode::isolated ? "isolated" : "cross", coins,
                       coins > 0 ? p.cost.approx() / coins : 0.0, p.leverage.text(),
                       mark ? mark->text() : "");
      }
    }
  }
  TRY(options.output->on_positions(rows));
  if (!last) return {};
  rows.clear();
  for (uint32_t v = 0; v < venues.size(); ++v) {
    const Venue& venue = *venues[v];
    for (AccountId a = kFirstUser; a < venue.exchange().accounts(); ++a) {
      const Owner& owner = venue.owner(a);
      const double end = equity(venue, a);
      fmt::format_to(std::back_inserter(rows), "{},{},{},{},{},{},{}\n", venue.setup().name, a,
                     account_kind_name(populations[owner.population]->kind(owner.index)),
                     equity_start[v][a], end, venue.funding_received(a),
                     end - equity_start[v][a] - held_gain(v, a));
    }
  }
  return options.output->on_accounts(rows);
}

// Every coin of every venue is somewhere, and every long is somebody's short, to the last unit.
Result<void> Simulation::State::check_balance() const {
  for (const auto& venue : venues) {
    const exchange::Exchange& x = venue->exchange();
    for (CoinId c = 0; c < x.coins(); ++c) {
      if (x.imbalance(c) != Amount())
        return Error{Fault::malformed,
                     fmt::format("coin {} is out of balance by {}", c, x.imbalance(c).text()),
                     venue->setup().name};
    }
    std::vector<int64_t> net(x.instruments());
    for (AccountId a = 0; a < x.accounts(); ++a) {
      for (const exchange::PositionView& p : x.positions(a))
        net[p.instrument] += p.side == PositionSide::long_side ? p.qty.raw() : -p.qty.raw();
    }
    for (size_t i = 0; i < net.size(); ++i) {
      if (net[i] != 0)
        return Error{Fault::malformed,
                     fmt::format("instrument {}: longs and shorts differ by {} units", i, net[i]),
                     venue->setup().name};
    }
  }
  return {};
}

}  // namespace delever::sim
