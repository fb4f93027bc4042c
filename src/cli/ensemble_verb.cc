// delever simulate --runs, --mechanisms, --rare: many seeds, one mechanism left out at a time, a
// probability too small for plain runs. On threads of this process or, under mpirun, of all ranks:
// rank 0 hands out runs one by one, keeps the runs file and prints.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/hash.h"
#include "cli/build_id.h"
#include "cli/ensemble_faces.h"
#include "cli/progress.h"
#include "cli/runs_file.h"
#include "cli/simulate.h"
#include "cluster/cluster.h"
#include "sim/ensemble/control.h"
#include "sim/ensemble/ensemble.h"
#include "sim/ensemble/variance.h"

namespace delever::cli {
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

Result<void> check_together(const SimulateArguments& a, const std::string& format) {
  if (!a.out.empty() || !a.html.empty() || format == "html")
    return Error{Fault::malformed,
                 "many runs write no tape and no page: leave out --out, --html and --format html",
                 a.mechanisms ? "--mechanisms" : "--runs"};
  if (a.rare.empty()) return {};
  if (a.mechanisms) return Error{Fault::malformed, "not together with --mechanisms", "--rare"};
  if (a.runs > 1)
    return Error{Fault::malformed, "not together with --runs: --replicas says how many", "--rare"};
  if (a.replicas % 10 != 0)
    return Error{Fault::malformed, "ten groups of one size: want a multiple of ten", "--replicas"};
  return {};
}

Result<Prepared> prepare(const SimulateArguments& arguments, const std::string& format) {
  TRY(check_together(arguments, format));
  ScenarioRead read = TRY(read_scenario(arguments));
  Prepared p{.scenario = std::move(read.scenario), .switches = read.switches};
  p.draws = TRY(of_option(sim::read_draws(arguments.draws), "--draws"));
  if (p.draws != sim::Draws::independent && (!p.scenario.shock || !arguments.rare.empty()))
    return Error{Fault::malformed,
                 p.scenario.shock ? "splitting draws its own"
                                  : "the scenario has no [shock] that could be drawn so",
                 "--draws"};
  if (!arguments.rare.empty())
    p.climb = TRY(of_option(sim::read_climb(arguments.rare, p.scenario), "--rare"));
  p.digest = TRY(digest_of(p.scenario));
  return p;
}

class Ensembles {
 public:
  Ensembles(Session& session, const SimulateArguments& arguments, const Prepared& prepared,
            sim::Executor executor)
      : session_(session),
        a_(arguments),
        p_(prepared),
        executor_(std::move(executor)),
        bar_(session.io) {}

  Result<void> open_file() {
    if (a_.runs_file.empty()) return {};
    file_ = TRY(RunsFile::open(a_.runs_file, p_.digest, *session_.io.clock));
    const sim::KeptRuns& kept = file_->kept();
    if (kept.others)
      write(session_.io.err,
            fmt::format(
                "delever: note: {}: {} lines of another scenario, rulebook or build passed over\n",
                a_.runs_file, kept.others));
    if (kept.torn)
      write(session_.io.err,
            fmt::format("delever: note: {}: {} torn lines passed over\n", a_.runs_file, kept.torn));
    executor_ = sim::keeping(std::move(executor_), kept.results,
                             [this](std::string_view task, std::string_view result) {
                               return file_->keep(task, result);
                             });
    return {};
  }

  Result<void> run() {
    std::string text;
    if (!a_.rare.empty())
      text = TRY(rare());
    else if (a_.mechanisms)
      text = TRY(mechanisms());
    else
      text = TRY(seeds());
    if (file_) TRY(file_->close());
    bar_.clear();
    return write_output(session_, "", text);
  }

 private:
  bool json() const { return session_.format == "json"; }

  Result<std::vector<sim::RunResult>> many(const sim::Switches& switches, const std::string& what) {
    sim::EnsembleOptions options{.first_seed = a_.seed, .runs = a_.runs, .switches = switches};
    if (p_.draws != sim::Draws::independent)
      options.shocks = TRY(sim::shock_draws(p_.draws, a_.runs, a_.seed));
    options.progress = [&](size_t done) { bar_.show(what, done, a_.runs); };
    bar_.show(what, 0, a_.runs);
    return sim::run_ensemble(executor_, options);
  }

  Result<std::string> seeds() {
    const auto runs = TRY(many(p_.switches, "runs"));
    EnsembleExtras extras{.fund = fund_of(runs, a_.fund_cost, a_.seed), .shock = {}};
    if (p_.scenario.shock) extras.shock = TRY(shock_table(runs));
    return json() ? written_json(ensemble_json(p_.scenario, runs, extras)) + "\n"
                  : ensemble_text(p_.scenario, runs, extras);
  }

  Result<ShockTable> shock_table(const std::vector<sim::RunResult>& runs) {
    ShockTable table{.draws = p_.draws};
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

  Result<std::string> mechanisms() {
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
    return json() ? written_json(mechanisms_json(p_.scenario, rows)) + "\n"
                  : mechanisms_text(p_.scenario, rows);
  }

  Result<std::string> rare() {
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
    const sim::Probability p = TRY(sim::split_runs(follow, options));
    return json() ? written_json(rare_json(p_.scenario, *p_.climb, p)) + "\n"
                  : rare_text(p_.scenario, *p_.climb, p);
  }

  Session& session_;
  const SimulateArguments& a_;
  const Prepared& p_;
  sim::Executor executor_;
  ProgressBar bar_;
  std::unique_ptr<RunsFile> file_;
};

}  // namespace

void add_ensemble_options(CLI::App& verb, SimulateArguments& a) {
  verb.add_option("--runs", a.runs, "seeds to run")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  verb.add_option("--runs-file", a.runs_file,
                  "keeps each finished run; an ensemble that was killed goes on from it");
  verb.add_flag("--mechanisms", a.mechanisms,
                "all, then each mechanism left out, on the same seeds");
  verb.add_option(
      "--rare", a.rare,
      "probability of OUTCOME<VALUE or OUTCOME>=VALUE, by splitting: \"btc_low<88000\"");
  verb.add_option("--replicas", a.replicas, "first runs of splitting, in ten groups")
      ->check(CLI::Range(20, 1'000'000))
      ->capture_default_str();
  verb.add_option("--draws", a.draws, "of the scenario's [shock]: independent, antithetic, sobol")
      ->capture_default_str();
  verb.add_option("--fund-cost", a.fund_cost,
                  "cost of a fund's money over that of a deficit it does not cover")
      ->check(CLI::Range(0.0001, 0.9999))
      ->capture_default_str();
}

Result<void> run_ensemble_verb(Session& session, const SimulateArguments& arguments) {
  std::unique_ptr<cluster::Cluster> cluster;
  if (cluster::Cluster::launched_rank()) cluster = TRY(cluster::Cluster::join());
  const Result<Prepared> prepared = prepare(arguments, session.format);
  const cluster::Work work = [&](std::string_view task) {
    return sim::run_task(prepared.value().scenario, task);
  };
  if (cluster && cluster->rank() > 0) {
    const auto same = prepared.has_value()
                          ? Result<std::string>(fmt::format("{:016x}", prepared.value().digest))
                          : Result<std::string>(prepared.error());
    cluster->serve(same, arguments.threads, work);
    return {};
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
  Ensembles ensembles(session, arguments, p, std::move(executor));
  TRY(ensembles.open_file());
  return ensembles.run();
}

}  // namespace delever::cli
