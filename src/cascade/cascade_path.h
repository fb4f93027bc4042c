// The cascade in time (model M2, algorithm B): the same flows and impact as cascade.h, met second
// by second, with what the static answer leaves out: the venue's engine closes only so much at a
// time, the book refills, part of the impact stays, makers withdraw when the price jumps,
// arbitrageurs hand part of it on to the index.
//
// State: an excess of volume E and a permanent displacement. Resilience acts on the volume, not on
// the price: with concave impact a price that decays by itself could be manipulated, the volume
// version could not (Alfonsi, Fruth and Schied; Gatheral, Schied and Slynko).
//   E <- E exp(-kappa dt) + q,   y = shock + permanent + sgn(E) I(|E|),   permanent <- permanent +
//   zeta q
// With nothing decaying, no permanent part and an engine without a limit, y settles at the static
// y*.
#pragma once

#include <vector>

#include "cascade/cascade.h"

namespace delever::cascade {

// Defaults are assumptions, to be fitted from the recovery of depth.
struct PathRules {
  double step_s = 1;
  double duration_s = 3600;
  double resilience_half_life_s = 600;  // of E; infinite: nothing decays
  double permanent_share = 0.3;         // zeta D, at most .3 by the model; 0: all impact fades
  double engine_share =
      0.5;                  // phi: of the market's volume that the engine takes; infinite: no queue
  double volume_pace = 10;  // the market's volume in the event, in multiples of the day's mean pace
  double maker_withdrawal =
      0.05;  // eta: D exp(-eta (sigma_t / sigma_day - 1)), never below depth_floor of D
  double depth_floor = 0.1;
  double vol_half_life_s = 60;  // of sigma_t
};

// Buyers of the perpetual against the index, up to `coins` once the basis has passed its cost by
// `width`; `transmit` of their hedge falls on the index. All displacements; 0 coins: none.
struct Arbitrage {
  double coins = 0, cost = 0.0005, width = 0.005, transmit = 0.5;
};

struct PathInput {
  ImpactMarket market;
  // Thresholds are passed once, by the furthest displacement so far; dealers follow the price both
  // ways.
  FlowCurve liquidations, stops, dealers, dip_buyers;
  double shock = 0;  // from the first step on
  Arbitrage arbitrage;
};

struct PathStep {
  double t_s = 0;
  double y = 0, y_index = 0;
  double excess = 0;      // E, coins
  double queue = 0;       // waiting in the engine
  double liquidated = 0;  // so far, coins
  double depth = 0;       // D_t, coins per unit log
};

struct CascadePath {
  std::vector<PathStep> steps;
  double y_peak = 0, t_peak_s = 0;
  double liquidated = 0, still_queued = 0;
  // Share of all liquidations in the busiest 40 minutes, to be held against records of real events;
  // missing: none.
  std::optional<double> busiest_40_min;
  bool reached_end = false;  // stopped where the curves end: beyond lies no evidence
};

Result<CascadePath> cascade_path(const PathInput& input, const PathRules& rules);

}  // namespace delever::cascade
