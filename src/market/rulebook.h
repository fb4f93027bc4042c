// Rulebook: what a venue does with one symbol on one date, as plain data. Every section names the
// source of its figures (an index into `sources`, which carries the text, grade and date). A
// section or figure that the sources do not establish is std::nullopt and, where the reason is
// known, listed in `not_established`: nobody downstream may put a guess in its place.
// margin/rulebook_file.h reads these from TOML.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "market/account.h"
#include "market/instrument.h"
#include "market/units.h"

namespace delever {

// grade: D the venue's own document, A its API or a capture of it, C code, T third party, X derived
// by us.
struct RuleSource {
  std::string id, text, grade;
  std::string as_of;  // "2024-10-24", "2024-06", or "undated": many venue pages carry no date
};
using SourceIndex = uint32_t;

struct ContractRule {
  InstrumentKind kind = InstrumentKind::linear;
  std::string base, quote, settle;
  std::optional<Qty> size;  // as Instrument::contract_size
  std::optional<Price> tick;
  std::optional<Qty> step, limit_qty_max, market_qty_max;
  std::optional<Amount> notional_min;
  std::optional<Rate> price_band;  // an order may not be further from the mark than this fraction
  SourceIndex source = 0;
};

// value: tiers by position value in the settlement coin. contracts: by the venue's quantity unit.
enum class TierUnit : uint8_t { value, contracts };
// incremental: each slice at its own rate, written as n*rate - deduction. whole: one rate on the
// whole position.
enum class TierRate : uint8_t { incremental, whole };

struct MarginTier {
  Amount floor;
  std::optional<Amount> cap;  // missing: no upper bound
  Leverage max_leverage;
  Rate maintenance;
  Amount deduction;             // 0 on whole-rate ladders
  std::optional<Rate> initial;  // where the venue prints a rate that is not 1 / max_leverage
};

struct LadderRule {
  std::vector<MarginTier> tiers;  // ascending, touching, the first from 0
  TierUnit unit = TierUnit::value;
  TierRate rate = TierRate::incremental;
  bool complete = true;  // false: the source stops before the top; a value beyond the last cap is
                         // not established
  SourceIndex source = 0;
};

// Deribit linear and inverse futures: rate = base + step * size in base coins, on the whole
// position.
struct SizeMarginRule {
  Rate initial_base, initial_step, maintenance_base, maintenance_step;
  SourceIndex source = 0;
};

// Deribit options in the settlement coin per contract: short call IM max(rate - OTM/S, floor) +
// mark, MM maintenance + mark; short put MM max(maintenance, maintenance*mark) + mark, IM at least
// MM.
struct OptionMarginRule {
  Rate initial_rate, initial_floor, maintenance_rate;
  SourceIndex source = 0;
};

// dYdX v4 liquidity tier: initial fraction, rising to 1 between two open-interest caps; maintenance
// = initial * fraction.
struct LiquidityTierRule {
  Rate initial, maintenance_fraction;
  std::optional<Amount> open_interest_low, open_interest_high;  // missing: no scaling
  std::optional<Amount> impact_notional;
  SourceIndex source = 0;
};

// mark: maintenance margin moves with the mark, and so does its tier (Binance, Hyperliquid, OKX,
// Deribit). entry: frozen at the entry value (Bybit isolated, 2024 text).
enum class MaintenanceAt : uint8_t { mark, entry };

struct MarginRule {
  MaintenanceAt isolated_maintenance = MaintenanceAt::mark;
  bool liquidate_at_equality =
      true;  // equity == maintenance already triggers ("ratio reaches 100 %")
  std::optional<Rate> liquidation_fee;  // counted beside maintenance in the trigger (OKX)
  OrderMargin resting_orders = OrderMargin::mark;  // of accounts that are opened by this rule
  SourceIndex source = 0;
};

struct FeeRule {
  std::optional<Rate> maker, taker, liquidation;
  SourceIndex source = 0;
};

// premium_clamp: F = P + clamp(I - P, -c, c).   mean_basis: F = mean basis - I, no inner clamp (OKX
// 2024). dead_band: F = max(b, P) + min(-b, P), accrued continuously (Deribit).   premium_plus: F =
// P + I (dYdX).
enum class FundingFormula : uint8_t { premium_clamp, mean_basis, dead_band, premium_plus };

struct FundingRule {
  FundingFormula formula = FundingFormula::premium_clamp;
  Duration interval;             // between payments; 0 where it accrues continuously
  Duration rate_period;          // the period that the formula's rate is for
  std::optional<Rate> interest;  // per rate_period
  std::optional<Rate> clamp;     // inner clamp, or the half width of the dead band
  std::optional<Rate> cap;       // |rate| per `cap_period`
  std::optional<Duration> cap_period;
  std::optional<Amount> impact_notional;
  std::optional<Duration> sample_every;
  bool pays_on_oracle =
      false;  // payment = size * oracle * rate, not size * mark * rate (Hyperliquid)
  SourceIndex source = 0;
};

// median_basis_last: median(index*(1+funding term), index + mean basis, last). index_ema: index +
// EMA(bounded mid - index). median_oracle: median(oracle + EMA(mid - oracle), median(bid, ask,
// last), median of other venues' perpetuals). oracle: margin uses the oracle price itself.
enum class MarkFormula : uint8_t { median_basis_last, index_ema, median_oracle, oracle };

struct MarkRule {
  MarkFormula formula = MarkFormula::median_basis_last;
  std::optional<Duration> basis_window;  // of the mean, or the EMA's time constant
  std::optional<Duration> sample_every;
  SourceIndex source = 0;
};

enum class IndexFormula : uint8_t { volume_weighted_mean, clipped_mean, weighted_median };

struct IndexWeight {
  std::string venue;
  Rate weight;
};

struct IndexRule {
  IndexFormula formula = IndexFormula::volume_weighted_mean;
  std::optional<Rate> clip;          // each constituent is clipped to the median +- this fraction
  std::vector<IndexWeight> weights;  // empty: not established, or equal
  std::optional<Duration> settlement_window;  // expiry price = mean of the index over this window
  SourceIndex source = 0;
};

// In the order in which the venue does them.
enum class LiquidationStep : uint8_t {
  cancel_orders,
  reduce_one_tier,   // Bybit isolated
  reduce_two_tiers,  // OKX from tier 3 up
  reduce_partial,    // `partial_fraction` of a position above `partial_above` (Hyperliquid)
  reduce_to_safety,  // one large IOC, or small rounds, until margin is restored (Binance, Deribit)
  close_all,
  takeover_bankruptcy,  // the fund takes the rest at the bankruptcy price
  takeover_backstop,    // a vault takes position and margin (Hyperliquid)
  auto_deleverage,
  socialise_loss,
};

struct LiquidationRule {
  std::vector<LiquidationStep> steps;
  std::optional<Rate> partial_fraction;
  std::optional<Amount> partial_above;
  std::optional<Duration> partial_cooldown;
  std::optional<Rate> backstop_fraction;  // taken over when equity < this * maintenance
  std::optional<Rate>
      stop_at_ratio;  // partial liquidation ends at this maintenance ratio (Bybit 90 %)
  std::optional<Rate>
      price_spread_max;  // dYdX: worst fill = oracle * (1 -+ this * maintenance fraction)
  std::optional<Amount> slice_min, slice_max;
  std::optional<Rate> slice_fraction_min;
  SourceIndex source = 0;
};

struct InsuranceRule {
  std::string scope;  // "symbol", "product", "venue", "currency"
  SourceIndex source = 0;
};

// leverage_pnl: [max(0,uPnL)/max(1,wallet)] * [MM/equity]. pnl_leverage: PnL % * effective
// leverage. mark_entry_leverage: (entry or mark ratio) * (notional / account value).
// random_opposite: dYdX.
enum class AdlRanking : uint8_t {
  leverage_pnl,
  pnl_leverage,
  mark_entry_leverage,
  random_opposite
};
// drawdown: the fund fell by more than a share of its 8-hour figure. account_negative: an account
// is under zero.
enum class AdlTrigger : uint8_t { fund_empty, drawdown, account_negative };
enum class AdlPrice : uint8_t { bankruptcy, mark, previous_mark };

struct AdlRule {
  AdlRanking ranking = AdlRanking::leverage_pnl;
  AdlTrigger trigger = AdlTrigger::fund_empty;
  AdlPrice price = AdlPrice::bankruptcy;
  std::optional<Rate> drawdown;        // share of the 8 h reference
  std::optional<Amount> drawdown_min;  // at least this much
  std::optional<Rate> stop_drawdown;
  SourceIndex source = 0;
};

struct CollateralRule {
  std::string coin;
  Rate haircut;  // a positive balance counts 1 - haircut of its index value; a debt counts whole
  SourceIndex source = 0;
};

// Deribit's scenario matrix for one pair of coins.
struct ScenarioRule {
  Rate price_range;
  int buckets_each_side = 4;
  std::optional<Rate> vol_up, vol_down, short_vega_power, long_vega_power, vol_up_floor;
  std::optional<Rate> annualised_move, annualised_move_min;
  Rate gain_offset;  // share of a positive bucket that counts
  std::optional<Amount> gain_offset_max_usd;
  Rate maintenance_factor;
  std::vector<Rate> extended_moves;  // vol-up only; empty: no extended table
  std::optional<Rate> extended_factor;
  std::optional<Amount> extended_dampener_usd;
  std::optional<Amount> delta_shock_above_usd;
  std::optional<Rate> delta_shock_max;
  SourceIndex source = 0;
};

// OKX risk unit, the components whose figures are known. The weights that join them are not
// established.
struct ChargeTier {
  std::optional<Amount> up_to_usd;
  Rate multiplier;
};
struct StressRule {
  std::vector<Rate> spot_moves;            // MR1
  Rate extreme_move;                       // MR6
  Rate annual_basis_move;                  // MR4
  std::vector<ChargeTier> minimum_charge;  // MR7
  SourceIndex source = 0;
};

// Binance uniMMR bands; Hyperliquid borrow thresholds.
struct UnifiedRule {
  Rate warn_below, reduce_only_below, liquidate_at, bankrupt_at;
  SourceIndex source = 0;
};
struct LoanToValue {
  std::string coin;
  Rate ltv;
};
struct BorrowRule {
  std::vector<LoanToValue> ltv;
  Rate liquidate_above;  // portfolio ratio
  SourceIndex source = 0;
};

struct Unknown {
  std::string figure, why;
};

struct Rulebook {
  std::string venue, symbol;
  std::string as_of;  // "2024-10-24", or "undated"
  std::vector<RuleSource> sources;
  std::optional<ContractRule> contract;
  std::optional<LadderRule> ladder;
  std::optional<SizeMarginRule> size_margin;
  std::optional<OptionMarginRule> option_margin;
  std::optional<LiquidityTierRule> liquidity_tier;
  std::optional<MarginRule> margin;
  std::optional<FeeRule> fees;
  std::optional<FundingRule> funding;
  std::optional<MarkRule> mark;
  std::optional<IndexRule> index;
  std::optional<LiquidationRule> liquidation;
  std::optional<InsuranceRule> insurance;
  std::optional<AdlRule> adl;
  std::vector<CollateralRule> collateral;
  std::optional<ScenarioRule> scenarios;
  std::optional<StressRule> stress;
  std::optional<UnifiedRule> unified;
  std::optional<BorrowRule> borrow;
  std::vector<Unknown> not_established;

  // "binance BTCUSDT 2024-10-24"
  std::string name() const { return venue + " " + symbol + " " + as_of; }
};

// The error for a figure that a computation needs and this rulebook lacks, with the reason where
// one is recorded.
Error not_established(const Rulebook& book, std::string_view figure);

}  // namespace delever
