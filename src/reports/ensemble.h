// Many runs of a scenario: seeds, one mechanism left out at a time, a probability too small for
// plain runs. On threads of this process or, under mpirun, of all ranks.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "reports/context.h"
#include "sim/ensemble/control.h"
#include "sim/ensemble/ensemble.h"
#include "sim/ensemble/fund.h"
#include "sim/ensemble/splitting.h"
#include "sim/ensemble/variance.h"
#include "sim/scenario/scenario.h"

namespace delever::reports {

struct EnsembleOptions {
  std::string scenario, runs_file;
  std::vector<std::string> without;  // mechanisms that are left out
  uint64_t seed = 1;                 // or the first of them
  size_t runs = 1;
  unsigned threads = 1;
  bool mechanisms = false;
  std::string rare;  // "btc_low<88000"
  size_t replicas = 200;
  std::string draws = "independent";
  double fund_cost = 0.05;
  bool wants_files = false;  // a tape or page of one run was asked for, which is refused
};

struct ScenarioRead {
  sim::Scenario scenario;
  sim::Switches switches;
};
Result<ScenarioRead> read_scenario(const std::string& path,
                                   const std::vector<std::string>& without);

// How large an insurance fund would have to be by the runs' deficits; missing: no run had one.
std::optional<Result<sim::FundSize>> fund_of(const std::vector<sim::RunResult>& runs,
                                             double cost_ratio, uint64_t seed);

// What the scenario's [shock] allows: means by other draws and with the cascade's reduced form as
// control variate.
struct ShockRow {
  std::string outcome;
  sim::Estimate plain;                               // as the runs were drawn
  sim::Controlled controlled;                        // with the control variate
  std::optional<double> worth_draws, worth_control;  // in independent runs, a run
};
struct ShockTable {
  sim::Draws draws = sim::Draws::independent;
  std::vector<ShockRow> rows;
};
void add_shock_rows(ShockTable& table, std::string_view asset,
                    const std::vector<sim::RunResult>& runs, const sim::CascadeControl& control,
                    const std::vector<double>& shocks);

struct EnsembleExtras {
  std::optional<Result<sim::FundSize>> fund;
  std::optional<ShockTable> shock;
};
struct MechanismRow {
  std::string name;
  std::vector<sim::RunResult> runs;
  EnsembleExtras extras;
};

struct RareEvent {
  sim::Climb climb;
  sim::Probability probability;
};
struct EnsembleReport {
  sim::Scenario scenario;
  // One of these three.
  std::vector<sim::RunResult> runs;
  std::vector<MechanismRow> mechanisms;
  std::optional<RareEvent> rare;
  EnsembleExtras extras;  // of `runs`
};
// Nothing on the other ranks of an mpirun run, which only carry out runs.
Result<std::optional<EnsembleReport>> ensemble_report(const EnsembleOptions& options,
                                                      Context& context);

// One outcome over the runs that have it, and the names of all outcomes.
std::vector<double> values_of(const std::vector<sim::RunResult>& runs, const std::string& name);
std::set<std::string> names_of(const std::vector<sim::RunResult>& runs);

}  // namespace delever::reports
