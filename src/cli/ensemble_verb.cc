// delever simulate --runs, --mechanisms: an ensemble of seeds, or one mechanism left out at a time.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "cli/ensemble_faces.h"
#include "cli/progress.h"
#include "cli/simulate.h"
#include "sim/ensemble.h"

namespace delever {
namespace {

Result<std::vector<sim::RunResult>> run_many(Session& session, const SimulateArguments& arguments,
                                             const sim::Scenario& scenario, const sim::Switches& switches,
                                             std::string_view what) {
  const uint64_t digest = sim::ensemble_digest(scenario, switches);
  sim::EnsembleOptions options{
      .first_seed = arguments.seed, .runs = arguments.runs, .threads = arguments.threads, .switches = switches};
  std::ofstream journal;
  if (!arguments.runs_file.empty()) {
    std::error_code ec;
    bool torn = false;
    if (std::filesystem::exists(arguments.runs_file, ec)) {
      const std::string text = TRY(read_file(arguments.runs_file));
      options.done = sim::read_runs(text, digest);
      torn = !text.empty() && text.back() != '\n';
    }
    journal.open(arguments.runs_file, std::ios::binary | std::ios::app);
    if (torn) journal << "\n";  // what a kill cut off stays behind, and is passed over
    if (!journal) return Error{Fault::unavailable, "cannot be written", arguments.runs_file};
  }
  ProgressBar bar(session.io);
  size_t finished = options.done.size();
  options.finished = [&](const sim::RunResult& run) -> Result<void> {
    bar.show(what, ++finished, arguments.runs);
    if (arguments.runs_file.empty()) return {};
    journal << sim::run_line(digest, run) << std::flush;
    if (!journal) return Error{Fault::unavailable, "cannot be written", arguments.runs_file};
    return {};
  };
  return sim::run_ensemble(scenario, options);
}

}  // namespace

Result<void> run_ensemble_verb(Session& session, const SimulateArguments& arguments, const sim::Scenario& scenario,
                               const sim::Switches& switches) {
  if (arguments.mechanisms) {
    std::vector<MechanismRow> rows;
    auto all = TRY(run_many(session, arguments, scenario, switches, "all mechanisms"));
    rows.push_back({"all", std::move(all)});
    for (size_t m = 0; m < sim::kMechanisms; ++m) {
      sim::Switches without = switches;
      without.off[m] = true;
      const std::string name = "without " + std::string(sim::mechanism_name(static_cast<sim::Mechanism>(m)));
      auto runs = TRY(run_many(session, arguments, scenario, without, name));
      rows.push_back({name, std::move(runs)});
    }
    return write_output(session, "",
                        session.format == "json" ? written_json(mechanisms_json(scenario, rows)) + "\n"
                                                 : mechanisms_text(scenario, rows));
  }
  if (!arguments.out.empty() || !arguments.html.empty())
    return Error{Fault::malformed, "an ensemble writes no tape and no page: leave out --out and --html", "--runs"};
  const auto runs = TRY(run_many(session, arguments, scenario, switches, "runs"));
  return write_output(
      session, "",
      session.format == "json" ? written_json(ensemble_json(scenario, runs)) + "\n" : ensemble_text(scenario, runs));
}

}  // namespace delever
