// Cascade (model M2): how far a shock carries the price once forced flow has been absorbed.
// Conditional on the shock; nothing here is a probability of one. Docs: docs/models/cascade.md.
//
// y = |ln(P / P0)|. All flows meet at one price, are added as signed flows, and only then move the
// price, because impact is concave and effects on the price do not add:
//   Q(y) = liquidations + stops + dealers + arbitrage + dip buyers     coins, FlowCurve's sign
//   I(Q) = c (sqrt(Q + Q0) - sqrt(Q0)),  c = Y sigma_day / sqrt(volume_day)
//   Q0 = (c D / 2)^2, so that I'(0) = 1 / D
//   y* = the smallest stable root, at or above the shock, of y = shock + I(max(Q(y), 0))
//   R(y) = I'(Q) Q'(y), forced coins that one begets; a shock more moves y* 1 / (1 - R) times it
// At R = 1 (a fold) the root is lost and the price falls to the next one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cascade/flow_curve.h"

namespace delever::cascade {

// Measured on the market that has to absorb. Y is of order 1 in the literature.
struct ImpactMarket {
  double sigma_day = 0;   // volatility of a day, a fraction
  double volume_day = 0;  // coins
  double depth =
      0;  // D, coins per unit log: what rests within 10 bp / 0.001. 0: a pure square root
  double prefactor = 1;         // Y
  double depth_multiplier = 1;  // what stress has left of D: 1, .7, .25, .1
  // What returns to the book while the flow lasts: D + replenished_per_s * flow_s.
  double replenished_per_s = 0, flow_s = 0;
};

class Impact {
 public:
  // Refused: figures that are not positive (depth: negative) or not finite.
  static Result<Impact> of(const ImpactMarket& market);
  double at(double flow) const;     // of a flow >= 0: log displacement
  double slope(double flow) const;  // I'(Q); infinite at 0 without depth
  double c() const { return c_; }
  double q0() const { return q0_; }

 private:
  double c_ = 0, q0_ = 0, root_q0_ = 0;
};

struct CascadeRoot {
  double y = 0;
  double reproduction = 0;  // R to the right of y
  bool stable = false;      // R < 1
};

// Where a rising shock loses the resting point: the shock that does it, where the price then
// stands, and where it comes to rest next; missing: beyond the end of the curves.
struct CascadeFold {
  double shock = 0, y = 0;
  std::optional<double> lands_at;
};

struct Equilibrium {
  double shock = 0;
  double y = 0;                      // y*
  double flow = 0;                   // Q(y*), coins; negative: more would be bought than is forced
  double reproduction = 0;           // R(y*)
  double amplification = 1;          // 1 / (1 - R(y*))
  double reproduction_at_start = 0;  // R_0 = Q'(0) / D
  std::vector<CascadeRoot> roots;    // all of them between the shock and the end, ascending
  std::optional<CascadeFold>
      fold;  // the next one; its margin is fold.shock - shock. Missing: none in the data
  // The wave by rounds: shock, then the shock and the impact of what the round before has forced,
  // and so on up to y*. Only where the flow never falls, because there the rounds rise towards y*
  // (at most 200 are kept).
  std::vector<double> rounds;
};

// Refused: a shock that is negative or not finite. no_evidence: no resting point before the end of
// the curves; the error says up to where the price runs.
Result<Equilibrium> equilibrium(const Impact& impact, const FlowCurve& flow, double shock);

// Dealers alone: sigma_eff / sigma = 1 / (1 + lambda g), lambda the price impact of a coin and g
// their gamma (coins per unit log, long positive). Missing at lambda g <= -1, where hedging feeds
// itself without bound.
std::optional<double> hedged_vol_ratio(double lambda_g);

// What is known about a figure: ok; prior_only: the levels inside the range are assumption, not
// evidence; undetermined: some input has no sign; refused: an input is missing.
enum class Evidence : uint8_t { ok, prior_only, undetermined, refused };
std::string_view evidence_name(Evidence evidence);

enum class FlowKind : uint8_t { liquidations, stops, dealers, arbitrage, dip_buyers };
std::string_view flow_name(FlowKind kind);

struct Flow {
  FlowKind kind = FlowKind::liquidations;
  FlowCurve low, high;  // least and most with the move; all three of one length
  std::optional<FlowCurve>
      mid;  // missing: no estimate inside the interval (dealers of unknown sign)
  struct Stretch {
    double from = 0, to = 0;
  };
  std::vector<Stretch> prior_only;  // where the level inference has learnt nothing
  std::string source;
};

struct VenueDepth {
  std::string venue;
  double coins_10bp = 0;  // resting within 10 bp of the mid on the side that absorbs
};

struct CascadeInput {
  double sigma_day = 0, volume_day = 0, prefactor = 1;
  std::vector<VenueDepth> depth;
  double depth_multiplier_low =
      0.25;  // the interval's worst depth (Hyperliquid kept 284 of 1,124 M on 10 Oct 2025)
  std::vector<Flow> flows;
};

// The answer to one shock. `value` leaves out flows without an estimate (then undetermined); low
// and high are the resting points under all flows at their least with full depth, and at their most
// with depth_multiplier_low: bounds, because y* rises with the flow and falls with the depth. A
// missing high runs beyond the evidence.
struct CascadeReading {
  double shock = 0;
  Evidence evidence = Evidence::refused;
  std::string reason;  // for anything but ok
  std::optional<Equilibrium> value;
  std::optional<double> y_low, y_high;
  std::optional<double> amplification_low,
      amplification_high;           // y / shock of the bounds; missing as they are
  std::vector<std::string> inputs;  // sources of flows and depths
};

// Refuses (in the reading): depth from fewer than two venues, levels that are prior_only inside the
// reach, a resting point beyond the end of the curves. An Error is for input that makes no sense.
Result<CascadeReading> read_cascade(const CascadeInput& input, double shock);

// Where liquidations and dealers meet, by bucket of the displacement. Densities are means over the
// bucket, coins per unit log; R is at the bucket's middle, with the flow that has come before (at
// least 0).
struct FlowBand {
  double low = 0, high = 0;
};
enum class Overlap : uint8_t { amplify, offset, undetermined };
std::string_view overlap_name(Overlap overlap);

struct OverlapBucket {
  double from = 0, to = 0;
  FlowBand liquidations;            // with stops
  std::optional<FlowBand> dealers;  // missing: no options data
  FlowBand buyers;                  // arbitrage and dip buyers
  FlowBand r_liquidations, r_total;
  std::optional<FlowBand> r_dealers;
  Overlap label = Overlap::undetermined;  // amplify: dealers' interval above 0; offset: below; else
                                          // undetermined
};

Result<std::vector<OverlapBucket>> overlap_report(const Impact& impact,
                                                  const std::vector<Flow>& flows,
                                                  double width = 0.005);

}  // namespace delever::cascade
