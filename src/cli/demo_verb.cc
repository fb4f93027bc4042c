// delever demo: the main task from beginning to end. What was published on 30 January 2026; the
// same two days as a rehearsal on simulated venues; the same gauges and claims on the simulated
// tape; the next wave, from the accounts that were really there and from the tape alone; pages in a
// folder with an index.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <thread>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "render/brief_render.h"
#include "render/demo_pages.h"
#include "render/simulate_render.h"
#include "reports/brief.h"
#include "reports/feed.h"
#include "reports/inputs.h"
#include "reports/simulate_run.h"
#include "reports/stress.h"

namespace delever::cli {

using namespace reports;
using namespace render;

namespace {

struct DemoArguments {
  std::string out = "out", scenario = "scenarios/2026-01-30.toml", episode = "episodes/2026-01-30";
  uint64_t seed = 1;
};

class Demo {
 public:
  Demo(Session& session, const DemoArguments& arguments)
      : session_(session), arguments_(arguments) {}

  Result<void> run() {
    name_ = std::filesystem::path(arguments_.scenario).stem().string();
    scenario_ = TRY(load_scenario(arguments_.scenario));
    TRY(allow_outputs());
    TRY(published());
    TRY(simulated());
    TRY(beside());
    TRY(stressed());
    return closing();
  }

 private:
  void print(const std::string& text) {
    write(session_.io.out, for_screen(session_, text));
    std::fflush(session_.io.out);
  }
  // All names at once, before anything is simulated. What an earlier demo left, and nobody changed
  // since, may go.
  Result<void> allow_outputs() {
    session_.outputs.add_input(find_shipped(arguments_.scenario));
    session_.outputs.add_input(find_shipped(arguments_.episode));
    std::vector<std::string> files = truth_paths(path(name_ + ".tape"), scenario_);
    for (const char* page : {"brief-", "simulated-", "simulated-brief-", "stress-"})
      files.push_back(path(page + name_ + ".html"));
    files.push_back(path("index.html"));
    files.push_back(path(name_ + ".tape"));
    for (const std::string& file : files)
      TRY(session_.outputs.allow(file, OutputGuard::Kind::own_tape));
    return {};
  }
  std::string path(const std::string& file) const { return arguments_.out + "/" + file; }
  Result<void> add_page(const std::string& file, std::string title, std::string what,
                        const std::string& html) {
    TRY(write_output(session_, path(file), html));
    pages_.push_back({file, std::move(title), std::move(what)});
    return {};
  }

  Result<void> published() {
    print("1 of 4  What was published\n\n");
    published_ = TRY(brief_of({.episode = arguments_.episode}, session_.context));
    print(brief_text(published_));
    return add_page(
        "brief-" + name_ + ".html", "Brief of the real day",
        "Gauges, claims and verdict from published facts alone; no recording, no simulation.",
        brief_html(published_));
  }

  Result<void> simulated() {
    print(fmt::format("\n2 of 4  The same days as a rehearsal: {}, seed {}\n", arguments_.scenario,
                      arguments_.seed));
    if (!session_.io.progress)
      print("        simulating, which takes the better part of a minute\n");
    const unsigned threads = std::clamp(std::thread::hardware_concurrency(), 1U, 4U);
    tape_ = path(name_ + ".tape");
    outcome_ = TRY(run_scenario(
        session_.context, scenario_,
        {.out = tape_, .replace = true, .options = {.seed = arguments_.seed, .threads = threads}}));
    print("\n" + simulate_text(scenario_, outcome_));
    return add_page(
        "simulated-" + name_ + ".html", "The simulated market",
        "Price and waves, liquidations by kind of account, open interest, funding, dealers' "
        "hedges, funds, "
        "who won and lost, what was to be reproduced, and the source of every assumption.",
        simulate_html(scenario_, outcome_));
  }

  // The gauges and claims of the real day, unchanged, on the simulated tape.
  Result<void> beside() {
    print("\n3 of 4  The same gauges and claims on the simulated tape\n\n");
    const Episode episode = TRY(load_episode(find_shipped(arguments_.episode)));
    Brief brief = TRY(brief_of({.tapes = {tape_},
                                .claims = episode.claims_path,
                                .asset = episode.asset,
                                .at = scenario_.report_at.text()},
                               session_.context));
    brief.title = "Simulated market: " + brief.title;
    brief.notes.insert(
        brief.notes.begin(),
        fmt::format(
            "Everything measured here is of a simulated market ({}, seed {}). The claims are "
            "the published ones: where they hold here, the rehearsal resembles the day in that "
            "figure; it says nothing about whether they were true.",
            arguments_.scenario, arguments_.seed));
    print(beside_text(published_, brief));
    print(
        "  Both columns come from the same rules; the right one is of a market that was "
        "simulated.\n");
    beside_ = beside_html(published_, brief);
    return add_page("simulated-brief-" + name_ + ".html", "Brief of the simulated market",
                    "The same gauges, rules and published claims, read from the simulated tape.",
                    brief_html(brief));
  }

