// Rank 0 hands out runs one by one and keeps the runs file.
#include "reports/ensemble.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/hash.h"
#include "base/text.h"
#include "cluster/cluster.h"
#include "reports/build_id.h"
#include "reports/inputs.h"
#include "reports/runs_file.h"
#include "reports/simulate_run.h"

namespace delever::reports {
namespace {

// What the runs are about: the scenario's text, all rulebooks that it may name, and this build of
// the program.
Result<uint64_t> digest_of(const sim::Scenario& scenario) {
  Hasher h;
  h.add(build_id());
  h.add(scenario.text);
  std::vector<std::string> paths;
  std::error_code ec;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(find_shipped("rulebooks"), ec)) {
    if (entry.is_regular_file() && entry.path().extension() == ".toml")
      paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  for (const std::string& path : paths) {
    const std::string text = TRY(read_file(path));
    h.add(std::filesystem::path(path).filename().string());
    h.add(text);
  }
  return h.digest();
}

struct Prepared {
  sim::Scenario scenario;
  sim::Switches switches;
  sim::Draws draws = sim::Draws::independent;
  std::optional<sim::Climb> climb;
  uint64_t digest = 0;
};

Result<void> check_together(const EnsembleOptions& a) {
  if (a.wants_files)
    return Error{Fault::usage,
                 "many runs write no tape and no page: leave out --out, --html and --format html",
                 a.mechanisms ? "--mechanisms" : "--runs"};
  if (a.rare.empty()) return {};
  if (a.mechanisms) return Error{Fault::usage, "not together with --mechanisms", "--rare"};
  if (a.runs > 1)
    return Error{Fault::usage, "not together with --runs: --replicas says how many", "--rare"};
  // Splitting drops the lowest tenth of a group and takes its error from ten groups (splitting.h).
  if (a.replicas % 10 != 0)
    return Error{Fault::usage, "ten groups of one size: want a multiple of ten", "--replicas"};
  return {};
}

Result<Prepared> prepare(const EnsembleOptions& arguments) {
  TRY(check_together(arguments));
  ScenarioRead read = TRY(read_scenario(arguments.scenario, arguments.without));
  Prepared p{.scenario = std::move(read.scenario), .switches = read.switches};
  p.draws = TRY(of_option(sim::read_draws(arguments.draws), "--draws"));
  if (p.draws != sim::Draws::independent && (!p.scenario.shock || !arguments.rare.empty()))
    return Error{Fault::usage,
                 p.scenario.shock ? "splitting draws its own"
                                  : "the scenario has no [shock] that could be drawn so",
                 "--draws"};
  if (p.draws == sim::Draws::antithetic && arguments.runs % 2 != 0)
    return Error{Fault::usage, "antithetic draws come in pairs: want an even number", "--runs"};
  if (!arguments.rare.empty())
    p.climb = TRY(of_option(sim::read_climb(arguments.rare, p.scenario), "--rare"));
  p.digest = TRY(digest_of(p.scenario));
  return p;
}

class Ensembles {
 public:
  Ensembles(const Context& context, const EnsembleOptions& arguments, const Prepared& prepared,
            sim::Executor executor)
      : context_(context),
        a_(arguments),
        p_(prepared),
        executor_(std::move(executor)),
        bar_(context) {}

  Result<void> open_file() {
    if (a_.runs_file.empty()) return {};
    file_ = TRY(RunsFile::open(a_.runs_file, p_.digest, *context_.clock));
    const sim::KeptRuns& kept = file_->kept();
    if (kept.others)
      remark(fmt::format("{}: {} lines of another scenario, rulebook or build passed over",
                         a_.runs_file, kept.others));
    if (kept.torn) remark(fmt::format("{}: {} torn lines passed over", a_.runs_file, kept.torn));
    // Around whatever executes: a run in the file is not carried out again, on threads or on ranks.
    executor_ = sim::keeping(std::move(executor_), kept.results,
                             [this](std::string_view task, std::string_view result) {
                               return file_->keep(task, result);
                             });
    return {};
  }

