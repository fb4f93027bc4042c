// delever simulate: one run with its tape and truth; ensembles are in ensemble_verb.cc.
#include <memory>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/simulate.h"
#include "cli/simulate_faces.h"
#include "cli/simulate_run.h"

namespace delever {
namespace {

Result<void> run_one(Session& session, const SimulateArguments& a) {
  const ScenarioRead read = TRY(read_scenario(a));
  if (!a.html.empty() && a.html == a.out) return Error{Fault::malformed, "the page would replace the tape", "--html"};
  if (!a.html.empty()) TRY(check_writable(a.html));
  const sim::Outcome outcome =
      TRY(run_scenario(session, read.scenario,
                       {.out = a.out, .options = {.seed = a.seed, .threads = a.threads, .switches = read.switches}}));
  if (!a.html.empty()) TRY(write_output(session, a.html, simulate_html(read.scenario, outcome)));
  if (session.format == "html") return write_output(session, "", simulate_html(read.scenario, outcome));
  return write_output(session, "",
                      session.format == "json" ? written_json(simulate_json(read.scenario, outcome)) + "\n"
                                               : simulate_text(read.scenario, outcome));
}

}  // namespace

Result<ScenarioRead> read_scenario(const SimulateArguments& arguments) {
  ScenarioRead read{TRY(load_scenario(arguments.scenario)), {}};
  for (const std::string& name : arguments.without) {
    const sim::Mechanism m = TRY(of_option(sim::read_mechanism(name), "--without"));
    read.switches.off[static_cast<size_t>(m)] = true;
  }
  return read;
}

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
  verb->add_option("--threads", a->threads, "threads")->check(CLI::Range(1, 256))->capture_default_str();
  verb->add_option("--without", a->without,
                   "mechanisms to leave out: stops, gamma, arbitrage, makers, dip_buyers, portfolio")
      ->delimiter(',');
  add_ensemble_options(*verb, *a);
  add_format(verb, session, {"text", "json", "html"});
  verb->callback([&session, a] {
    session.for_all_ranks = a->is_ensemble();
    session.action = [&session, a] { return a->is_ensemble() ? run_ensemble_verb(session, *a) : run_one(session, *a); };
  });
}

}  // namespace delever
