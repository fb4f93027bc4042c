// A scenario: which venues, under which rulebooks, who trades there and by what rule, and what
// comes from outside. Read strictly from TOML (docs/models/simulation.md lists the keys with
// units): an unknown key, a missing figure, a time out of order or a venue rule that neither the
// rulebook nor the scenario supplies is an error with file and key.
//
// Every table carries `source`: where its figures come from, or "assumption". Money is in USD,
// times in UTC, rates as fractions, sizes in coins; these are parameters of behaviour and are
// doubles. What is owed is counted by the exchange.
#pragma once

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "base/config.h"
#include "exchange/exchange.h"
#include "rulebooks/rulebook_file.h"

namespace delever::sim {

struct PathPoint {
  Instant at;
  double level =
      1;  // of the fundamental, as a multiple of the start price; log-linear between points
};

struct AssetSetup {
  std::string name;
  double start = 0;             // USD at `from`
  double volatility = 0;        // of the fundamental around its path, per square root of a year
  double bursts = 0;            // m: its variance is a product of factors 1 + m or 1 - m (news.h)
  double volatility_usual = 0;  // what makers take for a normal market, per square root of a year
  std::vector<double> past;     // prices at which the positions of the start were entered
  std::vector<PathPoint> path;
};

enum class VenueRole : uint8_t { perpetual, spot, options };

struct ListingSetup {
  std::string symbol;
  uint32_t asset = 0;
  Rulebook rules;  // complete: what the rulebook lacked was filled from the scenario
};

struct VenueSetup {
  std::string name;
  VenueRole role = VenueRole::perpetual;
  // Perpetuals or spot pairs. Of an options venue: the rules of all options, which come from
  // [[option]], and then its inverse perpetuals.
  std::vector<ListingSetup> listings;
  std::optional<Rate>
      collateral_haircut;               // of coins as margin: what portfolio-margined accounts need
  std::vector<ScenarioRule> scenarios;  // options venues: the margin matrix of each asset
  double fund_usd = 0, vault_usd = 0;
  double share = 1;  // of retail accounts and of depth
  Duration tick_every = Duration::seconds(1);
};

struct Latency {
  Duration fixed;
  Duration mean_extra;  // exponential on top
};

struct RetailSetup {
  uint32_t asset = 0;
  uint32_t accounts = 0;
  double notional_min = 0, notional_max = 0, notional_tail = 0;  // truncated Pareto, USD
  double reserve = 0;                      // wallet beyond the first margin, as a multiple of it
  std::vector<double> leverages, weights;  // weights by accounts
  double open_share = 0;                   // of accounts that hold a position at the start
  double long_share = 0;                   // of those
  double cross_share = 0;                  // of accounts on cross margin
  std::optional<uint32_t> backing;         // asset in which some of those hold their margin
  double backing_share = 0;                // of the cross accounts, where the venue takes coins
  double open_rate_day = 0;                // openings of a flat account per day
  double momentum = 0, dip = 0;            // exponents of the opening rate
  double dip_sigmas = 2.5;
  double close_half_life_hours = 0;
  double stop_chance = 0, stop_from = 0, stop_to = 0;  // of the distance to liquidation
  double panic_rate_hour =
      0;  // at a loss of half the margin, growing as exp(4 (loss/margin - 0.5))
  double reentry_chance = 0;
  Duration reentry_within;
  Duration decide_every;
  Latency latency;
};

struct MakerSetup {
  uint32_t asset = 0;
  uint32_t each_venue = 1;  // accounts
  double depth_usd = 0;     // within 1 % of the price, one side, one book of share 1
  double spot_depth_usd = 0;
  uint32_t levels = 0;
  double reach = 0;          // distance of the last level, as a fraction of the price
  double risk_aversion = 0;  // gamma of Avellaneda-Stoikov, 1 / (USD coin)
  double arrival = 0;        // k, 1 / USD
  Duration horizon;          // T
  double inventory_max_usd = 0;
  double impact_depth_usd = 0;  // what moves the price by 1 % if impact stays linear; 0: depth_usd
  double touch_usd = 0;         // at the best price of a book of share 1, before the ladder begins
  double standing_share =
      0;  // of what the crowd holds net at the start: the other side of it, hedged with coins
  double caution = 0;  // share of the worst withdrawal that stays
  Duration caution_half_life;
  double withdrawal = 0;  // eta: depth * exp(-eta (sigma / usual - 1)^+)
  double pull_sigmas = 0;
  Duration resilience;   // half-life of the pressure of past flow
  double permanent = 0;  // share of linear impact that stays
  double news = 0;       // share of the fundamental's moves that is quoted at once, without a trade
  double concave_from = 0;  // displacement where impact turns from linear to square root; 0: linear
  double pooled = 0;  // share of the pressure that makers, who hedge across books, spread over all
                      // of the asset's
  bool requote = true;  // false: one passive ladder, never renewed
  double slope() const {
    return impact_depth_usd > 0 ? impact_depth_usd / depth_usd : 1;
  }  // D of impact over quoted D
  double capital_usd = 0;
  Latency latency;
};

struct CarrySetup {
  uint32_t asset = 0;
  uint32_t desks = 0;                                        // on each venue
  double capacity_usd = 0;                                   // all desks together, at funding_full
  double funding_in = 0, funding_full = 0, funding_out = 0;  // annual
  Duration half_life;
  double collateral =
      0;  // coins at the venue per coin sold short; on spot lies a coin more, to unwind with
  double cash = 0;          // USD at the venue per USD sold short
  double derisk_below = 0;  // equity / maintenance
  Duration decide_every;
  Latency latency;
};

struct OptionSetup {
  uint32_t asset = 0;
  Instant expiry;
  double strike = 0;
  OptionType type = OptionType::call;
  double open_interest = 0;  // coins
  double dealer_net = 0;     // coins; negative: dealers are short
  double vol = 0;
};

struct DealerSetup {
  uint32_t dealers = 0;
  double band = 0;  // share of the book's delta range (see dealers.h) that may stay open
  Duration hedge_every, slice_over;
  Duration settlement_window;
  std::string hedge_venue;
  double capital = 0;  // coins per coin of open interest
  Latency latency;
};

struct HolderSetup {
  uint32_t holders = 0;
  double monetise_delta = 0;  // a put whose delta passes below minus this is sold back
  double monetise_share = 0;
  Duration decide_every;
  Latency latency;
};

struct ValueSetup {
  uint32_t asset = 0;
  Duration half_life;  // of the gap between price and fundamental, at usual depth
  double band = 0;     // gap that is not traded
  double spot_share = 0;
  double flow_max_usd = 0;    // per second
  double standing_share = 0;  // as the makers'
  Duration decide_every =
      Duration::seconds(1);  // on average: each second with a chance, and then for all of them
  double capital_usd = 0;
  Latency latency;
};

struct FlowSetup {
  uint32_t asset = 0;
  uint32_t splitters = 0;      // accounts on each book
  double metaorders_hour = 0;  // of one splitter
  double tail = 0;             // Pareto exponent of the number of children
  uint32_t children_max = 0;
  double child_usd = 0;     // median
  double child_spread = 0;  // sd of the log of a child's size
  Duration child_every;
  Latency latency;
};

struct ArbitrageSetup {
  uint32_t asset = 0;
  double cost = 0;   // gap that is not worth trading, as a fraction
  double share = 0;  // of the gap closed in one step
  double capital_usd = 0;
  double position_max_usd = 0;
  Latency latency;
};

// An inverse perpetual beside the options of a venue (coin_margined.h).
struct CoinMarginedSetup {
  uint32_t asset = 0;
  double depth_usd = 0;  // within 1 % of the price, one side
  uint32_t levels = 0;
  double reach = 0;      // of the last level
  double touch_usd = 0;  // at the best price
  uint32_t takers = 0;
  double taker_usd = 0;     // median
  double takes_minute = 0;  // of all takers
  double capital_usd = 0;
  Latency latency;
};

// Who quotes the options of one asset, and who trades them (option_quotes.h).
struct OptionQuoteSetup {
  uint32_t asset = 0;
  double spread_vol = 0;  // half of the best spread, in volatility; each level as much further out
  double size_coins = 0;  // at each level
  uint32_t levels = 0;
  uint32_t takers = 0;
  double taker_coins = 0;  // median
  double takes_hour = 0;   // of all takers
  double capital_coins = 0;
  Duration quote_every;  // a line
  Latency latency;
};

enum class ExternalFlowKind : uint8_t { treasury, etf, foundation };
struct ExternalFlowSetup {
  ExternalFlowKind kind = ExternalFlowKind::etf;
  uint32_t asset = 0;
  std::string venue;
  bool perpetual = false;  // or spot
  Instant from, to;
  double usd = 0;  // signed: positive buys
  double elasticity =
      0;  // more is bought, and less is sold, by exp(elasticity * fall since the start)
  Latency latency;
};

// How large the move is, drawn once a run: log levels of every path times exp(spread z - spread^2 /
// 2), z normal, so that the mean move is the path's.
struct ShockSetup {
  double spread = 0;
  double factor(double z) const { return std::exp(spread * z - spread * spread / 2); }
};

// What a real episode showed, and what this scenario must therefore give.
struct Reproduce {
  std::string outcome;
  double low = 0, high = 0;
  std::string source;
};

struct Scenario {
  std::string file, name, text;
  Instant from, to;
  Instant report_at;    // figures "over 24 h" end here
  Duration book_every;  // between book snapshots on the tape; 0: none
  Duration truth_every;
  std::vector<AssetSetup> assets;
  std::vector<VenueSetup> venues;
  std::vector<RetailSetup> retail;
  std::vector<MakerSetup> makers;
  std::vector<CarrySetup> carry;
  std::vector<OptionSetup> options;
  std::optional<DealerSetup> dealers;
  std::optional<HolderSetup> holders;
  std::vector<ValueSetup> value;
  std::vector<FlowSetup> flow;
  std::vector<ArbitrageSetup> arbitrage;
  std::vector<CoinMarginedSetup> coin_margined;
  std::vector<OptionQuoteSetup> option_quotes;
  std::vector<ExternalFlowSetup> outside;
  std::optional<ShockSetup> shock;
  std::vector<Reproduce> reproduce;

  static Result<Scenario> parse(std::string_view toml, std::string_view file,
                                const rulebooks::RulebookShelf& shelf);
  static Result<Scenario> load(const std::string& path, const rulebooks::RulebookShelf& shelf);
  size_t steps() const { return static_cast<size_t>((to - from).ns() / 1'000'000'000); }
  size_t accounts() const;  // of retail
};

// One mechanism each, so that an ensemble can be run without it.
enum class Mechanism : uint8_t { stops, gamma, arbitrage, makers, dip_buyers, portfolio };
inline constexpr size_t kMechanisms = 6;
std::string_view mechanism_name(Mechanism m);
Result<Mechanism> read_mechanism(std::string_view name);
struct Switches {
  std::array<bool, kMechanisms> off{};
  bool without(Mechanism m) const { return off[static_cast<size_t>(m)]; }
};

}  // namespace delever::sim