  Result<EnsembleReport> run() {
    EnsembleReport report{
        .scenario = p_.scenario, .runs = {}, .mechanisms = {}, .rare = {}, .extras = {}};
    if (!a_.rare.empty()) {
      report.rare = RareEvent{*p_.climb, TRY(rare())};
    } else if (a_.mechanisms) {
      report.mechanisms = TRY(mechanisms());
    } else {
      report.runs = TRY(many(p_.switches, "runs"));
      report.extras.fund = fund_of(report.runs, a_.fund_cost, a_.seed);
      if (p_.scenario.shock) report.extras.shock = TRY(shock_table(report.runs));
    }
    // A run that was not written is an error of the whole: the file would silently lack it.
    if (file_) TRY(file_->close());
    bar_.clear();
    return report;
  }

 private:
  void remark(const std::string& what) const {
    if (context_.remark) context_.remark(what);
  }

  Result<std::vector<sim::RunResult>> many(const sim::Switches& switches, const std::string& what) {
    sim::EnsembleOptions options{.first_seed = a_.seed, .runs = a_.runs, .switches = switches};
    // Independent runs draw their shock from their own seed, so that a run alone comes out the
    // same.
    if (p_.draws != sim::Draws::independent)
      options.shocks = TRY(sim::shock_draws(p_.draws, a_.runs, a_.seed));
    options.progress = [&](size_t done) { bar_.show(what, done, a_.runs); };
    bar_.show(what, 0, a_.runs);
    return sim::run_ensemble(executor_, options);
  }

  Result<ShockTable> shock_table(const std::vector<sim::RunResult>& runs) {
    ShockTable table{.draws = p_.draws};
    // The very draws that the runs were made with: the control variate must see what they saw.
    const std::vector<double> z = TRY(sim::shock_draws(p_.draws, a_.runs, a_.seed));
    for (uint32_t asset = 0; asset < p_.scenario.assets.size(); ++asset) {
      const auto control = TRY(sim::CascadeControl::of(p_.scenario, asset, a_.seed, p_.switches));
      if (!control) continue;
      add_shock_rows(table, p_.scenario.assets[asset].name, runs, *control, z);
    }
    return table;
  }

  MechanismRow row(std::string name, std::vector<sim::RunResult> runs) const {
    auto fund = fund_of(runs, a_.fund_cost, a_.seed);
    return {std::move(name), std::move(runs), {.fund = std::move(fund), .shock = {}}};
  }

  Result<std::vector<MechanismRow>> mechanisms() {
    // The same seeds in every row, so that the rows differ by the mechanism and not by luck.
    std::vector<MechanismRow> rows;
    auto all = TRY(many(p_.switches, "all mechanisms"));
    rows.push_back(row("all", std::move(all)));
    for (size_t m = 0; m < sim::kMechanisms; ++m) {
      sim::Switches without = p_.switches;
      without.off[m] = true;
      const std::string name =
          "without " + std::string(sim::mechanism_name(static_cast<sim::Mechanism>(m)));
      auto runs = TRY(many(without, name));
      rows.push_back(row(name, std::move(runs)));
    }
    return rows;
  }

  Result<sim::Probability> rare() {
    size_t round = 0, arrived_now = 0;
    const auto show = [&] {
      bar_.show(fmt::format("splitting, round {}", round), arrived_now, a_.replicas);
    };
    const sim::Follow follow =
        [&](const std::vector<sim::Lineage>& lineages) -> Result<std::vector<sim::Path>> {
      std::vector<std::string> tasks;
      for (const sim::Lineage& l : lineages)
        tasks.push_back(sim::task_text(
            {.seeds = l, .switches = p_.switches, .shock = {}, .rare = p_.climb->text}));
      std::vector<sim::Path> paths(lineages.size());
      TRY(executor_(tasks, [&](size_t i, std::string_view result) -> Result<void> {
        auto path = sim::read_path(result);
        if (!path)
          return Error{Fault::malformed, "no path of a run: " + std::string(result.substr(0, 60)),
                       tasks[i]};
        // Results come in any order and are put where their lineage stands: rounds do not depend on
        // it.
        paths[i] = *std::move(path);
        show();
        return {};
      }));
      return paths;
    };
    sim::SplitOptions options{.runs = a_.replicas, .level = p_.climb->level, .seed = a_.seed};
    options.progress = [&](size_t arrived, double) {
      ++round;
      arrived_now = arrived;
      show();
    };
    return sim::split_runs(follow, options);
  }

