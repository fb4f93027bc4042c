// Rules: every figure of judgement that the gauges use, read from one dated file (rules/*.toml).
// Which file is the caller's choice; nothing here has a default. A reading names "FILE#SECTION".
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "market/terms.h"

namespace delever::gauges {

// Two figures agree when |a - b| <= absolute + relative * max(|a|, |b|).
struct Band {
  double relative = 0, absolute = 0;
  double width(double a, double b) const;
};

struct LiquidationRules {
  std::vector<std::string> venues;
  double floor_usd_per_day = 0;
  int days = 0, days_min = 0, history_days_min = 0;
  double coverage_min = 0;
  Duration quiet_max, stale_after;
  Band level;  // of USD totals
  Band share;  // of shares and oscillators
};

struct FundingInterval {
  Duration interval;
  std::vector<std::string> main;    // canonical names, "{}" stands for the asset
  std::vector<std::string> assets;  // the interval is known for these alone; empty: for all
};

struct FundingRules {
  std::vector<std::string> venues;
  Duration stale_after, mean_stale_after, announced_within;
  double coverage_min = 0, neutral_per_8h = 0;
  std::map<std::string, FundingInterval, std::less<>> by_venue;
  Band band;
};

struct OpenInterestRules {
  std::vector<std::string> venues;
  Duration stale_after, published_stale_after;
  double scope_gap = 0;
  Band band;
};

struct PriceRules {
  Duration stale_after;
  Band band;
};
struct BasisRules {
  Duration stale_after, apart, tau_min;
  Band band;
};
struct VolRules {
  Duration stale_after;
  double coverage_min = 0;
  Band band;
};
struct OptionRules {
  Duration fresh_for, stale_after, chain_span;
  Duration quotes_apart, board_stale_after;
  double signed_volume_min = 0;
  Band band;
};
struct EtfRules {
  Duration stale_after;
  std::vector<std::string> all_funds;
  Band band;
};

// Where a publisher's numbers come from: a set of venues, or everywhere.
struct Origin {
  bool everywhere = false;
  std::set<std::string, std::less<>> venues;

  bool shares_with(const Origin& other) const;
  void add(const Origin& other);
};

struct Rules {
  std::string file;   // as named by the caller: "rules/2026-01-30.toml"
  std::string dated;  // "2026-01-30"
  Duration review_every;
  Duration clock_ahead_max;  // what is stamped later than this after its receipt is left out
  std::vector<std::string> usd_at_par;
  CoinNames coins;
  LiquidationRules liquidation;
  FundingRules funding;
  OpenInterestRules open_interest;
  PriceRules price;
  BasisRules basis;
  VolRules realized_vol;
  OptionRules options;
  EtfRules etf;

  static Result<Rules> load(std::string_view text, std::string_view file_name);

  std::string section(std::string_view name) const { return file + "#" + std::string(name); }
  bool counts_as_usd(std::string_view quote) const;
  bool is_publisher(std::string_view venue) const { return publishers.contains(venue); }
  Origin origin_of(std::string_view venue, bool liquidations = false) const;

  struct Publisher {
    Origin made_of, liquidations_made_of;
  };
  std::map<std::string, Publisher, std::less<>> publishers;
};

}  // namespace delever::gauges
