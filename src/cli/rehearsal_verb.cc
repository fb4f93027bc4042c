// delever rehearsal: what came of a rehearsal, and the same again.
#include <fmt/format.h>

#include <memory>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/serve_scenario.h"
#include "rehearsal/scorecard.h"
#include "render/json.h"

namespace delever::cli {
namespace {

Result<void> run_replay(Session& session, const std::string& path) {
  const rehearsal::Journal journal = TRY(rehearsal::read_journal(path));
  const rulebooks::RulebookShelf shelf =
      TRY(rulebooks::RulebookShelf::load(reports::find_shipped("rulebooks")));
  const auto again = TRY(rehearsal::Market::replay(journal, shelf));
  if (session.format == "json") {
    render::Json json;
    json["hash"] = fmt::format("{:016x}", again.hash);
    json["seconds"] = again.seconds;
    json["commands"] = again.commands;
    json["refused"] = again.refused;
    json["hashes_compared"] = again.hashes;
    json["cut"] = again.cut;
    return write_output(session, "", render::written_json(json) + "\n");
  }
  return write_output(
      session, "",
      fmt::format("{} seconds, {} commands from outside and {} that were refused, {} hashes as in "
                  "the journal{}\nhash {:016x}\n",
                  again.seconds, again.commands, again.refused, again.hashes,
                  again.cut ? " (its last line is cut)" : "", again.hash));
}

// What became of each account, from the journal alone.
Result<void> run_score(Session& session, const std::string& path) {
  const rehearsal::Journal journal = TRY(rehearsal::read_journal(path));
  const rulebooks::RulebookShelf shelf =
      TRY(rulebooks::RulebookShelf::load(reports::find_shipped("rulebooks")));
  const auto scored = TRY(rehearsal::score(journal, shelf));
  return write_output(session, "", session.format == "json" ? scored.json + "\n" : scored.text);
}

}  // namespace

void add_rehearsal(Verb& app, Session& session) {
  Verb* verb = app.add_subcommand("rehearsal", "a market that bots trade in, and the same again");
  verb->require_subcommand(1);
  auto serving = std::make_shared<ScenarioServing>();
  serving->scenario = kRehearsal;
  Verb* serve = verb->add_subcommand(
      "serve", "a living market on this machine that speaks the venues' own protocols");
  serve->add_option("--scenario", serving->scenario, "scenarios/*.toml")
      ->reads()
      ->capture_default_str();
  serve->add_option("--listen", serving->listen, "HOST:PORT of the control; venues follow")
      ->capture_default_str();
  serve
      ->add_option("--ready-file", serving->ready_file,
                   "file to write the ports to, once it answers")
      ->writes();
  add_force(serve, session);
  add_scenario_options(*serve, *serving);
  serve->callback([&session, serving] {
    session.action = [&session, serving]() -> Result<void> {
      ScenarioPage page;
      auto listen = net::HostPort::parse(serving->listen);
      page.options.serving.listen = TRY(reports::of_option(std::move(listen), "--listen"));
      page.options.page = reports::find_shipped(page.options.page);
      return run_scenario(session, *serving, std::move(page));
    };
  });
  auto path = std::make_shared<std::string>();
  Verb* replay = verb->add_subcommand(
      "replay",
      "the market of `serve --scenario --journal` again: the same commands, the same hash");
  replay->add_option("journal", *path, "file that serve wrote")->required()->reads();
  add_format(replay, session, {"text", "json"});
  replay->callback([&session, path] {
    session.action = [&session, path] { return run_replay(session, *path); };
  });
  auto journal = std::make_shared<std::string>();
  Verb* score = verb->add_subcommand("score", "the scorecard of each account, from a journal");
  score->add_option("journal", *journal, "file that serve wrote")->required()->reads();
  add_format(score, session, {"text", "json"});
  score->callback([&session, journal] {
    session.action = [&session, journal] { return run_score(session, *journal); };
  });
}

}  // namespace delever::cli
