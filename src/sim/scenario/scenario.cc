#include "sim/scenario/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "sim/scenario/table_reader.h"

namespace delever::sim {
namespace {

constexpr std::string_view kMechanismNames[kMechanisms] = {"stops",  "gamma",      "arbitrage",
                                                           "makers", "dip_buyers", "portfolio"};

// ---- what no single key can tell: one figure beside another, or beside the tables read before it

// Positions of the start are entered at past prices, so the books must hold those too.
Result<void> check(const AssetSetup& a, const Config& c, const Scenario& s) {
  for (const AssetSetup& other : s.assets) {
    if (other.name == a.name)
      return Error{Fault::malformed, "two assets of one name", c.place("name")};
  }
  for (const double p : a.past) {
    if (!in_book(p / a.start))
      return Error{Fault::out_of_range, "from 0.51 to 1.39 times the start: what the books hold",
                   c.place("past")};
  }
  return {};
}

Result<void> check(const RetailSetup& r, const Config& c, const Scenario&) {
  if (r.notional_max <= r.notional_min)
    return Error{Fault::out_of_range, "must be greater than notional_min", c.place("notional_max")};
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
  if (r.stop_to < r.stop_from)
    return Error{Fault::out_of_range, "below stop_from", c.place("stop_to")};
  return {};
}

// Makers take their depth and the impact of flow from one table an asset.
Result<void> check(const MakerSetup& m, const Config& c, const Scenario& s) {
  for (const MakerSetup& other : s.makers) {
    if (other.asset == m.asset)
      return Error{Fault::malformed, "two [[makers]] of one asset", c.place("asset")};
  }
  if (m.reach == 0) return Error{Fault::out_of_range, "must be greater than 0", c.place("reach")};
  return {};
}

// Desks enter between funding_in and funding_full and leave below funding_out: without this order
// they would trade in circles.
Result<void> check(const CarrySetup& x, const Config& c, const Scenario&) {
  if (!(x.funding_out <= x.funding_in && x.funding_in < x.funding_full))
    return Error{Fault::out_of_range, "want funding_out <= funding_in < funding_full",
                 c.place("funding_full")};
  return {};
}

// Symbols carry whole strikes, so two strikes that round to one number are one contract.
Result<void> check(const OptionSetup& o, const Config& c, const Scenario& s) {
  if (o.expiry <= s.from)
    return Error{Fault::out_of_range, "not after the start", c.place("expiry")};
  if (std::abs(o.dealer_net) > o.open_interest)
    return Error{Fault::out_of_range, "more than the open interest", c.place("dealer_net")};
  for (const OptionSetup& other : s.options) {
    if (other.asset == o.asset && other.expiry == o.expiry && other.type == o.type &&
        std::round(other.strike) == std::round(o.strike))
      return Error{Fault::malformed, "two options of one expiry, strike and type",
                   c.place("strike")};
  }
  return {};
}

// Makers and value traders stand against what the crowd holds net at the start.
Result<void> check(const ValueSetup& v, const Config& c, const Scenario& s) {
  double standing = v.standing_share;
  for (const MakerSetup& m : s.makers) standing += m.asset == v.asset ? m.standing_share : 0;
  for (const ValueSetup& other : s.value)
    standing += other.asset == v.asset ? other.standing_share : 0;
  if (standing > 1)
    return Error{Fault::out_of_range,
                 "makers and value traders together take more than the crowd holds",
                 c.place("standing_share")};
  return {};
}

// Flow from outside trades at one named market, within the scenario's time.
Result<void> check(const ExternalFlowSetup& o, const Config& c, const Scenario& s) {
  if (std::none_of(s.venues.begin(), s.venues.end(), [&](const VenueSetup& v) {
        return v.name == o.venue &&
               v.role == (o.perpetual ? VenueRole::perpetual : VenueRole::spot);
      }))
    return Error{Fault::malformed, "no such venue of this name", c.place("venue")};
  if (o.from < s.from || o.from >= o.to || o.to > s.to)
    return Error{Fault::out_of_range, "from, to lie in this order within the scenario",
                 c.place("to")};
  return {};
}

Result<void> check(const ShockSetup& x, const Config& c, const Scenario&) {
  if (x.spread > 2)
    return Error{Fault::out_of_range, "must not be greater than 2", c.place("spread")};
  return {};
}

Result<void> check(const Reproduce& r, const Config& c, const Scenario&) {
  if (r.high < r.low) return Error{Fault::out_of_range, "below low", c.place("high")};
  return {};
}

Result<void> check(const DealerSetup& d, const Config& c, const Scenario& s) {
  if (std::none_of(s.venues.begin(), s.venues.end(), [&](const VenueSetup& v) {
        return v.name == d.hedge_venue && v.role == VenueRole::perpetual;
      }))
    return Error{Fault::malformed, "no perpetual venue of this name", c.place("hedge_venue")};
  return {};
}

// Tables whose figures do not depend on one another.
template <class T>
Result<void> check(const T&, const Config&, const Scenario&) {
  return {};
}

template <class T>
Result<T> read_table(const Config& c, const Scenario& s) {
  T made;
  TRY(read_fields(c, s, made));
  TRY(check(made, c, s));
  if constexpr (!std::is_same_v<T, Reproduce>) TRY(source(c));  // whose source is a field
  return made;
}

template <class T>
Result<void> read_tables(const Config& c, std::string_view key, const Scenario& s,
                         std::vector<T>& out) {
  const std::vector<Config> tables = TRY(c.tables(key));
  for (const Config& t : tables) {
    T one = TRY(read_table<T>(t, s));
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

// In the order in which tables refer to one another: assets, venues with their rulebooks, then
// those who trade there.
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
  TRY(read_tables(c, "asset", s, s.assets));
  for (AssetSetup& a : s.assets) {
    if (a.past.empty()) a.past.push_back(a.start);
  }
  if (s.assets.empty()) return Error{Fault::malformed, "no [[asset]]", c.place()};
  if (s.assets.size() > 7) return Error{Fault::out_of_range, "7 assets at most", c.place("asset")};
  const std::vector<Config> venues = TRY(c.tables("venue"));
  for (const Config& t : venues) s.venues.push_back(TRY(read_venue(t, s, shelf)));
  if (s.venues.empty()) return Error{Fault::malformed, "no [[venue]]", c.place()};
  TRY(read_tables(c, "retail", s, s.retail));
  if (s.accounts() > 4'000'000)
    return Error{Fault::out_of_range, "4 million accounts at most", c.place("retail")};
  if (!s.retail.empty() && std::none_of(s.venues.begin(), s.venues.end(), [](const VenueSetup& v) {
        return v.role == VenueRole::perpetual && v.share > 0;
      }))
    return Error{Fault::malformed, "no perpetual venue with a share, so [[retail]] has none",
                 c.place("venue")};
  TRY(read_tables(c, "makers", s, s.makers));
  TRY(read_tables(c, "carry", s, s.carry));
  TRY(read_tables(c, "option", s, s.options));
  TRY(read_tables(c, "value", s, s.value));
  TRY(read_tables(c, "flow", s, s.flow));
  TRY(read_tables(c, "arbitrage", s, s.arbitrage));
  TRY(read_tables(c, "coin_margined", s, s.coin_margined));
  TRY(read_tables(c, "option_quotes", s, s.option_quotes));
  TRY(read_tables(c, "outside", s, s.outside));
  TRY(read_tables(c, "reproduce", s, s.reproduce));
  if (c.has("shock")) {
    const Config t = TRY(c.table("shock"));
    s.shock = TRY(read_table<ShockSetup>(t, s));
    if (std::all_of(s.assets.begin(), s.assets.end(),
                    [](const AssetSetup& a) { return a.path.empty(); }))
      return Error{Fault::malformed, "no asset has a path whose move it could scale", t.place()};
  }
  if (c.has("dealers")) {
    const Config t = TRY(c.table("dealers"));
    s.dealers = TRY(read_table<DealerSetup>(t, s));
  }
  if (c.has("holders")) {
    const Config t = TRY(c.table("holders"));
    s.holders = TRY(read_table<HolderSetup>(t, s));
  }
  if (s.options.empty() && !s.option_quotes.empty())
    return Error{Fault::malformed, "no [[option]] to quote", c.place("option_quotes")};
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
