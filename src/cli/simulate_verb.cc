// delever simulate: one run with its tape and truth, an ensemble of seeds, or one mechanism left out at a time.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/simulate_faces.h"
#include "cli/simulate_run.h"
#include "sim/ensemble.h"

namespace delever {
namespace {

struct SimulateArguments {
  std::string scenario, out, html, runs_file;
  std::vector<std::string> without;
  uint64_t seed = 1;
  size_t runs = 1;
  unsigned threads = 1;
  bool mechanisms = false;
};

Result<void> run_one(Session& session, const SimulateArguments& a, const sim::Scenario& scenario,
                     const sim::Switches& switches) {
  if (!a.html.empty() && a.html == a.out) return Error{Fault::malformed, "the page would replace the tape", "--html"};
  if (!a.html.empty()) TRY(check_writable(a.html));
  const sim::Outcome outcome = TRY(run_scenario(
      session, scenario, {.out = a.out, .options = {.seed = a.seed, .threads = a.threads, .switches = switches}}));
  if (!a.html.empty()) TRY(write_output(session, a.html, simulate_html(scenario, outcome)));
  if (session.format == "html") return write_output(session, "", simulate_html(scenario, outcome));
  return write_output(session, "",
                      session.format == "json" ? written_json(simulate_json(scenario, outcome)) + "\n"
                                               : simulate_text(scenario, outcome));
}

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

Result<void> run_simulate(Session& session, const SimulateArguments& arguments) {
  const sim::Scenario scenario = TRY(load_scenario(arguments.scenario));
  if (arguments.runs > 1 || arguments.mechanisms) {
    if (!arguments.out.empty() || !arguments.html.empty() || session.format == "html")
      return Error{Fault::malformed, "many runs write no tape and no page: leave out --out, --html and --format html",
                   arguments.mechanisms ? "--mechanisms" : "--runs"};
  }
  sim::Switches switches;
  for (const std::string& name : arguments.without) {
    const sim::Mechanism m = TRY(of_option(sim::read_mechanism(name), "--without"));
    switches.off[static_cast<size_t>(m)] = true;
  }
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
  if (arguments.runs > 1) {
    const auto runs = TRY(run_many(session, arguments, scenario, switches, "runs"));
    return write_output(
        session, "",
        session.format == "json" ? written_json(ensemble_json(scenario, runs)) + "\n" : ensemble_text(scenario, runs));
  }
  return run_one(session, arguments, scenario, switches);
}

}  // namespace

void add_simulate(CLI::App& app, Session& session) {
  auto a = std::make_shared<SimulateArguments>();
  CLI::App* verb = app.add_subcommand("simulate", "a whole market by a scenario: one run with its tape, or many seeds");
  verb->add_option("scenario", a->scenario, "scenarios/*.toml")->required();
  verb->add_option("--seed", a->seed, "seed, or the first of them")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  verb->add_option("--out", a->out,
                   "tape to write; beside it the truth: .positions.csv, .accounts.csv, .book-btc.csv (for stress)");
  verb->add_option("--html", a->html, "page to write, beside what is printed");
  verb->add_option("--runs", a->runs, "seeds to run")->check(CLI::Range(1, 1'000'000))->capture_default_str();
  verb->add_option("--threads", a->threads, "threads")->check(CLI::Range(1, 256))->capture_default_str();
  verb->add_option("--runs-file", a->runs_file, "keeps each finished run; an ensemble that was killed goes on from it");
  verb->add_option("--without", a->without,
                   "mechanisms to leave out: stops, gamma, arbitrage, makers, dip_buyers, portfolio")
      ->delimiter(',');
  verb->add_flag("--mechanisms", a->mechanisms, "all, then each mechanism left out, on the same seeds");
  add_format(verb, session, {"text", "json", "html"});
  verb->callback([&session, a] { session.action = [&session, a] { return run_simulate(session, *a); }; });
}

}  // namespace delever