  Result<void> stressed() {
    print("\n4 of 4  The next wave, on the simulated market after its flush\n\n");
    StressOptions options{
        .tapes = {tape_}, .moves = {"-1%", "-3%", "-5%", "-10%"}, .at = scenario_.report_at.text()};
    options.asset = scenario_.assets[0].name;
    options.book = book_path(tape_, options.asset);
    const StressReport stress = TRY(stress_of(options, session_.context));
    print(stress_demo_text(stress));
    std::string dated;  // the rulebooks that the accounts were simulated under
    for (const sim::VenueSetup& v : scenario_.venues) {
      if (v.role != sim::VenueRole::perpetual || !dated.empty()) continue;
      const std::string& as_of = v.listings[0].rules.as_of;
      if (as_of != "undated") dated = " --rulebook-date " + as_of;
    }
    print(
        "\n  The accounts are known here because they were simulated. What the tape alone tells of "
        "them, and how far\n"
        "  off that is: delever levels --tape " +
        tape_ + " --truth " + tape_ + ".positions.csv" + dated + "\n");
    return add_page(
        "stress-" + name_ + ".html", "The next wave",
        "The same fall on isolated retail, cross and hedged carry books: margin calls, "
        "liquidations, loss.",
        stress_demo_html("The next wave after the simulated flush, " + options.asset, stress));
  }

  Result<void> closing() {
    pages_.push_back(
        {name_ + ".tape", "The simulated tape",
         "An ordinary tape: every verb reads it, as in delever gauges --tape " + tape_ + "."});
    for (const std::string& truth : truth_paths(tape_, scenario_)) {
      const std::string file = std::filesystem::path(truth).filename().string();
      const bool book = file.find(".book-") != file.npos,
                 positions = file.find(".positions.") != file.npos;
      const size_t dash = file.rfind('-') + 1;  // of ".book-btc.csv"
      const std::string coin = book ? upper(file.substr(dash, file.rfind('.') - dash)) : "";
      pages_.push_back(
          {file,
           book        ? "Accounts for stress, " + coin
           : positions ? "Positions"
                       : "Accounts",
           book        ? "Who stood where at the time of the report, in the form of stress --book."
           : positions ? "Every position, at several times."
                       : "What each account began and ended with."});
    }
    TRY(write_output(session_, path("index.html"),
                     demo_index(published_, outcome_, pages_, beside_)));
    std::string text =
        fmt::format("\nWritten to {}/\n  {:<34} begin here\n", arguments_.out, "index.html");
    for (const DemoPage& p : pages_) text += fmt::format("  {:<34} {}\n", p.file, p.title);
    const Episode episode = TRY(load_episode(find_shipped(arguments_.episode)));
    text += fmt::format(
        "\nThe same market to look through, with a slider for what was known when:\n"
        "  delever serve --tape {} --claims {} --at {}\n"
        "  then open http://127.0.0.1:8420/\n",
        tape_, episode.claims_path, scenario_.report_at.text());
    print(text);
    return {};
  }

  Session& session_;
  const DemoArguments& arguments_;
  std::string name_, tape_, beside_;
  sim::Scenario scenario_;
  sim::Outcome outcome_;
  Brief published_;
  std::vector<DemoPage> pages_;
};

}  // namespace

void add_demo(Verb& app, Session& session) {
  auto a = std::make_shared<DemoArguments>();
  Verb* verb = app.add_subcommand("demo",
                                  "30 January 2026: what was published, the same days "
                                  "simulated, the same claims on both, the next wave");
  verb->add_option("--out", a->out, "folder of the pages and the tape")->capture_default_str();
  add_force(verb, session);
  verb->add_option("--scenario", a->scenario, "what is simulated")->capture_default_str();
  verb->add_option("--episode", a->episode, "what was published")->capture_default_str();
  verb->add_option("--seed", a->seed, "of the simulation")->not_negative()->capture_default_str();
  verb->callback(
      [&session, a] { session.action = [&session, a] { return Demo(session, *a).run(); }; });
}

}  // namespace delever::cli
