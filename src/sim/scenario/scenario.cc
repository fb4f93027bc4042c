#include "sim/scenario/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/file.h"
#include "sim/scenario/scenario_reader.h"
#include "sim/scenario/setup_fields.h"

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

// Reads a table by its list of fields. The first error is kept, and nothing is read after it.
class TableReader {
 public:
  TableReader(const Config& config, const Scenario& scenario) : c_(config), s_(scenario) {}
  template <class T, class Read>
  void operator()(std::string_view key, T& member, Read read) {
    if (!error_) keep(read(c_, key), member);
  }
  template <class T, class Read>
  bool maybe(std::string_view key, T& member, Read read) {
    if (!c_.has(key)) return false;
    (*this)(key, member, read);
    return true;
  }
  void asset(std::string_view key, uint32_t& member) {
    if (!error_) keep(sim::asset(c_, s_, key), member);
  }
  void maybe_asset(std::string_view key, std::optional<uint32_t>& member) {
    if (!error_ && c_.has(key)) keep(sim::asset(c_, s_, key), member);
  }
  Result<void> done() {
    if (error_) return *std::move(error_);
    return {};
  }

 private:
  template <class T, class Member>
  void keep(Result<T> read, Member& member) {
    if (read.has_value())
      member = std::move(read).value();
    else
      error_ = std::move(read.error());
  }
  const Config& c_;
  const Scenario& s_;
  std::optional<Error> error_;
};

// ---- what no single key can tell: one figure beside another, or beside the tables read before it

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

Result<void> check(const MakerSetup& m, const Config& c, const Scenario& s) {
  for (const MakerSetup& other : s.makers) {
    if (other.asset == m.asset)
      return Error{Fault::malformed, "two [[makers]] of one asset", c.place("asset")};
  }
  if (m.reach == 0) return Error{Fault::out_of_range, "must be greater than 0", c.place("reach")};
  return {};
}

Result<void> check(const CarrySetup& x, const Config& c, const Scenario&) {
  if (!(x.funding_out <= x.funding_in && x.funding_in < x.funding_full))
    return Error{Fault::out_of_range, "want funding_out <= funding_in < funding_full",
                 c.place("funding_full")};
  return {};
}

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
  TableReader reader(c, s);
  fields(reader, made);
  TRY(reader.done());
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
