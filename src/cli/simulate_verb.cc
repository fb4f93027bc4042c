// delever simulate: one run with its tape and truth, or an ensemble.
#include <memory>
#include <optional>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "render/ensemble_render.h"
#include "render/facts_render.h"
#include "render/json.h"
#include "render/simulate_render.h"
#include "reports/ensemble.h"
#include "reports/facts_feed.h"
#include "reports/simulate_facts.h"
#include "reports/simulate_run.h"

namespace delever::cli {

using namespace reports;
using namespace render;

namespace {

struct SimulateArguments : EnsembleOptions {
  std::string out, html;
  bool facts = false;
  SimulateFacts facts_of;

  bool is_ensemble() const { return mechanisms || runs > 1 || !rare.empty() || !runs_file.empty(); }
};

// What --facts asks for; before anything runs, what is wrong with the rules or the asset.
Result<SimulateFacts> read_facts(const SimulateArguments& a, const ScenarioRead& read,
                                 const std::string& format) {
  SimulateFacts wanted = a.facts_of;
  if (!a.facts) {
    if (wanted.metaorders) return Error{Fault::usage, "is a part of --facts", "--metaorders"};
    return wanted;
  }
  if (a.mechanisms || !a.rare.empty() || !a.runs_file.empty() || format == "html")
    return Error{Fault::usage,
                 "goes with none of --mechanisms, --rare, --runs-file and --format html",
                 "--facts"};
  if (a.runs > 1 && (!a.out.empty() || !a.html.empty()))
    return Error{Fault::usage, "many runs write no tape and no page: leave out --out and --html",
                 "--runs"};
  wanted.asset = upper(wanted.asset);
  wanted.seed = a.seed;
  wanted.runs = a.runs;
  wanted.threads = a.threads;
  wanted.switches = read.switches;
  (void)TRY(simulated_page(read.scenario, wanted, {}));
  return wanted;
}

Result<void> run_facts_of_many(Session& session, const SimulateArguments& a) {
  const ScenarioRead read = TRY(read_scenario(a.scenario, a.without));
  const SimulateFacts wanted = TRY(read_facts(a, read, session.format));
  const facts::FactSet set = TRY(ensemble_facts(read.scenario, wanted, session.context));
  const FactsReport page = TRY(simulated_page(read.scenario, wanted, set));
  return write_output(
      session, "",
      session.format == "json" ? written_json(facts_json(page)) + "\n" : facts_text(page));
}

Result<void> run_many(Session& session, const SimulateArguments& a) {
  EnsembleOptions options = a;
  options.wants_files = !a.out.empty() || !a.html.empty() || session.format == "html";
  const auto report = TRY(ensemble_report(options, session.context));
  if (!report) return {};
  return write_output(session, "",
                      session.format == "json" ? written_json(ensemble_report_json(*report)) + "\n"
                                               : ensemble_report_text(*report));
}

Result<void> run_one(Session& session, const SimulateArguments& a) {
  const ScenarioRead read = TRY(read_scenario(a.scenario, a.without));
  if (!a.out.empty()) {
    for (const std::string& truth : truth_paths(a.out, read.scenario))
      TRY(session.outputs.allow(truth, OutputGuard::Kind::file));
  }
  const SimulateFacts wanted = TRY(read_facts(a, read, session.format));
  std::optional<FactsOutput> observed;
  if (a.facts) observed.emplace(wanted.asset);
  const sim::Outcome outcome = TRY(
      run_scenario(session.context, read.scenario,
                   {.out = a.out,
                    .replace = session.force,
                    .observed = observed ? &*observed : nullptr,
                    .options = {.seed = a.seed, .threads = a.threads, .switches = read.switches}}));
  std::optional<FactsReport> page;
  if (observed) {
    const facts::FactSet set =
        TRY(observed_facts(observed->observer(), read.scenario, wanted, a.seed, session.context));
    page = TRY(simulated_page(read.scenario, wanted, set));
  }
  if (!a.html.empty()) TRY(write_output(session, a.html, simulate_html(read.scenario, outcome)));
  if (session.format == "html")
    return write_output(session, "", simulate_html(read.scenario, outcome));
  if (session.format == "json") {
    Json json = simulate_json(read.scenario, outcome);
    if (page) json["facts"] = facts_json(*page);
    return write_output(session, "", written_json(json) + "\n");
  }
  return write_output(
      session, "", simulate_text(read.scenario, outcome) + (page ? "\n" + facts_text(*page) : ""));
}

void add_ensemble_options(Verb& verb, SimulateArguments& a) {
  verb.add_option("--runs", a.runs, "seeds to run")->between(1, 1'000'000)->capture_default_str();
  verb.add_option("--runs-file", a.runs_file,
                  "keeps each finished run; an ensemble that was killed goes on from it")
      ->grows();
  verb.add_flag("--mechanisms", a.mechanisms,
                "all, then each mechanism left out, on the same seeds");
  verb.add_option(
      "--rare", a.rare,
      "probability of OUTCOME<VALUE or OUTCOME>=VALUE, by splitting: \"btc_low<88000\"");
  verb.add_option("--replicas", a.replicas, "first runs of splitting, in ten groups")
      ->between(20, 1'000'000)
      ->capture_default_str();
  verb.add_option("--draws", a.draws, "of the scenario's [shock]: independent, antithetic, sobol")
      ->capture_default_str();
  verb.add_option("--fund-cost", a.fund_cost,
                  "cost of a fund's money over that of a deficit it does not cover")
      ->between(0.0001, 0.9999)
      ->capture_default_str();
}

}  // namespace

void add_simulate(Verb& app, Session& session) {
  auto a = std::make_shared<SimulateArguments>();
  Verb* verb = app.add_subcommand(
      "simulate", "a whole market by a scenario: one run with its tape, or many seeds");
  verb->add_option("scenario", a->scenario, "scenarios/*.toml")->required()->reads();
  verb->add_option("--seed", a->seed, "seed, or the first of them")
      ->not_negative()
      ->capture_default_str();
  verb->add_option("--out", a->out,
                   "tape to write; beside it the truth: .positions.csv, .accounts.csv, "
                   ".book-btc.csv (for stress)")
      ->writes();
  verb->add_option("--html", a->html, "page to write, beside what is printed")->writes();
  add_force(verb, session);
  verb->add_option("--threads", a->threads, "threads")->between(1, 256)->capture_default_str();
  verb->add_option(
          "--without", a->without,
          "mechanisms to leave out: stops, gamma, arbitrage, makers, dip_buyers, portfolio")
      ->delimiter(',');
  add_ensemble_options(*verb, *a);
  verb->add_flag("--facts", a->facts, "stylised facts of what happened, against their targets");
  verb->add_option("--asset", a->facts_of.asset, "--facts: coin")->capture_default_str();
  verb->add_option("--facts-rules", a->facts_of.rules, "--facts: targets, and what was held out")
      ->capture_default_str()
      ->reads();
  verb->add_flag("--metaorders", a->facts_of.metaorders,
                 "--facts: impact of orders injected into 13 short runs");
  add_format(verb, session, {"text", "json", "html"});
  verb->callback([&session, a] {
    const bool facts_of_many = a->facts && a->is_ensemble();
    session.for_all_ranks = a->is_ensemble() && !facts_of_many;
    session.action = [&session, a, facts_of_many] {
      if (facts_of_many) return run_facts_of_many(session, *a);
      return a->is_ensemble() ? run_many(session, *a) : run_one(session, *a);
    };
  });
}

}  // namespace delever::cli
