// How an ensemble, the table of mechanisms and a rare event look as text and JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/json.h"
#include "sim/ensemble/control.h"
#include "sim/ensemble/ensemble.h"
#include "sim/ensemble/fund.h"
#include "sim/ensemble/splitting.h"
#include "sim/ensemble/variance.h"

namespace delever::cli {

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

std::string ensemble_text(const sim::Scenario& scenario, const std::vector<sim::RunResult>& runs,
                          const EnsembleExtras& extras);
Json ensemble_json(const sim::Scenario& scenario, const std::vector<sim::RunResult>& runs,
                   const EnsembleExtras& extras);
std::string rare_text(const sim::Scenario& scenario, const sim::Climb& climb,
                      const sim::Probability& p);
Json rare_json(const sim::Scenario& scenario, const sim::Climb& climb, const sim::Probability& p);
std::string mechanisms_text(const sim::Scenario& scenario, const std::vector<MechanismRow>& rows);
Json mechanisms_json(const sim::Scenario& scenario, const std::vector<MechanismRow>& rows);

}  // namespace delever::cli
