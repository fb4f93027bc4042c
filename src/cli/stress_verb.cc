#include <memory>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "render/stress_render.h"
#include "reports/stress.h"

namespace delever::cli {

using namespace reports;
using namespace render;

namespace {

Result<void> run_stress(Session& session, const StressOptions& options) {
  const StressReport report = TRY(stress_of(options, session.context));
  return write_output(session, session.out,
                      session.format == "text" ? for_people(stress_text(report))
                                               : written_json(stress_json(report)) + "\n");
}

}  // namespace

void add_stress(Verb& app, Session& session) {
  auto o = std::make_shared<StressOptions>();
  Verb* verb = app.add_subcommand(
      "stress", "the next wave: who is liquidated by a move, where it would rest");
  verb->add_option("--book", o->book, "CSV of accounts (docs/stress-book.md)")->reads();
  verb->add_option("--tape", o->tapes,
                   "tape: the market that absorbs, and without --book the levels")
      ->reads();
  verb->add_option("--shock", o->moves, "moves, as -5%, or -0.05 for the same")
      ->delimiter(',')
      ->capture_default_str();
  verb->add_option("--asset", o->asset, "coin")->capture_default_str();
  verb->add_option("--price", o->price, "its price (default: the tape's)")->positive();
  verb->add_option("--coin", o->coins,
                   "another coin of the book, COIN=PRICE:BETA (ETH=2900:1.3), or with one --shock "
                   "its own move (ETH=2900:-8%)");
  verb->add_option("--at", o->at,
                   "time, UTC (default: the tape's last message; without a tape now)");
  verb->add_option("--depth", o->depth,
                   "VENUE=COINS within 10 bp, instead of the tape's books; two venues at least");
  verb->add_share("--daily-vol", o->daily_vol,
                  "volatility of a day (default: measured on the tape)")
      ->positive(2);
  verb->add_option("--daily-volume", o->daily_volume, "coins traded a day (default: of the tape)")
      ->positive();
  verb->add_option("--impact", o->impact, "prefactor Y of the square-root law")
      ->positive(100)
      ->capture_default_str();
  verb->add_flag("--unscored", o->unscored,
                 "show levels that have not earned it, without amplification");
  verb->add_option("--seed", o->seed, "of the randomised test of the levels")
      ->capture_default_str();
  verb->add_option("--rules", o->rules, "rule file")->capture_default_str()->reads();
  verb->add_option("--rulebooks", o->rulebooks, "folder of rulebooks")
      ->capture_default_str()
      ->reads();
  add_output(verb, session);
  add_format(verb, session, {"text", "json"});
  verb->callback([&session, o] {
    if (o->book.empty() && o->tapes.empty()) throw_required("--book or --tape");
    session.action = [&session, o] { return run_stress(session, *o); };
  });
}

}  // namespace delever::cli
