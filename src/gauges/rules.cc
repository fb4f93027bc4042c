#include "gauges/rules.h"

#include <algorithm>
#include <cmath>

#include "base/config.h"

namespace delever::gauges {
namespace {

Error bad(const Config& at, std::string_view key, std::string_view why) {
  return Error{Fault::malformed, std::string(why), at.place(key)};
}

Result<double> within(const Config& c, std::string_view key, double low, double high) {
  const double value = TRY(c.number(key));
  if (value < low || value > high) return bad(c, key, "out of range");
  return value;
}

Result<Duration> positive(const Config& c, std::string_view key) {
  const Duration value = TRY(c.duration(key));
  if (value <= Duration()) return bad(c, key, "must be longer than nothing");
  return value;
}

Result<Band> band(const Config& c) {
  return Band{TRY(within(c, "band_relative", 0, 1)), TRY(within(c, "band_absolute", 0, 1e12))};
}

Origin origin(const std::vector<std::string>& names) {
  Origin out;
  for (const std::string& name : names) {
    if (name == "*")
      out.everywhere = true;
    else
      out.venues.insert(name);
  }
  return out;
}

Result<LiquidationRules> liquidation_rules(const Config& c) {
  LiquidationRules r;
  r.venues = TRY(c.texts("venues"));
  r.floor_usd_per_day = TRY(within(c, "floor_usd_per_day", 0, 1e15));
  r.days = static_cast<int>(TRY(within(c, "days", 1, 1000)));
  r.days_min = static_cast<int>(TRY(within(c, "days_min", 1, r.days)));
  r.history_days_min = static_cast<int>(TRY(within(c, "history_days_min", 1, 100000)));
  r.coverage_min = TRY(within(c, "coverage_min", 0, 1));
  r.quiet_max = TRY(positive(c, "quiet_max"));
  r.stale_after = TRY(positive(c, "stale_after"));
  r.level = Band{TRY(within(c, "band_relative", 0, 1)), 0};
  r.share = Band{0, TRY(within(c, "band_absolute", 0, 1))};
  TRY(c.finish());
  return r;
}

Result<FundingRules> funding_rules(const Config& c) {
  FundingRules r;
  r.venues = TRY(c.texts("venues"));
  r.stale_after = TRY(positive(c, "stale_after"));
  r.mean_stale_after = TRY(positive(c, "mean_stale_after"));
  r.announced_within = TRY(positive(c, "announced_within"));
  r.coverage_min = TRY(within(c, "coverage_min", 0, 1));
  r.neutral_per_8h = TRY(within(c, "neutral_per_8h", -1, 1));
  r.band = TRY(band(c));
  const std::vector<Config> intervals = TRY(c.tables("interval"));
  for (const Config& entry : intervals) {
    FundingInterval one;
    const std::string venue = TRY(entry.text("venue"));
    one.interval = TRY(positive(entry, "interval"));
    one.main = TRY(entry.texts("main"));
    if (entry.has("assets")) one.assets = TRY(entry.texts("assets"));
    TRY(entry.text("source"));  // for the reader of the file; required so that no figure stands
                                // without its paper
    TRY(entry.text("as_of"));
    TRY(entry.finish());
    if (!r.by_venue.emplace(venue, std::move(one)).second)
      return bad(entry, "venue", "given twice");
  }
  TRY(c.finish());
  return r;
}

Result<OpenInterestRules> open_interest_rules(const Config& c) {
  OpenInterestRules r;
  r.venues = TRY(c.texts("venues"));
  r.stale_after = TRY(positive(c, "stale_after"));
  r.published_stale_after = TRY(positive(c, "published_stale_after"));
  r.scope_gap = TRY(within(c, "scope_gap", 0, 1));
  r.band = TRY(band(c));
  TRY(c.finish());
  return r;
}

}  // namespace

double Band::width(double a, double b) const {
  return absolute + relative * std::max(std::fabs(a), std::fabs(b));
}

bool Origin::shares_with(const Origin& other) const {
  if (everywhere || other.everywhere) return true;
  return std::any_of(venues.begin(), venues.end(),
                     [&](const std::string& v) { return other.venues.contains(v); });
}

void Origin::add(const Origin& other) {
  everywhere = everywhere || other.everywhere;
  venues.insert(other.venues.begin(), other.venues.end());
}

bool Rules::counts_as_usd(std::string_view quote) const {
  return std::find(usd_at_par.begin(), usd_at_par.end(), quote) != usd_at_par.end();
}

Origin Rules::origin_of(std::string_view venue, bool liquidations) const {
  const auto found = publishers.find(venue);
  if (found != publishers.end())
    return liquidations ? found->second.liquidations_made_of : found->second.made_of;
  Origin out;
  out.venues.insert(std::string(venue));
  return out;
}

Result<Rules> Rules::load(std::string_view text, std::string_view file_name) {
  const Config root = TRY(Config::parse(text, file_name));
  Rules out;
  out.file = file_name;
  const Config head = TRY(root.table("rules"));
  out.dated = TRY(head.text("dated"));
  out.review_every = TRY(positive(head, "review_every"));
  out.clock_ahead_max = TRY(positive(head, "clock_ahead_max"));
  out.usd_at_par = TRY(head.texts("usd_at_par"));
  TRY(head.finish());
  const std::vector<Config> listed = TRY(root.tables("publishers"));
  for (const Config& c : listed) {
    const std::string name = TRY(c.text("name"));
    Publisher publisher;
    const std::vector<std::string> made_of = TRY(c.texts("made_of"));
    publisher.made_of = origin(made_of);
    publisher.liquidations_made_of = publisher.made_of;
    if (c.has("liquidations_made_of")) {
      const std::vector<std::string> others = TRY(c.texts("liquidations_made_of"));
      publisher.liquidations_made_of = origin(others);
    }
    TRY(c.text("note", ""));
    TRY(c.finish());
    if (!out.publishers.emplace(name, std::move(publisher)).second)
      return bad(c, "name", "given twice");
  }
  const std::vector<Config> coins = TRY(root.tables("coin"));
  for (const Config& c : coins) {
    CoinName name;
    name.venue = TRY(c.text("venue"));
    name.name = TRY(c.text("name"));
    name.asset = TRY(c.text("asset"));
    name.units = TRY(within(c, "units", 1e-12, 1e12));
    name.source = TRY(c.text("source"));
    name.as_of = TRY(c.text("as_of"));
    TRY(c.finish());
    out.coins.add(std::move(name));
  }
  const Config liquidation_table = TRY(root.table("liquidation"));
  out.liquidation = TRY(liquidation_rules(liquidation_table));
  const Config funding_table = TRY(root.table("funding"));
  out.funding = TRY(funding_rules(funding_table));
  const Config open_interest_table = TRY(root.table("open_interest"));
  out.open_interest = TRY(open_interest_rules(open_interest_table));
  const Config price = TRY(root.table("price"));
  out.price = {TRY(positive(price, "stale_after")), TRY(band(price))};
  TRY(price.finish());
  const Config basis = TRY(root.table("basis"));
  out.basis = {TRY(positive(basis, "stale_after")), TRY(positive(basis, "apart")),
               TRY(positive(basis, "tau_min")), TRY(band(basis))};
  TRY(basis.finish());
  const Config vol = TRY(root.table("realized_vol"));
  out.realized_vol = {TRY(positive(vol, "stale_after")), TRY(within(vol, "coverage_min", 0, 1)),
                      TRY(band(vol))};
  TRY(vol.finish());
  const Config options = TRY(root.table("options"));
  out.options = {TRY(positive(options, "fresh_for")),
                 TRY(positive(options, "stale_after")),
                 TRY(positive(options, "chain_span")),
                 TRY(positive(options, "quotes_apart")),
                 TRY(positive(options, "board_stale_after")),
                 TRY(within(options, "signed_volume_min", 0, 1000)),
                 TRY(band(options))};
  TRY(options.finish());
  const Config etf = TRY(root.table("etf"));
  out.etf = {TRY(positive(etf, "stale_after")), TRY(etf.texts("all_funds")), TRY(band(etf))};
  TRY(etf.finish());
  TRY(root.finish());
  return out;
}

}  // namespace delever::gauges
