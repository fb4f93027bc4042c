#include <memory>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "render/levels_render.h"
#include "reports/levels.h"

namespace delever::cli {

using namespace reports;
using namespace render;

namespace {

Result<void> run_levels(Session& session, const LevelsOptions& options) {
  const LevelsReport report = TRY(levels_report(options, session.context));
  if (session.format == "text")
    return write_output(session, session.out, for_people(levels_text(report)));
  if (session.format == "html") return write_output(session, session.out, levels_html(report));
  return write_output(session, session.out, written_json(levels_json(report)) + "\n");
}

}  // namespace

void add_levels(Verb& app, Session& session) {
  auto o = std::make_shared<LevelsOptions>();
  Verb* verb = app.add_subcommand(
      "levels", "where leveraged positions stand, inferred from tapes and scored");
  verb->add_option("--tape", o->tapes, "tape; several of one market are scored by one another")
      ->required()
      ->reads();
  verb->add_option("--train", o->train, "tape to learn from and not to score")->reads();
  verb->add_option("--truth", o->truth,
                   "TAPE.positions.csv of a simulation, one for each --tape: scores against it")
      ->reads();
  verb->add_option("--asset", o->asset, "coin")->capture_default_str();
  verb->add_option("--at", o->at, "time, UTC (default: each tape's last message)");
  verb->add_option("--period", o->period, "of one count of liquidations, as 1h or 5m")
      ->capture_default_str();
  verb->add_option("--throttle", o->throttle,
                   "thin the liquidation feed: only the last of each such stretch, as 1s");
  verb->add_option("--half-life", o->half_life, "hours, of closing by will; not fitted then")
      ->positive();
  verb->add_share("--turnover", o->turnover, "share of the volume that opens; not fitted then")
      ->between(0.0, 1.0);
  verb->add_option("--before-spread", o->before_spread,
                   "log scale of the entries of what was open at the start, 0: placed nowhere; not "
                   "fitted then")
      ->between(0.0, 1.0);
  verb->add_flag("--unscored", o->unscored, "show levels that have not earned it");
  verb->add_option("--seed", o->seed, "of the randomised test and the intervals")
      ->capture_default_str();
  verb->add_option("--rulebook-date", o->rulebook_date,
                   "date of the rulebooks (default: the latest)");
  verb->add_option("--rulebooks", o->rulebooks, "folder of rulebooks")
      ->capture_default_str()
      ->reads();
  add_output(verb, session);
  add_format(verb, session, {"text", "json", "html"});
  verb->callback(
      [&session, o] { session.action = [&session, o] { return run_levels(session, *o); }; });
}

}  // namespace delever::cli
