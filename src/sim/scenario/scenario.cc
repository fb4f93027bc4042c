#include "sim/scenario/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "sim/scenario/scenario_reader.h"

namespace delever::sim {
namespace {

constexpr std::string_view kMechanismNames[kMechanisms] = {"stops",  "gamma",      "arbitrage",
                                                           "makers", "dip_buyers", "portfolio"};

// Books hold prices from half to 1.4 times the start (build.cc), to whole ticks.
bool in_book(double level) { return level > 0.51 && level < 1.39; }

Result<AssetSetup> read_asset(const Config& c, const Scenario& s) {
  const Instant from = s.from, to = s.to;
  AssetSetup a;
  a.name = TRY(name(c, "name"));
  for (const AssetSetup& other : s.assets) {
    if (other.name == a.name)
      return Error{Fault::malformed, "two assets of one name", c.place("name")};
  }
  a.start = TRY(positive(c, "start"));
  if (!(a.start >= 1e-6 && a.start <= 1e8))
    return Error{Fault::out_of_range, "from 0.000001 to 100 million USD", c.place("start")};
  a.volatility = TRY(not_negative(c, "volatility"));
  if (c.has("bursts")) a.bursts = TRY(share(c, "bursts"));
  a.volatility_usual = TRY(positive(c, "volatility_usual"));
  a.past = TRY(c.numbers("past"));
  for (const double p : a.past) {
    if (!in_book(p / a.start))
      return Error{Fault::out_of_range, "from 0.51 to 1.39 times the start: what the books hold",
                   c.place("past")};
  }
  if (a.past.empty()) a.past.push_back(a.start);
  const std::vector<Config> points = TRY(c.tables("path"));
  for (const Config& p : points) {
    PathPoint point;
    point.at = TRY(p.instant("at"));
    point.level = TRY(positive(p, "level"));
    if (!in_book(point.level))
      return Error{Fault::out_of_range, "from 0.51 to 1.39: what the books hold", p.place("level")};
    if (point.at < from || point.at > to)
      return Error{Fault::out_of_range, "outside of the scenario's time", p.place("at")};
    if (!a.path.empty() && point.at <= a.path.back().at)
      return Error{Fault::out_of_range, "not after the point before it", p.place("at")};
    a.path.push_back(point);
  }
  TRY(source(c));
  return a;
}

Result<RetailSetup> read_retail(const Config& c, const Scenario& s) {
  RetailSetup r;
  r.asset = TRY(asset(c, s));
  r.accounts = TRY(count(c, "accounts", 2'000'000));
  r.notional_min = TRY(positive(c, "notional_min"));
  r.notional_max = TRY(positive(c, "notional_max"));
  if (r.notional_max <= r.notional_min)
    return Error{Fault::out_of_range, "must be greater than notional_min", c.place("notional_max")};
  r.notional_tail = TRY(positive(c, "notional_tail"));
  r.reserve = TRY(not_negative(c, "reserve"));
  r.leverages = TRY(c.numbers("leverages"));
  r.weights = TRY(c.numbers("weights"));
  if (r.leverages.empty() || r.weights.size() != r.leverages.size())
    return Error{Fault::out_of_range, "one weight for each leverage", c.place("weights")};
  for (size_t i = 0; i < r.weights.size(); ++i) {
    if (!(r.leverages[i] >= 1 && r.leverages[i] <= 125))
      return Error{Fault::out_of_range, "between 1 and 125", c.place("leverages")};
    if (!(r.weights[i] >= 0 && r.weights[i] <= 1e6))
      return Error{Fault::out_of_range, "must not be negative, nor above a million",
                   c.place("weights")};
  }
  if (std::all_of(r.weights.begin(), r.weights.end(), [](double w) { return w == 0; }))
    return Error{Fault::out_of_range, "all of them are 0", c.place("weights")};
  r.open_share = TRY(share(c, "open_share"));
  r.long_share = TRY(share(c, "long_share"));
  r.cross_share = TRY(share(c, "cross_share"));
  if (c.has("backing")) {
    r.backing = TRY(asset(c, s, "backing"));
    r.backing_share = TRY(share(c, "backing_share"));
  }
  r.open_rate_day = TRY(not_negative(c, "open_rate_day"));
  r.momentum = TRY(any_sign(c, "momentum"));
  r.dip = TRY(not_negative(c, "dip"));
  r.dip_sigmas = TRY(not_negative(c, "dip_sigmas"));
  r.close_half_life_hours = TRY(positive(c, "close_half_life_hours"));
  r.stop_chance = TRY(share(c, "stop_chance"));
  r.stop_from = TRY(share(c, "stop_from"));
  r.stop_to = TRY(share(c, "stop_to"));
  if (r.stop_to < r.stop_from)
    return Error{Fault::out_of_range, "below stop_from", c.place("stop_to")};
  r.panic_rate_hour = TRY(not_negative(c, "panic_rate_hour"));
  r.reentry_chance = TRY(share(c, "reentry_chance"));
  r.reentry_within = TRY(length(c, "reentry_within"));
  r.decide_every = TRY(length(c, "decide_every"));
  r.latency = TRY(latency(c));
  TRY(source(c));
  return r;
}

Result<MakerSetup> read_maker(const Config& c, const Scenario& s) {
  MakerSetup m;
  m.asset = TRY(asset(c, s));
  for (const MakerSetup& other : s.makers) {
    if (other.asset == m.asset)
      return Error{Fault::malformed, "two [[makers]] of one asset", c.place("asset")};
  }
  m.each_venue = TRY(count(c, "each_venue", 1'000));
  m.depth_usd = TRY(positive(c, "depth_usd"));
  m.spot_depth_usd = TRY(positive(c, "spot_depth_usd"));
  m.levels = TRY(count(c, "levels", 400));
  m.reach = TRY(share(c, "reach"));
  if (m.reach == 0) return Error{Fault::out_of_range, "must be greater than 0", c.place("reach")};
  m.risk_aversion = TRY(positive(c, "risk_aversion"));
  m.arrival = TRY(positive(c, "arrival"));
  m.horizon = TRY(length(c, "horizon"));
  m.inventory_max_usd = TRY(positive(c, "inventory_max_usd"));
  m.withdrawal = TRY(not_negative(c, "withdrawal"));
  m.pull_sigmas = TRY(positive(c, "pull_sigmas"));
  m.resilience = TRY(length(c, "resilience"));
  m.permanent = TRY(share(c, "permanent"));
  m.news = TRY(share(c, "news"));
  m.concave_from = TRY(not_negative(c, "concave_from"));
  if (c.has("pooled")) m.pooled = TRY(share(c, "pooled"));
  if (c.has("impact_depth_usd")) m.impact_depth_usd = TRY(positive(c, "impact_depth_usd"));
  if (c.has("touch_usd")) m.touch_usd = TRY(not_negative(c, "touch_usd"));
  if (c.has("standing_share")) m.standing_share = TRY(share(c, "standing_share"));
  if (c.has("caution")) {
    m.caution = TRY(share(c, "caution"));
    m.caution_half_life = TRY(length(c, "caution_half_life"));
  }
  m.requote = TRY(c.boolean("requote", true));
  m.capital_usd = TRY(positive(c, "capital_usd"));
  m.latency = TRY(latency(c));
  TRY(source(c));
  return m;
}

Result<CarrySetup> read_carry(const Config& c, const Scenario& s) {
  CarrySetup x;
  x.asset = TRY(asset(c, s));
  x.desks = TRY(count(c, "desks", 10'000));
  x.capacity_usd = TRY(positive(c, "capacity_usd"));
  x.funding_in = TRY(any_sign(c, "funding_in"));
  x.funding_full = TRY(any_sign(c, "funding_full"));
  x.funding_out = TRY(any_sign(c, "funding_out"));
  if (!(x.funding_out <= x.funding_in && x.funding_in < x.funding_full))
    return Error{Fault::out_of_range, "want funding_out <= funding_in < funding_full",
                 c.place("funding_full")};
  x.half_life = TRY(length(c, "half_life"));
  x.collateral = TRY(not_negative(c, "collateral"));
  x.cash = TRY(not_negative(c, "cash"));
  x.derisk_below = TRY(not_negative(c, "derisk_below"));
  x.decide_every = TRY(length(c, "decide_every"));
  x.latency = TRY(latency(c));
  TRY(source(c));
  return x;
}

Result<OptionSetup> read_option(const Config& c, const Scenario& s) {
  OptionSetup o;
  o.asset = TRY(asset(c, s));
  o.expiry = TRY(c.instant("expiry"));
  if (o.expiry <= s.from)
    return Error{Fault::out_of_range, "not after the start", c.place("expiry")};
  o.strike = TRY(positive(c, "strike"));
  const std::string type = TRY(c.text("type"));
  if (type != "call" && type != "put")
    return Error{Fault::malformed, "call or put", c.place("type")};
  o.type = type == "call" ? OptionType::call : OptionType::put;
  o.open_interest = TRY(positive(c, "open_interest"));
  o.dealer_net = TRY(any_sign(c, "dealer_net"));
  if (std::abs(o.dealer_net) > o.open_interest)
    return Error{Fault::out_of_range, "more than the open interest", c.place("dealer_net")};
  o.vol = TRY(positive(c, "vol"));
  for (const OptionSetup& other : s.options) {
    if (other.asset == o.asset && other.expiry == o.expiry && other.type == o.type &&
        std::round(other.strike) == std::round(o.strike))
      return Error{Fault::malformed, "two options of one expiry, strike and type",
                   c.place("strike")};
  }
  TRY(source(c));
  return o;
}

Result<DealerSetup> read_dealers(const Config& c) {
  DealerSetup d;
  d.dealers = TRY(count(c, "dealers", 1'000));
  d.band = TRY(not_negative(c, "band"));
  d.hedge_every = TRY(length(c, "hedge_every"));
  d.slice_over = TRY(length(c, "slice_over"));
  d.settlement_window = TRY(length(c, "settlement_window"));
  d.hedge_venue = TRY(c.text("hedge_venue"));
  d.capital = TRY(positive(c, "capital"));
  d.latency = TRY(latency(c));
  TRY(source(c));
  return d;
}

Result<HolderSetup> read_holders(const Config& c) {
  HolderSetup h;
  h.holders = TRY(count(c, "holders", 100'000));
  h.monetise_delta = TRY(share(c, "monetise_delta"));
  h.monetise_share = TRY(share(c, "monetise_share"));
  h.decide_every = TRY(length(c, "decide_every"));
  h.latency = TRY(latency(c));
  TRY(source(c));
  return h;
}

Result<ValueSetup> read_value(const Config& c, const Scenario& s) {
  ValueSetup v;
  v.asset = TRY(asset(c, s));
  v.half_life = TRY(length(c, "half_life"));
  v.band = TRY(share(c, "band"));
  v.spot_share = TRY(share(c, "spot_share"));
  v.flow_max_usd = TRY(positive(c, "flow_max_usd"));
  if (c.has("standing_share")) v.standing_share = TRY(share(c, "standing_share"));
  double standing = v.standing_share;
  for (const MakerSetup& m : s.makers) standing += m.asset == v.asset ? m.standing_share : 0;
  for (const ValueSetup& other : s.value)
    standing += other.asset == v.asset ? other.standing_share : 0;
  if (standing > 1)
    return Error{Fault::out_of_range,
                 "makers and value traders together take more than the crowd holds",
                 c.place("standing_share")};
  if (c.has("decide_every")) v.decide_every = TRY(length(c, "decide_every"));
  v.capital_usd = TRY(positive(c, "capital_usd"));
  v.latency = TRY(latency(c));
  TRY(source(c));
  return v;
}

Result<FlowSetup> read_flow(const Config& c, const Scenario& s) {
  FlowSetup f;
  f.asset = TRY(asset(c, s));
  f.splitters = TRY(count(c, "splitters", 100'000));
  f.metaorders_hour = TRY(not_negative(c, "metaorders_hour"));
  f.tail = TRY(positive(c, "tail"));
  f.children_max = TRY(count(c, "children_max", 1'000'000));
  f.child_usd = TRY(positive(c, "child_usd"));
  f.child_spread = TRY(not_negative(c, "child_spread"));
  f.child_every = TRY(length(c, "child_every"));
  f.latency = TRY(latency(c));
  TRY(source(c));
  return f;
}

Result<ArbitrageSetup> read_arbitrage(const Config& c, const Scenario& s) {
  ArbitrageSetup a;
  a.asset = TRY(asset(c, s));
  a.cost = TRY(share(c, "cost"));
  a.share = TRY(share(c, "share"));
  a.capital_usd = TRY(positive(c, "capital_usd"));
  a.position_max_usd = TRY(positive(c, "position_max_usd"));
  a.latency = TRY(latency(c));
  TRY(source(c));
  return a;
}

Result<OutsideSetup> read_outside(const Config& c, const Scenario& s) {
  OutsideSetup o;
  const std::string kind = TRY(c.text("kind"));
  if (kind == "treasury")
    o.kind = OutsideKind::treasury;
  else if (kind == "etf")
    o.kind = OutsideKind::etf;
  else if (kind == "foundation")
    o.kind = OutsideKind::foundation;
  else
    return Error{Fault::malformed, "treasury, etf or foundation", c.place("kind")};
  o.asset = TRY(asset(c, s));
  o.venue = TRY(c.text("venue"));
  const std::string market = TRY(c.text("market"));
  if (market != "spot" && market != "perpetual")
    return Error{Fault::malformed, "spot or perpetual", c.place("market")};
  o.perpetual = market == "perpetual";
  if (std::none_of(s.venues.begin(), s.venues.end(), [&](const VenueSetup& v) {
        return v.name == o.venue &&
               v.role == (o.perpetual ? VenueRole::perpetual : VenueRole::spot);
      }))
    return Error{Fault::malformed, "no such venue of this name", c.place("venue")};
  o.from = TRY(c.instant("from"));
  o.to = TRY(c.instant("to"));
  if (o.from < s.from || o.from >= o.to || o.to > s.to)
    return Error{Fault::out_of_range, "from, to lie in this order within the scenario",
                 c.place("to")};
  o.usd = TRY(any_sign(c, "usd"));
  o.elasticity = TRY(any_sign(c, "elasticity"));
  o.latency = TRY(latency(c));
  TRY(source(c));
  return o;
}

Result<ShockSetup> read_shock(const Config& c) {
  ShockSetup x;
  x.spread = TRY(positive(c, "spread"));
  if (x.spread > 2)
    return Error{Fault::out_of_range, "must not be greater than 2", c.place("spread")};
  TRY(source(c));
  return x;
}

Result<Reproduce> read_reproduce(const Config& c) {
  Reproduce r;
  r.outcome = TRY(c.text("outcome"));
  r.low = TRY(c.number("low"));
  r.high = TRY(c.number("high"));
  if (r.high < r.low) return Error{Fault::out_of_range, "below low", c.place("high")};
  r.source = TRY(c.text("source"));
  return r;
}

template <class T, class Read>
Result<void> read_all(const Config& c, std::string_view key, std::vector<T>& out, Read read) {
  const std::vector<Config> tables = TRY(c.tables(key));
  for (const Config& t : tables) {
    T one = TRY(read(t));
    out.push_back(std::move(one));
  }
  return {};
}

}  // namespace

std::string_view mechanism_name(Mechanism m) { return kMechanismNames[static_cast<size_t>(m)]; }

Result<Mechanism> read_mechanism(std::string_view name) {
  for (size_t i = 0; i < kMechanisms; ++i) {
    if (kMechanismNames[i] == name) return static_cast<Mechanism>(i);
  }
  return Error{
      Fault::malformed,
      fmt::format("no mechanism \"{}\" (stops, gamma, arbitrage, makers, dip_buyers, portfolio)",
                  name)};
}

size_t Scenario::accounts() const {
  size_t n = 0;
  for (const RetailSetup& r : retail) n += r.accounts;
  return n;
}

Result<Scenario> Scenario::parse(std::string_view toml, std::string_view file,
                                 const rulebooks::RulebookShelf& shelf) {
  const Config c = TRY(Config::parse(toml, file));
  Scenario s;
  s.file = file;
  s.text = toml;
  s.name = TRY(c.text("name"));
  s.from = TRY(c.instant("from"));
  s.to = TRY(c.instant("to"));
  if (s.to <= s.from || s.to - s.from > Duration::days(30))
    return Error{Fault::out_of_range, "after `from`, by 30 days at most", c.place("to")};
  if ((s.to - s.from).ns() % 1'000'000'000 != 0 || s.from.ns() % 1'000'000'000 != 0)
    return Error{Fault::out_of_range, "whole seconds", c.place("to")};
  s.report_at = TRY(c.instant("report_at"));
  if (s.report_at <= s.from || s.report_at > s.to)
    return Error{Fault::out_of_range, "within the scenario", c.place("report_at")};
  s.book_every = TRY(c.duration("book_every"));
  if (s.book_every < Duration())
    return Error{Fault::out_of_range, "must not be negative", c.place("book_every")};
  s.truth_every = TRY(length(c, "truth_every"));
  TRY(read_all(c, "asset", s.assets, [&](const Config& t) { return read_asset(t, s); }));
  if (s.assets.empty()) return Error{Fault::malformed, "no [[asset]]", c.place()};
  if (s.assets.size() > 7) return Error{Fault::out_of_range, "7 assets at most", c.place("asset")};
  TRY(read_all(c, "venue", s.venues, [&](const Config& t) { return read_venue(t, s, shelf); }));
  if (s.venues.empty()) return Error{Fault::malformed, "no [[venue]]", c.place()};
  TRY(read_all(c, "retail", s.retail, [&](const Config& t) { return read_retail(t, s); }));
  if (s.accounts() > 4'000'000)
    return Error{Fault::out_of_range, "4 million accounts at most", c.place("retail")};
  if (!s.retail.empty() && std::none_of(s.venues.begin(), s.venues.end(), [](const VenueSetup& v) {
        return v.role == VenueRole::perpetual && v.share > 0;
      }))
    return Error{Fault::malformed, "no perpetual venue with a share, so [[retail]] has none",
                 c.place("venue")};
  TRY(read_all(c, "makers", s.makers, [&](const Config& t) { return read_maker(t, s); }));
  TRY(read_all(c, "carry", s.carry, [&](const Config& t) { return read_carry(t, s); }));
  TRY(read_all(c, "option", s.options, [&](const Config& t) { return read_option(t, s); }));
  TRY(read_all(c, "value", s.value, [&](const Config& t) { return read_value(t, s); }));
  TRY(read_all(c, "flow", s.flow, [&](const Config& t) { return read_flow(t, s); }));
  TRY(read_all(c, "arbitrage", s.arbitrage, [&](const Config& t) { return read_arbitrage(t, s); }));
  TRY(read_all(c, "outside", s.outside, [&](const Config& t) { return read_outside(t, s); }));
  TRY(read_all(c, "reproduce", s.reproduce, read_reproduce));
  if (c.has("shock")) {
    const Config t = TRY(c.table("shock"));
    s.shock = TRY(read_shock(t));
    if (std::all_of(s.assets.begin(), s.assets.end(),
                    [](const AssetSetup& a) { return a.path.empty(); }))
      return Error{Fault::malformed, "no asset has a path whose move it could scale", t.place()};
  }
  if (c.has("dealers")) {
    const Config t = TRY(c.table("dealers"));
    s.dealers = TRY(read_dealers(t));
    if (std::none_of(s.venues.begin(), s.venues.end(), [&](const VenueSetup& v) {
          return v.name == s.dealers->hedge_venue && v.role == VenueRole::perpetual;
        }))
      return Error{Fault::malformed, "no perpetual venue of this name", t.place("hedge_venue")};
  }
  if (c.has("holders")) {
    const Config t = TRY(c.table("holders"));
    s.holders = TRY(read_holders(t));
  }
  if (!s.options.empty()) {
    const bool venue = std::any_of(s.venues.begin(), s.venues.end(), [](const VenueSetup& v) {
      return v.role == VenueRole::options;
    });
    if (!venue || !s.dealers || !s.holders)
      return Error{Fault::malformed, "options need an options venue, [dealers] and [holders]",
                   c.place("option")};
  }
  if (s.makers.size() != s.assets.size())
    return Error{Fault::malformed, "one [[makers]] for each asset", c.place("makers")};
  if (std::none_of(s.venues.begin(), s.venues.end(),
                   [](const VenueSetup& v) { return v.role == VenueRole::spot; }))
    return Error{Fault::malformed, "no spot venue: indices would have no source", c.place("venue")};
  TRY(c.finish());
  return s;
}

Result<Scenario> Scenario::load(const std::string& path, const rulebooks::RulebookShelf& shelf) {
  auto text = read_file(path);
  if (!text.has_value()) return std::move(text.error());
  return parse(text.value(), path, shelf);
}

}  // namespace delever::sim
