// delever simulate: one run with its tape and truth; ensembles are in ensemble_verb.cc.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/simulate.h"
#include "cli/simulate_faces.h"
#include "margin/rulebook_file.h"
#include "tape/tape.h"

namespace delever {
namespace {

// The tape and, beside it, who held what.
class TapeOutput final : public sim::Output {
 public:
  static Result<std::unique_ptr<TapeOutput>> open(const std::string& path, Clock& clock) {
    std::error_code ec;
    if (std::filesystem::exists(path, ec))
      return Error{Fault::malformed, "is there already: a simulated tape is not appended to", path};
    std::unique_ptr<TapeOutput> made(new TapeOutput);
    made->writer_ = TRY(TapeWriter::open(path, clock, {.flush_after = Duration::minutes(5)}));
    made->positions_.open(path + ".positions.csv", std::ios::binary | std::ios::trunc);
    made->accounts_.open(path + ".accounts.csv", std::ios::binary | std::ios::trunc);
    made->positions_ << sim::Simulation::positions_header();
    made->accounts_ << sim::Simulation::accounts_header();
    if (!made->positions_ || !made->accounts_)
      return Error{Fault::unavailable, "the truth beside it cannot be written", path};
    return made;
  }
  Result<void> add_streams(const std::vector<sim::Simulation::StreamNames>& streams) {
    for (const auto& s : streams) {
      const StreamNumber number = TRY(writer_->stream({.name = "simulated:" + s.name,
                                                       .venue = s.venue,
                                                       .channel = "simulated",
                                                       .decoder = "simulated",
                                                       .settings = {{"venue", s.venue}}}));
      streams_.push_back(number);
    }
    return {};
  }
  Result<void> on_lines(size_t stream, Instant received, std::string_view lines) override {
    while (!lines.empty()) {
      const size_t end = lines.find('\n');
      TRY(writer_->append(streams_[stream], received, lines.substr(0, end)));
      lines.remove_prefix(end + 1);
    }
    return {};
  }
  Result<void> on_positions(std::string_view rows) override { return put(positions_, rows, "positions"); }
  Result<void> on_accounts(std::string_view rows) override { return put(accounts_, rows, "accounts"); }
  Result<void> close() {
    positions_.close();
    accounts_.close();
    if (!positions_ || !accounts_) return Error{Fault::unavailable, "the truth beside the tape cannot be written"};
    return writer_->close();
  }

 private:
  TapeOutput() = default;
  static Result<void> put(std::ofstream& file, std::string_view rows, std::string_view what) {
    file.write(rows.data(), static_cast<std::streamsize>(rows.size()));
    if (!file) return Error{Fault::unavailable, "cannot be written", std::string(what)};
    return {};
  }
  std::unique_ptr<TapeWriter> writer_;
  std::vector<StreamNumber> streams_;
  std::ofstream positions_, accounts_;
};

Result<void> write_faces(Session& session, const SimulateArguments& arguments, const sim::Scenario& scenario,
                         const sim::Outcome& outcome) {
  if (!arguments.html.empty()) TRY(write_output(session, arguments.html, simulate_html(scenario, outcome)));
  return write_output(session, "",
                      session.format == "json" ? written_json(simulate_json(scenario, outcome)) + "\n"
                                               : simulate_text(scenario, outcome));
}

Result<void> run_one(Session& session, const SimulateArguments& arguments, const sim::Scenario& scenario,
                     const sim::Switches& switches) {
  std::unique_ptr<TapeOutput> tape;
  if (!arguments.out.empty()) tape = TRY(TapeOutput::open(arguments.out, *session.io.clock));
  ProgressBar bar(session.io);
  auto simulation = TRY(sim::Simulation::open(
      scenario, {.seed = arguments.seed,
                 .threads = arguments.threads,
                 .switches = switches,
                 .output = tape.get(),
                 .progress = [&](size_t done, size_t steps) { bar.show("simulating", done, steps); }}));
  if (tape) TRY(tape->add_streams(simulation->streams()));
  const sim::Outcome outcome = TRY(simulation->run());
  if (tape) TRY(tape->close());
  bar.clear();
  return write_faces(session, arguments, scenario, outcome);
}

Result<void> run_simulate(Session& session, const SimulateArguments& arguments) {
  if (arguments.is_ensemble()) return run_ensemble_verb(session, arguments);
  const ScenarioRead read = TRY(read_scenario(arguments));
  return run_one(session, arguments, read.scenario, read.switches);
}

}  // namespace

Result<ScenarioRead> read_scenario(const SimulateArguments& arguments) {
  auto shelf = RulebookShelf::load(find_shipped("rulebooks"));
  if (!shelf.has_value()) return std::move(shelf.error());
  ScenarioRead read{TRY(sim::Scenario::load(find_shipped(arguments.scenario), shelf.value())), {}};
  for (const std::string& name : arguments.without) {
    const sim::Mechanism m = TRY(sim::read_mechanism(name));
    read.switches.off[static_cast<size_t>(m)] = true;
  }
  return read;
}

void add_simulate(CLI::App& app, Session& session) {
  auto a = std::make_shared<SimulateArguments>();
  CLI::App* verb = app.add_subcommand("simulate", "a whole market by a scenario: one run with its tape, or many seeds");
  verb->add_option("scenario", a->scenario, "scenarios/*.toml")->required();
  verb->add_option("--seed", a->seed, "seed, or the first of them")->capture_default_str();
  verb->add_option("--out", a->out, "tape to write; the truth goes beside it as .positions.csv and .accounts.csv");
  verb->add_option("--html", a->html, "page to write");
  verb->add_option("--threads", a->threads, "threads")->check(CLI::Range(1, 256))->capture_default_str();
  verb->add_option("--without", a->without,
                   "mechanisms to leave out: stops, gamma, arbitrage, makers, dip_buyers, portfolio")
      ->delimiter(',');
  add_ensemble_options(*verb, *a);
  add_format(verb, session, {"text", "json"});
  verb->callback([&session, a] {
    session.for_all_ranks = a->is_ensemble();
    session.action = [&session, a] { return run_simulate(session, *a); };
  });
}

}  // namespace delever