  const Context& context_;
  const EnsembleOptions& a_;
  const Prepared& p_;
  sim::Executor executor_;
  ProgressScope bar_;
  std::unique_ptr<RunsFile> file_;
};

}  // namespace

Result<ScenarioRead> read_scenario(const std::string& path,
                                   const std::vector<std::string>& without) {
  ScenarioRead read{TRY(load_scenario(path)), {}};
  for (const std::string& name : without) {
    const sim::Mechanism m = TRY(of_option(sim::read_mechanism(name), "--without"));
    read.switches.off[static_cast<size_t>(m)] = true;
  }
  return read;
}

std::vector<double> values_of(const std::vector<sim::RunResult>& runs, const std::string& name) {
  std::vector<double> values;
  for (const sim::RunResult& r : runs) {
    if (const auto found = r.outcomes.find(name); found != r.outcomes.end())
      values.push_back(found->second);
  }
  return values;
}

std::set<std::string> names_of(const std::vector<sim::RunResult>& runs) {
  std::set<std::string> names;
  for (const sim::RunResult& r : runs) {
    for (const auto& [name, value] : r.outcomes) names.insert(name);
  }
  return names;
}

std::optional<Result<sim::FundSize>> fund_of(const std::vector<sim::RunResult>& runs,
                                             double cost_ratio, uint64_t seed) {
  const std::vector<double> deficits = values_of(runs, "deficit_usd");
  // Without a single deficit there is no tail to size a fund by; 0 would be a claim.
  if (std::none_of(deficits.begin(), deficits.end(), [](double d) { return d > 0; }))
    return std::nullopt;
  return sim::fund_size(deficits, cost_ratio, seed);
}

void add_shock_rows(ShockTable& table, std::string_view asset,
                    const std::vector<sim::RunResult>& runs, const sim::CascadeControl& control,
                    const std::vector<double>& shocks) {
  const std::string prefix = lower(asset) + "_";
  std::vector<double> controls;
  for (const double z : shocks) controls.push_back(control.at(z));
  for (const std::string& name : names_of(runs)) {
    const std::vector<double> values = values_of(runs, name);
    // An outcome that some runs lack, or that never varies, has no estimate of this kind.
    if (!name.starts_with(prefix) || values.size() != runs.size() ||
        std::all_of(values.begin(), values.end(), [&](double v) { return v == values[0]; }))
      continue;
    ShockRow row{.outcome = name, .plain = sim::estimate(values, table.draws)};
    row.controlled = sim::controlled(values, controls, control.mean(), table.draws);
    row.worth_draws = sim::variance_ratio(values, row.plain);
    row.worth_control = sim::variance_ratio(values, row.controlled.estimate);
    table.rows.push_back(std::move(row));
  }
}

Result<std::optional<EnsembleReport>> ensemble_report(const EnsembleOptions& arguments,
                                                      Context& context) {
  std::unique_ptr<cluster::Cluster> cluster;
  if (cluster::Cluster::launched_rank()) cluster = TRY(cluster::Cluster::join());
  const Result<Prepared> prepared = prepare(arguments);
  const cluster::Work work = [&](std::string_view task) {
    return sim::run_task(prepared.value().scenario, task);
  };
  // A rank with another scenario, rulebook or build would answer with figures of something else: it
  // says its digest, or why it has none, and rank 0 refuses what differs.
  if (cluster && cluster->rank() > 0) {
    const auto same = prepared.has_value()
                          ? Result<std::string>(fmt::format("{:016x}", prepared.value().digest))
                          : Result<std::string>(prepared.error());
    cluster->serve(same, arguments.threads, work);
    return std::optional<EnsembleReport>();
  }
  if (!prepared.has_value()) return prepared.error();
  const Prepared& p = prepared.value();
  sim::Executor executor = sim::on_threads(p.scenario, arguments.threads);
  if (cluster) {
    executor = [&](const std::vector<std::string>& tasks, const sim::OnResult& on_result) {
      return cluster->run(fmt::format("{:016x}", p.digest), arguments.threads, work, tasks,
                          on_result);
    };
  }
  Ensembles ensembles(context, arguments, p, std::move(executor));
  TRY(ensembles.open_file());
  return std::optional<EnsembleReport>(TRY(ensembles.run()));
}

}  // namespace delever::reports
