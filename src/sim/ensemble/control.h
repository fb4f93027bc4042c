// The cascade's reduced form (M2, cascade/cascade.h) as a control variate for the simulated market
// (M3): the same shock, the positions that the simulated market starts with, the depth that its
// makers quote. It costs microseconds, its mean over shocks is known by quadrature, and what it
// explains of a run's outcome is noise that needs no runs.
#pragma once

#include <optional>

#include "cascade/cascade.h"
#include "sim/simulation.h"

namespace delever::sim {

class CascadeControl {
 public:
  // The book is that of the run with this seed, all the same for every shock. Missing: the asset
  // has no path.
  static Result<std::optional<CascadeControl>> of(const Scenario& scenario, uint32_t asset,
                                                  uint64_t seed, const Switches& switches);
  double at(double z) const;  // the fall, as a fraction, or the rise; held where the curves end
  double mean() const { return mean_; }
  double move() const { return move_; }  // largest log displacement of the path, without a shock
  double stops() const { return stops_; }
  double liquidations() const { return liquidations_; }  // coins of the whole curve

 private:
  CascadeControl(cascade::Impact impact, cascade::FlowCurve flow, ShockSetup shock)
      : impact_(impact), flow_(flow), shock_(shock) {}
  cascade::Impact impact_;
  cascade::FlowCurve flow_;
  ShockSetup shock_;
  double move_ = 0, mean_ = 0, stops_ = 0, liquidations_ = 0;
};

}  // namespace delever::sim
